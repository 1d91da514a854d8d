package web_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/labstack/echo/v4"

	"helpline/internal/web"
)

func TestHealth(t *testing.T) {
	s := newSite(t)
	var broken error
	stuck := make(chan struct{})
	defer close(stuck)
	h := web.NewHealth(slog.New(slog.NewTextHandler(&s.log, nil)), func() map[string]string { return map[string]string{"version": "7"} },
		web.Check{Name: "database", Test: func(context.Context) error { return broken }},
		web.Check{Name: "bus", Optional: true, Test: func(context.Context) error { return errors.New("away") }},
	)
	h.Mount(s.Echo)
	read := func(target string) (int, string) {
		w := s.do(http.MethodGet, target, "")
		return w.Code, strings.TrimSpace(w.Body.String())
	}
	if code, body := read("/healthz"); code != 200 || body != `{"status":"alive","info":{"version":"7"}}` {
		t.Errorf("%d %s", code, body)
	}
	if code, body := read("/readyz"); code != 503 || !strings.Contains(body, "starting") {
		t.Errorf("before ready: %d %s", code, body)
	}
	h.SetReady(true)
	if code, body := read("/readyz"); code != 200 || body != `{"status":"ready","checks":{"bus":"failed","database":"ok"},"info":{"version":"7"}}` {
		t.Errorf("ready: %d %s", code, body)
	}
	broken = errors.New("disk gone")
	if code, _ := read("/readyz"); code != 200 {
		t.Errorf("within a second: %d", code)
	}
	time.Sleep(1100 * time.Millisecond)
	if code, body := read("/readyz"); code != 503 || !strings.Contains(body, `"database":"failed"`) || strings.Contains(body, "disk") {
		t.Errorf("broken: %d %s", code, body)
	}
	if !strings.Contains(s.log.String(), "disk gone") {
		t.Error("the log does not say what failed")
	}

	slow := newSite(t)
	late := web.NewHealth(slog.New(slog.NewTextHandler(&slow.log, nil)), nil, web.Check{Name: "stuck", Test: func(context.Context) error { <-stuck; return nil }})
	late.SetReady(true)
	late.Mount(slow.Echo)
	began := time.Now()
	if w := slow.do(http.MethodGet, "/readyz", ""); w.Code != 503 || time.Since(began) > 5*time.Second {
		t.Errorf("a check that hangs: %d after %v", w.Code, time.Since(began))
	}
}

func TestTheServerStopsWhenWhatRunsHasEnded(t *testing.T) {
	s := newSite(t)
	begun, finish := make(chan struct{}), make(chan struct{})
	s.GET("/slow", func(c echo.Context) error { close(begun); <-finish; return ok(c) })
	ctx, cancel := context.WithCancel(t.Context())
	stopping := make(chan struct{})
	server, err := web.Listen(ctx, web.ServerConfig{Addr: "127.0.0.1:0", Handler: s, Stopping: func() { close(stopping) }})
	must(t, err)
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()

	_, err = web.Listen(ctx, web.ServerConfig{Addr: server.Addr(), Handler: s})
	if err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("a second server on the same address: %v", err)
	}

	answer := make(chan string, 1)
	go func() {
		resp, err := http.Get("http://" + server.Addr() + "/slow")
		if err != nil {
			answer <- err.Error()
			return
		}
		b, err := io.ReadAll(resp.Body)
		answer <- string(b) + fmt.Sprint(err, resp.Body.Close())
	}()
	<-begun
	cancel()
	<-stopping
	select {
	case err := <-served:
		t.Fatalf("stopped with a request running: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	close(finish)
	if got := <-answer; !strings.HasPrefix(got, "fine") {
		t.Errorf("the running request got %s", got)
	}
	must(t, <-served)
	if _, err := net.Dial("tcp", server.Addr()); err == nil {
		t.Error("the address is still taken")
	}
}

func TestARequestThatDoesNotEndIsCutOff(t *testing.T) {
	s := newSite(t)
	begun, finish := make(chan struct{}), make(chan struct{})
	defer close(finish)
	s.GET("/stuck", func(c echo.Context) error { close(begun); <-finish; return nil })
	ctx, cancel := context.WithCancel(t.Context())
	server, err := web.Listen(ctx, web.ServerConfig{Addr: "127.0.0.1:0", Handler: s, Grace: 50 * time.Millisecond})
	must(t, err)
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()
	go func() {
		if resp, err := http.Get("http://" + server.Addr() + "/stuck"); err == nil {
			_ = resp.Body.Close()
		}
	}()
	<-begun
	cancel()
	if err := <-served; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Serve returned %v", err)
	}
}

func TestWebsocketsPassThrough(t *testing.T) {
	s := newSite(t)
	s.GET("/ws", func(c echo.Context) error {
		up := websocket.Upgrader{}
		conn, err := up.Upgrade(c.Response(), c.Request(), nil)
		if err != nil {
			return nil // the upgrader has answered
		}
		defer func() { _ = conn.Close() }()
		kind, msg, err := conn.ReadMessage()
		if err != nil {
			return nil
		}
		return conn.WriteMessage(kind, msg)
	})
	ctx, cancel := context.WithCancel(t.Context())
	server, err := web.Listen(ctx, web.ServerConfig{Addr: "127.0.0.1:0", Handler: s})
	must(t, err)
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()
	conn, resp, err := websocket.DefaultDialer.Dial("ws://"+server.Addr()+"/ws", nil)
	must(t, err)
	must(t, resp.Body.Close())
	must(t, conn.WriteMessage(websocket.TextMessage, []byte("hello")))
	_, msg, err := conn.ReadMessage()
	must(t, err)
	if string(msg) != "hello" {
		t.Errorf("came back as %q", msg)
	}
	must(t, conn.Close())
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		families, err := s.registry.Gather()
		must(t, err)
		if strings.Contains(fmt.Sprint(families), `value:"101"`) {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the websocket was not counted")
		}
	}
	cancel()
	must(t, <-served)
}
