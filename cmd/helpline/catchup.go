package main

import (
	"context"
	"os"
	"path/filepath"
	"time"
)

const (
	catchUpEvery = 5 * time.Minute
	// catchUpOverlap covers what a provider tried to hand over, and gave up on,
	// round the time of the last look. What the desk knows is not taken twice.
	catchUpOverlap = 15 * time.Minute
	// catchUpMost bounds how far back a service that was away looks.
	catchUpMost = 7 * 24 * time.Hour
)

// catchUp asks Twilio again and again for what came while nobody answered its
// webhooks. How far back is told by a file that is touched at each look: a
// service that starts for the first time does not answer texts that somebody
// sent to another one before.
func (h *house) catchUp(ctx context.Context) {
	mark := filepath.Join(h.DataDir, "last-look")
	var since time.Time // zero: nobody has looked before
	if info, err := os.Stat(mark); err == nil {
		since = info.ModTime()
	}
	tick := time.NewTicker(catchUpEvery)
	defer tick.Stop()
	for {
		begun := time.Now()
		err := error(nil)
		if !since.IsZero() {
			err = h.look(ctx, later(since.Add(-catchUpOverlap), begun.Add(-catchUpMost)))
		}
		if err == nil {
			since = begun
			err = touch(mark, begun)
		}
		if err != nil && ctx.Err() == nil {
			h.log.Warn("catch up with Twilio", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (h *house) look(ctx context.Context, since time.Time) error {
	caught, err := h.twilio.CatchUp(ctx, h.desk, since)
	if caught.Texts+caught.Recordings > 0 {
		h.log.Warn("messages came while their webhooks failed", "texts", caught.Texts, "recordings", caught.Recordings)
	}
	return err
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// touch makes a file, or gives it the time.
func touch(name string, at time.Time) error {
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		return err
	}
	return os.Chtimes(name, at, at)
}
