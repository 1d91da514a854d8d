package simulator

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxAnswer bounds what is read of a webhook's answer (Twilio: 64 KB).
const maxAnswer = 64 << 10

// sign is X-Twilio-Signature: HMAC-SHA1 over the address and the sorted
// parameters (https://www.twilio.com/docs/usage/security#validating-requests).
func sign(token, address string, form url.Values) string {
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	h := hmac.New(sha1.New, []byte(token))
	h.Write([]byte(address))
	for _, name := range names {
		h.Write([]byte(name))
		h.Write([]byte(form.Get(name)))
	}
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// answer is what a webhook came to.
type answer struct {
	status   int
	body     []byte
	err      error // no answer
	attempts int
	fallback bool
	address  string // that answered, for relative links
}

func (a answer) ok() bool { return a.err == nil && a.status >= 200 && a.status < 300 }

func (a answer) failure() error {
	if a.err != nil {
		return a.err
	}
	return fmt.Errorf("the webhook answered %d", a.status)
}

// rules are Twilio's connection overrides: defaults, and what a webhook's
// fragment says (https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides).
type rules struct {
	connect, read, total time.Duration
	retries              int
	policy               []string // of ct, rt, 4xx, 5xx, all
}

func (n *Network) rulesOf(fragment string) rules {
	r := rules{connect: min(5*time.Second, n.Patience), read: n.Patience, total: n.Patience, retries: 1, policy: []string{"ct"}}
	values, err := url.ParseQuery(fragment)
	if err != nil {
		return r
	}
	set := func(name string, d *time.Duration) {
		if ms, err := strconv.Atoi(values.Get(name)); err == nil && ms >= 100 {
			*d = min(time.Duration(ms)*time.Millisecond, n.Patience)
		}
	}
	set("ct", &r.connect)
	set("rt", &r.read)
	set("tt", &r.total)
	if count, err := strconv.Atoi(values.Get("rc")); err == nil && count >= 0 {
		r.retries = min(count, 5)
	}
	if policy := values.Get("rp"); policy != "" {
		r.policy = strings.Split(policy, ",")
	}
	return r
}

// again says whether a failed attempt is repeated.
func (r rules) again(a answer, connected bool) bool {
	var kind string
	switch {
	case a.ok(), a.err == nil && a.status < 400:
		return false
	case a.err != nil && !connected:
		kind = "ct"
	case a.err != nil:
		kind = "rt"
	case a.status >= 500:
		kind = "5xx"
	default:
		kind = "4xx"
	}
	return slices.Contains(r.policy, kind) || slices.Contains(r.policy, "all")
}

// deliver posts a webhook by Twilio's rules: so many seconds, so many retries,
// and after that the fallback address, told what had gone wrong.
func (n *Network) deliver(ctx context.Context, address, fallback string, form url.Values) answer {
	got := n.try(ctx, address, form)
	if got.ok() || fallback == "" || ctx.Err() != nil {
		return got
	}
	told := url.Values{"ErrorCode": {"11200"}, "ErrorUrl": {address}}
	for name, values := range form {
		told[name] = values
	}
	attempts := got.attempts
	got = n.try(ctx, fallback, told)
	got.attempts += attempts
	got.fallback = true
	return got
}

func (n *Network) try(ctx context.Context, address string, form url.Values) answer {
	bare, fragment, _ := strings.Cut(address, "#")
	r := n.rulesOf(fragment)
	ctx, cancel := context.WithTimeout(ctx, r.total)
	defer cancel()
	token := newSID("")
	for attempt := 1; ; attempt++ {
		got, connected := n.post(ctx, bare, token, form, r)
		got.attempts, got.address = attempt, bare
		if attempt > r.retries || ctx.Err() != nil || !r.again(got, connected) {
			return got
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return got
		}
	}
}

// post makes one attempt. connected says whether the server took the request.
func (n *Network) post(ctx context.Context, address, token string, form url.Values, r rules) (got answer, connected bool) {
	ctx, cancel := context.WithTimeout(ctx, r.read)
	defer cancel()
	connecting := time.AfterFunc(r.connect, cancel)
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) {
		connected = connecting.Stop()
	}})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return answer{err: err}, false
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	req.Header.Set("User-Agent", "TwilioProxy/1.1")
	req.Header.Set("I-Twilio-Idempotency-Token", token)
	req.Header.Set("X-Twilio-Signature", sign(n.AuthToken, address, form))
	res, err := n.client.Do(req)
	if err != nil {
		var refused *net.OpError
		if errors.As(err, &refused) && refused.Op == "dial" {
			connected = false
		}
		var outer *url.Error
		if errors.As(err, &outer) {
			err = outer.Err // without the address, which may hold an id
		}
		return answer{err: err}, connected
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if closed := res.Body.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return answer{err: err}, true
	}
	return answer{status: res.StatusCode, body: body}, true
}
