package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// linesEach is how much is said in one conversation with staff: a chat takes
// ten messages at once, and then one a second.
const linesEach = 8

// staff measures a person and a member of staff who write to each other.
func (b *bench) staff(ctx context.Context, t target) error {
	password := staffPassword
	if t.process == nil {
		if password = b.password; password == "" {
			b.note("Staff were left out: -password is empty.")
			return nil
		}
	}
	w, err := signIn(ctx, t.base(), b.email, password)
	if err != nil {
		return err
	}
	d, err := w.open(ctx)
	if err != nil {
		return err
	}
	defer d.leave()
	var down, up sample
	known := map[string]bool{}
	for n := 0; len(down) < b.replies; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		toVisitor, toStaff, err := b.talk(ctx, t, w, d, n, known)
		if err != nil {
			return fmt.Errorf("conversation %d with staff: %w", n+1, err)
		}
		down, up = append(down, toVisitor...), append(up, toStaff...)
	}
	b.add(result{
		Phase: "staff", What: "staff line → visitor's screen, p50 / p99", Service: both(down),
		Figures: map[string]float64{"p50": down.p50().Seconds(), "p99": down.p99().Seconds(), "samples": float64(len(down))},
	}.aim("p50 ≤ 5 ms, p99 ≤ 50 ms", down.p50() <= 5*time.Millisecond && down.p99() <= 50*time.Millisecond))
	b.add(result{
		Phase: "staff", What: "visitor's line → staff's screen, p50 / p99", Service: both(up),
		Figures: map[string]float64{"p50": up.p50().Seconds(), "p99": up.p99().Seconds(), "samples": float64(len(up))},
	}.aim("p50 ≤ 2.5 ms", up.p50() <= 2500*time.Microsecond))
	return nil
}

// talk is one conversation: a visitor asks for a person, the worker takes over,
// and both write in turn. The bot must be silent from then on.
func (b *bench) talk(ctx context.Context, t target, w *worker, d *desktop, n int, known map[string]bool) (down, up sample, err error) {
	v, err := enter(ctx, t.socket()+"/chat/ws", "", 0)
	if err != nil {
		return nil, nil, err
	}
	defer v.leave()
	if _, _, err := v.ask(ctx, fmt.Sprintf("ask-%s-%d", b.series.run, n), "PERSON"); err != nil {
		return nil, nil, err
	}
	if v.ref == "" {
		return nil, nil, errors.New("the chat told no reference")
	}
	id, err := w.find(ctx, v.ref, known)
	if err != nil {
		return nil, nil, err
	}
	if err := w.do(ctx, "/console/conversations/"+id+"/take", url.Values{}); err != nil {
		return nil, nil, fmt.Errorf("take over: %w", err)
	}
	if err := d.send(consoleFrame{Type: "watch", Conversation: id}); err != nil {
		return nil, nil, err
	}
	if _, err := d.await(ctx, func(f consoleFrame) bool { return f.Type == "events" && f.Conversation == id }); err != nil {
		return nil, nil, err
	}
	for i := range linesEach {
		key := fmt.Sprintf("%s-%d-%d", b.series.run, n, i)
		words := "I have asked the prison and will tell you what they say. " + key
		begun := time.Now()
		if err := d.send(consoleFrame{Type: "say", Conversation: id, ID: "staff-" + key, Text: words}); err != nil {
			return nil, nil, err
		}
		seen, err := v.await(ctx, func(f frame) bool {
			return f.Type == "event" && (f.Kind == "staff" && f.Text == words || f.Kind == "bot")
		})
		if err != nil {
			return nil, nil, fmt.Errorf("a line of staff: %w", err)
		}
		if seen.Kind == "bot" {
			b.fault("the bot spoke in a conversation that staff had taken over")
		}
		down = append(down, seen.at.Sub(begun))

		begun = time.Now()
		if err := v.send(frame{Type: "say", ID: "visitor-" + key, Text: "thank you, I will wait to hear from you"}); err != nil {
			return nil, nil, err
		}
		told, err := d.await(ctx, func(f consoleFrame) bool {
			if f.Type != "events" || f.Conversation != id {
				return false
			}
			for _, e := range f.Events {
				if strings.HasSuffix(e.ID, "visitor-"+key) {
					return true
				}
			}
			return false
		})
		if err != nil {
			return nil, nil, fmt.Errorf("a line of the visitor: %w", err)
		}
		up = append(up, told.at.Sub(begun))
	}
	return down, up, d.send(consoleFrame{Type: "unwatch", Conversation: id})
}
