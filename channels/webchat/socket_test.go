package webchat_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"helpline/channels/webchat"
	"helpline/dialog"
)

func TestAskAndAnswer(t *testing.T) {
	h := open(t, nil)
	c, w := begin(t, h, "")
	if w.Conversation || w.Ref != "" || len(w.Token) != 43 {
		t.Fatalf("a new visitor was welcomed with %+v", w)
	}
	if n := h.count(t, `SELECT count(*) FROM people`); n != 0 {
		t.Fatalf("a visitor who said nothing left %d rows", n)
	}
	c.say("m1", "what is a case conference")
	stored := c.want("stored")
	if stored.ID != "m1" || stored.Seq != 1 {
		t.Fatalf("stored %+v", stored)
	}
	if w := c.want("welcome"); !w.Conversation || len(w.Ref) != 7 || w.Token != "" {
		t.Fatalf("the begun conversation was told as %+v", w)
	}
	events := c.until("bot")
	if events[0].Kind != "person" || events[0].ID != "m1" || events[0].Text != "what is a case conference" || events[0].Seq != 1 {
		t.Fatalf("own words came as %+v", events[0])
	}
	if bot := events[len(events)-1]; bot.Text == "" || bot.Seq <= 1 || bot.At == "" {
		t.Fatalf("answered with %+v", bot)
	}
	if n := h.count(t, `SELECT count(*) FROM people WHERE value = $1`, w.Token); n != 0 {
		t.Fatal("the visitor's secret is in the store")
	}
}

func TestStoredMeansOnDisk(t *testing.T) {
	h := open(t, nil)
	c, _ := begin(t, h, "")
	for i := range 8 {
		id := fmt.Sprintf("m%d", i)
		c.say(id, "when can I visit "+id)
		c.want("stored")
		if n := h.count(t, `SELECT count(*) FROM events WHERE kind = 'said_in' AND text = $1`, "when can I visit "+id); n != 1 {
			t.Fatalf("%s was called stored and is there %d times", id, n)
		}
	}
}

func TestSentAgainIsStoredOnce(t *testing.T) {
	h := open(t, nil)
	c, w := begin(t, h, "")
	c.say("m1", "hello")
	first := c.want("stored")
	c.say("m1", "hello")
	if again := c.want("stored"); again.Seq != first.Seq {
		t.Fatalf("stored as %d, then as %d", first.Seq, again.Seq)
	}
	// Also from other sockets, all at once.
	var wg sync.WaitGroup
	for range 10 {
		d, _ := begin(t, h, w.Token)
		wg.Go(func() {
			d.say("m2", "once only")
			d.want("stored")
		})
	}
	wg.Wait()
	if n := h.count(t, `SELECT count(*) FROM events WHERE text = 'once only'`); n != 1 {
		t.Fatalf("said once, stored %d times", n)
	}
}

// One visitor's message id must not open another's conversation.
func TestIDsBelongToTheirVisitor(t *testing.T) {
	h := open(t, nil)
	a, _ := begin(t, h, "")
	a.say("same", "I am the first")
	refA := a.want("welcome").Ref
	b, _ := begin(t, h, "")
	b.say("same", "I am the second")
	if refB := b.want("welcome").Ref; refA == refB {
		t.Fatal("the second visitor was shown the first one's conversation")
	}
	if got := b.until("person"); got[len(got)-1].Text != "I am the second" {
		t.Fatalf("the second visitor reads %q", got[len(got)-1].Text)
	}
}

func TestGoesOnAfterTheCursor(t *testing.T) {
	h := open(t, nil)
	c, w := begin(t, h, "")
	c.say("m1", "hello")
	ref := c.want("welcome").Ref
	seen := c.until("bot")
	last := seen[len(seen)-1].Seq
	conv := h.conversation(t, w.Token)
	_ = c.ws.Close()
	h.takeOver(t, conv)
	h.staffSays(t, conv, "This is Sam.")

	d := dial(t, h, nil)
	d.send(map[string]any{"type": "hello", "token": w.Token, "after": last, "ref": ref})
	if back := d.want("welcome"); !back.Conversation || back.Ref != ref || back.Token != "" {
		t.Fatalf("welcomed back with %+v", back)
	}
	for _, f := range d.until("staff") {
		if f.Seq <= last {
			t.Fatalf("event %d was sent again", f.Seq)
		}
	}
	// A cursor of another conversation counts for nothing.
	e := dial(t, h, nil)
	e.send(map[string]any{"type": "hello", "token": w.Token, "after": last, "ref": "0000000"})
	if all := e.until("staff"); all[0].Seq != 1 {
		t.Fatalf("began at %d", all[0].Seq)
	}
}

func TestStaffReplyReachesEveryTab(t *testing.T) {
	h := open(t, nil)
	one, w := begin(t, h, "")
	two, _ := begin(t, h, w.Token)
	one.say("m1", "is anybody there")
	one.until("bot")
	two.until("bot")
	conv := h.conversation(t, w.Token)
	h.takeOver(t, conv)
	h.TypingFrom(conv, 2)
	if f := one.want("typing"); f.Who != "staff" {
		t.Fatalf("typing: %+v", f)
	}
	h.staffSays(t, conv, "This is Sam. How can I help?")
	for _, c := range []*client{one, two} {
		got := c.until("staff")
		if f := got[len(got)-1]; f.Name != "Sam" || f.Text != "This is Sam. How can I help?" {
			t.Fatalf("staff line came as %+v", f)
		}
	}
}

func TestVisitorTypingIsToldSparingly(t *testing.T) {
	h := open(t, nil)
	heard := make(chan dialog.Notice, 100)
	cancel := h.bus.Subscribe(dialog.Typing, func(n dialog.Notice) { heard <- n })
	defer cancel()
	c, w := begin(t, h, "")
	c.send(map[string]any{"type": "typing"}) // nobody to tell yet
	c.say("m1", "hello")
	c.until("bot")
	for range 20 {
		c.send(map[string]any{"type": "typing"})
	}
	c.send(map[string]any{"type": "ping"})
	c.want("pong")
	time.Sleep(100 * time.Millisecond)
	if n := len(heard); n != 1 {
		t.Fatalf("told %d times", n)
	}
	if n := <-heard; n.Seq != 1 || n.ID != string(h.conversation(t, w.Token)) {
		t.Fatalf("told %+v", n)
	}
}

// A notice that was missed is made good: every event comes, once, in order.
func TestMissedNoticeIsMadeGood(t *testing.T) {
	deaf := &deafBus{}
	h := open(t, func(c *webchat.Config) { deaf.Bus = c.Bus; c.Bus = deaf })
	c, w := begin(t, h, "")
	c.say("m1", "hello")
	c.until("bot")
	conv := h.conversation(t, w.Token)
	deaf.mute(true)
	h.takeOver(t, conv)
	for i := range 150 {
		h.staffSays(t, conv, fmt.Sprintf("line %d", i))
	}
	deaf.mute(false)
	deaf.missed()
	for i := range 150 {
		got := c.until("staff")
		if f := got[len(got)-1]; f.Text != fmt.Sprintf("line %d", i) {
			t.Fatalf("line %d came as %q", i, f.Text)
		}
	}
	c.quiet(100 * time.Millisecond)
}

// deafBus is the real bus with an ear that can be closed, as a network does.
type deafBus struct {
	dialog.Bus
	mu    sync.Mutex
	muted bool
	fns   []func(dialog.Notice)
}

func (b *deafBus) mute(on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.muted = on
}

func (b *deafBus) missed() {
	for _, fn := range b.fns {
		fn(dialog.Notice{})
	}
}

func (b *deafBus) Subscribe(topic dialog.Topic, fn func(dialog.Notice)) func() {
	b.fns = append(b.fns, fn)
	return b.Bus.Subscribe(topic, func(n dialog.Notice) {
		b.mu.Lock()
		muted := b.muted
		b.mu.Unlock()
		if !muted {
			fn(n)
		}
	})
}

func TestEndLeavesTheConcernAndTellsOtherTabs(t *testing.T) {
	h := open(t, nil)
	one, w := begin(t, h, "")
	two, _ := begin(t, h, w.Token)
	one.say("m1", "he's given his trainers away and said bye to the kids, he's in stoke heath")
	got := one.until("bot")
	if !got[len(got)-1].Urgent {
		t.Fatalf("the words of safety are not marked: %+v", got[len(got)-1])
	}
	two.until("bot")
	one.send(map[string]any{"type": "end"})
	one.want("ended")
	if code := one.closed(); code != websocket.CloseNormalClosure {
		t.Fatalf("ended with %d", code)
	}
	two.want("ended")
	if code := two.closed(); code != websocket.CloseNormalClosure {
		t.Fatalf("the other tab ended with %d", code)
	}
	if n := h.count(t, `SELECT count(*) FROM concerns`); n != 1 {
		t.Fatalf("%d concerns after the visitor left", n)
	}
}

func TestOriginsAndCookies(t *testing.T) {
	h := open(t, func(c *webchat.Config) { c.AllowedOrigins = []string{"https://friends.example"} })
	url := "ws" + strings.TrimPrefix(h.web.URL, "http") + "/chat/ws"
	_, resp, err := websocket.DefaultDialer.DialContext(t.Context(), url, http.Header{"Origin": {"https://evil.example"}})
	if err == nil || resp == nil || resp.StatusCode != http.StatusForbidden {
		t.Fatalf("a site that is not allowed got %v, %v", resp, err)
	}
	_ = resp.Body.Close()
	// The page's visitor says something.
	own, w := begin(t, h, "")
	own.say("m1", "private words")
	own.until("bot")
	cookie := "helpline_chat=" + w.Token
	// An allowed site cannot speak with the page's cookie …
	other := dial(t, h, http.Header{"Origin": {"https://friends.example"}, "Cookie": {cookie}})
	other.send(map[string]any{"type": "hello"})
	if f := other.want("welcome"); f.Conversation || f.Token == "" {
		t.Fatalf("another site was welcomed as %+v", f)
	}
	// … our own page can, and never gets to see the secret.
	page := dial(t, h, http.Header{"Origin": {h.web.URL}, "Cookie": {cookie}})
	page.send(map[string]any{"type": "hello"})
	if f := page.want("welcome"); !f.Conversation || f.Token != "" {
		t.Fatalf("the page was welcomed as %+v", f)
	}
}

func TestCloseSendsClientsAway(t *testing.T) {
	h := open(t, nil)
	c, _ := begin(t, h, "")
	done := make(chan int, 1)
	go func() {
		_, err := c.read()
		code := 0
		var ce *websocket.CloseError
		if errors.As(err, &ce) {
			code = ce.Code
		}
		done <- code
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	h.chat.Close(ctx)
	if code := <-done; code != websocket.CloseGoingAway {
		t.Fatalf("sent away with %d", code)
	}
}

// Nobody's words, tokens or ids are in the logs, whatever goes wrong.
func TestLogsAreSilentAboutPeople(t *testing.T) {
	h := open(t, nil)
	c, w := begin(t, h, "")
	c.say("m1", "trumpeting secret words")
	c.until("bot")
	if err := h.db.Close(); err != nil {
		t.Fatal(err)
	}
	c.say("m2", "trumpeting more words")
	if f := c.want("error"); f.Code != "unavailable" || f.ID != "m2" || f.Retry == 0 {
		t.Fatalf("without a store: %+v", f)
	}
	logs := h.logs.String()
	if !strings.Contains(logs, "receive chat message") {
		t.Fatalf("the failure was not logged:\n%s", logs)
	}
	for _, secret := range []string{"trumpeting", w.Token, hashOf(w.Token)} {
		if strings.Contains(logs, secret) {
			t.Fatalf("%q is in the logs", secret)
		}
	}
}

// The time from a staff line to the visitor's screen.
func TestStaffLineIsQuick(t *testing.T) {
	h := open(t, nil)
	c, w := begin(t, h, "")
	c.say("m1", "hello")
	c.until("bot")
	conv := h.conversation(t, w.Token)
	h.takeOver(t, conv)
	var took []time.Duration
	for i := range 100 {
		ev := h.staffSays(t, conv, fmt.Sprintf("line %d", i))
		at := time.Now() // the commit is done
		for {
			f := c.want("event")
			if f.Seq == ev.Seq {
				break
			}
		}
		took = append(took, time.Since(at))
	}
	slices.Sort(took)
	t.Logf("staff line to socket: p50 %s, p99 %s", took[50], took[98])
	if took[50] > 50*time.Millisecond {
		t.Fatalf("p50 is %s", took[50])
	}
}

func TestManyAtOnce(t *testing.T) {
	h := open(t, nil)
	const visitors, each = 20, 6
	var wg sync.WaitGroup
	for v := range visitors {
		c, _ := begin(t, h, "")
		wg.Go(func() {
			want := map[string]bool{}
			for m := range each {
				c.say(fmt.Sprintf("m%d", m), fmt.Sprintf("visitor %d message %d", v, m))
				want[fmt.Sprintf("visitor %d message %d", v, m)] = true
			}
			var last int64
			for len(want) > 0 {
				f, err := c.read()
				if err != nil {
					t.Errorf("visitor %d: %v", v, err)
					return
				}
				if f.Type != "event" {
					continue
				}
				if f.Seq <= last {
					t.Errorf("visitor %d: event %d after %d", v, f.Seq, last)
				}
				last = f.Seq
				if f.Kind == "person" && !want[f.Text] {
					t.Errorf("visitor %d was shown %q", v, f.Text)
				}
				delete(want, f.Text)
			}
		})
	}
	wg.Wait()
}

func TestEventJSON(t *testing.T) {
	h := open(t, nil)
	c, _ := begin(t, h, "")
	c.say("m1", `<script>alert("x")</script>`)
	c.want("welcome")
	_, data, err := c.ws.ReadMessage()
	if err != nil {
		t.Fatal(err)
	}
	var f frame
	if err := json.Unmarshal(data, &f); err != nil || f.Text != `<script>alert("x")</script>` {
		t.Fatalf("%s: %v", data, err)
	}
}
