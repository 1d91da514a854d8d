package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"helpline/dialog"
	"helpline/dialog/desk"
	"helpline/dialog/risk/labelled"
)

// exports runs the command on a world's data.
func (w *world) exports(args ...string) (lines []labelled.Line, raw, told string) {
	w.t.Helper()
	var out, faults bytes.Buffer
	settings := map[string]string{"HELPLINE_DATA_DIR": w.DataDir}
	if code := run(w.t.Context(), environment{in: strings.NewReader(""), out: &out, err: &faults}, append([]string{"corrections"}, args...), func(name string) string { return settings[name] }); code != 0 {
		w.t.Fatalf("ended with %d: %s", code, &faults)
	}
	lines, err := labelled.Read(bytes.NewReader(out.Bytes()))
	if err != nil {
		w.t.Fatal(err)
	}
	return lines, out.String(), faults.String()
}

// TestCorrectionsNameNobody: what staff judged comes out as labelled messages,
// and nothing that says who it was about.
func TestCorrectionsNameNobody(t *testing.T) {
	w := newWorld(t, nil)
	ctx, sam := t.Context(), w.workers["sam"]
	from := dialog.Address{Medium: dialog.SMS, Value: "+447700900123"}
	w.text(from.Value, "FAMOUT what is a case conference")
	w.text(from.Value, "famout hes given his trainers away and said bye to the kids, hes in stoke heath")
	w.text(from.Value, "Jordan Pryce")
	w.text(from.Value, "A 1234 BC")
	w.text(from.Value, "call me on O77OO 9OO456 or jo.pryce@mail.example, im Kelly-Anne. jordans mate J0rdan Pr\u200byce in Stokeheath owes them, dob 12/3/90")
	c := w.conversation(smsLine, from)
	w.must(w.desk.TakeOver(ctx, sam, c.ID))
	_, err := w.desk.Say(ctx, sam, c.ID, "This is Sam.", "")
	w.must(err)
	w.text(from.Value, "thanks sam, tell JORDAN i love him, from Kelly-anne xx")
	v := w.view(c.ID)
	facts := v.Concerns[0].Facts
	if facts.PrisonerName != "Jordan Pryce" || facts.PrisonNumber != "A1234BC" {
		t.Fatalf("facts %+v", facts)
	}
	facts.CallerName = "Kelly-Anne O'Hara"
	w.must(w.desk.SetConcern(ctx, sam, v.Concerns[0].ID, desk.ConcernChange{Facts: &facts}))

	if lines, _, told := w.exports(); len(lines) != 0 || !strings.Contains(told, "0 judged messages") {
		t.Errorf("%d lines before anything was judged, %q", len(lines), told)
	}
	judged := map[int]dialog.Level{0: dialog.LevelNone, 1: dialog.LevelImmediate, 4: dialog.LevelUrgent, 5: dialog.LevelConcern}
	for n, e := range v.events(dialog.SaidIn) {
		if level, ok := judged[n]; ok {
			w.must(w.desk.Judge(ctx, sam, c.ID, e.Seq, dialog.LevelConcern, nil))
			w.turn(time.Minute)
			w.must(w.desk.Judge(ctx, sam, c.ID, e.Seq, level, []dialog.Category{dialog.SuicideSelfHarm, dialog.BadNews}))
		}
	}
	lines, raw, told := w.exports("-since", "2026-03-01")
	if len(lines) != len(judged) {
		t.Fatalf("%d lines: %s", len(lines), raw)
	}
	for _, identifier := range []string{
		"jordan", "pryce", "kelly", "hara", "sam,", "1234", "stoke", "heath", "o77oo", "456", "jo.", "mail.example", "12/3", "famout", "7700900123", string(c.ID), c.Ref, string(sam.ID), "2026",
	} {
		if strings.Contains(strings.ToLower(raw), strings.ToLower(identifier)) {
			t.Errorf("%q is left in %s", identifier, raw)
		}
	}
	found := map[string]labelled.Line{}
	ids := map[string]bool{}
	for _, l := range lines {
		found[l.Text] = l
		ids[l.ID] = true
		if l.Channel != "sms" || l.Categories == nil {
			t.Errorf("line %+v", l)
		}
	}
	if len(ids) != len(lines) {
		t.Error("two lines have one id")
	}
	goodbye := found["hes given his trainers away and said bye to the kids, hes in Anytown"]
	if goodbye.Level != dialog.LevelImmediate || goodbye.Who != dialog.WhoPrisoner || len(goodbye.History) != 1 || goodbye.History[0] != "what is a case conference" || len(goodbye.Categories) != 2 {
		t.Errorf("the goodbye is %+v, all: %s", goodbye, raw)
	}
	asked := found["what is a case conference"]
	if asked.Level != dialog.LevelNone || asked.Who != dialog.WhoNone || len(asked.Categories) != 0 {
		t.Errorf("the question is %+v", asked)
	}
	if !strings.Contains(told, "4 judged messages from 1 conversation written.") || !strings.Contains(told, "A PERSON MUST READ EVERY LINE") {
		t.Errorf("it says %q", told)
	}
	_, again, _ := w.exports()
	for id := range ids {
		if strings.Contains(again, id) {
			t.Error("an id comes again: it could be traced")
		}
	}
	if lines, _, _ := w.exports("-since", "2026-03-03"); len(lines) != 0 {
		t.Errorf("%d lines of a later day", len(lines))
	}
	for _, wrong := range [][]string{{"-since", "yesterday"}, {"everything"}, {"-until", "2026-03-03"}} {
		if code, said := tried(t, append([]string{"corrections"}, wrong...), map[string]string{"HELPLINE_DATA_DIR": w.DataDir}); code != 2 {
			t.Errorf("%v ended with %d: %s", wrong, code, said)
		}
	}
}

// TestCorrectionsOfRecordings: a recorded message has the words of its draft,
// or none, and is then left out.
func TestCorrectionsOfRecordings(t *testing.T) {
	w := newWorld(t, nil)
	ctx, sam := t.Context(), w.workers["sam"]
	call := w.ring("")
	w.must(call.Record(ctx, quiet(t, 2)))
	id := w.voicemail(call)
	w.fetch(id)
	w.must(w.desk.Judge(ctx, sam, id, w.recordingOf(id).Seq, dialog.LevelUrgent, []dialog.Category{dialog.MentalHealth}))
	lines, _, told := w.exports()
	if len(lines) != 0 || !strings.Contains(told, "1 message was left out: recorded, and without a text.") {
		t.Errorf("%d lines, %q", len(lines), told)
	}
	w.must(w.store.Do(ctx, func(tx dialog.Tx) error {
		conv, err := tx.Conversation(id)
		if err != nil {
			return err
		}
		conv.LastSeq++
		conv.Version++
		if err := tx.UpdateConversation(conv, conv.Version-1); err != nil {
			return err
		}
		data, err := json.Marshal(dialog.RecordedData{Recording: w.recordingOf(id).ID})
		if err != nil {
			return err
		}
		return tx.AppendEvents(dialog.Event{Conversation: id, Seq: conv.LastSeq, At: w.now(), Kind: dialog.Transcribed, Text: "my son Kieran on oh seven seven double oh nine hundred four five six cant go on", Data: data})
	}))
	lines, raw, _ := w.exports()
	if len(lines) != 1 || lines[0].Channel != "voice" || lines[0].Text != "my son Jo on a telephone number cant go on" || lines[0].Level != dialog.LevelUrgent {
		t.Errorf("%s", raw)
	}
}
