// Command train fits what the measures of a candidate weigh, and says how often the
// library then finds the right sheet and section.
//
// Every question is put to a library without the lines of its own fold. The weights
// are fitted on four folds; the fifth is kept aside, and only its figures are shown.
//
//	go run ./knowledge/train                 fit, print the weights and the figures
//	go run ./knowledge/train -figures        the figures with the weights in force
//	go run ./knowledge/train -figures -misses  and what was missed, in the four folds only
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
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
	questions, err := read(labelled)
	if err != nil {
		return err
	}
	for line, kind := range content.UnansweredLines() {
		q := question{Text: line, Kind: "none"}
		if kind == knowledge.KindOffTopic {
			q.Kind = string(kind)
		}
		questions = append(questions, q)
	}
	slices.SortFunc(questions, func(a, b question) int { return strings.Compare(a.Text, b.Text) })
	var list []example
	var shown, kept tally
	for fold := range folds {
		lib, err := knowledge.NewLibrary(content.WithoutAsked(func(line string) bool { return foldOf(line) == fold }))
		if err != nil {
			return fmt.Errorf("library without fold %d: %w", fold, err)
		}
		for _, q := range questions {
			if foldOf(q.Text) != fold {
				continue
			}
			if fold == aside {
				kept.count(lib, q, false)
				continue
			}
			shown.count(lib, q, misses)
			if figures {
				continue
			}
			e, err := newExample(lib, q)
			if err != nil {
				return fmt.Errorf("consider a question: %w", err)
			}
			if e.possible() {
				list = append(list, e)
			}
		}
	}
	fmt.Print("Four folds, each put to a library without it\n", shown.String(), "The fifth fold, kept aside\n", kept.String())
	if figures {
		return nil
	}
	fmt.Println("\nweights")
	fit(list)
	for i := range list {
		list[i].forget("Whole", "WholeBest", "Nearest", "Several", "Unlike")
	}
	fmt.Println("\nplainWeights")
	fit(list)
	return nil
}

func read(folder string) ([]question, error) {
	names, err := filepath.Glob(filepath.Join(folder, "*.jsonl"))
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", folder, err)
	}
	var questions []question
	for _, name := range names {
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
	}
	return questions, nil
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
	if len(t.took) > 0 {
		slices.Sort(t.took)
		fmt.Fprintf(&b, "  %-34s half under %v, 99 of 100 under %v\n", "time for a question", t.took[len(t.took)/2], t.took[len(t.took)*99/100])
	}
	return b.String()
}
