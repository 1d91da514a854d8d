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
	kind   [kinds]float32
}

// named says whether a sign or a crisis phrase raises the message, and not the
// model alone.
func (a *Assessor) named(r *reading) bool {
	if len(r.tongue.said) > 0 {
		return true
	}
	for _, h := range r.hits {
		if h.scope == "" && !a.signs[h.sign].Weak {
			return true
		}
	}
	return false
}

// kinds says what is feared and for whom: what the signs say, then what the
// model thinks likely, then what was open before. A message that by itself says
// less than what is open (an answer, a question, a taking-back) leaves that as it
// was, and adds what its own signs name; where one of them is serious and says
// for whom, as the writer's own despair does, that is who is answered.
func (a *Assessor) kinds(r *reading, v verdict, before past, own dialog.Level) ([]dialog.Category, dialog.Who) {
	var have [len(categoryKinds)]bool
	who, whoLevel := dialog.Who(""), dialog.LevelNone
	leaves := before.level > dialog.LevelNone && (own < before.level || own == before.level && !a.named(r))
	if leaves && own == dialog.LevelNone || r.tongue.foreign {
		v.known = false // the model cannot tell, or has nothing to tell it by
	}
	for _, h := range r.hits {
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
	for _, p := range r.tongue.said {
		for _, c := range p.categories {
			if i := slices.Index(categoryKinds[:], c); i >= 0 {
				have[i] = true
			}
		}
		if p.level > whoLevel {
			who, whoLevel = p.who, p.level
		}
	}
	if leaves && whoLevel < dialog.LevelUrgent {
		who = before.who // no serious sign here says that it is about another
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

// mostQuoted is the most words that are quoted of a message in which no sign
// was seen.
const mostQuoted = 4

// loudest finds the words that weighed most for the level, so that a person
// sees why the model raised it. It finds none where no words weigh for it: a
// bland answer is not quoted.
func (a *Assessor) loudest(s *scratch, level dialog.Level) stretch {
	ts := s.tokens
	m := a.model
	says := func(h uint64) float32 {
		at, rarity := m.table.find(mix(h) | 1<<63)
		return widen[uint8(m.table.rows[at].w[level-1])] * m.Scale[level-1] * min(rarity, 1)
	}
	h0 := hashByte(fnvOffset, 'w')
	best, from, to := float32(0), 0, 0
	for i := range ts {
		one := says(hashString(h0, ts[i].word))
		if one > best {
			best, from, to = one, i, i+1
		}
		if i+1 < len(ts) {
			pair := says(hashString(hashByte(hashString(h0, ts[i].stem), ' '), ts[i+1].stem))
			if two := one + pair + says(hashString(h0, ts[i+1].word)); two > best {
				best, from, to = two, i, i+2
			}
		}
	}
	if to == 0 {
		return stretch{}
	}
	// A little of what stands around it makes it readable; the whole message
	// again would say nothing of why.
	most := max(2, min(mostQuoted, len(ts)/2))
	for grown := true; grown && to-from < most; {
		grown = false
		if from > 0 && ts[from].brk == noBreak {
			from, grown = from-1, true
		}
		if to-from < most && to < len(ts) && ts[to].brk == noBreak {
			to, grown = to+1, true
		}
	}
	return stretch{ts[from].start, ts[to-1].end}
}
