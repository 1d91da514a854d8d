package main

import (
	"context"
	"fmt"
	"time"
)

// chat measures a visitor's line: until it is stored and until it is answered,
// beside a bare echo and a bare echo that commits a row first.
func (b *bench) chat(ctx context.Context, t target) error {
	var stored, answered, echoed, kept sample
	n := 0
	for range b.chats {
		if err := ctx.Err(); err != nil {
			return err
		}
		v, err := enter(ctx, t.socket()+"/chat/ws", "", 0)
		if err != nil {
			return err
		}
		said := map[string]bool{}
		for range b.lines {
			n++
			id := fmt.Sprintf("line-%s-%d", b.series.run, n)
			toStored, toAnswered, err := v.ask(ctx, id, b.question(n))
			if err != nil {
				v.leave()
				return fmt.Errorf("chat line %d: %w", n, err)
			}
			said[id] = true
			stored, answered = append(stored, toStored), append(answered, toAnswered)
		}
		v.leave()
		if err := b.readAgain(ctx, t, v, said); err != nil {
			return err
		}
		// In turn with the service: what the machine does touches both.
		for path, into := range map[string]*sample{"/echo": &echoed, "/stored": &kept} {
			ws, err := dialPlain(ctx, "ws://"+b.beside.addr+path, 0)
			if err != nil {
				return err
			}
			for i := range b.lines {
				took, err := ws.echo(fmt.Sprintf("line-%s-%d-%d what is a case conference", b.series.run, n, i))
				if err != nil {
					return fmt.Errorf("the reference's %s: %w", path, err)
				}
				*into = append(*into, took)
			}
			_ = ws.Close()
		}
	}
	bare := kept.p50()
	for _, r := range []struct {
		what string
		s    sample
	}{{"chat line → stored", stored}, {"chat line → answered", answered}} {
		ratio := r.s.p50().Seconds() / bare.Seconds()
		b.add(result{
			Phase: "chat", What: r.what + ", p50 / p99", Service: both(r.s), Reference: both(kept), Ratio: ratio,
			Figures: map[string]float64{"p50": r.s.p50().Seconds(), "p99": r.s.p99().Seconds(), "bare_echo_p50": echoed.p50().Seconds(), "bare_stored_p50": bare.Seconds()},
		}.aim("p50 ≤ 3.0", ratio <= 3))
	}
	b.add(result{Phase: "chat", What: "the reference alone: bare echo without a row, p50 / p99", Reference: both(echoed)})
	return nil
}

// question is one of the questions that need no more than one answer.
func (b *bench) question(n int) string {
	for i := n; ; i++ {
		if s := b.plot[i%len(b.plot)]; len(s.texts) == 1 && !s.worry {
			return s.texts[0]
		}
	}
}

// ask says a line and waits until it is stored and answered.
func (v *visitor) ask(ctx context.Context, id, text string) (stored, answered time.Duration, err error) {
	begun := time.Now()
	if err := v.send(frame{Type: "say", ID: id, Text: text}); err != nil {
		return 0, 0, err
	}
	var seq int64
	mine := false // the answer comes after the line itself
	_, err = v.await(ctx, func(f frame) bool {
		switch {
		case f.Type == "stored" && f.ID == id:
			stored, seq = f.at.Sub(begun), f.Seq
		case f.Type == "event" && f.Kind == "person" && f.ID == id:
			mine = true
		case f.Type == "event" && f.Kind == "bot" && mine && answered == 0:
			answered = f.at.Sub(begun)
		}
		return stored > 0 && answered > 0
	})
	if err == nil && seq <= 0 {
		err = fmt.Errorf("stored as number %d", seq)
	}
	return stored, answered, err
}

// readAgain comes back as the same visitor and makes sure that every line that
// was stored is in the conversation once, each followed by an answer.
func (b *bench) readAgain(ctx context.Context, t target, v *visitor, said map[string]bool) error {
	again, err := enter(ctx, t.socket()+"/chat/ws", v.token, 0)
	if err != nil {
		return fmt.Errorf("come back: %w", err)
	}
	defer again.leave()
	seen := map[string]int{}
	answers := 0
	var last int64
	for len(seen) < len(said) || answers < len(said) {
		f, err := again.await(ctx, func(f frame) bool { return f.Type == "event" })
		if err != nil {
			b.fault("a visitor who came back was shown %d of %d lines and %d answers: %v", len(seen), len(said), answers, err)
			return nil
		}
		if f.Seq <= last {
			b.fault("event %d came after event %d", f.Seq, last)
		}
		last = f.Seq
		switch f.Kind {
		case "person":
			seen[f.ID]++
			if !said[f.ID] || seen[f.ID] > 1 {
				b.fault("a line that was said once is in the conversation %d times", seen[f.ID])
			}
		case "bot":
			answers++
		}
	}
	return nil
}
