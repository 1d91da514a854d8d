package sheets

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"helpline/knowledge"
)

// topic is one subject of the library.
type topic struct {
	Key   string // as sheets write it, in small letters
	Name  string // for people
	Count int
}

// topicsOf lists the subjects of the sheets that hold in a country, by name.
func (k *catalogue) topicsOf(country knowledge.Jurisdiction) []topic {
	sheets := k.lib.Sheets()
	list := make([]topic, 0, len(k.topics))
	for _, t := range k.topics {
		n := 0
		for _, i := range t.sheets {
			if holdsIn(sheets[i].Jurisdiction, country) {
				n++
			}
		}
		if n > 0 {
			list = append(list, topic{Key: t.key, Name: t.name, Count: n})
		}
	}
	return list
}

// topicName writes a subject as its sheets themselves do: ACCT, Stoke Heath.
func topicName(key string, sheets []*knowledge.Sheet) string {
	for _, s := range sheets {
		for _, text := range []string{s.Title, s.Summary} {
			if name, ok := properName(key, text); ok {
				return name
			}
		}
		for j := range s.Sections {
			if name, ok := properName(key, s.Sections[j].Heading); ok {
				return name
			}
		}
	}
	first, size := utf8.DecodeRuneInString(key)
	return string(unicode.ToUpper(first)) + key[size:]
}

// properName finds key in text as whole words whose every first letter is a
// capital. The beginning of a sentence proves nothing unless all is capitals.
func properName(key, text string) (string, bool) {
	if key == "" || len(strings.ToLower(text)) != len(text) {
		return "", false // positions would not agree
	}
	lower := strings.ToLower(text)
	for from := 0; ; {
		at := strings.Index(lower[from:], key)
		if at < 0 {
			return "", false
		}
		at += from
		from = at + len(key)
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		after, _ := utf8.DecodeRuneInString(text[from:])
		if at > 0 && isWord(before) || from < len(text) && isWord(after) {
			continue
		}
		found := text[at:from]
		if found == strings.ToUpper(found) && found != lower[at:from] {
			return found, true
		}
		if at > 0 && everyWordCapital(found) {
			return found, true
		}
	}
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

func everyWordCapital(s string) bool {
	for w := range strings.FieldsSeq(s) {
		if r, _ := utf8.DecodeRuneInString(w); !unicode.IsUpper(r) {
			return false
		}
	}
	return s != ""
}

// hasTopic reports whether the sheet is about the subject.
func hasTopic(s *knowledge.Sheet, key string) bool {
	return slices.ContainsFunc(s.Topics, func(t string) bool { return strings.EqualFold(t, key) })
}

// related lists other sheets on the same subjects that somebody who reads s
// can use, the nearest first. Those of another country are last: they are
// marked, and some people have somebody in both.
func related(sheets []knowledge.Sheet, s *knowledge.Sheet, most int) []*knowledge.Sheet {
	type near struct {
		sheet  *knowledge.Sheet
		points int
	}
	var list []near
	for i := range sheets {
		other := &sheets[i]
		if other.Slug == s.Slug {
			continue
		}
		points := 0
		for _, t := range other.Topics {
			if hasTopic(s, t) {
				points += 2
			}
		}
		if points > 0 && holdsIn(other.Jurisdiction, s.Jurisdiction) {
			points += 3
		}
		if points > 0 {
			list = append(list, near{other, points})
		}
	}
	slices.SortStableFunc(list, func(a, b near) int { return cmp.Compare(b.points, a.points) })
	found := make([]*knowledge.Sheet, 0, most)
	for _, n := range list[:min(most, len(list))] {
		found = append(found, n.sheet)
	}
	return found
}
