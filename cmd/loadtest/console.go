package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// staffPassword opens the account of services that loadtest started.
const staffPassword = "loadtest on this machine"

// letIn makes the account of a member of staff in a data folder.
func (b *bench) letIn(ctx context.Context, data string) error {
	cmd := exec.CommandContext(ctx, b.binary, "user", "add", "-name", "Load", "-email", b.email, "-roles", "responder,safer_custody")
	cmd.Env = append(os.Environ(), "HELPLINE_DATA_DIR="+data)
	cmd.Stdin = strings.NewReader(staffPassword + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("let a member of staff in: %w\n%s", err, bytes.TrimSpace(out))
	}
	return nil
}

// worker is one member of staff with a browser.
type worker struct {
	base string
	http *http.Client
	csrf string
}

// signIn signs in as a browser without scripts does.
func signIn(ctx context.Context, base, email, password string) (*worker, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	w := &worker{base: base, http: &http.Client{Jar: jar, Timeout: answerWithin}}
	page, err := w.page(ctx, "/console/sign-in")
	if err != nil {
		return nil, err
	}
	if w.csrf = tokenIn(page); w.csrf == "" {
		return nil, fmt.Errorf("the sign-in page has no token")
	}
	if err := w.do(ctx, "/console/sign-in", url.Values{"email": {email}, "password": {password}}); err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	if page, err = w.page(ctx, "/console"); err != nil {
		return nil, fmt.Errorf("after signing in: %w", err)
	}
	if w.csrf = tokenIn(page); w.csrf == "" {
		return nil, fmt.Errorf("the console has no token after signing in")
	}
	return w, nil
}

var (
	tagWithToken = regexp.MustCompile(`<[^>]*name="csrf[^"]*"[^>]*>`)
	valueOfTag   = regexp.MustCompile(`(?:value|content)="([^"]+)"`)
	linkToTalk   = regexp.MustCompile(`/console/conversations/([A-Za-z0-9_-]+)`)
)

// tokenIn finds the token that a form must bring back, in a field or in a meta
// tag.
func tokenIn(page string) string {
	for _, tag := range tagWithToken.FindAllString(page, -1) {
		if m := valueOfTag.FindStringSubmatch(tag); m != nil {
			return m[1]
		}
	}
	return ""
}

func (w *worker) page(ctx context.Context, path string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.base+path, nil)
	if err != nil {
		return "", err
	}
	return w.answer(req)
}

// do posts a form; being sent on to another page is its success.
func (w *worker) do(ctx context.Context, path string, form url.Values) error {
	form.Set("csrf", w.csrf)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	_, err = w.answer(req)
	return err
}

func (w *worker) answer(req *http.Request) (string, error) {
	res, err := w.http.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, 8<<20))
	if err != nil {
		return "", err
	}
	if res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s %s was answered %d", req.Method, req.URL.Path, res.StatusCode)
	}
	return string(body), nil
}

// find looks for the conversation with a reference on the list, among those
// that are not known yet.
func (w *worker) find(ctx context.Context, ref string, known map[string]bool) (string, error) {
	for begun := time.Now(); time.Since(begun) < 5*time.Second; time.Sleep(20 * time.Millisecond) {
		list, err := w.page(ctx, "/console")
		if err != nil {
			return "", err
		}
		for _, m := range linkToTalk.FindAllStringSubmatch(list, -1) {
			if known[m[1]] {
				continue
			}
			page, err := w.page(ctx, "/console/conversations/"+m[1])
			if err != nil {
				return "", err
			}
			known[m[1]] = true
			if strings.Contains(page, ref) {
				return m[1], nil
			}
		}
	}
	return "", fmt.Errorf("conversation %s is not on the list", ref)
}

// consoleFrame is any frame of the console's socket; see PROTOCOL.md of
// channels/console.
type consoleFrame struct {
	Type         string         `json:"type"`
	Conversation string         `json:"conversation,omitempty"`
	After        int64          `json:"after,omitempty"`
	ID           string         `json:"id,omitempty"`
	Text         string         `json:"text,omitempty"`
	Seq          int64          `json:"seq,omitempty"`
	Code         string         `json:"code,omitempty"`
	Events       []consoleEvent `json:"events,omitempty"`

	at time.Time
}

type consoleEvent struct {
	Seq  int64  `json:"seq"`
	Kind string `json:"kind"`
	ID   string `json:"id"`
}

// desktop is a worker's open page.
type desktop struct {
	ws     plain
	frames chan consoleFrame
	gone   chan struct{}
}

func (w *worker) open(ctx context.Context) (*desktop, error) {
	u, err := url.Parse(w.base + "/console/ws")
	if err != nil {
		return nil, err
	}
	header := http.Header{}
	for _, c := range w.http.Jar.Cookies(u) {
		header.Add("Cookie", c.Name+"="+c.Value)
	}
	ws, err := dialWith(ctx, "ws"+strings.TrimPrefix(u.String(), "http"), 0, header)
	if err != nil {
		return nil, err
	}
	d := &desktop{ws: ws, frames: make(chan consoleFrame, 64), gone: make(chan struct{})}
	go d.read()
	return d, nil
}

func (d *desktop) read() {
	defer close(d.frames)
	for {
		_, data, err := d.ws.ReadMessage()
		if err != nil {
			return
		}
		f := consoleFrame{at: time.Now()}
		if json.Unmarshal(data, &f) != nil {
			return
		}
		select {
		case d.frames <- f:
		case <-d.gone:
			return
		}
	}
}

func (d *desktop) send(f consoleFrame) error {
	data, err := json.Marshal(f)
	if err != nil {
		return err
	}
	if err := d.ws.SetWriteDeadline(time.Now().Add(answerWithin)); err != nil {
		return err
	}
	return d.ws.WriteMessage(websocket.TextMessage, data)
}

// await reads frames until one is the one.
func (d *desktop) await(ctx context.Context, is func(consoleFrame) bool) (consoleFrame, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	for {
		select {
		case f, open := <-d.frames:
			switch {
			case !open:
				return f, fmt.Errorf("the console's socket was closed")
			case f.Type == "error":
				return f, fmt.Errorf("the console answered %q", f.Code)
			case is(f):
				return f, nil
			}
		case <-ctx.Done():
			return consoleFrame{}, fmt.Errorf("wait for the console: %w", ctx.Err())
		}
	}
}

func (d *desktop) leave() {
	close(d.gone)
	_ = d.ws.Close()
}
