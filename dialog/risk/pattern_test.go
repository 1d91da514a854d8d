package risk

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

func TestPatternLanguage(t *testing.T) {
	a := content(t)
	for _, c := range []struct {
		pattern, text, found string // found "": no match
	}{
		{"give away", "he gave away his watch", "gave away"},
		{"give ..3 away", "giving all his things away", "giving all his things away"},
		{"give ..2 away", "giving all of his things away", ""},
		{"give .. away", "he gave it. she went away", ""},
		{"give // away", "he gave it. she went away", "gave it. she went away"},
		{"=give", "he gave it", ""},
		{"suicid*", "he seems suicidal to me", "suicidal"},
		{"say bye|goodbye to? the <kids>", "he said bye the bairns", "said bye the bairns"},
		{"say not_eating", "says hes not eating", ""},
		{"not eating !meat", "hes not eating meat", ""},
		{"not eating !meat", "hes not eating much", "not eating"},
		{"^ bye $", "bye", "bye"},
		{"^ bye $", "bye then", ""},
		{"kill . self", "kill his self", "kill his self"},
		{"cant cope", "I can't cope", "can't cope"},
		{"hear voices ..3", "hearing voices", "hearing voices"},
	} {
		n := a.norm
		comp := &compiler{norm: n, lists: map[string][]string{"kids": {"kids", "little ones"}}, done: map[string]element{}}
		p, err := comp.compile(c.pattern, 0)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		x := index{patterns: []pattern{p}}
		x.build()
		s := new(scratch)
		n.tokens(c.text, s)
		got := ""
		x.find(s.tokens, func(_ *pattern, from, to int) {
			if got == "" {
				got = stretch{s.tokens[from].start, s.tokens[to-1].end}.of(c.text)
			}
		})
		if got != c.found {
			t.Errorf("%q in %q: found %q, want %q", c.pattern, c.text, got, c.found)
		}
	}
}

func TestBadContentIsNamed(t *testing.T) {
	real := os.DirFS("../../content/risk")
	base := fstest.MapFS{}
	for _, f := range []string{wordsFile, listsFile, scopeFile, lexiconFile, languagesFile} {
		b, err := fs.ReadFile(real, f)
		if err != nil {
			t.Fatal(err)
		}
		base[f] = &fstest.MapFile{Data: b}
	}
	base[combineFile] = &fstest.MapFile{Data: []byte("combinations:\n  - {id: x, roles: [nobody], level: urgent}\n")}
	base["signs-a.yaml"] = &fstest.MapFile{Data: []byte(`signs:
  - {id: one, source: s, level: urgent, patterns: ["<nolist> x"], examples: [a]}
  - {id: one, source: s, level: grave, patterns: ["? x", "UPPER"], examples: [a]}
`)}
	_, err := loadWithoutModel(base)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"grave", `"one"`} {
		if !strings.Contains(err.Error(), want) && !strings.Contains(err.Error(), "unknown level") {
			t.Errorf("%v does not name %s", err, want)
		}
	}
	base["signs-a.yaml"] = &fstest.MapFile{Data: []byte("signs:\n  - {id: one, source: s, level: urgent, patterns: [\"<nolist> x\", \".. x\"], examples: [a]}\n")}
	_, err = loadWithoutModel(base)
	if err == nil || !strings.Contains(err.Error(), "nolist") || !strings.Contains(err.Error(), "must begin with a word") || !strings.Contains(err.Error(), `"nobody"`) {
		t.Errorf("faults not all named: %v", err)
	}
}
