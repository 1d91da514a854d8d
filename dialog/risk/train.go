package risk

import (
	"fmt"
	"io/fs"
	"runtime"
	"sync"
	"sync/atomic"

	"helpline/dialog"
	"helpline/dialog/risk/labelled"
)

// Training holds what the training command may choose.
type Training struct {
	Bits        uint    // the table of levels has 1<<Bits rows
	KindBits    uint    // that of who and categories
	Penalty     float64 // L2, on the first step
	NextPenalty float64 // L2, on the second step
	KindPenalty float64
	Rounds      int
	Folds       int
	// OverAlarm is the most harmless messages, of a hundred, that
	// cross-validation may raise as a concern.
	OverAlarm float64
	// Silent is the most messages at risk, of a hundred, that cross-validation
	// may leave to a machine alone; SilentPlain the same where not even the
	// library answers them.
	Silent, SilentPlain float64
	// Questions that the library answers: harmless, trained on beside the
	// labelled lines, never measured on.
	Questions []string
	// AskedWeight is what one of them weighs beside a labelled line: they are
	// many and alike.
	AskedWeight float64
	// LevelsOnly leaves who and categories out: for trying things. Such a
	// model cannot be kept.
	LevelsOnly bool
	// Held are lines that nothing is trained on, to be judged by the model of
	// all the others.
	Held []labelled.Line
}

// Defaults are what content/risk/model.bin was trained with.
func Defaults() Training {
	return Training{Bits: 19, KindBits: 14, Penalty: 0.6, NextPenalty: 3, KindPenalty: 0.3, Rounds: 40, Folds: 5, OverAlarm: 12, Silent: 0.4, SilentPlain: 0.15, AskedWeight: 0.1}
}

// Trained is what training gives.
type Trained struct {
	File []byte // model.bin
	// Folds are the labelled lines as cross-validation judged them, each by a
	// model that had not seen it, nor its contrast set, nor its near-duplicates.
	Folds []Fold
	Held  []Fold // the lines of Training.Held
	// Strongest names the features that weigh most for each level, and Signs
	// how far the labelled messages bore each sign out.
	Strongest, Signs []string
}

// How much lines of other sources weigh beside a labelled line.
const (
	askedID        = "asked:"
	signID         = "sign:"
	signWeight     = 0.5
	togetherWeight = 0.5 // a harmless conversation, beside its newest message
)

// example is one line as training sees it.
type example struct {
	line     labelled.Line
	weight   float64
	measured bool
	held     bool // trained on by nobody
	fold     int
	now      excerpt
	before   []excerpt // one by one
	together []feature // of all, those of now when nothing was written before
	all      score     // of together
}

// excerpt is one text of an example.
type excerpt struct {
	weighed
	feats   []feature
	clauses []uint8
	signs   []claim
	ask     bool // a sign counts or was denied: a person reads it
}

// claim is a sign or combination seen in a text, by its id.
type claim struct {
	id    string
	level dialog.Level
}

// Train trains a model on labelled lines with the signs and lists of a content
// folder. Thresholds come from cross-validation.
func Train(dir fs.FS, lines []labelled.Line, t Training) (Trained, error) {
	a, err := loadWithoutModel(dir)
	if err != nil {
		return Trained{}, err
	}
	examples, names := a.examples(lines, t)
	tab := a.model.table
	a.model = nil

	everything := func(e *example) bool { return !e.held }
	var whole firstStep
	var kindWeights []int8
	var kindScale, kindStart []float32
	work := []func(){
		func() { whole = fitFirst(examples, tab, t, everything) },
		func() {
			kindWeights, kindScale, kindStart = make([]int8, kinds<<t.KindBits), make([]float32, kinds), make([]float32, kinds)
			if !t.LevelsOnly {
				kindWeights, kindScale, kindStart = fitKinds(examples, t)
			}
		},
	}
	for fold := range t.Folds {
		work = append(work, func() {
			first := fitFirst(examples, tab, t, func(e *example) bool { return !e.held && (!e.measured || e.fold != fold) })
			for i := range examples {
				if e := &examples[i]; e.measured && e.fold == fold {
					first.scoreAll(e)
				}
			}
		})
	}
	together(work)
	folds := make([]Fold, 0, len(lines))
	for fold := range t.Folds {
		others := func(e *example) bool { return e.measured && e.fold != fold }
		second := model{modelHeader: modelHeader{Weigh: fitSecond(examples, t, others), Holds: a.bornOut(examples, others)}}
		for i := range examples {
			if e := &examples[i]; e.measured && e.fold == fold {
				folds = append(folds, second.heldOut(e))
			}
		}
	}
	measured := func(e *example) bool { return e.measured }
	m := &model{modelHeader: modelHeader{
		Bits: t.Bits, KindBits: t.KindBits, Lines: len(examples),
		Thresholds: calibrate(folds, t),
		Weigh:      fitSecond(examples, t, measured),
		Holds:      a.bornOut(examples, measured),
	}, table: tab}
	for i := range folds {
		folds[i].judge(&m.Thresholds)
	}
	var held []Fold
	for i := range examples {
		if e := &examples[i]; e.held {
			whole.scoreAll(e)
			f := m.heldOut(e)
			f.judge(&m.Thresholds)
			held = append(held, f)
		}
	}
	m.take(whole)
	m.kind, m.KindScale, m.KindStart = kindWeights, kindScale, kindStart
	file, err := m.encode()
	if err != nil {
		return Trained{}, err
	}
	return Trained{file, folds, held, m.strongestFeatures(names), a.describeSigns(examples, m.Holds)}, nil
}

// together does the work on as many processors as there are. No part of it
// hangs on another, so that the order does not matter.
func together(work []func()) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(len(work), runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := next.Add(1); int(i) <= len(work); i = next.Add(1) {
				work[i-1]()
			}
		})
	}
	wg.Wait()
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
			out = append(out, labelled.Line{ID: signID + s.ID, Text: text, Level: max(s.Level, seen.Level), Categories: s.Categories, Who: who})
		}
		for _, text := range s.CounterExamples {
			out = append(out, labelled.Line{ID: signID + s.ID, Text: text, Level: dialog.LevelNone, Who: dialog.WhoNone})
		}
	}
	return out
}

// fewest is in how many conversations a feature must be seen to be weighed;
// fewestLoose holds for those that weigh less than the first of their group,
// of which there are many.
const (
	fewest      = 3
	fewestLoose = 5
)

// examples turns lines into features. It leaves the table, with the rarity of
// each feature and no weights yet, in the assessor's model.
func (a *Assessor) examples(lines []labelled.Line, t Training) ([]example, map[uint64]string) {
	all := make([]example, 0, len(lines))
	fold := foldsOf(lines, t.Folds)
	for i, l := range lines {
		all = append(all, example{line: l, weight: 1, measured: true, fold: fold[i]})
	}
	for _, l := range t.Held {
		all = append(all, example{line: l, held: true})
	}
	for _, l := range a.signLines() {
		all = append(all, example{line: l, weight: signWeight})
	}
	for _, q := range t.Questions {
		// a question in which a sign counts says nothing about harmlessness
		if a.Assess(q, nil).Level == dialog.LevelNone {
			all = append(all, example{line: labelled.Line{ID: askedID, Text: q, Who: dialog.WhoNone}, weight: t.AskedWeight})
		}
	}
	s := new(scratch)
	s.col.names = map[uint64]string{}
	seen := map[uint64]int{}
	var order []uint64
	met := map[uint64]bool{} // in this conversation
	s.col.count = func(key uint64, gain float32) {
		if met[key] {
			return
		}
		met[key] = true
		least := fewest
		if gain < gainFull {
			least = fewestLoose
		}
		if seen[key]++; seen[key] == least {
			order = append(order, key)
		}
	}
	a.model = nil
	for i := range all {
		l := &all[i].line
		if all[i].held {
			continue
		}
		clear(met)
		for _, text := range append(append([]string(nil), l.History...), l.Text) {
			a.norm.tokens(text, s)
			a.findHits(s)
			a.collect(&s.col, s)
		}
	}
	s.col.count = nil
	tab := newTable(t.Bits, order, seen, len(all))
	names := s.col.names
	s.col.names = nil

	a.model = &model{table: tab, modelHeader: modelHeader{Scale: make([]float32, levels-1), Intercept: make([]float32, levels-1)}}
	for i := range all {
		e := &all[i]
		var roles []string
		var parts []*reading
		for _, h := range e.line.History {
			x := a.excerpt(h, roles, s)
			e.before = append(e.before, x)
			parts = append(parts, x.reading)
			for _, h := range s.hits {
				if role := a.signs[h.sign].Role; h.scope == "" && role != "" {
					roles = append(roles, role)
				}
			}
		}
		e.now = a.excerpt(e.line.Text, roles, s)
		e.together = e.now.feats
		if len(parts) > 0 {
			e.together = nil
			s.col.each(append(parts, e.now.reading), func(f feature) { e.together = append(e.together, f) })
		}
	}
	return all, names
}

func (a *Assessor) excerpt(text string, roles []string, s *scratch) excerpt {
	r := a.read(text, s)
	signs := a.combine(r.hits, roles)
	x := excerpt{weighed: signs.weighed(r), feats: append([]feature(nil), s.col.feats...), clauses: append([]uint8(nil), s.col.clauses...), ask: signs.plain > 0 || r.doubt}
	for _, h := range s.hits {
		if sign := &a.signs[h.sign]; h.scope == "" && !sign.Weak {
			x.signs = append(x.signs, claim{sign.ID, sign.Level})
		}
	}
	if signs.combo >= 0 {
		cb := &a.combos[signs.combo]
		x.signs = append(x.signs, claim{comboPrefix + cb.ID, cb.Level})
	}
	return x
}

// Bearing out: a sign keeps a level against the model when at least so many of
// the messages that carry it have that level or more; for a concern fewer are
// enough, so that nothing said plainly goes unheard. A sign that no labelled
// message carries is trusted as if two had it, rightly.
const (
	bornOutShare   = 0.8
	bornOutConcern = 0.75
	trustedSeen    = 2
)

// bornOut finds the level at which each sign and combination holds.
func (a *Assessor) bornOut(examples []example, of func(*example) bool) map[string]dialog.Level {
	seen := map[string][levels]int{} // how many messages of each level carry it
	for i := range examples {
		e := &examples[i]
		if !of(e) {
			continue
		}
		for _, c := range e.now.signs {
			n := seen[c.id]
			n[e.line.Level]++
			seen[c.id] = n
		}
	}
	out := map[string]dialog.Level{}
	hold := func(id string, level dialog.Level) {
		n := seen[id]
		all := n[0] + n[1] + n[2] + n[3]
		for l := level; l > dialog.LevelNone; l-- {
			right := 0
			for k := l; int(k) < levels; k++ {
				right += n[k]
			}
			share := bornOutShare
			if l == dialog.LevelConcern {
				share = bornOutConcern
			}
			if float64(right)+share*trustedSeen >= share*float64(all+trustedSeen) {
				out[id] = l
				return
			}
		}
	}
	for _, s := range a.signs {
		if !s.Weak {
			hold(s.ID, s.Level)
		}
	}
	for _, cb := range a.combos {
		hold(comboPrefix+cb.ID, cb.Level)
	}
	return out
}

// describeSigns tells how far each sign was borne out.
func (a *Assessor) describeSigns(examples []example, holds map[string]dialog.Level) []string {
	var out []string
	for _, s := range a.signs {
		if s.Weak {
			continue
		}
		all, right, risk := 0, 0, 0
		for i := range examples {
			e := &examples[i]
			if !e.measured {
				continue
			}
			for _, c := range e.now.signs {
				if c.id == s.ID {
					all++
					if e.line.Level >= s.Level {
						right++
					}
					if e.line.Level > dialog.LevelNone {
						risk++
					}
				}
			}
		}
		out = append(out, fmt.Sprintf("sign\t%s\t%s\tseen %d\tat risk %d\tat its level %d\tholds %s", s.ID, s.Level, all, risk, right, holds[s.ID]))
	}
	return out
}
