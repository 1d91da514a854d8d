package twilio

import (
	"context"
	"errors"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"helpline/dialog"
)

// maxMedia is how many attachments one message can have.
const maxMedia = 10

// text takes a text message: POST /twilio/sms.
func (w *webhooks) text(c echo.Context, f form) error {
	sid := f.get("MessageSid")
	if sid == "" {
		sid = f.get("SmsSid") // the name it had before; still sent
	}
	lacking := f.need("From")
	if sid == "" {
		lacking = append(lacking, "MessageSid")
	}
	media := attachments(f)
	if !f.has("Body") && len(media) == 0 {
		lacking = append(lacking, "Body")
	}
	if len(lacking) > 0 {
		return missing(c, lacking...)
	}
	in := dialog.Inbound{
		Kind:       dialog.InText,
		Line:       w.SMSLine,
		Medium:     dialog.SMS,
		From:       dialog.Address{Medium: dialog.SMS, Value: strings.TrimSpace(f.get("From"))},
		ProviderID: sid,
		Text:       f.get("Body"),
	}
	for i, m := range media {
		// Staff read that something came with the words; nobody else does.
		mark := "[" + f.get("MediaContentType"+strconv.Itoa(i)) + "]"
		if mark == "[]" {
			mark = "[attachment]"
		}
		in.Text = strings.TrimLeft(in.Text+"\n"+mark, "\n")
		in.Media = append(in.Media, m)
	}
	if _, err := w.receive(c, in); err != nil {
		return w.refused(c, "sms", err)
	}
	return answerXML(c, nothing)
}

func attachments(f form) (media []dialog.Media) {
	n, err := strconv.Atoi(f.get("NumMedia"))
	if err != nil {
		return nil
	}
	for i := range min(n, maxMedia) {
		link := f.get("MediaUrl" + strconv.Itoa(i))
		media = append(media, dialog.Media{ProviderID: path.Base(link), URL: link})
	}
	return media
}

// states maps Twilio's message status onto ours. The ones that only say that
// Twilio has the message count as sent
// (https://www.twilio.com/docs/messaging/api/message-resource#message-status-values).
var states = map[string]dialog.OutboxState{
	"accepted":    dialog.OutboxSent,
	"scheduled":   dialog.OutboxSent,
	"queued":      dialog.OutboxSent,
	"sending":     dialog.OutboxSent,
	"sent":        dialog.OutboxSent,
	"delivered":   dialog.OutboxDelivered,
	"read":        dialog.OutboxDelivered,
	"undelivered": dialog.OutboxFailed,
	"failed":      dialog.OutboxFailed,
	"canceled":    dialog.OutboxFailed,
}

// textStatus takes a receipt: POST /twilio/sms/status?line=<OutboxID>.
func (w *webhooks) textStatus(c echo.Context, f form) error {
	status := f.get("MessageStatus")
	if status == "" {
		status = f.get("SmsStatus")
	}
	lacking := f.need("MessageSid")
	if status == "" {
		lacking = append(lacking, "MessageStatus")
	}
	if len(lacking) > 0 {
		return missing(c, lacking...)
	}
	state, known := states[status]
	if !known {
		return c.NoContent(http.StatusNoContent) // one that Twilio added later
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), acceptWithin)
	defer cancel()
	err := w.in.Report(ctx, dialog.DeliveryReport{
		Outbox:     dialog.OutboxID(c.QueryParam("line")),
		ProviderID: f.get("MessageSid"),
		State:      state,
		Code:       errorCode(f),
	})
	switch {
	case errors.Is(err, dialog.ErrNotFound):
		w.Logger.Warn("delivery report about a line that is not known", "state", state)
	case err != nil:
		return w.refused(c, "sms status", err)
	}
	return c.NoContent(http.StatusNoContent)
}

// errorCode is the reason of a failure; a success has none ("0" at times).
func errorCode(f form) string {
	if code := f.get("ErrorCode"); code != "0" {
		return code
	}
	return ""
}
