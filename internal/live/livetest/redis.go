package livetest

import (
	"context"
	"fmt"
	"io"
	"net"
	"os/exec"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Server is a Redis server on a port of 127.0.0.1.
type Server struct {
	// URL of the server, the same after a restart.
	URL string

	t     testing.TB
	addr  string
	port  int
	cmd   *exec.Cmd
	alive io.Closer
}

// Redis starts a server that ends with the test.
func Redis(t testing.TB) *Server {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatalf("a TCP listener listens on %T", l.Addr())
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s := &Server{t: t, addr: addr.String(), port: addr.Port, URL: "redis://" + addr.String()}
	s.Start()
	t.Cleanup(s.Stop)
	return s
}

// supervise runs the server until its standard input ends, which it does with the test binary at the latest.
const supervise = `
redis-server --port "$1" --bind 127.0.0.1 --save "" --appendonly no --loglevel warning </dev/null >/dev/null 2>&1 &
server=$!
read -r _
kill -KILL $server
wait $server
`

// Start starts the server, which is not running, and waits until it answers.
func (s *Server) Start() {
	s.t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		s.t.Fatalf("start Redis for the tests (Debian package redis-server): %v", err)
	}
	cmd := exec.CommandContext(context.Background(), "/bin/sh", "-c", supervise, "sh", fmt.Sprint(s.port))
	alive, err := cmd.StdinPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.cmd, s.alive = cmd, alive
	client := redis.NewClient(&redis.Options{Addr: s.addr, MaxRetries: -1, DialerRetries: 1})
	defer func() { _ = client.Close() }() // only used to wait
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		err := client.Ping(context.Background()).Err()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("Redis does not answer: %v", err)
		}
	}
}

// Stop kills the server, as a power cut would. It may be called on a stopped one.
func (s *Server) Stop() {
	if s.cmd == nil {
		return
	}
	_ = s.alive.Close()
	_ = s.cmd.Wait() // the shell reports the kill
	s.cmd = nil
}
