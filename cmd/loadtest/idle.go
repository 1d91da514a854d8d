package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// idleChats measures the memory of open chats in which nobody writes, beside
// the same number of sockets of a bare gorilla server.
func (b *bench) idleChats(ctx context.Context, t target) error {
	if t.process == nil {
		b.note("The memory of idle chats was left out: the service is not a process that this program started.")
		return nil
	}
	pid := t.process.cmd.Process.Pid
	// What the first chats make the service load for good is not theirs.
	warm, err := b.crowdIn(ctx, t, 50)
	if err != nil {
		return err
	}
	warm.leave()
	before, err := settled(ctx, pid, 4*time.Second)
	if err != nil {
		return err
	}
	b.say(fmt.Sprintf("opening %d chats", b.idle))
	chats, err := b.crowdIn(ctx, t, b.idle)
	if err != nil {
		return err
	}
	defer chats.leave()
	open, err := settled(ctx, pid, 12*time.Second)
	if err != nil {
		return err
	}
	if err := chats.eachAsks(ctx, b); err != nil {
		return err
	}
	asked, err := settled(ctx, pid, 12*time.Second)
	if err != nil {
		return err
	}
	if n := chats.closed(); n > 0 {
		b.fault("%d of %d idle chats were closed by the service", n, b.idle)
	}
	chats.leave() // a process may not have twice as many sockets
	bare, err := b.bareIdle(ctx)
	if err != nil {
		return err
	}
	each := func(after int64) float64 { return float64(after-before) / float64(b.idle) }
	r := result{
		Phase: "idle", What: fmt.Sprintf("an idle chat, of %s", thousands(float64(b.idle))), Service: kib(each(open)), Reference: kib(bare), Ratio: each(open) / bare,
		Figures: map[string]float64{"service": each(open), "bare": bare, "before": float64(before), "open": float64(open)},
	}
	b.add(r.aim("≤ 14 KiB", each(open) <= 14<<10))
	b.add(result{
		Phase: "idle", What: "the same after each asked one question", Service: kib(each(asked)), Reference: kib(bare), Ratio: each(asked) / bare,
		Figures: map[string]float64{"service": each(asked), "after": float64(asked)},
	})
	return nil
}

// visitors are many open chats.
type visitors struct {
	all []*visitor
}

// crowdIn opens n chats, some at a time.
func (b *bench) crowdIn(ctx context.Context, t target, n int) (*visitors, error) {
	vs := &visitors{all: make([]*visitor, n)}
	var mu sync.Mutex
	var first error
	var next atomic.Int64
	times(32, n, func(int) error {
		i := int(next.Add(1)) - 1
		v, err := enter(ctx, t.socket()+"/chat/ws", "", 1+i/5000)
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			if first == nil {
				first = fmt.Errorf("chat %d: %w", i+1, err)
			}
			return err
		}
		vs.all[i] = v
		return nil
	})
	if first != nil {
		vs.leave()
		return nil, first
	}
	return vs, nil
}

func (vs *visitors) leave() {
	for _, v := range vs.all {
		if v != nil {
			v.leave()
		}
	}
	vs.all = nil
}

// closed counts sockets that the service closed.
func (vs *visitors) closed() (n int) {
	for _, v := range vs.all {
		for more := true; more; {
			select {
			case _, open := <-v.frames:
				if more = open; !open {
					n++
				}
			default:
				more = false
			}
		}
	}
	return n
}

// eachAsks has every visitor ask something and wait for the answer.
func (vs *visitors) eachAsks(ctx context.Context, b *bench) error {
	var next atomic.Int64
	var mu sync.Mutex
	var first error
	times(16, len(vs.all), func(int) error {
		i := int(next.Add(1)) - 1
		_, _, err := vs.all[i].ask(ctx, fmt.Sprintf("idle-%s-%d", b.series.run, i), b.question(i))
		if err != nil {
			mu.Lock()
			defer mu.Unlock()
			if first == nil {
				first = fmt.Errorf("idle chat %d asks: %w", i+1, err)
			}
		}
		return err
	})
	return first
}

// bareIdle is the memory of an idle socket of gorilla's echo, in bytes, in a
// process that did nothing else before.
func (b *bench) bareIdle(ctx context.Context) (each float64, err error) {
	folder := filepath.Join(b.home, "bare")
	if err := os.Mkdir(folder, 0o700); err != nil {
		return 0, err
	}
	p, addr, err := startReference(folder, b.token, "")
	if err != nil {
		return 0, err
	}
	defer func() {
		if stopped := p.stop(); err == nil {
			err = stopped
		}
	}()
	var mu sync.Mutex
	var open []plain
	defer func() {
		for _, ws := range open {
			_ = ws.Close()
		}
	}()
	dial := func(n int) error {
		var first error
		var next atomic.Int64
		times(32, n, func(int) error {
			i := int(next.Add(1)) - 1
			ws, err := dialPlain(ctx, "ws://"+addr+"/echo", 1+i/5000)
			if err == nil {
				_, err = ws.echo("hello")
			}
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				first = err
				return err
			}
			open = append(open, ws)
			return nil
		})
		return first
	}
	if err := dial(50); err != nil {
		return 0, err
	}
	before, err := settled(ctx, p.cmd.Process.Pid, 2*time.Second)
	if err != nil {
		return 0, err
	}
	if err := dial(b.idle); err != nil {
		return 0, err
	}
	after, err := settled(ctx, p.cmd.Process.Pid, 6*time.Second)
	if err != nil {
		return 0, err
	}
	return float64(after-before) / float64(b.idle), nil
}
