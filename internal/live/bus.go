package live

import (
	"context"
	"errors"
)

// Notice says that something happened under a topic.
type Notice struct {
	Topic string
	ID    string
	Seq   int64
}

// Missed reports whether the notice means "something was missed, catch up": it has neither id nor sequence.
func (n Notice) Missed() bool { return n.ID == "" && n.Seq == 0 }

// Bus carries notices from those who publish to those who subscribed.
type Bus interface {
	// Publish tells the subscribers of n.Topic. It does not wait for them, nor for a network: an error means only that the bus is closed.
	Publish(ctx context.Context, n Notice) error

	// Subscribe has fn called with each notice of the topic, one at a time and in the order of publishing, in a goroutine of the
	// bus. A subscriber that is slower than its queue is long loses notices, and then gets one that is [Notice.Missed]. After cancel
	// no new call begins; one that has begun may still be running. cancel may be called twice, and from inside fn.
	Subscribe(topic string, fn func(Notice)) (cancel func())

	// Ping reports whether notices reach the other nodes. It is nil for a bus that has none.
	Ping(ctx context.Context) error

	// Stats returns the counters.
	Stats() Stats

	// Close stops everything and waits for the bus's own goroutines, not for subscribers.
	Close() error
}

// Stats counts what a bus did since it was made.
type Stats struct {
	Published   int64 // notices given to Publish
	Received    int64 // notices that came from other nodes
	Dropped     int64 // notices not given to a subscriber because it was slow
	Lost        int64 // notices that could not be sent to the other nodes
	Connects    int64 // times that the subscription to the other nodes was set up
	Subscribers int64 // subscriptions now
}

// ErrClosed is returned by Publish on a closed bus.
var ErrClosed = errors.New("the bus is closed")

// queueLength is how many notices wait for one subscriber. A subscriber catches up by sequence, so a short queue loses nothing.
const queueLength = 64
