package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"strings"
	"time"

	"helpline/dialog"
	"helpline/dialog/prisons"
	"helpline/dialog/redact"
	"helpline/dialog/risk/labelled"
	"helpline/dialog/words"
)

// corrections writes what staff judged as labelled messages. Whoever may read
// the database may run it; the console does not offer it.
func corrections(ctx context.Context, e environment, c config, args []string) error {
	flags := flag.NewFlagSet("helpline corrections", flag.ContinueOnError)
	flags.SetOutput(e.err)
	since := flags.String("since", "", "only what was judged on this `day` or later, as 2026-03-01")
	flags.StringVar(&c.DataDir, "data", c.DataDir, "data `folder` (HELPLINE_DATA_DIR)")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return &configError{faults: []string{err.Error()}}
	}
	if flags.NArg() > 0 {
		return &configError{faults: []string{"use: corrections [-since 2026-03-01]"}}
	}
	var from time.Time
	if *since != "" {
		london, err := time.LoadLocation("Europe/London")
		if err != nil {
			return fmt.Errorf("corrections: %w", err)
		}
		if from, err = time.ParseInLocation(time.DateOnly, *since, london); err != nil {
			return &configError{faults: []string{"-since is not a day such as 2026-03-01"}}
		}
	}
	m, err := openMind(c)
	if err != nil {
		return err
	}
	h := &house{config: c, mind: m, log: newLog(e.err, slog.LevelWarn)}
	defer h.close()
	if err := h.openStores(ctx); err != nil {
		return err
	}
	done, err := h.corrections(ctx, from)
	if err != nil {
		return fmt.Errorf("corrections: %w", err)
	}
	out := json.NewEncoder(e.out)
	out.SetEscapeHTML(false)
	for _, l := range done.lines {
		if err := out.Encode(l); err != nil {
			return fmt.Errorf("corrections: %w", err)
		}
	}
	fmt.Fprintf(e.err, "%s from %s written.\n", plural(len(done.lines), "judged message", " judged messages"), plural(done.conversations, "conversation", " conversations"))
	if done.wordless > 0 {
		fmt.Fprintf(e.err, "%s left out: recorded, and without a text.\n", plural(done.wordless, "message was", " messages were"))
	}
	if len(done.lines) > 0 {
		fmt.Fprint(e.err, strings.TrimLeft(`
Replaced by others: the names written down in their concerns, names of staff, what follows words like "my son", names of
prisons, telephone and prison numbers, dates of birth, post, e-mail and web addresses. The ids are random and the order is too.
Not seen by a machine: nicknames, towns, a rare event, a name that nobody wrote down.
A PERSON MUST READ EVERY LINE, text and history, before it leaves this machine.
`, "\n"))
	}
	return nil
}

// exported is what corrections found.
type exported struct {
	lines         []labelled.Line
	conversations int
	wordless      int
}

// corrections gathers what staff judged since a moment: the last judgement of each message.
func (h *house) corrections(ctx context.Context, since time.Time) (out exported, err error) {
	var judged []dialog.Event
	if err := h.store.Read(ctx, func(r dialog.Reader) (err error) {
		judged, err = r.Judged(since)
		return err
	}); err != nil {
		return out, err
	}
	last := map[dialog.ConversationID]map[int64]dialog.Assessment{}
	var order []dialog.ConversationID
	for _, e := range judged {
		var d dialog.AssessedData
		if err := json.Unmarshal(e.Data, &d); err != nil {
			return out, fmt.Errorf("read a judgement: %w", err)
		}
		if last[e.Conversation] == nil {
			last[e.Conversation] = map[int64]dialog.Assessment{}
			order = append(order, e.Conversation)
		}
		last[e.Conversation][d.Of] = d.Assessment
	}
	for _, id := range order {
		lines, wordless, err := h.correctionsIn(ctx, id, last[id])
		if err != nil {
			return out, err
		}
		out.lines = append(out.lines, lines...)
		out.wordless += wordless
		if len(lines) > 0 {
			out.conversations++
		}
	}
	// The order of a list is an identifier too.
	mathrand.Shuffle(len(out.lines), func(i, j int) { out.lines[i], out.lines[j] = out.lines[j], out.lines[i] })
	return out, nil
}

// correctionsIn makes labelled lines of the judged messages of one conversation.
func (h *house) correctionsIn(ctx context.Context, id dialog.ConversationID, judged map[int64]dialog.Assessment) (lines []labelled.Line, wordless int, err error) {
	var conv dialog.Conversation
	var events []dialog.Event
	var known []redact.Name
	err = h.store.Read(ctx, func(r dialog.Reader) error {
		if conv, err = r.Conversation(id); err != nil {
			return err
		}
		for after := int64(0); ; {
			more, err := r.Events(id, after, 500)
			if err != nil {
				return err
			}
			if len(more) == 0 {
				break
			}
			events = append(events, more...)
			after = more[len(more)-1].Seq
		}
		known, err = h.knownIn(r, conv, events)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("read conversation %s: %w", id, err)
	}
	out := redact.New(known, prisonsIn(h.register))
	transcripts := map[dialog.RecordingID]string{}
	for _, e := range events {
		if e.Kind == dialog.Transcribed {
			var d dialog.RecordedData
			if json.Unmarshal(e.Data, &d) == nil {
				transcripts[d.Recording] = e.Text
			}
		}
	}
	var history []string
	for _, e := range events {
		text := e.Text
		switch e.Kind { //nolint:exhaustive // what the person said
		case dialog.SaidIn:
			if conv.Medium == dialog.SMS {
				text = words.ParseText(text, h.SMSKeyword).Body
			}
		case dialog.Recorded:
			var d dialog.RecordedData
			if json.Unmarshal(e.Data, &d) == nil {
				text = transcripts[d.Recording]
			}
		default:
			continue
		}
		text = strings.TrimSpace(out.Text(text))
		if a, ok := judged[e.Seq]; ok {
			if text == "" {
				wordless++
			} else {
				lines = append(lines, labelled.Line{
					ID: "c" + strings.ToLower(rand.Text()[:12]), Channel: string(conv.Medium), Text: text, History: append([]string(nil), history...),
					Level: a.Level, Categories: append([]dialog.Category{}, a.Categories...), Who: a.Who,
				})
			}
		}
		if text != "" {
			history = append(history, text)
		}
		history = history[max(0, len(history)-10):]
	}
	return lines, wordless, nil
}

// knownIn is every name that the service knows of in a conversation.
func (h *house) knownIn(r dialog.Reader, conv dialog.Conversation, events []dialog.Event) (known []redact.Name, err error) {
	name := func(said string, as []string) {
		if said != "" {
			known = append(known, redact.Name{Words: said, As: as})
		}
	}
	place := func(id dialog.PrisonID) {
		p, ok := h.register.Get(id)
		if !ok {
			return
		}
		for _, called := range append([]string{p.Name, p.ShortName, p.WelshName, p.Town, p.County}, p.Aliases...) {
			if called != "" {
				known = append(known, redact.Name{Words: called, As: redact.Place, Whole: true})
			}
		}
	}
	facts := func(f dialog.Facts) {
		name(f.PrisonerName, redact.Prisoner)
		name(f.CallerName, redact.Caller)
		if f.PrisonNumber != "" { // a Scottish one may have the form of any number
			known = append(known, redact.Name{Words: f.PrisonNumber, As: []string{"00000"}, Whole: true})
		}
	}
	place(conv.Prison)
	name(conv.Holder.Name, redact.Staff)
	var state struct {
		Facts dialog.Facts `json:"facts"`
	}
	if len(conv.State) > 0 && json.Unmarshal(conv.State, &state) == nil {
		facts(state.Facts)
	}
	concerns, err := r.Concerns(conv.ID)
	if err != nil {
		return nil, err
	}
	for _, c := range concerns {
		if c.Prisoner == "" {
			continue
		}
		about, err := r.ConcernsAbout(c.Prisoner)
		if err != nil {
			return nil, err
		}
		concerns = append(concerns, about...)
	}
	for _, c := range concerns {
		facts(c.Facts)
		place(c.Prison)
	}
	for _, e := range events {
		switch e.Kind { //nolint:exhaustive // where names of staff and earlier facts stand
		case dialog.TakenOver:
			name(e.Text, redact.Staff)
		case dialog.SaidStaff:
			var d dialog.LineData
			if json.Unmarshal(e.Data, &d) == nil {
				name(d.Name, redact.Staff)
			}
		case dialog.Corrected:
			var d dialog.CorrectedData
			if json.Unmarshal(e.Data, &d) != nil {
				continue
			}
			for _, ch := range d.Changes {
				for _, was := range []string{ch.Was, ch.Now} {
					switch ch.Field {
					case "prisoner_name":
						name(was, redact.Prisoner)
					case "caller_name":
						name(was, redact.Caller)
					case "prison":
						place(dialog.PrisonID(was))
					}
				}
			}
		}
	}
	return known, nil
}

// prisonsIn finds names of prisons in a text.
func prisonsIn(register *prisons.Register) func(string) []redact.Span {
	return func(text string) (spans []redact.Span) {
		for _, m := range register.Find(text) {
			spans = append(spans, redact.Span{From: m.Start, To: m.Start + len(m.Text)})
		}
		return spans
	}
}
