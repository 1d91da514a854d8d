package dialog

import (
	"crypto/sha256"
	"strings"
	"time"
)

// Consent is what the person in prison said to the family being told things.
// Staff ask; they never tell first.
type Consent string

// The answers. A family may be told nothing personal before ConsentGiven.
const (
	ConsentNotAsked Consent = ""
	ConsentGiven    Consent = "given"
	ConsentRefused  Consent = "refused"
)

// Harm is whether contact, or an answer, may do harm: an order against contact,
// the writer as a victim, a prisoner who must not learn who wrote.
type Harm string

// The answers. No feedback goes out before one of the last two.
const (
	HarmNotAsked Harm = ""
	HarmNone     Harm = "none"
	HarmPossible Harm = "possible"
)

// Signed is who wrote something down, and when.
type Signed struct {
	By   WorkerID  `json:"by,omitempty"`
	Name string    `json:"name,omitempty"`
	At   time.Time `json:"at,omitzero"`
}

// Handling is what staff wrote down about a concern beside its duties: each
// apart, because none of them follows from another.
type Handling struct {
	// SpokenTo says whether staff spoke to the prisoner about this concern:
	// nil is not written down.
	SpokenTo     *bool  `json:"spoken_to,omitempty"`
	SpokenToNote string `json:"spoken_to_note,omitempty"`
	SpokenToBy   Signed `json:"spoken_to_by,omitzero"`
	// ToldOfCaller says whether the prisoner was told who raised it.
	ToldOfCaller     *bool  `json:"told_of_caller,omitempty"`
	ToldOfCallerBy   Signed `json:"told_of_caller_by,omitzero"`
	ToldOfCallerNote string `json:"told_of_caller_note,omitempty"`
	// Consent is to telling the person who raised it; ConsentCopy is where the
	// written copy is kept.
	Consent     Consent `json:"consent,omitempty"`
	ConsentCopy string  `json:"consent_copy,omitempty"`
	ConsentBy   Signed  `json:"consent_by,omitzero"`
	Harm        Harm    `json:"harm,omitempty"`
	HarmNote    string  `json:"harm_note,omitempty"`
	HarmBy      Signed  `json:"harm_by,omitzero"`
}

// Answered says that it was asked whether contact, or an answer, may do harm.
func (h Handling) Answered() bool { return h.Harm == HarmNone || h.Harm == HarmPossible }

// MayTell says that feedback may hold something personal about the prisoner.
func (h Handling) MayTell() bool { return h.Consent == ConsentGiven && h.Harm == HarmNone }

// InPrison says that the concern is about somebody in prison, who can be spoken
// to there: it is not the writer's own, and not about a child.
func (c Concern) InPrison() bool { return c.Who != WhoCaller && c.Who != WhoChild }

// PrisonNumber writes a prison number in the one way in which it is compared:
// capitals and digits alone. Empty where nothing of it is left.
func PrisonNumber(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, s)
}

// PrisonerNumbered is who has a prison number; empty for no number. It follows
// from the number alone, so that two concerns that are given it in the same
// moment agree without having to find each other.
func PrisonerNumbered(number string) PrisonerID {
	if number = PrisonNumber(number); number == "" {
		return ""
	}
	sum := sha256.Sum256([]byte("prison number " + number))
	return PrisonerID(idAlphabet.EncodeToString(sum[:16]))
}

// What staff do to the record of a concern beside its duties. Only staff see
// these events.
const (
	// Handled says what was written down about the handling; HandledData.
	Handled EventKind = "handled"
	// Corrected says what was changed of what is known; CorrectedData.
	Corrected EventKind = "corrected"
	// Linked says that a concern was joined to others about the same person, or
	// taken apart from them; LinkedData.
	Linked EventKind = "linked"
)

// HandledData goes with Handled. The event's text is the note beside the answer.
type HandledData struct {
	Concern ConcernID `json:"concern"`
	Matter  HandledOf `json:"matter"`
	Was     string    `json:"was,omitempty"`
	Now     string    `json:"now,omitempty"` // "yes", "no", or a Consent or Harm
}

// HandledOf is one of the things that Handling keeps apart.
type HandledOf string

// What Handling keeps apart.
const (
	HandledSpokenTo HandledOf = "spoken_to"
	HandledTold     HandledOf = "told_of_caller"
	HandledConsent  HandledOf = "consent"
	HandledHarm     HandledOf = "harm"
)

// CorrectedData goes with Corrected.
type CorrectedData struct {
	Concern ConcernID    `json:"concern"`
	Changes []FactChange `json:"changes"`
}

// FactChange is one fact before and after. Field is the name that Facts has in
// JSON, or "prison".
type FactChange struct {
	Field string `json:"field"`
	Was   string `json:"was,omitempty"`
	Now   string `json:"now,omitempty"`
}

// LinkedData goes with Linked. Ref is the other concern's reference.
type LinkedData struct {
	Concern ConcernID `json:"concern"`
	Ref     string    `json:"ref,omitempty"`
	Apart   bool      `json:"apart,omitempty"`
	Why     string    `json:"why,omitempty"` // "number" where nobody but the prison number joined them
}
