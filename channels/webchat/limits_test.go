package webchat_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

func TestBadFramesLoseNothing(t *testing.T) {
	h := open(t, nil)
	c := dial(t, h, nil)
	refused := func(send func(), code string) frame {
		t.Helper()
		send()
		f := c.want("error")
		if f.Code != code || f.Text == "" {
			t.Fatalf("want %s, refused with %+v", code, f)
		}
		return f
	}
	refused(func() { c.say("m0", "before hello") }, "hello_first")
	refused(func() { c.send(map[string]any{"type": "hello", "token": "short"}) }, "bad_token")
	c.send(map[string]any{"type": "hello"})
	c.want("welcome")
	refused(func() { c.send(map[string]any{"type": "hello"}) }, "hello_twice")
	refused(func() { c.sendRaw(websocket.TextMessage, []byte("hello?")) }, "not_json")
	refused(func() { c.sendRaw(websocket.TextMessage, nil) }, "not_json")
	refused(func() { c.sendRaw(websocket.TextMessage, []byte(`[1,2]`)) }, "not_json")
	refused(func() { c.sendRaw(websocket.TextMessage, []byte(`{"type":"hello","after":"x"}`)) }, "not_json")
	refused(func() { c.sendRaw(websocket.BinaryMessage, []byte{1, 2, 3}) }, "not_text")
	refused(func() { c.send(map[string]any{"type": "shout"}) }, "bad_type")
	refused(func() { c.say("", "no id") }, "bad_id")
	refused(func() { c.say("no spaces", "x") }, "bad_id")
	if f := refused(func() { c.say("m1", "  \n\x00 ") }, "empty"); f.ID != "m1" {
		t.Fatalf("the error does not say of which message: %+v", f)
	}
	long := strings.Repeat("é", 4001)
	if f := refused(func() { c.say("m2", long) }, "too_long"); f.ID != "m2" || !strings.Contains(f.Text, "4001") {
		t.Fatalf("too long: %+v", f)
	}
	// After all that the socket still serves, up to the longest message.
	c.say("m3", strings.Repeat("😀", 4000))
	if f := c.want("stored"); f.ID != "m3" {
		t.Fatalf("stored %+v", f)
	}
	if n := h.count(t, `SELECT count(*) FROM events WHERE kind = 'said_in'`); n != 1 {
		t.Fatalf("%d messages stored", n)
	}
}

func TestFramesThatEndTheSocket(t *testing.T) {
	h := open(t, nil)
	c, _ := begin(t, h, "")
	c.sendRaw(websocket.TextMessage, bytes.Repeat([]byte("x"), 16<<10+1))
	if code := c.closed(); code != websocket.CloseMessageTooBig {
		t.Fatalf("an oversized frame closed with %d", code)
	}
	c, _ = begin(t, h, "")
	c.sendRaw(websocket.TextMessage, []byte("{\"type\":\"say\",\"id\":\"a\",\"text\":\"\xff\xfe\"}"))
	if f := c.next(); f.Code != "bad_utf8" {
		t.Fatalf("invalid UTF-8 was answered with %+v", f)
	}
	if code := c.closed(); code != websocket.CloseInvalidFramePayloadData {
		t.Fatalf("invalid UTF-8 closed with %d", code)
	}
	c, _ = begin(t, h, "")
	for range 100 {
		if c.ws.WriteJSON(map[string]any{"type": "nonsense"}) != nil {
			break
		}
	}
	if code := c.closed(); code != websocket.ClosePolicyViolation {
		t.Fatalf("a flood closed with %d", code)
	}
	deadline := time.Now().Add(30 * time.Second)
	for h.chat.Sockets() > 0 && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if n := h.chat.Sockets(); n != 0 {
		t.Fatalf("%d closed sockets are still counted", n)
	}
}

// Too fast is said, with when to try again, and then every message arrives.
func TestTooFastLosesNothing(t *testing.T) {
	h := open(t, nil)
	c, _ := begin(t, h, "")
	for i := range 12 {
		c.say(fmt.Sprintf("m%d", i), fmt.Sprintf("message %d", i))
	}
	stored, slow := 0, []string{}
	for stored+len(slow) < 12 {
		switch f := c.next(); {
		case f.Type == "stored":
			stored++
		case f.Type == "error" && f.Code == "slow_down":
			if f.Retry <= 0 || f.Retry > 2000 {
				t.Fatalf("try again in %d ms", f.Retry)
			}
			slow = append(slow, f.ID)
		case f.Type == "error":
			t.Fatalf("%+v", f)
		}
	}
	if len(slow) == 0 {
		t.Fatal("twelve messages at once were not slowed down")
	}
	for _, id := range slow {
		time.Sleep(1100 * time.Millisecond)
		c.say(id, "message "+strings.TrimPrefix(id, "m"))
		c.want("stored")
	}
	if n := h.count(t, `SELECT count(DISTINCT text) FROM events WHERE kind = 'said_in'`); n != 12 {
		t.Fatalf("%d of 12 messages stored", n)
	}
}
