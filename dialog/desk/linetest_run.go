package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"helpline/dialog"
)

const (
	// testLookEvery is how often tests that are under way are looked at, and
	// whether new ones are due.
	testLookEvery = 15 * time.Second
	// testPoll is how often while this node waits for what it has sent.
	testPoll = 250 * time.Millisecond
	// testsAtOnce is how many messages are sent at once: a test is no load test.
	testsAtOnce = 4
	// testTry is how long one attempt to send may take: what Twilio gives a webhook.
	testTry = 15 * time.Second
	// overdueEvery is how often it is asked whether tests are missing.
	overdueEvery = 5 * time.Minute
	// listRead is how many rows of the list are read for tests.
	listRead = 1000
	// testPace is how fast a failed test's clock runs.
	testPace = dialog.PaceUrgent
)

// TestLines makes tests of the lines when they are due, or asked for, and
// watches what becomes of them, until the context ends. Several nodes may do
// so: each turn is taken by one of them.
func (d *Desk) TestLines(ctx context.Context) {
	if len(d.LineTests.Lines) == 0 {
		return
	}
	wake := make(chan struct{}, 1)
	defer d.Bus.Subscribe(dialog.LinesAsked, func(dialog.Notice) {
		select {
		case wake <- struct{}{}:
		default:
		}
	})()
	var asked time.Time
	for {
		due, by, err := d.takeTests(ctx)
		if due {
			if _, err = d.RunLineTests(ctx, by); ctx.Err() != nil {
				err = d.putTestsOff(ctx, by)
			}
		}
		faults := []error{err, d.lookAtTests(ctx)}
		if now := d.Now(); now.Sub(asked) >= overdueEvery {
			faults = append(faults, d.missingTests(ctx))
			asked = now
		}
		if err := errors.Join(faults...); err != nil && ctx.Err() == nil {
			d.Log.Error("test the lines", "error", err)
		}
		timer := time.NewTimer(testLookEvery)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		case <-wake:
			timer.Stop()
		}
	}
}

// AskLineTests has the lines tested now, by whichever node comes first.
func (d *Desk) AskLineTests(ctx context.Context, w dialog.Worker) error {
	err := allow(w, dialog.ManagerRole)
	if err == nil && len(d.LineTests.Lines) == 0 {
		err = &dialog.InvalidError{Field: "line test", Problem: "is not set up here"}
	}
	if err == nil {
		err = d.Store.Do(ctx, func(tx dialog.Tx) error {
			was, _, err := tx.LineTestsDue()
			if err != nil {
				return err
			}
			return tx.SetLineTestsDue(d.Now(), w.Name, was)
		})
	}
	if err != nil {
		return fmt.Errorf("ask for line tests: %w", err)
	}
	d.Bus.Publish(dialog.Notice{Topic: dialog.LinesAsked})
	return nil
}

// takeTests says whether tests are to be made by this node now, and who asked.
// Whoever moves the time on has the turn.
func (d *Desk) takeTests(ctx context.Context) (due bool, by string, err error) {
	every := d.LineTests.Every
	err = d.Store.Do(ctx, func(tx dialog.Tx) error {
		due = false
		at, asked, err := tx.LineTestsDue()
		if err != nil {
			return err
		}
		now, next := d.Now(), time.Time{}
		if every > 0 {
			next = now.Add(every)
		}
		switch {
		case at.IsZero() && every == 0:
			return nil
		case at.IsZero():
			next = now.Add(d.LineTests.First)
		case at.After(now) && (asked != "" || every > 0 && !at.After(next)):
			return nil // its time has not come
		case at.After(now): // later than the settings say now
		case asked == "" && every == 0: // of a schedule that was switched off
		default:
			due, by = true, asked
		}
		return tx.SetLineTestsDue(next, "", at)
	})
	if errors.Is(err, dialog.ErrStale) {
		return false, "", nil // another node was faster
	}
	return due, by, err
}

// RunLineTests makes one test of each line and prison and waits until each has
// come out or failed; by is who asked. Whether somebody acknowledges them is
// watched by TestLines. The error says that the tests could not be made; a line
// that does not work is no error, but stands in its test.
func (d *Desk) RunLineTests(ctx context.Context, by string) ([]dialog.LineTest, error) {
	type sending struct {
		test dialog.LineTest
		line TestedLine
		mark string
	}
	now := d.Now()
	var all []sending
	for _, l := range d.LineTests.Lines {
		for _, prison := range l.prisons(d.LineTests.Prisons) {
			mark := dialog.NewMark()
			all = append(all, sending{line: l, mark: mark, test: dialog.LineTest{
				ID: dialog.LineTestID(dialog.NewID(now)), Line: l.Line, Medium: l.Medium, Prison: prison,
				Mark: dialog.HashMark(mark), Version: 1, StartedAt: now, StartedBy: by,
			}})
		}
	}
	err := d.Store.Do(ctx, func(tx dialog.Tx) error {
		for _, s := range all {
			if err := tx.InsertLineTest(s.test); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("begin line tests: %w", err)
	}
	// Real time, whatever the desk's clock says: somebody waits.
	until, cancel := context.WithTimeout(ctx, d.LineTests.Within)
	defer cancel()
	var reasons sync.Map // test to what its line answered last
	slots := make(chan struct{}, testsAtOnce)
	var work sync.WaitGroup
	for _, s := range all {
		work.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			m := TestMessage{ID: s.test.ID, Mark: s.mark}
			if s.line.Words {
				m.Text = d.testWords(s.test.Medium, s.test.Prison, s.mark)
			}
			if err := sendTest(until, s.line, m); err != nil {
				reasons.Store(s.test.ID, err.Error())
			}
		})
	}
	ids := make([]dialog.LineTestID, len(all))
	for i, s := range all {
		ids[i] = s.test.ID
	}
	done, err := d.awaitTests(until, ids)
	cancel()
	work.Wait()
	for _, x := range done {
		if !x.Pending() || !x.OutAt.IsZero() {
			continue
		}
		if ctx.Err() != nil {
			err = errors.Join(err, d.dropTest(ctx, x.ID))
			continue
		}
		reason := d.notOut(x)
		if said, ok := reasons.Load(x.ID); ok && x.ArrivedAt.IsZero() {
			reason += ": " + fmt.Sprint(said)
		}
		err = errors.Join(err, d.failTest(ctx, x.ID, reason))
	}
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		done, err = d.tests(ctx, ids)
	}
	if err != nil {
		return done, fmt.Errorf("test the lines: %w", err)
	}
	return done, nil
}

// prisons are those that tests of a line name; one empty for none.
func (l TestedLine) prisons(all []dialog.PrisonID) []dialog.PrisonID {
	if len(all) == 0 || !l.Words {
		return []dialog.PrisonID{""}
	}
	return all
}

// testWords is the message: words that any assessment has to be alarmed by, so
// that the assessment is tested as well.
func (d *Desk) testWords(m dialog.Medium, prison dialog.PrisonID, mark string) string {
	if p, ok := d.Prisons.Get(prison); ok {
		return d.Texts.Say("linetest.prison", m, "mark", mark, "prison", p.ShortName)
	}
	return d.Texts.Say("linetest.none", m, "mark", mark)
}

// sendTest tries until the line has taken the message or time is up. It returns
// what went wrong last.
func sendTest(until context.Context, l TestedLine, m TestMessage) error {
	var last error
	for attempt := 0; ; attempt++ {
		ctx, cancel := context.WithTimeout(until, testTry)
		err := l.Send(ctx, m)
		cancel()
		if err == nil {
			return nil
		}
		if until.Err() != nil && last != nil {
			return last // this attempt was cut short by us, which says nothing of the line
		}
		last = err
		timer := time.NewTimer(time.Second << min(attempt, 4))
		select {
		case <-until.Done():
			timer.Stop()
			return err
		case <-timer.C:
		}
	}
}

// awaitTests looks at the list until all of these have come out or failed, or
// time is up, and returns them as they then are.
func (d *Desk) awaitTests(until context.Context, ids []dialog.LineTestID) ([]dialog.LineTest, error) {
	for {
		if err := d.lookAtTests(until); err != nil && until.Err() == nil {
			return nil, err
		}
		rctx, cancel := context.WithTimeout(context.WithoutCancel(until), written)
		now, err := d.tests(rctx, ids)
		cancel()
		if err != nil {
			return nil, err
		}
		waits := slices.ContainsFunc(now, func(x dialog.LineTest) bool { return x.Pending() && x.OutAt.IsZero() })
		if !waits || until.Err() != nil {
			return now, nil
		}
		timer := time.NewTimer(testPoll)
		select {
		case <-until.Done():
			timer.Stop()
		case <-timer.C:
		}
	}
}

func (d *Desk) tests(ctx context.Context, ids []dialog.LineTestID) (found []dialog.LineTest, err error) {
	err = d.Store.Read(ctx, func(r dialog.Reader) error {
		found = make([]dialog.LineTest, len(ids))
		for i, id := range ids {
			if found[i], err = r.LineTest(id); err != nil {
				return err
			}
		}
		return nil
	})
	return found, err
}

// lookAtTests looks for tests on the staff's list, as a worker would, and fails
// those whose time is up.
func (d *Desk) lookAtTests(ctx context.Context) error {
	var pending []dialog.LineTest
	if err := d.Store.Read(ctx, func(r dialog.Reader) (err error) {
		pending, err = r.LineTestsPending(listRead)
		return err
	}); err != nil || len(pending) == 0 {
		return err
	}
	// What each team has before it.
	lists := map[dialog.TeamID]map[dialog.ConversationID]dialog.QueueEntry{}
	var faults []error
	for _, x := range pending {
		team := d.TeamOf(x.Prison)
		if lists[team] == nil && x.OutAt.IsZero() && x.Conversation != "" {
			list, err := d.Queue(ctx, tester(team), dialog.QueueFilter{Limit: listRead})
			if err != nil {
				return err
			}
			lists[team] = map[dialog.ConversationID]dialog.QueueEntry{}
			for _, entry := range list {
				lists[team][entry.Conversation.ID] = entry
			}
		}
		if err := d.lookAtTest(ctx, x, lists[team]); err != nil {
			faults = append(faults, fmt.Errorf("look at line test %s: %w", x.ID, err))
		}
	}
	return errors.Join(faults...)
}

func (d *Desk) lookAtTest(ctx context.Context, x dialog.LineTest, listed map[dialog.ConversationID]dialog.QueueEntry) error {
	past := d.Now().Sub(x.StartedAt)
	if x.OutAt.IsZero() {
		entry, ok := listed[x.Conversation]
		switch {
		case ok && x.Conversation != "" && entry.Conversation.Test && d.wrongPrison(x, entry):
			return d.failTest(ctx, x.ID, "It came out, but not for the prison that it names")
		case ok && x.Conversation != "" && entry.Conversation.Test:
			return d.testOut(ctx, x.ID)
		case past > d.LineTests.Within:
			return d.failTest(ctx, x.ID, d.notOut(x))
		}
		return nil
	}
	if past > d.LineTests.Ack {
		return d.failTest(ctx, x.ID, "It came out, but nobody said within "+spell(d.LineTests.Ack)+" that they saw it")
	}
	return nil
}

func (d *Desk) wrongPrison(x dialog.LineTest, entry dialog.QueueEntry) bool {
	return x.Prison != "" && entry.Conversation.Prison != x.Prison
}

func (d *Desk) notOut(x dialog.LineTest) string {
	if x.ArrivedAt.IsZero() {
		return "It did not come in within " + spell(d.LineTests.Within)
	}
	return "It came in, but did not stand on the staff's list within " + spell(d.LineTests.Within)
}

// dropTest writes down that a test was not made after all, because this node is
// being stopped. One that has come in is left to those that go on.
func (d *Desk) dropTest(ctx context.Context, id dialog.LineTestID) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), written)
	defer cancel()
	return d.Store.Do(ctx, func(tx dialog.Tx) error {
		x, err := tx.LineTest(id)
		if err != nil || !x.Pending() || !x.ArrivedAt.IsZero() {
			return err
		}
		before := x.Version
		x.Version++
		x.FailedAt, x.Failure = d.Now(), "The service was stopped before it was sent"
		return tx.UpdateLineTest(x, before)
	})
}

// putTestsOff has tests made again soon that this node began and cannot end.
func (d *Desk) putTestsOff(ctx context.Context, by string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), written)
	defer cancel()
	return d.Store.Do(ctx, func(tx dialog.Tx) error {
		at, _, err := tx.LineTestsDue()
		if err != nil {
			return err
		}
		return tx.SetLineTestsDue(d.Now().Add(time.Minute), by, at)
	})
}

func (d *Desk) testOut(ctx context.Context, id dialog.LineTestID) error {
	err := d.Store.Do(ctx, func(tx dialog.Tx) error {
		x, err := tx.LineTest(id)
		if err != nil || !x.OutAt.IsZero() {
			return err
		}
		before := x.Version
		x.Version++
		x.OutAt = d.Now()
		return tx.UpdateLineTest(x, before)
	})
	if errors.Is(err, dialog.ErrStale) {
		return nil // somebody else was faster; what is left is seen at the next look
	}
	return err
}

// failTest writes down that a test failed, puts it before staff and begins its
// clock, in one transaction. A test that did not come in has no conversation:
// one is made for the alarm.
func (d *Desk) failTest(ctx context.Context, id dialog.LineTestID, reason string) error {
	var conv dialog.Conversation
	for range attempts {
		err := d.Store.Do(ctx, func(tx dialog.Tx) error {
			x, err := tx.LineTest(id)
			if err != nil {
				return err
			}
			conv = dialog.Conversation{}
			if !x.Pending() {
				return nil
			}
			before := x.Version
			x.Version++
			conv, err = d.failed(tx, &x, reason)
			if err != nil {
				return err
			}
			return tx.UpdateLineTest(x, before)
		})
		switch {
		case errors.Is(err, dialog.ErrStale):
			continue
		case err != nil:
			return fmt.Errorf("write down that line test %s failed: %w", id, err)
		case conv.ID != "":
			d.changed(conv, true)
			d.Log.Warn("a test of a line failed", "line", conv.Line, "prison", conv.Prison)
		}
		return nil
	}
	return fmt.Errorf("write down that line test %s failed: %w", id, dialog.ErrStale)
}

// failed changes x, and writes the conversation and the clock. x is written by
// the caller.
func (d *Desk) failed(tx dialog.Tx, x *dialog.LineTest, reason string) (dialog.Conversation, error) {
	now := d.Now()
	x.FailedAt, x.Failure = now, reason
	note := func(c dialog.Conversation) error {
		return tx.AppendEvents(dialog.Event{Conversation: c.ID, Seq: c.LastSeq, At: now, Kind: dialog.Noted, Text: "the line test failed. " + reason})
	}
	var conv dialog.Conversation
	if x.Conversation == "" {
		person := dialog.Person{ID: dialog.PersonID(dialog.NewID(now)), Address: dialog.Address{Medium: x.Medium}, CreatedAt: now}
		conv = dialog.Conversation{
			ID: dialog.ConversationID(dialog.NewID(now)), Ref: dialog.NewRef(), Line: x.Line, Medium: x.Medium, Person: person.ID,
			Holder: dialog.Holder{Kind: dialog.Bot}, Version: 1, LastSeq: 1, Prison: x.Prison, Test: true,
			Waiting: dialog.WaitingDelivery, WaitingSince: now, OpenedAt: now, LastAt: now,
		}
		if p, ok := d.Prisons.Get(x.Prison); ok {
			conv.Jurisdiction = p.Jurisdiction
		}
		x.Conversation = conv.ID
		if err := tx.InsertPerson(person); err != nil {
			return conv, err
		}
		if err := tx.InsertConversation(conv); err != nil {
			return conv, err
		}
	} else {
		var err error
		if conv, err = tx.Conversation(x.Conversation); err != nil {
			return conv, err
		}
		before := conv.Version
		conv.Version++
		conv.LastSeq++
		if conv.Waiting == dialog.WaitingNone {
			conv.Waiting, conv.WaitingSince = dialog.WaitingDelivery, now
		}
		if err := tx.UpdateConversation(conv, before); err != nil {
			return conv, err
		}
	}
	if err := note(conv); err != nil {
		return conv, err
	}
	return conv, tx.InsertAlarm(d.clock(conv, dialog.MatterLineTest, string(x.ID), testPace, now, now))
}

// missingTests raises the alarm for lines that were not tested for twice as
// long as they should be: a schedule that stands still is a fault as well.
func (d *Desk) missingTests(ctx context.Context) error {
	every := d.LineTests.Every
	if every == 0 {
		return nil
	}
	var faults []error
	for _, l := range d.LineTests.Lines {
		for _, prison := range l.prisons(d.LineTests.Prisons) {
			var last dialog.LineTest
			err := d.Store.Read(ctx, func(r dialog.Reader) (err error) {
				last, err = r.LatestLineTest(l.Line, prison)
				return err
			})
			switch now := d.Now(); {
			case errors.Is(err, dialog.ErrNotFound):
				// Never yet: the first turn tests it with the others.
			case err != nil:
				faults = append(faults, err)
			case last.Pending(), now.Sub(last.StartedAt) <= 2*every, !last.Made() && last.SeenAt.IsZero():
			default:
				faults = append(faults, d.missing(ctx, l, prison, now))
			}
		}
	}
	return errors.Join(faults...)
}

// missing writes down a test that was due and not made, as one that failed.
func (d *Desk) missing(ctx context.Context, l TestedLine, prison dialog.PrisonID, now time.Time) error {
	x := dialog.LineTest{Line: l.Line, Medium: l.Medium, Prison: prison, Version: 1, StartedAt: now}
	err := d.Store.Do(ctx, func(tx dialog.Tx) error {
		last, err := tx.LatestLineTest(l.Line, prison)
		if err != nil {
			return err
		}
		if now.Sub(last.StartedAt) <= 2*d.LineTests.Every {
			return nil // another node has written it down
		}
		// It follows from the last one, so that of two nodes one writes it down.
		x.ID = dialog.LineTestID(dialog.HashMark(string(last.ID))[:26])
		conv, err := d.failed(tx, &x, "No test was made for "+spell(2*d.LineTests.Every))
		if err != nil || conv.ID == "" {
			return err
		}
		return tx.InsertLineTest(x)
	})
	if errors.Is(err, dialog.ErrStale) {
		return nil
	}
	if err == nil {
		d.Bus.Publish(dialog.Notice{Topic: dialog.QueueChanged})
	}
	return err
}
