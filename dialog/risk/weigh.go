package risk

import (
	"math"

	"helpline/dialog"
)

// weighed is what the second step knows of one text.
type weighed struct {
	*reading
	level dialog.Level // of the signs
	combo bool
	plain int
}

// inputs is how many things the second step weighs.
const inputs = 35

// gather lines up what the second step weighs: the newest message, all
// messages together, and the messages before one by one.
func gather(now weighed, together score, before []weighed) (x [inputs]float64) {
	n := 0
	put := func(v float64) { x[n] = v; n++ }
	yes := func(b bool) float64 {
		if b {
			return 1
		}
		return 0
	}
	pn, pt := now.score.probs(), together.probs()
	for k := range now.score {
		put(now.score[k])
	}
	for k := range now.score {
		put(pn[k+1])
	}
	for k := range together {
		put(together[k])
	}
	for k := range together {
		put(pt[k+1])
	}
	for k := range now.clause {
		put(now.clause[k])
	}
	worst := score{lowest, lowest, lowest}
	var least [levels - 1]float64 // probability of at least each level
	signs := dialog.LevelNone
	for _, b := range before {
		p := b.score.probs()
		for k := range worst {
			worst[k] = max(worst[k], b.score[k])
		}
		least[0] = max(least[0], p[1]+p[2]+p[3])
		least[1] = max(least[1], p[2]+p[3])
		least[2] = max(least[2], p[3])
		signs = max(signs, b.level)
	}
	for k := range worst {
		put(worst[k])
	}
	for k := range least {
		put(least[k])
	}
	for l := dialog.LevelConcern; l <= dialog.LevelImmediate; l++ {
		put(yes(now.level >= l))
	}
	for l := dialog.LevelConcern; l <= dialog.LevelImmediate; l++ {
		put(yes(signs >= l))
	}
	put(yes(now.combo))
	put(yes(now.plain > 1))
	put(yes(now.clear))
	put(yes(now.clear) * least[0])
	length := math.Log(float64(now.words + 1))
	put(length)
	put(length * length / 4)
	put(yes(len(before) > 0))
	put(yes(len(before) > 0 && now.words < 8))
	return x
}

// lowest stands for the score of a message that was never written.
const lowest = -3

// weigh is the second step.
func (m *model) weigh(x [inputs]float64) [levels]float64 {
	var s score
	for k := range s {
		s[k] = float64(m.Weigh[inputs][k])
		for i, v := range x {
			s[k] += v * float64(m.Weigh[i][k])
		}
	}
	return s.probs()
}

// decide turns probabilities into a level: at least concern when the message
// tells of a risk likely enough, more when that is likely enough in turn.
func (t *thresholds) decide(p [levels]float64) (dialog.Level, bool) {
	atRisk := 1 - p[0]
	switch {
	case atRisk < t.Concern:
		return dialog.LevelNone, atRisk >= t.Review
	case p[3] >= t.Immediate*atRisk:
		return dialog.LevelImmediate, true
	case p[2]+p[3] >= t.Urgent*atRisk:
		return dialog.LevelUrgent, true
	}
	return dialog.LevelConcern, true
}
