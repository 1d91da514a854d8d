package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// TestTheDemonstration is what the README promises for the first five minutes:
// one command, everything is there, people can sign in, Ctrl-C ends it, and
// the next start goes on with the same data.
func TestTheDemonstration(t *testing.T) {
	data := t.TempDir()
	begin := func() (p *process, base string, took time.Duration) {
		begun := time.Now()
		p = start(t, "demo -addr 127.0.0.1:0", "HELPLINE_DATA_DIR="+data,
			// A demonstration never speaks to a real account, whatever is set.
			"HELPLINE_TWILIO_ACCOUNT_SID=AC12121212121212121212121212121212", "HELPLINE_TWILIO_AUTH_TOKEN=12121212121212121212121212121212")
		p.says("Preparing")
		p.says("Ready")
		base = p.says(`Chat +(http://127\.0\.0\.1:\d+)/chat`)[1]
		p.says(`Data +` + regexp.QuoteMeta(data))
		return p, base, time.Since(begun)
	}
	p, base, _ := begin()
	for _, page := range []string{"sheets", "simulator", "console"} {
		p.says(regexp.QuoteMeta(base + "/" + page))
	}
	p.says(demoPassword)

	visitor := &browser{Client: &http.Client{Timeout: 60 * time.Second}, base: base}
	for path, holds := range map[string]string{
		"/":          "<textarea",
		"/chat":      "<textarea",
		"/widget.js": "attachShadow",
		"/sheets":    "</html>",
		"/simulator": "60777",
		"/console":   `name="password"`,
		"/healthz":   "alive",
		"/readyz":    "ready",
		"/metrics":   "go_goroutines",
	} {
		if page := visitor.get(t, path, http.StatusOK); !strings.Contains(page, holds) {
			t.Errorf("%s does not hold %q: %.200s", path, holds, page)
		}
	}
	visitor.get(t, "/nothing-here", http.StatusNotFound)

	// Somebody tries it: a text with a worry, and a worker who finds it.
	const from, words = "+447700900601", "famout hes given his trainers away and said bye to the kids, hes in stoke heath"
	private(from, words)
	if status, page := visitor.post(t, "/simulator/text", url.Values{"number": {from}, "body": {words}}); status != http.StatusOK {
		t.Fatalf("the handset: %d %.200s", status, page)
	}
	sam := signIn(t, base, "sam@example.org")
	queue := sam.get(t, "/console", http.StatusOK)
	link := regexp.MustCompile(`/console/conversations/[0-9a-z]{26}`).FindString(queue)
	if link == "" || !strings.Contains(queue, "Stoke Heath") {
		t.Fatalf("the worry is not in the queue: %d bytes", len(queue))
	}
	if page := sam.get(t, link, http.StatusOK); !strings.Contains(page, "trainers") {
		t.Error("the conversation does not show the words")
	}
	for _, person := range demoPeople {
		signIn(t, base, person.Email).get(t, "/console", http.StatusOK)
	}
	signIn(t, base, "eddie@example.org").get(t, link, http.StatusForbidden)

	// Pages that wait for news must not keep it from stopping.
	open, err := visit(t.Context(), strings.TrimPrefix(base, "http://"), "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = open.ws.Close() }()
	staff := websocket.Dialer{Jar: sam.Jar, HandshakeTimeout: 60 * time.Second}
	ws, res, err := staff.DialContext(t.Context(), strings.Replace(base, "http", "ws", 1)+"/console/ws", nil)
	if err != nil {
		t.Fatalf("the console's socket: %v", err)
	}
	_ = res.Body.Close()
	defer func() { _ = ws.Close() }()
	handset := visitor.get(t, "/simulator?number="+url.QueryEscape(from), http.StatusOK)
	version := regexp.MustCompile(`data-version="(\d+)"`).FindStringSubmatch(handset)
	if version == nil {
		t.Fatal("the handset's page has no version")
	}
	since := version[1]
	poll := func(ctx context.Context) (next string, err error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/simulator/thread?number="+url.QueryEscape(from)+"&since="+since, nil)
		if err != nil {
			return "", err
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			return "", err
		}
		return res.Header.Get("X-Version"), res.Body.Close()
	}
	for { // receipts may still be coming in
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		next, err := poll(ctx)
		cancel()
		if err != nil {
			break // now it waits
		}
		since = next
	}
	var waiting sync.WaitGroup
	defer waiting.Wait()
	asked := make(chan struct{})
	waiting.Go(func() {
		_, _ = poll(httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { close(asked) }}))
	})
	<-asked
	visitor.get(t, "/healthz", http.StatusOK) // asked after the poll
	code, took := p.interrupt()
	t.Logf("stopped after %s", took)
	if code != 0 || took > 5*time.Second {
		t.Errorf("Ctrl-C: it ended with %d after %s", code, took)
	}
	var closed *websocket.CloseError
	if _, err := open.want("never"); !errors.As(err, &closed) || closed.Code != websocket.CloseGoingAway {
		t.Errorf("an open chat was not told: %v", err)
	}

	p, base, took = begin()
	t.Logf("ready on a filled data folder after %s, with the test binary's own start", took)
	sam = signIn(t, base, "sam@example.org")
	if page := sam.get(t, link, http.StatusOK); !strings.Contains(page, "trainers") {
		t.Error("after another start the conversation is not there")
	}
	if code, took := p.interrupt(); code != 0 || took > 5*time.Second {
		t.Errorf("Ctrl-C again: it ended with %d after %s", code, took)
	}
}

// TestAnAddressInUse is said at once, and nothing is left behind.
func TestAnAddressInUse(t *testing.T) {
	w := newWorld(t, nil)
	addr := strings.TrimPrefix(w.url, "http://")
	for _, command := range []string{"demo", "serve"} {
		p := start(t, command+" -addr "+addr, "HELPLINE_DATA_DIR="+t.TempDir())
		p.says("address already in use")
		<-p.ended
		if code := p.cmd.ProcessState.ExitCode(); code != 1 {
			t.Errorf("%s ended with %d", command, code)
		}
	}
}
