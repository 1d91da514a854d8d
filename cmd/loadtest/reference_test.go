package main

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

func TestTheReferenceKeepsEveryAcceptedMessageAndRefusesUnsignedOnes(t *testing.T) {
	in, stop := io.Pipe()
	read, write := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- serveReference(in, write, t.TempDir(), "secret", "") }()
	line, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	addr := strings.TrimSpace(line)
	c := newCrowd("FAMOUT", scripts(20), &series{run: "0123abcd"})
	p := newPost(addr, "http://"+addr, "AC1", "secret", "60777", 4)
	got := times(4, 200, func(w int) error { return p.say(w, c, c.take()) })
	if got.failed != 0 || len(got.latencies) != 200 {
		t.Fatalf("%d failed, %d accepted", got.failed, len(got.latencies))
	}
	wrong := newPost(addr, "http://"+addr, "AC1", "another", "60777", 1)
	var refused *refusedError
	if err := wrong.say(0, c, c.fresh()); !errors.As(err, &refused) || refused.status != 403 {
		t.Errorf("a wrong signature: %v", err)
	}
	ctx := t.Context()
	if n, err := countAt(ctx, "http://"+addr); err != nil || n != 200 {
		t.Errorf("%d rows, %v; want 200", n, err)
	}
	for path, want := range map[string]int{"/echo": 200, "/stored": 201} {
		ws, err := dialPlain(ctx, "ws://"+addr+path, 0)
		if err != nil {
			t.Fatal(err)
		}
		if took, err := ws.echo("a line through " + path); err != nil || took <= 0 || took > 5*time.Second {
			t.Errorf("%s: %v, %v", path, took, err)
		}
		_ = ws.Close()
		if n, err := countAt(ctx, "http://"+addr); err != nil || path == "/stored" && n != want {
			t.Errorf("%s: %d rows, %v", path, n, err)
		}
	}
	_ = stop.Close()
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
}
