package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// post is Twilio's side of incoming texts: so many connections that bring
// signed webhooks to one service.
type post struct {
	signedURL string
	sid, to   string
	workers   []*poster
}

// poster is one connection with what it needs to sign.
type poster struct {
	conn   conn
	signer *signer
	params []param
	form   []byte
}

const smsPath = "/twilio/sms"

// newPost posts to addr as if it were reached at public.
func newPost(addr, public, sid, token, to string, connections int) *post {
	p := &post{signedURL: public + smsPath, sid: sid, to: to}
	for range connections {
		p.workers = append(p.workers, &poster{conn: conn{addr: addr}, signer: newSigner(token)})
	}
	return p
}

// refusedError is an answer other than 2xx.
type refusedError struct{ status int }

func (e *refusedError) Error() string { return "the webhook was answered " + strconv.Itoa(e.status) }

// say sends a turn over one connection and notes that it was accepted.
func (p *post) say(worker int, c *crowd, t turn) error {
	w := p.workers[worker]
	// As Twilio sends them; what it does not know is empty.
	w.params = append(w.params[:0],
		param{"AccountSid", p.sid}, param{"ApiVersion", "2010-04-01"}, param{"Body", t.text},
		param{"From", t.from.number}, param{"FromCity", ""}, param{"FromCountry", "GB"}, param{"FromState", ""}, param{"FromZip", ""},
		param{"MessageSid", t.id}, param{"NumMedia", "0"}, param{"NumSegments", "1"},
		param{"SmsMessageSid", t.id}, param{"SmsSid", t.id}, param{"SmsStatus", "received"},
		param{"To", p.to}, param{"ToCity", ""}, param{"ToCountry", "GB"}, param{"ToState", ""}, param{"ToZip", ""},
	)
	signature := w.signer.sign(p.signedURL, w.params)
	w.form = encode(w.form[:0], w.params)
	status, err := w.conn.post(smsPath, signature, w.form)
	switch {
	case err != nil:
		return fmt.Errorf("bring a text: %w", err)
	case status < 200 || status > 299:
		return &refusedError{status}
	}
	c.accepted(t)
	return nil
}

func (p *post) close() {
	for _, w := range p.workers {
		w.conn.close()
	}
}

// get fetches a small page.
func get(ctx context.Context, url string) (status int, body string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	return res.StatusCode, string(b), err
}

// countAt asks the reference how many rows it has.
func countAt(ctx context.Context, base string) (int, error) {
	status, body, err := get(ctx, base+"/count")
	if err != nil {
		return 0, err
	}
	if status != http.StatusOK {
		return 0, &refusedError{status}
	}
	return strconv.Atoi(strings.TrimSpace(body))
}
