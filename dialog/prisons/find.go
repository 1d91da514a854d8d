package prisons

import "helpline/dialog"

// Match is one name found in a text.
type Match struct {
	Prison    dialog.Prison
	Text      string // the name as it was written
	Start     int    // byte offset of Text
	Ambiguous bool   // the name may mean the town, or was mistyped: ask before relying on it
}

// mostWords is how many written words one name may be spread over ("worm wood
// scrubs", "north sea camp").
const mostWords = 4

// Find returns the prisons named in text, in order, the longest name at each
// place. When no name is found as it stands, names with one typing error are
// looked for: of seven letters or more anywhere, of six where somebody is in
// it, of four beside "prison".
func (r *Register) Find(text string) []Match {
	var room [64]token
	var buf [512]byte
	s := scan(text, room[:0], buf[:0])
	matches := r.exact(&s)
	if len(matches) == 0 {
		matches = r.mistyped(&s)
	}
	return matches
}

func (r *Register) exact(s *scanned) []Match {
	var out []Match
	for i := 0; i < len(s.tokens); i++ {
		for n := min(mostWords, len(s.tokens)-i); n > 0; n-- {
			m, ok := r.window(s, i, n)
			if !ok {
				continue
			}
			out = append(out, m)
			i += n - 1
			break
		}
	}
	return out
}

// window tries the n words from i on as one name.
func (r *Register) window(s *scanned, i, n int) (Match, bool) {
	from, to := s.tokens[i].from, s.tokens[i+n-1].to
	if to-from > r.longest+1 || to-from < 3 {
		return Match{}, false
	}
	nm := r.names[string(s.letters[from:to])]
	if nm == nil && s.tokens[i+n-1].possessive {
		nm = r.names[string(s.letters[from:to-1])]
	}
	if nm == nil || !written(s, i, n, nm) {
		return Match{}, false
	}
	return r.weigh(s, i, n, nm, false)
}

// written says whether a name may be spread over these words. A plain long
// name may be cut anywhere ("strange ways"); others only as they are written.
func written(s *scanned, i, n int, nm *name) bool {
	if n <= nm.tokens {
		return true
	}
	if nm.kind != plain || s.tokens[i+n-1].to-s.tokens[i].from < nearest {
		return false
	}
	for _, t := range s.tokens[i : i+n] {
		if t.to-t.from < 2 {
			return false
		}
	}
	return true
}

// weigh decides by the words around a name whether the prison is meant.
func (r *Register) weigh(s *scanned, i, n int, nm *name, mistyped bool) (Match, bool) {
	m := Match{
		Prison: r.prisons[nm.prison],
		Text:   s.text[s.tokens[i].start:s.tokens[i+n-1].end],
		Start:  s.tokens[i].start,
	}
	said := s.saysPrison(i, n)
	if !said && i+n < len(s.tokens) {
		if _, other := nm.after[string(s.word(i+n))]; other {
			return m, false
		}
	}
	if said {
		return m, true
	}
	if s.livesThere(i) && nm.kind != plain {
		return m, false
	}
	about := s.personThere(i)
	switch nm.kind {
	case plain:
		m.Ambiguous = mistyped && !about && !s.prisonTalk()
		return m, true
	case place:
		m.Ambiguous = !about && !s.prisonTalk()
		return m, !mistyped || !m.Ambiguous
	case word:
		// "send", "ford": only after "in", "at", "to", "from", and only
		// when somebody is there or the talk is of prison.
		return m, s.preposition(i) && (about || s.prisonTalk())
	}
	return m, false
}

// mistyped looks for long names with one letter wrong, missing, doubled or
// swapped with its neighbour.
func (r *Register) mistyped(s *scanned) []Match {
	var out []Match
	for i := 0; i < len(s.tokens); i++ {
		for n := min(3, len(s.tokens)-i); n > 0; n-- {
			nm := r.nearName(s, i, n)
			if nm == nil || n > nm.tokens {
				continue
			}
			if m, ok := r.weigh(s, i, n, nm, true); ok {
				out = append(out, m)
				i += n - 1
				break
			}
		}
	}
	return out
}

func (r *Register) nearName(s *scanned, i, n int) *name {
	from, to := s.tokens[i].from, s.tokens[i+n-1].to
	w := s.letters[from:to]
	if len(w) > r.longest+1 || len(w) < nearestSaid-1 || !r.starts[[2]byte{w[0], w[1]}] {
		return nil
	}
	if len(w) >= nearest-1 {
		if nm := r.oneLetter(w, r.near, nearest); nm != nil {
			return nm
		}
	}
	// Beside "prison" even a short name may be mistyped, and one of six letters where
	// somebody is in it.
	switch {
	case s.saysPrison(i, n):
		return r.oneLetter(w, r.short, nearestSaid)
	case len(w) >= nearest-2 && s.personThere(i):
		return r.oneLetter(w, r.short, nearest-1)
	}
	return nil
}

// oneLetter is the name of at least so many letters that w is, but for one letter.
func (r *Register) oneLetter(w []byte, near map[string]string, least int) *name {
	if key, ok := near[string(w)]; ok && len(key) >= least { // a letter is missing
		return r.names[key]
	}
	var room [32]byte
	short := append(room[:0], w[1:]...)
	for k := range w {
		if k > 0 {
			short[k-1] = w[k-1]
		}
		if nm := r.names[string(short)]; nm != nil && nm.kind != word && len(short) >= least { // a letter too many
			return nm
		}
		if key, ok := near[string(short)]; ok && len(w) >= least && oneApart(string(w), key) {
			return r.names[key]
		}
	}
	return nil
}

// oneApart says that two words of one length differ in one letter, or in two
// neighbours that changed places.
func oneApart(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if i == len(a) {
		return false
	}
	if a[i+1:] == b[i+1:] {
		return true
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}
