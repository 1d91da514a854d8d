package webchat_test

import (
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"helpline/channels/webchat"
)

// clock is a time that a test moves on.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) forward(d time.Duration) { c.ahead.Add(int64(d)) }

func (h *house) sockets(t testing.TB, want int) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); h.chat.Sockets() != want; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d sockets are open, want %d", h.chat.Sockets(), want)
		}
	}
}

func TestSilentSocketsAreAskedAndThenClosed(t *testing.T) {
	c := &clock{}
	h := open(t, func(cfg *webchat.Config) { cfg.Now = c.now })
	rude := dial(t, h, nil) // never says hello
	alive, _ := begin(t, h, "")
	dead, _ := begin(t, h, "")
	h.sockets(t, 3)
	pinged := make(chan bool, 10)
	alive.ws.SetPingHandler(func(string) error {
		pinged <- true
		return alive.ws.WriteControl(websocket.PongMessage, nil, time.Now().Add(time.Second))
	})
	dead.ws.SetPingHandler(func(string) error { return nil }) // hears, and does not answer
	for _, x := range []*client{alive, dead, rude} {
		go func() {
			for {
				if _, _, err := x.ws.ReadMessage(); err != nil {
					return
				}
			}
		}()
	}
	c.forward(20 * time.Second)
	h.chat.TurnWheel()
	h.sockets(t, 2) // without hello it is over
	c.forward(10 * time.Second)
	h.chat.TurnWheel()
	<-pinged
	time.Sleep(50 * time.Millisecond) // the pong is on its way
	c.forward(75 * time.Second)
	alive.send(map[string]any{"type": "ping"})
	time.Sleep(50 * time.Millisecond)
	h.chat.TurnWheel()
	h.sockets(t, 1)
}

// A client that takes nothing is closed and holds up nobody else.
func TestSlowClientHoldsUpNobody(t *testing.T) {
	h := open(t, nil)
	dialer := websocket.Dialer{NetDial: func(network, addr string) (net.Conn, error) {
		conn, err := net.Dial(network, addr)
		if err == nil {
			err = conn.(*net.TCPConn).SetReadBuffer(4096)
		}
		return conn, err
	}}
	ws, resp, err := dialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(h.web.URL, "http")+"/chat/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	defer func() { _ = ws.Close() }()
	slow := &client{t, ws}
	slow.send(map[string]any{"type": "hello"})
	slowToken := slow.want("welcome").Token
	slow.say("m1", "hello")
	slow.until("bot")
	quick, w := begin(t, h, "")
	quick.say("m1", "hello")
	quick.until("bot")
	h.takeOver(t, h.conversation(t, slowToken))
	h.takeOver(t, h.conversation(t, w.Token))
	long := strings.Repeat("😀", 1400)
	for i := range 1500 { // some eight megabytes, more than the system buffers
		h.staffSays(t, h.conversation(t, slowToken), fmt.Sprintf("%d %s", i, long))
	}
	began := time.Now()
	h.staffSays(t, h.conversation(t, w.Token), "to the quick one")
	quick.until("staff")
	if took := time.Since(began); took > time.Second {
		t.Errorf("a slow client held another up for %s", took)
	}
	h.sockets(t, 1)
}
