package live_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"helpline/internal/live"
	"helpline/internal/live/livetest"
)

func TestWithRedisGoneNodesGoOnAloneAndCatchUpAfterwards(t *testing.T) {
	server := livetest.Redis(t)
	bus, other := dial(t, server), dial(t, server)
	var here, there inbox
	bus.Subscribe("a", here.take)
	other.Subscribe("a", there.take)

	server.Stop()
	if err := bus.Ping(t.Context()); err == nil {
		t.Error("Ping does not know that Redis is gone")
	}
	_, missedHere := here.state()
	_, missedThere := there.state()
	began := time.Now()
	for i := range int64(10) {
		must(t, bus.Publish(t.Context(), live.Notice{Topic: "a", ID: "alone", Seq: i + 1}))
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("publishing without Redis took %v", took)
	}
	here.await(t, 10)
	eventually(t, "the loss is counted", func() bool { return bus.Stats().Lost > 0 })

	server.Start()
	eventually(t, "both are told to catch up", func() bool {
		_, h := here.state()
		_, o := there.state()
		return h > missedHere && o > missedThere
	})
	// They look for themselves too while Redis is away, so they may have been told
	// before both are connected: what is said until then is lost, and said so.
	seq := int64(10)
	eventually(t, "notices reach the other node again", func() bool {
		seq++
		must(t, bus.Publish(t.Context(), live.Notice{Topic: "a", ID: "together", Seq: seq}))
		time.Sleep(20 * time.Millisecond)
		got, _ := there.state()
		return len(got) > 0 && got[len(got)-1].ID == "together"
	})
	if n := bus.Stats().Connects; n < 2 {
		t.Errorf("%d connects", n)
	}
}

// A node that could not send while the others could listen must make them catch up.
func TestWhatOneNodeCouldNotSendMakesTheOthersCatchUp(t *testing.T) {
	server := livetest.Redis(t)
	bus, other := dial(t, server), dial(t, server)
	var there inbox
	other.Subscribe("a", there.take)
	_, before := there.state()

	opt, err := redis.ParseURL(server.URL)
	must(t, err)
	admin := redis.NewClient(opt)
	defer func() { must(t, admin.Close()) }()
	// Redis stays, but takes no more from ordinary clients for a while.
	must(t, admin.Do(t.Context(), "CLIENT", "PAUSE", "2500", "ALL").Err())
	for i := range int64(5000) { // more than wait to be sent
		must(t, bus.Publish(t.Context(), live.Notice{Topic: "a", ID: "x", Seq: i + 1}))
	}
	if bus.Stats().Lost == 0 {
		t.Fatal("nothing was lost: this tests nothing")
	}
	eventually(t, "the other node is told to catch up", func() bool { _, n := there.state(); return n > before })
}

func TestARedisThatComesLaterIsNoError(t *testing.T) {
	server := livetest.Redis(t)
	server.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	bus, err := live.NewRedis(ctx, server.URL, "test")
	must(t, err)
	t.Cleanup(func() { must(t, bus.Close()) })
	var b inbox
	bus.Subscribe("a", b.take)
	must(t, bus.Publish(t.Context(), live.Notice{Topic: "a", ID: "x", Seq: 1}))
	b.await(t, 1)
	server.Start()
	eventually(t, "the bus connects", func() bool { return bus.Stats().Connects > 0 })
	must(t, bus.Ping(t.Context()))
}

func TestNodesOfAnotherPrefixAndStrangersAreNotHeard(t *testing.T) {
	server := livetest.Redis(t)
	bus := dial(t, server)
	stranger, err := live.NewRedis(t.Context(), server.URL, "other")
	must(t, err)
	t.Cleanup(func() { must(t, stranger.Close()) })
	var b inbox
	bus.Subscribe("a", b.take)
	must(t, stranger.Publish(t.Context(), live.Notice{Topic: "a", ID: "not ours", Seq: 1}))

	opt, err := redis.ParseURL(server.URL)
	must(t, err)
	client := redis.NewClient(opt)
	defer func() { must(t, client.Close()) }()
	must(t, client.Publish(t.Context(), "test:live", "{not json").Err())
	must(t, client.Publish(t.Context(), "test:live", `{"n":"somebody","t":"a","i":"ours","s":2}`).Err())
	if got := b.await(t, 1); len(got) != 1 || got[0].ID != "ours" {
		t.Errorf("heard %v", got)
	}
}

func TestAWrongURLIsRefusedWithoutItsPassword(t *testing.T) {
	for _, url := range []string{"", "http://x", "redis://:hunter2@host:port", "redis://:hunter2@[::1"} {
		_, err := live.NewRedis(t.Context(), url, "test")
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q gave %v", url, err)
		}
	}
}
