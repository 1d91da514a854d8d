package webchat_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"
)

// rawChat opens a socket by hand: a client that costs nearly nothing, so that
// what is measured is the service.
func rawChat(t *testing.T, addr, hello string, buf []byte) net.Conn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, 60*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(60 * time.Second))
	_, err = io.WriteString(conn, "GET /chat/ws HTTP/1.1\r\nHost: "+addr+"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	readUntil(t, conn, buf, "\r\n\r\n")
	frame := append([]byte{0x81, 0x80 | byte(len(hello)), 0, 0, 0, 0}, hello...) // masked with zeros
	if _, err := conn.Write(frame); err != nil {
		t.Fatal(err)
	}
	readUntil(t, conn, buf, `"ref":""}`)
	return conn
}

func readUntil(t *testing.T, conn net.Conn, buf []byte, end string) {
	t.Helper()
	n := 0
	for {
		got, err := conn.Read(buf[n:])
		if err != nil {
			t.Fatal(err)
		}
		if n += got; bytes.Contains(buf[:n], []byte(end)) {
			return
		}
	}
}

func inUse() (heap, stack uint64) {
	for range 4 { // stacks are halved at each collection
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc, m.StackInuse
}

// An idle chat with its session costs at most 9 KiB (14 is the aim, 9 the stretch).
func TestIdleChatIsSmall(t *testing.T) {
	h := open(t, nil)
	addr := strings.TrimPrefix(h.web.URL, "http://")
	hello, err := json.Marshal(map[string]any{"type": "hello"})
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4096)
	conns := make([]net.Conn, 0, 2000)
	conns = append(conns, rawChat(t, addr, string(hello), buf)) // what the first one sets up is not counted
	heap, stack := inUse()
	goroutines := runtime.NumGoroutine()
	for len(conns) < cap(conns) {
		conns = append(conns, rawChat(t, addr, string(hello), buf))
	}
	if n := h.chat.Sockets(); n != cap(conns) {
		t.Fatalf("%d sockets open", n)
	}
	time.Sleep(200 * time.Millisecond)
	heap2, stack2 := inUse()
	n := float64(cap(conns) - 1)
	heapEach, stackEach := (float64(heap2)-float64(heap))/n, (float64(stack2)-float64(stack))/n
	routines := float64(runtime.NumGoroutine()-goroutines) / n
	t.Logf("idle chat: %.0f bytes of heap (with the client's own end) and %.0f of stack, %.2f goroutines", heapEach, stackEach, routines)
	if heapEach+stackEach > raceFactor*(9<<10) || routines > 1.01 {
		t.Errorf("an idle chat costs %.0f bytes and %.2f goroutines", heapEach+stackEach, routines)
	}
	for _, c := range conns {
		_ = c.Close()
	}
	deadline := time.Now().Add(60 * time.Second)
	for h.chat.Sockets() > 0 && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if left := h.chat.Sockets(); left != 0 {
		t.Fatalf("%d sockets are left after their clients went", left)
	}
}
