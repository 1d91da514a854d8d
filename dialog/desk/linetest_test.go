package desk_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"helpline/dialog"
	"helpline/dialog/desk"
	"helpline/internal/db"
	"helpline/internal/db/dbtest"
)

// outsider is the world outside the house: it brings tests in as providers do.
type outsider struct {
	h    *house
	down map[dialog.LineID]error
	n    int
	sent map[dialog.LineID]desk.TestMessage // the newest on each line
}

func (o *outsider) send(line dialog.LineID) func(context.Context, desk.TestMessage) error {
	return func(ctx context.Context, m desk.TestMessage) error {
		if err := o.down[line]; err != nil {
			return err
		}
		o.h.mu.Lock()
		o.n++
		n := o.n
		o.sent[line] = m
		o.h.mu.Unlock()
		in := dialog.Inbound{Kind: dialog.InText, Line: line, Medium: dialog.SMS, ProviderID: fmt.Sprint("test-", m.ID), Text: "FAMOUT " + m.Text}
		in.From = dialog.Address{Medium: dialog.SMS, Value: fmt.Sprintf("+447700900%06d", n)}
		switch line {
		case chat:
			in.Medium, in.Text, in.From = dialog.Webchat, m.Text, dialog.Address{Medium: dialog.Webchat, Value: fmt.Sprint("visitor-", m.ID)}
		case voice:
			in.Kind, in.Medium, in.Text, in.From.Medium = dialog.InCall, dialog.Voice, "", dialog.Voice
			in.ProviderID, in.CallID = "CA"+m.Mark, "CA"+m.Mark
			if _, err := o.h.Receive(ctx, in); err != nil {
				return err
			}
			in.Kind, in.ProviderID = dialog.InRecording, "RE"+m.Mark
			in.Media = []dialog.Media{{ProviderID: in.ProviderID, URL: "https://provider.example/" + in.ProviderID}}
		}
		_, err := o.h.Receive(ctx, in)
		return err
	}
}

// tested sets a house up to be tested on all its lines.
func (h *house) tested(prisons ...dialog.PrisonID) *outsider {
	o := &outsider{h: h, down: map[dialog.LineID]error{}, sent: map[dialog.LineID]desk.TestMessage{}}
	h.LineTests = desk.LineTests{
		First: 5 * time.Minute, Within: 20 * time.Second, Ack: 4 * time.Hour, Prisons: prisons, Lines: []desk.TestedLine{
			{Line: sms, Medium: dialog.SMS, Words: true, Send: o.send(sms)},
			{Line: chat, Medium: dialog.Webchat, Words: true, Send: o.send(chat)},
			{Line: voice, Medium: dialog.Voice, Send: o.send(voice)},
		},
	}
	return o
}

func (h *house) runTests() []dialog.LineTest {
	h.t.Helper()
	tests, err := h.RunLineTests(h.t.Context(), "Morag")
	h.must(err)
	return tests
}

func (h *house) lineTest(id dialog.LineTestID) (x dialog.LineTest) {
	h.t.Helper()
	h.read(func(r dialog.Reader) (err error) { x, err = r.LineTest(id); return err })
	return x
}

func (h *house) conversation(id dialog.ConversationID) (c dialog.Conversation) {
	h.t.Helper()
	h.read(func(r dialog.Reader) (err error) { c, err = r.Conversation(id); return err })
	return c
}

// clockOf is the running clock of a matter; false when none runs.
func (h *house) clockOf(subject string) (a dialog.Alarm, running bool) {
	h.t.Helper()
	err := h.store.Read(h.t.Context(), func(r dialog.Reader) (err error) { a, err = r.AlarmOf(subject); return err })
	if err != nil && !errors.Is(err, dialog.ErrNotFound) {
		h.t.Fatal(err)
	}
	return a, err == nil
}

// A test goes in by every line, comes out marked for the team, sends nothing to
// anybody, and is over with one press.
func TestALineTestComesOutAndIsSeen(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		h.tested("stoke-heath", "barlinnie")
		p := &phones{}
		defer h.watch(p)()
		real := h.textFrom(number(7), worry).Conversation // somebody's, beside the tests
		tests := h.runTests()
		if len(tests) != 5 { // two prisons by text and by chat, and one call
			t.Fatalf("%d tests were made", len(tests))
		}
		for _, x := range tests {
			if x.OutAt.IsZero() || !x.FailedAt.IsZero() {
				t.Fatalf("the test of %s for %q did not come out: %q", x.Line, x.Prison, x.Failure)
			}
			entry, ok := h.listed(x.Conversation)
			if !ok || !entry.Conversation.Test || entry.Conversation.Prison != x.Prison {
				t.Errorf("%s: on the list: %v, marked: %v, for %q instead of %q", x.Line, ok, entry.Conversation.Test, entry.Conversation.Prison, x.Prison)
			}
			if words := x.Medium != dialog.Voice; words != (entry.Concern.ID != "") {
				t.Errorf("%s: the assessment made a concern: %v", x.Line, !words)
			}
		}
		h.deliver()
		for _, to := range h.sent.addresses() {
			if to != number(7) {
				t.Error("a text was sent to the address of a test")
			}
		}
		h.turn(3 * time.Hour) // past every pace's first steps
		h.settled()
		if len(h.notices(real)) == 0 {
			t.Error("nobody was told of somebody's worry")
		}
		for _, x := range tests {
			if len(h.notices(x.Conversation)) > 0 {
				t.Error("staff were told of a test as if it were a worry")
			}
			v := h.view(x.Conversation)
			for _, line := range v.Outbox {
				if line.State != dialog.OutboxWithdrawn || line.Code != "line test" {
					t.Errorf("a line to a test's address is %s", line.State)
				}
			}
			if x.Medium == dialog.SMS && len(v.Outbox) == 0 {
				t.Error("it is not on record what was not sent")
			}
			h.must(h.SeeLineTest(t.Context(), sam, x.Conversation))
			h.must(h.SeeLineTest(t.Context(), shirin, x.Conversation)) // pressed twice: the first counts
			if got := h.lineTest(x.ID); !got.Good() || got.SeenName != "Sam" || got.SeenAt.Sub(got.StartedAt) != 3*time.Hour {
				t.Errorf("%s: %+v", x.Line, got)
			}
			if c := h.conversation(x.Conversation); c.Open() || c.Waiting != dialog.WaitingNone {
				t.Errorf("%s: it goes on: %+v", x.Line, c)
			}
			if _, ok := h.listed(x.Conversation); ok {
				t.Errorf("%s: still on the list", x.Line)
			}
		}
		at, err := h.LinesWorkedAt(t.Context())
		h.must(err)
		for _, line := range []dialog.LineID{sms, chat, voice} {
			if at[line].IsZero() {
				t.Errorf("%s worked, and nobody knows", line)
			}
		}
	})
}

// Nobody can hide a worry as a test, or among tests.
func TestOnlyAGoodMarkIsATest(t *testing.T) {
	h := alone(t)
	o := h.tested()
	real := func(what string, got dialog.Received) {
		t.Helper()
		c := h.conversation(got.Conversation)
		entry, listed := h.listed(got.Conversation)
		if c.Test || !listed || entry.Concern.ID == "" || !entry.Concern.Open() {
			t.Errorf("%s was taken for a test: %+v", what, c)
		}
		if _, running := h.clockOf(string(entry.Concern.ID)); !running {
			t.Errorf("%s has no clock", what)
		}
	}
	real("a mark that somebody made up", h.textFrom(number(1), worry+" "+dialog.NewMark()))
	real("the word alone", h.textFrom(number(2), "this is a linetest. "+worry))

	tests := h.runTests()
	used := o.sent[sms].Mark
	real("a mark that was used", h.textFrom(number(3), worry+" "+used))

	// Words that come from a test's address, while the test stands open.
	var from dialog.Address
	for _, x := range tests {
		if x.Line == sms {
			c := h.conversation(x.Conversation)
			h.read(func(r dialog.Reader) error { p, err := r.Person(c.Person); from = p.Address; return err })
			got := h.textFrom(from, worry)
			real("what was said from a test's address", got)
			if got.Conversation == x.Conversation {
				t.Error("it was put into the test")
			}
			if _, ok := h.listed(x.Conversation); !ok {
				t.Error("and the test is gone from the list")
			}
			h.must(h.SeeLineTest(t.Context(), sam, x.Conversation))
			real("and it stays when the test is over", got)
		}
	}

	// A good mark from somebody who is in a conversation, and on another line.
	open := h.textFrom(number(4), "can i bring a cake to a visit")
	h.LineTests.Within = 50 * time.Millisecond
	h.LineTests.Lines = h.LineTests.Lines[:1]
	marks := make(chan string, 1)
	h.LineTests.Lines[0].Send = func(_ context.Context, m desk.TestMessage) error {
		got, err := h.Receive(t.Context(), dialog.Inbound{Kind: dialog.InText, Line: chat, Medium: dialog.Webchat,
			From: dialog.Address{Medium: dialog.Webchat, Value: "v"}, ProviderID: "v1", Text: worry + " " + m.Mark})
		h.must(err)
		real("a mark on another line", got)
		got = h.textFrom(number(4), worry+" "+m.Mark)
		real("a mark in a conversation", got)
		if got.Conversation != open.Conversation {
			t.Error("the conversation was left")
		}
		marks <- m.Mark
		return nil
	}
	failed := h.runTests()[0]
	if failed.FailedAt.IsZero() {
		t.Fatal("it did not fail")
	}
	real("a mark whose test has failed", h.textFrom(number(5), worry+" "+<-marks))
}

// A test is not answered, taken, or ended but by saying that it was seen.
func TestNothingButSeeingIsDoneToATest(t *testing.T) {
	h := alone(t)
	h.tested()
	id := h.runTests()[0].Conversation
	ctx := t.Context()
	_, say := h.Say(ctx, sam, id, "hello", "")
	for what, err := range map[string]error{
		"taken over": h.TakeOver(ctx, sam, id), "answered": say, "read": h.Reviewed(ctx, sam, id), "closed": h.CloseConversation(ctx, sam, id),
		"raised": h.RaiseConcern(ctx, sam, id, dialog.LevelUrgent, nil, "x"), "judged": h.Judge(ctx, sam, id, 1, dialog.LevelNone, nil),
	} {
		var invalid *dialog.InvalidError
		if !errors.As(err, &invalid) {
			t.Errorf("it was %s: %v", what, err)
		}
	}
	if err := h.SeeLineTest(ctx, edith, id); !errors.Is(err, dialog.ErrForbidden) {
		t.Errorf("an editor saw it: %v", err)
	}
	var invalid *dialog.InvalidError
	if err := h.SeeLineTest(ctx, sam, h.text(worry).Conversation); !errors.As(err, &invalid) {
		t.Errorf("a worry was acknowledged as a test: %v", err)
	}
}

// A line that is down raises the alarm until somebody sees it, or until the
// line works again.
func TestALineThatIsDownRaisesTheAlarm(t *testing.T) {
	h := alone(t)
	o := h.tested("stoke-heath")
	h.LineTests.Within = 5 * time.Second
	o.down[sms] = errors.New("the address answered 502 Bad Gateway")
	p := &phones{}
	defer h.watch(p)()
	tests := h.runTests()
	byLine := map[dialog.LineID]dialog.LineTest{}
	for _, x := range tests {
		byLine[x.Line] = x
	}
	broken := byLine[sms]
	if byLine[chat].OutAt.IsZero() || byLine[voice].OutAt.IsZero() {
		t.Error("a line that is down kept the others")
	}
	if broken.FailedAt.IsZero() || broken.Failure != "It did not come in within 5 seconds: the address answered 502 Bad Gateway" {
		t.Fatalf("it failed with %q", broken.Failure)
	}
	entry, ok := h.listed(broken.Conversation)
	if !ok || !entry.Conversation.Test || entry.Conversation.Waiting != dialog.WaitingDelivery || entry.Conversation.Prison != "stoke-heath" {
		t.Errorf("staff do not see it: %+v", entry.Conversation)
	}
	h.turn(10 * time.Minute)
	h.settled()
	told := p.all()
	if len(told) != 1 || !strings.Contains(told[0].Text, "a test of our own lines failed") || !strings.Contains(told[0].Text, entry.Conversation.Ref) {
		t.Fatalf("the team was told %+v", told)
	}
	status := func() desk.LineStatus {
		s, err := h.LineTestStatus(t.Context(), sam)
		h.must(err)
		for _, l := range s.Lines {
			if l.Line == sms {
				return l
			}
		}
		t.Fatal("the line is not there")
		return desk.LineStatus{}
	}
	if s := status(); !s.Overdue || s.Last.ID != broken.ID || s.Good.ID != "" {
		t.Errorf("it stands as %+v", s)
	}

	// The line is mended. A good test takes the alarm back.
	delete(o.down, sms)
	for _, x := range h.runTests() {
		h.must(h.SeeLineTest(t.Context(), sam, x.Conversation))
	}
	h.turn(time.Hour)
	h.textFrom(number(7), worry) // whose clock shows that the clocks go
	h.settled()
	if _, running := h.clockOf(string(broken.ID)); running || len(h.notices(broken.Conversation)) != 1 {
		t.Errorf("the alarm goes on though the line works: %d told", len(h.notices(broken.Conversation)))
	}
	if s := status(); s.Overdue || s.Good.ID == "" {
		t.Errorf("it stands as %+v", s)
	}
	h.must(h.SeeLineTest(t.Context(), sam, broken.Conversation))
	if x := h.lineTest(broken.ID); x.Good() {
		t.Error("a test that failed is good because somebody saw that it failed")
	}
}

// A service that is stopped in the middle of its tests raises no alarm: they
// are made again by the one that goes on.
func TestAServiceThatStopsInTheMiddleOfItsTests(t *testing.T) {
	h := alone(t)
	h.tested()
	h.LineTests.Within = time.Minute
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan struct{})
	for i := range h.LineTests.Lines {
		h.LineTests.Lines[i].Send = func(ctx context.Context, _ desk.TestMessage) error {
			cancel()
			<-ctx.Done()
			return ctx.Err()
		}
	}
	h.must(h.AskLineTests(t.Context(), morag))
	go func() { defer close(done); h.TestLines(ctx) }()
	<-done
	h.read(func(r dialog.Reader) error {
		at, by, err := r.LineTestsDue()
		if by != "Morag" || at.IsZero() || at.After(h.now().Add(time.Minute)) {
			t.Errorf("they are made again at %v for %q", at, by)
		}
		h.must(err)
		all, err := r.LineTestsBetween(h.now().Add(-time.Hour), h.now().Add(time.Hour))
		for _, x := range all {
			if x.Pending() || x.Conversation != "" {
				t.Errorf("%s: %+v", x.Line, x)
			}
			if _, running := h.clockOf(string(x.ID)); running {
				t.Error("an alarm for a service that was stopped")
			}
		}
		if len(all) != 3 {
			t.Errorf("%d tests", len(all))
		}
		return err
	})
}

// Nobody looks at the console: the test tells so.
func TestATestThatNobodySees(t *testing.T) {
	h := alone(t)
	h.tested()
	tests := h.runTests()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	h.turn(4*time.Hour + time.Minute)
	go func() { defer close(done); h.TestLines(ctx) }()
	x := tests[0]
	for end := time.Now().Add(20 * time.Second); x.FailedAt.IsZero() && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		x = h.lineTest(x.ID)
	}
	cancel()
	<-done
	if x.Failure != "It came out, but nobody said within 4 hours that they saw it" {
		t.Fatalf("it failed with %q", x.Failure)
	}
	if a, running := h.clockOf(string(x.ID)); !running || a.Matter != dialog.MatterLineTest {
		t.Errorf("its clock: %+v", a)
	}
	h.must(h.SeeLineTest(t.Context(), shirin, x.Conversation))
	if x = h.lineTest(x.ID); !x.Good() {
		t.Error("seen late, it has worked all the same")
	}
}

// The schedule: the first turn waits a little, one node takes each, what is
// asked for comes at once, and a schedule that stands still is an alarm.
func TestTestsAreMadeWhenTheyAreDue(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		one, two := open(t, d), open(t, d)
		both := []*house{one, two}
		for _, h := range both {
			h.tested()
			h.LineTests.Every = 24 * time.Hour
		}
		made := func() int {
			var all []dialog.LineTest
			one.read(func(r dialog.Reader) (err error) {
				all, err = r.LineTestsBetween(time.Unix(0, 0), one.now().Add(time.Hour))
				return err
			})
			return len(all)
		}
		begin := func() (stop func()) {
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan struct{}, 2)
			for _, h := range both {
				go func() { h.TestLines(ctx); ended <- struct{}{} }()
			}
			return func() { cancel(); <-ended; <-ended }
		}
		until := func(what string, ok func() bool) {
			t.Helper()
			for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatalf("in vain for %s; %d made", what, made())
				}
			}
		}
		due := func() (at time.Time) {
			one.read(func(r dialog.Reader) (err error) { at, _, err = r.LineTestsDue(); return err })
			return at
		}
		stop := begin()
		until("the first turn to be set", func() bool { return due().Equal(one.now().Add(5 * time.Minute)) })
		stop()
		if n := made(); n != 0 {
			t.Fatalf("%d tests at once", n)
		}
		for _, h := range both {
			h.turn(6 * time.Minute)
		}
		stop = begin()
		until("the first tests", func() bool { return made() == 3 })
		until("the next turn to be set", func() bool { return due().Equal(one.now().Add(24 * time.Hour)) })
		if err := one.AskLineTests(t.Context(), sam); !errors.Is(err, dialog.ErrForbidden) {
			t.Errorf("a responder asked for tests: %v", err)
		}
		one.must(one.AskLineTests(t.Context(), morag))
		until("the tests that were asked for", func() bool { return made() == 6 })
		until("all of them to come out", func() (out bool) {
			one.read(func(r dialog.Reader) error {
				all, err := r.LineTestsPending(100)
				out = !slices.ContainsFunc(all, func(x dialog.LineTest) bool { return x.OutAt.IsZero() })
				return err
			})
			return out
		})
		stop()
		if n := made(); n != 6 {
			t.Errorf("%d tests for two turns of three lines", n)
		}

		// Everything was seen; then nobody makes a test for two days: the machine was asleep.
		one.read(func(r dialog.Reader) error {
			all, err := r.LineTestsPending(100)
			for _, x := range all {
				defer func() { one.must(one.SeeLineTest(t.Context(), sam, x.Conversation)) }()
			}
			return err
		})
		for _, h := range both {
			h.turn(49 * time.Hour)
			for i := range h.LineTests.Lines { // and now that it wakes nothing comes in
				h.LineTests.Lines[i].Send = func(context.Context, desk.TestMessage) error { return errors.New("no network") }
			}
			h.LineTests.Within = time.Hour
		}
		one.must(one.store.Do(t.Context(), func(tx dialog.Tx) error {
			at, _, err := tx.LineTestsDue()
			if err != nil {
				return err
			}
			return tx.SetLineTestsDue(one.now().Add(time.Hour), "", at)
		}))
		stop = begin()
		defer stop()
		missing := func() (n int) {
			one.read(func(r dialog.Reader) error {
				all, err := r.LineTestsBetween(one.now().Add(-time.Hour), one.now().Add(time.Hour))
				for _, x := range all {
					if _, running := one.clockOf(string(x.ID)); !x.Made() && running && x.Failure == "No test was made for 2 days" {
						n++
					}
				}
				return err
			})
			return n
		}
		until("the alarm of each line", func() bool { return missing() == 3 })
	})
}

// Two marks are never alike, and a mark is found in running words.
func TestMarks(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		m := dialog.NewMark()
		if seen[m] || dialog.FindMark("FAMOUT well ("+m+")") != m || dialog.HashMark(m) == m {
			t.Fatalf("mark %q", m)
		}
		seen[m] = true
	}
	for _, s := range []string{"", "linetest", "linetest short", "LINETEST" + strings.Repeat("a", 26)} {
		if got := dialog.FindMark(s); got != "" {
			t.Errorf("%q has the mark %q", s, got)
		}
	}
}
