package desk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"helpline/dialog"
)

// LineTests says which ways in are tested, and how often.
type LineTests struct {
	// Every is how often; 0: only when somebody asks for it.
	Every time.Duration
	// First is how long a helpline that was never tested waits. 0: 5 minutes.
	First time.Duration
	// Within is how soon a message has to stand on the staff's list. 0: 2 minutes.
	Within time.Duration
	// Ack is how soon a person has to acknowledge it. 0: 4 hours.
	Ack time.Duration
	// Prisons are named by a test of their own on each line whose messages are
	// words. Empty: one test that names none.
	Prisons []dialog.PrisonID
	Lines   []TestedLine
}

// TestedLine is a way in with what goes in by it from outside.
type TestedLine struct {
	Line   dialog.LineID
	Medium dialog.Medium
	// Words says that a message is text, and so can name a prison.
	Words bool
	// Send brings the message to the line as an outsider would, and returns when
	// the line has answered for it. It may be called again with the same message.
	// Its error is told to staff, in plain words: no address of a person.
	Send func(ctx context.Context, m TestMessage) error
}

// TestMessage is what goes in: a worry that nobody has.
type TestMessage struct {
	ID   dialog.LineTestID
	Mark string
	Text string // with the mark; empty where the line carries no words
}

func (l *LineTests) complete() {
	for set, otherwise := range map[*time.Duration]time.Duration{
		&l.First: 5 * time.Minute, &l.Within: 2 * time.Minute, &l.Ack: 4 * time.Hour,
	} {
		if *set == 0 {
			*set = otherwise
		}
	}
}

// tester reads the list for the tests, as somebody of the team would.
func tester(team dialog.TeamID) dialog.Worker {
	return dialog.Worker{ID: "line-test", Name: "line test", Roles: []dialog.Role{dialog.Responder}, Teams: []dialog.TeamID{team}}
}

// aTest is what staff read in the log of a test.
const aTest = "a test of the line: nobody is at risk, and nothing is sent to its address"

// seesTest is the act of acknowledging a test.
const seesTest = "line test seen"

// markedTest finds the test that a message belongs to by its mark; nil for a
// message of somebody's. Only the mark tells: it is not in the message of
// anybody else, it is good once, on the line that it was made for, and no
// longer once the test has failed. Whatever is not found here is treated as real.
func (d *Desk) markedTest(ctx context.Context, in dialog.Inbound) (*dialog.LineTest, error) {
	mark := ""
	switch in.Kind {
	case dialog.InText:
		mark = dialog.FindMark(in.Text)
	case dialog.InCall:
		mark = dialog.FindMark(in.ProviderID)
	case dialog.InRecording: // belongs to its call
	}
	if mark == "" {
		return nil, nil
	}
	var x dialog.LineTest
	err := d.Store.Read(ctx, func(r dialog.Reader) (err error) {
		x, err = r.LineTestMarked(dialog.HashMark(mark))
		return err
	})
	switch {
	case errors.Is(err, dialog.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("look for a line test: %w", err)
	case !x.ArrivedAt.IsZero() || !x.Pending() || x.Line != in.Line:
		return nil, nil
	}
	return &x, nil
}

// overTest says that an open conversation is a test of the line that this
// message has no part in: what anybody says is never put into a test.
func overTest(c dialog.Conversation, in dialog.Inbound) bool {
	return c.Test && (in.Kind != dialog.InRecording || in.CallID == "" || in.CallID != c.CallID)
}

// isTest makes the turn one of a test. Only a conversation that begins with it
// becomes one: what somebody has said before stays somebody's.
func (t *turn) isTest(x *dialog.LineTest) {
	if x == nil || !t.newConv {
		return
	}
	next := *x
	next.Version++
	next.ArrivedAt, next.Conversation = t.now, t.conv.ID
	t.test = &next
	t.conv.Test = true
}

// arrive uses the mark up, in the transaction that takes the message in.
func (t *turn) arrive(tx dialog.Tx) error {
	if t.test == nil {
		return nil
	}
	return tx.UpdateLineTest(*t.test, t.test.Version-1)
}

// unsent makes a line to a test's address one that never leaves. It stands in
// the outbox as withdrawn, so that it is on record what was not sent.
func unsent(item dialog.OutboxItem) dialog.OutboxItem {
	item.State, item.Code, item.NextAt = dialog.OutboxWithdrawn, "line test", time.Time{}
	return item
}

// SeeLineTest writes down that a person saw a test, or that it failed, and ends
// its conversation with all that is open in it. Once is enough: a second press
// changes nothing. *dialog.InvalidError: it is no test.
func (d *Desk) SeeLineTest(ctx context.Context, w dialog.Worker, id dialog.ConversationID) error {
	err := d.workerEdit(ctx, w, id, seesTest, func(e *edit) error {
		x, err := e.tx.LineTestOf(id)
		switch {
		case errors.Is(err, dialog.ErrNotFound), err == nil && !e.conv.Test:
			return &dialog.InvalidError{Field: "conversation", Problem: "is no test of the line"}
		case err != nil:
			return err
		case !x.SeenAt.IsZero():
			return errNothing
		}
		before := x.Version
		x.Version++
		x.SeenAt, x.SeenBy, x.SeenName = e.now, w.ID, w.Name
		if x.OutAt.IsZero() && !x.ArrivedAt.IsZero() {
			x.OutAt = e.now // this person has it before them
		}
		if err := e.tx.UpdateLineTest(x, before); err != nil {
			return err
		}
		return e.endTest()
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}

// endTest closes what a test opened.
func (e *edit) endTest() error {
	concerns, err := e.tx.Concerns(e.conv.ID)
	if err != nil {
		return err
	}
	for _, c := range concerns {
		if !c.Open() {
			continue
		}
		duties, err := e.tx.Obligations(c.ID)
		if err != nil {
			return err
		}
		for _, o := range duties {
			if o.State != dialog.Open {
				continue
			}
			o.State, o.By, o.ByName, o.At, o.Note = dialog.Excused, e.by.ID, e.by.Name, e.now, "a test of the line"
			if err := e.tx.PutObligation(o); err != nil {
				return err
			}
		}
		before := c.Version
		c.Version++
		c.UpdatedAt, c.ClosedAt, c.ClosedBy, c.Outcome = e.now, e.now, e.by.ID, "a test of the line"
		if err := e.tx.UpdateConcern(c, before); err != nil {
			return err
		}
	}
	recordings, err := e.tx.Recordings(e.conv.ID)
	if err != nil {
		return err
	}
	for _, rec := range recordings {
		if !rec.ListenedAt.IsZero() {
			continue
		}
		rec.ListenedBy, rec.ListenedAt = e.by.ID, e.now
		if err := e.tx.UpdateRecording(rec, rec.State); err != nil {
			return err
		}
	}
	e.event(dialog.Noted, "saw this test of the line", dialog.LineData{Name: e.by.Name})
	e.conv.Waiting, e.conv.Level = dialog.WaitingNone, dialog.LevelNone
	e.conv.AnsweredSeq, e.conv.SettledSeq = e.conv.LastInSeq, e.conv.LastInSeq
	e.conv.Holder = dialog.Holder{Kind: dialog.Bot}
	if e.conv.Open() {
		e.conv.ClosedAt = e.now
	}
	return nil
}

// onlySeen keeps everything but acknowledging from a test: nobody is there to
// answer, and nothing else ends it.
func onlySeen(c dialog.Conversation, act string) error {
	if c.Test && act != seesTest {
		return &dialog.InvalidError{Field: "conversation", Problem: "is a test of the line: all there is to do is to say that you saw it"}
	}
	return nil
}

// lineTestStanding: a failed test is taken once a person has seen it, or when a
// later one of the same line and prison was good. Nothing else that is in a
// test has a clock.
func lineTestStanding(r dialog.Reader, a dialog.Alarm) (standing, error) {
	if a.Matter != dialog.MatterLineTest {
		return standing{}, nil
	}
	x, err := r.LineTest(dialog.LineTestID(a.Subject))
	if err != nil {
		return standing{}, err
	}
	s := standing{pace: a.Pace, since: a.Began}
	if x.FailedAt.IsZero() || !x.SeenAt.IsZero() {
		return s, nil
	}
	good, err := r.LatestGoodLineTest(x.Line, x.Prison)
	if err != nil && !errors.Is(err, dialog.ErrNotFound) {
		return standing{}, err
	}
	s.open = !good.StartedAt.After(x.StartedAt)
	return s, nil
}

// spell writes a duration for staff: "4 hours", "2 minutes".
func spell(d time.Duration) string {
	unit := func(n int64, name string) string {
		if n == 1 {
			return "1 " + name
		}
		return fmt.Sprintf("%d %ss", n, name)
	}
	switch {
	case d >= 48*time.Hour && d%(24*time.Hour) == 0:
		return unit(int64(d/(24*time.Hour)), "day")
	case d >= time.Hour && d%time.Hour == 0:
		return unit(int64(d/time.Hour), "hour")
	case d >= time.Minute && d%time.Minute == 0:
		return unit(int64(d/time.Minute), "minute")
	case d >= time.Second && d%time.Second == 0:
		return unit(int64(d/time.Second), "second")
	}
	return strings.TrimSuffix(d.String(), "0s")
}
