package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// start measures the binary, an empty start and the memory of a service that
// nobody uses.
func (b *bench) start(ctx context.Context, t target) error {
	if t.process == nil {
		b.note("Starting was left out: the service is not a process that this program started.")
		return nil
	}
	info, err := os.Stat(b.binary)
	if err != nil {
		return fmt.Errorf("look at the binary: %w", err)
	}
	b.add(result{
		Phase: "start", What: "binary, stripped, without cgo", Service: fmt.Sprintf("%.1f MB", float64(info.Size())/1e6),
		Figures: map[string]float64{"bytes": float64(info.Size())},
	}.aim("≤ 60 MB", info.Size() <= 60e6))
	memory, err := settled(ctx, t.process.cmd.Process.Pid, b.rest())
	if err != nil {
		return err
	}
	b.memory("idle process, resident", memory)
	if err := t.process.stop(); err != nil {
		return err
	}
	return b.starts(ctx, "start → ready, empty data folder, median", func(n int) string { return filepath.Join(b.home, fmt.Sprintf("empty-%d", n)) })
}

func (b *bench) rest() time.Duration {
	if b.quick {
		return 2 * time.Second
	}
	return 8 * time.Second
}

func (b *bench) memory(what string, bytes int64) {
	b.add(result{
		Phase: "start", What: what, Service: mib(float64(bytes)), Figures: map[string]float64{"bytes": float64(bytes)},
	}.aim("≤ 85 MiB", bytes <= 85<<20))
}

// starts starts a service several times, each time on the data folder that
// folder names, and stops it again.
func (b *bench) starts(ctx context.Context, what string, folder func(n int) string) error {
	var took []float64
	for n := range b.sizes.starts {
		t, d, err := b.open(ctx, folder(n))
		if err != nil {
			return err
		}
		if err := t.process.stop(); err != nil {
			return err
		}
		took = append(took, d.Seconds())
	}
	middle := median(took)
	b.add(result{
		Phase: "start", What: what, Service: fmt.Sprintf("%.2f s", middle), Figures: map[string]float64{"seconds": middle},
	}.aim("≤ 1.5 s", middle <= 1.5))
	return nil
}

// startAgain measures a start on a data folder that was used: that of the
// service, which is stopped.
func (b *bench) startAgain(ctx context.Context, t target) error {
	if err := t.process.stop(); err != nil {
		return err
	}
	var size int64
	files, err := filepath.Glob(filepath.Join(t.data, "helpline.db*"))
	if err != nil {
		return err
	}
	for _, f := range files {
		if info, err := os.Stat(f); err == nil {
			size += info.Size()
		}
	}
	with := fmt.Sprintf("data folder with %s messages (%s)", thousands(float64(b.audited.Messages)), mib(float64(size)))
	if err := b.starts(ctx, "start → ready, "+with+", median", func(int) string { return t.data }); err != nil {
		return err
	}
	again, _, err := b.open(ctx, t.data)
	if err != nil {
		return err
	}
	memory, err := settled(ctx, again.process.cmd.Process.Pid, b.rest())
	if err == nil {
		b.memory("idle process, resident, "+with, memory)
	}
	if stopped := again.process.stop(); err == nil {
		err = stopped
	}
	return err
}
