package console

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"helpline/dialog"
	"helpline/dialog/desk"
)

// entry is one thing that happened, as a worker reads it: assessments stand
// beside the message they are of, and what became of a line beside the line.
type entry struct {
	Seq     int64
	Touched int64  // the newest event that had a part in it
	Kind    string // person, bot, staff, told, voice, note, raised or log
	At      time.Time
	Day     string // set on the first entry of a day
	Who     string
	Words   []words
	Judged  *judged
	Level   dialog.Level // of a concern that was raised
	Signs   []string
	Sources []dialog.Source
	Urgent  bool
	Sent    *sent
	Voice   *voice
	Unsaid  bool // it never left
}

// words is a piece of somebody's words; Mark is a sign that was seen in it.
type words struct {
	Text string
	Mark bool
	Sign string
}

type judged struct {
	Level      dialog.Level
	Who        string
	Categories []dialog.Category
	Signs      []seenView
	Review     bool
	Draft      bool
	Language   string // its name, when it is not English
	By         string // the worker who confirmed or corrected it
	Corrected  bool   // the level or the kind was another before
	Reader     string // who raised it, where that was neither the assessment nor a worker
	Missed     bool   // nobody had been asked to read it
}

// sent is how far a line has come on its way.
type sent struct {
	State dialog.OutboxState
	Name  string
	Code  string
	Bad   bool
}

// voice is a recorded message with what is known of it.
type voice struct {
	ID       dialog.RecordingID
	Length   string
	State    dialog.RecordingState
	Ready    bool // the audio is ours
	Words    []words
	Listened string // who listened to it; "" nobody yet
	At       time.Time
}

// transcript makes the entries out of a conversation's events.
type transcript struct {
	c       *Console
	view    desk.View
	names   map[dialog.WorkerID]string
	entries []entry
	at      map[int64]int // event to the entry it is, or is part of
	voices  map[dialog.RecordingID]int
	marks   map[int64][]dialog.Evidence // event to the signs seen in it
	drafts  map[dialog.RecordingID]string
}

func (c *Console) transcribe(v desk.View, names map[dialog.WorkerID]string) []entry {
	t := transcript{
		c: c, view: v, names: names, at: map[int64]int{}, voices: map[dialog.RecordingID]int{},
		marks: map[int64][]dialog.Evidence{}, drafts: map[dialog.RecordingID]string{},
	}
	for _, ev := range v.Events {
		t.add(ev)
	}
	t.deliveries()
	t.recordings()
	for i := range t.entries {
		e := &t.entries[i]
		if marks := t.marks[e.Seq]; len(marks) > 0 && e.Kind == "person" {
			e.Words = mark(textOf(e.Words), marks)
		}
		if i == 0 || !sameDay(e.At.In(c.london), t.entries[i-1].At.In(c.london)) {
			e.Day = c.day(e.At)
		}
	}
	return t.entries
}

func (t *transcript) add(ev dialog.Event) {
	e := entry{Seq: ev.Seq, Touched: ev.Seq, At: ev.At, Words: []words{{Text: ev.Text}}}
	switch ev.Kind {
	case dialog.SaidIn:
		e.Kind, e.Who = "person", "Person"
	case dialog.SaidBot, dialog.SaidStaff:
		var d dialog.LineData
		read(ev.Data, &d)
		e.Kind, e.Who, e.Sources, e.Urgent = "bot", "Automatic answer", d.Sources, d.Urgent
		if ev.Kind == dialog.SaidStaff {
			e.Kind, e.Who = "staff", cmp.Or(d.Name, t.name(ev.By))
		}
	case dialog.Told:
		e.Kind, e.Who = "told", "Shown to the person"
	case dialog.Recorded:
		var d dialog.RecordedData
		read(ev.Data, &d)
		e.Kind, e.Who, e.Words = "voice", "Voice message", nil
		e.Voice = &voice{ID: d.Recording, Length: length(d.Seconds)}
		t.voices[d.Recording] = len(t.entries)
	case dialog.Transcribed:
		var d dialog.RecordedData
		read(ev.Data, &d)
		t.drafts[d.Recording] = ev.Text
		t.fold(ev.Seq, t.seqOfVoice(d.Recording), nil)
		return
	case dialog.Assessed:
		t.assessed(ev)
		return
	case dialog.Missed:
		var d dialog.MissedData
		read(ev.Data, &d)
		t.fold(ev.Seq, d.Of, func(e *entry) {
			j := judged{Level: d.Level}
			if e.Judged != nil {
				j = *e.Judged
			}
			j.Missed = d.Level > dialog.LevelNone
			e.Judged = &j
		})
		return
	case dialog.DeliveryDone:
		var d dialog.DeliveryData
		read(ev.Data, &d)
		t.fold(ev.Seq, d.Of, nil) // its state comes from the outbox
		return
	case dialog.Withdrawn:
		var d struct {
			Lines []int64 `json:"lines"`
		}
		read(ev.Data, &d)
		for _, of := range d.Lines {
			t.fold(ev.Seq, of, func(e *entry) { e.Unsaid = true })
		}
		return
	case dialog.Noted:
		t.noted(ev, &e)
	case dialog.Raised:
		var d dialog.RaisedData
		read(ev.Data, &d)
		e.Kind, e.Level, e.Signs = "raised", d.Level, d.Signs
		if ev.By != "" && ev.Text == "" {
			e.Words = []words{{Text: "by " + t.name(ev.By)}}
		}
	case dialog.Answered:
		if e.Words = answered(ev); e.Words == nil {
			return
		}
		e.Kind = "log"
	case dialog.CallStarted, dialog.TakenOver, dialog.HandedBack, dialog.Duty, dialog.StoppedTexts, dialog.WantsTexts, dialog.Closed,
		dialog.Unanswered, dialog.Alarmed, dialog.Promised, dialog.Routed, dialog.Handled, dialog.Corrected, dialog.Linked:
		e.Kind, e.Words = "log", t.logged(ev)
	default: // of a later version
		e.Kind, e.Words = "log", t.logged(ev)
	}
	t.at[ev.Seq] = len(t.entries)
	t.entries = append(t.entries, e)
}

// read decodes an event's data. Data that cannot be read is as good as none:
// the words beside it still count.
func read(data json.RawMessage, into any) {
	if len(data) > 0 {
		_ = json.Unmarshal(data, into)
	}
}

// fold makes an event part of the entry of another.
func (t *transcript) fold(seq, of int64, fn func(*entry)) {
	i, ok := t.at[of]
	if !ok {
		return
	}
	t.at[seq] = i
	e := &t.entries[i]
	e.Touched = max(e.Touched, seq)
	if fn != nil {
		fn(e)
	}
}

func (t *transcript) seqOfVoice(id dialog.RecordingID) int64 {
	if i, ok := t.voices[id]; ok {
		return t.entries[i].Seq
	}
	return 0
}

func (t *transcript) assessed(ev dialog.Event) {
	var d dialog.AssessedData
	read(ev.Data, &d)
	a := d.Assessment
	if ev.By != "" {
		t.fold(ev.Seq, d.Of, func(e *entry) {
			j := judged{}
			if e.Judged != nil {
				j = *e.Judged
			}
			j.By, j.Corrected, j.Review = t.name(ev.By), j.Level != a.Level || a.Level > dialog.LevelNone && !sameKinds(j.Categories, a.Categories), false
			j.Level, j.Categories = a.Level, a.Categories
			e.Judged = &j
		})
		return
	}
	j := &judged{Level: a.Level, Categories: a.Categories, Review: a.Review, Draft: a.Draft, Language: languageName(a.Language), Reader: d.Reader}
	if a.Who != "" && a.Who != dialog.WhoNone {
		j.Who = whoName(a.Who)
	}
	for _, seen := range a.Evidence {
		s := seenView{Sign: signName(seen.Sign), Words: seen.Text}
		if !slices.Contains(j.Signs, s) {
			j.Signs = append(j.Signs, s)
		}
	}
	t.fold(ev.Seq, d.Of, func(e *entry) {
		for i, s := range j.Signs {
			_, _, here := locate(textOf(e.Words), s.Words)
			j.Signs[i].Before = e.Kind == "person" && s.Words != "" && !here && !strings.Contains(textOf(e.Words), s.Words)
		}
		e.Judged = j
	})
	t.marks[d.Of] = append(t.marks[d.Of], a.Evidence...)
}

func (t *transcript) noted(ev dialog.Event, e *entry) {
	var d struct {
		Name     string `json:"name"`
		Reviewed bool   `json:"reviewed"`
	}
	read(ev.Data, &d)
	who := cmp.Or(d.Name, t.name(ev.By))
	switch {
	case d.Reviewed:
		e.Kind, e.Words = "log", say(who+" read it: nothing to do")
	case ev.By == "":
		e.Kind, e.Words = "log", say(sentence(ev.Text))
	default:
		e.Kind, e.Who = "note", "Note by "+who
	}
}

func say(s string) []words { return []words{{Text: strings.TrimSuffix(s, ".")}} }

// logged is what staff read of the events that are not somebody's words.
func (t *transcript) logged(ev dialog.Event) []words {
	who := t.name(ev.By)
	switch ev.Kind {
	case dialog.CallStarted:
		return say("Rang the concern line")
	case dialog.TakenOver:
		return say(cmp.Or(ev.Text, who) + " took over: the automatic answers are silent")
	case dialog.HandedBack:
		return say(who + " handed back")
	case dialog.StoppedTexts:
		return say("Asked for no more texts")
	case dialog.WantsTexts:
		return say("Wants texts again")
	case dialog.Alarmed:
		return say(alarmed(ev))
	case dialog.Promised:
		return say(promised(ev))
	case dialog.Routed:
		return say(routed(ev))
	case dialog.Handled:
		return say(t.handled(ev))
	case dialog.Corrected:
		return say(t.corrected(ev))
	case dialog.Linked:
		return say(t.linked(ev))
	case dialog.Unanswered:
		return say("No automatic answer: " + ev.Text)
	case dialog.Closed:
		var d dialog.RaisedData
		read(ev.Data, &d)
		switch {
		case d.Concern != "":
			return say(who + " closed the concern: " + ev.Text)
		case ev.By == "":
			return say("The conversation ended")
		}
		return say(who + " closed the conversation")
	case dialog.Duty:
		var d dialog.DutyData
		read(ev.Data, &d)
		s := dutyName(d.Kind) + ": " + strings.ToLower(dutyStateName(d.State)) + " (" + who + ")"
		if ev.Text != "" {
			s += ". " + ev.Text
		}
		return say(s)
	case dialog.SaidIn, dialog.SaidBot, dialog.SaidStaff, dialog.Told, dialog.Recorded, dialog.Transcribed, dialog.Assessed, dialog.Missed,
		dialog.Answered, dialog.Raised, dialog.Noted, dialog.Withdrawn, dialog.DeliveryDone:
	}
	return say(string(ev.Kind) + " " + ev.Text)
}

// promised says that somebody who was rung said that they have it, which nobody
// has until they take it here.
func promised(ev dialog.Event) string {
	var d dialog.PromisedData
	read(ev.Data, &d)
	s := "Whoever was rung as the " + d.To + " pressed 1: they say that they have it"
	if d.PutOff {
		s += ". The next step comes a little later"
	}
	return s
}

// routed says which team has it now.
func routed(ev dialog.Event) string {
	var d dialog.RoutedData
	read(ev.Data, &d)
	why := map[string]string{
		"prison": "the prison is another now", "nobody took it": "nobody had taken it", "teams changed": "the teams have changed",
	}[d.Why]
	s := "Went to the team " + d.Name
	if why != "" {
		s += ": " + why
	}
	return s
}

// alarmed says whom the service told that nobody has taken something, or that
// telling them failed.
func alarmed(ev dialog.Event) string {
	var d dialog.AlarmedData
	read(ev.Data, &d)
	switch {
	case d.State == dialog.NoticeFailed:
		s := "Telling the " + d.To + " by " + wayName(d.Way) + " failed"
		if d.Code != "" {
			s += " (code " + d.Code + ")"
		}
		return s
	case d.Told == 0:
		return overdue(d.Matter) + ": shown here, there is no number to tell the " + d.To
	case d.To == "everybody":
		return overdue(d.Matter) + ": everybody was told again"
	}
	return overdue(d.Matter) + ": the " + d.To + " was told"
}

// overdue says what an alarm was raised for.
func overdue(m dialog.Matter) string {
	switch m {
	case dialog.MatterAct:
		return "What was to be done is overdue"
	case dialog.MatterFeedBack:
		return "The one who told us is still to be told"
	case dialog.MatterListen:
		return "The voice message is still to be listened to"
	case dialog.MatterMoved:
		return "This came to another team"
	case dialog.MatterConcern, dialog.MatterRecording, dialog.MatterWaiting, dialog.MatterLine, dialog.MatterLineTest:
	}
	return "Nobody has taken this"
}

// answered says how the bot came to its next line where that line does not
// say so itself by its source.
func answered(ev dialog.Event) []words {
	var d dialog.AnsweredData
	read(ev.Data, &d)
	switch d.Kind {
	case "unknown":
		return say("The sheets have no answer to this")
	case "off_topic":
		return say("Taken for a question that is not about prison")
	case "choices":
		return say("Several sheets were equally near")
	case "which_country":
		return say("The answer differs between countries")
	}
	return nil
}

// deliveries puts the state of each line beside it.
func (t *transcript) deliveries() {
	for _, item := range t.view.Outbox {
		i, ok := t.at[item.Seq]
		if !ok {
			continue
		}
		e := &t.entries[i]
		e.Sent = &sent{State: item.State, Name: sentName(item.State), Code: item.Code}
		switch item.State {
		case dialog.OutboxFailed, dialog.OutboxUncertain:
			e.Sent.Bad = true
		case dialog.OutboxWithdrawn:
			e.Unsaid = true
		case dialog.OutboxQueued, dialog.OutboxSending, dialog.OutboxSent, dialog.OutboxDelivered:
		}
	}
}

func sentName(s dialog.OutboxState) string {
	switch s {
	case dialog.OutboxQueued, dialog.OutboxSending:
		return "Sending"
	case dialog.OutboxSent:
		return "Sent"
	case dialog.OutboxDelivered:
		return "Delivered"
	case dialog.OutboxFailed:
		return "Not delivered"
	case dialog.OutboxUncertain:
		return "May not have been sent"
	case dialog.OutboxWithdrawn:
		return "Never sent"
	}
	return string(s)
}

// recordings puts what is known of each recording beside its event.
func (t *transcript) recordings() {
	for _, r := range t.view.Recordings {
		i, ok := t.voices[r.ID]
		if !ok {
			continue
		}
		v := t.entries[i].Voice
		v.State, v.Ready = r.State, r.File != ""
		if r.Seconds > 0 {
			v.Length = length(r.Seconds)
		}
		draft := cmp.Or(r.Transcript, t.drafts[r.ID])
		if draft != "" {
			v.Words = mark(draft, t.marks[r.Seq])
		}
		if !r.ListenedAt.IsZero() {
			v.Listened, v.At = t.name(r.ListenedBy), r.ListenedAt
		}
	}
}

func (t *transcript) name(id dialog.WorkerID) string {
	if id == "" {
		return "The service"
	}
	return cmp.Or(t.names[id], "A colleague")
}

func length(seconds int) string {
	if seconds <= 0 {
		return ""
	}
	return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}

func textOf(pieces []words) string {
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(p.Text)
	}
	return b.String()
}
