package live_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"helpline/internal/live"
	"helpline/internal/live/livetest"
)

// eachBus runs a test against every kind of bus. other is another handle on the same bus: another node, where there are any.
func eachBus(t *testing.T, test func(t *testing.T, bus, other live.Bus)) {
	t.Run("local", func(t *testing.T) {
		bus := live.NewLocal()
		t.Cleanup(func() { must(t, bus.Close()) })
		test(t, bus, bus)
	})
	t.Run("redis", func(t *testing.T) {
		server := livetest.Redis(t)
		test(t, dial(t, server), dial(t, server))
	})
}

func dial(t *testing.T, s *livetest.Server) *live.Redis {
	t.Helper()
	bus, err := live.NewRedis(t.Context(), s.URL, "test")
	must(t, err)
	t.Cleanup(func() { must(t, bus.Close()) })
	return bus
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// inbox collects notices, leaving out those that ask to catch up, which may come at any time, but counting them.
type inbox struct {
	mu     sync.Mutex
	got    []live.Notice
	missed int
}

func (b *inbox) take(n live.Notice) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n.Missed() {
		b.missed++
		return
	}
	b.got = append(b.got, n)
}

func (b *inbox) state() ([]live.Notice, int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]live.Notice(nil), b.got...), b.missed
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

func (b *inbox) await(t *testing.T, n int) []live.Notice {
	t.Helper()
	eventually(t, fmt.Sprintf("%d notices are there", n), func() bool { got, _ := b.state(); return len(got) >= n })
	got, _ := b.state()
	return got
}

func TestNoticesReachTheSubscribersOfTheirTopicInOrder(t *testing.T) {
	eachBus(t, func(t *testing.T, bus, other live.Bus) {
		must(t, bus.Ping(t.Context()))
		var here, there, elsewhere inbox
		bus.Subscribe("a", here.take)
		other.Subscribe("a", there.take)
		bus.Subscribe("b", elsewhere.take)
		var want []live.Notice
		for i := range int64(50) {
			n := live.Notice{Topic: "a", ID: "x", Seq: i + 1}
			want = append(want, n)
			must(t, bus.Publish(t.Context(), n))
		}
		must(t, other.Publish(t.Context(), live.Notice{Topic: "b", ID: "end"}))
		for name, b := range map[string]*inbox{"here": &here, "there": &there} {
			if diff := cmp.Diff(want, b.await(t, len(want))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		if diff := cmp.Diff([]live.Notice{{Topic: "b", ID: "end"}}, elsewhere.await(t, 1)); diff != "" {
			t.Error(diff)
		}
		// Whatever came round through the network has come by now: nobody heard anything twice.
		if got, _ := here.state(); len(got) != len(want) {
			t.Errorf("%d notices for %d published", len(got), len(want))
		}
	})
}

func TestASlowSubscriberIsToldThatItMissedSomething(t *testing.T) {
	eachBus(t, func(t *testing.T, bus, _ live.Bus) {
		var slow inbox
		free, begun := make(chan struct{}), make(chan struct{})
		var once sync.Once
		bus.Subscribe("a", func(n live.Notice) {
			once.Do(func() { close(begun); <-free })
			slow.take(n)
		})
		must(t, bus.Publish(t.Context(), live.Notice{Topic: "a", ID: "first"}))
		<-begun
		const burst = 1000
		for i := range int64(burst) {
			must(t, bus.Publish(t.Context(), live.Notice{Topic: "a", ID: "x", Seq: i}))
		}
		_, before := slow.state()
		close(free)
		eventually(t, "the subscriber is told", func() bool { _, n := slow.state(); return n > before })
		got, _ := slow.state()
		if len(got) >= burst || bus.Stats().Dropped == 0 {
			t.Errorf("%d notices of %d, %d dropped: the queue has no end", len(got), burst, bus.Stats().Dropped)
		}
		must(t, bus.Publish(t.Context(), live.Notice{Topic: "a", ID: "after"}))
		eventually(t, "notices come again", func() bool { got, _ := slow.state(); return got[len(got)-1].ID == "after" })
	})
}

func TestNothingComesAfterCancel(t *testing.T) {
	eachBus(t, func(t *testing.T, bus, other live.Bus) {
		var gone, stays inbox
		cancel := bus.Subscribe("a", gone.take)
		bus.Subscribe("a", stays.take)
		var cancelSelf func()
		self := make(chan struct{})
		cancelSelf = bus.Subscribe("self", func(n live.Notice) {
			if !n.Missed() {
				cancelSelf()
				close(self) // a second call would panic
			}
		})
		cancel()
		cancel()
		must(t, other.Publish(t.Context(), live.Notice{Topic: "self", ID: "1"}))
		must(t, other.Publish(t.Context(), live.Notice{Topic: "self", ID: "2"}))
		must(t, other.Publish(t.Context(), live.Notice{Topic: "a", ID: "x"}))
		stays.await(t, 1)
		<-self
		if got, _ := gone.state(); got != nil {
			t.Errorf("after cancel came %v", got)
		}
		if n := bus.Stats().Subscribers; n != 1 {
			t.Errorf("%d subscribers are left, want 1", n)
		}
	})
}

func TestManyPublishAndSubscribeAtOnce(t *testing.T) {
	eachBus(t, func(t *testing.T, bus, other live.Bus) {
		var wg sync.WaitGroup
		for g := range 8 {
			wg.Go(func() {
				topic := fmt.Sprint(g % 4)
				for i := range int64(100) {
					var b inbox
					cancel := other.Subscribe(topic, b.take)
					if err := bus.Publish(t.Context(), live.Notice{Topic: topic, ID: "x", Seq: i}); err != nil {
						t.Error(err)
					}
					cancel()
				}
			})
		}
		wg.Wait()
		if n := other.Stats().Subscribers; n != 0 {
			t.Errorf("%d subscribers are left", n)
		}
	})
}

func TestAClosedBusRefuses(t *testing.T) {
	eachBus(t, func(t *testing.T, bus, _ live.Bus) {
		var b inbox
		bus.Subscribe("a", b.take)
		must(t, bus.Close())
		must(t, bus.Close())
		if err := bus.Publish(t.Context(), live.Notice{Topic: "a", ID: "x"}); !errors.Is(err, live.ErrClosed) {
			t.Errorf("Publish returned %v", err)
		}
		bus.Subscribe("a", b.take)()
		if got, _ := b.state(); got != nil {
			t.Errorf("got %v", got)
		}
	})
}

func BenchmarkPublishToSubscriber(b *testing.B) {
	bus := live.NewLocal()
	heard := make(chan struct{})
	bus.Subscribe("a", func(live.Notice) { heard <- struct{}{} })
	for b.Loop() {
		if err := bus.Publish(b.Context(), live.Notice{Topic: "a", ID: "x", Seq: 1}); err != nil {
			b.Fatal(err)
		}
		<-heard
	}
}
