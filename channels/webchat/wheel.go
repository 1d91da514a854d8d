package webchat

import "time"

// The keepalive: one ticker for all sockets. Each socket stands in one slot
// of the wheel, and a slot is looked at once in a round: what is silent is
// asked (a ping that every websocket client answers by itself), and what stays
// silent is closed. A timer for each socket would cost more than the rest of
// an idle chat.
const (
	wheelSlots  = 32
	wheelTick   = time.Second
	silentAfter = 25 * time.Second // then it is asked at every round
	deadAfter   = 90 * time.Second // then it is closed
	helloWithin = 15 * time.Second // a socket that does not say hello is closed
)

// turnWheel runs until stop is closed.
func (c *Chat) turnWheel() {
	tick := time.NewTicker(wheelTick)
	defer tick.Stop()
	for slot := 0; ; slot = (slot + 1) % wheelSlots {
		select {
		case <-c.stop:
			return
		case <-tick.C:
			c.hub.check(slot, c.cfg.Now())
		}
	}
}

// check looks at the sockets of one slot.
func (h *hub) check(slot int, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.wheel[slot] {
		silent := now.Sub(time.Unix(s.heard.Load(), 0))
		switch {
		case silent > deadAfter, s.visitor == nil && silent > helloWithin:
			h.wakeLocked(s, workDrop)
		case silent > silentAfter:
			h.wakeLocked(s, workPing)
		}
	}
}
