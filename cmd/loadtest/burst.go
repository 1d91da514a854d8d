package main

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// speed is what a measurement of texts gave, beside the reference. cost is
// processor time for each text, which other programs on the machine touch least;
// zero where it cannot be read.
type speed struct{ rate, p50, p99, cost compared }

// costing does a measurement and adds the processor time that each request of
// it took a process; nil: not a process of ours.
func costing(p *process, measure func() load) load {
	var before time.Duration
	err := error(nil)
	if p != nil {
		before, err = processorTime(p.cmd.Process.Pid)
	}
	got := measure()
	if p != nil && err == nil && len(got.latencies) > 0 {
		if after, err := processorTime(p.cmd.Process.Pid); err == nil {
			got.cost = (after - before) / time.Duration(len(got.latencies))
		}
	}
	return got
}

// atOnce measures accepting: signature to committed turn with its reply queued,
// over so many connections that never rest. The provider is held meanwhile, so
// that handing the replies over is not part of it; throughput measures that.
func (b *bench) atOnce(ctx context.Context, t target, connections int, when string) (speed, error) {
	c := newCrowd(b.keyword, b.plot, b.series)
	p := newPost(t.addr, t.public, b.sid, b.token, b.number, connections)
	defer p.close()
	q := newPost(b.beside.addr, "http://"+b.beside.addr, b.sid, b.token, b.number, connections)
	defer q.close()
	var reference, service []load
	refer := func() error {
		got := costing(b.beside.process, func() load {
			return closedLoop(ctx, connections, b.burst, func(w int) error { return q.say(w, b.beside.crowd, b.beside.crowd.take()) })
		})
		if got.failed > 0 {
			return fmt.Errorf("the reference refused %d messages", got.failed)
		}
		reference = append(reference, got)
		return nil
	}
	if err := refer(); err != nil {
		return speed{}, err
	}
	for range b.rounds {
		release := b.sinks.hold()
		got := costing(t.process, func() load {
			return closedLoop(ctx, connections, b.burst, func(w int) error { return p.say(w, c, c.take()) })
		})
		release()
		if got.failed > 0 {
			b.fault("%d of %d texts were not accepted, %d at once", got.failed, got.failed+len(got.latencies), connections)
		}
		service = append(service, got)
		b.check(c, strconv.Itoa(connections)+" texts at once")
		if err := refer(); err != nil {
			return speed{}, err
		}
	}
	if err := b.countReference(ctx); err != nil {
		return speed{}, err
	}
	of := func(figure func(load) float64) compared {
		var r, s []float64
		for _, l := range reference {
			r = append(r, figure(l))
		}
		for _, l := range service {
			s = append(s, figure(l))
		}
		return compare(roundsOf(r, s))
	}
	sp := speed{
		of(load.rate),
		of(func(l load) float64 { return l.latencies.p50().Seconds() }),
		of(func(l load) float64 { return l.latencies.p99().Seconds() }),
		of(func(l load) float64 { return l.cost.Seconds() }),
	}
	b.reportSpeed(sp, connections, when)
	return sp, nil
}

func (b *bench) reportSpeed(s speed, connections int, when string) {
	what := fmt.Sprintf("text turns accepted, %d at once%s", connections, when)
	rate := result{
		Phase: "text", What: what, Service: perSecond(s.rate.service), Reference: perSecond(s.rate.reference), Ratio: s.rate.ratio,
		Figures: map[string]float64{
			"service": s.rate.service, "reference": s.rate.reference,
			"p50": s.p50.service, "reference_p50": s.p50.reference, "p99": s.p99.service, "reference_p99": s.p99.reference,
			"processor_time": s.cost.service, "reference_processor_time": s.cost.reference,
		},
	}
	if connections == 1 {
		b.add(rate)
		b.reportLatency(s.p50, what+", p50", 2)
		b.reportLatency(s.p99, what+", p99", 3)
		return
	}
	b.add(rate.aim("≥ 0.50", s.rate.ratio >= 0.5))
	if s.cost.service > 0 {
		micros := func(v float64) string { return fmt.Sprintf("%.0f µs", v*1e6) }
		b.add(result{Phase: "text", What: what + ", processor time of one", Service: micros(s.cost.service), Reference: micros(s.cost.reference), Ratio: s.cost.ratio})
	}
}

func (b *bench) reportLatency(c compared, what string, most float64) {
	seconds := func(v float64) string { return millis(time.Duration(v * float64(time.Second))) }
	r := result{Phase: "text", What: what, Service: seconds(c.service), Reference: seconds(c.reference), Ratio: c.ratio}
	b.add(r.aim(fmt.Sprintf("≤ %.1f", most), c.ratio <= most))
}

// countReference makes sure that the reference did its work.
func (b *bench) countReference(ctx context.Context) error {
	n, err := countAt(ctx, "http://"+b.beside.addr)
	if err != nil {
		return fmt.Errorf("ask the reference: %w", err)
	}
	if said := b.beside.crowd.said(); n < said {
		return fmt.Errorf("the reference accepted %d messages and kept %d", said, n)
	}
	return nil
}

// throughput measures the whole way at once: texts come over 16 connections for
// a while, and the provider takes replies as fast as it can. The rate counts to
// the last reply.
func (b *bench) throughput(ctx context.Context, t target) error {
	const connections = 16
	c := newCrowd(b.keyword, b.plot, b.series)
	p := newPost(t.addr, t.public, b.sid, b.token, b.number, connections)
	defer p.close()
	before, _ := b.sinks.count()
	begun := time.Now()
	got := closedLoop(ctx, connections, 2*b.burst, func(w int) error { return p.say(w, c, c.take()) })
	if got.failed > 0 {
		b.fault("%d texts were not accepted while replies went out", got.failed)
	}
	b.check(c, "texts and replies together")
	after, newest := b.sinks.count()
	all := newest.Sub(begun)
	b.add(result{
		Phase: "text", What: "texts accepted while replies go out, 16 at once", Service: perSecond(got.rate()),
		Figures: map[string]float64{"service": got.rate()},
	})
	b.add(result{
		Phase: "text", What: "replies handed over, to the last one", Service: perSecond(float64(after-before) / all.Seconds()),
		Figures: map[string]float64{"replies": float64(after - before), "seconds": all.Seconds()},
	})
	return nil
}

// steadily measures latencies at a steady rate, replies going out meanwhile.
func (b *bench) steadily(ctx context.Context, t target, when string) (load, error) {
	const connections = 64
	c := newCrowd(b.keyword, b.plot, b.series)
	p := newPost(t.addr, t.public, b.sid, b.token, b.number, connections)
	defer p.close()
	q := newPost(b.beside.addr, "http://"+b.beside.addr, b.sid, b.token, b.number, connections)
	defer q.close()
	reference := openLoop(ctx, connections, perTurn, b.steady/3, func(w int) error { return q.say(w, b.beside.crowd, b.beside.crowd.take()) })
	got := openLoop(ctx, connections, perTurn, b.steady, func(w int) error { return p.say(w, c, c.take()) })
	if got.failed > 0 {
		b.fault("%d texts were not accepted at %d a second", got.failed, perTurn)
	}
	b.check(c, fmt.Sprintf("texts at %d a second", perTurn))
	ratio := 0.0
	if p := reference.latencies.p99(); p > 0 {
		ratio = got.latencies.p99().Seconds() / p.Seconds()
	}
	b.add(result{
		Phase: "text", What: fmt.Sprintf("texts at a steady %d/s%s, p50 / p99", perTurn, when), Service: both(got.latencies), Reference: both(reference.latencies), Ratio: ratio,
		Figures: map[string]float64{"p50": got.latencies.p50().Seconds(), "p99": got.latencies.p99().Seconds(), "longest": got.latencies.percentile(100).Seconds(), "latest_start": got.late.Seconds()},
	}.aim("p99 ≤ 30 ms", got.latencies.p99() <= 30*time.Millisecond))
	return got, nil
}
