package risk

import (
	"math"
	"sort"
	"strings"

	"helpline/dialog"
	"helpline/dialog/risk/labelled"
)

// Fold is one message as cross-validation judged it.
type Fold struct {
	Line  labelled.Line
	Probs [levels]float64
	// Judged and Read are what the signs, the history and the held-out model
	// together come to.
	Judged dialog.Level
	Read   bool

	floor  dialog.Level
	ask    bool
	clear  bool
	before []foldBefore
}

// foldBefore is one earlier message of a Fold.
type foldBefore struct {
	probs [levels]float64
	floor dialog.Level
	clear bool
}

// heldOut weighs an example that the second step has not seen.
func (m *model) heldOut(e *example) Fold {
	f := Fold{Line: e.line, Probs: m.weigh(e.inputsOf()), floor: m.floor(e.now.signs), ask: e.now.ask, clear: e.now.clear}
	for _, b := range e.before {
		f.before = append(f.before, foldBefore{m.weigh(gather(b.weighed, b.score, nil)), m.floor(b.signs), b.clear})
	}
	return f
}

// floor is the level that the signs of a text hold.
func (m *model) floor(signs []claim) dialog.Level {
	out := dialog.LevelNone
	for _, c := range signs {
		out = max(out, min(c.level, m.Holds[c.id]))
	}
	return out
}

// judge is what Assess does, on what is known of a held-out message.
func (f *Fold) judge(t *thresholds) {
	level, read := t.decide(f.Probs)
	f.Judged = max(level, f.floor)
	if !f.clear {
		open := dialog.LevelNone
		for _, b := range f.before {
			l, _ := t.decide(b.probs)
			if l = max(l, b.floor); l == dialog.LevelNone && b.clear {
				open = dialog.LevelNone
			}
			open = max(open, l)
		}
		f.Judged = max(f.Judged, open)
	}
	f.Read = f.Judged > dialog.LevelNone || read || f.ask
}

// seriousGain is how much a message found to be urgent or more counts,
// when thresholds are chosen, beside a message whose level is right.
const seriousGain = 1.0

// calibrate chooses the thresholds on the held-out folds: as low as the share
// of harmless messages allows that may be raised, so low that hardly anybody
// at risk is left to a machine alone, and between the levels what gets most of
// them right and most of the serious found.
func calibrate(folds []Fold, t Training) thresholds {
	th := thresholds{Urgent: 0.5, Immediate: 0.4, Category: 0.35}
	none := 0
	for _, f := range folds {
		if f.Line.Level == dialog.LevelNone {
			none++
		}
	}
	// lowest finds the lowest of a thousand thresholds at which not too many
	// harmless messages pass.
	lowest := func(set func(v float64), percent float64, passes func(f *Fold) bool) float64 {
		at := sort.Search(1000, func(i int) bool {
			set(float64(i) / 1000)
			n := 0
			for k := range folds {
				if folds[k].Line.Level != dialog.LevelNone {
					continue
				}
				folds[k].judge(&th)
				if passes(&folds[k]) {
					n++
				}
			}
			return float64(n) <= percent/100*float64(none)
		})
		v := float64(at) / 1000
		set(v)
		return v
	}
	th.Review = 1
	lowest(func(v float64) { th.Concern = v }, t.OverAlarm, func(f *Fold) bool { return f.Judged > dialog.LevelNone })
	th.Concern = min(th.Concern, 0.9)
	atRisk := len(folds) - none
	// highest finds the highest of a thousand thresholds of reading at which not
	// too many messages at risk are silent.
	highest := func(percent float64) float64 {
		at := sort.Search(1000, func(i int) bool {
			th.Review = float64(i+1) / 1000
			n := 0
			for k := range folds {
				if folds[k].Line.Level == dialog.LevelNone {
					continue
				}
				if folds[k].judge(&th); !folds[k].Read {
					n++
				}
			}
			return float64(n) > percent/100*float64(atRisk)
		})
		return min(float64(at)/1000, th.Concern)
	}
	th.Plain = highest(t.SilentPlain)
	th.Review = highest(t.Silent)

	best, chosen := -1.0, th
	for u := 0.30; u < 0.70; u += 0.02 {
		for im := 0.24; im < 0.60; im += 0.02 {
			th.Urgent, th.Immediate = math.Round(u*100)/100, math.Round(im*100)/100
			good := 0.0
			for i := range folds {
				f := &folds[i]
				f.judge(&th)
				if f.Judged == f.Line.Level {
					good++
				}
				if f.Line.Level >= dialog.LevelUrgent && f.Judged >= dialog.LevelUrgent {
					good += seriousGain
				}
			}
			if good > best {
				best, chosen = good, th
			}
		}
	}
	return chosen
}

// Near-duplicates: two texts of which the shorter shares so many of its runs
// of three words with the other.
const (
	nearShare = 0.4
	nearLeast = 3
	nearMost  = 60 // a run found in more texts than this tells nothing
)

// foldsOf gives each line its fold. Lines of one contrast set and
// near-duplicates come into the same.
func foldsOf(lines []labelled.Line, folds int) []int {
	parent := make([]int, len(lines))
	for i := range parent {
		parent[i] = i
	}
	var root func(int) int
	root = func(i int) int {
		if parent[i] != i {
			parent[i] = root(parent[i])
		}
		return parent[i]
	}
	join := func(i, j int) {
		// the earlier line leads, so that the result does not hang on the order of joining
		x, y := root(i), root(j)
		parent[max(x, y)] = min(x, y)
	}
	sets := map[string]int{}
	runs := map[string][]int{}
	size := make([]int, len(lines))
	for i, l := range lines {
		if j, ok := sets[l.Set()]; ok {
			join(i, j)
		}
		sets[l.Set()] = i
		words := strings.Fields(strings.ToLower(l.Text))
		own := map[string]bool{}
		for k := 0; k+3 <= len(words); k++ {
			if run := strings.Join(words[k:k+3], " "); !own[run] {
				own[run] = true
				runs[run] = append(runs[run], i)
			}
		}
		size[i] = len(own)
	}
	shared := map[[2]int]int{}
	for _, in := range runs {
		if len(in) > nearMost {
			continue
		}
		for x := range in {
			for y := x + 1; y < len(in); y++ {
				shared[[2]int{in[x], in[y]}]++
			}
		}
	}
	for pair, n := range shared {
		if n >= nearLeast && float64(n) >= nearShare*float64(min(size[pair[0]], size[pair[1]])) {
			join(pair[0], pair[1])
		}
	}
	out := make([]int, len(lines))
	for i := range lines {
		out[i] = int(mix(hashString(fnvOffset, lines[root(i)].Set())) % uint64(folds))
	}
	return out
}
