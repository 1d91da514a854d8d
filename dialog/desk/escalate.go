package desk

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"helpline/dialog"
)

const (
	// lookEvery bounds how long a node sleeps: another one may have written
	// what is due without this one hearing of it.
	lookEvery = 15 * time.Second
	// breath is the least time between two looks, however much happens.
	breath = 100 * time.Millisecond
	// auditRest is how many times as long as the last audit took none is made.
	auditRest    = 20
	alarmsAtOnce = 200
	mostRounds   = 20
	// afterFault is the least time between two looks when something could not be
	// done, so that it does not fill the log.
	afterFault = 5 * time.Second
)

// escalation is what the watcher of one node remembers.
type escalation struct {
	d       *Desk
	wake    chan struct{}
	sending sync.WaitGroup
	slots   chan struct{} // one for each notice that is being sent
	audited time.Time     // by the machine's own clock
	rest    time.Duration // no audit before that long after audited
}

// Escalate watches the clocks until the context ends: it begins those that are
// missing, raises steps that are due and tells staff. Several nodes may do so;
// each step is raised by one of them. A notice that was being sent when the
// context ended is finished first.
func (d *Desk) Escalate(ctx context.Context) {
	w := &escalation{d: d, wake: make(chan struct{}, 1), slots: make(chan struct{}, 8)}
	defer d.Bus.Subscribe(dialog.QueueChanged, func(dialog.Notice) { w.poke() })()
	defer w.sending.Wait()
	for {
		next, err := w.look(ctx)
		if err != nil && ctx.Err() == nil {
			d.Log.Error("watch the clocks", "error", err)
		}
		pause := lookEvery
		if !next.IsZero() {
			pause = min(pause, next.Sub(d.Now()))
		}
		if w.rest > 0 {
			pause = min(pause, max(w.rest, time.Second))
		}
		if err != nil {
			pause = max(pause, afterFault)
		}
		timer := time.NewTimer(max(pause, breath))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
			continue
		case <-w.wake:
		}
		timer.Reset(breath)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

func (w *escalation) poke() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// look does what is due and returns when something will be.
func (w *escalation) look(ctx context.Context) (next time.Time, err error) {
	d := w.d
	// What is due comes first; the audit is only for what nobody wrote a clock for.
	faults := []error{w.raiseDue(ctx), w.tellDue(ctx)}
	if time.Since(w.audited) >= w.rest {
		begun := time.Now()
		began, err := d.audit(ctx)
		faults = append(faults, err)
		w.audited = time.Now()
		w.rest = auditRest * w.audited.Sub(begun)
		if began > 0 {
			faults = append(faults, w.raiseDue(ctx), w.tellDue(ctx))
		}
	}
	faults = append(faults, d.Store.Read(ctx, func(r dialog.Reader) error {
		next, err = r.AlarmNext()
		return err
	}))
	return next, errors.Join(faults...)
}

// raiseDue raises every step whose time has come. One that cannot be raised
// does not keep the others.
func (w *escalation) raiseDue(ctx context.Context) error {
	d := w.d
	for range mostRounds {
		var due []dialog.Alarm
		if err := d.Store.Read(ctx, func(r dialog.Reader) (err error) {
			due, err = r.AlarmsDue(d.Now(), alarmsAtOnce)
			return err
		}); err != nil {
			return err
		}
		var faults []error
		for _, a := range due {
			if err := d.raise(ctx, a); err != nil {
				faults = append(faults, fmt.Errorf("raise alarm %s: %w", a.ID, err))
			}
		}
		if len(faults) > 0 || len(due) == 0 {
			return errors.Join(faults...)
		}
	}
	return nil
}

// audit begins the clocks of what nobody has taken and no clock runs for, and
// says how many.
func (d *Desk) audit(ctx context.Context) (began int, err error) {
	var concerns []dialog.Concern
	var recordings []dialog.Recording
	var waits []dialog.Conversation
	err = d.Store.Read(ctx, func(r dialog.Reader) (err error) {
		if concerns, err = r.UnwatchedConcerns(alarmsAtOnce); err != nil {
			return err
		}
		if recordings, err = r.UnwatchedRecordings(alarmsAtOnce); err != nil {
			return err
		}
		waits, err = r.UnwatchedWaits(alarmsAtOnce)
		return err
	})
	if err != nil || len(concerns)+len(recordings)+len(waits) == 0 {
		return 0, err
	}
	err = d.Store.Do(ctx, func(tx dialog.Tx) error {
		began = 0
		for _, c := range concerns {
			if err := d.watch(tx, c.Conversation, dialog.MatterConcern, string(c.ID), &began); err != nil {
				return err
			}
		}
		for _, rec := range recordings {
			if err := d.watch(tx, rec.Conversation, dialog.MatterRecording, string(rec.ID), &began); err != nil {
				return err
			}
		}
		for _, c := range waits {
			if err := d.watch(tx, c.ID, dialog.MatterWaiting, string(c.ID), &began); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, dialog.ErrStale) {
		return 0, nil // another node did the same; what is left is found next time
	}
	return began, err
}

// watch begins the clock of a matter that is still open, and puts it in the
// place of a slower one.
func (d *Desk) watch(tx dialog.Tx, id dialog.ConversationID, m dialog.Matter, subject string, began *int) error {
	now := d.Now()
	conv, err := tx.Conversation(id)
	if err != nil {
		return err
	}
	s, err := d.standing(tx, conv, dialog.Alarm{Conversation: id, Matter: m, Subject: subject})
	if err != nil || !s.open {
		return err
	}
	a := d.clock(conv, m, subject, s.pace, s.since, now)
	switch slower, err := tx.AlarmOf(subject); {
	case err == nil && slower.Pace == s.pace:
		return nil
	case err == nil:
		// Worse than it was: the new clock begins now, and no step of it comes
		// later than the old one's next.
		a = d.clock(conv, m, subject, s.pace, now, now)
		if slower.DueAt.Before(a.DueAt) {
			a.DueAt = slower.DueAt
		}
		slower.State = dialog.AlarmFaster
		if err := tx.UpdateAlarm(slower); err != nil {
			return err
		}
	case !errors.Is(err, dialog.ErrNotFound):
		return err
	case m == dialog.MatterConcern:
		// Somebody may have had it and let go of it again: counted from then.
		last, err := lastAct(tx, conv)
		if err != nil {
			return err
		}
		if last.After(a.Began) {
			a = d.clock(conv, m, subject, s.pace, last, now)
		}
	}
	*began++
	return tx.InsertAlarm(a)
}

// errLater says that a step is not to be raised now.
var errLater = errors.New("not to be raised now")

// raise raises a step, unless the matter was taken or its clock is to be set
// anew. The notices, the next step and the event that staff see are written in
// one transaction with it.
func (d *Desk) raise(ctx context.Context, a dialog.Alarm) error {
	err := d.edit(ctx, a.Conversation, func(e *edit) error {
		cur, s, err := d.stillDue(e.tx, e.conv, a.ID, e.now)
		if err != nil {
			return err
		}
		if !s.open || s.since.After(cur.Began) || d.slower(cur, s, e.now) {
			return errLater
		}
		to := d.Alerts.to(cur.Step)
		next := cur
		next.ID, next.Step = dialog.AlarmID(dialog.NewID(e.now)), cur.Step+1
		next.DueAt = d.Alerts.due(cur.Pace, next.Step, cur.Began, e.now)
		if cur.Step > dialog.StepFallback && len(to) == 0 {
			return errLater // the console has said it three times, and there is nobody else
		}
		if len(to) == 0 && e.now.Before(d.Alerts.due(cur.Pace, cur.Step, cur.Began, e.now)) {
			// Here before its time, because the one before reached nobody; neither does this one.
			next.DueAt = e.now
		}
		cur.State, cur.RaisedAt = dialog.AlarmRaised, e.now
		if err := e.tx.UpdateAlarm(cur); err != nil {
			return err
		}
		if err := e.tx.InsertAlarm(next); err != nil {
			return err
		}
		notices := make([]dialog.StaffNotice, len(to))
		for i, address := range to {
			notices[i] = dialog.StaffNotice{
				ID: dialog.NoticeID(dialog.NewID(e.now)), Alarm: cur.ID, Conversation: cur.Conversation, To: address,
				State: dialog.NoticeQueued, NextAt: e.now, CreatedAt: e.now, UpdatedAt: e.now,
			}
		}
		e.event(dialog.Alarmed, "", alarmed(cur, len(to)))
		if why := waitingFor(cur.Matter); why != dialog.WaitingNone {
			e.wait(why)
		}
		return e.tx.InsertStaffNotices(notices...)
	})
	switch {
	case errors.Is(err, errNothing):
		return nil
	case errors.Is(err, errLater):
		return d.setAnew(ctx, a)
	}
	return err
}

// stillDue reads a step as it is now; errNothing when it is not due any more.
func (d *Desk) stillDue(r dialog.Reader, conv dialog.Conversation, id dialog.AlarmID, now time.Time) (dialog.Alarm, standing, error) {
	cur, err := r.Alarm(id)
	switch {
	case err != nil:
		return cur, standing{}, err
	case cur.State != dialog.AlarmDue || cur.DueAt.After(now):
		return cur, standing{}, errNothing
	}
	s, err := d.standing(r, conv, cur)
	return cur, s, err
}

// slower says that a matter has become less urgent and that its step is
// therefore not due yet.
func (d *Desk) slower(a dialog.Alarm, s standing, now time.Time) bool {
	return s.pace != a.Pace && a.Step <= dialog.StepFallback && d.Alerts.due(s.pace, a.Step, a.Began, now).After(now)
}

// setAnew stops the clock of a matter that was taken, begins it again for one
// that has begun to wait anew, and puts a step off that is not due yet.
func (d *Desk) setAnew(ctx context.Context, a dialog.Alarm) error {
	err := d.Store.Do(ctx, func(tx dialog.Tx) error {
		now := d.Now()
		conv, err := tx.Conversation(a.Conversation)
		if err != nil {
			return err
		}
		cur, s, err := d.stillDue(tx, conv, a.ID, now)
		if err != nil {
			return err
		}
		switch {
		case !s.open:
			cur.State = dialog.AlarmTaken
			return tx.UpdateAlarm(cur)
		case s.since.After(cur.Began):
			cur.State = dialog.AlarmTaken
			if err := tx.UpdateAlarm(cur); err != nil {
				return err
			}
			return tx.InsertAlarm(d.clock(conv, cur.Matter, cur.Subject, s.pace, s.since, now))
		case d.slower(cur, s, now):
			cur.Pace = s.pace
			cur.DueAt = d.Alerts.due(s.pace, cur.Step, cur.Began, now)
			return tx.UpdateAlarm(cur)
		case cur.Step > dialog.StepFallback && len(d.Alerts.to(cur.Step)) == 0:
			cur.DueAt = now.Add(againMost)
			return tx.UpdateAlarm(cur)
		}
		return nil // it changed back in this moment: the next look raises it
	})
	if errors.Is(err, errNothing) || errors.Is(err, dialog.ErrStale) {
		return nil
	}
	return err
}

func alarmed(a dialog.Alarm, told int) dialog.AlarmedData {
	return dialog.AlarmedData{Alarm: a.ID, Matter: a.Matter, Pace: a.Pace, Step: a.Step, To: a.Step.String(), Told: told}
}

// waitingFor is why a conversation is on the staff's list because of a matter.
func waitingFor(m dialog.Matter) dialog.Waiting {
	switch m {
	case dialog.MatterConcern:
		return dialog.WaitingRisk
	case dialog.MatterRecording:
		return dialog.WaitingVoice
	case dialog.MatterLine:
		return dialog.WaitingDelivery
	case dialog.MatterWaiting:
	}
	return dialog.WaitingNone
}
