package risk

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"strings"

	"gopkg.in/yaml.v3"

	"helpline/dialog"
)

// Sign is one thing that a message can say which bears on risk, as it stands
// in content/risk/signs-*.yaml.
type Sign struct {
	ID     string `yaml:"id"`
	Source string `yaml:"source"` // where it is known from
	// Level is how much the sign says alone. A plain sign holds whatever the
	// statistical model thinks.
	Level      dialog.Level      `yaml:"-"`
	LevelName  string            `yaml:"level"`
	Categories []dialog.Category `yaml:"categories"`
	Who        dialog.Who        `yaml:"who"`  // empty: seen from the words around
	Role       string            `yaml:"role"` // what it does in a combination
	// Weak signs are shown to staff, weighed by the model and used in
	// combinations, but raise nothing alone.
	Weak bool `yaml:"weak"`
	// Through are the scopes that do not take the sign away ("past" for a
	// past attempt, "denied" for words that are themselves a denial).
	Through         []string `yaml:"through"`
	Patterns        []string `yaml:"patterns"`
	Unless          []string `yaml:"unless"` // seen anywhere in the message, they take the sign away
	Examples        []string `yaml:"examples"`
	CounterExamples []string `yaml:"counter_examples"`
}

// Combination raises the level when signs of several roles are seen together,
// in one message or with what was written before.
type Combination struct {
	ID         string            `yaml:"id"`
	Source     string            `yaml:"source"`
	Roles      []string          `yaml:"roles"` // a role named twice asks for two different signs of it
	LevelName  string            `yaml:"level"`
	Level      dialog.Level      `yaml:"-"`
	Categories []dialog.Category `yaml:"categories"`
	Examples   []string          `yaml:"examples"`
}

// scopeRule takes signs away where words are not meant as they stand.
type scopeRule struct {
	ID       string   `yaml:"id"`
	Reach    string   `yaml:"reach"` // words, clause or message
	Patterns []string `yaml:"patterns"`
	Examples []string `yaml:"examples"`
}

// The files of content/risk.
const (
	wordsFile     = "words.yaml"
	listsFile     = "lists.yaml"
	lexiconFile   = "lexicon.yaml"
	scopeFile     = "scope.yaml"
	combineFile   = "combinations.yaml"
	languagesFile = "languages.yaml"
	modelFile     = "model.bin"
)

type wordsData struct {
	Same       map[string]string `yaml:"same"`
	Apostrophe map[string]string `yaml:"apostrophe"`
	Heard      map[string]string `yaml:"heard"`
	Irregular  map[string]string `yaml:"irregular"` // base -> its forms
	Emoji      map[string]string `yaml:"emoji"`
	Known      string            `yaml:"known"`
	Classes    map[string]string `yaml:"classes"` // to the model these stand for one another
	// PrisonNames are told apart by commas.
	PrisonNames string `yaml:"prison_names"`
}

type scopeData struct {
	Negators []string    `yaml:"negators"`
	NotDeny  []string    `yaml:"not_denial"` // words after a negator that undo it: "not only"
	Rules    []scopeRule `yaml:"rules"`
	// Ordinary are whole short messages in which nobody hears a worry.
	Ordinary []string `yaml:"ordinary"`
}

func readYAML(dir fs.FS, file string, into any) error {
	b, err := fs.ReadFile(dir, file)
	if err != nil {
		return fmt.Errorf("read risk content: %w", err)
	}
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("parse %s: %w", file, err)
	}
	return nil
}

// readSigns reads all signs-*.yaml in the order of their names.
func readSigns(dir fs.FS) ([]Sign, error) {
	files, err := fs.Glob(dir, "signs-*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list signs: %w", err)
	}
	sort.Strings(files)
	var all []Sign
	var faults []error
	seen := map[string]string{}
	for _, f := range files {
		var d struct {
			Signs []Sign `yaml:"signs"`
		}
		if err := readYAML(dir, f, &d); err != nil {
			return nil, err
		}
		for _, s := range d.Signs {
			if err := s.Level.UnmarshalText([]byte(s.LevelName)); err != nil {
				faults = append(faults, fmt.Errorf("%s: sign %q: %w", f, s.ID, err))
			}
			if other, twice := seen[s.ID]; twice || s.ID == "" {
				faults = append(faults, fmt.Errorf("%s: sign %q: id missing or used in %s", f, s.ID, other))
			}
			seen[s.ID] = f
			if s.Source == "" || len(s.Patterns) == 0 || len(s.Examples) == 0 {
				faults = append(faults, fmt.Errorf("%s: sign %q needs a source, patterns and examples", f, s.ID))
			}
			all = append(all, s)
		}
	}
	if len(all) == 0 {
		faults = append(faults, errors.New("no signs-*.yaml with signs"))
	}
	return all, errors.Join(faults...)
}

// sayLittle is the class of words that the model passes over when it looks at
// sorts of words.
const sayLittle = "little"

// prisonName is the word that stands for the name of any prison.
const prisonName = "prisonname"

func newNormaliser(d wordsData) (*normaliser, error) {
	var faults []error
	n := &normaliser{
		emoji:      map[rune]string{},
		same:       map[string][]string{},
		apostrophe: map[string][]string{},
		heard:      map[string][]heard{},
		irregular:  map[string]string{},
		known:      map[string]struct{}{},
		stems:      map[string]struct{}{},
		classes:    map[string]uint64{},
		vocab:      &vocabulary{ids: map[string]int32{}, stems: map[string]int32{}, prefixes: map[string]int32{}},
	}
	for class, words := range d.Classes {
		for _, w := range strings.Fields(words) {
			if _, twice := n.classes[w]; twice {
				faults = append(faults, fmt.Errorf("%s: %q is in two classes", wordsFile, w))
			}
			n.classes[w] = hashString(fnvOffset, "class:"+class)
			if class == sayLittle {
				n.classes[w] = 0
			}
		}
	}
	for base, forms := range d.Irregular {
		for _, f := range strings.Fields(forms) {
			if other, twice := n.irregular[f]; twice {
				faults = append(faults, fmt.Errorf("%s: %q is a form of %q and of %q", wordsFile, f, base, other))
			}
			n.irregular[f] = base
		}
	}
	for from, to := range d.Same {
		for _, f := range strings.Fields(from) {
			if n.same[f] != nil {
				faults = append(faults, fmt.Errorf("%s: %q stands for two things", wordsFile, f))
			}
			n.same[f] = strings.Fields(to)
		}
	}
	for from, to := range d.Apostrophe {
		n.apostrophe[from] = strings.Fields(to)
	}
	for from, to := range d.Heard {
		w := strings.Fields(from)
		n.heard[w[0]] = append(n.heard[w[0]], heard{words: w, means: strings.Fields(to)})
	}
	for _, name := range strings.Split(d.PrisonNames, ",") {
		if w := strings.Fields(name); len(w) > 0 {
			n.heard[w[0]] = append(n.heard[w[0]], heard{words: w, means: []string{prisonName}})
			for _, part := range w {
				n.known[part] = struct{}{}
			}
		}
	}
	for _, list := range n.heard {
		sort.Slice(list, func(i, j int) bool {
			if len(list[i].words) != len(list[j].words) {
				return len(list[i].words) > len(list[j].words)
			}
			return strings.Join(list[i].words, " ") < strings.Join(list[j].words, " ")
		})
	}
	for symbols, w := range d.Emoji {
		for _, r := range symbols {
			n.emoji[r] = w
		}
	}
	for _, w := range strings.Fields(d.Known) {
		n.known[w] = struct{}{}
	}
	return n, errors.Join(faults...)
}

// buildNear makes the index for typing errors, once the vocabulary is known.
func (n *normaliser) buildNear() {
	var words []string
	for w := range n.vocab.ids {
		if len(w) >= shortestCorrected {
			words = append(words, w)
		}
	}
	sort.Strings(words)
	n.near = make(map[string]string, 8*len(words))
	for _, w := range words {
		for i := 1; i < len(w); i++ {
			short := w[:i] + w[i+1:]
			if _, taken := n.near[short]; !taken && !n.isKnown(short) {
				n.near[short] = w
			}
		}
	}
}
