package desk

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"helpline/dialog"
)

// promised writes down that somebody who was rung pressed the key for "I have
// it", and puts the next step off by as long as one step takes, once for each
// clock: who says so on the telephone has not taken the matter yet.
func (d *Desk) promised(ctx context.Context, id dialog.NoticeID, _ dialog.DeliveryReport) error {
	var n dialog.StaffNotice
	if err := d.Store.Read(ctx, func(r dialog.Reader) (err error) {
		n, err = r.StaffNotice(id)
		return err
	}); err != nil {
		return err
	}
	err := d.edit(ctx, n.Conversation, func(e *edit) error {
		a, err := e.tx.Alarm(n.Alarm)
		if err != nil {
			return err
		}
		if said, err := e.saidBefore(id); err != nil || said {
			return errors.Join(err, errNothing)
		}
		data := promisedData{
			PromisedData: dialog.PromisedData{Alarm: a.ID, Matter: a.Matter, Step: a.Step, To: a.Step.String(), Way: n.To.Way},
			Notice:       id,
		}
		next, off, err := e.putOff(a)
		if err != nil {
			return err
		}
		data.PutOff, data.NextAt = off, next
		e.event(dialog.Promised, "", data)
		return nil
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}

// promisedData also says by which notice, so that a provider's second word on
// the same key is known.
type promisedData struct {
	dialog.PromisedData
	Notice dialog.NoticeID `json:"notice"`
}

func (e *edit) saidBefore(id dialog.NoticeID) (bool, error) {
	const lookBack = 200
	events, err := e.tx.Events(e.conv.ID, max(0, e.conv.LastSeq-lookBack), lookBack)
	return slices.ContainsFunc(events, func(ev dialog.Event) bool {
		var d promisedData
		return ev.Kind == dialog.Promised && json.Unmarshal(ev.Data, &d) == nil && d.Notice == id
	}), err
}

// putOff puts the next step of a's clock off. It is the zero time when the
// clock has stopped.
func (e *edit) putOff(a dialog.Alarm) (next time.Time, off bool, err error) {
	cur, err := e.tx.AlarmOf(a.Subject)
	switch {
	case errors.Is(err, dialog.ErrNotFound):
		return time.Time{}, false, nil
	case err != nil:
		return time.Time{}, false, err
	case !cur.Began.Equal(a.Began):
		return cur.DueAt, false, nil // a clock of a later worry
	}
	all, err := e.tx.Alarms(e.conv.ID)
	if err != nil {
		return time.Time{}, false, err
	}
	if slices.ContainsFunc(all, func(b dialog.Alarm) bool {
		return b.Subject == a.Subject && b.State == dialog.AlarmPromised && b.Began.Equal(a.Began)
	}) {
		return cur.DueAt, false, nil
	}
	cur.DueAt = cur.DueAt.Add(e.d.alerts(e.conv).between(a.Pace, a.Step))
	if err := e.tx.UpdateAlarm(cur); err != nil {
		return time.Time{}, false, err
	}
	mark := a
	mark.ID, mark.State, mark.DueAt, mark.RaisedAt = dialog.AlarmID(dialog.NewID(e.now)), dialog.AlarmPromised, e.now, e.now
	return cur.DueAt, true, e.tx.InsertAlarm(mark)
}

// between is the time from a step to the one after it.
func (a Alerts) between(p dialog.Pace, s dialog.Step) time.Duration {
	after := a.After[p]
	d := after.Fallback - after.DutyManager
	if s == dialog.StepTeam {
		d = after.DutyManager - after.Team
	}
	if d <= 0 {
		return againAfter
	}
	return d
}
