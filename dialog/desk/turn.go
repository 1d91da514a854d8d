package desk

import (
	"regexp"
	"strings"
	"time"

	"helpline/dialog"
	"helpline/dialog/flow"
	"helpline/dialog/words"
)

// turn is everything that one inbound message will write.
type turn struct {
	d      *Desk
	line   Line
	in     dialog.Inbound
	sit    dialog.Situation
	now    time.Time
	can    dialog.Abilities
	conv   dialog.Conversation // as it will be
	closed *dialog.Conversation
	inSeq  int64
	events []dialog.Event
	said   []dialog.Event
	items  []dialog.OutboxItem
	rec    *dialog.Recording
	worry  concernWrite
	then   dialog.Then

	moved    bool                    // the concern came to another team
	numbered bool                    // the concern has got another prison number
	joined   bool                    // and the last event says so
	related  []dialog.ConversationID // about the same person in prison

	newPerson, newConv bool
	optOut, optIn      bool
	plain              dialog.Assessment // what was made of body
	body               string            // what somebody wrote, without what only steers the service
	unknown            string            // what was asked, when no sheet answers it
	test               *dialog.LineTest
}

func (d *Desk) begin(line Line, in dialog.Inbound, sit dialog.Situation) *turn {
	now := d.Now()
	t := &turn{d: d, line: line, in: in, sit: sit, now: now, can: d.Abilities(line.Medium), then: thenAfter(in.Kind)}
	if t.sit.Person.ID == "" {
		t.newPerson = true
		t.sit.Person = dialog.Person{ID: dialog.PersonID(dialog.NewID(now)), Address: in.From, CreatedAt: now}
	}
	c := sit.Conversation
	if c.ID != "" && (d.idle(c, sit, now) || overTest(c, in)) {
		old := c
		old.Version++
		old.ClosedAt = now
		t.closed = &old
		t.sit.History, t.sit.Concern = nil, dialog.Concern{}
		c = dialog.Conversation{}
	}
	if c.ID == "" {
		t.newConv = true
		c = dialog.Conversation{
			ID: dialog.ConversationID(dialog.NewID(now)), Ref: dialog.NewRef(),
			Line: line.ID, Medium: line.Medium, Person: t.sit.Person.ID,
			Holder: dialog.Holder{Kind: dialog.Bot}, OpenedAt: now,
		}
	}
	c.Version++
	c.LastAt = now
	if in.CallID != "" {
		c.CallID = in.CallID
	}
	t.conv = c
	return t
}

// idle says that a quiet conversation is over, so that a message weeks later
// is not read as its continuation. One with an open worry, or that somebody
// waits for or holds, is never over by itself.
func (d *Desk) idle(c dialog.Conversation, sit dialog.Situation, now time.Time) bool {
	return c.Holder.Kind == dialog.Bot && c.Waiting == dialog.WaitingNone && sit.Concern.ID == "" &&
		now.Sub(c.LastAt) > d.IdleAfter
}

func (t *turn) event(kind dialog.EventKind, text string, data any) dialog.Event {
	t.conv.LastSeq++
	e := dialog.Event{Conversation: t.conv.ID, Seq: t.conv.LastSeq, At: t.now, Kind: kind, Text: text, Data: encode(data)}
	t.events = append(t.events, e)
	return e
}

// say puts a line into the log and, where the medium pushes, into the outbox.
func (t *turn) say(text string, data dialog.LineData) {
	for _, part := range t.d.Fit(t.line.Medium, text, t.can.Segments) {
		e := t.event(dialog.SaidBot, part, data)
		t.said = append(t.said, e)
		if t.can.Push {
			item := dialog.OutboxItem{
				ID: dialog.OutboxID(dialog.NewID(t.now)), Conversation: t.conv.ID, Seq: e.Seq, Line: t.line.ID,
				Person: t.sit.Person.ID, Text: part, FromBot: true, State: dialog.OutboxQueued, NextAt: t.now, CreatedAt: t.now, UpdatedAt: t.now,
			}
			if t.conv.Test {
				item = unsent(item)
			}
			t.items = append(t.items, item)
		}
	}
}

func (t *turn) heard(kind dialog.EventKind, text string, data any) {
	e := t.event(kind, text, data)
	if t.line.Medium == dialog.Webchat {
		t.events[len(t.events)-1].ClientID = t.in.ProviderID
	}
	t.inSeq = e.Seq
	t.conv.LastInSeq = e.Seq
	if t.test != nil {
		t.event(dialog.Noted, aTest, nil)
	}
}

// wait puts the conversation on the staff's list, or moves it up there.
func (t *turn) wait(why dialog.Waiting) {
	if why == dialog.WaitingNone || rank(why) >= rank(t.conv.Waiting) && t.conv.Waiting != dialog.WaitingNone {
		return
	}
	if t.conv.Waiting == dialog.WaitingNone {
		t.conv.WaitingSince = t.now
	}
	t.conv.Waiting = why
}

// rank orders reasons as a worker sees to them; lower is sooner.
func rank(w dialog.Waiting) int {
	switch w {
	case dialog.WaitingRisk:
		return 1
	case dialog.WaitingVoice:
		return 2
	case dialog.WaitingPerson:
		return 3
	case dialog.WaitingReply:
		return 4
	case dialog.WaitingReview:
		return 5
	case dialog.WaitingDelivery:
		return 6
	case dialog.WaitingNone:
		return 9
	}
	return 9
}

// text takes one message in words: assessed first, whoever holds the
// conversation; answered by the bot only when the bot holds it.
func (t *turn) text() error {
	p := t.d.parse(t.line, t.in.Text)
	t.heard(dialog.SaidIn, t.in.Text, nil)
	if t.can.Push && t.command(p) {
		return nil
	}
	if wordless(p.Body, len(t.in.Media)) {
		t.wait(dialog.WaitingReview)
		t.reply("media.only")
		return nil
	}
	t.sit.History = t.words(t.sit.History)
	a := t.d.Assessor.Assess(p.Body, t.sit.History)
	if a.Level == dialog.LevelNone && (p.Command == words.More || p.Alone) {
		a.Review = false // steers the service, and says nothing
	}
	if p.Command != words.More && !p.Alone {
		t.body, t.plain = p.Body, a
	}
	if a.Level > dialog.LevelNone || a.Review {
		t.event(dialog.Assessed, "", dialog.AssessedData{Of: t.inSeq, Assessment: a})
	}
	state, err := flow.ReadState(t.conv.State)
	if err != nil {
		// A state that cannot be read must not keep a message out: begin again,
		// and let a person look.
		state = flow.State{}
		t.wait(dialog.WaitingReview)
	}
	in := flow.Input{
		// START from somebody who gets texts anyway asks how this works.
		Text: p.Body, Alone: p.Alone || p.Command == words.Start, More: p.Command == words.More, Places: t.d.Prisons.Places(p.Body),
		History: t.sit.History, Assessment: a, Concern: t.sit.Concern, Address: t.in.From,
	}
	quiet, why := t.quiet()
	if !quiet && t.can.Push && a.Level == dialog.LevelNone && repeats(t.sit.History, p.Body) >= enough {
		// As an automatic answer on the other side does, for ever.
		t.event(dialog.Unanswered, "the same words again and again; to be read", nil)
		t.wait(dialog.WaitingReview)
		t.conv.AnsweredSeq = t.inSeq
		return nil
	}
	var step flow.Turn
	if quiet {
		step = flow.Listen(t.env(), t.conv, state, in)
	} else {
		step = flow.Step(t.env(), t.conv, state, in)
	}
	t.conv.State = encode(step.State)
	t.conv.Prison, t.conv.Jurisdiction = step.Prison, step.Jurisdiction
	t.raise(a, step.Facts)
	t.route()
	if quiet {
		t.unanswered(why)
		return nil
	}
	t.wait(step.Waiting)
	if step.HandOver && t.conv.Holder.Kind == dialog.Bot {
		t.conv.Holder = dialog.Holder{Kind: dialog.InQueue}
	}
	if step.Answered != nil {
		t.event(dialog.Answered, "", step.Answered)
		if step.Answered.Kind == string(flow.KindUnknown) && a.Level == dialog.LevelNone && !a.Review && t.conv.Level == dialog.LevelNone {
			t.unknown = p.Body
		}
	}
	for _, l := range step.Lines {
		t.say(l.Text, l.Data)
	}
	if len(step.Lines) == 0 {
		t.event(dialog.Unanswered, step.Silent, nil)
	}
	t.conv.AnsweredSeq = t.inSeq
	return nil
}

// words is what was said before without the keyword, and without what only
// steers the service: STOP is no sign of anything.
func (t *turn) words(history []string) []string {
	said := history[:0]
	for _, before := range history {
		p := t.d.parse(t.line, before)
		if p.Body == "" || t.can.Push && p.Command != words.None {
			continue
		}
		said = append(said, p.Body)
	}
	return said
}

// quiet says that the bot may say nothing: a person has the conversation, or
// the person in it wants no more texts.
func (t *turn) quiet() (quiet bool, why string) {
	switch {
	case t.conv.Holder.Kind == dialog.Staff:
		return true, ""
	case t.can.Push && !t.optIn && !t.sit.Person.OptedOutAt.IsZero():
		return true, "asked for no more texts; choose another way"
	}
	return false, ""
}

// unanswered puts a message that the bot may not answer before people: the
// worker who has the conversation, who sees it at once, or everybody.
func (t *turn) unanswered(why string) {
	if t.conv.Holder.Kind == dialog.Staff {
		t.wait(dialog.WaitingReply)
		return
	}
	// Words that a person has to see to rank as what they are: who asked for no
	// texts and says "ok" is not before somebody whose son may die.
	if t.conv.Level > dialog.LevelNone || t.sit.Concern.ID != "" {
		t.wait(dialog.WaitingRisk)
	} else {
		t.wait(dialog.WaitingReply)
	}
	t.event(dialog.Unanswered, why, nil)
	t.conv.AnsweredSeq = t.inSeq
}

// reply says one text where the bot may speak.
func (t *turn) reply(key string) {
	if quiet, why := t.quiet(); quiet {
		t.unanswered(why)
		return
	}
	t.say(t.d.Texts.Say(key, t.line.Medium), dialog.LineData{})
	t.conv.AnsweredSeq = t.inSeq
}

// enough is how often the same words in a row are answered.
const enough = 3

// repeats counts how often the same was said last.
func repeats(history []string, body string) (n int) {
	for i := len(history) - 1; i >= 0 && history[i] == body; i-- {
		n++
	}
	return n
}

// attachment is how a driver writes that something came with a message.
var attachment = regexp.MustCompile(`^\[(?:attachment|[a-z0-9]+/[a-z0-9.+-]+)\]$`)

// wordless says that a message brought something, but no words.
func wordless(body string, media int) bool {
	for line := range strings.SplitSeq(body, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if line[0] != '[' || !attachment.MatchString(line) {
			return false
		}
		media++
	}
	return media > 0
}

// command sees to STOP and START. STOP never closes a concern: staff are told
// that another way must be found. Somebody who writes with a worker hears
// nothing from the bot even now; the worker is told.
func (t *turn) command(p words.Parsed) bool {
	switch p.Command {
	case words.Stop:
		if t.sit.Concern.ID != "" {
			t.wait(dialog.WaitingRisk)
		}
		if !t.sit.Person.OptedOutAt.IsZero() {
			t.event(dialog.Unanswered, "asked for no more texts before", nil)
			t.conv.AnsweredSeq = t.inSeq
			return true
		}
		t.event(dialog.StoppedTexts, "", nil)
		t.reply("stop.done")
		t.optOut = true
		return true
	case words.Start:
		if t.sit.Person.OptedOutAt.IsZero() {
			return false
		}
		t.optIn = true
		t.event(dialog.WantsTexts, "", nil)
		t.reply("start.done")
		return true
	case words.None, words.More:
	}
	return false
}

func (t *turn) env() flow.Env { return t.d.env(t.line.Medium, t.now) }

// env is what the flow may ask.
func (d *Desk) env(m dialog.Medium, now time.Time) flow.Env {
	return flow.Env{
		Texts: d.Texts, Abilities: d.Abilities(m), Medium: m,
		Find: d.Library.Find, Body: d.Library.Body,
		Prison: d.Prisons.Get, Country: d.Prisons.Country, Away: d.away(now),
		Fit: func(text string, segments int) []string { return d.Fit(m, text, segments) },
	}
}

// unread writes beside the message that nobody was asked to read it: when staff
// find a risk in it later, that was missed in silence.
func (t *turn) unread() {
	if t.conv.Waiting != dialog.WaitingNone || t.conv.Holder.Kind != dialog.Bot {
		return
	}
	for i := range t.events {
		if t.events[i].Seq == t.inSeq && t.events[i].Kind == dialog.SaidIn {
			t.events[i].Data = encode(dialog.SaidInData{Unread: true})
		}
	}
}

// write puts the whole turn on disk. It reads nothing: what it rests on is
// guarded by the conversation's version and by unique keys.
func (t *turn) write(tx dialog.Tx) error {
	if err := tx.Accept(t.in.Line, t.in.ProviderID, t.conv.ID, t.inSeq, t.now); err != nil {
		return err
	}
	if err := t.arrive(tx); err != nil {
		return err
	}
	if err := t.join(tx); err != nil {
		return err
	}
	if t.newPerson {
		if err := tx.InsertPerson(t.sit.Person); err != nil {
			return err
		}
	}
	if t.closed != nil {
		if err := tx.UpdateConversation(*t.closed, t.closed.Version-1); err != nil {
			return err
		}
	}
	switch {
	case t.newConv:
		if err := tx.InsertConversation(t.conv); err != nil {
			return err
		}
	default:
		if err := tx.UpdateConversation(t.conv, t.conv.Version-1); err != nil {
			return err
		}
	}
	if t.optOut {
		if err := tx.SetOptedOut(t.sit.Person.ID, t.now); err != nil {
			return err
		}
		if _, err := tx.WithdrawLines(t.conv.ID, t.now); err != nil {
			return err
		}
	}
	if t.optIn {
		if err := tx.SetOptedOut(t.sit.Person.ID, time.Time{}); err != nil {
			return err
		}
	}
	if err := tx.AppendEvents(t.events...); err != nil {
		return err
	}
	if t.rec != nil {
		if err := tx.InsertRecording(*t.rec); err != nil {
			return err
		}
	}
	if err := t.worry.write(tx); err != nil {
		return err
	}
	if err := t.d.startClock(tx, t.conv, t.worry, t.now); err != nil {
		return err
	}
	if t.moved {
		if err := t.d.tellNewTeam(tx, t.conv, t.concern(), t.now); err != nil {
			return err
		}
	}
	if len(t.items) == 0 {
		return nil
	}
	return tx.InsertOutbox(t.items...)
}
