package prisons

// token is one word of a text: where it stands in the text, and where its
// lower-case letters stand in the run of all letters.
type token struct {
	start, end int
	from, to   int
	possessive bool // written with 's
}

// scanned is a text cut into words. Its letters stand one after the other, so
// that a name written together or apart is one slice of them.
type scanned struct {
	text    string
	tokens  []token
	letters []byte
	talk    int8 // prisonTalk: 0 not asked yet, 1 yes, -1 no
}

func scan(text string, tokens []token, letters []byte) scanned {
	open := false
	var t token
	shut := func(end int) {
		if open {
			t.end, t.to = end, len(letters)
			tokens = append(tokens, t)
			open = false
		}
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		switch {
		case 'a' <= c && c <= 'z' || '0' <= c && c <= '9':
			if !open {
				t = token{start: i, from: len(letters)}
				open = true
			}
			letters = append(letters, c)
		case c == '\'' && open:
			t.possessive = true
		case c == 0xE2 && open && i+2 < len(text) && text[i+1] == 0x80 && (text[i+2] == 0x99 || text[i+2] == 0x98):
			t.possessive = true // a curly apostrophe
			i += 2
		default:
			shut(i)
		}
	}
	shut(len(text))
	return scanned{text: text, tokens: unglue(tokens, letters), letters: letters}
}

// unglue parts "hmpleeds" into "hmp" and "leeds".
func unglue(tokens []token, letters []byte) []token {
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		w := string(letters[t.from:t.to])
		cut := 0
		for _, p := range [...]string{"hmpyoi", "hmyoi", "hmp"} {
			if len(w) > len(p)+2 && w[:len(p)] == p {
				cut = len(p)
				break
			}
		}
		if cut == 0 || t.end-t.start != len(w) {
			continue
		}
		head, tail := t, t
		head.end, head.to = t.start+cut, t.from+cut
		tail.start, tail.from = head.end, head.to
		tokens[i] = head
		tokens = append(tokens, token{})
		copy(tokens[i+2:], tokens[i+1:])
		tokens[i+1] = tail
		i++
	}
	return tokens
}

func (s *scanned) word(i int) []byte {
	if i < 0 || i >= len(s.tokens) {
		return nil
	}
	return s.letters[s.tokens[i].from:s.tokens[i].to]
}

// saysPrison: "hmp leeds", "hm prison leeds", "leeds prison", "leeds jail".
func (s *scanned) saysPrison(i, n int) bool {
	j := i - 1
	for j >= 0 && (string(s.word(j)) == "the" || string(s.word(j)) == "and" || string(s.word(j)) == "of" || string(s.word(j)) == "at") && i-j < 3 {
		j--
	}
	switch string(s.word(j)) {
	case "hmp", "hmpyoi", "hmyoi", "yoi", "prison", "jail", "nick", "gaol", "carchar":
		return true
	}
	switch string(s.word(i + n)) {
	case "prison", "prsion", "priosn", "prision", "jail", "nick", "gaol", "hmp", "yoi", "hmyoi", "hmpyoi", "prisons", "stc", "young":
		return true
	}
	return false
}

func (s *scanned) preposition(i int) bool {
	switch string(s.word(i - 1)) {
	case "in", "at", "to", "from", "into", "inside", "near", "leaving", "left":
		return true
	}
	return false
}

// livesThere: "i live in perth", "we're coming from leeds": the town is meant.
func (s *scanned) livesThere(i int) bool {
	if !s.preposition(i) {
		return false
	}
	for j := i - 2; j >= 0 && j >= i-3; j-- {
		switch string(s.word(j)) {
		case "live", "lives", "living", "lived", "born", "work", "works", "working", "based", "staying", "stay", "house", "flat",
			"travel", "travelling", "traveling", "drive", "driving", "train", "bus", "coming", "come", "home", "family", "hotel", "station", "grew":
			return true
		case "im", "am", "we", "were":
			if prep := string(s.word(i - 1)); prep == "from" || prep == "in" {
				return true
			}
		}
	}
	return false
}

// personThere: "hes in leeds", "my son is at hull", "moved him to durham".
func (s *scanned) personThere(i int) bool {
	if !s.preposition(i) {
		return false
	}
	for j := i - 2; j >= 0 && j >= i-6; j-- {
		switch string(s.word(j)) {
		case "he", "hes", "she", "shes", "him", "son", "sons", "lad", "lads", "brother", "brothers", "husband", "husbands", "partner", "partners", "dad", "dads",
			"daughter", "daughters", "mum", "mums", "mam", "boyfriend", "boyfriends", "bf", "fella", "man", "nephew", "cousin", "grandson", "grandsons", "uncle", "sister", "wife", "dada", "boy",
			"moved", "transferred", "transfer", "shipped", "ghosted", "remanded", "recalled", "held", "locked", "banged", "inside", "custody", "serving", "doing", "prisoner", "mate", "inmate", "they", "theyve":
			return true
		}
	}
	return false
}

// prisonTalk says that the text speaks of prison anywhere.
func (s *scanned) prisonTalk() bool {
	if s.talk == 0 {
		s.talk = -1
		for i := range s.tokens {
			switch string(s.word(i)) {
			case "prison", "jail", "hmp", "yoi", "hmyoi", "nick", "wing", "cell", "cells", "cellmate", "padmate", "pad", "visit", "visits", "visiting", "visitors", "visitor", "officer",
				"officers", "screws", "canteen", "inmate", "prisoner", "prisoners", "remand", "custody", "sentence", "sentenced", "governor", "seg", "landing", "parole",
				"bird", "acct", "basic", "listener", "listeners", "chaplain", "spur", "houseblock", "unit", "offender", "probation", "hdc", "tag", "inside", "jailed", "carchar", "induction":
				s.talk = 1
				return true
			}
		}
	}
	return s.talk == 1
}
