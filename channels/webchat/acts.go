package webchat

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"strconv"
	"time"

	"helpline/dialog"
)

const (
	deskWithin   = 10 * time.Second // one act of the desk
	pageOfEvents = 100
)

// missed as newest event says that nobody knows what was missed.
const missed = math.MaxInt64

// errorText is the text of a code, with how long a message was where it counts.
func (c *Chat) errorText(bad code, length int) string {
	return c.cfg.Texts.Text("webchat.error."+string(bad), "n", strconv.Itoa(length), "max", strconv.Itoa(maxText))
}

// receive brings one message to the desk. Without a code it is on disk.
func (c *Chat) receive(from dialog.Address, id, text string) (dialog.Received, code) {
	ctx, cancel := c.deskContext()
	defer cancel()
	got, err := c.cfg.Desk.Receive(ctx, dialog.Inbound{
		Kind: dialog.InText, Line: c.cfg.Line, Medium: dialog.Webchat, From: from,
		ProviderID: providerID(from, id), Text: text, At: c.cfg.Now(),
	})
	var invalid *dialog.InvalidError
	switch {
	case err == nil:
		return got, ""
	case errors.As(err, &invalid):
		c.cfg.Logger.Warn("chat message refused", slog.String("field", invalid.Field))
		return got, codeNotText
	}
	c.cfg.Logger.Error("receive chat message", slog.Any("error", err))
	return got, codeUnavailable
}

// leave ends the visitor's view of the conversation, where there is one.
func (c *Chat) leave(from dialog.Address) error {
	conv, err := c.resume(from)
	if errors.Is(err, dialog.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	ctx, cancel := c.deskContext()
	defer cancel()
	return c.cfg.Desk.Leave(ctx, conv.ID)
}

// resume is the visitor's newest conversation, or dialog.ErrNotFound.
func (c *Chat) resume(from dialog.Address) (dialog.Conversation, error) {
	ctx, cancel := c.deskContext()
	defer cancel()
	return c.cfg.Desk.Resume(ctx, c.cfg.Line, from)
}

func (c *Chat) deskContext() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), deskWithin)
}

// readVisible calls each for every event that the visitor sees after a
// sequence number, oldest first, until newest, and returns how far it looked.
// It asks again where one page of the log held few visible events.
func (c *Chat) readVisible(conv dialog.ConversationID, after, newest int64, each func(dialog.Event) bool) (int64, error) {
	ctx, cancel := c.deskContext()
	defer cancel()
	for {
		start := after
		events, err := c.cfg.Desk.Visible(ctx, conv, start, pageOfEvents)
		if err != nil {
			return after, err
		}
		for _, ev := range events {
			if ev.Seq > after && !each(ev) {
				return after, nil
			}
			after = max(after, ev.Seq)
		}
		looked := start + pageOfEvents // events are numbered one by one
		switch {
		case newest != missed && looked >= newest:
			return max(after, newest), nil
		case len(events) > 0:
		case newest == missed:
			return after, nil
		default:
			after = looked
		}
	}
}
