package knowledge

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// decodeYAML reads data into v; a field that v lacks is a fault. Empty data is no error.
func decodeYAML(data []byte, v any) error {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(v); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// itemLines has the line of every item of the list under key.
func itemLines(data []byte, key string) []int {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil || len(doc.Content) == 0 {
		return nil // what is wrong with the file has been said by decodeYAML
	}
	root := doc.Content[0]
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value != key {
			continue
		}
		items := root.Content[i+1].Content
		lines := make([]int, len(items))
		for j, item := range items {
			lines[j] = item.Line
		}
		return lines
	}
	return nil
}

var (
	yamlLine    = regexp.MustCompile(`line (\d+): `)
	yamlUnknown = regexp.MustCompile(`^field (\S+) (?:not found|already set) in type.*`)
	yamlWrong   = regexp.MustCompile("^cannot unmarshal !!(\\w+)(?: `(.*)`)? into (\\S+)")
)

// yamlFaults turns the errors of the YAML reader into faults. offset is the line
// before the first line that the reader saw.
func yamlFaults(faults *Faults, file string, offset int, err error) {
	var typed *yaml.TypeError
	if errors.As(err, &typed) {
		for _, text := range typed.Errors {
			faults.Faults = append(faults.Faults, yamlFault(file, offset, text))
		}
		return
	}
	faults.Faults = append(faults.Faults, yamlFault(file, offset, strings.TrimPrefix(err.Error(), "yaml: ")))
}

func yamlFault(file string, offset int, text string) Fault {
	fault := Fault{File: file}
	if at := yamlLine.FindStringSubmatchIndex(text); at != nil {
		fault.Line, _ = strconv.Atoi(text[at[2]:at[3]]) // digits by the expression
		fault.Line += offset
		text = text[:at[0]] + text[at[1]:]
	}
	if m := yamlUnknown.FindStringSubmatch(text); m != nil {
		if strings.Contains(text, "already set") {
			text = "the field " + m[1] + " is there twice"
		} else {
			text = "there is no field called " + m[1]
		}
	} else if m := yamlWrong.FindStringSubmatch(text); m != nil {
		want := "text"
		if strings.HasPrefix(m[3], "[]") {
			want = "a list, like [one, two]"
		}
		text = "here belongs " + want + ", not " + strings.TrimSpace(yamlKind(m[1])+" "+m[2])
	} else {
		text = "this is not well-formed YAML: " + text
	}
	fault.Text = text
	return fault
}

func yamlKind(tag string) string {
	switch tag {
	case "seq":
		return "a list"
	case "map":
		return "fields with values (is there a colon in the text? then put it in quotes)"
	case "str":
		return "the text"
	}
	return "the value"
}
