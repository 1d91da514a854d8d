package console

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"helpline/dialog"
)

// summaryEvery is how often the list is read anew at most while it changes
// fast; the first change after a pause is told at once.
const summaryEvery = 250 * time.Millisecond

// watcher reads the list for the counts that every open page shows. No words
// leave by it, only numbers, ids and levels.
var watcher = dialog.Worker{ID: "console", Name: "console", Roles: []dialog.Role{dialog.ManagerRole}}

// hub knows which sockets are open and what they look at, and brings them what
// the bus tells of.
type hub struct {
	c *Console

	mu      sync.Mutex
	sockets map[*socket]struct{}
	watched map[dialog.ConversationID]map[*socket]struct{}
	closed  bool

	queue chan struct{} // the list changed
	stop  chan struct{}
}

func newHub(c *Console) *hub {
	return &hub{
		c: c, sockets: map[*socket]struct{}{}, watched: map[dialog.ConversationID]map[*socket]struct{}{},
		queue: make(chan struct{}, 1), stop: make(chan struct{}),
	}
}

func (h *hub) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.sockets)
}

// add takes a new socket in; false when the hub is closed.
func (h *hub) add(s *socket) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.sockets[s] = struct{}{}
	return true
}

func (h *hub) remove(s *socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.sockets, s)
	for id, watching := range h.watched {
		if _, ok := watching[s]; ok {
			delete(watching, s)
			if len(watching) == 0 {
				delete(h.watched, id)
			}
		}
	}
}

// watch has a socket told of a conversation from now on.
func (h *hub) watch(s *socket, id dialog.ConversationID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, open := h.sockets[s]; !open {
		return
	}
	if h.watched[id] == nil {
		h.watched[id] = map[*socket]struct{}{}
	}
	h.watched[id][s] = struct{}{}
}

func (h *hub) unwatch(s *socket, id dialog.ConversationID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.watched[id], s)
	if len(h.watched[id]) == 0 {
		delete(h.watched, id)
	}
}

// conversationChanged hears the bus. An empty id means that something may have
// been missed: everything that is shown is looked at again.
func (h *hub) conversationChanged(n dialog.Notice) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n.ID != "" {
		for s := range h.watched[dialog.ConversationID(n.ID)] {
			s.changed(dialog.ConversationID(n.ID))
		}
		return
	}
	for id, watching := range h.watched {
		for s := range watching {
			s.changed(id)
		}
	}
	h.askQueue()
}

func (h *hub) typing(n dialog.Notice) {
	if n.Seq != typingPerson {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.watched[dialog.ConversationID(n.ID)] {
		s.typing(dialog.ConversationID(n.ID))
	}
}

func (h *hub) queueChanged() { h.askQueue() }

func (h *hub) askQueue() {
	select {
	case h.queue <- struct{}{}:
	default: // it will be read anyway
	}
}

// run tells every open page how the list stands, whenever it changed.
func (h *hub) run() {
	for {
		select {
		case <-h.stop:
			return
		case <-h.queue:
		}
		h.tellQueue()
		select {
		case <-h.stop:
			return
		case <-time.After(summaryEvery):
		}
	}
}

func (h *hub) tellQueue() {
	if h.count() == 0 {
		return // nobody looks
	}
	ctx, cancel := context.WithTimeout(context.Background(), deskWithin)
	defer cancel()
	entries, err := h.c.cfg.Desk.Queue(ctx, watcher, dialog.QueueFilter{Limit: queueLimit})
	if err != nil {
		h.c.cfg.Logger.Error("read the list for the console", "error", err)
		return
	}
	everything := encode(queueFrame{Type: "queue", summary: summarise(entries)})
	h.mu.Lock()
	sockets := slices.Collect(maps.Keys(h.sockets))
	h.mu.Unlock()
	frames := map[string][]byte{} // by the teams whose list it is
	for _, s := range sockets {
		w, ok := s.worker(ctx)
		if !ok {
			continue // it is being closed, or is told next time
		}
		if len(w.Teams) == 0 || w.Has(dialog.ManagerRole) {
			s.queue(everything)
			continue
		}
		key := fmt.Sprint(w.Teams)
		if frames[key] == nil {
			theirs, err := h.c.cfg.Desk.Queue(ctx, w, dialog.QueueFilter{Limit: queueLimit})
			if err != nil {
				h.c.cfg.Logger.Error("read a team's list for the console", "error", err)
				continue
			}
			frames[key] = encode(queueFrame{Type: "queue", summary: summarise(theirs)})
		}
		s.queue(frames[key])
	}
}

// signedOut closes the sockets of a session that has ended.
func (h *hub) signedOut(token string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.sockets {
		if s.token == token {
			s.end(closeSignedOut)
		}
	}
}

// close sends every socket away.
func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	h.closed = true
	close(h.stop)
	for s := range h.sockets {
		s.end(closeGoingAway)
	}
}
