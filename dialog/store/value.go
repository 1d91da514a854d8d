package store

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// text is how words are stored. PostgreSQL refuses a NUL and anything that is not UTF-8; nobody's message may be lost for that, so
// both become the replacement character.
func text[S ~string](s S) string {
	v := string(s)
	if utf8.ValidString(v) && strings.IndexByte(v, 0) < 0 {
		return v
	}
	return strings.ReplaceAll(strings.ToValidUTF8(v, "\uFFFD"), "\x00", "\uFFFD")
}

// rawText is how JSON that is already written is stored: as it is, empty for none.
func rawText(raw json.RawMessage) string { return text(string(raw)) }

// jsonText writes a value as JSON, and an empty one (a nil slice) as nothing.
func jsonText[T any](v []T) (string, error) {
	if v == nil {
		return "", nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("write as JSON: %w", err)
	}
	return string(b), nil
}

// rawInto reads stored JSON without looking into it.
type rawInto struct{ to *json.RawMessage }

// Scan implements sql.Scanner.
func (r rawInto) Scan(src any) error {
	s, err := stored(src)
	if err != nil {
		return err
	}
	*r.to = nil
	if s != "" {
		*r.to = json.RawMessage(s)
	}
	return nil
}

// jsonInto reads stored JSON into a value, which stays as it is where there is none.
type jsonInto struct{ to any }

// Scan implements sql.Scanner.
func (j jsonInto) Scan(src any) error {
	s, err := stored(src)
	if err != nil || s == "" {
		return err
	}
	if err := json.Unmarshal([]byte(s), j.to); err != nil {
		// The decoder's own message may quote what people wrote.
		return fmt.Errorf("stored JSON does not fit a %T", j.to)
	}
	return nil
}

func stored(src any) (string, error) {
	switch v := src.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case []byte:
		return string(v), nil
	}
	return "", fmt.Errorf("a %T is not text", src)
}
