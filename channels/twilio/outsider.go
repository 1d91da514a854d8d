package twilio

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"helpline/channels"
)

// Outsider brings webhooks to the public address as Twilio does, signed: a test
// of the line goes through the name, the proxy, the certificate and the check of
// the signature like anybody's message. It says nothing to Twilio itself.
type Outsider struct{ d *Driver }

// Outsider returns one for this driver's account and public address.
func (d *Driver) Outsider() Outsider { return Outsider{d} }

// Text sends one text message. sid is its id with Twilio; sent again it is the
// same message. The error is in plain words, for staff.
func (o Outsider) Text(ctx context.Context, from, sid, body string) error {
	return o.post(ctx, "/twilio/sms", url.Values{"MessageSid": {sid}, "From": {from}, "To": {o.d.SMSNumber}, "Body": {body}, "NumMedia": {"0"}})
}

// Call rings, and leaves a message in which nothing is said: its recording does
// not exist. sid is the call's id with Twilio, and recording the message's.
func (o Outsider) Call(ctx context.Context, from, sid, recording string) error {
	call := func() url.Values {
		return url.Values{"CallSid": {sid}, "CallStatus": {"in-progress"}, "Direction": {"inbound"}, "From": {from}, "To": {o.d.VoiceNumber}}
	}
	if err := o.post(ctx, "/twilio/voice", call()); err != nil {
		return err
	}
	form := call()
	form.Set("RecordingSid", recording)
	form.Set("RecordingUrl", strings.TrimSuffix(o.d.api.String(), "/")+"/2010-04-01/Accounts/"+o.d.AccountSID+"/Recordings/"+recording)
	form.Set("RecordingDuration", "1")
	if err := o.post(ctx, "/twilio/voice/recorded", form); err != nil {
		return err
	}
	form.Set("RecordingStatus", "completed")
	return o.post(ctx, "/twilio/voice/recording", form)
}

// outside carries the requests. A redirect is not followed: what Twilio signed is
// the address that it was given, and a form does not survive one.
var outside = &http.Client{CheckRedirect: asItIs}

func (o Outsider) post(ctx context.Context, path string, form url.Values) error {
	form.Set("AccountSid", o.d.AccountSID)
	form.Set("ApiVersion", "2010-04-01")
	address := o.d.public + path
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return errors.New("the public address cannot be asked")
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	req.Header.Set("User-Agent", "TwilioProxy/1.1")
	req.Header.Set("X-Twilio-Signature", signatureOf(o.d.AuthToken, address, form))
	res, err := outside.Do(req)
	if err != nil {
		return channels.Unreached(err)
	}
	defer func() { _ = res.Body.Close() }()
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, maxAnswer)); err != nil {
		return channels.Unreached(err)
	}
	switch status := res.StatusCode; {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusForbidden:
		return errors.New("the address answered 403: what is signed does not fit; HELPLINE_PUBLIC_URL has to be what callers use, and the proxy has to leave the path as it is")
	case status >= 300 && status < 400:
		return fmt.Errorf("the address answered %d: it leads elsewhere, and HELPLINE_PUBLIC_URL has to be where it leads", status)
	default:
		return fmt.Errorf("the address answered %d %s", status, http.StatusText(status))
	}
}

// signatureOf is X-Twilio-Signature
// (https://www.twilio.com/docs/usage/security#validating-requests).
func signatureOf(token, address string, form url.Values) string {
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	h := hmac.New(sha1.New, []byte(token))
	h.Write([]byte(address))
	for _, name := range names {
		h.Write([]byte(name + form.Get(name)))
	}
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}
