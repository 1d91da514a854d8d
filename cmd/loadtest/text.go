package main

import (
	"context"
	"fmt"
	"time"
)

// text measures text messages.
func (b *bench) text(ctx context.Context, t target) error {
	if err := b.learn(ctx, t); err != nil {
		return err
	}
	if b.wants("text") {
		if err := b.oneByOne(ctx, t); err != nil {
			return err
		}
		for _, n := range []int{1, 16, 64} {
			if _, err := b.atOnce(ctx, t, n, ""); err != nil {
				return err
			}
		}
		if err := b.throughput(ctx, t); err != nil {
			return err
		}
		if _, err := b.steadily(ctx, t, ""); err != nil {
			return err
		}
	}
	if b.wants("fill") {
		if err := b.filled(ctx, t); err != nil {
			return err
		}
	}
	b.settleProvider()
	if b.wants("start") && t.process != nil {
		return b.startAgain(ctx, t)
	}
	return nil
}

// learn holds every conversation once, message by message, with nothing else
// going on, and remembers what was replied.
func (b *bench) learn(ctx context.Context, t target) error {
	if b.want != nil {
		return nil
	}
	c := newCrowd(b.keyword, b.plot, b.series)
	p := newPost(t.addr, t.public, b.sid, b.token, b.number, 1)
	defer p.close()
	b.want = make(expectation, len(b.plot))
	people := make([]*sender, len(b.plot))
	for i := range people {
		people[i] = c.one(i)
	}
	for step := 0; ; step++ {
		spoke := 0
		for i, s := range people {
			if step >= len(b.plot[i].texts) {
				continue
			}
			if err := p.say(0, c, c.of(s)); err != nil {
				return fmt.Errorf("learn what is answered: %w", err)
			}
			spoke++
		}
		if spoke == 0 {
			break
		}
		// Longer than the sweep that finds what a burst left.
		b.sinks.quiet(ctx, 0, 400*time.Millisecond, 5*time.Second)
		for i, s := range people {
			if step >= len(b.plot[i].texts) {
				continue
			}
			var now []uint64
			for _, r := range b.sinks.of(s.number)[len(b.want.after(i, step)):] {
				now = append(now, r.words)
			}
			b.want[i] = append(b.want[i], now)
		}
	}
	total := 0
	for i := range b.want {
		total += len(b.want.after(i, len(b.want[i])))
	}
	if total == 0 {
		return fmt.Errorf("no reply came to %s: is it the service's HELPLINE_TWILIO_API_URL?", b.sinks.addr)
	}
	for i, steps := range b.want {
		if len(steps[0]) == 0 {
			b.fault("%q got no reply", b.plot[i].texts[0])
		}
	}
	b.say(fmt.Sprintf("%d conversations bring %d replies", len(b.plot), total))
	return nil
}

// oneByOne measures how long a text takes until its reply is in the provider's
// hands, when nothing else goes on.
func (b *bench) oneByOne(ctx context.Context, t target) error {
	c := newCrowd(b.keyword, b.plot, b.series)
	p := newPost(t.addr, t.public, b.sid, b.token, b.number, 1)
	defer p.close()
	var handed sample
	for script := 0; len(handed) < b.singles && ctx.Err() == nil; script = (script + 1) % len(b.plot) {
		s := c.one(script)
		for step := range b.plot[script].texts {
			turn := c.of(s)
			begun := time.Now()
			if err := p.say(0, c, turn); err != nil {
				return err
			}
			before, after := len(b.want.after(script, step)), len(b.want.after(script, step+1))
			if before == after {
				continue
			}
			wait, cancel := context.WithTimeout(ctx, 5*time.Second)
			got := b.sinks.await(wait, s.number, after)
			cancel()
			if len(got) < after {
				b.fault("a text got %d of %d replies within 5 s", max(0, len(got)-before), after-before)
				continue
			}
			handed = append(handed, got[before].at.Sub(begun))
		}
	}
	b.check(c, "texts one at a time")
	b.add(result{
		Phase: "text", What: "text in → its reply handed to the provider, p50 / p99", Service: both(handed),
		Figures: map[string]float64{"p50": handed.p50().Seconds(), "p99": handed.p99().Seconds(), "samples": float64(len(handed))},
	}.aim("p50 ≤ 12 ms", handed.p50() <= 12*time.Millisecond))
	return nil
}

// check waits until everything that is due arrived and audits a crowd.
func (b *bench) check(c *crowd, what string) {
	owed := due(c, b.want)
	have := func() (n int) {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, s := range c.senders {
			n += len(b.sinks.of(s.number))
		}
		return n
	}
	// Patience is counted from the last arrival: a long queue is slow, not lost.
	begun := time.Now()
	for {
		missing := owed - have()
		_, newest := b.sinks.count()
		if newest.Before(begun) {
			newest = begun
		}
		if missing <= 0 || time.Since(newest) > 8*time.Second {
			break
		}
		time.Sleep(min(200*time.Millisecond, time.Duration(missing)*time.Millisecond+5*time.Millisecond))
	}
	v := audit(c, b.want, b.sinks.of)
	b.audited = b.audited.add(v)
	if err := v.fault(); err != nil {
		b.fault("%s: %v", what, err)
	}
}

// settleProvider notes what the provider saw that it should not have.
func (b *bench) settleProvider() {
	if n := b.sinks.doubled(); n > 0 {
		b.fault("%d lines were handed to the provider more than once", n)
	}
	b.sinks.mu.Lock()
	refused := b.sinks.refused
	b.sinks.mu.Unlock()
	if refused > 0 {
		b.fault("the provider refused %d requests as malformed", refused)
	}
	b.add(result{
		Phase: "text", What: "texts accepted, replies handed over",
		Service: fmt.Sprintf("%s, %s; %d lost, %d doubled, %d wrong", thousands(float64(b.audited.Messages)), thousands(float64(b.audited.Replies)),
			b.audited.Lost, b.audited.Doubled, b.audited.Wrong),
	}.aim("none lost, doubled or wrong", b.audited.fault() == nil))
}
