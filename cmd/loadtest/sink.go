package main

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// reply is one text that the service handed to the pretend provider. Of its
// words only a hash is kept.
type reply struct {
	at    time.Time
	words uint64
	line  string // the service's own name for it, from StatusCallback
}

// sink is the provider's side: the part of Twilio's REST API that sends a text
// (https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource).
type sink struct {
	sid, token string
	addr       string
	server     *http.Server
	seed       maphash.Seed

	mu      sync.Mutex
	replies map[string][]reply // by number
	total   int
	newest  time.Time
	lines   map[string]int // how often each line came
	refused int            // requests that Twilio would refuse
	held    chan struct{}  // not nil: answers wait until it is closed
	arrived chan struct{}  // closed and renewed with every reply
}

func listenSink(addr, sid, token string) (*sink, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen for replies: %w", err)
	}
	s := &sink{
		sid: sid, token: token, addr: l.Addr().String(), seed: maphash.MakeSeed(),
		replies: map[string][]reply{}, lines: map[string]int{}, arrived: make(chan struct{}),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2010-04-01/Accounts/{sid}/Messages.json", s.message)
	s.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := s.server.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
			log.Printf("the pretend provider stopped: %v", err)
		}
	}()
	return s, nil
}

func (s *sink) close() { _ = s.server.Close() }

func (s *sink) message(w http.ResponseWriter, r *http.Request) {
	at := time.Now()
	user, password, _ := r.BasicAuth()
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	err := r.ParseForm()
	to, body := r.PostForm.Get("To"), r.PostForm.Get("Body")
	if err != nil || user != s.sid || password != s.token || r.PathValue("sid") != s.sid || to == "" || body == "" || r.PostForm.Get("From") == "" {
		s.mu.Lock()
		s.refused++
		s.mu.Unlock()
		http.Error(w, `{"code": 20001, "status": 400}`, http.StatusBadRequest)
		return
	}
	got := reply{at: at, words: maphash.String(s.seed, body)}
	if u, err := url.Parse(r.PostForm.Get("StatusCallback")); err == nil {
		got.line = u.Query().Get("line")
	}
	s.mu.Lock()
	s.replies[to] = append(s.replies[to], got)
	s.total++
	s.newest = at
	if got.line != "" {
		s.lines[got.line]++
	}
	n, held := s.total, s.held
	close(s.arrived)
	s.arrived = make(chan struct{})
	s.mu.Unlock()
	if held != nil {
		<-held
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, `{"sid": "SM%032x", "status": "queued", "num_segments": "1", "error_code": null, "account_sid": %q}`, n, s.sid)
}

// hold keeps answers back, as a provider that is slow for a moment, until the
// function that it returns is called. The service may wait 10 s for an answer.
func (s *sink) hold() (release func()) {
	held := make(chan struct{})
	s.mu.Lock()
	s.held = held
	s.mu.Unlock()
	return sync.OnceFunc(func() {
		s.mu.Lock()
		s.held = nil
		s.mu.Unlock()
		close(held)
	})
}

// of returns what one number was sent, in the order of arrival.
func (s *sink) of(number string) []reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.replies[number]
}

func (s *sink) count() (total int, newest time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total, s.newest
}

// await waits until a number was sent n replies in all, and returns them.
func (s *sink) await(ctx context.Context, number string, n int) []reply {
	for {
		s.mu.Lock()
		got, arrived := s.replies[number], s.arrived
		s.mu.Unlock()
		if len(got) >= n {
			return got
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return got
		}
	}
}

// quiet waits until nothing arrived for a while, and at least so many replies did
// in all unless the patience ends before.
func (s *sink) quiet(ctx context.Context, least int, still, patience time.Duration) {
	begun := time.Now()
	for ctx.Err() == nil {
		total, newest := s.count()
		if newest.Before(begun) {
			newest = begun
		}
		idle := time.Since(newest)
		if total >= least && idle >= still || idle >= patience {
			return
		}
		time.Sleep(min(still/4, 20*time.Millisecond))
	}
}

// doubled counts lines that were handed over more than once.
func (s *sink) doubled() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, times := range s.lines {
		n += times - 1
	}
	return n
}
