package twilio

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"
	openapi "github.com/twilio/twilio-go/rest/api/v2010"
	"github.com/twilio/twilio-go/twiml"

	"helpline/dialog"
)

const (
	// timesSaid is how often a call repeats itself: whoever was asleep does not
	// hear the first.
	timesSaid = 3
	// ringFor is how long a telephone rings, in seconds.
	ringFor = 40
)

// Ring telephones a member of staff and says text, several times over. The
// error is a *dialog.SendError. Whether somebody answered comes by Report, with
// id as that of the line.
func (d *Driver) Ring(ctx context.Context, id dialog.OutboxID, to, text string) (dialog.Receipt, error) {
	if d.VoiceNumber == "" {
		return dialog.Receipt{}, &dialog.SendError{Verdict: dialog.Fail, Code: "no number", Err: errors.New("there is no number to ring from")}
	}
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	if err := ctx.Err(); err != nil {
		return dialog.Receipt{}, &dialog.SendError{Verdict: dialog.Retry, Err: err}
	}
	var words []twiml.Element
	for range timesSaid {
		words = append(words,
			twiml.VoiceSay{Message: text, Voice: d.Script.Voice, Language: d.Script.Language},
			twiml.VoicePause{Length: "1"})
	}
	// A key may be pressed at any time; an answering machine presses none.
	doc, err := twiml.Voice(append([]twiml.Element{twiml.VoiceGather{
		Input: "dtmf", NumDigits: "1", Timeout: "5", InnerElements: words,
		Action: d.public + "/twilio/voice/answered?line=" + url.QueryEscape(string(id)),
	}}, d.say(d.Script.NoKey)...))
	if err != nil {
		return dialog.Receipt{}, &dialog.SendError{Verdict: dialog.Fail, Code: "twiml", Err: errors.New("the words cannot be said")}
	}
	try := &attempt{ctx: ctx, base: d.base, api: d.api, now: d.Now}
	params := &openapi.CreateCallParams{}
	params.SetTo(to).SetFrom(d.VoiceNumber).SetTwiml(doc).SetTimeout(ringFor).
		SetStatusCallback(d.public + "/twilio/voice/told?line=" + url.QueryEscape(string(id)) + "#rc=5&rp=all")
	call, err := d.service(try).CreateCall(params)
	switch {
	case err != nil:
		return dialog.Receipt{}, try.failure(err)
	case call.Sid == nil || *call.Sid == "":
		return dialog.Receipt{}, &dialog.SendError{Verdict: dialog.Uncertain, Err: errors.New("twilio answered without a call id")}
	}
	return dialog.Receipt{ProviderID: *call.Sid}, nil
}

// rang maps Twilio's call status onto ours. Who answered, a person or a
// machine, nobody knows: a clock is not stopped by it, nor put off
// (https://www.twilio.com/docs/voice/api/call-resource#call-status-values).
var rang = map[string]dialog.OutboxState{
	"queued":      dialog.OutboxSent,
	"initiated":   dialog.OutboxSent,
	"ringing":     dialog.OutboxSent,
	"in-progress": dialog.OutboxDelivered,
	"completed":   dialog.OutboxDelivered,
	"busy":        dialog.OutboxFailed,
	"no-answer":   dialog.OutboxFailed,
	"failed":      dialog.OutboxFailed,
	"canceled":    dialog.OutboxFailed,
}

// keyForHaveIt is the key by which whoever answers says that they have it.
const keyForHaveIt = "1"

// callAnswered takes the key that somebody pressed while staff were rung: POST
// /twilio/voice/answered?line=<id>.
func (w *webhooks) callAnswered(c echo.Context, f form) error {
	if lacking := f.need("CallSid"); len(lacking) > 0 {
		return missing(c, lacking...)
	}
	if f.get("Digits") != keyForHaveIt {
		return w.answer(c, append(w.say(w.Script.NoKey), twiml.VoiceHangup{}))
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), acceptWithin)
	defer cancel()
	err := w.in.Report(ctx, dialog.DeliveryReport{
		Outbox: dialog.OutboxID(c.QueryParam("line")), ProviderID: f.get("CallSid"), State: dialog.OutboxDelivered, HasIt: true,
	})
	switch {
	case errors.Is(err, dialog.ErrNotFound):
		w.Logger.Warn("a key was pressed in a call that is not known")
		return w.answer(c, append(w.say(w.Script.NoKey), twiml.VoiceHangup{}))
	case err != nil:
		return w.refused(c, "call answered", err)
	}
	return w.answer(c, append(w.say(w.Script.HaveIt), twiml.VoiceHangup{}))
}

// callTold takes word of a call to staff: POST /twilio/voice/told?line=<id>.
func (w *webhooks) callTold(c echo.Context, f form) error {
	if lacking := f.need("CallSid", "CallStatus"); len(lacking) > 0 {
		return missing(c, lacking...)
	}
	state, known := rang[f.get("CallStatus")]
	if !known {
		return c.NoContent(http.StatusNoContent) // one that Twilio added later
	}
	code := ""
	if state == dialog.OutboxFailed {
		code = f.get("CallStatus")
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), acceptWithin)
	defer cancel()
	err := w.in.Report(ctx, dialog.DeliveryReport{
		Outbox: dialog.OutboxID(c.QueryParam("line")), ProviderID: f.get("CallSid"), State: state, Code: code,
	})
	switch {
	case errors.Is(err, dialog.ErrNotFound):
		w.Logger.Warn("word of a call that is not known", "state", state)
	case err != nil:
		return w.refused(c, "call status", err)
	}
	return c.NoContent(http.StatusNoContent)
}
