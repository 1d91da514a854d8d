package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTheReportIsATable(t *testing.T) {
	r := report{
		Facts: facts{Command: "go run ./cmd/loadtest", At: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), Cores: 2, CPU: "a CPU", Memory: "8 kB", Kernel: "6.1", Go: "go1.26", Disk: "ext4"},
		Results: []result{
			result{What: "text turns, 16 at once", Service: perSecond(4321.4), Reference: perSecond(8000), Ratio: 0.54}.aim("≥ 0.50", true),
			result{What: "slow", Service: millis(31 * time.Millisecond)}.aim("≤ 30 ms", false),
		},
		Faults: []string{"one reply was lost"},
	}
	var b strings.Builder
	r.print(&b)
	want := "\n`go run ./cmd/loadtest`, 2 March 2026: 2 cores (a CPU), 8 kB memory, Linux 6.1, go1.26, data on ext4; the load shares the cores.\n" + `
| what                   | helpline | this machine at most | ratio | aim     |            |
|------------------------|----------|----------------------|-------|---------|------------|
| text turns, 16 at once | 4,321/s  | 8,000/s              | 0.54  | ≥ 0.50  | met        |
| slow                   | 31.0 ms  |                      |       | ≤ 30 ms | **missed** |

Faults:

- one reply was lost
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}
