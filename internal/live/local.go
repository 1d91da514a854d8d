package live

import (
	"context"
	"sync"
	"sync/atomic"
)

// Local is a [Bus] within one process.
type Local struct {
	mu     sync.RWMutex
	topics map[string]map[*subscription]struct{}
	closed bool

	published, dropped, subscribers atomic.Int64
}

var _ Bus = (*Local)(nil)

// NewLocal returns a bus within this process.
func NewLocal() *Local {
	return &Local{topics: map[string]map[*subscription]struct{}{}}
}

// Publish implements [Bus].
func (l *Local) Publish(_ context.Context, n Notice) error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return ErrClosed
	}
	l.published.Add(1)
	l.give(n)
	return nil
}

// pass gives a notice of another node to the subscribers here.
func (l *Local) pass(n Notice) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	l.give(n)
}

// give is called with the lock held.
func (l *Local) give(n Notice) {
	for s := range l.topics[n.Topic] {
		if !s.give(n) {
			l.dropped.Add(1)
		}
	}
}

// missedAll tells every subscriber to catch up.
func (l *Local) missedAll() {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for _, subs := range l.topics {
		for s := range subs {
			s.miss()
		}
	}
}

// Subscribe implements [Bus].
func (l *Local) Subscribe(topic string, fn func(Notice)) (cancel func()) {
	s := &subscription{topic: topic, fn: fn}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return func() {}
	}
	if l.topics[topic] == nil {
		l.topics[topic] = map[*subscription]struct{}{}
	}
	l.topics[topic][s] = struct{}{}
	l.subscribers.Add(1)
	return func() { l.cancel(s) }
}

func (l *Local) cancel(s *subscription) {
	s.stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.topics[s.topic][s]; !ok {
		return
	}
	l.subscribers.Add(-1)
	delete(l.topics[s.topic], s)
	if len(l.topics[s.topic]) == 0 {
		delete(l.topics, s.topic)
	}
}

// Ping implements [Bus].
func (l *Local) Ping(context.Context) error { return nil }

// Stats implements [Bus].
func (l *Local) Stats() Stats {
	return Stats{Published: l.published.Load(), Dropped: l.dropped.Load(), Subscribers: l.subscribers.Load()}
}

// Close implements [Bus].
func (l *Local) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for _, subs := range l.topics {
		for s := range subs {
			s.stop()
		}
	}
	clear(l.topics)
	l.subscribers.Store(0)
	return nil
}

// subscription is one subscriber with its queue. A goroutine serves it only while there is something to serve: ten
// thousand idle chats cost no goroutines here.
type subscription struct {
	topic string
	fn    func(Notice)

	mu      sync.Mutex
	queue   []Notice
	missed  bool
	running bool
	stopped bool
}

// give queues a notice and reports whether there was room.
func (s *subscription) give(n Notice) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return true
	}
	room := len(s.queue) < queueLength
	switch {
	case !room:
		s.missed = true
	default:
		s.queue = append(s.queue, n)
	}
	s.wake()
	return room
}

func (s *subscription) miss() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return
	}
	s.missed = true
	s.wake()
}

// wake is called with the lock held.
func (s *subscription) wake() {
	if !s.running {
		s.running = true
		go s.serve()
	}
}

func (s *subscription) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped, s.missed, s.queue = true, false, nil
}

// serve calls the subscriber until nothing is left.
func (s *subscription) serve() {
	for {
		n, ok := s.next()
		if !ok {
			return
		}
		s.fn(n)
	}
}

// next takes the oldest notice; when those that had room are delivered, the one that says others had none.
func (s *subscription) next() (Notice, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) > 0 {
		n := s.queue[0]
		s.queue = s.queue[1:]
		return n, true
	}
	s.queue = nil // the next notices begin at the start of a new, small array
	if s.missed {
		s.missed = false
		return Notice{Topic: s.topic}, true
	}
	s.running = false
	return Notice{}, false
}
