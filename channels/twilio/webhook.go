package twilio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"helpline/channels"
	"helpline/dialog"
)

const (
	// maxBody bounds a webhook. A text message is at most 1,600 characters.
	maxBody = 64 << 10
	// acceptWithin is how long the desk may take: Twilio waits 15 seconds
	// (https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides).
	acceptWithin = 12 * time.Second
	// nothing is the empty answer that every webhook may have.
	nothing = `<?xml version="1.0" encoding="UTF-8"?><Response/>`
)

// webhooks are the driver's handlers with the desk that they bring to.
type webhooks struct {
	*Driver
	in channels.Receiver
}

// form is a webhook's parameters.
type form []field

// get returns the first value of a parameter, as text that can be stored:
// what is not UTF-8, and NUL, become U+FFFD.
func (f form) get(name string) string {
	for _, p := range f {
		if p.name == name {
			return storable(p.value)
		}
	}
	return ""
}

func (f form) has(name string) bool {
	for _, p := range f {
		if p.name == name {
			return true
		}
	}
	return false
}

func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// checked reads a webhook's form and lets it through to h when Twilio signed
// it for our account.
func (w *webhooks) checked(h func(echo.Context, form) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		signature := r.Header.Get("X-Twilio-Signature")
		if signature == "" {
			return c.String(http.StatusForbidden, "X-Twilio-Signature is missing")
		}
		f, status, err := readForm(r)
		if err != nil {
			return c.String(status, err.Error())
		}
		if !w.signer.valid(r.URL.RequestURI(), f, signature) {
			return c.String(http.StatusForbidden, "X-Twilio-Signature does not fit: check the auth token and the public URL")
		}
		switch sid := f.get("AccountSid"); sid {
		case w.AccountSID:
		case "":
			return missing(c, "AccountSid")
		default:
			return c.String(http.StatusForbidden, "AccountSid is not ours")
		}
		return h(c, f)
	}
}

func readForm(r *http.Request) (f form, status int, err error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != echo.MIMEApplicationForm {
		return nil, http.StatusUnsupportedMediaType, errors.New("the body must be " + echo.MIMEApplicationForm)
	}
	if r.ContentLength > maxBody {
		return nil, http.StatusRequestEntityTooLarge, fmt.Errorf("the body is larger than %d bytes", maxBody)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	switch {
	case err != nil:
		return nil, http.StatusBadRequest, errors.New("the body broke off")
	case len(body) > maxBody:
		return nil, http.StatusRequestEntityTooLarge, fmt.Errorf("the body is larger than %d bytes", maxBody)
	}
	f = make(form, 0, 24)
	for pair := range strings.SplitSeq(string(body), "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, errName := url.QueryUnescape(name)
		value, errValue := url.QueryUnescape(value)
		if errName != nil || errValue != nil {
			return nil, http.StatusBadRequest, errors.New("the body is not a form: a percent sign without two hexadecimal digits")
		}
		f = append(f, field{name, value})
	}
	return f, 0, nil
}

func missing(c echo.Context, names ...string) error {
	return c.String(http.StatusBadRequest, "missing: "+strings.Join(names, ", "))
}

// need returns the names of required parameters that are missing or empty.
func (f form) need(names ...string) (lacking []string) {
	for _, n := range names {
		if f.get(n) == "" {
			lacking = append(lacking, n)
		}
	}
	return lacking
}

// receive brings one message to the desk. What the desk finds wrong with it is
// the sender's to know; anything else is ours, and Twilio should try again.
func (w *webhooks) receive(c echo.Context, in dialog.Inbound) (dialog.Received, error) {
	ctx, cancel := context.WithTimeout(c.Request().Context(), acceptWithin)
	defer cancel()
	in.At = w.Now()
	return w.in.Receive(ctx, in)
}

func answerXML(c echo.Context, doc string) error {
	return c.Blob(http.StatusOK, "text/xml; charset=utf-8", []byte(doc))
}

// refused answers a message that was not accepted.
func (w *webhooks) refused(c echo.Context, what string, err error) error {
	var invalid *dialog.InvalidError
	if errors.As(err, &invalid) {
		return c.String(http.StatusBadRequest, invalid.Error())
	}
	w.Logger.Error("webhook not accepted", "webhook", what, "error", err)
	return c.String(http.StatusServiceUnavailable, "not stored: try again")
}
