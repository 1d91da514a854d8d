package main

import (
	"context"
	"fmt"
	"time"
)

// filled fills the database with conversations, one message each, and measures
// texts again: nothing may grow with the age of the database.
func (b *bench) filled(ctx context.Context, t target) error {
	const connections = 32
	young, err := b.atOnce(ctx, t, 16, ", before filling")
	if err != nil {
		return err
	}
	b.say(fmt.Sprintf("filling with %d conversations", b.fill))
	c := newCrowd(b.keyword, b.plot, b.series)
	p := newPost(t.addr, t.public, b.sid, b.token, b.number, connections)
	defer p.close()
	begun := time.Now()
	got := times(connections, b.fill, func(w int) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return p.say(w, c, c.fresh())
	})
	if got.failed > 0 {
		b.fault("%d of %d texts were not accepted while filling", got.failed, b.fill)
	}
	b.say(fmt.Sprintf("filled in %v; waiting for the replies", got.elapsed.Round(time.Second)))
	b.check(c, "filling")
	b.add(result{
		Phase: "fill", What: fmt.Sprintf("%s new conversations accepted, 32 at once", thousands(float64(b.fill))), Service: perSecond(got.rate()),
		Figures: map[string]float64{"rate": got.rate(), "seconds_to_last_reply": time.Since(begun).Seconds()},
	})
	after := fmt.Sprintf(", after %s conversations", thousands(float64(b.fill)))
	old, err := b.atOnce(ctx, t, 16, after)
	if err != nil {
		return err
	}
	if _, err := b.steadily(ctx, t, after); err != nil {
		return err
	}
	// Each is a ratio to the reference, so that only the age is compared.
	kept := old.rate.ratio / young.rate.ratio
	b.add(result{
		Phase: "fill", What: "rate kept" + after, Service: fmt.Sprintf("%.0f %%", kept*100), Ratio: kept,
	}.aim("≥ 0.85 (noise is 0.15)", kept >= 0.85))
	return nil
}
