package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestConnUnderstandsAnswersOfAnyShape(t *testing.T) {
	var connections int
	seen := map[string]bool{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !seen[r.RemoteAddr] {
			seen[r.RemoteAddr] = true
			connections++
		}
		if r.FormValue("Body") != "hello & goodbye" || r.Header.Get("X-Twilio-Signature") != "sig=" {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		switch r.URL.Path {
		case "/length":
			w.Header().Set("Content-Length", "5")
			_, _ = w.Write([]byte("12345"))
		case "/chunks":
			for range 3 {
				_, _ = w.Write([]byte(strings.Repeat("x", 300)))
				w.(http.Flusher).Flush()
			}
		case "/none":
			w.WriteHeader(http.StatusNoContent)
		case "/last":
			w.Header().Set("Connection", "close")
			_, _ = w.Write([]byte("bye"))
		case "/refused":
			http.Error(w, "no", http.StatusForbidden)
		}
	}))
	defer s.Close()
	c := &conn{addr: strings.TrimPrefix(s.URL, "http://")}
	defer c.close()
	form := encode(nil, []param{{"Body", "hello & goodbye"}})
	for _, tt := range []struct {
		path   string
		status int
	}{{"/length", 200}, {"/chunks", 200}, {"/none", 204}, {"/refused", 403}, {"/last", 200}, {"/length", 200}, {"/chunks", 200}} {
		got, err := c.post(tt.path, "sig=", form)
		if err != nil || got != tt.status {
			t.Errorf("%s: %d, %v; want %d", tt.path, got, err, tt.status)
		}
	}
	if connections != 2 { // one, and one after /last
		t.Errorf("%d connections were used, want 2", connections)
	}
}
