package risk

import (
	"strings"

	"helpline/dialog"
)

const (
	// mostEvidence is the most signs that an assessment quotes.
	mostEvidence = 8
	// mostHistory is how many earlier messages are read.
	mostHistory = 10
	// longestText is the most bytes of one message that are read: beyond it no
	// channel carries words of a person.
	longestText = 64 << 10
)

// roleAllClear is the role of signs that the worry was false or is over.
const roleAllClear = "all_clear"

// How few words are too few for the model alone.
const (
	fewWords  = 5
	hardlyAny = 2
)

// past is what the messages before this one leave open.
type past struct {
	level      dialog.Level
	who        dialog.Who
	categories []dialog.Category
	evidence   []dialog.Evidence
	roles      []string
	reads      []read
}

// Assess judges one message together with what the same person wrote before,
// oldest first. Evidence is quoted from text, and from history where the level
// was kept because of it.
func (a *Assessor) Assess(text string, history []string) dialog.Assessment {
	s := a.pool.Get().(*scratch)
	defer a.pool.Put(s)
	return a.assess(text, history, s)
}

func (a *Assessor) assess(text string, history []string, s *scratch) dialog.Assessment {
	text = cutShort(text)
	if len(history) > mostHistory {
		history = history[len(history)-mostHistory:]
	}
	before := a.readHistory(history, s)
	together := a.readTogether(text, history, s)

	now, signs := a.read(text, before.roles, s)
	out := dialog.Assessment{Who: dialog.WhoNone}
	var foreign []dialog.Evidence
	out.Language, foreign, out.Level = a.langs.read(text, s)
	out.Level = max(out.Level, signs.floor)
	out.Evidence = a.evidence(s, foreign)

	var v verdict
	if a.model != nil && now.words > 0 {
		if len(history) == 0 {
			together = now.score
		}
		v.known, v.kind = true, a.model.kindScores(s.col.feats)
		v.level, v.review = a.model.Thresholds.decide(a.model.weigh(gather(now, together, before.reads)))
		alone := v.level
		if len(history) > 0 {
			alone, _ = a.model.Thresholds.decide(a.model.weigh(gather(now, now.score, nil)))
		}
		if out.Level == dialog.LevelNone && now.level == dialog.LevelNone && before.level == dialog.LevelNone && now.words <= fewWords {
			// So few words, without a sign in them or an open worry before them,
			// are too little for the model to go by: a person reads them, and
			// nobody is alarmed by "END" or by somebody's coming home on Friday.
			most := dialog.LevelConcern
			if now.words <= hardlyAny {
				most = dialog.LevelNone
			}
			v.review = v.review || v.level > dialog.LevelNone
			v.level, alone = min(v.level, most), min(alone, most)
		}
		if alone > out.Level && len(out.Evidence) < mostEvidence {
			if ev, ok := a.strongest(s, alone); ok {
				out.Evidence = append(out.Evidence, ev)
			}
		}
		if max(out.Level, alone) == dialog.LevelNone {
			out.Evidence = foreign // a bland reply says nothing of its own
		}
		out.Level = max(out.Level, v.level)
	}
	if !now.clear {
		if before.level > out.Level {
			out.Level = before.level
		}
		if before.level > dialog.LevelNone && (before.level >= out.Level || len(out.Evidence) == 0) {
			out.Evidence = append(out.Evidence, before.evidence...)
		}
	}
	if out.Level == dialog.LevelNone {
		out.Evidence = nil
		out.Review = v.review || out.Language != "en" || signs.plain > 0 || a.doubtful(s)
		return out
	}
	out.Review = true
	out.Categories, out.Who = a.kinds(s, v, before)
	if len(out.Evidence) > mostEvidence {
		out.Evidence = out.Evidence[:mostEvidence]
	}
	return out
}

func cutShort(text string) string {
	if len(text) > longestText {
		return text[:longestText]
	}
	return text
}

// read takes one text in: its words, signs and score. They stay in s.
func (a *Assessor) read(text string, roles []string, s *scratch) (read, seen) {
	a.norm.tokens(text, s)
	a.findHits(s)
	signs := a.combine(s.hits, roles)
	r := read{level: signs.level, combo: signs.combo >= 0, plain: signs.plain, clear: a.allClear(s.hits), words: len(s.tokens)}
	if a.model != nil {
		s.col.table = a.model.table
		a.collect(&s.col, s)
		r.score = a.model.score(s.col.feats)
	}
	return r, signs
}

// readTogether scores all messages as if they were one.
func (a *Assessor) readTogether(text string, history []string, s *scratch) score {
	if a.model == nil || len(history) == 0 {
		return score{}
	}
	var b strings.Builder
	for _, h := range history {
		b.WriteString(cutShort(h))
		b.WriteByte('\n')
	}
	b.WriteString(text)
	all := b.String()
	if len(all) > longestText {
		all = all[len(all)-longestText:]
	}
	r, _ := a.read(all, nil, s)
	return r.score
}

// readHistory judges the earlier messages one by one and keeps what stays
// open: the highest level not followed by a message that shows it is over.
func (a *Assessor) readHistory(history []string, s *scratch) past {
	p := past{who: dialog.WhoNone}
	for _, text := range history {
		r, signs := a.read(cutShort(text), p.roles, s)
		p.reads = append(p.reads, r)
		level := signs.floor
		var v verdict
		if a.model != nil && r.words > 0 {
			v.known, v.kind = true, a.model.kindScores(s.col.feats)
			v.level, v.review = a.model.Thresholds.decide(a.model.weigh(gather(r, r.score, nil)))
			level = max(level, v.level)
		}
		if level == dialog.LevelNone {
			if r.clear {
				p = past{who: dialog.WhoNone, reads: p.reads}
			}
			continue
		}
		for _, h := range s.hits {
			if role := a.signs[h.sign].Role; h.scope == "" && role != "" {
				p.roles = append(p.roles, role)
			}
		}
		if level >= p.level {
			p.level = level
			p.categories, p.who = a.kinds(s, v, past{})
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
