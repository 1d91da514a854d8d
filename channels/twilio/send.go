package twilio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twilio/twilio-go/client"
	openapi "github.com/twilio/twilio-go/rest/api/v2010"

	"helpline/dialog"
	"helpline/internal/gsm7"
)

const (
	// sendWithin is how long one attempt may take.
	sendWithin = 10 * time.Second
	// maxAnswer bounds what is read of the API's answer.
	maxAnswer = 64 << 10
	// untilRepaired is when to try again where somebody has to mend an account.
	untilRepaired = time.Minute
)

// Send hands one line to Twilio. The error is a *dialog.SendError; it holds
// neither the words nor the number. Uncertain means that Twilio may have the
// line: the request had gone out when the connection ended.
func (d *Driver) Send(ctx context.Context, out dialog.Outbound) (dialog.Receipt, error) {
	if out.To.Withheld() {
		return dialog.Receipt{}, &dialog.SendError{Verdict: dialog.Fail, Err: dialog.ErrNoAddress}
	}
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	if err := ctx.Err(); err != nil {
		return dialog.Receipt{}, &dialog.SendError{Verdict: dialog.Retry, Err: err}
	}
	try := &attempt{ctx: ctx, base: d.base, api: d.api, now: d.Now}
	params := &openapi.CreateMessageParams{}
	params.SetTo(out.To.Value).SetFrom(d.SMSNumber).SetBody(gsm7.Downgrade(out.Text))
	if out.ID != "" {
		params.SetStatusCallback(d.public + "/twilio/sms/status?line=" + url.QueryEscape(string(out.ID)))
	}
	message, err := d.service(try).CreateMessage(params)
	switch {
	case err != nil:
		return dialog.Receipt{}, try.failure(err)
	case message.Sid == nil || *message.Sid == "":
		return dialog.Receipt{}, &dialog.SendError{Verdict: dialog.Uncertain, Err: errors.New("twilio answered without a message id")}
	case message.Status != nil && *message.Status == "failed":
		code := 0
		if message.ErrorCode != nil {
			code = *message.ErrorCode
		}
		return dialog.Receipt{}, &dialog.SendError{Verdict: verdict(0, code), Code: codeText(code), Err: errors.New("twilio took the message and failed it")}
	}
	receipt := dialog.Receipt{ProviderID: *message.Sid}
	if message.NumSegments != nil {
		if n, err := strconv.Atoi(*message.NumSegments); err == nil {
			receipt.Segments = n
		}
	}
	return receipt, nil
}

// service is twilio-go's API over one attempt's transport.
func (d *Driver) service(try *attempt) *openapi.ApiService {
	caller := &client.Client{
		Credentials: client.NewCredentials(d.AccountSID, d.AuthToken),
		HTTPClient:  &http.Client{Transport: try, CheckRedirect: asItIs},
	}
	caller.SetAccountSid(d.AccountSID)
	return openapi.NewApiService(&client.RequestHandler{Client: caller})
}

func asItIs(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// attempt is the transport of one request, or of several one after the other. It gives twilio-go's client what
// that client has no way to be told (a context, another host) and remembers
// what it does not tell us (how far the request came, the headers).
type attempt struct {
	ctx  context.Context
	base http.RoundTripper
	api  *url.URL
	now  func() time.Time

	wrote      atomic.Bool
	status     int
	retryAfter time.Duration
}

// RoundTrip sends the request to the configured host. The answer's body is
// read whole, because twilio-go leaves those of errors open.
func (a *attempt) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := httptrace.WithClientTrace(a.ctx, &httptrace.ClientTrace{
		WroteHeaders: func() { a.wrote.Store(true) },
	})
	r = r.Clone(ctx)
	r.URL.Scheme, r.URL.Host, r.Host = a.api.Scheme, a.api.Host, a.api.Host
	r.URL.Path = strings.TrimSuffix(a.api.Path, "/") + r.URL.Path
	res, err := a.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	a.status = res.StatusCode
	a.retryAfter = parseRetryAfter(res.Header.Get("Retry-After"), a.now())
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if closed := res.Body.Close(); err == nil {
		err = closed
	}
	if err != nil && res.StatusCode < 300 {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}

// failure says what an error of twilio-go means. Its texts are not passed on:
// they repeat the number.
func (a *attempt) failure(err error) *dialog.SendError {
	var rest *client.TwilioRestError
	code, status := 0, a.status
	if errors.As(err, &rest) {
		code = rest.Code
		if status == 0 {
			status = rest.Status
		}
	}
	switch {
	case status == 0 && a.wrote.Load():
		return &dialog.SendError{Verdict: dialog.Uncertain, Err: cause(a.ctx, err, "the connection ended before twilio answered")}
	case status == 0:
		return &dialog.SendError{Verdict: dialog.Retry, Err: cause(a.ctx, err, "twilio was not reached")}
	case status < 300:
		return &dialog.SendError{Verdict: dialog.Uncertain, Err: fmt.Errorf("twilio answered %d, but not with a message", status)}
	}
	failed := &dialog.SendError{
		Verdict: verdict(status, code), Code: codeText(code), RetryAfter: a.retryAfter,
		Err: fmt.Errorf("twilio answered %d", status),
	}
	if failed.Verdict == dialog.Retry && failed.RetryAfter == 0 && (status == 401 || status == 403 || status == 404) {
		failed.RetryAfter = untilRepaired
	}
	return failed
}

// cause keeps what errors.Is can decide on and drops the URL.
func cause(ctx context.Context, err error, what string) error {
	if ended := ctx.Err(); ended != nil {
		return fmt.Errorf("%s: %w", what, ended)
	}
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	return fmt.Errorf("%s: %w", what, err)
}

// verdict decides by Twilio's error code, then by the HTTP status
// (https://www.twilio.com/docs/api/errors).
func verdict(status, code int) dialog.Verdict {
	switch code {
	case 21610: // the person texted STOP, and Twilio keeps that list as well
		return dialog.OptedOut
	case 20429, 14107, 21611, 30001, 30022: // too many at once
		return dialog.Retry
	case 21211, 21214, 21217, 21265, 21266, 21401, 21407, 21408, 21421, 21602, 21603, 21604, 21606, 21607,
		21608, 21609, 21612, 21614, 21617, 21618, 21619, 21635, 21656, 21660, 63024,
		30003, 30004, 30005, 30006, 30007, 30008, 30034: // this number or this text will never do
		return dialog.Fail
	}
	switch {
	case status == http.StatusTooManyRequests, status >= 500, status == http.StatusRequestTimeout:
		return dialog.Retry
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusNotFound:
		return dialog.Retry // our account or address is wrong, and can be mended
	case status >= 300 && status < 400:
		return dialog.Retry
	}
	return dialog.Fail
}

func codeText(code int) string {
	if code == 0 {
		return ""
	}
	return strconv.Itoa(code)
}

// parseRetryAfter reads seconds or a date (RFC 9110, section 10.2.3).
func parseRetryAfter(value string, now time.Time) time.Duration {
	if value == "" {
		return 0
	}
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(min(max(seconds, 0), 3600)) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(at.Sub(now), 0), time.Hour)
	}
	return 0
}
