package dialog

import (
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

// MayTell says that feedback may hold something personal about the prisoner.
func (h Handling) MayTell() bool { return h.Consent == ConsentGiven && h.Harm == HarmNone }

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
