package risk

import (
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
	reads      []weighed
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
	r := a.reading(text, s)
	signs := a.combine(r.hits, before.roles)
	now := signs.weighed(r)
	out := dialog.Assessment{Who: dialog.WhoNone}
	out.Language = r.tongue.code
	foreign := r.tongue.evidence(text)
	out.Level = max(r.tongue.level(), signs.floor)
	out.Evidence = a.evidence(r.hits, text, foreign)

	own := out.Level // what this message says, whatever came before
	var v verdict
	if a.model != nil && r.words > 0 {
		together := r.score
		if len(history) > 0 {
			together = a.model.union(append(before.readings(), r), s)
		}
		v.known, v.kind = true, r.kind
		probs := a.model.weigh(gather(now, together, before.reads))
		v.level, v.review = a.model.Thresholds.decide(probs)
		out.Plain = 1-probs[0] < a.model.Thresholds.Plain
		alone := v.level
		if len(history) > 0 {
			alone, _ = a.model.Thresholds.decide(a.model.weigh(gather(now, r.score, nil)))
		}
		if out.Level == dialog.LevelNone && now.level == dialog.LevelNone && before.level == dialog.LevelNone && (r.words <= fewWords || r.ordinary) {
			// So few words, without a sign in them or an open worry before them,
			// are too little for the model to go by: a person reads them, and
			// nobody is alarmed by "END" or by somebody's coming home on Friday.
			most := dialog.LevelConcern
			if r.words <= hardlyAny || r.ordinary {
				most = dialog.LevelNone
			}
			v.review = v.review || v.level > dialog.LevelNone
			v.level, alone = min(v.level, most), min(alone, most)
		}
		if alone > out.Level && len(out.Evidence) < mostEvidence {
			if q := r.loud[alone]; q.to > 0 {
				out.Evidence = append(out.Evidence, dialog.Evidence{Sign: wording, Text: q.of(text)})
			}
		}
		if max(out.Level, alone) == dialog.LevelNone {
			out.Evidence = foreign // a bland reply says nothing of its own
		}
		own = max(own, alone)
		out.Level = max(out.Level, v.level)
	}
	if !r.clear {
		if before.level > out.Level {
			out.Level = before.level
		}
		if before.level > dialog.LevelNone && (before.level >= out.Level || len(out.Evidence) == 0) {
			out.Evidence = append(out.Evidence, before.evidence...)
		}
	}
	if out.Level == dialog.LevelNone {
		out.Evidence = nil
		out.Review = v.review || out.Language != english || signs.plain > 0 || r.doubt
		out.Plain = out.Plain && !out.Review
		return out
	}
	out.Review, out.Plain = true, false
	out.Categories, out.Who = a.kinds(r, v, before, own)
	if len(out.Evidence) > mostEvidence {
		out.Evidence = out.Evidence[:mostEvidence]
	}
	return out
}

// wording is the sign of evidence that the model alone gives.
const wording = "wording"

func cutShort(text string) string {
	if len(text) > longestText {
		return text[:longestText]
	}
	return text
}

// weighed is what the second step weighs of a reading with these signs.
func (x seen) weighed(r *reading) weighed {
	return weighed{reading: r, level: x.level, combo: x.combo >= 0, plain: x.plain}
}

// readings lists the readings of the messages before.
func (p *past) readings() []*reading {
	out := make([]*reading, 0, len(p.reads)+1)
	for i := range p.reads {
		out = append(out, p.reads[i].reading)
	}
	return out
}

// readHistory judges the earlier messages one by one and keeps what stays
// open: the highest level not followed by a message that shows it is over.
func (a *Assessor) readHistory(history []string, s *scratch) past {
	p := past{who: dialog.WhoNone}
	for _, text := range history {
		text = cutShort(text)
		r := a.reading(text, s)
		signs := a.combine(r.hits, p.roles)
		now := signs.weighed(r)
		p.reads = append(p.reads, now)
		level := max(signs.floor, r.tongue.level())
		var v verdict
		if a.model != nil && r.words > 0 {
			v.known, v.kind = true, r.kind
			v.level, v.review = a.model.Thresholds.decide(a.model.weigh(gather(now, r.score, nil)))
			level = max(level, v.level)
		}
		if level == dialog.LevelNone {
			if r.clear {
				p = past{who: dialog.WhoNone, reads: p.reads}
			}
			continue
		}
		for _, h := range r.hits {
			if role := a.signs[h.sign].Role; h.scope == "" && role != "" {
				p.roles = append(p.roles, role)
			}
		}
		if level > p.level || level == p.level && a.named(r) {
			p.categories, p.who = a.kinds(r, v, p, level)
			p.level = level
			p.evidence = a.evidence(r.hits, text, r.tongue.evidence(text))
			if q := r.loud[level]; len(p.evidence) == 0 && q.to > 0 {
				p.evidence = []dialog.Evidence{{Sign: wording, Text: q.of(text)}}
			}
		}
	}
	return p
}

// evidence quotes the signs that count, strongest first, but none that a worry
// is over: nobody should read that beside one that is not.
func (a *Assessor) evidence(hits []hit, text string, foreign []dialog.Evidence) []dialog.Evidence {
	out := append([]dialog.Evidence(nil), foreign...)
	for level := dialog.LevelImmediate; level >= dialog.LevelNone; level-- {
		for _, h := range hits {
			if sign := &a.signs[h.sign]; h.scope == "" && sign.Level == level && sign.Role != roleAllClear && len(out) < mostEvidence {
				out = append(out, dialog.Evidence{Sign: sign.ID, Text: h.said.of(text)})
			}
		}
	}
	return out
}

// allClear says that a message shows a worry to be false or over. One that
// tells of a serious risk itself shows nothing of the kind.
func (a *Assessor) allClear(hits []hit) bool {
	clear := false
	for _, h := range hits {
		sign := &a.signs[h.sign]
		switch {
		case h.scope != "":
		case sign.Role == roleAllClear:
			clear = true
		case !sign.Weak && sign.Level >= dialog.LevelUrgent:
			return false
		}
	}
	return clear
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
