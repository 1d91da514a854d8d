package webchat_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"helpline/channels/webchat"
)

// What is said from outside is stored, once, as any visitor's words are.
func TestSayFromOutside(t *testing.T) {
	h := open(t, nil)
	for range 2 {
		if err := webchat.Say(t.Context(), h.web.URL+"/", "somebody", "m1", "what is a case conference"); err != nil {
			t.Fatal(err)
		}
	}
	if n := h.count(t, `SELECT COUNT(*) FROM events WHERE kind = 'said_in'`); n != 1 {
		t.Errorf("it was taken %d times", n)
	}
	if err := webchat.Say(t.Context(), h.web.URL, "somebody", "not an id", "words"); err == nil || !strings.Contains(err.Error(), "bad_id") {
		t.Errorf("a message without a good id: %v", err)
	}
	closed := httptest.NewServer(http.NotFoundHandler())
	defer closed.Close()
	for public, want := range map[string]string{
		closed.URL: "404 Not Found instead of opening a websocket", "http://127.0.0.1:1": "nobody answers", "https" + strings.TrimPrefix(closed.URL, "http"): "the connection broke off",
	} {
		if err := webchat.Say(t.Context(), public, "somebody", "m1", "words"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
