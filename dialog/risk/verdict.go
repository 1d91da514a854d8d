package risk

import (
	"slices"

	"helpline/dialog"
)

// verdict is what the model makes of one message.
type verdict struct {
	known  bool
	level  dialog.Level
	review bool
	// harmless says that the model would not even have it read.
	harmless bool
	kind     [kinds]float32
}

// judge brings the probabilities under the thresholds.
func (m *model) judge(feats []feature, tokens int) verdict {
	if tokens == 0 {
		return verdict{}
	}
	v := verdict{known: true, kind: m.kindScores(feats)}
	v.level, v.review = m.decide(m.levelProbs(feats))
	v.harmless = !v.review
	return v
}

// decide turns probabilities into a level: at least concern when the message
// tells of a risk likely enough, more when that is likely enough in turn.
func (m *model) decide(p [levels]float64) (dialog.Level, bool) {
	atRisk := 1 - p[0]
	t := &m.Thresholds
	review := atRisk >= t.Review
	switch {
	case atRisk < t.Concern:
		return dialog.LevelNone, review
	case p[3] >= t.Immediate*atRisk:
		return dialog.LevelImmediate, true
	case p[2]+p[3] >= t.Urgent*atRisk:
		return dialog.LevelUrgent, true
	}
	return dialog.LevelConcern, true
}

// kinds says what is feared and for whom: what the signs say, then what the
// model thinks likely, then what was open before.
func (a *Assessor) kinds(s *scratch, v verdict, before past) ([]dialog.Category, dialog.Who) {
	var have [len(categoryKinds)]bool
	who, whoLevel := dialog.Who(""), dialog.LevelNone
	for _, h := range s.hits {
		sign := &a.signs[h.sign]
		if h.scope != "" || sign.Weak {
			continue
		}
		for _, c := range sign.Categories {
			if i := slices.Index(categoryKinds[:], c); i >= 0 {
				have[i] = true
			}
		}
		if sign.Who != "" && sign.Level > whoLevel {
			who, whoLevel = sign.Who, sign.Level
		}
	}
	best := 0
	if v.known {
		for i := range categoryKinds {
			if sigmoid(float64(v.kind[len(whoKinds)+i])) >= a.model.Thresholds.Category {
				have[i] = true
			}
		}
		for i := range whoKinds {
			if v.kind[i] > v.kind[best] {
				best = i
			}
		}
	}
	var cats []dialog.Category
	for i, c := range categoryKinds {
		if have[i] || slices.Contains(before.categories, c) {
			cats = append(cats, c)
		}
	}
	switch {
	case who != "":
	case v.known:
		who = whoKinds[best]
	default:
		who = dialog.WhoPrisoner
	}
	if len(cats) == 0 {
		cats = []dialog.Category{dialog.OtherRisk}
		if v.known {
			top := 0
			for i := range categoryKinds {
				if v.kind[len(whoKinds)+i] > v.kind[len(whoKinds)+top] {
					top = i
				}
			}
			cats[0] = categoryKinds[top]
		}
	}
	return cats, who
}

// strongest quotes the words that weighed most for the level, so that a
// person sees why the model raised it.
func (a *Assessor) strongest(s *scratch, level dialog.Level) (dialog.Evidence, bool) {
	ts := s.tokens
	if a.model == nil || len(ts) == 0 {
		return dialog.Evidence{}, false
	}
	m := a.model
	mask := uint32(1)<<m.Bits - 1
	weigh := func(h uint64) float32 {
		at := (uint32(mix(h)) & mask) * levels
		return float32(m.level[at+uint32(level)])*m.Scale[level] - float32(m.level[at])*m.Scale[0]
	}
	h0 := hashByte(prefixNow, 'w')
	best, from, to := float32(0), 0, 0
	for i := range ts {
		h := hashString(h0, ts[i].word)
		one := weigh(h)
		if one > best {
			best, from, to = one, i, i+1
		}
		if i+1 < len(ts) {
			if two := one + weigh(hashString(hashByte(h, ' '), ts[i+1].word)) + weigh(hashString(h0, ts[i+1].word)); two > best {
				best, from, to = two, i, i+2
			}
		}
	}
	if to == 0 {
		from, to = 0, min(len(ts), 8)
	}
	// a little of what stands around it makes it readable
	for k := 0; k < 3 && from > 0 && ts[from].brk == noBreak; k++ {
		from--
	}
	for k := 0; k < 3 && to < len(ts) && ts[to].brk == noBreak; k++ {
		to++
	}
	return dialog.Evidence{Sign: "wording", Text: a.quote(s, from, to)}, true
}
