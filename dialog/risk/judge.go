package risk

import (
	"strings"

	"helpline/dialog"
)

// mostEvidence is the most signs that an assessment quotes.
const mostEvidence = 8

// mostHistory is how many earlier messages are read.
const mostHistory = 10

// longEnough is the least words of a message whose whole may outweigh one
// plain sign in it.
const longEnough = 16

// longestText is the most bytes of one message that are read: beyond it no
// channel carries words of a person.
const longestText = 64 << 10

// Prefixes of the features of this message and of the ones before.
const (
	prefixNow    = uint64(fnvOffset)
	prefixBefore = uint64(fnvOffset ^ 0x9e3779b97f4a7c15)
)

// past is what the messages before this one leave open.
type past struct {
	level      dialog.Level
	who        dialog.Who
	categories []dialog.Category
	evidence   []dialog.Evidence
	roles      []string
}

func (a *Assessor) assess(text string, history []string, s *scratch) dialog.Assessment {
	if len(text) > longestText {
		text = text[:longestText]
	}
	if len(history) > mostHistory {
		history = history[len(history)-mostHistory:]
	}
	before := a.readHistory(history, s)

	a.norm.tokens(text, s)
	a.findHits(s)
	out := dialog.Assessment{Who: dialog.WhoNone}
	var foreign []dialog.Evidence
	out.Language, foreign, out.Level = a.langs.read(text, s)

	signs := a.combine(s.hits, before.roles)
	out.Level = max(out.Level, signs.level)
	out.Evidence = a.evidence(s, foreign)

	var probs verdict
	if a.model != nil {
		s.col.bits, s.col.rarity = a.model.Bits, a.model.rarity
		a.features(&s.col, s, history)
		probs = a.model.judge(s.col.feats, len(s.tokens))
		if probs.level > out.Level && len(out.Evidence) < mostEvidence {
			if ev, ok := a.strongest(s, probs.level); ok {
				out.Evidence = append(out.Evidence, ev)
			}
		}
		out.Level = weigh(out.Level, signs, probs.level, probs.harmless, len(s.tokens), len(foreign) > 0)
	}
	if before.level > out.Level && !a.allClear(s.hits) {
		out.Level = before.level
		out.Evidence = append(out.Evidence, before.evidence...)
	}
	if out.Level == dialog.LevelNone {
		out.Evidence = nil
		out.Review = probs.review || out.Language != "en" || a.doubtful(s)
		return out
	}
	out.Review = true
	out.Categories, out.Who = a.kinds(s, probs, before)
	if len(out.Evidence) > mostEvidence {
		out.Evidence = out.Evidence[:mostEvidence]
	}
	return out
}

// readHistory judges the earlier messages one by one and keeps what stays
// open: the highest level not followed by a message that shows it is over.
func (a *Assessor) readHistory(history []string, s *scratch) past {
	p := past{who: dialog.WhoNone}
	for _, text := range history {
		if len(text) > longestText {
			text = text[:longestText]
		}
		a.norm.tokens(text, s)
		a.findHits(s)
		signs := a.combine(s.hits, p.roles)
		level := signs.level
		var probs verdict
		if a.model != nil {
			s.col.bits, s.col.rarity = a.model.Bits, a.model.rarity
			s.col.begin()
			a.collect(&s.col, s, prefixNow, 1)
			probs = a.model.judge(s.col.feats, len(s.tokens))
			level = max(level, probs.level)
		}
		if level == dialog.LevelNone {
			if a.allClear(s.hits) {
				p = past{who: dialog.WhoNone}
			}
			continue
		}
		for _, h := range s.hits {
			if r := a.signs[h.sign].Role; h.scope == "" && r != "" {
				p.roles = append(p.roles, r)
			}
		}
		if level >= p.level {
			p.level = level
			p.categories, p.who = a.kinds(s, probs, past{})
			p.evidence = a.evidence(s, nil)
			if len(p.evidence) == 0 {
				if ev, ok := a.strongest(s, level); ok {
					p.evidence = []dialog.Evidence{ev}
				}
			}
		}
	}
	return p
}

// features gathers all that the model weighs: this message, and what was
// written before under its own names.
func (a *Assessor) features(c *collector, s *scratch, history []string) {
	c.begin()
	a.collect(c, s, prefixNow, 1)
	if len(history) == 0 || a.allClear(s.hits) {
		return
	}
	old := a.pool.Get().(*scratch)
	defer a.pool.Put(old)
	a.norm.tokens(strings.Join(history, "\n"), old)
	a.findHits(old)
	a.collect(c, old, prefixBefore, groupScale[groupHistory])
}

// evidence quotes the signs that count, strongest first.
func (a *Assessor) evidence(s *scratch, foreign []dialog.Evidence) []dialog.Evidence {
	out := append([]dialog.Evidence(nil), foreign...)
	for level := dialog.LevelImmediate; level >= dialog.LevelNone; level-- {
		for _, h := range s.hits {
			if sign := &a.signs[h.sign]; h.scope == "" && sign.Level == level && len(out) < mostEvidence {
				out = append(out, dialog.Evidence{Sign: sign.ID, Text: a.quote(s, h.from, h.to)})
			}
		}
	}
	return out
}

// quote returns the words of the original between two tokens.
func (a *Assessor) quote(s *scratch, from, to int) string {
	return s.text[s.tokens[from].start:s.tokens[to-1].end]
}

// The roles that the code itself knows.
const (
	roleAllClear = "all_clear" // the worry was false or is over
)

func (a *Assessor) allClear(hits []hit) bool {
	for _, h := range hits {
		if h.scope == "" && a.signs[h.sign].Role == roleAllClear {
			return true
		}
	}
	return false
}

// doubtful says that a sign was seen and taken away by its scope: a person
// should see whether rightly so.
func (a *Assessor) doubtful(s *scratch) bool {
	for _, h := range s.hits {
		if sign := &a.signs[h.sign]; h.scope == "denied" && !sign.Weak && sign.Level >= dialog.LevelUrgent {
			return true
		}
	}
	return false
}

// weigh brings the signs and the model together: the model may raise. One
// plain sign in a longer message that otherwise reads harmless is a concern
// still, and no more than that.
func weigh(level dialog.Level, signs seen, model dialog.Level, harmless bool, words int, foreign bool) dialog.Level {
	switch {
	case model > level:
		return model
	case harmless && !foreign && signs.combo < 0 && signs.plain == 1 && words >= longEnough:
		return min(level, dialog.LevelConcern)
	}
	return level
}
