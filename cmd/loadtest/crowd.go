package main

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// sender is one telephone with its conversation.
type sender struct {
	number string // E.164
	script int    // index into crowd.scripts
	next   int    // messages said and accepted so far
	pooled bool   // take picks them, and not the caller
}

// crowd is the people who text. It hands out the next message of somebody whose
// last one was accepted, and lets new people in when too few are left.
type crowd struct {
	keyword string
	scripts []script
	series  *series

	mu      sync.Mutex
	senders []*sender
	ready   []*sender // in turn; those in flight are not here
	spread  int       // so many others speak between two messages of one person
}

// series is what a run counts through: telephone numbers and message ids, so
// that no two crowds share any.
type series struct {
	run     string // eight hexadecimal digits, in every message id
	ids     atomic.Int64
	numbers atomic.Int64
}

// number is the next telephone. They begin as the range that Ofcom keeps for
// drama (07700 900xxx) and go on too long to be anybody's.
func (s *series) number() string {
	return fmt.Sprintf("+447700900%06d", s.numbers.Add(1)%1_000_000)
}

func newCrowd(keyword string, scripts []script, s *series) *crowd {
	return &crowd{keyword: keyword, scripts: scripts, series: s, spread: 256}
}

// turn is one message about to be sent.
type turn struct {
	from *sender
	text string
	id   string // Twilio's MessageSid
}

// take picks who speaks next.
func (c *crowd) take() turn {
	c.mu.Lock()
	defer c.mu.Unlock()
	var s *sender
	if len(c.ready) > c.spread {
		s = c.ready[0]
		c.ready[0] = nil
		c.ready = c.ready[1:]
	} else {
		s = c.newLocked()
		s.pooled = true
	}
	return c.turnLocked(s)
}

// fresh lets somebody new speak.
func (c *crowd) fresh() turn {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.turnLocked(c.newLocked())
}

// one lets somebody new with a chosen script speak.
func (c *crowd) one(script int) *sender {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.newLocked()
	s.script = script
	return s
}

func (c *crowd) newLocked() *sender {
	n := len(c.senders)
	s := &sender{number: c.series.number(), script: n % len(c.scripts)}
	c.senders = append(c.senders, s)
	return s
}

// of is the next message of one sender.
func (c *crowd) of(s *sender) turn {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.turnLocked(s)
}

func (c *crowd) turnLocked(s *sender) turn {
	text := c.scripts[s.script].texts[s.next]
	if s.next == 0 {
		text = c.keyword + " " + text
	}
	return turn{from: s, text: text, id: messageID(c.series.run, c.series.ids.Add(1))}
}

// messageID makes what Twilio would: SM and 32 hexadecimal digits.
func messageID(run string, n int64) string {
	id := strconv.FormatInt(n, 16)
	return "SM" + run + strings.Repeat("0", 32-len(run)-len(id)) + id
}

// accepted notes that the service took a turn.
func (c *crowd) accepted(t turn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t.from.next++
	if t.from.pooled && t.from.next < len(c.scripts[t.from.script].texts) {
		c.ready = append(c.ready, t.from)
	}
}

// said is how many messages were accepted.
func (c *crowd) said() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, s := range c.senders {
		n += s.next
	}
	return n
}
