package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

// plain is a websocket without a protocol of its own.
type plain struct{ *websocket.Conn }

// dialPlain opens a websocket. from spreads many sockets to this machine over
// several of its own addresses, because one has some 28,000 ports to give.
func dialPlain(ctx context.Context, url string, from int) (plain, error) {
	return dialWith(ctx, url, from, nil)
}

func dialWith(ctx context.Context, url string, from int, header http.Header) (plain, error) {
	d := websocket.Dialer{HandshakeTimeout: 10 * time.Second, ReadBufferSize: 1024, WriteBufferSize: 1024}
	d.NetDialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		var direct net.Dialer
		if host, _, err := net.SplitHostPort(addr); err == nil && from > 0 {
			if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() && ip.To4() != nil {
				direct.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(1+from%200))}
			}
		}
		return direct.DialContext(ctx, network, addr)
	}
	ws, res, err := d.DialContext(ctx, url, header)
	if res != nil && res.Body != nil {
		_ = res.Body.Close()
	}
	if err != nil {
		if res != nil {
			return plain{}, fmt.Errorf("open a socket (answered %d): %w", res.StatusCode, err)
		}
		return plain{}, fmt.Errorf("open a socket: %w", err)
	}
	return plain{ws}, nil
}

// echo sends a line and waits for it to come back.
func (p plain) echo(line string) (time.Duration, error) {
	begun := time.Now()
	if err := p.SetReadDeadline(begun.Add(answerWithin)); err != nil {
		return 0, err
	}
	if err := p.WriteMessage(websocket.TextMessage, []byte(line)); err != nil {
		return 0, err
	}
	_, back, err := p.ReadMessage()
	took := time.Since(begun)
	if err == nil && string(back) != line {
		err = fmt.Errorf("sent %d bytes, other %d came back", len(line), len(back))
	}
	return took, err
}

// frame is any frame of the chat, of both directions; see PROTOCOL.md of
// channels/webchat.
type frame struct {
	Type         string `json:"type"`
	Token        string `json:"token,omitempty"`
	After        int64  `json:"after,omitempty"`
	Ref          string `json:"ref,omitempty"`
	ID           string `json:"id,omitempty"`
	Text         string `json:"text,omitempty"`
	Conversation bool   `json:"conversation,omitempty"`
	Seq          int64  `json:"seq,omitempty"`
	Kind         string `json:"kind,omitempty"`
	Code         string `json:"code,omitempty"`
	Retry        int    `json:"retry,omitempty"`

	at time.Time // when it was read
}

// visitor is one browser with an open chat.
type visitor struct {
	ws     plain
	token  string
	ref    string
	frames chan frame // what the service said, in order; closed with the socket
	gone   chan struct{}
}

// enter opens a chat and says hello; token is empty for somebody new.
func enter(ctx context.Context, url, token string, from int) (*visitor, error) {
	ws, err := dialPlain(ctx, url, from)
	if err != nil {
		return nil, err
	}
	v := &visitor{ws: ws, token: token, frames: make(chan frame, 32), gone: make(chan struct{})}
	go v.read()
	if err := v.send(frame{Type: "hello", Token: token}); err != nil {
		v.leave()
		return nil, fmt.Errorf("say hello: %w", err)
	}
	w, err := v.await(ctx, func(f frame) bool { return f.Type == "welcome" })
	if err != nil {
		v.leave()
		return nil, fmt.Errorf("be welcomed: %w", err)
	}
	v.ref = w.Ref
	if w.Token != "" {
		v.token = w.Token
	}
	return v, nil
}

func (v *visitor) read() {
	defer close(v.frames)
	for {
		_, data, err := v.ws.ReadMessage()
		if err != nil {
			return
		}
		f := frame{at: time.Now()}
		if json.Unmarshal(data, &f) != nil {
			return
		}
		select {
		case v.frames <- f:
		case <-v.gone:
			return
		}
	}
}

func (v *visitor) send(f frame) error {
	data, err := json.Marshal(f)
	if err != nil {
		return err
	}
	if err := v.ws.SetWriteDeadline(time.Now().Add(answerWithin)); err != nil {
		return err
	}
	return v.ws.WriteMessage(websocket.TextMessage, data)
}

// await reads frames until one is the one.
func (v *visitor) await(ctx context.Context, is func(frame) bool) (frame, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	for {
		select {
		case f, open := <-v.frames:
			switch {
			case !open:
				return frame{}, fmt.Errorf("the socket was closed")
			case f.Type == "error":
				return f, fmt.Errorf("the chat answered %q", f.Code)
			}
			if f.Type == "welcome" && f.Ref != "" {
				v.ref = f.Ref
			}
			if is(f) {
				return f, nil
			}
		case <-ctx.Done():
			return frame{}, fmt.Errorf("wait for a frame: %w", ctx.Err())
		}
	}
}

// leave closes the socket, as a browser that is closed does. It is called once.
func (v *visitor) leave() {
	close(v.gone)
	_ = v.ws.Close()
}
