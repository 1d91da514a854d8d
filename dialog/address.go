package dialog

import (
	"fmt"
	"log/slog"
)

// Medium is the kind of channel a person uses. What a medium can do is said
// by its Abilities; code outside package channels never switches over it.
type Medium string

// The media. A new one adds a constant here and its Abilities in channels.
const (
	SMS     Medium = "sms"
	Webchat Medium = "webchat"
	Voice   Medium = "voice"
)

// Address is where a person can be reached on one medium: a telephone number
// in E.164 form, or the hash of a browser's secret. The value of a withheld
// caller is empty. It prints redacted, so that it cannot slip into a log.
type Address struct {
	Medium Medium
	Value  string
}

// String hides the value.
func (a Address) String() string { return string(a.Medium) + ":redacted" }

// Format hides the value whatever the verb.
func (a Address) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(a.String())) }

// LogValue hides the value from slog.
func (a Address) LogValue() slog.Value { return slog.StringValue(a.String()) }

// MarshalText hides the value from encoders of logs and of JSON. The store
// and the drivers read Value, deliberately and by name.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// Withheld says that there is no address to answer to.
func (a Address) Withheld() bool { return a.Value == "" }

// Abilities is what a medium can carry.
type Abilities struct {
	// Push is true when a line has to be handed to a provider (it goes
	// through the outbox); false when the person's client reads the event
	// log itself.
	Push bool
	// Inline is true when the reply is spoken or shown in the response to
	// the webhook that brought the message.
	Inline bool
	// Short is true when answers must be kept to the sheet's short answer.
	Short bool
	// Segments is the most text-message segments one reply may cost unless
	// the person asked for more; 0 where there are none.
	Segments int
	// Typing is true when the client can show that somebody is writing.
	Typing bool
	// Public is true when what we send may be read by somebody else on a
	// shared device, so that words of safety stay neutral.
	Public bool
}
