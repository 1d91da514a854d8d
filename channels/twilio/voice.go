package twilio

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/twilio/twilio-go/twiml"

	"helpline/dialog"
)

const (
	// longestMessage is how long somebody may speak, in seconds.
	longestMessage = "300"
	// silence is how many quiet seconds end a recording. It is three times
	// Twilio's default, for people who weep, and for Relay UK, where typed words are
	// read out after a while (https://relayuk.bt.com).
	silence = "15"
)

// withheld are the values of From that stand for no number
// (https://help.twilio.com/articles/223179988).
var withheld = map[string]bool{
	"": true, "anonymous": true, "restricted": true, "blocked": true, "unknown": true, "unavailable": true, "private": true,
	"+266696687": true, "+7378742833": true, "+2562533": true, "+8656696": true, "+86282452253": true,
}

func caller(f form) dialog.Address { return callerAddress(f.get("From")) }

func callerAddress(from string) dialog.Address {
	from = strings.TrimSpace(from)
	if withheld[strings.ToLower(from)] {
		from = ""
	}
	return dialog.Address{Medium: dialog.Voice, Value: from}
}

// call answers the telephone: POST /twilio/voice. When the desk cannot take
// the call, the caller still hears where to turn and can leave a message: it
// reaches us by the recording's own webhooks.
func (w *webhooks) call(c echo.Context, f form) error {
	if lacking := f.need("CallSid"); len(lacking) > 0 {
		return missing(c, lacking...)
	}
	got, err := w.receive(c, dialog.Inbound{
		Kind: dialog.InCall, Line: w.VoiceLine, Medium: dialog.Voice, From: caller(f),
		ProviderID: f.get("CallSid"), CallID: f.get("CallSid"),
	})
	if err != nil {
		w.Logger.Error("call not accepted", "error", err)
	}
	verbs := w.lines(got.Lines)
	if len(verbs) == 0 {
		verbs = w.say(w.Script.Greeting)
	}
	if got.Then == dialog.ThenHangUp {
		return w.answer(c, append(verbs, twiml.VoiceHangup{}))
	}
	return w.answer(c, append(verbs, w.record()...))
}

// recorded goes on after a message: POST /twilio/voice/recorded. The caller
// may still be on the line.
func (w *webhooks) recorded(c echo.Context, f form) error {
	if lacking := f.need("CallSid", "RecordingSid", "RecordingUrl"); len(lacking) > 0 {
		return missing(c, lacking...)
	}
	got, err := w.receive(c, w.message(f))
	if err != nil {
		// Said to whoever is on the line. What stores the message after all
		// is the other webhook, which Twilio repeats.
		w.Logger.Error("recorded message not accepted", "error", err)
		return w.answer(c, append(w.say(w.Script.Error), twiml.VoiceHangup{}))
	}
	verbs := w.lines(got.Lines)
	if len(verbs) == 0 {
		verbs = w.say(w.Script.Recorded(got.Ref))
	}
	if got.Then == dialog.ThenRecord {
		return w.answer(c, append(verbs, w.record()...))
	}
	return w.answer(c, append(verbs, twiml.VoiceHangup{}))
}

// recording takes word that a recording is ready: POST /twilio/voice/recording.
// It has no From; the desk knows the call. It may come before, after or
// without the webhook above, and more than once.
func (w *webhooks) recording(c echo.Context, f form) error {
	if lacking := f.need("CallSid", "RecordingSid"); len(lacking) > 0 {
		return missing(c, lacking...)
	}
	switch f.get("RecordingStatus") {
	case "in-progress", "absent": // not over, or nobody spoke: the call itself is on the list
		return c.NoContent(http.StatusNoContent)
	}
	if lacking := f.need("RecordingUrl"); len(lacking) > 0 {
		return missing(c, lacking...)
	}
	if _, err := w.receive(c, w.message(f)); err != nil {
		return w.refused(c, "recording", err)
	}
	return c.NoContent(http.StatusNoContent)
}

// callStatus is told that a call is over. Whatever was said has come by the
// other webhooks.
func (w *webhooks) callStatus(c echo.Context, _ form) error {
	return c.NoContent(http.StatusNoContent)
}

func (w *webhooks) message(f form) dialog.Inbound {
	seconds, err := strconv.Atoi(f.get("RecordingDuration"))
	if err != nil || seconds < 0 {
		seconds = 0 // "-1" until Twilio knows
	}
	sid := f.get("RecordingSid")
	return dialog.Inbound{
		Kind: dialog.InRecording, Line: w.VoiceLine, Medium: dialog.Voice, From: caller(f),
		ProviderID: sid, CallID: f.get("CallSid"),
		Media: []dialog.Media{{ProviderID: sid, URL: f.get("RecordingUrl"), Duration: time.Duration(seconds) * time.Second}},
	}
}

func (w *webhooks) lines(events []dialog.Event) (verbs []twiml.Element) {
	for _, e := range events {
		verbs = append(verbs, w.say(e.Text)...)
	}
	return verbs
}

func (d *Driver) say(text string) []twiml.Element {
	if text == "" {
		return nil
	}
	return []twiml.Element{twiml.VoiceSay{Message: text, Voice: d.Script.Voice, Language: d.Script.Language}}
}

// record waits for a message. Twilio goes on to the next verb only when nobody
// spoke: then there is a second chance.
func (w *webhooks) record() []twiml.Element {
	record := twiml.VoiceRecord{
		Action: w.public + "/twilio/voice/recorded",
		// The fragment tells Twilio to try again; it is not part of the address
		// (https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides).
		RecordingStatusCallback: w.public + "/twilio/voice/recording#rc=5&rp=all",
		MaxLength:               longestMessage,
		Timeout:                 silence,
		FinishOnKey:             "#",
		PlayBeep:                "true",
		Trim:                    "do-not-trim",
	}
	verbs := append([]twiml.Element{record}, w.say(w.Script.NothingHeard)...)
	verbs = append(verbs, record)
	verbs = append(verbs, w.say(w.Script.NothingHeard)...)
	return append(verbs, twiml.VoiceHangup{})
}

func (w *webhooks) answer(c echo.Context, verbs []twiml.Element) error {
	doc, err := twiml.Voice(verbs)
	if err != nil {
		return w.refused(c, "voice", err)
	}
	return answerXML(c, doc)
}
