package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"helpline/channels"
	"helpline/dialog"
	"helpline/dialog/flow"
	"helpline/knowledge"
)

// question is one line of a question set; plain lines are questions too.
type question struct {
	ID      string   `json:"id"`
	Channel string   `json:"channel"`
	Text    string   `json:"text"`
	History []string `json:"history"`
	Prison  string   `json:"prison"`
}

// eachLine reads JSON Lines, or plain lines, one question each.
func eachLine(in io.Reader, fn func(question) error) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 64<<10), 4<<20)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		q := question{ID: fmt.Sprint(n), Text: line}
		if strings.HasPrefix(line, "{") {
			q = question{}
			if err := json.Unmarshal([]byte(line), &q); err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
		}
		if err := fn(q); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	return lines.Err()
}

// reply is what ask writes for a question.
type reply struct {
	ID     string         `json:"id"`
	Kind   string         `json:"kind"`
	Sheets []replySheet   `json:"sheets"`
	Text   string         `json:"text"`
	SMS    []string       `json:"sms"`
	waits  dialog.Waiting // why a person is asked to look

}

type replySheet struct {
	Slug         string  `json:"slug"`
	Section      string  `json:"section"`
	Jurisdiction string  `json:"jurisdiction,omitempty"`
	Score        float64 `json:"score"`
}

// ask answers questions through the same flow as a conversation, from the
// content as it is on disk.
func ask(_ context.Context, e environment, c config, args []string) error {
	m, err := openMind(c)
	if err != nil {
		return err
	}
	out := json.NewEncoder(e.out)
	out.SetEscapeHTML(false)
	in := e.in
	if len(args) > 0 {
		in = strings.NewReader(strings.Join(args, " "))
	}
	return eachLine(in, func(q question) error { return out.Encode(m.answer(c, q)) })
}

// answer takes one question through assessment and flow, as a conversation does.
func (m *mind) answer(c config, q question) reply {
	lib, where := library{m.shelf, c.PublicURL}, places{m.register, m.shelf}
	a := m.assessor.Assess(q.Text, q.History)
	var conv dialog.Conversation
	conv.Holder.Kind = dialog.Bot
	if q.Prison != "" {
		for _, p := range where.Places("HMP " + q.Prison) {
			conv.Prison, conv.Jurisdiction = p.Prison.ID, p.Prison.Jurisdiction
			break
		}
	}
	var found flow.Found
	var waits dialog.Waiting
	step := func(medium dialog.Medium) []string {
		turn := flow.Step(flow.Env{
			Texts: m.texts, Abilities: channels.AbilitiesOf(medium), Medium: medium,
			Find: func(q flow.Question) flow.Found { found = lib.Find(q); return found },
			Body: lib.Body, Prison: where.Get, Country: where.Country,
			Fit: func(t string, n int) []string { return channels.Fit(medium, t, n) },
		}, conv, flow.State{}, flow.Input{Text: q.Text, History: q.History, Assessment: a, Places: where.Places(q.Text)})
		waits = turn.Waiting
		var lines []string
		for _, l := range turn.Lines {
			lines = append(lines, channels.Fit(medium, l.Text, channels.AbilitiesOf(medium).Segments)...)
		}
		return lines
	}
	text := step(dialog.Webchat)
	r := reply{ID: q.ID, Kind: string(found.Kind), Text: strings.Join(text, "\n"), SMS: step(dialog.SMS), Sheets: []replySheet{}}
	r.waits = waits
	switch {
	case a.Level >= dialog.LevelConcern:
		r.Kind = "concern"
		return r
	case found.Kind == flow.KindThanks:
		r.Kind = string(flow.KindSmallTalk)
	case found.Kind == "":
		r.Kind = string(flow.KindUnknown)
	}
	for _, s := range found.Answers {
		r.Sheets = append(r.Sheets, replySheet{Slug: s.Slug, Section: s.Anchor, Jurisdiction: string(s.Jurisdiction), Score: s.Score})
	}
	return r
}

// assessed is what assess writes for a message.
type assessed struct {
	ID            string            `json:"id"`
	Level         dialog.Level      `json:"level"`
	Categories    []dialog.Category `json:"categories"`
	Who           dialog.Who        `json:"who"`
	Language      string            `json:"language"`
	ReachesPerson bool              `json:"reaches_person"`
	Evidence      []dialog.Evidence `json:"evidence"`
}

// assess writes what a conversation would make of each message: the
// assessment, and whether a person is asked to read it.
func assess(_ context.Context, e environment, c config, args []string) error {
	m, err := openMind(c)
	if err != nil {
		return err
	}
	in := e.in
	if len(args) > 0 {
		in = strings.NewReader(strings.Join(args, " "))
	}
	out := json.NewEncoder(e.out)
	out.SetEscapeHTML(false)
	return eachLine(in, func(q question) error {
		a := m.assessor.Assess(q.Text, q.History)
		r := assessed{
			ID: q.ID, Level: a.Level, Categories: a.Categories, Who: a.Who, Language: a.Language, Evidence: a.Evidence,
			ReachesPerson: m.reachesPerson(c, q, a),
		}
		if r.Categories == nil {
			r.Categories = []dialog.Category{}
		}
		if r.Evidence == nil {
			r.Evidence = []dialog.Evidence{}
		}
		return out.Encode(r)
	})
}

// reachesPerson says whether a person is asked to read a message: somebody may
// be at risk, the assessment is not sure, or the library has no plain answer.
func (m *mind) reachesPerson(c config, q question, a dialog.Assessment) bool {
	if a.Level >= dialog.LevelConcern || a.Review {
		return true
	}
	return m.answer(c, q).waits != dialog.WaitingNone
}

// check reports every fault of the content; advice alone is no failure.
func check(ctx context.Context, e environment, c config, _ []string) error {
	m, err := openMind(c)
	if err != nil {
		return err
	}
	faults, advice := 0, 0
	for _, f := range knowledge.Check(m.shelf.Library(), c.clock()()) {
		mark := "fault"
		if f.Advice {
			mark = "advice"
			advice++
		} else {
			faults++
		}
		fmt.Fprintf(e.out, "%s:%d: %s: %s\n", f.File, f.Line, mark, f.Text)
	}
	unstaffed, err := checkTeams(ctx, e, c)
	if err != nil {
		return err
	}
	for _, f := range unstaffed {
		fmt.Fprintf(e.out, "teams: advice: %s\n", f)
		advice++
	}
	fmt.Fprintf(e.out, "%s, %s\n", plural(faults, "fault", "faults"), plural(advice, "piece of advice", "pieces of advice"))
	if faults > 0 {
		return errors.New("the content has faults")
	}
	return nil
}

// migrate brings the database up to date; serve does so as well.
func migrate(ctx context.Context, e environment, c config, _ []string) error {
	h := &house{config: c, log: newLog(e.err, slog.LevelWarn)}
	defer h.close()
	if err := h.openStores(ctx); err != nil {
		return err
	}
	fmt.Fprintln(e.out, "the database is up to date")
	return nil
}

func openFiles(paths []string) ([]*os.File, error) {
	var files []*os.File
	for _, p := range paths {
		f, err := os.Open(p)
		if err != nil {
			for _, open := range files {
				_ = open.Close()
			}
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}
