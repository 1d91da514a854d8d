package webchat

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
	"github.com/labstack/echo/v4"

	"helpline/dialog"
)

const (
	writeWithin  = 5 * time.Second  // a client that takes no bytes for so long is closed
	deskWithin   = 10 * time.Second // one act of the desk
	pageOfEvents = 100
	typingEvery  = 2 * time.Second // between two typing notices of one socket

	typingPerson = 1 // dialog.Notice.Seq of dialog.Typing
	typingStaff  = 2

	sayBurst, sayRate     = 10, 1.0 // messages: burst, and a second
	frameBurst, frameRate = 60, 5.0 // all other frames
)

// What a writer may be asked to do for a socket, as bits of socket.work.
const (
	workQueued uint32 = 1 << iota // it stands in the hub's queue
	workEvents                    // the conversation changed
	workTyping                    // staff are writing
	workPing                      // ask whether it is still there
	workEnd                       // the visitor ended the chat elsewhere
	workAway                      // this node stops
	workDrop                      // it is silent: close it
)

// missed as newest event says that nobody knows what was missed.
const missed = math.MaxInt64

// socket is one open chat. Its only goroutine reads; writers of the hub come
// by when there is something to write.
type socket struct {
	chat *Chat
	ws   *websocket.Conn

	visitor   *visitor // hub.mu
	next      *socket  // hub.mu: of the same visitor
	slot, pos int32    // hub.mu: place in the wheel

	work   atomic.Uint32
	heard  atomic.Int64 // unix seconds of the last frame or pong
	newest atomic.Int64 // newest event that a notice told of

	mu     sync.Mutex            // writing, and the three below
	conv   dialog.ConversationID // whose events are shown
	cursor int64                 // the newest event that was written
	read   int64                 // events up to here were looked at
	live   bool                  // hello is done

	// Only the reading goroutine touches these.
	cookie  string // the page's secret, until hello
	says    bucket
	frames  bucket
	typedAt int64 // unix milliseconds
}

// serveSocket is GET /chat/ws. The reader gets a goroutine of its own, so that
// what net/http keeps for a request is freed.
func (c *Chat) serveSocket(e echo.Context) error {
	r := e.Request()
	ws, err := c.upgrader.Upgrade(e.Response(), r, nil)
	if err != nil {
		return nil // the upgrader has answered
	}
	s := &socket{chat: c, ws: ws}
	if secret, ok := c.cookieSecret(r); ok {
		s.cookie = secret
	}
	now := c.cfg.Now()
	s.says, s.frames = newBucket(sayBurst, now), newBucket(frameBurst, now)
	s.heard.Store(now.Unix())
	ws.SetReadLimit(maxFrame)
	ws.SetPongHandler(s.pong)
	if !c.hub.add(s) {
		s.closeWith(websocket.CloseGoingAway)
		return nil
	}
	go s.readAll()
	return nil
}

func (s *socket) pong(string) error {
	s.heard.Store(s.chat.cfg.Now().Unix())
	return nil
}

// readAll reads frames until the socket is closed.
func (s *socket) readAll() {
	defer func() {
		s.chat.hub.remove(s)
		_ = s.ws.Close()
	}()
	for s.readOne() {
	}
}

// readOne reads and answers one frame. The buffer is shared between all
// sockets and held only while a frame is there.
func (s *socket) readOne() bool {
	kind, r, err := s.ws.NextReader()
	if err != nil {
		return false
	}
	buf := s.chat.buffers.Get().(*[maxFrame + 1]byte)
	defer s.chat.buffers.Put(buf)
	n, err := io.ReadFull(r, buf[:])
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false // too large (closed with 1009 by the read limit) or gone
	}
	data := buf[:n]
	defer clear(data) // nobody's words stay in a shared buffer
	now := s.chat.cfg.Now()
	s.heard.Store(now.Unix())
	if kind != websocket.TextMessage {
		return s.spend(now) && s.refuse("", codeNotText)
	}
	f, bad := parseFrame(data)
	if f.Type != typeSay && !s.spend(now) {
		return false
	}
	if bad == codeBadUTF8 {
		// RFC 6455, 8.1: the connection must fail.
		s.refuse("", codeBadUTF8)
		s.closeWith(websocket.CloseInvalidFramePayloadData)
		return false
	}
	if bad != "" {
		return s.refuse(idOrNone(f.ID), bad)
	}
	return s.answer(f, now)
}

// spend takes one from the allowance of frames. A client that sends so many
// is none of ours: it is closed, and whatever it holds unsent it still has.
func (s *socket) spend(now time.Time) bool {
	if _, ok := s.frames.take(now, frameBurst, frameRate); ok {
		return true
	}
	s.closeWith(websocket.ClosePolicyViolation)
	return false
}

// answer does what a frame asks. It returns false when the socket is done.
func (s *socket) answer(f clientFrame, now time.Time) bool {
	from, conv, _ := s.chat.hub.of(s)
	if f.Type == typePing {
		return s.write(bareFrame{typePong})
	}
	if f.Type == typeHello {
		if from.Value != "" {
			return s.refuse("", codeHelloTwice)
		}
		return s.hello(f)
	}
	if from.Value == "" {
		return s.refuse(idOrNone(f.ID), codeHelloFirst)
	}
	switch f.Type {
	case typeSay:
		return s.say(f, from, now)
	case typeTyping:
		if ms := now.UnixMilli(); conv != "" && ms-s.typedAt >= typingEvery.Milliseconds() {
			s.typedAt = ms
			s.chat.cfg.Desk.TypingFrom(conv, typingPerson)
		}
	case typeEnd:
		if err := s.chat.leave(from); err != nil {
			s.chat.cfg.Logger.Error("end chat", slog.Any("error", err))
			return s.refuse("", codeUnavailable)
		}
		s.chat.hub.end(from, s)
		s.write(bareFrame{typeEnded})
		s.closeWith(websocket.CloseNormalClosure)
		return false
	}
	return true
}

// hello says who the visitor is and brings the client up to date.
func (s *socket) hello(f clientFrame) bool {
	secret, issued := f.Token, ""
	switch {
	case secret == "" && s.cookie != "":
		secret = s.cookie
	case secret == "":
		secret = newSecret()
		issued = secret
	case !validSecret(secret):
		return s.refuse("", codeBadToken)
	}
	from := addressOf(secret)
	ctx, cancel := s.chat.deskContext()
	defer cancel()
	// Joined before the conversation is read: what is said meanwhile is told.
	s.chat.hub.join(s, from)
	conv, err := s.chat.cfg.Desk.Resume(ctx, s.chat.cfg.Line, from)
	if err != nil && !errors.Is(err, dialog.ErrNotFound) {
		s.chat.cfg.Logger.Error("open chat", slog.Any("error", err))
		s.refuse("", codeUnavailable)
		s.closeWith(websocket.CloseTryAgainLater)
		return false
	}
	s.cookie = ""
	s.mu.Lock()
	s.live = true
	if err == nil {
		s.conv = conv.ID
		if f.Ref == conv.Ref && f.After > 0 && f.After <= conv.LastSeq {
			s.cursor = f.After
		}
	}
	ok := s.send(welcomeFrame{typeWelcome, issued, err == nil, conv.Ref})
	s.mu.Unlock()
	if !ok {
		return false
	}
	if err == nil {
		s.chat.hub.attachFirst(from, conv.ID, conv.Ref)
	}
	// Also without a conversation: another tab may have begun one meanwhile.
	s.newest.Store(missed)
	s.chat.hub.wake(s, workEvents)
	return true
}

// say stores a message and says so.
func (s *socket) say(f clientFrame, from dialog.Address, now time.Time) bool {
	wait, ok := s.says.take(now, sayBurst, sayRate)
	if !ok {
		// Never the end of the message: the client keeps it and sends it again.
		if !s.spend(now) {
			return false
		}
		return s.write(errorFrame{typeError, idOrNone(f.ID), codeSlowDown, s.chat.errorText(codeSlowDown, 0), int(wait.Milliseconds())})
	}
	if !validID(f.ID) {
		return s.refuse("", codeBadID)
	}
	text, bad := cleanText(f.Text)
	if bad != "" {
		return s.write(errorFrame{typeError, f.ID, bad, s.chat.errorText(bad, utf8.RuneCountInString(text)), 0})
	}
	got, bad := s.chat.receive(from, f.ID, text)
	if bad != "" {
		retry := 0
		if bad == codeUnavailable {
			retry = 2000
		}
		return s.write(errorFrame{typeError, f.ID, bad, s.chat.errorText(bad, 0), retry})
	}
	if !s.write(storedFrame{typeStored, f.ID, got.Seq}) {
		return false
	}
	if got.Duplicate {
		s.chat.hub.attachFirst(from, got.Conversation, got.Ref)
	} else {
		s.chat.hub.attach(from, got.Conversation, got.Ref)
	}
	s.newest.Store(missed)
	s.chat.hub.wake(s, workEvents)
	return true
}

// do is called by a writer of the hub.
func (s *socket) do(work uint32) {
	switch {
	case work&workAway != 0:
		s.closeWith(websocket.CloseGoingAway)
		return
	case work&workDrop != 0:
		_ = s.ws.Close()
		return
	case work&workEnd != 0:
		s.write(bareFrame{typeEnded})
		s.closeWith(websocket.CloseNormalClosure)
		return
	}
	if work&workEvents != 0 {
		s.catchUp()
	}
	if work&workTyping != 0 {
		s.mu.Lock()
		if s.live {
			s.send(typingFrame{"typing", "staff"})
		}
		s.mu.Unlock()
	}
	if work&workPing != 0 {
		if err := s.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWithin)); err != nil {
			_ = s.ws.Close()
		}
	}
}

// catchUp writes every event after the cursor. Only this moves the cursor, so
// nothing is written twice and nothing is left out.
func (s *socket) catchUp() {
	from, conv, ref := s.chat.hub.of(s)
	if conv == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.live {
		return // hello will ask again
	}
	newest := s.newest.Swap(0) // what a notice tells from here on is looked at again
	if s.conv != conv {
		s.conv, s.cursor, s.read = conv, 0, 0
		newest = missed
		if !s.send(welcomeFrame{typeWelcome, "", true, ref}) {
			return
		}
	}
	if newest <= s.read {
		return // a notice that came late
	}
	ctx, cancel := s.chat.deskContext()
	defer cancel()
	for {
		events, err := s.chat.cfg.Desk.Visible(ctx, conv, s.cursor, pageOfEvents)
		if err != nil {
			s.chat.cfg.Logger.Error("read chat", slog.Any("error", err))
			s.newest.Store(missed)
			time.AfterFunc(time.Second, func() { s.chat.hub.wake(s, workEvents) })
			return
		}
		for _, ev := range events {
			if f, ok := frameOf(ev, from); ok && ev.Seq > s.cursor && !s.send(f) {
				return
			}
			s.cursor = max(s.cursor, ev.Seq)
		}
		if len(events) < pageOfEvents {
			break
		}
	}
	s.read = max(s.read, s.cursor)
	if newest != missed {
		s.read = max(s.read, newest) // events up to there are not for the visitor
	}
}

// refuse answers a frame with an error.
func (s *socket) refuse(id string, bad code) bool {
	return s.write(errorFrame{typeError, id, bad, s.chat.errorText(bad, 0), 0})
}

// write sends one frame; false means that the socket is closed.
func (s *socket) write(frame any) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.send(frame)
}

// send is write for those who hold s.mu.
func (s *socket) send(frame any) bool {
	err := s.ws.SetWriteDeadline(time.Now().Add(writeWithin))
	if err == nil {
		err = s.ws.WriteMessage(websocket.TextMessage, encode(frame))
	}
	if err != nil {
		_ = s.ws.Close() // the client comes back and goes on from its cursor
		return false
	}
	return true
}

// closeWith ends the socket as the protocol wants it.
func (s *socket) closeWith(status int) {
	_ = s.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(status, ""), time.Now().Add(time.Second))
	_ = s.ws.Close()
}

// idOrNone lets only an id that could be a client's into an answer.
func idOrNone(id string) string {
	if validID(id) {
		return id
	}
	return ""
}

// bucket is an allowance that fills with time.
type bucket struct {
	left float32
	at   int64 // unix milliseconds
}

func newBucket(burst int, now time.Time) bucket {
	return bucket{left: float32(burst), at: now.UnixMilli()}
}

// take uses one up, or says how long to wait for it.
func (b *bucket) take(now time.Time, burst int, perSecond float64) (time.Duration, bool) {
	ms := now.UnixMilli()
	b.left = min(float32(burst), b.left+float32(float64(max(ms-b.at, 0))/1000*perSecond))
	b.at = ms
	if b.left < 1 {
		return time.Duration(float64(1-b.left)/perSecond*float64(time.Second)) + time.Millisecond, false
	}
	b.left--
	return 0, true
}

// errorText is the text of a code, with how long a message was where it counts.
func (c *Chat) errorText(bad code, length int) string {
	return c.cfg.Texts.Text("webchat.error."+string(bad), "n", strconv.Itoa(length), "max", strconv.Itoa(maxText))
}

// receive brings one message to the desk. Without a code it is on disk.
func (c *Chat) receive(from dialog.Address, id, text string) (dialog.Received, code) {
	ctx, cancel := c.deskContext()
	defer cancel()
	got, err := c.cfg.Desk.Receive(ctx, dialog.Inbound{
		Kind: dialog.InText, Line: c.cfg.Line, Medium: dialog.Webchat, From: from,
		ProviderID: providerID(from, id), Text: text, At: c.cfg.Now(),
	})
	var invalid *dialog.InvalidError
	switch {
	case err == nil:
		return got, ""
	case errors.As(err, &invalid):
		c.cfg.Logger.Warn("chat message refused", slog.String("field", invalid.Field))
		return got, codeNotText
	}
	c.cfg.Logger.Error("receive chat message", slog.Any("error", err))
	return got, codeUnavailable
}

// leave ends the visitor's view of the conversation, where there is one.
func (c *Chat) leave(from dialog.Address) error {
	ctx, cancel := c.deskContext()
	defer cancel()
	conv, err := c.cfg.Desk.Resume(ctx, c.cfg.Line, from)
	if errors.Is(err, dialog.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return c.cfg.Desk.Leave(ctx, conv.ID)
}

func (c *Chat) deskContext() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), deskWithin)
}
