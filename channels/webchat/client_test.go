package webchat_test

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// frame is any frame, as a client reads it.
type frame struct {
	Type         string   `json:"type"`
	Token        string   `json:"token"`
	Conversation bool     `json:"conversation"`
	Ref          string   `json:"ref"`
	ID           string   `json:"id"`
	Seq          int64    `json:"seq"`
	Kind         string   `json:"kind"`
	Text         string   `json:"text"`
	Name         string   `json:"name"`
	Code         string   `json:"code"`
	Who          string   `json:"who"`
	At           string   `json:"at"`
	Retry        int      `json:"retry"`
	Choices      []string `json:"choices"`
	Urgent       bool     `json:"urgent"`
	Sources      []struct {
		Title string `json:"title"`
		Link  string `json:"link"`
	} `json:"sources"`
}

// client is a chat client of the protocol.
type client struct {
	t  testing.TB
	ws *websocket.Conn
}

// dial opens a socket; header may carry a cookie or an origin.
func dial(t testing.TB, h *house, header http.Header) *client {
	t.Helper()
	ws, resp, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(h.web.URL, "http")+"/chat/ws", header)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	_ = resp.Body.Close()
	t.Cleanup(func() { _ = ws.Close() })
	return &client{t, ws}
}

// begin dials and says hello.
func begin(t testing.TB, h *house, token string) (*client, frame) {
	t.Helper()
	c := dial(t, h, nil)
	c.send(map[string]any{"type": "hello", "token": token})
	return c, c.want("welcome")
}

func (c *client) send(frame any) {
	c.t.Helper()
	if err := c.ws.WriteJSON(frame); err != nil {
		c.t.Fatalf("send: %v", err)
	}
}

func (c *client) sendRaw(kind int, data []byte) {
	c.t.Helper()
	if err := c.ws.WriteMessage(kind, data); err != nil {
		c.t.Fatalf("send: %v", err)
	}
}

func (c *client) say(id, text string) {
	c.t.Helper()
	c.send(map[string]any{"type": "say", "id": id, "text": text})
}

func (c *client) read() (frame, error) {
	_ = c.ws.SetReadDeadline(time.Now().Add(60 * time.Second))
	_, data, err := c.ws.ReadMessage()
	if err != nil {
		return frame{}, err
	}
	var f frame
	return f, json.Unmarshal(data, &f)
}

// next reads one frame.
func (c *client) next() frame {
	c.t.Helper()
	f, err := c.read()
	if err != nil {
		c.t.Fatalf("read: %v", err)
	}
	return f
}

// want reads until a frame of the type comes.
func (c *client) want(kind string) frame {
	c.t.Helper()
	for range 200 {
		f := c.next()
		if f.Type == kind {
			return f
		}
	}
	c.t.Fatalf("no %s came", kind)
	return frame{}
}

// until reads events until one of the kind comes and returns them all.
func (c *client) until(kind string) (events []frame) {
	c.t.Helper()
	for {
		f := c.want("event")
		events = append(events, f)
		if f.Kind == kind {
			return events
		}
	}
}

// quiet fails when anything but the given types comes within a moment.
func (c *client) quiet(d time.Duration, ignore ...string) {
	c.t.Helper()
	_ = c.ws.SetReadDeadline(time.Now().Add(d))
	for {
		_, data, err := c.ws.ReadMessage()
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			return
		}
		if err != nil {
			c.t.Fatalf("closed: %v", err)
		}
		ok := false
		for _, i := range ignore {
			ok = ok || strings.Contains(string(data), `"type":"`+i+`"`)
		}
		if !ok {
			c.t.Fatalf("unexpected frame %s", data)
		}
	}
}

// closed reads until the socket is closed and returns the status.
func (c *client) closed() int {
	c.t.Helper()
	for {
		if _, err := c.read(); err != nil {
			var ce *websocket.CloseError
			if errors.As(err, &ce) {
				return ce.Code
			}
			c.t.Fatalf("not closed by the protocol: %v", err)
		}
	}
}
