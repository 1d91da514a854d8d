// Command train fits what the measures of a candidate weigh, and says how often the
// library then finds the right sheet and section.
//
// Every question is put to a library without any line of those who wrote it, and
// without the lines of its fold. The weights are fitted on four folds; the fifth is
// kept aside, and only its figures are shown.
//
//	go run ./knowledge/train                 fit, write the weights, print the figures of those before
//	go run ./knowledge/train -figures        the figures with the weights in force
//	go run ./knowledge/train -figures -misses  and what was missed, in the four folds only
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/format"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"helpline/knowledge"
)

const (
	folds = 5
	aside = folds - 1 // never looked into
)

// question is a line of a labelled file.
type question struct {
	Text    string `json:"text"`
	Kind    string `json:"kind"` // answerable, none (of the field, no sheet answers it), off_topic
	Sheet   string `json:"sheet"`
	Section string `json:"section"`
}

func foldOf(line string) int {
	h := fnv.New32a()
	_, _ = io.WriteString(h, line) // a hash takes everything
	return int(h.Sum32() % folds)
}

func main() {
	folder := flag.String("content", "content", "the content folder")
	labelled := flag.String("labelled", "knowledge/labelled", "the folder of labelled questions")
	figures := flag.Bool("figures", false, "print figures with the weights in force, and fit nothing")
	misses := flag.Bool("misses", false, "print what was missed, except in the fold kept aside")
	flag.Parse()
	if err := run(*folder, *labelled, *figures, *misses); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

func run(folder, labelled string, figures, misses bool) error {
	content, err := knowledge.Load(os.DirFS(folder))
	if err != nil {
		return fmt.Errorf("load %s: %w", folder, err)
	}
	files, err := read(labelled)
	if err != nil {
		return err
	}
	var unanswered []question
	for line, kind := range content.UnansweredLines() {
		q := question{Text: line, Kind: "none"}
		if kind == knowledge.KindOffTopic || kind == knowledge.KindPerson {
			q.Kind = string(kind)
		}
		unanswered = append(unanswered, q)
	}
	slices.SortFunc(unanswered, func(a, b question) int { return strings.Compare(a.Text, b.Text) })
	var weights strings.Builder
	weights.WriteString(weightsHead)
	for _, size := range []knowledge.Size{knowledge.Small, knowledge.Medium, knowledge.Large} {
		m := measured{figures: figures, misses: misses && size == knowledge.Small}
		for n, file := range files {
			questions := file
			if n == 0 {
				questions = slices.Concat(file, unanswered)
			}
			if err := m.measure(content.AsLarge(size), questions); err != nil {
				return err
			}
		}
		fmt.Printf("\n%s\nFour folds, each put to a library without its writers' lines\n%sThe fifth fold, kept aside\n%s", sizeNames[size], m.shown.String(), m.kept.String())
		if figures {
			continue
		}
		w, loss := fit(m.list)
		fmt.Printf("%d questions, log loss %.4f\n", len(m.list), loss)
		write(&weights, sizeNames[size], w)
	}
	if figures {
		return nil
	}
	weights.WriteString("}\n")
	text, err := format.Source([]byte(weights.String()))
	if err != nil {
		return fmt.Errorf("format weights: %w", err)
	}
	return os.WriteFile(weightsFile, text, 0o644)
}

// weightsFile is where the weights that were fitted are written.
const weightsFile = "knowledge/weights.go"

const weightsHead = `package knowledge

// weightSets are fitted by "go run ./knowledge/train", which writes this file, on the
// ways in which people put the questions of the library, each put to a library without
// those of its writers. FIGURES.md says how good that is.
var weightSets = [weightKinds]weightsOf{
`

// sizeNames are the names of the sizes in that file: a library of this size; one too
// large for a chooser; one too large for likenesses as well.
var sizeNames = map[knowledge.Size]string{knowledge.Small: "withChooser", knowledge.Medium: "withLikeness", knowledge.Large: "withIndex"}

// measured is what comes of questions put to libraries that have not seen them.
type measured struct {
	figures, misses bool
	list            []example
	shown, kept     tally
}

// measure puts every question to a library without the lines of its file (whoever wrote
// the others has other words) and without the unanswered lines of its fold.
func (m *measured) measure(content knowledge.Content, questions []question) error {
	file := map[string]bool{}
	for _, q := range questions {
		if q.Sheet != "" {
			file[q.Text] = true
		}
	}
	for fold := range folds {
		lib, err := knowledge.NewLibrary(content.WithoutAsked(func(line string) bool { return file[line] || foldOf(line) == fold }))
		if err != nil {
			return fmt.Errorf("library without fold %d: %w", fold, err)
		}
		for _, q := range questions {
			if foldOf(q.Text) != fold {
				continue
			}
			if fold == aside {
				m.kept.count(lib, q, false)
				continue
			}
			m.shown.count(lib, q, m.misses)
			if m.figures {
				continue
			}
			e, err := newExample(lib, q)
			if err != nil {
				return fmt.Errorf("consider a question: %w", err)
			}
			if e.possible() {
				m.list = append(m.list, e)
			}
		}
	}
	return nil
}

// read reads the files of labelled questions. Those of one file are by the same writers.
func read(folder string) (files [][]question, err error) {
	names, err := filepath.Glob(filepath.Join(folder, "*.jsonl"))
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", folder, err)
	}
	for _, name := range names {
		var questions []question
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		dec := json.NewDecoder(f)
		for {
			var q question
			if err = dec.Decode(&q); err != nil {
				break
			}
			questions = append(questions, q)
		}
		_ = f.Close() // it was only read
		if !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		files = append(files, questions)
	}
	return files, nil
}

// query is the question with the country, and the prison, for which its sheet holds.
func query(lib *knowledge.Library, q question) knowledge.Query {
	query := knowledge.Query{Text: q.Text}
	if sheet, ok := lib.Sheet(q.Sheet); ok {
		if sheet.Jurisdiction != knowledge.UK {
			query.Jurisdiction = sheet.Jurisdiction
		}
		if len(sheet.Prisons) > 0 {
			query.Prison = sheet.Prisons[0]
		}
	}
	return query
}

// tally counts what Find makes of questions.
type tally struct {
	answerable, sheet, three, section, sections, unanswered int
	none, noneRight                                         int
	off, offRight                                           int
	person, personRight                                     int
	took                                                    []time.Duration
}

func (t *tally) count(lib *knowledge.Library, q question, print bool) {
	asked := query(lib, q)
	begin := time.Now()
	f := lib.Find(asked)
	t.took = append(t.took, time.Since(begin))
	answered := f.Kind == knowledge.KindAnswer || f.Kind == knowledge.KindWhichCountry
	miss := func(what string) {
		if print {
			first := f.Intent
			if len(f.Answers) > 0 {
				first = f.Answers[0].Ref().String()
			}
			fmt.Printf("%-14s %s#%s got %s %s: %s\n", what, q.Sheet, q.Section, f.Kind, first, q.Text)
		}
	}
	switch q.Kind {
	case "none":
		t.none++
		if !answered {
			t.noneRight++
		} else {
			miss("answered")
		}
	case "person":
		t.person++
		if f.Kind == knowledge.KindPerson {
			t.personRight++
		} else {
			miss("no person")
		}
	case "off_topic":
		t.off++
		if !answered {
			t.offRight++
		} else {
			miss("answered")
		}
	default:
		t.answerable++
		if f.Kind != knowledge.KindChoices && !answered {
			t.unanswered++
		}
		for i, a := range f.Answers {
			if a.Sheet.Slug == q.Sheet {
				t.three++
				if i == 0 && answered {
					t.sheet++
				}
				break
			}
		}
		if q.Section != "" {
			t.sections++
			if answered && len(f.Answers) > 0 && f.Answers[0].Ref() == (knowledge.SectionRef{Slug: q.Sheet, Anchor: q.Section}) {
				t.section++
				return
			}
		}
		miss("missed")
	}
}

func (t *tally) String() string {
	var b strings.Builder
	line := func(name string, part, whole int) {
		if whole > 0 {
			fmt.Fprintf(&b, "  %-34s %5.1f %%  (%d of %d)\n", name, 100*float64(part)/float64(whole), part, whole)
		}
	}
	line("right sheet first", t.sheet, t.answerable)
	line("right sheet among those given", t.three, t.answerable)
	line("right section first", t.section, t.sections)
	line("answerable, not answered", t.unanswered, t.answerable)
	line("no sheet answers it, not answered", t.noneRight, t.none)
	line("off topic, not answered", t.offRight, t.off)
	line("asks for a person, gets one", t.personRight, t.person)
	if len(t.took) > 0 {
		slices.Sort(t.took)
		fmt.Fprintf(&b, "  %-34s half under %v, 99 of 100 under %v\n", "time for a question", t.took[len(t.took)/2], t.took[len(t.took)*99/100])
	}
	return b.String()
}
