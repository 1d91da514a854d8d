package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"helpline/channels/simulator"
	"helpline/dialog"
)

// publicName is where the killed service is known; what listens there changes
// with every life of it.
const publicName = "http://helpline.example"

// questions are answered by the library, each in its own words.
var questions = []string{
	"what is a case conference", "what is acct", "how do I book a visit", "who is the family contact officer",
}

// lives is a service that is killed again and again, on one data folder.
type lives struct {
	t       *testing.T
	data    string
	api     string // of the pretend network
	mu      sync.Mutex
	addr    string
	changed chan struct{} // closed when a life begins or ends
	process *process
}

func (l *lives) where() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.addr
}

func (l *lives) set(addr string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.addr = addr
	close(l.changed)
	l.changed = make(chan struct{})
}

// home waits until the service runs.
func (l *lives) home(ctx context.Context) (addr string, err error) {
	for {
		l.mu.Lock()
		addr, changed := l.addr, l.changed
		l.mu.Unlock()
		if addr != "" {
			return addr, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

func (l *lives) begin(settings ...string) {
	l.t.Helper()
	p := start(l.t, "serve -addr 127.0.0.1:0", append([]string{
		"HELPLINE_DATA_DIR=" + l.data, "HELPLINE_PUBLIC_URL=" + publicName, "HELPLINE_TWILIO_API_URL=" + l.api,
		"HELPLINE_TWILIO_ACCOUNT_SID=" + demoSID, "HELPLINE_TWILIO_AUTH_TOKEN=" + demoToken, "HELPLINE_VOICE_NUMBER=+441632960999",
	}, settings...)...)
	addr := p.says(`msg=ready addr=(\S+)`)[1]
	l.mu.Lock()
	l.process = p
	l.mu.Unlock()
	l.set(addr)
}

// end kills the service. The network's own goroutines may call it.
func (l *lives) end() {
	l.set("")
	l.mu.Lock()
	p := l.process
	l.mu.Unlock()
	p.kill()
}

// exchange is the pretend network's API as the service sees it: it counts what
// becomes of each line, and can have the service killed in the act of sending.
type exchange struct {
	network http.Handler
	mu      sync.Mutex
	asked   map[string]int // by line: how often the network was asked to take it
	taken   map[string]int // by line: how often it took it
	sent    int            // in this life
	killAt  int            // the send of this life in which the service is killed; 0: none
	before  bool           // before the network hears of the line, or after it took it
	killed  chan struct{}
	kill    func()
}

func (x *exchange) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.ParseForm() != nil {
		x.network.ServeHTTP(w, r)
		return
	}
	callback, err := url.Parse(r.PostForm.Get("StatusCallback"))
	if err != nil {
		http.Error(w, "no callback", http.StatusBadRequest)
		return
	}
	line := callback.Query().Get("line")
	x.mu.Lock()
	x.sent++
	x.asked[line]++
	dies := x.sent == x.killAt
	before := x.before
	x.mu.Unlock()
	if dies && before {
		x.kill()
		close(x.killed)
		return
	}
	answer := httptest.NewRecorder()
	x.network.ServeHTTP(answer, r)
	if answer.Code == http.StatusCreated {
		x.mu.Lock()
		x.taken[line]++
		x.mu.Unlock()
	}
	if dies {
		x.kill()
		close(x.killed)
		return
	}
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes()) // the service may be dead
}

// perLife is how many messages each person begins in each life.
const perLife = 4

// message is one that the service has said to have.
type message struct {
	line dialog.LineID
	from dialog.Address
	id   string
	text string
}

// crowd is people who write, each one message after the other, and say
// everything again until they are told that it is stored.
type crowd struct {
	lives    *lives
	carrier  carrier
	accepted chan struct{} // one for each message that was taken
	mu       sync.Mutex
	messages []message
}

func (c *crowd) took(m message) {
	c.mu.Lock()
	c.messages = append(c.messages, m)
	c.mu.Unlock()
	c.accepted <- struct{}{}
}

// text writes texts until each is answered with a 2xx.
func (c *crowd) text(ctx context.Context, from string, todo <-chan int) error {
	for n := range todo {
		sid := fmt.Sprintf("SM%s%04d", from[1:], n)
		body := "famout " + questions[n%len(questions)]
		if n%perLife == 3 && strings.HasSuffix(from, "1") {
			body = "hes given his trainers away and said bye to the kids, hes in stoke heath"
		}
		form := c.carrier.textForm(sid, from, body)
		for {
			if _, err := c.lives.home(ctx); err != nil {
				return err
			}
			status, answer, err := c.carrier.post(ctx, "/twilio/sms", form, c.carrier.sign("/twilio/sms", form))
			if err == nil && status/100 == 2 {
				break
			}
			if err == nil && status/100 == 4 {
				return fmt.Errorf("a text was refused with %d: %s", status, answer)
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
		c.took(message{smsLine, dialog.Address{Medium: dialog.SMS, Value: from}, sid, body})
	}
	return nil
}

// chat writes in the web chat until each message is called stored.
func (c *crowd) chat(ctx context.Context, name string, todo <-chan int, address func(token string) dialog.Address) error {
	var v *visitor
	token := ""
	defer func() {
		if v != nil {
			_ = v.ws.Close()
		}
	}()
	for n := range todo {
		id, body := fmt.Sprintf("%s-%d", name, n), questions[n%len(questions)]
		for stored := false; !stored; {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if v == nil {
				addr, err := c.lives.home(ctx)
				if err != nil {
					return err
				}
				if v, err = visit(ctx, addr, token); err != nil {
					v = nil
					continue
				}
				token = v.token
			}
			var f chatFrame
			err := v.say(id, body)
			for err == nil && (f.ID != id || f.Type != "stored" && f.Type != "error") {
				f, err = v.want("stored", "error")
			}
			switch {
			case err != nil:
				_ = v.ws.Close()
				v = nil
			case f.Type == "stored":
				stored = true
			case f.Retry > 0:
				select {
				case <-time.After(time.Duration(f.Retry) * time.Millisecond):
				case <-ctx.Done():
				}
			default:
				return fmt.Errorf("a chat message was refused: %s", f.Code)
			}
		}
		from := address(token)
		c.took(message{chatLine, from, from.Value[:24] + ":" + id, body})
	}
	return nil
}

// TestKilledAtAnyMoment is the promise that accepted means stored: whatever
// got a 2xx or a "stored" is there once, answered once, and nothing that may
// have gone out goes out again.
func TestKilledAtAnyMoment(t *testing.T) {
	const newcomers, chatters = 2, 3
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	l := &lives{t: t, data: t.TempDir(), changed: make(chan struct{})}
	x := &exchange{asked: map[string]int{}, taken: map[string]int{}, kill: l.end}
	api := httptest.NewServer(x)
	t.Cleanup(api.Close)
	l.api = api.URL
	client := to(l.where)
	network, err := simulator.New(simulator.Config{
		AccountSID: demoSID, AuthToken: demoToken, WebhookBase: publicName, APIBase: api.URL,
		SMSNumber: "60777", VoiceNumber: "+441632960999", Client: client, Logger: testLog(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = network.Close() })
	x.network = network.Handler()

	people := &crowd{lives: l, accepted: make(chan struct{}, 4096)}
	people.carrier = carrier{client: to(l.where), public: publicName, sid: demoSID, token: demoToken}
	var streams []chan int
	var all sync.WaitGroup
	failed := make(chan error, 64)
	stream := func(write func(<-chan int) error) {
		s := make(chan int, 1024)
		streams = append(streams, s)
		all.Go(func() {
			if err := write(s); err != nil {
				failed <- err
			}
		})
	}
	for i := range chatters {
		stream(func(s <-chan int) error { return people.chat(ctx, fmt.Sprint("c", i), s, visitorAddress) })
	}

	random := rand.New(rand.NewPCG(2, 9))
	written, accepted := 0, 0
	for life, how := range []string{"any moment", "before a send", "any moment", "after a send", "any moment"} {
		killed := make(chan struct{})
		x.mu.Lock()
		x.sent, x.killAt, x.killed = 0, 0, killed
		if strings.HasSuffix(how, "send") {
			x.killAt, x.before = 1+random.IntN(5), how == "before a send"
		}
		x.mu.Unlock()
		// A line that was being sent at the kill keeps its conversation waiting
		// for a minute: newcomers are who is sent to in this life.
		for i := range newcomers {
			from := fmt.Sprintf("+4477009005%02d", life*10+i)
			stream(func(s <-chan int) error { return people.text(ctx, from, s) })
		}
		l.begin()
		for _, s := range streams {
			for n := range perLife {
				s <- life*perLife + n
				written++
			}
		}
		if strings.HasSuffix(how, "send") {
			select {
			case <-killed:
			case <-ctx.Done():
				t.Fatalf("life %d: no send to be killed in", life)
			}
			continue
		}
		for upTo := accepted + 1 + random.IntN(len(streams)*perLife-4); accepted < upTo; accepted++ {
			select {
			case <-people.accepted:
			case err := <-failed:
				t.Fatal(err)
			case <-ctx.Done():
				t.Fatalf("life %d: only %d messages were taken", life, accepted)
			}
		}
		l.end()
	}
	l.begin()
	for _, s := range streams {
		close(s)
	}
	all.Wait()
	select {
	case err := <-failed:
		t.Fatal(err)
	default:
	}
	l.end()
	if len(people.messages) != written {
		t.Fatalf("%d messages were written and %d taken", written, len(people.messages))
	}

	// Somebody starts it once more, a while later.
	var ahead atomic.Int64
	ahead.Store(int64(2 * time.Minute))
	w := newWorld(t, func(c *config) {
		c.DataDir, c.PublicURL, c.TwilioURL = l.data, publicName, api.URL
		c.now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	l.set(strings.TrimPrefix(w.url, "http://"))
	conversations := w.stored(people.messages)
	w.eventually("every line to be sent or to be known as uncertain", func() bool {
		return w.lines(conversations, dialog.OutboxQueued, dialog.OutboxSending) == 0
	})
	if w.lines(conversations, dialog.OutboxSent, dialog.OutboxDelivered) == 0 {
		t.Error("nothing was sent")
	}
	ahead.Store(int64(20 * time.Minute))
	w.eventually("uncertain lines to be given up, not sent again", func() bool {
		return w.lines(conversations, dialog.OutboxUncertain) == 0
	})

	x.mu.Lock()
	defer x.mu.Unlock()
	given := 0
	for id := range conversations {
		v := w.view(id)
		for _, fault := range v.answeredOnce() {
			t.Errorf("%s %s: %s", v.Conversation.Medium, id, fault)
		}
		for _, item := range v.Outbox {
			line := string(item.ID)
			if x.asked[line] > 1 || x.taken[line] > 1 {
				t.Errorf("line %s was handed over %d times and taken %d times", line, x.asked[line], x.taken[line])
			}
			switch item.State {
			case dialog.OutboxFailed:
				given++
				if v.Conversation.Waiting == dialog.WaitingNone {
					t.Errorf("line %s was given up and nobody is told", line)
				}
			default:
				if x.taken[line] != 1 {
					t.Errorf("line %s is %s and was taken %d times", line, item.State, x.taken[line])
				}
			}
			delete(x.asked, line)
		}
		if v.Conversation.Medium == dialog.SMS {
			if got := len(network.Inbox(v.Address)); got > len(v.Outbox) {
				t.Errorf("%d lines, %d messages on the handset", len(v.Outbox), got)
			}
		}
	}
	if len(x.asked) > 0 {
		t.Errorf("%d lines were sent that are in no outbox", len(x.asked))
	}
	if given == 0 {
		t.Error("a line that was being sent when the service was killed is not known as such")
	}
	t.Logf("%d messages, %d lines given up because nobody knows whether they went", written, given)
}

// stored checks that each message is in the log once, and nothing else, and
// returns the conversations.
func (w *world) stored(messages []message) map[dialog.ConversationID]bool {
	w.t.Helper()
	type place struct {
		conversation dialog.ConversationID
		seq          int64
	}
	conversations, places := map[dialog.ConversationID]bool{}, map[place]bool{}
	err := w.store.Read(w.t.Context(), func(r dialog.Reader) error {
		for _, m := range messages {
			sit, err := r.Situation(m.line, m.from, m.id, "")
			if err != nil {
				return err
			}
			if !sit.Duplicate {
				w.t.Errorf("message %s was taken and is gone", m.id)
				continue
			}
			p := place{sit.DuplicateOf, sit.DuplicateSeq}
			if places[p] {
				w.t.Errorf("message %s stands for another one", m.id)
			}
			places[p], conversations[p.conversation] = true, true
			events, err := r.Events(p.conversation, p.seq-1, 1)
			if err != nil {
				return err
			}
			if len(events) != 1 || events[0].Kind != dialog.SaidIn || events[0].Text != m.text {
				w.t.Errorf("message %s has other words now", m.id)
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	heard := 0
	for id := range conversations {
		heard += len(w.view(id).events(dialog.SaidIn))
	}
	if heard != len(messages) {
		w.t.Errorf("%d messages were taken, the logs hold %d", len(messages), heard)
	}
	return conversations
}

// lines counts the lines of conversations that are in one of the states.
func (w *world) lines(conversations map[dialog.ConversationID]bool, states ...dialog.OutboxState) (n int) {
	w.t.Helper()
	for id := range conversations {
		var items []dialog.OutboxItem
		err := w.store.Read(w.t.Context(), func(r dialog.Reader) (err error) {
			items, err = r.Outbox(id)
			return err
		})
		if err != nil && !errors.Is(err, context.Canceled) {
			w.t.Fatal(err)
		}
		for _, item := range items {
			for _, s := range states {
				if item.State == s {
					n++
				}
			}
		}
	}
	return n
}
