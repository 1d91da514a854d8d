package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"helpline/dialog"
	"helpline/internal/db/dbtest"
	"helpline/internal/live/livetest"
)

// beside starts another node of a world's service: the same settings, database
// and bus, a process's worth of everything else of its own.
func (w *world) beside() *world {
	w.t.Helper()
	n := &world{t: w.t, network: w.network, workers: w.workers}
	door := &door{}
	server := httptest.NewServer(door)
	w.t.Cleanup(server.Close)
	n.url = server.URL
	c := w.config
	c.DataDir = w.t.TempDir()
	h, err := build(w.t.Context(), c, testLog(), func(string) {})
	if err != nil {
		w.t.Fatal(err)
	}
	n.house = h
	w.t.Cleanup(h.close)
	pages, health, err := h.pages()
	if err != nil {
		w.t.Fatal(err)
	}
	door.pages = pages
	ctx, cancel := context.WithCancel(context.Background())
	stop, err := h.run(ctx)
	if err != nil {
		cancel()
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { cancel(); stop() })
	health.SetReady(true)
	return n
}

// readiness is what a node says of itself.
func (w *world) readiness() (status int, checks map[string]string) {
	w.t.Helper()
	res, err := http.Get(w.url + "/readyz")
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var report struct{ Checks map[string]string }
	if err := json.NewDecoder(res.Body).Decode(&report); err != nil {
		w.t.Fatal(err)
	}
	return res.StatusCode, report.Checks
}

// TestTwoNodes is the whole service twice, on one PostgreSQL and one Redis:
// what one accepts the other shows, by a notice and not by asking; without
// Redis it is all still there, and only slower to be seen.
func TestTwoNodes(t *testing.T) {
	redis := livetest.Redis(t)
	one := newWorld(t, func(c *config) { c.DatabaseURL, c.RedisURL = dbtest.PostgresURL(t), redis.URL })
	two := one.beside()
	ctx := t.Context()
	sam, shirin := one.workers["sam"], one.workers["shirin"]

	// A visitor on the second node, a worker on the first.
	visitor := two.chat("")
	visitor.must(visitor.say("m1", "can I talk to a real person please"))
	visitor.expect("stored")
	visitor.shown("bot")
	id := one.conversation(chatLine, visitorAddress(visitor.token)).ID
	one.must(one.desk.TakeOver(ctx, sam, id))
	if err := two.desk.TakeOver(ctx, shirin, id); err == nil {
		t.Error("the other node let a second worker take it over")
	}
	visitor.shown("notice")
	var slowest time.Duration
	for i := range 20 {
		words := fmt.Sprintf("Sam here, line %d.", i)
		private(words)
		begun := time.Now()
		_, err := one.desk.Say(ctx, sam, id, words, fmt.Sprint("s", i))
		one.must(err)
		if f := visitor.shown("staff"); f.Text != words || f.Name != sam.Name {
			t.Fatalf("the visitor was shown %q by %q", f.Text, f.Name)
		}
		slowest = max(slowest, time.Since(begun))
	}
	t.Logf("from a worker on one node to a visitor on the other: at most %s", slowest)

	// The same visitor with a tab on each node, the same message from both.
	other := one.chat(visitor.token)
	for _, c := range []*chat{visitor, other} {
		c.must(c.say("m2", "thank you"))
		if f := c.expect("stored"); f.ID != "m2" {
			t.Errorf("stored %q", f.ID)
		}
	}
	if n := len(one.view(id).events(dialog.SaidIn)); n != 2 {
		t.Errorf("two messages are %d", n)
	}

	// A text by the second node's webhook, the queue told of on the first.
	told := make(chan dialog.Notice, 64)
	defer one.bus.Subscribe(dialog.QueueChanged, func(n dialog.Notice) {
		select {
		case told <- n:
		default:
		}
	})()
	const from = "+447700900701"
	c := two.carrier()
	c.public = one.PublicURL // what is signed is the service's address, whichever node answers
	form := c.textForm("SMnodes", from, "famout he has stopped eating, he is in Stoke Heath")
	c.client = to(func() string { return strings.TrimPrefix(two.url, "http://") })
	status, answer, err := c.post(ctx, "/twilio/sms", form, c.sign("/twilio/sms", form))
	if err != nil || status != http.StatusOK {
		t.Fatalf("%d %q %v", status, answer, err)
	}
	select {
	case <-told:
	case <-time.After(60 * time.Second):
		t.Fatal("the other node was not told")
	}
	queue, err := one.desk.Queue(ctx, shirin, dialog.QueueFilter{Waiting: []dialog.Waiting{dialog.WaitingRisk}})
	one.must(err)
	if len(queue) != 1 || queue[0].Concern.Prison != "stoke-heath" {
		t.Errorf("the other node's queue holds %d", len(queue))
	}
	one.onlyOne(from)

	// Redis goes. Messages are taken and answered on both; both are ready.
	redis.Stop()
	const later = "+447700900702"
	form = c.textForm("SMnoredis", later, "famout what is acct")
	for range 2 {
		status, answer, err = c.post(ctx, "/twilio/sms", form, c.sign("/twilio/sms", form))
		if err != nil || status != http.StatusOK {
			t.Fatalf("without Redis: %d %q %v", status, answer, err)
		}
	}
	one.onlyOne(later)
	visitor.must(visitor.say("m3", "are you still there"))
	visitor.expect("stored")
	_, err = one.desk.Say(ctx, sam, id, "Yes, I am.", "still")
	one.must(err)
	begun := time.Now()
	back := two.chat(visitor.token)
	for f := back.shown("staff"); f.Text != "Yes, I am."; {
		f = back.shown("staff")
	}
	t.Logf("without Redis a visitor who looks again sees it after %s", time.Since(begun))
	begun = time.Now()
	for f := visitor.shown("staff"); f.Text != "Yes, I am."; {
		f = visitor.shown("staff")
	}
	t.Logf("without Redis one who only waits is shown it after %s", time.Since(begun))
	for _, node := range []*world{one, two} {
		node.eventually("the loss of Redis to be shown", func() bool {
			status, checks := node.readiness()
			if status != http.StatusOK {
				t.Fatalf("a node without Redis is not ready: %d %v", status, checks)
			}
			return checks["bus"] != "ok"
		})
	}

	// Redis comes back, and so does the speed.
	redis.Start()
	for _, node := range []*world{one, two} {
		node.eventually("Redis to be there again", func() bool { _, checks := node.readiness(); return checks["bus"] == "ok" })
	}
	_, err = one.desk.Say(ctx, sam, id, "We are back.", "back")
	one.must(err)
	for f := visitor.shown("staff"); f.Text != "We are back."; {
		f = visitor.shown("staff")
	}
}

// TestTwoNodesSendEachLineOnce: both nodes look after the same outbox.
func TestTwoNodesSendEachLineOnce(t *testing.T) {
	redis := livetest.Redis(t)
	one := newWorld(t, func(c *config) { c.DatabaseURL, c.RedisURL = dbtest.PostgresURL(t), redis.URL })
	one.beside()
	numbers := make([]string, 12)
	for i := range numbers {
		numbers[i] = fmt.Sprintf("+4477009008%02d", i)
		private(numbers[i])
		for n := range 3 {
			if _, err := one.network.Text(t.Context(), numbers[i], one.SMSNumber, "famout "+questions[n]); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, number := range numbers {
		one.settle(sms(number))
		v := one.view(one.conversation(smsLine, sms(number)).ID)
		for _, fault := range v.answeredOnce() {
			t.Error(fault)
		}
		if said, got := len(v.events(dialog.SaidBot)), len(one.network.Inbox(number)); said != got {
			t.Errorf("%d lines were said, %d came", said, got)
		}
	}
}
