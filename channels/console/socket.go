package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"helpline/dialog"
	"helpline/internal/accounts"
)

const (
	writeWithin = 5 * time.Second
	pingEvery   = 25 * time.Second
	deadAfter   = 70 * time.Second
	maxFrame    = 64 << 10
	maxWatched  = 256             // conversations that one socket looks at
	fullPage    = 100             // so many events at once, and it is asked whether there are more
	typingEvery = 2 * time.Second // between two notices of one socket

	typingPerson, typingStaff = 1, 2 // dialog.Notice.Seq of dialog.Typing

	closeGoingAway = websocket.CloseGoingAway
	closeSignedOut = 4401 // the session has ended
)

// clientFrame is what a browser may send. PROTOCOL.md describes the frames.
type clientFrame struct {
	Type         string                `json:"type"` // watch, unwatch, say, typing, ping
	Conversation dialog.ConversationID `json:"conversation"`
	After        int64                 `json:"after"`
	ID           string                `json:"id"`
	Text         string                `json:"text"`
}

type queueFrame struct {
	Type string `json:"type"`
	summary
}

type storedFrame struct {
	Type         string                `json:"type"`
	Conversation dialog.ConversationID `json:"conversation"`
	ID           string                `json:"id"`
	Seq          int64                 `json:"seq"`
}

type errorFrame struct {
	Type         string                `json:"type"`
	Conversation dialog.ConversationID `json:"conversation,omitempty"`
	ID           string                `json:"id,omitempty"`
	problem
}

type typingFrame struct {
	Type         string                `json:"type"`
	Conversation dialog.ConversationID `json:"conversation"`
}

type eventsFrame struct {
	Type         string                `json:"type"`
	Conversation dialog.ConversationID `json:"conversation"`
	Seq          int64                 `json:"seq"`
	Events       []wireEvent           `json:"events"`
}

// wireEvent is one event of a conversation's log.
type wireEvent struct {
	Seq  int64            `json:"seq"`
	At   string           `json:"at"`
	Kind dialog.EventKind `json:"kind"`
	By   dialog.WorkerID  `json:"by,omitempty"`
	Text string           `json:"text,omitempty"`
	Data json.RawMessage  `json:"data,omitempty"`
	ID   string           `json:"id,omitempty"`
}

// socket is one open page of one worker: a goroutine that reads and one that
// writes what others bring.
type socket struct {
	c     *Console
	ws    *websocket.Conn
	token string

	writing sync.Mutex // one writer at a time

	mu      sync.Mutex // what is to be written, and the cursors
	cursors map[dialog.ConversationID]int64
	dirty   map[dialog.ConversationID]bool
	typed   map[dialog.ConversationID]bool
	counts  []byte // newest queue frame
	ending  int    // close code; 0: goes on
	wake    chan struct{}

	typedAt time.Time // reader only
}

// upgradeFailed answers a request that is no websocket, in the status's words.
func upgradeFailed(w http.ResponseWriter, _ *http.Request, status int, _ error) {
	http.Error(w, http.StatusText(status), status)
}

// serveSocket is GET /console/ws: the cookie says who it is.
func (c *Console) serveSocket(v *visit) error {
	ws, err := c.upgrader.Upgrade(v.Response(), v.Request(), nil)
	if err != nil {
		return nil // the upgrader has answered
	}
	s := &socket{
		c: c, ws: ws, token: v.token, cursors: map[dialog.ConversationID]int64{},
		dirty: map[dialog.ConversationID]bool{}, typed: map[dialog.ConversationID]bool{}, wake: make(chan struct{}, 1),
	}
	if !c.hub.add(s) {
		s.close(closeGoingAway)
		return nil
	}
	c.hub.askQueue() // the new page wants to know how the list stands
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.write()
	}()
	s.read()
	c.hub.remove(s)
	s.end(websocket.CloseNormalClosure)
	<-done
	return nil
}

// read answers frames until the socket is closed.
func (s *socket) read() {
	s.ws.SetReadLimit(maxFrame)
	alive := func(string) error { return s.ws.SetReadDeadline(time.Now().Add(deadAfter)) }
	s.ws.SetPongHandler(alive)
	for alive("") == nil {
		kind, data, err := s.ws.ReadMessage()
		if err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), deskWithin)
		goOn := s.answer(ctx, kind, data)
		cancel()
		if !goOn {
			return
		}
	}
}

// answer does what a frame asks; false when the socket is done.
func (s *socket) answer(ctx context.Context, kind int, data []byte) bool {
	var f clientFrame
	switch {
	case kind != websocket.TextMessage:
		return s.refuse(f, problem{"not_text", "Only text frames are read here."})
	case !utf8.Valid(data):
		return s.refuse(f, problem{"bad_utf8", "That is not valid text."})
	case json.Unmarshal(data, &f) != nil:
		return s.refuse(f, problem{"not_json", "That is not JSON of a known form."})
	}
	w, ok := s.worker(ctx)
	if !ok {
		return false
	}
	switch f.Type {
	case "ping":
		return s.send(encode(map[string]string{"type": "pong"}))
	case "watch":
		return s.watch(ctx, w, f)
	case "unwatch":
		s.c.hub.unwatch(s, f.Conversation)
		s.mu.Lock()
		delete(s.cursors, f.Conversation)
		s.mu.Unlock()
		return true
	case "typing":
		s.mu.Lock()
		_, watched := s.cursors[f.Conversation]
		s.mu.Unlock()
		if now := time.Now(); watched && now.Sub(s.typedAt) >= typingEvery {
			s.typedAt = now
			s.c.cfg.Desk.TypingFrom(f.Conversation, typingStaff)
		}
		return true
	case "say":
		return s.say(ctx, w, f)
	}
	return s.refuse(f, problem{"bad_type", "There is no frame of this type."})
}

// worker is who the session belongs to now: roles may have changed, and the
// session may have ended, since the socket was opened.
func (s *socket) worker(ctx context.Context) (dialog.Worker, bool) {
	w, err := s.c.worker(ctx, s.token)
	switch {
	case errors.Is(err, accounts.ErrNoSession), err == nil && !w.Has(listeners...):
		s.end(closeSignedOut)
		return w, false
	case err != nil:
		s.c.cfg.Logger.Error("read a console session", "error", err)
		s.end(websocket.CloseTryAgainLater)
		return w, false
	}
	return w, true
}

func (s *socket) say(ctx context.Context, w dialog.Worker, f clientFrame) bool {
	if !validID(f.ID) {
		return s.refuse(f, problem{"bad_id", "The id is 1 to 64 letters, digits, hyphens or underscores."})
	}
	ev, err := s.c.cfg.Desk.Say(ctx, w, f.Conversation, strings.TrimSpace(clean(f.Text)), f.ID)
	if err != nil {
		return s.fail(f, err)
	}
	return s.send(encode(storedFrame{"stored", f.Conversation, f.ID, ev.Seq}))
}

// watch begins to tell of a conversation: first what happened after the given
// event, then everything that does.
func (s *socket) watch(ctx context.Context, w dialog.Worker, f clientFrame) bool {
	// A conversation has its first event from the beginning, so an empty log
	// is one that does not exist.
	first, err := s.c.cfg.Desk.Since(ctx, w, f.Conversation, max(f.After-1, 0))
	if err == nil && len(first) == 0 {
		err = fmt.Errorf("watch: %w", dialog.ErrNotFound)
	}
	if err != nil {
		return s.fail(f, err)
	}
	s.mu.Lock()
	if len(s.cursors) >= maxWatched {
		s.mu.Unlock()
		return s.refuse(f, problem{"too_many", "One socket looks at no more conversations than this."})
	}
	s.cursors[f.Conversation] = max(f.After, 0)
	s.mu.Unlock()
	s.c.hub.watch(s, f.Conversation)
	s.changed(f.Conversation)
	return true
}

func (s *socket) fail(f clientFrame, err error) bool {
	status, p := s.c.judge(err)
	if status == http.StatusInternalServerError {
		s.c.cfg.Logger.Error("console socket", "frame", f.Type, "error", err)
	}
	return s.refuse(f, p)
}

func (s *socket) refuse(f clientFrame, p problem) bool {
	id := f.ID
	if !validID(id) {
		id = ""
	}
	return s.send(encode(errorFrame{"error", f.Conversation, id, p}))
}

// What others ask of the socket: they set it down and wake the writer.

func (s *socket) changed(id dialog.ConversationID) { s.ask(func() { s.dirty[id] = true }) }
func (s *socket) typing(id dialog.ConversationID)  { s.ask(func() { s.typed[id] = true }) }
func (s *socket) queue(frame []byte)               { s.ask(func() { s.counts = frame }) }
func (s *socket) end(code int) {
	s.ask(func() {
		if s.ending == 0 {
			s.ending = code
		}
	})
}

func (s *socket) ask(set func()) {
	s.mu.Lock()
	set()
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// write brings what was asked for, and a ping when nothing was for a while.
func (s *socket) write() {
	defer func() { _ = s.ws.Close() }()
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		select {
		case <-s.wake:
			if !s.bring() {
				return
			}
		case <-ping.C:
			ctx, cancel := context.WithTimeout(context.Background(), deskWithin)
			_, ok := s.worker(ctx)
			cancel()
			if !ok {
				continue // ending was set and wakes us
			}
			if s.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWithin)) != nil {
				return
			}
		}
	}
}

// bring writes all that waits; false when the socket is done.
func (s *socket) bring() bool {
	s.mu.Lock()
	dirty, typed, counts, ending := s.dirty, s.typed, s.counts, s.ending
	s.dirty, s.typed, s.counts = map[dialog.ConversationID]bool{}, map[dialog.ConversationID]bool{}, nil
	s.mu.Unlock()
	if ending != 0 {
		s.close(ending)
		return false
	}
	for id := range dirty {
		if !s.events(id) {
			return false
		}
	}
	for id := range typed {
		if !s.send(encode(typingFrame{"typing", id})) {
			return false
		}
	}
	return counts == nil || s.send(counts)
}

// events writes what happened in a conversation after the cursor. Nothing new
// is told as well: the way of a line to the person, say, is no event.
func (s *socket) events(id dialog.ConversationID) bool {
	s.mu.Lock()
	after, watched := s.cursors[id]
	s.mu.Unlock()
	if !watched {
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), deskWithin)
	defer cancel()
	w, ok := s.worker(ctx)
	if !ok {
		return true // ending was set and is seen to next
	}
	news, err := s.c.cfg.Desk.Since(ctx, w, id, after)
	if err != nil {
		return s.fail(clientFrame{Type: "watch", Conversation: id}, err)
	}
	frame := eventsFrame{Type: "events", Conversation: id, Seq: after, Events: []wireEvent{}}
	for _, e := range news {
		frame.Seq = max(frame.Seq, e.Seq)
		frame.Events = append(frame.Events, wireEvent{e.Seq, e.At.UTC().Format(time.RFC3339Nano), e.Kind, e.By, e.Text, e.Data, e.ClientID})
	}
	s.mu.Lock()
	if _, still := s.cursors[id]; still {
		s.cursors[id] = frame.Seq
	}
	s.mu.Unlock()
	if len(news) >= fullPage {
		s.changed(id) // there may be more
	}
	return s.send(encode(frame))
}

func (s *socket) send(frame []byte) bool {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.ws.SetWriteDeadline(time.Now().Add(writeWithin)) != nil {
		return false
	}
	return s.ws.WriteMessage(websocket.TextMessage, frame) == nil
}

func (s *socket) close(code int) {
	message := websocket.FormatCloseMessage(code, "")
	// The other side may be gone already; there is nobody to tell.
	_ = s.ws.WriteControl(websocket.CloseMessage, message, time.Now().Add(time.Second))
	_ = s.ws.Close()
}

// encode writes a frame. Only our own types come here, and they always encode.
func encode(frame any) []byte {
	b, err := json.Marshal(frame)
	if err != nil {
		panic("console: a frame does not encode: " + err.Error())
	}
	return b
}
