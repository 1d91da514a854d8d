package knowledge

import (
	"slices"
	"strings"
)

// intentsFile is intents.yaml.
type intentsFile struct {
	Intents []intentEntry `yaml:"intents"`
	// Field is words that show a question to be of this field, so that one without
	// an answer is unknown and not off topic.
	Field []string `yaml:"field"`
	// FieldSilent is the same for words that say nothing about what is asked.
	FieldSilent []string `yaml:"field_silent"`
}

type intentEntry struct {
	ID   string `yaml:"id"`
	Kind Kind   `yaml:"kind"`
	// Patterns: one is enough. Words in a row; a|b is either; * is up to four words
	// of any kind; ^ and $ are the beginning and the end of the message.
	Patterns []string `yaml:"patterns"`
	// Not: when one of these matches, the intent does not hold.
	Not []string `yaml:"not"`
	// Only: the message has at least one of Only, and no other words than those of
	// Only and Beside.
	Only   []string `yaml:"only"`
	Beside []string `yaml:"beside"`
}

// intents recognises messages that are not questions for the library.
type intents struct {
	list  []intent
	field map[string]bool // stems and names of synonym groups
}

type intent struct {
	id       string
	kind     Kind
	patterns patternSet
	not      patternSet
	only     map[string]bool // true: one of Only; false: of Beside
}

// patternSet has its patterns by their first word; those that begin otherwise under "".
type patternSet map[string][]pattern

type pattern []element

type element struct {
	words    []string // any of these; empty for the marks below
	wildcard bool     // *
	begin    bool     // ^
	end      bool     // $, alone or as one of the alternatives
}

// wildcardWords is the most words that * stands for.
const wildcardWords = 4

// parseIntents reads intents.yaml. The error is *Faults.
func parseIntents(name string, data []byte, lex *lexicon) (*intents, error) {
	faults := &Faults{}
	var file intentsFile
	if err := decodeYAML(data, &file); err != nil {
		yamlFaults(faults, name, 0, err)
	}
	lines := itemLines(data, "intents")
	in := &intents{field: map[string]bool{}}
	for i, entry := range file.Intents {
		line := 0
		if i < len(lines) {
			line = lines[i]
		}
		switch entry.Kind {
		case KindSmalltalk, KindPerson, KindOffTopic, KindUnknown:
		case KindAnswer, KindChoices, KindWhichCountry:
			faults.add(name, line, "intent %s: a pattern cannot be of kind %s", entry.ID, entry.Kind)
		default:
			faults.add(name, line, "intent %s: kind %q is not one of smalltalk, person, off_topic, unknown", entry.ID, entry.Kind)
		}
		if !isSlug(entry.ID) {
			faults.add(name, line, "intent id %q is not small letters, digits and hyphens", entry.ID)
		}
		one := intent{id: entry.ID, kind: entry.Kind, patterns: newPatternSet(entry.Patterns, lex), not: newPatternSet(entry.Not, lex)}
		if len(entry.Only) > 0 {
			one.only = map[string]bool{}
			for _, list := range entry.Beside {
				for _, word := range lex.words(list) {
					one.only[word] = false
				}
			}
			for _, list := range entry.Only {
				for _, word := range lex.words(list) {
					one.only[word] = true
				}
			}
		}
		in.list = append(in.list, one)
	}
	for _, list := range file.Field {
		for _, term := range lex.terms(nil, lex.words(list)) {
			in.field[term] = true
		}
	}
	for _, list := range file.FieldSilent {
		lex.eachTerm(nil, lex.words(list), func(term string) { in.field[term] = true })
	}
	return in, faults.err()
}

func newPatternSet(texts []string, lex *lexicon) patternSet {
	set := patternSet{}
	for _, text := range texts {
		var p pattern
		for _, part := range strings.Fields(text) {
			switch part {
			case "*":
				p = append(p, element{wildcard: true})
			case "^":
				p = append(p, element{begin: true})
			case "$":
				p = append(p, element{end: true})
			default:
				var e element
				for _, word := range strings.Split(part, "|") {
					e.end = e.end || word == "$"
					e.words = append(e.words, lex.words(word)...)
				}
				p = append(p, e)
			}
		}
		if len(p) == 0 {
			continue
		}
		if len(p[0].words) == 0 {
			set[""] = append(set[""], p)
		}
		for _, word := range p[0].words {
			set[word] = append(set[word], p)
		}
	}
	return set
}

func (set patternSet) match(words []string) bool {
	if len(set) == 0 {
		return false
	}
	for _, p := range set[""] {
		for at := range words {
			if p.match(words, at) {
				return true
			}
		}
	}
	for at, word := range words {
		for _, p := range set[word] {
			if p[1:].match(words, at+1) {
				return true
			}
		}
	}
	return false
}

func (p pattern) match(words []string, at int) bool {
	if len(p) == 0 {
		return true
	}
	switch e := p[0]; {
	case e.begin:
		return at == 0 && p[1:].match(words, at)
	case e.end && at == len(words):
		return p[1:].match(words, at)
	case e.wildcard:
		for skip := 0; skip <= wildcardWords && at+skip <= len(words); skip++ {
			if p[1:].match(words, at+skip) {
				return true
			}
		}
		return false
	default:
		return at < len(words) && slices.Contains(e.words, words[at]) && p[1:].match(words, at+1)
	}
}

// recognise returns the first intent that words match.
func (in *intents) recognise(words []string) (id string, kind Kind) {
	for i := range in.list {
		one := &in.list[i]
		if (one.patterns.match(words) || one.onlyOf(words)) && !one.not.match(words) {
			return one.id, one.kind
		}
	}
	return "", ""
}

func (one *intent) onlyOf(words []string) bool {
	if one.only == nil {
		return false
	}
	has := false
	for _, word := range words {
		core, known := one.only[word]
		if !known {
			return false
		}
		has = has || core
	}
	return has
}
