package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"
)

// Times that a connection may take. A handler that needs longer sets its own with http.ResponseController; a websocket has
// none once it is one.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 2 * time.Minute // an upload over a poor mobile connection
	writeTimeout      = 2 * time.Minute
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
)

// ServerConfig is what Listen needs.
type ServerConfig struct {
	Addr    string // host:port; port 0 is any free one
	Handler http.Handler

	// Stopping is called when the server begins to stop, before it waits for requests: for readiness and for connections that were
	// taken over, which the server does not know.
	Stopping func()

	// Grace is how long requests may go on when the server stops. 0 means 10 seconds.
	Grace time.Duration
}

// Server is an HTTP server that listens.
type Server struct {
	c    ServerConfig
	l    net.Listener
	http *http.Server
}

// Listen takes the address, so that a wrong or used one is known before anything else starts.
func Listen(ctx context.Context, c ServerConfig) (*Server, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", c.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	c.Grace = cmp.Or(c.Grace, 10*time.Second)
	return &Server{c: c, l: l, http: &http.Server{
		Handler:           c.Handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		// net/http's own lines name the peer's address. What they tell (a client that hung up, a bad first line) needs no log;
		// panics are logged by the middleware.
		ErrorLog: log.New(io.Discard, "", 0),
	}}, nil
}

// Addr is the address taken.
func (s *Server) Addr() string { return s.l.Addr().String() }

// Serve answers requests until ctx ends, then lets the ones that run finish. Its error is nil after an orderly stop.
func (s *Server) Serve(ctx context.Context) error {
	failed := make(chan error, 1)
	go func() { failed <- s.http.Serve(s.l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	if s.c.Stopping != nil {
		s.c.Stopping()
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.c.Grace)
	defer cancel()
	if err := s.http.Shutdown(grace); err != nil {
		// Whoever is still there is cut off: stopping must end.
		return errors.Join(fmt.Errorf("stop serving: %w", err), s.http.Close())
	}
	return nil
}

// Serve listens on addr and serves until ctx ends.
func Serve(ctx context.Context, addr string, handler http.Handler) error {
	s, err := Listen(ctx, ServerConfig{Addr: addr, Handler: handler})
	if err != nil {
		return err
	}
	return s.Serve(ctx)
}
