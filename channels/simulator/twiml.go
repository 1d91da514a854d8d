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
}

func (v *verb) text() string { return strings.Join(strings.Fields(v.words.String()), " ") }

// parseTwiML reads a TwiML document: the verbs inside Response, in order. An
// empty body is an empty Response.
func parseTwiML(doc []byte) ([]*verb, error) {
	if len(bytes.TrimSpace(doc)) == 0 {
		return nil, nil
	}
	var verbs []*verb
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
			switch depth {
			case 0:
				if t.Name.Local != "Response" {
					return nil, fmt.Errorf("TwiML: the root is %s, not Response", t.Name.Local)
				}
			case 1:
				v := &verb{name: t.Name.Local, attrs: map[string]string{}}
				for _, a := range t.Attr {
					v.attrs[a.Name.Local] = a.Value
				}
				verbs = append(verbs, v)
			}
			depth++
		case xml.EndElement:
			depth--
		case xml.CharData:
			if depth >= 2 {
				verbs[len(verbs)-1].words.Write(t)
			}
		}
	}
}
