package desk_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"helpline/dialog"
)

// said is what a helpline hears: questions for the most part, then more of the same answer, then a worry.
var said = [][]string{
	{"FAMOUT what is a case conference at Barlinnie"},
	{"FAMOUT how do i book a visit at Stoke Heath", "MORE", "how many people can come"},
	{"FAMOUT can i get travel costs for Low Moss", "and for the kids as well?"},
	{"FAMOUT what id do i need for a visit at Leeds"},
	{"FAMOUT how do i send money to someone in Durham"},
	{"FAMOUT whats icm at Shotts", "when does it happen", "can i say something there"},
	{"FAMOUT how can he keep in touch from Brixton", "and email?", "thanks"},
	{"FAMOUT my dad doesnt get any visitors in Polmont what can he do"},
	{"FAMOUT he owes money to other lads in Glenochil, who can i ask about it"},
	{"FAMOUT my son in Stoke Heath says he cant go on any more", "Lewis Boyd", "yes you can ring me on this"},
}

// BenchmarkReceive measures whole turns of text messages: read, assessed, answered and on disk. What the process spent of
// its processors says more than the time, which neighbours on the machine take part in.
//
//	go test ./dialog/desk -run '^$' -bench Receive -benchtime 4000x
func BenchmarkReceive(b *testing.B) {
	for _, c := range []struct {
		callers int
		sent    bool // the replies leave, to an exchange that takes them at once
	}{{1, false}, {16, false}, {16, true}} {
		b.Run(fmt.Sprintf("callers=%d/sent=%v", c.callers, c.sent), func(b *testing.B) {
			h := alone(b)
			if c.sent {
				ctx, cancel := context.WithCancel(b.Context())
				var sending sync.WaitGroup
				sending.Go(func() { h.Run(ctx) })
				defer func() { cancel(); sending.Wait() }()
			}
			var turns, people atomic.Int64
			b.ReportAllocs()
			b.ResetTimer()
			began := spent(b)
			var wg sync.WaitGroup
			for range c.callers {
				wg.Go(func() {
					for {
						person := people.Add(1)
						from := dialog.Address{Medium: dialog.SMS, Value: fmt.Sprintf("+447%09d", person)}
						for _, words := range said[person%int64(len(said))] {
							n := turns.Add(1)
							if n > int64(b.N) {
								return
							}
							if _, err := h.Receive(b.Context(), dialog.Inbound{
								Kind: dialog.InText, Line: sms, Medium: dialog.SMS, From: from, ProviderID: fmt.Sprintf("SM%030d", n), Text: words,
							}); err != nil {
								b.Error(err)
								return
							}
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64((spent(b)-began).Nanoseconds())/float64(b.N), "cpu-ns/turn")
		})
	}
}

// spent is what this process has used of the processors.
func spent(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
