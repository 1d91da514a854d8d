package risk

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"
)

// Assessor judges messages. It is safe for concurrent use. Nothing in it
// changes after Load but what it keeps of the texts read last, which changes
// no assessment.
type Assessor struct {
	norm     *normaliser
	signs    []Sign
	index    index // patterns of signs
	unless   index // what takes single signs away
	scopes   []scopeRule
	scopeIdx index
	ordinary index // whole messages that are plain everyday
	negators bitset
	notDeny  bitset
	combos   []Combination
	langs    *languages
	model    *model // nil while none is trained
	concepts conceptIndex
	lexicon  lexicon
	pool     sync.Pool
	kept     readings
}

// hit is one match of a pattern of one sign.
type hit struct {
	sign     int
	from, to int // tokens
	said     stretch
	scope    string // why it does not count; empty: it counts
}

// Load reads content/risk. It names every fault: patterns that do not parse,
// lists that are not there, ids used twice. A missing model is a fault.
func Load(dir fs.FS) (*Assessor, error) {
	b, err := fs.ReadFile(dir, modelFile)
	if err != nil {
		return nil, fmt.Errorf("read risk model: %w", err)
	}
	return LoadTrained(dir, b)
}

// LoadTrained is Load with another model than the one in the folder, as Train
// returns it: to measure before it is kept.
func LoadTrained(dir fs.FS, trained []byte) (*Assessor, error) {
	a, err := loadWithoutModel(dir)
	if err != nil {
		return nil, err
	}
	if a.model, err = parseModel(trained); err != nil {
		return nil, fmt.Errorf("read risk model: %w", err)
	}
	return a, nil
}

func loadWithoutModel(dir fs.FS) (*Assessor, error) {
	var words wordsData
	if err := readYAML(dir, wordsFile, &words); err != nil {
		return nil, err
	}
	var lists map[string][]string
	if err := readYAML(dir, listsFile, &lists); err != nil {
		return nil, err
	}
	var scope scopeData
	if err := readYAML(dir, scopeFile, &scope); err != nil {
		return nil, err
	}
	var combos struct {
		Combinations []Combination `yaml:"combinations"`
	}
	if err := readYAML(dir, combineFile, &combos); err != nil {
		return nil, err
	}
	signs, err := readSigns(dir)
	if err != nil {
		return nil, err
	}
	n, err := newNormaliser(words)
	if err != nil {
		return nil, err
	}
	a := &Assessor{norm: n, signs: signs, scopes: scope.Rules, combos: combos.Combinations}
	c := &compiler{norm: a.norm, lists: lists, done: map[string]element{}}
	var faults []error
	add := func(to *index, src []string, sign int, of string) {
		for _, s := range src {
			p, err := c.compile(s, sign)
			if err != nil {
				faults = append(faults, fmt.Errorf("%s: %w", of, err))
				continue
			}
			to.patterns = append(to.patterns, p)
		}
	}
	for i, s := range signs {
		add(&a.index, s.Patterns, i, "sign "+s.ID)
		add(&a.unless, s.Unless, i, "sign "+s.ID)
	}
	for i, r := range scope.Rules {
		add(&a.scopeIdx, r.Patterns, i, "scope "+r.ID)
	}
	add(&a.ordinary, scope.Ordinary, 0, "ordinary")
	roles := map[string]bool{}
	for _, s := range signs {
		roles[s.Role] = true
	}
	for i := range a.combos {
		cb := &a.combos[i]
		if err := cb.Level.UnmarshalText([]byte(cb.LevelName)); err != nil {
			faults = append(faults, fmt.Errorf("combination %s: %w", cb.ID, err))
		}
		for _, role := range cb.Roles {
			if !roles[role] {
				faults = append(faults, fmt.Errorf("combination %s: no sign has the role %q", cb.ID, role))
			}
		}
	}
	for _, w := range scope.Negators {
		a.negators.add(a.norm.vocab.id(w))
	}
	for _, w := range scope.NotDeny {
		a.notDeny.add(a.norm.vocab.id(w))
	}
	if a.concepts, err = compileConcepts(c, lists); err != nil {
		faults = append(faults, err)
	}
	var classes map[string]string
	if err := readYAML(dir, lexiconFile, &classes); err != nil {
		return nil, err
	}
	if a.lexicon, err = compileLexicon(a.norm, classes); err != nil {
		faults = append(faults, err)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	a.norm.buildNear()
	a.index.build()
	a.unless.build()
	a.scopeIdx.build()
	a.ordinary.build()
	if a.langs, err = loadLanguages(dir, a.norm); err != nil {
		return nil, err
	}
	a.pool.New = func() any { return new(scratch) }
	return a, nil
}

// Signs returns what the assessor looks for, for the pages that show it.
func (a *Assessor) Signs() []Sign { return append([]Sign(nil), a.signs...) }
