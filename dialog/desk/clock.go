package desk

import (
	"errors"
	"fmt"
	"slices"
	"strings"
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

// After is dialog.After.
type After = dialog.After

// AlertAfter is how fast the clocks run unless told otherwise: immediate is
// now, urgent within the hour, concern within the day.
func AlertAfter() map[dialog.Pace]After {
	return map[dialog.Pace]After{
		dialog.PaceImmediate: {Team: 0, DutyManager: 5 * time.Minute, Fallback: 10 * time.Minute},
		dialog.PaceUrgent:    {Team: 10 * time.Minute, DutyManager: 30 * time.Minute, Fallback: time.Hour},
		dialog.PaceWaiting:   {Team: 30 * time.Minute, DutyManager: 2 * time.Hour, Fallback: 8 * time.Hour},
		dialog.PaceConcern:   {Team: 4 * time.Hour, DutyManager: 12 * time.Hour, Fallback: 24 * time.Hour},
	}
}

// Nobody says that no one can be told but by the console.
func (a Alerts) Nobody() bool { return len(a.Team)+len(a.DutyManager)+len(a.Fallback) == 0 }

// Everybody lists each address once.
func (a Alerts) Everybody() []dialog.StaffAddress { return once(a.Team, a.DutyManager, a.Fallback) }

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
	alerts := d.alerts(conv)
	a.DueAt = alerts.due(p, dialog.StepTeam, began, now)
	if conv.Holder.Kind == dialog.Staff {
		// Somebody of the team has it and sees it at once: they have as long as
		// the team would have had.
		a.DueAt = alerts.due(p, dialog.StepDutyManager, began, now)
	}
	return a
}

// startClock begins the clock of a new concern in the transaction that writes
// it. One that has become worse is found by the audit.
func (d *Desk) startClock(tx dialog.Tx, conv dialog.Conversation, w concernWrite, now time.Time) error {
	if w.concern == nil || w.expected != 0 || conv.Test {
		return nil
	}
	return tx.InsertAlarm(d.clock(conv, dialog.MatterConcern, string(w.concern.ID), dialog.PaceOf(w.concern.Level), now, now))
}

// letGo begins the clock of the open concern again, when its holder hands the
// conversation back: it is nobody's from now on, until it is acknowledged.
func (e *edit) letGo() error {
	c, found, err := e.openConcern()
	if err != nil || !found {
		return err
	}
	cur, err := e.tx.AlarmOf(string(c.ID))
	if errors.Is(err, dialog.ErrNotFound) {
		return nil // the audit begins it, where one is owed
	}
	if err != nil {
		return err
	}
	s, err := concernStanding(e.tx, e.conv, c.ID)
	if err != nil {
		return err
	}
	cur.State = dialog.AlarmTaken
	if err := e.tx.UpdateAlarm(cur); err != nil || !s.open {
		return err
	}
	return e.tx.InsertAlarm(e.d.clock(e.conv, dialog.MatterConcern, cur.Subject, s.pace, e.now, e.now))
}

// standing is how a matter stands, whatever its clock says.
type standing struct {
	open  bool // no person has taken it for good
	pace  dialog.Pace
	since time.Time // when it began to wait, or when its holder last did something
	ref   string
}

// taken says that nobody need be told of a step: the matter is settled, or
// somebody has done something about it since the step's clock began.
func (s standing) taken(a dialog.Alarm) bool { return !s.open || s.since.After(a.Began) }

// standing reads how a matter stands. A clock is stopped by nothing else: what
// has taken a matter is what the records say, and not a message that could get
// lost between them and the clock.
func (d *Desk) standing(r dialog.Reader, conv dialog.Conversation, a dialog.Alarm) (s standing, err error) {
	if conv.Test {
		s, err = lineTestStanding(r, a)
		s.ref = conv.Ref
		return s, err
	}
	switch a.Matter {
	case dialog.MatterConcern:
		s, err = concernStanding(r, conv, dialog.ConcernID(a.Subject))
	case dialog.MatterMoved:
		id, _, _ := strings.Cut(a.Subject, "@")
		s, err = concernStanding(r, conv, dialog.ConcernID(id))
	case dialog.MatterAct, dialog.MatterFeedBack, dialog.MatterListen:
		id, kind, _ := strings.Cut(a.Subject, "/")
		s, err = dutyStanding(r, conv, dialog.ConcernID(id), dialog.ObligationKind(kind))
	case dialog.MatterRecording:
		s, err = recordingStanding(r, conv, dialog.RecordingID(a.Subject))
	case dialog.MatterLineTest: // of a test only
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

// concernStanding: a concern is taken once somebody acknowledged it. Whoever
// holds its conversation has it for as long as they do something: the clock is
// counted from what they did last.
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
	s.open = c.Open() && c.Level > dialog.LevelNone && duty(duties, dialog.Acknowledge).State == dialog.Open
	if !s.open || conv.Holder.Kind != dialog.Staff {
		return s, nil
	}
	last, err := lastAct(r, conv, conv.Holder.Worker)
	if last.After(s.since) {
		s.since = last
	}
	return s, err
}

// duty is the one of a kind; its state is empty where the concern has none.
func duty(duties []dialog.Obligation, kind dialog.ObligationKind) dialog.Obligation {
	for _, o := range duties {
		if o.Kind == kind {
			return o
		}
	}
	return dialog.Obligation{}
}

// dutyStanding: a duty is overdue from its time on until it is met or excused.
// Until the concern itself is acknowledged, or set to none, the concern's own
// clock runs instead.
func dutyStanding(r dialog.Reader, conv dialog.Conversation, id dialog.ConcernID, kind dialog.ObligationKind) (standing, error) {
	c, err := r.Concern(id)
	if err != nil {
		return standing{}, err
	}
	duties, err := r.Obligations(id)
	if err != nil {
		return standing{}, err
	}
	o, acknowledged := duty(duties, kind), duty(duties, dialog.Acknowledge)
	s := standing{pace: dialog.DutyPace(kind, c.Level), since: o.DueAt, ref: c.Ref}
	s.open = c.Open() && o.State == dialog.Open && (c.Level == dialog.LevelNone || acknowledged.State != dialog.Open)
	if acknowledged.State != dialog.Open && acknowledged.At.After(s.since) {
		s.since = acknowledged.At
	}
	if !s.open || kind != dialog.Listen {
		return s, nil
	}
	recordings, err := r.Recordings(conv.ID) // one that nobody heard has a clock of its own
	s.open = !slices.ContainsFunc(recordings, func(rec dialog.Recording) bool { return rec.ListenedAt.IsZero() })
	return s, err
}

// recordingStanding: a recording is taken once somebody listened to it. What it
// says nobody knows until then, unless it is known to be silent.
func recordingStanding(r dialog.Reader, conv dialog.Conversation, id dialog.RecordingID) (standing, error) {
	rec, err := r.Recording(id)
	if err != nil {
		return standing{}, err
	}
	s := standing{pace: recordingPace(rec), since: rec.CreatedAt, open: rec.ListenedAt.IsZero()}
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
// concern it waits at the concern's pace. One that is closed waits for as long
// as it is on the list.
func waitStanding(r dialog.Reader, conv dialog.Conversation) (standing, error) {
	s := standing{pace: dialog.PaceWaiting, since: conv.WaitingSince}
	if !conv.Open() && conv.Waiting == dialog.WaitingNone {
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
	if item.State != dialog.OutboxFailed || !conv.Open() && conv.Waiting == dialog.WaitingNone {
		return s, nil
	}
	last, err := lastAct(r, conv, "")
	s.open = last.Before(a.Began)
	return s, err
}

// lastAct is when a worker, or any where by is empty, last did something in a
// conversation, as far back as its newest events go; zero when none did.
func lastAct(r dialog.Reader, conv dialog.Conversation, by dialog.WorkerID) (at time.Time, err error) {
	const lookBack = 200
	events, err := r.Events(conv.ID, max(0, conv.LastSeq-lookBack), lookBack)
	for _, e := range events {
		if e.By != "" && (by == "" || e.By == by) {
			at = e.At
		}
	}
	return at, err
}
