package webchat

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
	"github.com/labstack/echo/v4"

	"helpline/dialog"
)

const (
	closeWithin = time.Second     // for the client's answer to a close
	writeWithin = 5 * time.Second // a client that takes no bytes for so long is closed
	typingEvery = 2 * time.Second // between two typing notices of one socket

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

// socket is one open chat. Its only goroutine reads; writers of the hub come
// by when there is something to write.
type socket struct {
	chat *Chat
	ws   *websocket.Conn

	visitor   *visitor // hub.mu
	next      *socket  // hub.mu: of the same visitor
	slot, pos int32    // hub.mu: place in the wheel

	work    atomic.Uint32
	closing atomic.Bool  // we have said goodbye
	heard   atomic.Int64 // unix seconds of the last frame or pong
	newest  atomic.Int64 // newest event that a notice told of

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
		return ws.Close()
	}
	go s.readAll()
	return nil
}

func (s *socket) pong(string) error {
	s.heard.Store(s.chat.cfg.Now().Unix())
	return nil
}

// readAll reads frames until the socket is closed. A chat waits here nearly all
// of its life, so this keeps little on its stack.
func (s *socket) readAll() {
	for {
		kind, r, err := s.ws.NextReader()
		if err != nil {
			s.failed(err)
			break
		}
		if !s.take(kind, r) {
			break
		}
	}
	s.hangUp()
}

// hangUp forgets the socket. Where we said goodbye, the client's answer and
// what came before it is read first: bytes left unread would make the system
// cut the line before the client knows why.
func (s *socket) hangUp() {
	s.chat.hub.remove(s)
	if s.closing.Load() {
		for range 4 * frameBurst {
			if _, _, err := s.ws.NextReader(); err != nil {
				break
			}
		}
	}
	_ = s.ws.Close()
}

// take reads and answers one frame. The buffer is shared between all sockets
// and held only while a frame is there.
func (s *socket) take(kind int, r io.Reader) (goOn bool) {
	buf := s.chat.buffers.Get().(*[maxFrame + 1]byte)
	defer s.chat.buffers.Put(buf)
	defer s.chat.survive("answer a chat frame", s)
	n, err := io.ReadFull(r, buf[:])
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return s.failed(err)
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

// failed ends a socket that cannot be read any more. A frame above the limit
// was closed with 1009 already; the rest of it is read and thrown away.
func (s *socket) failed(err error) bool {
	if errors.Is(err, websocket.ErrReadLimit) {
		raw := s.ws.NetConn()
		_ = raw.SetReadDeadline(time.Now().Add(closeWithin))
		_, _ = io.CopyN(io.Discard, raw, 64*maxFrame)
	}
	return false
}

// survive keeps one visitor's trouble from ending everybody's chat, as
// net/http does for requests. The client comes back and sends again.
func (c *Chat) survive(act string, s *socket) {
	if p := recover(); p != nil {
		c.cfg.Logger.Error(act, slog.String("panic", fmt.Sprintf("%T", p)), slog.String("stack", string(debug.Stack())))
		_ = s.ws.Close()
	}
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
	// Joined before the conversation is read: what is said meanwhile is told.
	s.chat.hub.join(s, from)
	conv, err := s.chat.resume(from)
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
			s.cursor, s.read = f.After, f.After
		}
	}
	ok := s.send(welcomeFrame{typeWelcome, issued, err == nil, conv.Ref})
	s.mu.Unlock()
	if !ok {
		return false
	}
	if err == nil {
		s.chat.hub.attachFirst(from, conv.ID, conv.Ref)
		s.tell(conv.LastSeq)
	}
	// Also without a conversation: another tab may have begun one meanwhile.
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
	// A socket that is new to the conversation reads it now; one that has been
	// there hears the desk's notice.
	if got.Duplicate {
		s.chat.hub.attachFirst(from, got.Conversation, got.Ref)
	} else {
		s.chat.hub.attach(from, got.Conversation, got.Ref)
	}
	return true
}

// tell notes how far the conversation has come, as far as is known.
func (s *socket) tell(newest int64) {
	for {
		have := s.newest.Load()
		if have >= newest || s.newest.CompareAndSwap(have, newest) {
			return
		}
	}
}

// idOrNone lets only an id that could be a client's into an answer.
func idOrNone(id string) string {
	if validID(id) {
		return id
	}
	return ""
}
