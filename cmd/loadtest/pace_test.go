package main

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestOpenLoopKeepsItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var starts [50]time.Duration
		var n atomic.Int64
		got := openLoop(t.Context(), 4, 100, 500*time.Millisecond, func(int) error {
			starts[n.Add(1)-1] = time.Since(start)
			time.Sleep(time.Millisecond)
			return nil
		})
		if n.Load() != 50 || len(got.latencies) != 50 {
			t.Fatalf("%d requests and %d latencies, want 50", n.Load(), len(got.latencies))
		}
		for i, at := range starts {
			if want := time.Duration(i) * 10 * time.Millisecond; at != want {
				t.Fatalf("request %d started after %v, want %v", i, at, want)
			}
		}
		if got.latencies.percentile(100) != time.Millisecond {
			t.Errorf("longest %v, want 1ms", got.latencies.percentile(100))
		}
	})
}

// A service that stands still for a second must show it to everybody who came
// in that second, although only one request was on the wire.
func TestOpenLoopOmitsNobodyDuringAStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int64
		got := openLoop(t.Context(), 1, 100, 2*time.Second, func(int) error {
			if n.Add(1) == 1 {
				time.Sleep(time.Second)
			}
			return nil
		})
		if len(got.latencies) != 200 {
			t.Fatalf("%d latencies, want 200", len(got.latencies))
		}
		// Due at 0, 10, … 990 ms and answered at 1 s: half of all, evenly spread.
		if p := got.latencies.percentile(75); p != 500*time.Millisecond {
			t.Errorf("the 75th percentile is %v, want 500ms", p)
		}
		if got.late != 990*time.Millisecond {
			t.Errorf("the latest start was %v late, want 990ms", got.late)
		}
	})
}

func TestClosedLoopCountsWhatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := closedLoop(t.Context(), 2, 995*time.Millisecond, func(worker int) error {
			time.Sleep(10 * time.Millisecond)
			if worker == 1 {
				return errors.New("refused")
			}
			return nil
		})
		if len(got.latencies) != 100 || got.failed != 100 {
			t.Errorf("%d answered and %d failed, want 100 of each", len(got.latencies), got.failed)
		}
		if got.rate() != 100 {
			t.Errorf("rate %v, want 100", got.rate())
		}
	})
}

func TestTimesDoesEachOnce(t *testing.T) {
	var n atomic.Int64
	got := times(8, 1000, func(int) error { n.Add(1); return nil })
	if n.Load() != 1000 || len(got.latencies) != 1000 {
		t.Errorf("%d done, %d latencies", n.Load(), len(got.latencies))
	}
}
