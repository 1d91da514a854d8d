package webchat

import (
	"log/slog"
	"time"

	"github.com/gorilla/websocket"

	"helpline/dialog"
)

// do is called by a writer of the hub.
func (s *socket) do(work uint32) {
	defer s.chat.survive("write to a chat", s)
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
	at, err := s.chat.readVisible(conv, s.cursor, newest, func(ev dialog.Event) bool {
		if f, ok := frameOf(ev, from); ok && !s.send(f) {
			return false
		}
		s.cursor = ev.Seq
		return true
	})
	s.read = max(s.read, at)
	if err != nil {
		s.chat.cfg.Logger.Error("read chat", slog.Any("error", err))
		s.newest.Store(missed)
		time.AfterFunc(time.Second, func() { s.chat.hub.wake(s, workEvents) })
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
// The reader waits a moment for the client's own close, and then hangs up.
func (s *socket) closeWith(status int) {
	s.closing.Store(true)
	err := s.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(status, ""), time.Now().Add(time.Second))
	if err != nil || s.ws.SetReadDeadline(time.Now().Add(closeWithin)) != nil {
		_ = s.ws.Close()
	}
}
