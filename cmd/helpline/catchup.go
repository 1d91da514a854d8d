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
	since := time.Now()
	if info, err := os.Stat(mark); err == nil {
		since = info.ModTime()
	}
	tick := time.NewTicker(catchUpEvery)
	defer tick.Stop()
	for {
		begun := time.Now()
		since = since.Add(-catchUpOverlap)
		if oldest := begun.Add(-catchUpMost); since.Before(oldest) {
			since = oldest
		}
		if h.looked(mark) {
			caught, err := h.twilio.CatchUp(ctx, h.desk, since)
			if caught.Texts+caught.Recordings > 0 {
				h.log.Warn("messages came while their webhooks failed", "texts", caught.Texts, "recordings", caught.Recordings)
			}
			switch {
			case err != nil && ctx.Err() == nil:
				h.log.Warn("ask Twilio what came meanwhile", "error", err)
			case err == nil:
				since = begun
				h.mark(mark, begun)
			}
		} else {
			h.mark(mark, begun)
			since = begun
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// looked says that there has been a look before.
func (h *house) looked(mark string) bool {
	_, err := os.Stat(mark)
	return err == nil
}

func (h *house) mark(mark string, at time.Time) {
	err := os.WriteFile(mark, nil, 0o600)
	if err == nil {
		err = os.Chtimes(mark, at, at)
	}
	if err != nil {
		h.log.Warn("note the time of the last look", "error", err)
	}
}
