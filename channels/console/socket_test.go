package console_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"helpline/dialog"
)

// line is an open socket of a worker.
type line struct {
	t    testing.TB
	ws   *websocket.Conn
	seen []int64 // events, in the order in which they came
}

type frame struct {
	Type         string
	Conversation dialog.ConversationID
	ID           string
	Seq          int64
	Code         string
	Text         string
	Waiting      int
	Immediate    int
	Alarms       []struct{ Conversation, Level string }
	Events       []struct {
		Seq      int64
		Kind     string
		Text, ID string
	}
}

func (b *browser) dial(origin string) (*websocket.Conn, *http.Response, error) {
	b.t.Helper()
	u, err := url.Parse(b.h.web.URL + "/console")
	if err != nil {
		b.t.Fatal(err)
	}
	head := http.Header{"Origin": {origin}}
	for _, k := range b.http.Jar.Cookies(u) {
		head.Add("Cookie", k.String())
	}
	return websocket.DefaultDialer.DialContext(b.t.Context(), "ws"+strings.TrimPrefix(b.h.web.URL, "http")+"/console/ws", head)
}

func (b *browser) socket() *line {
	b.t.Helper()
	ws, answer, err := b.dial(b.h.web.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = ws.Close(); _ = answer.Body.Close() })
	return &line{t: b.t, ws: ws}
}

func (l *line) send(f any) {
	l.t.Helper()
	if err := l.ws.WriteJSON(f); err != nil {
		l.t.Fatal(err)
	}
}

type o = map[string]any

// wait reads frames until one of a type comes for which ok holds.
func (l *line) wait(kind string, ok func(frame) bool) frame {
	l.t.Helper()
	for {
		if err := l.ws.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
			l.t.Fatal(err)
		}
		_, data, err := l.ws.ReadMessage()
		if err != nil {
			l.t.Fatalf("waiting for %s: %v", kind, err)
		}
		var f frame
		if err := json.Unmarshal(data, &f); err != nil {
			l.t.Fatal(err)
		}
		for _, e := range f.Events {
			l.seen = append(l.seen, e.Seq)
		}
		if f.Type == kind && (ok == nil || ok(f)) {
			return f
		}
	}
}

// The socket tells of the list, of a conversation's events in order and once,
// and takes lines for people.
func TestSocket(t *testing.T) {
	h := open(t)
	b := h.signedIn(t, h.hire(t, "Sam", dialog.Responder))
	l := b.socket()
	l.wait("queue", func(f frame) bool { return f.Waiting == 0 })
	got := h.chats(t, "visitor", worry)
	q := l.wait("queue", func(f frame) bool { return f.Immediate == 1 })
	if len(q.Alarms) != 1 || q.Alarms[0].Conversation != string(got.Conversation) || q.Alarms[0].Level != "immediate" {
		t.Errorf("alarms: %+v", q.Alarms)
	}
	l.send(o{"type": "watch", "conversation": got.Conversation, "after": 0})
	all := l.wait("events", nil)
	log := h.events(t, got.Conversation)
	if len(all.Events) != len(log) || all.Seq != log[len(log)-1].Seq {
		t.Fatalf("%d events of %d", len(all.Events), len(log))
	}
	l.send(o{"type": "say", "conversation": got.Conversation, "id": "a1", "text": "hello"})
	if f := l.wait("error", nil); f.ID != "a1" || f.Code != "not_holder" || f.Text == "" {
		t.Errorf("writing without having it: %+v", f)
	}
	b.get("/console/conversations/" + string(got.Conversation))
	b.post("/console/conversations/"+string(got.Conversation)+"/take", url.Values{})
	l.wait("events", func(f frame) bool {
		for _, e := range f.Events {
			if e.Kind == "taken_over" {
				return true
			}
		}
		return false
	})
	for range 2 { // the second time after a lost answer, say
		l.send(o{"type": "say", "conversation": got.Conversation, "id": "a2", "text": "hello, this is Sam"})
		l.wait("stored", func(f frame) bool { return f.ID == "a2" && f.Seq > 0 })
	}
	h.chats(t, "visitor", "thank you")
	l.wait("events", func(f frame) bool {
		for _, e := range f.Events {
			if e.Text == "thank you" {
				return true
			}
		}
		return false
	})
	for i, seq := range l.seen {
		if seq != int64(i+1) {
			t.Fatalf("events came as %v", l.seen)
		}
	}
	said := 0
	for _, e := range h.events(t, got.Conversation) {
		if e.Text == "hello, this is Sam" {
			said++
		}
	}
	if said != 1 {
		t.Errorf("the line was said %d times", said)
	}
	h.TypingFrom(got.Conversation, 1)
	l.wait("typing", func(f frame) bool { return f.Conversation == got.Conversation })

	// A notice that says only that some were lost has everything looked at again.
	h.bus.Publish(dialog.Notice{Topic: dialog.ConversationChanged})
	l.wait("events", func(f frame) bool { return len(f.Events) == 0 && f.Conversation == got.Conversation })

	// Another socket begins where it left off.
	again := b.socket()
	again.send(o{"type": "watch", "conversation": got.Conversation, "after": all.Seq})
	if f := again.wait("events", nil); len(f.Events) == 0 || f.Events[0].Seq != all.Seq+1 {
		t.Errorf("catching up after %d begins with %+v", all.Seq, f.Events)
	}
}

// Bad frames get a clear error and the socket stays open.
func TestSocketBadFrames(t *testing.T) {
	h := open(t)
	got := h.chats(t, "visitor", "hello there")
	l := h.signedIn(t, h.hire(t, "Sam", dialog.Responder)).socket()
	for name, c := range map[string]struct {
		data string
		kind int
		code string
	}{
		"not JSON":                {"{oh", websocket.TextMessage, "not_json"},
		"not text":                {"{}", websocket.BinaryMessage, "not_text"},
		"no type":                 {"{}", websocket.TextMessage, "bad_type"},
		"an unknown type":         {`{"type":"shout"}`, websocket.TextMessage, "bad_type"},
		"an unknown conversation": {`{"type":"watch","conversation":"nothing"}`, websocket.TextMessage, "not_found"},
		"say to nobody":           {`{"type":"say","conversation":"nothing","id":"a","text":"x"}`, websocket.TextMessage, "not_found"},
		"say without an id":       {`{"type":"say","conversation":"` + string(got.Conversation) + `","text":"x"}`, websocket.TextMessage, "bad_id"},
		"nothing said":            {`{"type":"say","conversation":"` + string(got.Conversation) + `","id":"a","text":"  "}`, websocket.TextMessage, "invalid"},
	} {
		if err := l.ws.WriteMessage(c.kind, []byte(c.data)); err != nil {
			t.Fatal(err)
		}
		if f := l.wait("error", nil); f.Code != c.code || f.Text == "" {
			t.Errorf("%s: %+v", name, f)
		}
	}
	l.send(o{"type": "ping"})
	l.wait("pong", nil)
}

// Who may open a socket, and until when.
func TestSocketIsGuarded(t *testing.T) {
	h := open(t)
	sam := h.signedIn(t, h.hire(t, "Sam", dialog.Responder))
	refused := func(b *browser, origin string) int {
		t.Helper()
		ws, answer, err := b.dial(origin)
		if err == nil {
			_ = ws.Close()
			return http.StatusSwitchingProtocols
		}
		if answer == nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		return answer.StatusCode
	}
	if got := refused(sam, "https://evil.example"); got != http.StatusForbidden {
		t.Errorf("from another site: %d", got)
	}
	if got := refused(h.browser(t), h.web.URL); got != http.StatusUnauthorized {
		t.Errorf("signed out: %d", got)
	}
	if got := refused(h.signedIn(t, h.hire(t, "Ed", dialog.Editor)), h.web.URL); got != http.StatusForbidden {
		t.Errorf("an editor: %d", got)
	}
	l := sam.socket()
	l.wait("queue", nil)
	sam.post("/console/sign-out", url.Values{})
	for {
		if err := l.ws.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
		_, _, err := l.ws.ReadMessage()
		if err == nil {
			continue
		}
		if !websocket.IsCloseError(err, 4401) {
			t.Errorf("after signing out the socket ended with %v", err)
		}
		break
	}
}

// The way of a line to the person is shown as it goes.
func TestDeliveryIsShown(t *testing.T) {
	h := open(t)
	b := h.signedIn(t, h.hire(t, "Sam", dialog.Responder))
	got := h.texts(t, "+447700900123", "FAMOUT can i speak to a person please")
	path := "/console/conversations/" + string(got.Conversation)
	b.get(path)
	b.post(path+"/take", url.Values{})
	h.phone.breakWith(&dialog.SendError{Verdict: dialog.Fail, Code: "30003", Err: http.ErrHandlerTimeout})
	l := b.socket()
	l.send(o{"type": "watch", "conversation": got.Conversation})
	l.wait("events", nil)
	l.send(o{"type": "say", "conversation": got.Conversation, "id": "a1", "text": "are you there"})
	l.wait("events", func(f frame) bool {
		return slices.ContainsFunc(f.Events, func(e struct {
			Seq      int64
			Kind     string
			Text, ID string
		}) bool {
			return e.Kind == "delivery"
		})
	})
	b.get(path).has(t, "Not delivered (code 30003)")
	b.get("/console").has(t, "Our reply did not arrive", "A line of ours did not arrive")
}
