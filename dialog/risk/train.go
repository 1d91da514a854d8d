package risk

import (
	"fmt"
	"io/fs"
	"math"
	"sort"

	"helpline/dialog"
	"helpline/dialog/risk/labelled"
)

// Training holds what the training command may choose.
type Training struct {
	Bits        uint    // the table of levels has 1<<Bits rows
	KindBits    uint    // that of who and categories
	Penalty     float64 // L2, on the levels
	KindPenalty float64
	Rounds      int
	Folds       int
	// The most harmless messages, of a hundred, that cross-validation may
	// raise as a concern, and that a person may be asked to read.
	OverAlarm, ReadAlarm float64
	// Questions that the library answers: harmless, trained on beside the
	// labelled lines, never measured on.
	Questions []string
}

// Defaults are what content/risk/model.bin was trained with.
func Defaults() Training {
	return Training{Bits: 17, KindBits: 14, Penalty: 0.4, KindPenalty: 0.3, Rounds: 40, Folds: 5, OverAlarm: 10, ReadAlarm: 25}
}

// Fold is one message as cross-validation judged it, by a model that had not
// seen it nor any other of its contrast set.
type Fold struct {
	Line  labelled.Line
	Probs [levels]float64
	// Judged is the level of signs and held-out model together, without the
	// rule that an earlier worry stays open.
	Judged dialog.Level
}

// Train trains a model on labelled lines with the signs and lists of a content
// folder. Thresholds come from cross-validation in which a contrast set stays
// together. It returns the file and the judged folds.
func Train(dir fs.FS, lines []labelled.Line, t Training) ([]byte, []Fold, []string, error) {
	a, err := loadWithoutModel(dir)
	if err != nil {
		return nil, nil, nil, err
	}
	measured := len(lines)
	lines = append(append([]labelled.Line(nil), lines...), a.signLines()...)
	for _, q := range t.Questions {
		// a question in which a sign counts says nothing about harmlessness
		if a.Assess(q, nil).Level == dialog.LevelNone {
			lines = append(lines, labelled.Line{ID: askedID, Text: q, Who: dialog.WhoNone})
		}
	}
	data, rarity, names := a.examples(lines, t.Bits)
	folds := crossValidate(data, lines, measured, t)
	rows := 1 << t.Bits
	w, b := fitCompact(data, rows, levels, t.Penalty, t.Rounds)

	m := &model{modelHeader: modelHeader{Bits: t.Bits, KindBits: t.KindBits, Lines: len(lines), Thresholds: calibrate(folds, t)}}
	m.rarity = rarity
	a.judgeFolds(m, folds)
	m.level, m.Scale = quantise(w, rows, levels)
	for _, v := range b {
		m.Intercept = append(m.Intercept, float32(v))
	}
	kw, kb := fitKinds(data, lines, t)
	m.kind, m.KindScale = quantise(kw, 1<<t.KindBits, kinds)
	m.KindStart = kb
	file, err := m.encode()
	return file, folds, strongestFeatures(m, names), err
}

// signLines are the examples and counter-examples of the signs, to be trained
// on beside the labelled lines: what everybody would say, which written sets
// leave out.
func (a *Assessor) signLines() []labelled.Line {
	var out []labelled.Line
	for _, s := range a.signs {
		if s.Weak {
			continue
		}
		who := s.Who
		if who == "" {
			who = dialog.WhoPrisoner
		}
		for _, text := range s.Examples {
			seen := a.Assess(text, nil)
			out = append(out, labelled.Line{ID: "sign:" + s.ID, Text: text, Level: max(s.Level, seen.Level), Categories: s.Categories, Who: who})
		}
		for _, text := range s.CounterExamples {
			out = append(out, labelled.Line{ID: "sign:" + s.ID, Text: text, Level: dialog.LevelNone, Who: dialog.WhoNone})
		}
	}
	return out
}

// Questions of the sheets are many and alike, so each weighs less than a
// labelled line.
const (
	askedID     = "asked:"
	askedWeight = 0.25
)

// rarest is in how few messages a feature may be seen and still be weighed.
const rarest = 2

// examples turns lines into features, and counts how rare each is.
func (a *Assessor) examples(lines []labelled.Line, bits uint) ([]sparse, []uint8, map[uint32]string) {
	s := new(scratch)
	c := &collector{bits: bits, names: map[uint32]string{}}
	read := func(l labelled.Line) {
		a.norm.tokens(l.Text, s)
		a.findHits(s)
		a.features(c, s, l.History)
	}
	count := make([]int, 1<<bits)
	for _, l := range lines {
		read(l)
		for _, f := range c.feats {
			count[f.at]++
		}
	}
	c.rarity = make([]uint8, 1<<bits)
	for at, n := range count {
		if n >= rarest {
			idf := math.Log(float64(len(lines)+1)/float64(n+1)) + 1
			c.rarity[at] = uint8(math.Round(idf * rarityUnit))
		}
	}
	data := make([]sparse, len(lines))
	for i, l := range lines {
		read(l)
		data[i] = sparse{feats: append([]feature(nil), c.feats...), target: int(l.Level), weight: 1}
		if l.ID == askedID {
			data[i].weight = askedWeight
		}
	}
	return data, c.rarity, c.names
}

// fitCompact fits on the rows that occur and puts the weights back in place.
func fitCompact(data []sparse, rows, classes int, penalty float64, rounds int) ([]float64, []float64) {
	count := make([]int32, rows)
	for i := range data {
		for _, f := range data[i].feats {
			count[f.at]++
		}
	}
	place := make([]int32, rows)
	used := []uint32{}
	for r, n := range count {
		place[r] = -1
		if n > 0 {
			place[r] = int32(len(used))
			used = append(used, uint32(r))
		}
	}
	small := make([]sparse, len(data))
	for i, d := range data {
		small[i] = sparse{target: d.target, weight: d.weight, feats: make([]feature, len(d.feats))}
		for k, f := range d.feats {
			small[i].feats[k] = feature{at: uint32(place[f.at]), value: f.value}
		}
	}
	w, b := fitSoftmax(small, len(used), classes, penalty, rounds)
	full := make([]float64, rows*classes)
	for i, r := range used {
		copy(full[int(r)*classes:][:classes], w[i*classes:][:classes])
	}
	return full, b
}

// fitKinds fits who is at risk (one of four) and each category (yes or no) on
// the messages that carry a risk.
func fitKinds(data []sparse, lines []labelled.Line, t Training) ([]float64, []float32) {
	rows := 1 << t.KindBits
	mask := uint32(rows - 1)
	var risky []sparse
	var of []labelled.Line
	for i, d := range data {
		if lines[i].Level == dialog.LevelNone {
			continue
		}
		f := make([]feature, len(d.feats))
		for k, x := range d.feats {
			f[k] = feature{at: x.at & mask, value: x.value}
		}
		risky = append(risky, sparse{feats: f, weight: 1})
		of = append(of, lines[i])
	}
	out := make([]float64, rows*kinds)
	start := make([]float32, kinds)
	for i, l := range of {
		for k, who := range whoKinds {
			if l.Who == who {
				risky[i].target = k
			}
		}
	}
	w, b := fitCompact(risky, rows, len(whoKinds), t.KindPenalty, t.Rounds)
	for k := range whoKinds {
		start[k] = float32(b[k])
		for r := range rows {
			out[r*kinds+k] = w[r*len(whoKinds)+k]
		}
	}
	for c, cat := range categoryKinds {
		for i, l := range of {
			risky[i].target = 0
			for _, have := range l.Categories {
				if have == cat {
					risky[i].target = 1
				}
			}
		}
		w, b := fitCompact(risky, rows, 2, t.KindPenalty, t.Rounds)
		k := len(whoKinds) + c
		start[k] = float32(b[1] - b[0])
		for r := range rows {
			out[r*kinds+k] = w[r*2+1] - w[r*2]
		}
	}
	return out, start
}

func quantise(w []float64, rows, classes int) ([]int8, []float32) {
	scale := make([]float32, classes)
	for k := range classes {
		top := 1e-9
		for r := range rows {
			top = max(top, math.Abs(w[r*classes+k]))
		}
		scale[k] = float32(top / 127)
	}
	out := make([]int8, rows*classes)
	for i, v := range w {
		out[i] = int8(math.Round(v / float64(scale[i%classes])))
	}
	return out, scale
}

// crossValidate judges every line by a model trained on the other folds. A
// line's fold follows from its contrast set's name alone.
// The lines from measured on are only trained on.
func crossValidate(data []sparse, lines []labelled.Line, measured int, t Training) []Fold {
	out := make([]Fold, measured)
	rows := 1 << t.Bits
	for fold := range t.Folds {
		var train []sparse
		for i := range data {
			if i >= measured || foldOf(lines[i], t.Folds) != fold {
				train = append(train, data[i])
			}
		}
		w, b := fitCompact(train, rows, levels, t.Penalty, t.Rounds)
		for i := range data[:measured] {
			if foldOf(lines[i], t.Folds) != fold {
				continue
			}
			p := [levels]float64{}
			copy(p[:], b)
			for _, f := range data[i].feats {
				for k := range p {
					p[k] += w[int(f.at)*levels+k] * float64(f.value)
				}
			}
			softmax(p[:])
			out[i] = Fold{Line: lines[i], Probs: p}
		}
	}
	return out
}

// judgeFolds adds the signs to what the held-out models said.
func (a *Assessor) judgeFolds(m *model, folds []Fold) {
	s := new(scratch)
	for i := range folds {
		f := &folds[i]
		a.norm.tokens(f.Line.Text, s)
		a.findHits(s)
		signs := a.combine(s.hits, nil)
		level, review := m.decide(f.Probs)
		f.Judged = weigh(signs.level, signs, level, !review, len(s.tokens), false)
	}
}

func foldOf(l labelled.Line, folds int) int {
	return int(mix(hashString(fnvOffset, l.Set())) % uint64(folds))
}

// calibrate chooses the thresholds on the judged folds: as low as the share
// of harmless messages allows that may be raised or read, and the level split
// that gets most levels right among those at risk.
func calibrate(folds []Fold, t Training) thresholds {
	var harmless []float64
	for _, f := range folds {
		if f.Line.Level == dialog.LevelNone {
			harmless = append(harmless, 1-f.Probs[0])
		}
	}
	sort.Sort(sort.Reverse(sort.Float64Slice(harmless)))
	at := func(percent float64) float64 {
		if len(harmless) == 0 {
			return 0.5
		}
		return harmless[min(int(float64(len(harmless))*percent/100), len(harmless)-1)] + 1e-9
	}
	th := thresholds{Review: at(t.ReadAlarm), Concern: at(t.OverAlarm), Urgent: 0.5, Immediate: 0.4, Category: 0.35}
	best := -1
	for u := 0.30; u <= 0.70; u += 0.02 {
		for im := 0.24; im <= 0.60; im += 0.02 {
			try := model{modelHeader: modelHeader{Thresholds: thresholds{Review: 0, Concern: th.Concern, Urgent: u, Immediate: im}}}
			right := 0
			for _, f := range folds {
				if got, _ := try.decide(f.Probs); got == f.Line.Level {
					right++
				}
			}
			if right > best {
				best, th.Urgent, th.Immediate = right, u, im
			}
		}
	}
	return th
}

// strongestFeatures lists, for each level, the named features that weigh most
// for it.
func strongestFeatures(m *model, names map[uint32]string) []string {
	type weighed struct {
		name string
		w    float32
	}
	var out []string
	for k := range levels {
		var all []weighed
		for at, name := range names {
			all = append(all, weighed{name, float32(m.level[int(at)*levels+k]) * m.Scale[k]})
		}
		sort.Slice(all, func(i, j int) bool {
			if all[i].w != all[j].w {
				return all[i].w > all[j].w
			}
			return all[i].name < all[j].name
		})
		for _, x := range all[:min(60, len(all))] {
			out = append(out, fmt.Sprintf("%s\t%.2f\t%s", dialog.Level(k), x.w, x.name))
		}
	}
	return out
}
