package live

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// Times for a Redis that is slow or gone. A subscriber notices within two silences that its connection is dead.
const (
	redisTimeout = 2 * time.Second
	redisSilence = 5 * time.Second
	redisRetry   = 100 * time.Millisecond
	redisMaxWait = 2 * time.Second
	redisBlind   = 5 * time.Second // how often subscribers look for themselves while Redis is away
	outboxLength = 4096
	sendAtOnce   = 256
)

// Redis is a [Bus] between processes. Subscribers here are told at once and directly; the other nodes through one
// Redis channel. While Redis is away the others are told nothing, and told to catch up when it is back.
type Redis struct {
	local   *Local
	client  *redis.Client
	channel string
	node    string
	outbox  chan Notice

	received, lost, connects atomic.Int64
	behind                   atomic.Bool // something was lost: the others have yet to be told to catch up

	stop  context.CancelFunc
	ended sync.WaitGroup
	once  sync.Once
	err   error
}

var _ Bus = (*Redis)(nil)

// envelope is a notice on the wire. Without a topic it says "catch up with everything".
type envelope struct {
	Node  string `json:"n"`
	Topic string `json:"t,omitempty"`
	ID    string `json:"i,omitempty"`
	Seq   int64  `json:"s,omitempty"`
}

// NewRedis returns a bus over the Redis at url (redis://, rediss:// or unix://); nodes with the same prefix hear each other. It waits
// a moment for the connection, within ctx, but a Redis that is away is no error: [Redis.Ping] tells. A wrong url is one.
func NewRedis(ctx context.Context, url, prefix string) (*Redis, error) {
	opt, err := redis.ParseURL(url)
	if err != nil {
		// The error of the parser may quote the URL, which may hold a password.
		return nil, errors.New("the URL of Redis is not one that can be read")
	}
	opt.DialTimeout, opt.ReadTimeout, opt.WriteTimeout = redisTimeout, redisTimeout, redisTimeout
	opt.ContextTimeoutEnabled = true
	opt.MaxRetries, opt.DialerRetries = -1, 1 // we try again ourselves, and know that we do
	opt.PoolSize = 4
	opt.DisableIdentity = true
	// The client writes each failed dial to the process's standard error, with
	// addresses; what matters of it is in Ping and Stats.
	redis.SetLogger(unheard{})
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	r := &Redis{
		local: NewLocal(), client: redis.NewClient(opt), channel: prefix + ":live", node: rand.Text(),
		outbox: make(chan Notice, outboxLength), stop: stop,
	}
	first := make(chan struct{})
	r.ended.Go(func() { r.listen(background, first) })
	r.ended.Go(func() { r.send(background) })
	select {
	case <-first:
	case <-ctx.Done():
	case <-time.After(redisTimeout):
	}
	return r, nil
}

// Publish implements [Bus].
func (r *Redis) Publish(ctx context.Context, n Notice) error {
	if err := r.local.Publish(ctx, n); err != nil {
		return err
	}
	select {
	case r.outbox <- n:
	default: // Redis is away, or far behind
		r.lose(1)
	}
	return nil
}

// Subscribe implements [Bus].
func (r *Redis) Subscribe(topic string, fn func(Notice)) (cancel func()) {
	return r.local.Subscribe(topic, fn)
}

// Ping implements [Bus].
func (r *Redis) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, redisTimeout)
	defer cancel()
	if err := r.client.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("ping Redis: %w", err)
	}
	return nil
}

// Stats implements [Bus].
func (r *Redis) Stats() Stats {
	s := r.local.Stats()
	s.Received, s.Lost, s.Connects = r.received.Load(), r.lost.Load(), r.connects.Load()
	return s
}

// Close implements [Bus]. Notices already accepted are sent if Redis takes them at once.
func (r *Redis) Close() error {
	r.once.Do(func() {
		r.err = r.local.Close()
		r.stop()
		r.ended.Wait()
		r.err = errors.Join(r.err, r.client.Close())
	})
	return r.err
}

func (r *Redis) lose(n int) {
	r.lost.Add(int64(n))
	r.behind.Store(true)
}

// send carries the outbox to Redis, many at a time when many wait.
func (r *Redis) send(ctx context.Context) {
	wait := redisRetry
	retry := time.NewTimer(wait)
	defer retry.Stop()
	for {
		var batch []Notice
		select {
		case n := <-r.outbox:
			batch = r.more(append(batch, n))
		case <-retry.C: // only for the sake of telling that something was lost
		case <-ctx.Done():
			if last := r.more(nil); len(last) > 0 {
				r.deliver(context.WithoutCancel(ctx), last)
			}
			return
		}
		if len(batch) == 0 && !r.behind.Load() {
			retry.Reset(redisMaxWait)
			continue
		}
		if r.deliver(ctx, batch) {
			wait = redisRetry
			retry.Reset(wait)
			continue
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
		wait = min(2*wait, redisMaxWait)
		retry.Reset(0)
	}
}

func (r *Redis) more(batch []Notice) []Notice {
	for len(batch) < sendAtOnce {
		select {
		case n := <-r.outbox:
			batch = append(batch, n)
		default:
			return batch
		}
	}
	return batch
}

// deliver sends a batch, and before it, if anything was lost, the word to catch up. It reports whether Redis took it.
func (r *Redis) deliver(ctx context.Context, batch []Notice) bool {
	ctx, cancel := context.WithTimeout(ctx, redisTimeout)
	defer cancel()
	behind := r.behind.Swap(false)
	pipe := r.client.Pipeline()
	if behind {
		r.put(ctx, pipe, envelope{Node: r.node})
	}
	for _, n := range batch {
		r.put(ctx, pipe, envelope{Node: r.node, Topic: n.Topic, ID: n.ID, Seq: n.Seq})
	}
	if _, err := pipe.Exec(ctx); err != nil {
		r.lose(len(batch))
		return false
	}
	return true
}

func (r *Redis) put(ctx context.Context, pipe redis.Pipeliner, e envelope) {
	wire, err := json.Marshal(e)
	if err != nil {
		r.lose(1) // strings and a number always marshal
		return
	}
	pipe.Publish(ctx, r.channel, wire)
}

// listen keeps a subscription to the channel. Whenever one begins something may have been missed before it.
func (r *Redis) listen(ctx context.Context, first chan<- struct{}) {
	tell := sync.OnceFunc(func() { close(first) })
	wait := redisRetry
	var looked time.Time
	for ctx.Err() == nil {
		if r.listenOnce(ctx, tell) {
			wait = redisRetry
		}
		// While Redis is away nobody hears of what happens on other nodes, so
		// now and then everybody looks for themselves.
		if ctx.Err() == nil && time.Since(looked) >= redisBlind {
			looked = time.Now()
			r.local.missedAll()
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
		wait = min(2*wait, redisMaxWait)
	}
}

// listenOnce listens until the connection fails and reports whether it ever stood.
func (r *Redis) listenOnce(ctx context.Context, connected func()) (stood bool) {
	ps := r.client.Subscribe(ctx, r.channel)
	defer func() { _ = ps.Close() }() // it is being given up
	unblock := context.AfterFunc(ctx, func() { _ = ps.Close() })
	defer unblock()
	silent := false
	for {
		msg, err := ps.ReceiveTimeout(ctx, redisSilence)
		if err != nil {
			var timeout net.Error
			if silent || !errors.As(err, &timeout) || !timeout.Timeout() {
				return stood
			}
			if err := ps.Ping(ctx); err != nil {
				return stood
			}
			silent = true // the answer to the ping must come before the next silence
			continue
		}
		silent = false
		switch m := msg.(type) {
		case *redis.Subscription:
			stood = true
			r.connects.Add(1)
			connected()
			r.local.missedAll()
		case *redis.Message:
			r.receive(m.Payload)
		}
	}
}

func (r *Redis) receive(payload string) {
	var e envelope
	if err := json.Unmarshal([]byte(payload), &e); err != nil || e.Node == r.node {
		return // a stranger's message, or our own, which was delivered directly
	}
	if e.Topic == "" {
		r.local.missedAll()
		return
	}
	r.received.Add(1)
	r.local.pass(Notice{Topic: e.Topic, ID: e.ID, Seq: e.Seq})
}

// unheard drops what the client library would print.
type unheard struct{}

func (unheard) Printf(context.Context, string, ...any) {}
