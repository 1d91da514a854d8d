package risk

import "helpline/dialog"

// seen is what one message says: the signs that count, and the level they
// reach alone and together.
type seen struct {
	level dialog.Level
	// floor is the level that holds whatever the model thinks: that of
	// combinations and of the signs that the labelled messages bore out.
	floor dialog.Level
	plain int // how many signs raise the level by themselves
	combo int // the combination that raised it; -1: none
}

// combine weighs the hits that count. Roles seen in the messages before may
// complete a combination when at least one of its signs is in this message.
func (a *Assessor) combine(hits []hit, before []string) seen {
	out := seen{combo: -1}
	for _, h := range hits {
		if s := &a.signs[h.sign]; h.scope == "" && !s.Weak {
			out.level = max(out.level, s.Level)
			out.floor = max(out.floor, a.holds(s))
			out.plain++
		}
	}
	for i := range a.combos {
		if cb := &a.combos[i]; cb.Level > out.level && a.complete(cb, hits, before) {
			out.level, out.combo = cb.Level, i
			out.floor = max(out.floor, a.comboHolds(cb))
		}
	}
	return out
}

// complete says whether every role of the combination has a sign of its own.
func (a *Assessor) complete(cb *Combination, hits []hit, before []string) bool {
	var used [64]bool
	var old [32]bool
	here := false
roles:
	for _, role := range cb.Roles {
		for i, h := range hits {
			if i < len(used) && !used[i] && h.scope == "" && a.signs[h.sign].Role == role {
				used[i], here = true, true
				continue roles
			}
		}
		for i, r := range before {
			if i < len(old) && !old[i] && r == role {
				old[i] = true
				continue roles
			}
		}
		return false
	}
	return here
}

// holds is the level that a sign keeps against the model. Without a model each
// sign keeps its own.
func (a *Assessor) holds(s *Sign) dialog.Level {
	if a.model == nil {
		return s.Level
	}
	return min(s.Level, a.model.Holds[s.ID])
}

func (a *Assessor) comboHolds(cb *Combination) dialog.Level {
	if a.model == nil {
		return cb.Level
	}
	return min(cb.Level, a.model.Holds[comboPrefix+cb.ID])
}

// comboPrefix parts the ids of combinations from those of signs.
const comboPrefix = "combination:"
