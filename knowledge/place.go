package knowledge

import (
	"encoding/json"
	"strings"
)

// Prison is what the library needs to know of a prison: its names and its country.
type Prison struct {
	ID           string       `json:"id"`
	Name         string       `json:"name"`
	ShortName    string       `json:"short_name"`
	WelshName    string       `json:"welsh_name"`
	Jurisdiction Jurisdiction `json:"jurisdiction"`
	Aliases      []string     `json:"aliases"`
	Active       bool         `json:"active"`
}

// places recognises prisons and countries in text.
type places struct {
	byID    map[string]int
	prisons []Prison
	names   phrases // over words; the value is the id
}

func newPlaces(prisons []Prison) *places {
	p := &places{byID: make(map[string]int, len(prisons)), prisons: prisons, names: phrases{}}
	for i, prison := range prisons {
		p.byID[prison.ID] = i
		seen := map[string]bool{}
		for _, name := range append([]string{prison.Name, prison.ShortName, prison.WelshName, strings.ReplaceAll(prison.ID, "-", " ")}, prison.Aliases...) {
			words := splitWords(nil, name)
			if key := strings.Join(words, " "); key != "" && !seen[key] {
				seen[key] = true
				p.names.add(words, prison.ID)
			}
		}
	}
	return p
}

// parsePrisons reads prisons.json. Fields that the library has no use for are left alone.
func parsePrisons(name string, data []byte) ([]Prison, error) {
	faults := &Faults{}
	var prisons []Prison
	if err := json.Unmarshal(data, &prisons); err != nil {
		faults.add(name, 0, "this is not a JSON list of prisons: %v", err)
		return nil, faults.err()
	}
	for _, p := range prisons {
		if !isSlug(p.ID) || !p.Jurisdiction.Valid() {
			faults.add(name, 0, "prison %q has no usable id or jurisdiction (%q)", p.ID, p.Jurisdiction)
		}
	}
	return prisons, faults.err()
}

// place is what a text says about where somebody is.
type place struct {
	prison  string
	country Jurisdiction
}

// findPlace reads the words of a message, as typed, for a prison or a country, and
// returns the other words. The first of each counts. An everyday word that is also a
// prison's name (a word of the sheets) counts only beside a word like "in" or "jail".
func (l *Library) findPlace(words []string) (found place, rest []string) {
	rest = words
	copied := false
	for i := 0; i < len(words); {
		n := 0
		if id, length := l.places.names.at(words[i:]); length > 0 && l.isPlace(words, i, length) {
			n = length
			if found.prison == "" {
				found.prison, found.country = id, l.places.prisons[l.places.byID[id]].Jurisdiction
			}
		} else if country, length := l.lexicon.countries.at(words[i:]); length > 0 {
			n = length
			if found.country == "" {
				found.country = Jurisdiction(country)
			}
		} else if _, length := l.lexicon.abroad.at(words[i:]); length > 0 && found.country == "" && l.isHeld(words[:i]) {
			n, found.country = length, Elsewhere
		}
		switch {
		case n > 0 && !copied:
			rest, copied = append(make([]string, 0, len(words)), words[:i]...), true
		case n == 0 && copied:
			rest = append(rest, words[i])
		}
		i += max(n, 1)
	}
	return found, rest
}

func (l *Library) isPlace(words []string, at, n int) bool {
	if n > 1 || len(words) == n {
		return true
	}
	word := stem(words[at])
	_, everyday := l.vocabulary[word]
	if _, same := l.lexicon.samePhrase([]string{word}); !everyday && same == 0 && !l.lexicon.everyday[word] && !l.lexicon.silent[words[at]] {
		return true
	}
	return at > 0 && l.lexicon.before[words[at-1]] || at+n < len(words) && l.lexicon.after[words[at+n]]
}

// heldWords is how far before a country abroad a word like "jail" may stand.
const heldWords = 3

func (l *Library) isHeld(before []string) bool {
	for _, word := range before[max(0, len(before)-heldWords):] {
		if l.lexicon.held[word] {
			return true
		}
	}
	return false
}

// PrisonByName finds a prison by its id, its name or any other name for it.
func (l *Library) PrisonByName(name string) (Prison, bool) {
	if i, ok := l.places.byID[name]; ok {
		return l.places.prisons[i], true
	}
	words := splitWords(nil, name)
	if len(words) == 0 {
		return Prison{}, false
	}
	if id, n := l.places.names.at(words); n == len(words) {
		return l.places.prisons[l.places.byID[id]], true
	}
	return Prison{}, false
}
