package dialog

import "time"

// Level is how soon people must act (RISK-LABELS of the project: none,
// concern today, urgent within the hour, immediate now).
type Level int

// The levels, lowest first, so that they compare.
const (
	LevelNone Level = iota
	LevelConcern
	LevelUrgent
	LevelImmediate
)

var levelNames = [...]string{"none", "concern", "urgent", "immediate"}

func (l Level) String() string {
	if l < 0 || int(l) >= len(levelNames) {
		return "unknown"
	}
	return levelNames[l]
}

// MarshalText writes the level's name.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads the level's name.
func (l *Level) UnmarshalText(b []byte) error {
	for i, n := range levelNames {
		if n == string(b) {
			*l = Level(i)
			return nil
		}
	}
	return &InvalidError{Field: "level", Problem: "unknown level"}
}

// Category is a kind of risk.
type Category string

// The categories.
const (
	SuicideSelfHarm  Category = "suicide_self_harm"
	ViolenceDebt     Category = "violence_bullying_debt"
	MentalHealth     Category = "mental_health"
	PhysicalHealth   Category = "physical_health"
	Substance        Category = "substance"
	FoodRefusal      Category = "food_fluid_refusal"
	BadNews          Category = "bad_news_trigger"
	NoContact        Category = "no_contact"
	ChildSafety      Category = "child_safeguarding"
	PublicProtection Category = "domestic_abuse_public_protection"
	ThreatToOthers   Category = "threat_to_others"
	CallerWellbeing  Category = "caller_wellbeing"
	OtherRisk        Category = "other_risk"
)

// Who is at risk.
type Who string

// Who can be at risk.
const (
	WhoNone     Who = "none"
	WhoPrisoner Who = "prisoner"
	WhoCaller   Who = "caller"
	WhoChild    Who = "child"
	WhoOther    Who = "other"
)

// Evidence is what an assessment saw: the sign and the words.
type Evidence struct {
	Sign string `json:"sign"`
	Text string `json:"text"`
}

// Assessment is the outcome of dialog/risk for one message.
type Assessment struct {
	Level      Level      `json:"level"`
	Categories []Category `json:"categories,omitempty"`
	Who        Who        `json:"who"`
	Language   string     `json:"language"`         // ISO 639-1; "" when it cannot be told
	Review     bool       `json:"review,omitempty"` // not plainly harmless: a person should read it
	Evidence   []Evidence `json:"evidence,omitempty"`
	Draft      bool       `json:"draft,omitempty"` // made from an automatic transcript
	// Plain says that the message is so plainly harmless that a machine may say
	// alone that it does not know the answer. It is for the turn, and not kept.
	Plain bool `json:"-"`
}

// Facts is what a safer custody team needs to know (facts 1.3 of the domain
// notes). An empty field is not known. The words are the person's own.
type Facts struct {
	PrisonerName string `json:"prisoner_name,omitempty"`
	PrisonNumber string `json:"prison_number,omitempty"`
	DateOfBirth  string `json:"date_of_birth,omitempty"`
	Happened     string `json:"happened,omitempty"` // what and when, in their words
	CallBack     string `json:"call_back,omitempty"`
	CallSafe     string `json:"call_safe,omitempty"` // what they said about when it is safe
	CallerName   string `json:"caller_name,omitempty"`
	// Wish is what they asked about who may learn of it. It is written down and
	// never promised: staff speak to the prisoner whatever the caller asks.
	Wish string `json:"wish,omitempty"`
}

// FactChanges lists what differs between two versions of the facts.
func FactChanges(was, now Facts) (changes []FactChange) {
	for _, f := range []FactChange{
		{"prisoner_name", was.PrisonerName, now.PrisonerName}, {"prison_number", was.PrisonNumber, now.PrisonNumber},
		{"date_of_birth", was.DateOfBirth, now.DateOfBirth}, {"happened", was.Happened, now.Happened},
		{"call_back", was.CallBack, now.CallBack}, {"call_safe", was.CallSafe, now.CallSafe},
		{"caller_name", was.CallerName, now.CallerName}, {"wish", was.Wish, now.Wish},
	} {
		if f.Was != f.Now {
			changes = append(changes, f)
		}
	}
	return changes
}

// Concern is the record that people work. Its obligations stay open until
// each is met or excused.
type Concern struct {
	ID           ConcernID
	Ref          string
	Conversation ConversationID
	Person       PersonID
	Level        Level
	Categories   []Category
	Who          Who
	Prison       PrisonID
	Jurisdiction Jurisdiction
	Facts        Facts
	Evidence     []Evidence
	Prisoner     PrisonerID // shared by the concerns about one person; empty: this is the only one known
	Handling     Handling
	Version      int64
	OpenedAt     time.Time
	UpdatedAt    time.Time
	ClosedAt     time.Time
	ClosedBy     WorkerID
	Outcome      string // what closed it, in the worker's words
}

// Open says that the concern is still to be worked.
func (c Concern) Open() bool { return c.ClosedAt.IsZero() }

// ObligationKind is a duty that a concern lays on staff.
type ObligationKind string

// The duties (Safer Custody Learning Bulletin 27: record, act, record what was
// done, acknowledge to whoever raised it).
const (
	Acknowledge ObligationKind = "acknowledge" // somebody answered the person
	Listen      ObligationKind = "listen"      // the recording was listened to, to its end
	Act         ObligationKind = "act"         // what was done about the person at risk
	FeedBack    ObligationKind = "feed_back"   // the person was told what can be told
)

// ObligationState is how a duty stands.
type ObligationState string

// The states of a duty.
const (
	Open    ObligationState = "open"
	Met     ObligationState = "met"
	Excused ObligationState = "excused" // not possible; Note says why
)

// Obligation is one duty of one concern.
type Obligation struct {
	Concern ConcernID
	Kind    ObligationKind
	State   ObligationState
	DueAt   time.Time
	By      WorkerID
	ByName  string
	At      time.Time
	Note    string
}

// Jurisdiction is whose rules hold.
type Jurisdiction string

// The jurisdictions of content/prisons.
const (
	Unknown         Jurisdiction = ""
	Scotland        Jurisdiction = "scotland"
	EnglandWales    Jurisdiction = "england-wales"
	NorthernIreland Jurisdiction = "northern-ireland"
	Jersey          Jurisdiction = "jersey"
	Guernsey        Jurisdiction = "guernsey"
	IsleOfMan       Jurisdiction = "isle-of-man"
)

// Prison is one establishment. A number that nobody has entered is empty; the
// service then says what it can honestly say.
type Prison struct {
	ID           PrisonID     `json:"id"`
	Name         string       `json:"name"`
	ShortName    string       `json:"short_name"`
	Jurisdiction Jurisdiction `json:"jurisdiction"`
	Kind         string       `json:"kind"`
	Aliases      []string     `json:"aliases"`
	WelshName    string       `json:"welsh_name,omitempty"`
	Town         string       `json:"town,omitempty"`
	County       string       `json:"county,omitempty"`
	Switchboard  string       `json:"switchboard"`
	ConcernLine  string       `json:"concern_line"`
	CheckedOn    string       `json:"checked_on,omitempty"`
	Source       string       `json:"source,omitempty"`
	Active       bool         `json:"active"`
}

// Role is what a worker may do.
type Role string

// The roles.
const (
	Responder    Role = "responder"
	SaferCustody Role = "safer_custody"
	Editor       Role = "editor"
	ManagerRole  Role = "manager"
	Admin        Role = "admin"
)

// Worker is a member of staff.
type Worker struct {
	ID    WorkerID
	Name  string
	Roles []Role
	Teams []TeamID // whose concerns they see; empty: all. A manager sees all.
}

// Has says that the worker has one of the roles. An admin has them all.
func (w Worker) Has(roles ...Role) bool {
	for _, have := range w.Roles {
		if have == Admin {
			return true
		}
		for _, r := range roles {
			if have == r {
				return true
			}
		}
	}
	return false
}
