package main

import (
	"context"
	"sync"
	"time"
)

// load is what one measurement of many requests gave.
type load struct {
	latencies sample
	failed    int
	elapsed   time.Duration
	late      time.Duration // open loop: the latest start after its due time
	cost      time.Duration // processor time of the other side for each answered one; 0: not known
}

// rate is answered requests a second.
func (l load) rate() float64 {
	if l.elapsed <= 0 {
		return 0
	}
	return float64(len(l.latencies)) / l.elapsed.Seconds()
}

// act does one request on behalf of a worker. An error makes it a failed one.
type act func(worker int) error

// closedLoop has so many workers do one request after the other for a time.
func closedLoop(ctx context.Context, workers int, lasting time.Duration, do act) load {
	ctx, cancel := context.WithTimeout(ctx, lasting)
	defer cancel()
	parts := make([]load, workers)
	start := time.Now()
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			part := &parts[w]
			for ctx.Err() == nil {
				begun := time.Now()
				if do(w) != nil {
					part.failed++
					continue
				}
				part.latencies = append(part.latencies, time.Since(begun))
			}
		})
	}
	wg.Wait()
	return together(parts, time.Since(start))
}

// openLoop starts requests at a steady rate whether or not earlier ones are
// answered, as people do. A latency counts from the moment the request was due,
// so that a stall is felt by all who came during it (no coordinated omission):
// what waits for a free worker waits at the service's cost.
func openLoop(ctx context.Context, workers int, perSecond float64, lasting time.Duration, do act) load {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	n := int(perSecond * lasting.Seconds())
	due := make(chan time.Time, n) // room for all: the clock never waits for a worker
	parts := make([]load, workers)
	start := time.Now()
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			part := &parts[w]
			for at := range due {
				part.late = max(part.late, time.Since(at))
				if ctx.Err() != nil || do(w) != nil {
					part.failed++
					continue
				}
				part.latencies = append(part.latencies, time.Since(at))
			}
		})
	}
	for i := range n {
		at := start.Add(dueAfter(i, perSecond))
		if wait := time.Until(at); wait > 0 {
			time.Sleep(wait)
		}
		due <- at
	}
	close(due)
	wg.Wait()
	return together(parts, time.Since(start))
}

// dueAfter is when request i of an even stream starts.
func dueAfter(i int, perSecond float64) time.Duration {
	return time.Duration(float64(i) / perSecond * float64(time.Second))
}

// times does n requests spread over the workers and returns when all are done.
func times(workers, n int, do act) load {
	next := make(chan struct{}, n)
	for range n {
		next <- struct{}{}
	}
	close(next)
	parts := make([]load, workers)
	start := time.Now()
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			part := &parts[w]
			for range next {
				begun := time.Now()
				if do(w) != nil {
					part.failed++
					continue
				}
				part.latencies = append(part.latencies, time.Since(begun))
			}
		})
	}
	wg.Wait()
	return together(parts, time.Since(start))
}

func together(parts []load, elapsed time.Duration) load {
	all := load{elapsed: elapsed}
	for _, p := range parts {
		all.latencies = append(all.latencies, p.latencies...)
		all.failed += p.failed
		all.late = max(all.late, p.late)
	}
	return all
}
