package desk

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"helpline/dialog"
)

// Alerts says who is told of what nobody has taken, in which order and when.
type Alerts struct {
	Team, DutyManager, Fallback []dialog.StaffAddress
	// After is how long nobody has taken a matter before the team, the duty
	// manager and the fallback are told. A pace without an entry has that of
	// AlertAfter.
	After map[dialog.Pace]After
	// Teller hands notices over. It may be nil where there is no address.
	Teller Teller
	// Link is where staff see a conversation, or, for an empty id, the queue.
	Link func(dialog.ConversationID) string
}

// After is the time at which each step of a clock is raised, counted from when
// the clock began.
type After struct{ Team, DutyManager, Fallback time.Duration }

// AlertAfter is how fast the clocks run unless told otherwise: immediate is
// now, urgent within the hour, concern within the day.
func AlertAfter() map[dialog.Pace]After {
	return map[dialog.Pace]After{
		dialog.PaceImmediate: {0, 5 * time.Minute, 10 * time.Minute},
		dialog.PaceUrgent:    {10 * time.Minute, 30 * time.Minute, time.Hour},
		dialog.PaceWaiting:   {30 * time.Minute, 2 * time.Hour, 8 * time.Hour},
		dialog.PaceConcern:   {4 * time.Hour, 12 * time.Hour, 24 * time.Hour},
	}
}

// Nobody says that no one can be told but by the console.
func (a Alerts) Nobody() bool { return len(a.Team)+len(a.DutyManager)+len(a.Fallback) == 0 }

// Everybody lists each address once.
func (a Alerts) Everybody() []dialog.StaffAddress {
	var everybody []dialog.StaffAddress
	for _, to := range slices.Concat(a.Team, a.DutyManager, a.Fallback) {
		if !slices.Contains(everybody, to) {
			everybody = append(everybody, to)
		}
	}
	return everybody
}

// to is who a step tells.
func (a Alerts) to(s dialog.Step) []dialog.StaffAddress {
	switch s {
	case dialog.StepTeam:
		return a.Team
	case dialog.StepDutyManager:
		return a.DutyManager
	case dialog.StepFallback:
		return a.Fallback
	}
	return a.Everybody()
}

// check completes the settings and says what is wrong with them.
func (a *Alerts) check() error {
	all := AlertAfter()
	for pace, after := range a.After {
		all[pace] = after
	}
	a.After = all
	if !a.Nobody() && (a.Teller == nil || a.Link == nil) {
		return errors.New("desk: there is somebody to alert, but Teller or Link is missing")
	}
	return nil
}

// The pauses between the times that everybody is told again. They grow, so that
// a night is not a thousand calls, and never end.
const (
	againAfter = 5 * time.Minute
	againMost  = time.Hour
)

// due is when a step of a clock is raised. The steps after the fallback are
// counted from now, when the one before is raised.
func (a Alerts) due(p dialog.Pace, s dialog.Step, began, now time.Time) time.Time {
	after := a.After[p]
	switch s {
	case dialog.StepTeam:
		return began.Add(after.Team)
	case dialog.StepDutyManager:
		return began.Add(after.DutyManager)
	case dialog.StepFallback:
		return began.Add(after.Fallback)
	}
	first := max(after.Fallback-after.DutyManager, againAfter)
	return now.Add(min(first<<min(s-dialog.StepFallback-1, 10), max(first, againMost)))
}

// clock is the first step of a matter's clock.
func (d *Desk) clock(conv dialog.Conversation, m dialog.Matter, subject string, p dialog.Pace, began, now time.Time) dialog.Alarm {
	a := dialog.Alarm{
		ID: dialog.AlarmID(dialog.NewID(now)), Conversation: conv.ID, Matter: m, Subject: subject, Pace: p,
		Step: dialog.StepTeam, State: dialog.AlarmDue, Began: began,
	}
	a.DueAt = d.Alerts.due(p, dialog.StepTeam, began, now)
	if conv.Holder.Kind == dialog.Staff {
		// Somebody of the team has it and sees it at once: they have as long as
		// the team would have had.
		a.DueAt = d.Alerts.due(p, dialog.StepDutyManager, began, now)
	}
	return a
}

// startClock begins the clock of a new concern in the transaction that writes
// it. One that has become worse is found by the audit, and so is one that a
// worker lets go of again.
func (d *Desk) startClock(tx dialog.Tx, conv dialog.Conversation, w concernWrite, now time.Time) error {
	if w.concern == nil || w.expected != 0 || conv.Holder.Kind == dialog.Staff {
		return nil
	}
	return tx.InsertAlarm(d.clock(conv, dialog.MatterConcern, string(w.concern.ID), dialog.PaceOf(w.concern.Level), now, now))
}

// standing is how a matter stands, whatever its clock says.
type standing struct {
	open  bool // no person has taken it
	pace  dialog.Pace
	since time.Time // when it began to wait
	ref   string
}

// standing reads how a matter stands. A clock is stopped by nothing else: what
// has taken a matter is what the records say, and not a message that could get
// lost between them and the clock.
func (d *Desk) standing(r dialog.Reader, conv dialog.Conversation, a dialog.Alarm) (s standing, err error) {
	switch a.Matter {
	case dialog.MatterConcern:
		s, err = concernStanding(r, conv, dialog.ConcernID(a.Subject))
	case dialog.MatterRecording:
		s, err = recordingStanding(r, conv, dialog.RecordingID(a.Subject))
	case dialog.MatterWaiting:
		s, err = waitStanding(r, conv)
	case dialog.MatterLine:
		s, err = lineStanding(r, conv, a)
	}
	if err != nil {
		return standing{}, fmt.Errorf("how the %s of %s stands: %w", a.Matter, a.Conversation, err)
	}
	if s.ref == "" {
		s.ref = conv.Ref
	}
	return s, nil
}

// concernStanding: a concern is taken once somebody acknowledged it, or holds
// its conversation.
func concernStanding(r dialog.Reader, conv dialog.Conversation, id dialog.ConcernID) (standing, error) {
	c, err := r.Concern(id)
	if err != nil {
		return standing{}, err
	}
	duties, err := r.Obligations(id)
	if err != nil {
		return standing{}, err
	}
	s := standing{pace: dialog.PaceOf(c.Level), since: c.OpenedAt, ref: c.Ref}
	s.open = c.Open() && c.Level > dialog.LevelNone && conv.Holder.Kind != dialog.Staff &&
		slices.ContainsFunc(duties, func(o dialog.Obligation) bool { return o.Kind == dialog.Acknowledge && o.State == dialog.Open })
	return s, nil
}

// recordingStanding: a recording is taken once somebody listened to it. What it
// says nobody knows until then, unless it is known to be silent.
func recordingStanding(r dialog.Reader, conv dialog.Conversation, id dialog.RecordingID) (standing, error) {
	rec, err := r.Recording(id)
	if err != nil {
		return standing{}, err
	}
	s := standing{pace: recordingPace(rec), since: rec.CreatedAt, open: rec.ListenedAt.IsZero() && conv.Open()}
	if !s.open {
		return s, nil
	}
	concerns, err := r.Concerns(conv.ID)
	if err != nil {
		return standing{}, err
	}
	for _, c := range concerns {
		duties, err := r.Obligations(c.ID)
		if err != nil {
			return standing{}, err
		}
		for _, o := range duties {
			if o.Kind == dialog.Listen && o.State == dialog.Excused && !o.At.Before(rec.CreatedAt) {
				s.open = false
			}
		}
	}
	return s, nil
}

func recordingPace(rec dialog.Recording) dialog.Pace {
	if rec.State == dialog.RecordingSilent {
		return dialog.PaceConcern
	}
	return dialog.PaceUrgent
}

// waitStanding: a conversation waits while words of the person are unanswered,
// or while it is on the list for a reason that has no clock of its own. With a
// concern it waits at the concern's pace.
func waitStanding(r dialog.Reader, conv dialog.Conversation) (standing, error) {
	s := standing{pace: dialog.PaceWaiting, since: conv.WaitingSince}
	if !conv.Open() {
		return s, nil
	}
	switch conv.Waiting {
	case dialog.WaitingPerson, dialog.WaitingReply:
		s.open = true
	case dialog.WaitingReview, dialog.WaitingDelivery:
		s.open, s.pace = true, dialog.PaceConcern
	case dialog.WaitingRisk:
		concerns, err := r.Concerns(conv.ID)
		if err != nil {
			return standing{}, err
		}
		s.open = !slices.ContainsFunc(concerns, dialog.Concern.Open)
	case dialog.WaitingNone, dialog.WaitingVoice:
	}
	if conv.AnsweredSeq < conv.LastInSeq {
		s.open = true
		events, err := r.Events(conv.ID, conv.AnsweredSeq, 50)
		if err != nil {
			return standing{}, err
		}
		if i := slices.IndexFunc(events, func(e dialog.Event) bool { return e.Kind == dialog.SaidIn }); i >= 0 && !s.since.After(events[i].At) {
			s.since = events[i].At
		}
	}
	if conv.Level > dialog.LevelNone {
		s.pace = dialog.PaceOf(conv.Level)
	}
	return s, nil
}

// lineStanding: a line that did not arrive is taken once a worker did something
// in the conversation, or when it turns out that it did arrive.
func lineStanding(r dialog.Reader, conv dialog.Conversation, a dialog.Alarm) (standing, error) {
	item, err := r.OutboxItem(dialog.OutboxID(a.Subject))
	if err != nil {
		return standing{}, err
	}
	s := standing{pace: a.Pace, since: a.Began}
	if item.State != dialog.OutboxFailed || !conv.Open() {
		return s, nil
	}
	last, err := lastAct(r, conv)
	s.open = last.Before(a.Began)
	return s, err
}

// lastAct is when a worker last did something in a conversation, as far back as
// its newest events go; zero when none did.
func lastAct(r dialog.Reader, conv dialog.Conversation) (at time.Time, err error) {
	const lookBack = 200
	events, err := r.Events(conv.ID, max(0, conv.LastSeq-lookBack), lookBack)
	for _, e := range events {
		if e.By != "" {
			at = e.At
		}
	}
	return at, err
}
