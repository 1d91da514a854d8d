package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// bench is one run: what is loaded, what it is compared with, and what came
// out.
type bench struct {
	options
	log     io.Writer
	home    string // everything that is written lies below
	sinks   *sink
	series  *series
	plot    []script    // every conversation of the mix
	want    expectation // what they bring
	beside  *beside     // the reference
	audited verdict
	report  report
	begun   time.Time
	busy    time.Duration // busyTime at the beginning
	sizes
}

// sizes are how much is measured.
type sizes struct {
	rounds, conversations, singles int
	burst, steady                  time.Duration
	chats, lines                   int // visitors one after the other, and lines of each
	replies                        int // staff lines
	idle                           int // open chats
	starts                         int
}

var (
	full  = sizes{rounds: 3, conversations: 120, singles: 300, burst: 1500 * time.Millisecond, steady: 12 * time.Second, chats: 40, lines: 9, replies: 200, idle: 10_000, starts: 3}
	quick = sizes{rounds: 1, conversations: 40, singles: 60, burst: 500 * time.Millisecond, steady: 3 * time.Second, chats: 8, lines: 8, replies: 40, idle: 500, starts: 2}
)

// target is one running service.
type target struct {
	addr, public string
	data         string   // its data folder; empty: not ours
	process      *process // nil: not ours
}

func (t target) base() string   { return "http://" + t.addr }
func (t target) socket() string { return "ws://" + t.addr }

// beside is the reference process.
type beside struct {
	*process
	addr  string
	crowd *crowd
}

// perTurn is how many requests a second the steady load has.
const perTurn = 500

// run measures. The report holds what was found even when it ends early.
func run(ctx context.Context, o options, log io.Writer) (r *report, err error) {
	b := &bench{options: o, log: log, sizes: full, series: &series{run: fmt.Sprintf("%08x", rand.Uint32())}}
	r = &b.report
	b.begun = time.Now()
	if b.busy, err = busyTime(); err != nil {
		b.busy = 0 // then there is no note about it
	}
	if o.quick {
		b.sizes = quick
	}
	if o.url != "" {
		b.series.numbers.Store(rand.Int64N(1_000_000)) // it may know numbers of an earlier run
	}
	if b.home, err = os.MkdirTemp(o.folder, "helpline-loadtest-"); err != nil {
		return r, fmt.Errorf("make a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.home)) }()
	b.report.Facts = machine(b.home)
	if b.sinks, err = listenSink(o.sink, o.sid, o.token); err != nil {
		return r, err
	}
	defer b.sinks.close()
	p, addr, err := startReference(b.home, o.token, "")
	if err != nil {
		return r, err
	}
	b.beside = &beside{process: p, addr: addr, crowd: newCrowd(o.keyword, scripts(b.conversations), b.series)}
	defer func() { err = errors.Join(err, b.beside.stop()) }()
	b.plot = scripts(b.conversations)
	if o.url == "" && o.binary == "" {
		b.say("building the service")
		b.binary = filepath.Join(b.home, "helpline")
		if err := buildService(ctx, b.binary); err != nil {
			return r, err
		}
	}
	b.note("At most: for a text, echo with the same signature check and one row in SQLite (WAL, synchronous=FULL, commits shared), nothing else; " +
		"for a chat line, gorilla's echo that commits such a row; for an idle chat, a socket of gorilla's own example. Rates and latencies of one at a " +
		"time are medians of rounds in turn with it. Provider answers are held while texts at once are measured.")
	b.note("The assessment, the signature and the finding have benchmarks of their own: go test -run '^$' -bench . ./dialog/... ./channels/twilio ./knowledge")
	return r, errors.Join(b.measure(ctx), b.others())
}

// others notes how busy programs that have no part in this kept the machine:
// they make absolute figures worse, and ratios a little.
func (b *bench) others() error {
	all, err := busyTime()
	if err != nil {
		return nil // it is a note; elsewhere than on Linux there is none
	}
	var used syscall.Rusage
	var children syscall.Rusage
	if err := errors.Join(syscall.Getrusage(syscall.RUSAGE_SELF, &used), syscall.Getrusage(syscall.RUSAGE_CHILDREN, &children)); err != nil {
		return err
	}
	ours := time.Duration(used.Utime.Nano() + used.Stime.Nano() + children.Utime.Nano() + children.Stime.Nano())
	if own, err := processorTime(b.beside.cmd.Process.Pid); err == nil {
		ours += own // it has not ended
	}
	foreign := max(0, (all-b.busy)-ours).Seconds() / time.Since(b.begun).Seconds() / float64(runtime.NumCPU())
	b.report.Facts.Others = foreign
	b.note(fmt.Sprintf("Other programs took %.0f %% of the cores meanwhile.", foreign*100))
	return nil
}

// measure goes through the phases. The service begins each group of them with
// an empty data folder.
func (b *bench) measure(ctx context.Context) error {
	for _, group := range []struct {
		phases []string
		do     func(context.Context, target) error
	}{
		{[]string{"start"}, b.start},
		{[]string{"text", "fill"}, b.text},
		{[]string{"chat"}, b.chat},
		{[]string{"staff"}, b.staff},
		{[]string{"idle"}, b.idleChats},
	} {
		if !slices.ContainsFunc(group.phases, b.wants) {
			continue
		}
		if err := b.with(ctx, group.phases[0], group.do); err != nil {
			return fmt.Errorf("%s: %w", group.phases[0], err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

func (b *bench) wants(phase string) bool { return slices.Contains(b.only, phase) }

// with runs a phase against a service with an empty data folder, or against
// the one that -url names.
func (b *bench) with(ctx context.Context, name string, do func(context.Context, target) error) (err error) {
	b.say("measuring: " + name)
	if b.url != "" {
		u, err := url.Parse(b.url)
		if err != nil {
			return fmt.Errorf("-url: %w", err)
		}
		return do(ctx, target{addr: u.Host, public: b.public})
	}
	data := filepath.Join(b.home, name)
	if name == "staff" {
		if err := b.letIn(ctx, data); err != nil {
			return err
		}
	}
	t, _, err := b.open(ctx, data)
	if err != nil {
		return err
	}
	// The phase may have put another process in its place.
	defer func() { err = errors.Join(err, t.process.stop()) }()
	return do(ctx, t)
}

// open starts a service on a data folder.
func (b *bench) open(ctx context.Context, data string) (target, time.Duration, error) {
	addr, err := freeAddr()
	if err != nil {
		return target{}, 0, err
	}
	p, took, err := startService(ctx, b.settings(data, addr), data+".log")
	return target{addr: addr, public: "http://" + addr, data: data, process: p}, took, err
}

func (b *bench) settings(data, addr string) settings {
	return settings{binary: b.binary, data: data, addr: addr, sid: b.sid, token: b.token, api: "http://" + b.sinks.addr}
}

func (b *bench) say(what string) { fmt.Fprintln(b.log, "loadtest:", what) }

func (b *bench) add(r result) { b.report.Results = append(b.report.Results, r) }

// note adds a sentence below the table.
func (b *bench) note(sentence string) { b.report.Notes = append(b.report.Notes, sentence) }

// fault notes that something did not work.
func (b *bench) fault(format string, args ...any) {
	b.report.Faults = append(b.report.Faults, fmt.Sprintf(format, args...))
}
