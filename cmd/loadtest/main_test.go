package main

import (
	"io"
	"slices"
	"strings"
	"testing"
)

func TestOptionsSayWhatIsWrong(t *testing.T) {
	for _, tt := range []struct {
		args  string
		only  string // joined
		wrong string // part of the error; empty: none
	}{
		{"", "start,text,chat,staff,idle", ""},
		{"-fill 100", "start,text,chat,staff,idle,fill", ""},
		{"-only text,chat", "text,chat", ""},
		{"-only fill -fill 3", "fill", ""},
		{"-only fill", "", "-only fill needs -fill"},
		{"-only text,cheese", "", `there is no "cheese"`},
		{"-url https://example.org", "", "-url must begin with http://"},
		{"quick", "", `there is no argument "quick"`},
	} {
		o, err := readOptions(strings.Fields(tt.args), io.Discard)
		switch {
		case tt.wrong == "" && err != nil, tt.wrong != "" && (err == nil || !strings.Contains(err.Error(), tt.wrong)):
			t.Errorf("%q: error %v, want %q", tt.args, err, tt.wrong)
		case tt.wrong == "" && strings.Join(o.only, ",") != tt.only:
			t.Errorf("%q measures %v, want %s", tt.args, o.only, tt.only)
		}
	}
	if want := []string{"start", "text", "chat", "staff", "idle", "fill"}; !slices.Equal(phases, want) {
		t.Errorf("reading options changed the phases: %v", phases)
	}
}

func TestTokenInAField(t *testing.T) {
	for _, page := range []string{
		`<form><input type="hidden" name="csrf" value="abc_-1"></form>`,
		`<input value="abc_-1" name="csrf" type="hidden">`,
		`<meta name="csrf-token" content="abc_-1">`,
	} {
		if got := tokenIn(page); got != "abc_-1" {
			t.Errorf("%s: %q", page, got)
		}
	}
	if got := tokenIn(`<input name="email" value="x">`); got != "" {
		t.Errorf("a page without a token has %q", got)
	}
}
