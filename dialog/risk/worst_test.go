package risk_test

import (
	"strings"
	"testing"
	"time"
)

// Text made to be slow must not hold up a turn: patterns only look a few words ahead.
func TestHostileTextIsReadQuickly(t *testing.T) {
	a := load(t)
	for _, part := range []string{"he said he will kill him and say goodbye to the ", "not not not no no eat ", "a b c d e f g h ", "take his all the "} {
		text := strings.Repeat(part, 64<<10/len(part))
		start := time.Now()
		a.Assess(text, nil)
		if d := time.Since(start); d > 2*time.Second {
			t.Errorf("%q repeated took %s", part, d)
		}
	}
}
