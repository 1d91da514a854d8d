package simulator

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// verb is one element of TwiML.
type verb struct {
	name  string
	attrs map[string]string
	words strings.Builder
	inner []*verb // of a Gather: what is said while a key is waited for
}

func (v *verb) text() string { return strings.Join(strings.Fields(v.words.String()), " ") }

// parseTwiML reads a TwiML document: the verbs inside Response, in order. An
// empty body is an empty Response.
func parseTwiML(doc []byte) ([]*verb, error) {
	if len(bytes.TrimSpace(doc)) == 0 {
		return nil, nil
	}
	var verbs, open []*verb
	depth := 0
	d := xml.NewDecoder(bytes.NewReader(doc))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			if depth != 0 || verbs == nil && !bytes.Contains(doc, []byte("Response")) {
				return nil, errors.New("TwiML: there is no Response") // error 12100
			}
			return verbs, nil
		}
		if err != nil {
			return nil, fmt.Errorf("TwiML: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth++; depth == 1 {
				if t.Name.Local != "Response" {
					return nil, fmt.Errorf("TwiML: the root is %s, not Response", t.Name.Local)
				}
				continue
			}
			v := &verb{name: t.Name.Local, attrs: map[string]string{}}
			for _, a := range t.Attr {
				v.attrs[a.Name.Local] = a.Value
			}
			if len(open) == 0 {
				verbs = append(verbs, v)
			} else {
				last := open[len(open)-1]
				last.inner = append(last.inner, v)
			}
			open = append(open, v)
		case xml.EndElement:
			if depth--; depth > 0 {
				open = open[:len(open)-1]
			}
		case xml.CharData:
			for _, v := range open { // words inside a Say, whatever they are marked up with
				v.words.Write(t)
			}
		}
	}
}
