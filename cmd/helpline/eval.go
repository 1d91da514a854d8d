package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"

	"helpline/dialog"
	"helpline/dialog/flow"
	riskeval "helpline/dialog/risk/eval"
	"helpline/dialog/risk/labelled"
)

// eval measures the assessment or the answers on labelled files, through the
// code that a conversation goes through.
func eval(_ context.Context, e environment, c config, args []string) error {
	if len(args) < 2 || args[0] != "risk" && args[0] != "answers" {
		return &configError{faults: []string{"use: eval risk FILE… or eval answers FILE…"}}
	}
	m, err := openMind(c)
	if err != nil {
		return err
	}
	files, err := openFiles(args[1:])
	if err != nil {
		return fmt.Errorf("eval: %w", err)
	}
	readers := make([]io.Reader, len(files))
	for i, f := range files {
		defer func() { _ = f.Close() }()
		readers[i] = f
	}
	all := io.MultiReader(readers...)
	if args[0] == "answers" {
		return m.evalAnswers(c, all, e.out)
	}
	return m.evalRisk(c, all, e.out)
}

// secondNet is the assessment as a conversation has it: what the library does
// not plainly answer reaches a person too.
type secondNet struct {
	*mind
	config config
}

func (n secondNet) Assess(text string, history []string) dialog.Assessment {
	a := n.assessor.Assess(text, history)
	a.Review = n.reachesPerson(n.config, question{Text: text, History: history}, a)
	return a
}

func (m *mind) evalRisk(c config, in io.Reader, out io.Writer) error {
	lines, err := labelled.Read(in)
	if err != nil {
		return fmt.Errorf("eval risk: %w", err)
	}
	riskeval.Run(secondNet{m, c}, lines).Print(out, true)
	return nil
}

// judged is a question of a set, with what a good answer to it is.
type judged struct {
	question
	Kind           string   `json:"kind"`
	Sheets         []string `json:"sheets"`
	MustContain    []string `json:"must_contain"`
	MustNotContain []string `json:"must_not_contain"`
}

type share struct{ good, all int }

func (s *share) count(ok bool) {
	s.all++
	if ok {
		s.good++
	}
}

func (s *share) String() string {
	if s.all == 0 {
		return "none in the set"
	}
	return fmt.Sprintf("%5.1f %%  (%d of %d)", 100*float64(s.good)/float64(s.all), s.good, s.all)
}

// squeeze leaves out what the judging ignores: case and spacing.
func squeeze(s string) string { return strings.Join(strings.Fields(strings.ToLower(s)), "") }

func containsAny(text string, list []string) bool {
	text = squeeze(text)
	for _, entry := range list {
		for _, way := range strings.Split(entry, "|") {
			if w := squeeze(way); w != "" && strings.Contains(text, w) {
				return true
			}
		}
	}
	return false
}

// evalAnswers judges as the question sets' own description says: the right
// sheet first and among three, the fact shown, no answer where there is none,
// the country asked or marked, and never another country's rules unmarked.
func (m *mind) evalAnswers(c config, in io.Reader, out io.Writer) error {
	figures := map[string]*share{}
	figure := func(name string, ok bool) {
		if figures[name] == nil {
			figures[name] = &share{}
		}
		figures[name].count(ok)
	}
	var misses []string
	err := eachJudged(in, func(q judged) {
		r := m.answer(c, q.question)
		miss := func(what string) {
			got := r.Kind
			if len(r.Sheets) > 0 {
				got += " " + r.Sheets[0].Slug + "#" + r.Sheets[0].Section
			}
			misses = append(misses, fmt.Sprintf("%s %s: %s; got %s: %s", q.ID, q.Kind, what, got, q.Text))
		}
		shown := r.Kind == string(flow.KindAnswer) || r.Kind == string(flow.KindWhichCountry)
		right := func(s replySheet) bool { return slices.Contains(q.Sheets, s.Slug) }
		switch q.Kind {
		case "answerable":
			first := shown && len(r.Sheets) > 0 && right(r.Sheets[0])
			figure("1 right sheet first", first)
			figure("2 right sheet within three", r.Kind != "concern" && slices.ContainsFunc(r.Sheets[:min(3, len(r.Sheets))], right))
			fact := containsAny(r.Text+" "+strings.Join(r.SMS, " "), q.MustContain)
			if len(q.MustContain) > 0 {
				figure("3 fact shown", fact)
			}
			figure("9 answerable taken for a risk (to be low)", r.Kind == "concern")
			if !first {
				miss("wrong sheet")
			} else if len(q.MustContain) > 0 && !fact {
				miss("fact not shown")
			}
		case "which_country":
			ok := r.Kind == string(flow.KindWhichCountry) || shown && (strings.HasPrefix(r.Text, "In ") || strings.HasPrefix(r.Text, "At "))
			figure("6 country asked or marked", ok)
			if !ok {
				miss("country neither asked nor marked")
			}
		case "no_answer", "off_topic":
			name := map[string]string{"no_answer": "4 no answer where there is none", "off_topic": "5 off topic not answered"}[q.Kind]
			ok := r.Kind != string(flow.KindAnswer) && r.Kind != string(flow.KindWhichCountry)
			figure(name, ok)
			if !ok {
				miss("answered")
			}
		case "person":
			ok := r.Kind == string(flow.KindPerson) || r.Kind == "concern"
			figure("7 handed to a person", ok)
			if !ok {
				miss("not handed over")
			}
		}
		if len(q.MustNotContain) > 0 {
			bad := containsAny(r.Text, q.MustNotContain)
			figure("8 nothing forbidden shown", !bad)
			if bad {
				miss("shows what it must not")
			}
		}
	})
	if err != nil {
		return err
	}
	names := make([]string, 0, len(figures))
	for n := range figures {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		fmt.Fprintf(out, "%-45s %s\n", n[2:], figures[n])
	}
	fmt.Fprintf(out, "\nmisses: %d\n", len(misses))
	for _, line := range misses {
		fmt.Fprintln(out, " ", line)
	}
	return nil
}

func eachJudged(in io.Reader, fn func(judged)) error {
	dec := json.NewDecoder(in)
	for dec.More() {
		var q judged
		if err := dec.Decode(&q); err != nil {
			return fmt.Errorf("question set: %w", err)
		}
		fn(q)
	}
	return nil
}
