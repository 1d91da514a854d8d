package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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
	counted time.Time     // when the members of the teams were
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
	if time.Since(w.counted) >= lookEvery {
		w.counted = time.Now()
		if _, err := d.CountMembers(ctx); err != nil && ctx.Err() == nil {
			d.Log.Error("watch the clocks", "error", err) // what was counted last holds
		}
	}
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

// watchedDuties have a clock of their own once their concern is acknowledged.
var watchedDuties = []dialog.ObligationKind{dialog.Act, dialog.FeedBack, dialog.Listen}

// audit begins the clocks of what nobody has taken and no clock runs for, and
// says how many.
func (d *Desk) audit(ctx context.Context) (began int, err error) {
	var concerns []dialog.Concern
	var recordings []dialog.Recording
	var waits []dialog.Conversation
	duties := map[dialog.ObligationKind][]dialog.Concern{}
	overdue := 0
	err = d.Store.Read(ctx, func(r dialog.Reader) (err error) {
		overdue = 0
		if concerns, err = r.UnwatchedConcerns(alarmsAtOnce); err != nil {
			return err
		}
		for _, kind := range watchedDuties {
			if duties[kind], err = r.UnwatchedDuties(kind, alarmsAtOnce); err != nil {
				return err
			}
			overdue += len(duties[kind])
		}
		if recordings, err = r.UnwatchedRecordings(alarmsAtOnce); err != nil {
			return err
		}
		waits, err = r.UnwatchedWaits(alarmsAtOnce)
		return err
	})
	if err != nil || len(concerns)+len(recordings)+len(waits)+overdue == 0 {
		return 0, err
	}
	err = d.Store.Do(ctx, func(tx dialog.Tx) error {
		began = 0
		for _, c := range concerns {
			if err := d.watch(tx, c.Conversation, dialog.MatterConcern, string(c.ID), &began); err != nil {
				return err
			}
		}
		for _, kind := range watchedDuties {
			m, _ := dialog.DutyMatter(kind)
			for _, c := range duties[kind] {
				if err := d.watch(tx, c.Conversation, m, dialog.DutySubject(c.ID, kind), &began); err != nil {
					return err
				}
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
		// later than the old one's next. What is to be done is due as soon as if
		// it had been so from the beginning.
		if err := d.hurryDuties(tx, m, subject, now); err != nil {
			return err
		}
		if s, err = d.standing(tx, conv, a); err != nil {
			return err
		}
		from := now
		if s.since.After(now) {
			from = s.since
		}
		a = d.clock(conv, m, subject, s.pace, from, now)
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
		last, err := lastAct(tx, conv, "")
		if err != nil {
			return err
		}
		if last.After(a.Began) && conv.Holder.Kind != dialog.Staff {
			a = d.clock(conv, m, subject, s.pace, last, now)
		}
	}
	*began++
	return tx.InsertAlarm(a)
}

// hurryDuties moves up what is open of a concern that has become worse.
func (d *Desk) hurryDuties(tx dialog.Tx, m dialog.Matter, subject string, now time.Time) error {
	if m != dialog.MatterConcern && m != dialog.MatterAct && m != dialog.MatterListen {
		return nil
	}
	id, _, _ := strings.Cut(subject, "/")
	c, err := tx.Concern(dialog.ConcernID(id))
	if err != nil {
		return err
	}
	duties, err := tx.Obligations(c.ID)
	if err != nil {
		return err
	}
	due := now.Add(dueWithin(c.Level))
	for _, o := range duties {
		if o.State != dialog.Open || !o.DueAt.After(due) {
			continue
		}
		o.DueAt = due
		if err := tx.PutObligation(o); err != nil {
			return err
		}
	}
	return nil
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
		if s.taken(cur) || d.slower(e.conv, cur, s, e.now) {
			return errLater
		}
		if cur.Matter == dialog.MatterMoved {
			return e.raiseMoved(cur)
		}
		alerts := d.alerts(e.conv)
		to := alerts.to(cur.Step)
		if cur.Matter == dialog.MatterConcern && cur.Step >= dialog.StepFallback && e.toTriage() {
			alerts = d.alerts(e.conv)
			to = once(alerts.to(cur.Step), d.ofTeam(d.teams.of(e.conv)).Team)
		}
		next := cur
		next.ID, next.Step = dialog.AlarmID(dialog.NewID(e.now)), cur.Step+1
		next.DueAt = alerts.due(cur.Pace, next.Step, cur.Began, e.now)
		if cur.Step > dialog.StepFallback && len(to) == 0 {
			return errLater // the console has said it three times, and there is nobody else
		}
		if len(to) == 0 && e.now.Before(alerts.due(cur.Pace, cur.Step, cur.Began, e.now)) {
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
		return e.notify(cur, to)
	})
	switch {
	case errors.Is(err, errNothing):
		return nil
	case errors.Is(err, errLater):
		return d.setAnew(ctx, a)
	}
	return err
}

// notify writes the notices of a step that was raised, and what staff read of it.
func (e *edit) notify(a dialog.Alarm, to []dialog.StaffAddress) error {
	notices := make([]dialog.StaffNotice, len(to))
	for i, address := range to {
		notices[i] = dialog.StaffNotice{
			ID: dialog.NoticeID(dialog.NewID(e.now)), Alarm: a.ID, Conversation: a.Conversation, To: address,
			State: dialog.NoticeQueued, NextAt: e.now, CreatedAt: e.now, UpdatedAt: e.now,
		}
	}
	e.event(dialog.Alarmed, "", alarmed(a, len(to)))
	if why := waitingFor(a.Matter); why != dialog.WaitingNone {
		e.wait(why)
	}
	return e.tx.InsertStaffNotices(notices...)
}

// raiseMoved tells a team of a concern that came to it. Where the concern's own
// clock has the step that tells the team before it, that one does; and who was
// told since it came is not told again.
func (e *edit) raiseMoved(cur dialog.Alarm) error {
	concern, _, _ := strings.Cut(cur.Subject, "@")
	own, err := e.tx.AlarmOf(concern)
	switch {
	case errors.Is(err, dialog.ErrNotFound), err == nil && own.Step == dialog.StepTeam:
		cur.State = dialog.AlarmTaken
		return e.tx.UpdateAlarm(cur)
	case err != nil:
		return err
	}
	told, err := e.tx.StaffNotices(cur.Conversation)
	if err != nil {
		return err
	}
	var to []dialog.StaffAddress
	for _, address := range e.d.alerts(e.conv).Team {
		if !slices.ContainsFunc(told, func(n dialog.StaffNotice) bool { return n.To == address && !n.CreatedAt.Before(cur.Began) }) {
			to = append(to, address)
		}
	}
	cur.State, cur.RaisedAt = dialog.AlarmRaised, e.now
	if err := e.tx.UpdateAlarm(cur); err != nil {
		return err
	}
	return e.notify(cur, to)
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
func (d *Desk) slower(conv dialog.Conversation, a dialog.Alarm, s standing, now time.Time) bool {
	return s.pace != a.Pace && a.Step <= dialog.StepFallback && d.alerts(conv).due(s.pace, a.Step, a.Began, now).After(now)
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
			if err := tx.UpdateAlarm(cur); err != nil || cur.Matter == dialog.MatterMoved {
				return err
			}
			return tx.InsertAlarm(d.clock(conv, cur.Matter, cur.Subject, s.pace, s.since, now))
		case d.slower(conv, cur, s, now):
			cur.Pace = s.pace
			cur.DueAt = d.alerts(conv).due(s.pace, cur.Step, cur.Began, now)
			return tx.UpdateAlarm(cur)
		case cur.Step > dialog.StepFallback && len(d.alerts(conv).to(cur.Step)) == 0:
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
	case dialog.MatterConcern, dialog.MatterMoved, dialog.MatterAct, dialog.MatterFeedBack, dialog.MatterListen:
		return dialog.WaitingRisk
	case dialog.MatterRecording:
		return dialog.WaitingVoice
	case dialog.MatterLine, dialog.MatterLineTest:
		return dialog.WaitingDelivery
	case dialog.MatterWaiting:
	}
	return dialog.WaitingNone
}
