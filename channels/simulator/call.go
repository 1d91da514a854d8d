package simulator

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Call is one telephone call to the helpline. It stands still wherever the
// caller has to do something, and goes on when they have.
type Call struct {
	n        *Network
	sid      string
	from, to string
	at       time.Time

	mu      sync.Mutex
	status  string // Twilio's: ringing, in-progress, completed
	said    []string
	address string  // of the document that is being carried out
	rest    []*verb // still to be carried out
	waiting *verb   // the Record that waits for the caller
	ended   bool
}

// The errors of a caller.
var (
	ErrEnded      = errors.New("the call is over")
	ErrNotWaiting = errors.New("nothing is being recorded")
)

// applicationError is what Twilio's own voice says when a webhook fails.
const applicationError = "We are sorry, an application error has occurred. Goodbye."

// maxSteps keeps TwiML that redirects to itself from going round for ever.
const maxSteps = 50

// Call rings the helpline. from is empty when the caller withholds it. It
// returns once the helpline waits for the caller, or has hung up.
func (n *Network) Call(ctx context.Context, from, to string) (*Call, error) {
	if from == "" {
		from = "+266696687" // ANONYMOUS on a keypad, as Twilio writes it
	}
	c := &Call{n: n, sid: newSID("CA"), from: from, to: to, at: n.Now(), status: "ringing"}
	n.mu.Lock()
	n.calls[c.sid] = c
	if len(n.calls) > keep {
		for sid, old := range n.calls {
			if old.at.Before(c.at.Add(-time.Hour)) {
				delete(n.calls, sid)
			}
		}
	}
	n.touch()
	n.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	defer n.poke()
	return c, c.load(ctx, n.VoiceURL, nil)
}

// SID is the call's id.
func (c *Call) SID() string { return c.sid }

// Said returns everything the caller has heard, in order. A tone is "(tone)".
func (c *Call) Said() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.said...)
}

// Waiting says that the helpline listens to what the caller says.
func (c *Call) Waiting() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.waiting != nil
}

// Ended says that the call is over.
func (c *Call) Ended() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended
}

// Record speaks a message (a WAV file) after the tone and presses the hash
// key. A file without sound in it is as good as silence.
func (c *Call) Record(ctx context.Context, wav []byte) error {
	return c.speak(ctx, wav, "#")
}

// RecordAndHangUp speaks a message and hangs up.
func (c *Call) RecordAndHangUp(ctx context.Context, wav []byte) error {
	return c.speak(ctx, wav, "hangup")
}

// Silence lets a recording run out without a word: nothing was recorded, and
// the call goes on behind it.
func (c *Call) Silence(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.n.poke()
	if err := c.canSpeak(); err != nil {
		return err
	}
	c.waiting = nil
	return c.run(ctx)
}

// HangUp ends the call without a word.
func (c *Call) HangUp(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.n.poke()
	if c.ended {
		return ErrEnded
	}
	c.end(ctx)
	return nil
}

func (c *Call) canSpeak() error {
	switch {
	case c.ended:
		return ErrEnded
	case c.waiting == nil:
		return ErrNotWaiting
	}
	return nil
}

func (c *Call) speak(ctx context.Context, wav []byte, digits string) error {
	length, err := duration(wav)
	if err != nil {
		return fmt.Errorf("speak: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.n.poke()
	if err := c.canSpeak(); err != nil {
		return err
	}
	if length == 0 {
		if digits == "hangup" {
			c.end(ctx)
			return nil
		}
		c.waiting = nil
		return c.run(ctx)
	}
	record := c.waiting
	c.waiting = nil
	rec := c.n.keepRecording(wav, c.sid, length)
	if digits == "hangup" {
		c.status = "completed"
	}
	told := c.n.tellRecording(rec, c.resolve(record.attrs["recordingStatusCallback"]))
	more := url.Values{
		"RecordingUrl": {rec.url}, "RecordingSid": {rec.sid},
		"RecordingDuration": {strconv.Itoa(rec.seconds())}, "Digits": {digits},
	}
	if told.first {
		told.run()
	}
	err = c.load(ctx, c.resolve(record.attrs["action"]), more)
	if !told.first {
		c.n.work.Go(told.run)
	}
	if digits == "hangup" && !c.ended {
		c.end(ctx)
	}
	return err
}

// form is what Twilio says about a call in each of its webhooks.
func (c *Call) form() url.Values {
	return url.Values{
		"AccountSid": {c.n.AccountSID}, "ApiVersion": {apiVersion}, "CallSid": {c.sid}, "CallStatus": {c.status},
		"Direction": {"inbound"}, "From": {c.from}, "Caller": {c.from}, "To": {c.to}, "Called": {c.to},
		"FromCountry": {"GB"}, "CallerCountry": {"GB"}, "ToCountry": {"GB"}, "CalledCountry": {"GB"},
		"FromCity": {""}, "FromState": {""}, "FromZip": {""}, "ToCity": {""}, "ToState": {""}, "ToZip": {""},
	}
}

// load asks a webhook what to do and does it.
func (c *Call) load(ctx context.Context, address string, more url.Values) error {
	form := c.form()
	for name, values := range more {
		form[name] = values
	}
	got := c.n.deliver(ctx, address, c.n.VoiceFallback, form)
	verbs, err := parseTwiML(got.body)
	if !got.ok() {
		err = got.failure()
	}
	if err != nil {
		c.said = append(c.said, applicationError)
		c.end(ctx)
		return fmt.Errorf("call %s: %w", c.sid, err)
	}
	if c.status == "ringing" {
		c.status = "in-progress"
	}
	c.rest, c.address = verbs, got.address
	return c.run(ctx)
}

// run carries out verbs until one waits for the caller or there are no more:
// then the call is over.
func (c *Call) run(ctx context.Context) error {
	for step := 0; step < maxSteps; step++ {
		if len(c.rest) == 0 || c.status == "completed" {
			c.end(ctx)
			return nil
		}
		v := c.rest[0]
		c.rest = c.rest[1:]
		switch v.name {
		case "Say":
			if text := v.text(); text != "" {
				c.said = append(c.said, text)
			}
		case "Pause":
		case "Play":
			c.said = append(c.said, "(sound)")
		case "Record":
			if v.attrs["playBeep"] != "false" {
				c.said = append(c.said, "(tone)")
			}
			c.waiting = v
			return nil
		case "Redirect":
			return c.load(ctx, c.resolve(v.text()), nil)
		case "Hangup", "Reject":
			c.end(ctx)
			return nil
		default:
			c.said = append(c.said, applicationError)
			c.end(ctx)
			return fmt.Errorf("call %s: TwiML: this network does not know <%s>", c.sid, v.name)
		}
	}
	c.end(ctx)
	return fmt.Errorf("call %s: TwiML without an end", c.sid)
}

// resolve makes a link in TwiML absolute. An empty one is the document itself.
func (c *Call) resolve(link string) string {
	base, err := url.Parse(c.address)
	if err != nil || link == "" {
		return c.address
	}
	u, err := base.Parse(link)
	if err != nil {
		return c.address
	}
	return u.String()
}

// end hangs up and tells the helpline's status webhook.
func (c *Call) end(_ context.Context) {
	c.ended, c.waiting, c.rest, c.status = true, nil, nil, "completed"
	form := c.form()
	form.Set("CallDuration", strconv.Itoa(max(1, int(c.n.Now().Sub(c.at)/time.Second))))
	c.n.work.Go(func() {
		if got := c.n.deliver(c.n.ctx, c.n.WebhookBase+"/twilio/voice/status", "", form); !got.ok() && c.n.ctx.Err() == nil {
			c.n.Logger.Warn("pretend network: the end of a call was not taken", "status", got.status)
		}
	})
}

// poke tells pages that a call went on.
func (n *Network) poke() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.touch()
}

// call finds a call by its id.
func (n *Network) call(sid string) (*Call, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	c, ok := n.calls[strings.TrimSpace(sid)]
	return c, ok
}
