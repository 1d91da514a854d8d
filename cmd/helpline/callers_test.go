package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"helpline/dialog"
)

// carrier posts webhooks as Twilio does: from outside, signed for the address
// that the service is known by, whatever address it listens on.
type carrier struct {
	client *http.Client
	public string
	sid    string
	token  string
}

// carrier brings webhooks to a world.
func (w *world) carrier() carrier {
	return carrier{client: &http.Client{}, public: w.url, sid: demoSID, token: demoToken}
}

// sign is X-Twilio-Signature for a form without repeated names
// (https://www.twilio.com/docs/usage/security#validating-requests).
func (c carrier) sign(path string, form url.Values) string {
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	h := hmac.New(sha1.New, []byte(c.token))
	h.Write([]byte(c.public + path))
	for _, name := range names {
		h.Write([]byte(name + form.Get(name)))
	}
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// post sends a form with a signature and returns the answer.
func (c carrier) post(ctx context.Context, path string, form url.Values, signature string) (status int, body string, err error) {
	return c.send(ctx, path, strings.NewReader(form.Encode()), signature)
}

func (c carrier) send(ctx context.Context, path string, body io.Reader, signature string) (int, string, error) {
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.public+path, body)
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if signature != "" {
		r.Header.Set("X-Twilio-Signature", signature)
	}
	res, err := c.client.Do(r)
	if err != nil {
		return 0, "", err
	}
	answer, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if closed := res.Body.Close(); err == nil {
		err = closed
	}
	return res.StatusCode, string(answer), err
}

// textForm is what Twilio says of one text message.
func (c carrier) textForm(sid, from, body string) url.Values {
	private(from, body)
	return url.Values{
		"AccountSid": {c.sid}, "MessageSid": {sid}, "SmsSid": {sid}, "From": {from}, "To": {"60777"}, "Body": {body},
		"NumMedia": {"0"}, "NumSegments": {"1"}, "ApiVersion": {"2010-04-01"},
	}
}

// hook posts a rightly signed webhook to a world and returns its answer.
func (w *world) hook(path string, form url.Values) (status int, body string) {
	w.t.Helper()
	c := w.carrier()
	status, body, err := c.post(w.t.Context(), path, form, c.sign(path, form))
	if err != nil {
		w.t.Fatal(err)
	}
	return status, body
}

// chatFrame is any frame that the chat sends.
type chatFrame struct {
	Type  string `json:"type"`
	Token string `json:"token"`
	Ref   string `json:"ref"`
	ID    string `json:"id"`
	Seq   int64  `json:"seq"`
	Kind  string `json:"kind"`
	Text  string `json:"text"`
	Name  string `json:"name"`
	Code  string `json:"code"`
	Retry int    `json:"retry"`
}

// visitor is one browser with a chat open.
type visitor struct {
	ws    *websocket.Conn
	token string
}

// visit opens a chat at an address; token is empty for somebody new.
func visit(ctx context.Context, addr, token string) (*visitor, error) {
	dialer := websocket.Dialer{HandshakeTimeout: 60 * time.Second}
	ws, res, err := dialer.DialContext(ctx, "ws://"+addr+"/chat/ws", nil)
	if err != nil {
		return nil, err
	}
	_ = res.Body.Close()
	v := &visitor{ws: ws, token: token}
	if err := v.send(map[string]any{"type": "hello", "token": token}); err != nil {
		_ = ws.Close()
		return nil, err
	}
	f, err := v.want("welcome")
	if err != nil {
		_ = ws.Close()
		return nil, err
	}
	if f.Token != "" {
		v.token = f.Token
		private(f.Token)
	}
	return v, nil
}

func (v *visitor) send(frame any) error {
	_ = v.ws.SetWriteDeadline(time.Now().Add(60 * time.Second))
	return v.ws.WriteJSON(frame)
}

func (v *visitor) say(id, text string) error {
	private(text)
	return v.send(map[string]any{"type": "say", "id": id, "text": text})
}

func (v *visitor) next() (chatFrame, error) {
	_ = v.ws.SetReadDeadline(time.Now().Add(60 * time.Second))
	var f chatFrame
	_, data, err := v.ws.ReadMessage()
	if err != nil {
		return f, err
	}
	return f, json.Unmarshal(data, &f)
}

// want reads until a frame of one of the types comes.
func (v *visitor) want(types ...string) (chatFrame, error) {
	for {
		f, err := v.next()
		if err != nil {
			return f, fmt.Errorf("wait for %s: %w", strings.Join(types, " or "), err)
		}
		if slices.Contains(types, f.Type) {
			return f, nil
		}
	}
}

// chat is a visitor of a world whose troubles end the test.
type chat struct {
	*visitor
	t testing.TB
}

func (w *world) chat(token string) *chat {
	w.t.Helper()
	v, err := visit(w.t.Context(), strings.TrimPrefix(w.url, "http://"), token)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = v.ws.Close() })
	return &chat{v, w.t}
}

func (c *chat) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// expect reads until a frame of the type comes.
func (c *chat) expect(kind string) chatFrame {
	c.t.Helper()
	f, err := c.want(kind)
	c.must(err)
	return f
}

// shown reads until an event of the kind comes.
func (c *chat) shown(kind string) chatFrame {
	c.t.Helper()
	for {
		if f := c.expect("event"); f.Kind == kind {
			return f
		}
	}
}

// events are the events of a conversation of one of the kinds.
func (v viewOf) events(kinds ...dialog.EventKind) (some []dialog.Event) {
	for _, e := range v.Events {
		if slices.Contains(kinds, e.Kind) {
			some = append(some, e)
		}
	}
	return some
}

// answeredOnce says what is wrong with a conversation in which everything that
// was said to the bot must have been answered once: each message a reply, each
// line of a reply once in the outbox where the medium pushes.
func (v viewOf) answeredOnce() (faults []string) {
	bad := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	rows := map[int64]int{}
	for _, l := range v.Outbox {
		rows[l.Seq]++
	}
	var lines, turns int
	seen := map[string]bool{}
	end := func(at int64) {
		if at > 0 && lines == 0 {
			bad("event %d has no reply", at)
		}
		if turns > 1 {
			bad("event %d was answered %d times", at, turns)
		}
	}
	at := int64(0)
	for _, e := range v.Events {
		switch e.Kind {
		case dialog.SaidIn:
			end(at)
			at, lines, turns = e.Seq, 0, 0
			clear(seen)
		case dialog.Answered, dialog.Unanswered:
			turns++
			if e.Kind == dialog.Unanswered {
				lines++
			}
		case dialog.SaidBot:
			lines++
			if seen[e.Text] {
				bad("event %d repeats its reply", e.Seq)
			}
			seen[e.Text] = true
			if v.Conversation.Medium == dialog.SMS && rows[e.Seq] != 1 {
				bad("line %d is %d times in the outbox", e.Seq, rows[e.Seq])
			}
		default:
		}
	}
	end(at)
	if v.Conversation.Medium == dialog.SMS && len(v.Outbox) != len(v.events(dialog.SaidBot, dialog.SaidStaff)) {
		bad("%d lines were said, the outbox holds %d", len(v.events(dialog.SaidBot, dialog.SaidStaff)), len(v.Outbox))
	}
	return faults
}

// to is a client whose connections all go to one address, whatever host they
// are meant for; where is asked at each new connection.
func to(where func() string) *http.Client {
	var d net.Dialer
	return &http.Client{Transport: &http.Transport{
		MaxIdleConnsPerHost: 16,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			addr := where()
			if addr == "" {
				return nil, &net.OpError{Op: "dial", Net: network, Err: errNobodyHome}
			}
			return d.DialContext(ctx, network, addr)
		},
	}}
}

// testLog is a log that is looked through when all tests have run.
func testLog() *slog.Logger {
	return slog.New(slog.NewTextHandler(&everyLog, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// visitorAddress is what the service knows a visitor by (PROTOCOL.md).
func visitorAddress(token string) dialog.Address {
	sum := sha256.Sum256([]byte(token))
	return dialog.Address{Medium: dialog.Webchat, Value: hex.EncodeToString(sum[:])}
}
