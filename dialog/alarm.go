package dialog

import "time"

// AlarmID names one step of one clock. NoticeID names one attempt to tell
// somebody; it goes to the provider inside the callback address, so it says
// nothing about anybody.
type (
	AlarmID  string
	NoticeID string
)

// Matter is what a clock runs for: something that no person has taken yet.
type Matter string

// The matters.
const (
	MatterConcern   Matter = "concern"   // an open concern that nobody acknowledged
	MatterRecording Matter = "recording" // a recorded message that nobody listened to
	MatterWaiting   Matter = "waiting"   // a conversation in which somebody waits for a person
	MatterLine      Matter = "line"      // a line of ours that did not arrive
	MatterAct       Matter = "act"       // what was to be done about a concern is overdue
	MatterFeedBack  Matter = "feed_back" // whoever raised a concern should have been told
	MatterListen    Matter = "listen"    // a concern's message should have been listened to
	MatterMoved     Matter = "moved"     // a concern came to a team that has not been told of it
)

// DutyMatter is what the clock of an overdue duty runs for; false for a duty
// that the concern's own clock watches.
func DutyMatter(k ObligationKind) (Matter, bool) {
	switch k {
	case Act:
		return MatterAct, true
	case FeedBack:
		return MatterFeedBack, true
	case Listen:
		return MatterListen, true
	case Acknowledge:
	}
	return "", false
}

// Pace is how fast a clock runs.
type Pace string

// The paces: those of the three levels, and that of a conversation without a
// concern in which somebody waits for a person.
const (
	PaceImmediate Pace = "immediate"
	PaceUrgent    Pace = "urgent"
	PaceConcern   Pace = "concern"
	PaceWaiting   Pace = "waiting"
)

// Paces lists them, the fastest first.
func Paces() []Pace { return []Pace{PaceImmediate, PaceUrgent, PaceWaiting, PaceConcern} }

// PaceOf is the pace of a level.
func PaceOf(l Level) Pace {
	switch l {
	case LevelImmediate:
		return PaceImmediate
	case LevelUrgent:
		return PaceUrgent
	case LevelConcern, LevelNone:
		return PaceConcern
	}
	return PaceConcern
}

// Step is how far a clock has come: who is told next. Steps after the fallback
// tell everybody again, for as long as nobody takes the matter.
type Step int

// The steps that have a name.
const (
	StepTeam Step = iota + 1
	StepDutyManager
	StepFallback
)

func (s Step) String() string {
	switch s {
	case StepTeam:
		return "team"
	case StepDutyManager:
		return "duty manager"
	case StepFallback:
		return "fallback"
	}
	return "everybody"
}

// AlarmState is how a step stands.
type AlarmState string

// The states of a step.
const (
	AlarmDue    AlarmState = "due"    // its time is DueAt; a matter has at most one
	AlarmRaised AlarmState = "raised" // people were told, or are being told
	AlarmTaken  AlarmState = "taken"  // a person took the matter before the time came
	AlarmFaster AlarmState = "faster" // a faster clock took its place
	// AlarmPromised is no step but a mark: somebody who was rung said that they
	// have it, and the step after the one that told them was put off, once.
	AlarmPromised AlarmState = "promised"
)

// Alarm is one step of the clock of one matter. Clocks do not expire: the step
// that is due is followed by another until a person takes the matter.
type Alarm struct {
	ID           AlarmID
	Conversation ConversationID
	Matter       Matter
	Subject      string // the id of the concern, recording, conversation or line
	Pace         Pace
	Step         Step
	State        AlarmState
	Began        time.Time // when the clock began to run
	DueAt        time.Time
	RaisedAt     time.Time // zero until raised
}

// Way is how a member of staff is told.
type Way string

// The ways. Each has a word of its own in the settings: "sms:", "tel:" and
// "mailto:".
const (
	WayText Way = "sms"
	WayCall Way = "tel"
	WayMail Way = "mailto"
)

// StaffAddress is where a member of staff is told. It prints redacted.
type StaffAddress struct {
	Way   Way
	Value string
}

// String hides the value.
func (a StaffAddress) String() string { return string(a.Way) + ":redacted" }

// MarshalText hides the value from encoders of logs and of JSON.
func (a StaffAddress) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// NoticeState is how far a notice has come on its way to a member of staff.
type NoticeState string

// The states of a notice.
const (
	NoticeQueued    NoticeState = "queued"
	NoticeSending   NoticeState = "sending" // NextAt is when its lease ends
	NoticeSent      NoticeState = "sent"    // the provider has it
	NoticeDelivered NoticeState = "delivered"
	NoticeFailed    NoticeState = "failed"
	NoticeDropped   NoticeState = "dropped" // the matter was taken before it went
)

// StaffNotice tells one address of one alarm.
type StaffNotice struct {
	ID           NoticeID
	Alarm        AlarmID
	Conversation ConversationID
	To           StaffAddress
	State        NoticeState
	Attempts     int
	NextAt       time.Time // not before; for sending, the end of the lease
	ProviderID   string
	Code         string
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// Alarmed is the kind of event that says that an alarm was raised, or that a
// notice of it did not arrive. Only staff see it.
const Alarmed EventKind = "alarmed"

// DutyPace is how fast the clock of an overdue duty runs. Nobody is in danger
// because a family has not been told yet; what is to be done is as urgent as the concern.
func DutyPace(k ObligationKind, l Level) Pace {
	if k == FeedBack {
		return PaceConcern
	}
	return PaceOf(l)
}

// DutySubject is what the clock of an overdue duty is kept by.
func DutySubject(c ConcernID, k ObligationKind) string { return string(c) + "/" + string(k) }

// Promised is the kind of event that says that somebody who was rung pressed
// the key for "I have it". Who it was nobody knows but by the step and the way.
const Promised EventKind = "promised"

// PromisedData goes with Promised.
type PromisedData struct {
	Alarm  AlarmID   `json:"alarm"`
	Matter Matter    `json:"matter"`
	Step   Step      `json:"step"`
	To     string    `json:"to"` // whom the step told, as in AlarmedData
	Way    Way       `json:"way"`
	NextAt time.Time `json:"next_at,omitzero"` // when the next step comes, if nobody takes it
	PutOff bool      `json:"put_off"`          // false: it was put off before
}

// AlarmedData goes with Alarmed. Way, State and Code are set where it tells
// what became of a notice.
type AlarmedData struct {
	Alarm  AlarmID     `json:"alarm"`
	Matter Matter      `json:"matter"`
	Pace   Pace        `json:"pace"`
	Step   Step        `json:"step"`
	To     string      `json:"to"`             // "team", "duty manager", "fallback", "everybody"
	Told   int         `json:"told,omitempty"` // how many addresses are being told; 0: only the console
	Way    Way         `json:"way,omitempty"`
	State  NoticeState `json:"state,omitempty"`
	Code   string      `json:"code,omitempty"`
}

// StaffMessage is what one member of staff is told. It names nobody and repeats
// nothing of what was said: it may be read, or heard, by somebody else.
type StaffMessage struct {
	ID      NoticeID
	To      StaffAddress
	Subject string
	Text    string
}

// AlarmReader is what can be asked about clocks.
type AlarmReader interface {
	Alarm(id AlarmID) (Alarm, error)
	// Alarms lists the steps of a conversation's clocks in the order in which they came due.
	Alarms(id ConversationID) ([]Alarm, error)
	// AlarmOf is the step of a matter's clock that is due next. ErrNotFound: no clock runs.
	AlarmOf(subject string) (Alarm, error)
	// AlarmsDue lists steps whose time has come, the longest due first.
	AlarmsDue(now time.Time, limit int) ([]Alarm, error)
	// AlarmNext is when something is due next, step or notice; zero when nothing is.
	AlarmNext() (time.Time, error)

	// UnwatchedConcerns lists open concerns that nobody has acknowledged and for which no clock runs at their level's pace.
	UnwatchedConcerns(limit int) ([]Concern, error)
	// UnwatchedDuties lists open concerns that are acknowledged, or a wrong alarm, in which the duty of this kind is open
	// and no clock runs for it. The subject of a duty's clock is DutySubject, and its pace DutyPace.
	UnwatchedDuties(kind ObligationKind, limit int) ([]Concern, error)
	// UnwatchedRecordings lists recordings that nobody listened to and for which no clock runs.
	UnwatchedRecordings(limit int) ([]Recording, error)
	// UnwatchedWaits lists conversations in which somebody waits for a person and for which no clock runs. An open
	// concern or a recording, which have clocks of their own, is not such a wait.
	UnwatchedWaits(limit int) ([]Conversation, error)

	StaffNotice(id NoticeID) (StaffNotice, error)
	// StaffNotices lists those of a conversation, oldest first.
	StaffNotices(id ConversationID) ([]StaffNotice, error)
	// StaffNoticesOf lists those of one step.
	StaffNoticesOf(id AlarmID) ([]StaffNotice, error)
	// StaffNoticesSent lists those that one message of the provider carried.
	StaffNoticesSent(providerID string) ([]StaffNotice, error)
	// StaffNoticesDue lists notices that are queued, or whose lease has ended, the longest due first.
	StaffNoticesDue(now time.Time, limit int) ([]StaffNotice, error)
}

// AlarmWriter changes clocks. As elsewhere in Tx, ErrStale is returned by the
// transaction when somebody else was faster.
type AlarmWriter interface {
	// InsertAlarm begins a clock or its next step. A matter whose clock runs already makes the transaction fail with ErrStale.
	InsertAlarm(a Alarm) error
	// UpdateAlarm writes state, pace and times where the stored step is still due.
	UpdateAlarm(a Alarm) error
	InsertStaffNotices(n ...StaffNotice) error
	// UpdateStaffNotice writes state, attempts, times, provider id and code where the stored state and attempts are still those.
	UpdateStaffNotice(n StaffNotice, from NoticeState, attempts int) error
}
