package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"helpline/dialog"
)

// Teller hands a notice to whatever brings it to a member of staff. The error
// is a *dialog.SendError. A provider's later word comes by Report, with the
// notice's id as that of the line.
type Teller interface {
	Tell(ctx context.Context, m dialog.StaffMessage) (dialog.Receipt, error)
}

// tellAttempts is how often a notice is tried before it counts as not
// delivered. With the pauses between them that takes about half a minute: the
// next step is waiting.
const tellAttempts = 4

func tellPause(attempts int) time.Duration { return 5 * time.Second << min(attempts-1, 3) }

// alertKeys are the texts for staff.
func alertKeys() []string {
	keys := []string{"alert.one", "alert.many", "alert.one.subject", "alert.many.subject", "alert.call.one", "alert.call.many",
		"alert.call.have_it", "alert.call.no_key"}
	for _, p := range []dialog.Pace{dialog.PaceImmediate, dialog.PaceUrgent, dialog.PaceConcern} {
		keys = append(keys, "alert."+string(dialog.MatterConcern)+"."+string(p))
	}
	for _, m := range []dialog.Matter{dialog.MatterRecording, dialog.MatterWaiting, dialog.MatterLine, dialog.MatterLineTest, dialog.MatterAct, dialog.MatterFeedBack, dialog.MatterListen} {
		keys = append(keys, "alert."+string(m))
	}
	return keys
}

// told is a notice with what it is about.
type told struct {
	notice dialog.StaffNotice
	alarm  dialog.Alarm
	ref    string
}

// tellDue claims what is to be sent and sends it beside the watcher: a provider
// that does not answer holds up nobody else's alarm. What goes to one address at
// one time goes as one message.
func (w *escalation) tellDue(ctx context.Context) error {
	d := w.d
	var due []dialog.StaffNotice
	err := d.Store.Read(ctx, func(r dialog.Reader) (err error) {
		due, err = r.StaffNoticesDue(d.Now(), alarmsAtOnce)
		return err
	})
	if err != nil {
		return err
	}
	together := map[dialog.StaffAddress][]dialog.NoticeID{}
	var order []dialog.StaffAddress
	for _, n := range due {
		if together[n.To] == nil {
			order = append(order, n.To)
		}
		together[n.To] = append(together[n.To], n.ID)
	}
	var faults []error
	for _, to := range order {
		claimed, err := d.claimNotices(ctx, together[to])
		if err != nil {
			faults = append(faults, err)
			continue
		}
		if len(claimed) == 0 {
			continue
		}
		select {
		case w.slots <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err() // their lease ends, and they are sent then
		}
		w.sending.Go(func() {
			defer func() { <-w.slots; w.poke() }()
			if err := d.tell(ctx, claimed); err != nil {
				d.Log.Error("tell staff", "conversation", claimed[0].alarm.Conversation, "error", err)
			}
		})
	}
	return errors.Join(faults...)
}

// claimNotices takes notices for sending. A notice whose matter was taken
// meanwhile is dropped. One whose sender died is sent again: staff who are told
// twice are better than staff who are not told.
func (d *Desk) claimNotices(ctx context.Context, ids []dialog.NoticeID) (claimed []told, err error) {
	err = d.Store.Do(ctx, func(tx dialog.Tx) error {
		claimed = nil
		now := d.Now()
		for _, id := range ids {
			n, err := tx.StaffNotice(id)
			switch {
			case err != nil:
				return err
			case n.State != dialog.NoticeQueued && n.State != dialog.NoticeSending, n.NextAt.After(now):
				continue // another node has it
			}
			a, err := tx.Alarm(n.Alarm)
			if err != nil {
				return err
			}
			conv, err := tx.Conversation(n.Conversation)
			if err != nil {
				return err
			}
			s, err := d.standing(tx, conv, a)
			if err != nil {
				return err
			}
			state, attempts := n.State, n.Attempts
			n.UpdatedAt = now
			if s.taken(a) {
				n.State, n.NextAt = dialog.NoticeDropped, time.Time{}
			} else {
				n.State, n.Attempts, n.NextAt = dialog.NoticeSending, attempts+1, now.Add(lease)
				claimed = append(claimed, told{notice: n, alarm: a, ref: s.ref})
			}
			if err := tx.UpdateStaffNotice(n, state, attempts); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, dialog.ErrStale) {
		return nil, nil // another node was faster
	}
	return claimed, err
}

// tell sends what was claimed for one address as one message, and writes down
// what became of it.
func (d *Desk) tell(ctx context.Context, claimed []told) error {
	slices.SortStableFunc(claimed, func(a, b told) int {
		return cmp.Or(cmp.Compare(slices.Index(dialog.Paces(), a.alarm.Pace), slices.Index(dialog.Paces(), b.alarm.Pace)),
			a.alarm.Began.Compare(b.alarm.Began))
	})
	receipt, err := dialog.Receipt{}, error(&dialog.SendError{Verdict: dialog.Fail, Code: "no way", Err: errors.New("nothing is set up to tell staff")})
	if d.Alerts.Teller != nil {
		sctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTimeout)
		receipt, err = d.Alerts.Teller.Tell(sctx, d.staffMessage(claimed))
		cancel()
	}
	// The outcome is written even when the service is being stopped.
	wctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), written)
	defer cancel()
	var faults []error
	for _, c := range claimed {
		if ferr := d.toldOutcome(wctx, c, receipt, err); ferr != nil {
			faults = append(faults, fmt.Errorf("write down the outcome of notice %s: %w", c.notice.ID, ferr))
		}
	}
	return errors.Join(faults...)
}

func (d *Desk) staffMessage(claimed []told) dialog.StaffMessage {
	first := claimed[0]
	m := dialog.StaffMessage{ID: first.notice.ID, To: first.notice.To}
	matter := "alert." + string(first.alarm.Matter)
	if first.alarm.Matter == dialog.MatterConcern || first.alarm.Matter == dialog.MatterMoved {
		matter = "alert." + string(dialog.MatterConcern) + "." + string(first.alarm.Pace)
	}
	kind, link := "one", dialog.ConversationID("")
	if len(claimed) > 1 {
		kind = "many"
	} else {
		link = first.alarm.Conversation
	}
	say := func(key string, medium dialog.Medium, ref string) string {
		return d.Texts.Say(key, medium, "what", d.Texts.Say(matter, medium), "ref", ref,
			"count", strconv.Itoa(len(claimed)), "link", d.Alerts.Link(link))
	}
	switch m.To.Way {
	case dialog.WayCall:
		// The conversation's number alone: it finds the concern as well, and can be
		// said digit by digit.
		spoken, _, _ := strings.Cut(first.ref, "-")
		m.Text = say("alert.call."+kind, dialog.Voice, spaced(spoken))
	case dialog.WayMail:
		m.Subject = say("alert."+kind+".subject", "", first.ref)
		m.Text = say("alert."+kind, "", first.ref)
	case dialog.WayText:
		m.Text = say("alert."+kind, dialog.SMS, first.ref)
	}
	return m
}

// toldOutcome writes down what became of one notice of a message.
func (d *Desk) toldOutcome(ctx context.Context, c told, receipt dialog.Receipt, sent error) error {
	n := c.notice
	n.UpdatedAt = d.Now()
	var failed *dialog.SendError
	switch {
	case sent == nil:
		n.State, n.ProviderID, n.NextAt = dialog.NoticeSent, receipt.ProviderID, time.Time{}
	case errors.As(sent, &failed) && (failed.Verdict == dialog.Fail || failed.Verdict == dialog.OptedOut), n.Attempts >= tellAttempts:
		n.State, n.NextAt, n.Code = dialog.NoticeFailed, time.Time{}, "not sent"
		if failed != nil && failed.Code != "" {
			n.Code = failed.Code
		}
		if err := d.untold(ctx, n, dialog.NoticeSending); !errors.Is(err, errMoved) {
			return err
		}
		return nil // the provider's report was faster
	default:
		// Also where it may have gone: once too often is better than never.
		n.State, n.NextAt = dialog.NoticeQueued, n.UpdatedAt.Add(tellPause(n.Attempts))
		if failed != nil {
			n.Code = failed.Code
		}
	}
	err := d.Store.Do(ctx, func(tx dialog.Tx) error { return tx.UpdateStaffNotice(n, dialog.NoticeSending, n.Attempts) })
	if errors.Is(err, dialog.ErrStale) {
		return nil // the provider's report was faster, or the lease had ended
	}
	return err
}

// untold writes down that a notice did not arrive. That is an alarm itself:
// staff see it in the conversation, and when nobody else was told by this step
// the next one is raised now. errMoved: the notice is no longer as it was read.
func (d *Desk) untold(ctx context.Context, n dialog.StaffNotice, from dialog.NoticeState) error {
	return d.edit(ctx, n.Conversation, func(e *edit) error {
		have, err := e.tx.StaffNotice(n.ID)
		switch {
		case err != nil:
			return err
		case have.State != from || have.Attempts != n.Attempts:
			return errMoved
		}
		if err := e.tx.UpdateStaffNotice(n, from, n.Attempts); err != nil {
			return err
		}
		a, err := e.tx.Alarm(n.Alarm)
		if err != nil {
			return err
		}
		data := alarmed(a, 0)
		data.Way, data.State, data.Code = n.To.Way, n.State, n.Code
		e.event(dialog.Alarmed, "", data)
		s, err := d.standing(e.tx, e.conv, a)
		if err != nil || s.taken(a) {
			return err
		}
		e.wait(dialog.WaitingDelivery)
		return d.hasten(e, a)
	})
}

// hasten makes the step after a due now when nobody was told by a. The
// repetitions after the fallback keep their pauses.
func (d *Desk) hasten(e *edit, a dialog.Alarm) error {
	notices, err := e.tx.StaffNoticesOf(a.ID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(notices, func(n dialog.StaffNotice) bool { return n.State != dialog.NoticeFailed }) {
		return nil
	}
	next, err := e.tx.AlarmOf(a.Subject)
	switch {
	case errors.Is(err, dialog.ErrNotFound):
		return nil
	case err != nil:
		return err
	case next.Step != a.Step+1 || next.Step > dialog.StepFallback+1 || !next.DueAt.After(e.now):
		return nil
	}
	next.DueAt = e.now
	return e.tx.UpdateAlarm(next)
}

// reportNotice takes a provider's word on a notice, and on those that went with
// it in one message. dialog.ErrNotFound: there is no such notice.
func (d *Desk) reportNotice(ctx context.Context, r dialog.DeliveryReport) error {
	one := d.reportOneNotice
	if r.HasIt {
		one = d.promised
	}
	var together []dialog.NoticeID
	err := d.Store.Read(ctx, func(rd dialog.Reader) error {
		n, err := rd.StaffNotice(dialog.NoticeID(r.Outbox))
		if err != nil {
			return err
		}
		together = []dialog.NoticeID{n.ID}
		if r.ProviderID == "" {
			return nil
		}
		also, err := rd.StaffNoticesSent(r.ProviderID)
		for _, other := range also {
			if other.ID != n.ID {
				together = append(together, other.ID)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	var faults []error
	for _, id := range together {
		err := errMoved
		for range attempts {
			if err = one(ctx, id, r); !errors.Is(err, errMoved) && !errors.Is(err, dialog.ErrStale) {
				break
			}
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

func (d *Desk) reportOneNotice(ctx context.Context, id dialog.NoticeID, r dialog.DeliveryReport) error {
	var n dialog.StaffNotice
	if err := d.Store.Read(ctx, func(rd dialog.Reader) (err error) {
		n, err = rd.StaffNotice(id)
		return err
	}); err != nil {
		return err
	}
	was := n.State
	switch was {
	case dialog.NoticeDelivered, dialog.NoticeFailed, dialog.NoticeDropped:
		return nil
	case dialog.NoticeQueued:
		if r.State != dialog.OutboxDelivered {
			return nil // it is being tried again
		}
	case dialog.NoticeSent, dialog.NoticeSending:
	}
	n.UpdatedAt, n.NextAt, n.Code = d.Now(), time.Time{}, r.Code
	if r.ProviderID != "" {
		n.ProviderID = r.ProviderID
	}
	switch r.State {
	case dialog.OutboxDelivered:
		n.State = dialog.NoticeDelivered
	case dialog.OutboxFailed:
		n.State = dialog.NoticeFailed
		return d.untold(ctx, n, was)
	case dialog.OutboxQueued, dialog.OutboxSending, dialog.OutboxSent, dialog.OutboxUncertain, dialog.OutboxWithdrawn:
		n.State = dialog.NoticeSent
	}
	if n.State == was {
		return nil
	}
	return d.Store.Do(ctx, func(tx dialog.Tx) error { return tx.UpdateStaffNotice(n, was, n.Attempts) })
}
