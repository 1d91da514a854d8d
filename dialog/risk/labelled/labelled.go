// Package labelled promises to read the project's labelled messages: JSON
// Lines, one message with the level, the categories and the person at risk
// that a trained helpline worker would give it.
package labelled

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"helpline/dialog"
)

// Line is one labelled message. Level is LevelNone where there is no label.
type Line struct {
	ID         string            `json:"id"`
	Channel    string            `json:"channel"`
	Text       string            `json:"text"`
	History    []string          `json:"history,omitempty"`
	Level      dialog.Level      `json:"level"`
	Categories []dialog.Category `json:"categories"`
	Who        dialog.Who        `json:"who"`
	Note       string            `json:"note,omitempty"`
}

// Set is the part of the id that a contrast set shares: "kd001" of "kd001b".
// Lines of one set belong in one fold.
func (l Line) Set() string {
	return strings.TrimRight(l.ID, "abcdefghijklmnopqrstuvwxyz")
}

// longestLine is the most bytes that one line may have.
const longestLine = 1 << 20

// Read reads JSON Lines until EOF. The error names the line. Empty lines are
// passed over.
func Read(r io.Reader) ([]Line, error) {
	var out []Line
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, 64<<10), longestLine)
	for n := 1; in.Scan(); n++ {
		if len(strings.TrimSpace(in.Text())) == 0 {
			continue
		}
		var l Line
		if err := json.Unmarshal(in.Bytes(), &l); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		out = append(out, l)
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("read labelled lines: %w", err)
	}
	return out, nil
}
