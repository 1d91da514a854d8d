package webchat

import (
	"sync"
	"time"

	"helpline/dialog"
)

// maxWriters is how many goroutines write to sockets at once. They exist only
// while there is something to write.
const maxWriters = 128

// hub knows which sockets show which conversation. It hears each topic of the
// bus once, whatever the number of sockets, and has a passing crew of writers
// bring the sockets that fell behind up to date.
type hub struct {
	mu       sync.Mutex
	visitors map[string]*visitor                // by address value
	convs    map[dialog.ConversationID]*visitor // those whose conversation is known
	wheel    [wheelSlots][]*socket
	turn     uint32 // the slot that the next socket gets
	sockets  int
	closed   bool

	queue   []*socket // sockets with work to do, each at most once
	writers int
	done    chan struct{} // closed when the hub is and its writers have gone
}

// visitor is one browser's secret with all its open sockets.
type visitor struct {
	address dialog.Address
	conv    dialog.ConversationID // empty until something is said
	ref     string
	first   *socket // linked by socket.next
}

func newHub() *hub {
	return &hub{visitors: map[string]*visitor{}, convs: map[dialog.ConversationID]*visitor{}, done: make(chan struct{})}
}

// add takes a new socket into the keepalive wheel. It returns false when the
// hub is closed.
func (h *hub) add(s *socket) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	s.slot = int32(h.turn % wheelSlots)
	h.turn++
	s.pos = int32(len(h.wheel[s.slot]))
	h.wheel[s.slot] = append(h.wheel[s.slot], s)
	h.sockets++
	return true
}

// join makes the socket one of a visitor's. Notices reach it from now on.
func (h *hub) join(s *socket, from dialog.Address) {
	h.mu.Lock()
	defer h.mu.Unlock()
	v := h.visitors[from.Value]
	if v == nil {
		v = &visitor{address: from}
		h.visitors[from.Value] = v
	}
	s.visitor, s.next, v.first = v, v.first, s
}

// attach tells all sockets of a visitor which conversation is theirs. One
// that showed another begins again with this one.
func (h *hub) attach(from dialog.Address, conv dialog.ConversationID, ref string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.attachLocked(from, conv, ref)
}

// attachFirst is attach for news that may be old: it changes nothing when
// the visitor's conversation is known already.
func (h *hub) attachFirst(from dialog.Address, conv dialog.ConversationID, ref string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if v := h.visitors[from.Value]; v != nil && v.conv == "" {
		h.attachLocked(from, conv, ref)
	}
}

func (h *hub) attachLocked(from dialog.Address, conv dialog.ConversationID, ref string) {
	v := h.visitors[from.Value]
	if v == nil || v.conv == conv && v.ref == ref {
		return
	}
	if v.conv != "" && h.convs[v.conv] == v {
		delete(h.convs, v.conv)
	}
	v.conv, v.ref = conv, ref
	h.convs[conv] = v
	h.wakeAll(v, workEvents)
}

// of returns what conversation a socket should show.
func (h *hub) of(s *socket) (from dialog.Address, conv dialog.ConversationID, ref string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.visitor == nil {
		return dialog.Address{}, "", ""
	}
	return s.visitor.address, s.visitor.conv, s.visitor.ref
}

// remove forgets a socket, and its visitor with the last one.
func (h *hub) remove(s *socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	slot := h.wheel[s.slot]
	if int(s.pos) >= len(slot) || slot[s.pos] != s {
		return // removed before
	}
	last := len(slot) - 1
	slot[s.pos] = slot[last]
	slot[s.pos].pos = s.pos
	slot[last] = nil
	h.wheel[s.slot] = slot[:last]
	h.sockets--
	v := s.visitor
	if v == nil {
		return
	}
	for p := &v.first; *p != nil; p = &(*p).next {
		if *p == s {
			*p = s.next
			break
		}
	}
	s.visitor, s.next = nil, nil
	if v.first == nil {
		delete(h.visitors, v.address.Value)
		if h.convs[v.conv] == v {
			delete(h.convs, v.conv)
		}
	}
}

// changed hears dialog.ConversationChanged. It does not block.
func (h *hub) changed(n dialog.Notice) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n.ID == "" { // something may have been missed: look at everything
		for _, v := range h.convs {
			for s := v.first; s != nil; s = s.next {
				s.newest.Store(missed)
			}
			h.wakeAll(v, workEvents)
		}
		return
	}
	v := h.convs[dialog.ConversationID(n.ID)]
	if v == nil {
		return
	}
	for s := v.first; s != nil; s = s.next {
		s.tell(n.Seq)
	}
	h.wakeAll(v, workEvents)
}

// typing hears dialog.Typing: Seq 2 is staff.
func (h *hub) typing(n dialog.Notice) {
	if n.ID == "" || n.Seq != typingStaff {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if v := h.convs[dialog.ConversationID(n.ID)]; v != nil {
		h.wakeAll(v, workTyping)
	}
}

// end tells a visitor's sockets, all but one, that the chat was ended.
func (h *hub) end(from dialog.Address, but *socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if v := h.visitors[from.Value]; v != nil {
		for s := v.first; s != nil; s = s.next {
			if s != but {
				h.wakeLocked(s, workEnd)
			}
		}
	}
}

func (h *hub) wakeAll(v *visitor, work uint32) {
	for s := v.first; s != nil; s = s.next {
		h.wakeLocked(s, work)
	}
}

// wake has a writer do the work for a socket soon.
func (h *hub) wake(s *socket, work uint32) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.wakeLocked(s, work)
}

func (h *hub) wakeLocked(s *socket, work uint32) {
	before := s.work.Or(work | workQueued)
	if before&workQueued != 0 {
		return
	}
	h.queue = append(h.queue, s)
	if h.writers < maxWriters {
		h.writers++
		go h.write()
	}
}

// write is one of the crew: it works off the queue and goes.
func (h *hub) write() {
	for {
		h.mu.Lock()
		if len(h.queue) == 0 {
			h.queue = nil // a burst's queue is not kept
			h.writers--
			h.gone()
			h.mu.Unlock()
			return
		}
		s := h.queue[0]
		h.queue[0] = nil
		h.queue = h.queue[1:]
		h.mu.Unlock()
		// The socket stays marked as queued while it is served: what is asked for
		// meanwhile is done by this writer, and a client that takes its time
		// holds up one writer, never the crew.
		for !s.work.CompareAndSwap(workQueued, 0) {
			s.do(s.work.Swap(workQueued))
		}
	}
}

// count is the number of open sockets.
func (h *hub) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sockets
}

// gone notes, with the lock held, that a closed hub has no writer left.
func (h *hub) gone() {
	if !h.closed || h.writers > 0 {
		return
	}
	select {
	case <-h.done:
	default:
		close(h.done)
	}
}

// close sends every socket away and waits, at most so long, for the writers.
func (h *hub) close(wait time.Duration) {
	h.mu.Lock()
	h.closed = true
	for _, slot := range h.wheel {
		for _, s := range slot {
			h.wakeLocked(s, workAway)
		}
	}
	h.gone()
	h.mu.Unlock()
	select {
	case <-h.done:
	case <-time.After(wait):
	}
}
