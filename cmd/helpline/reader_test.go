package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"helpline/dialog"
)

// TestAMessageIsReadAgain is the second reader in the whole service: asked
// after the reply, its opinion a concern, the person told, and counted.
func TestAMessageIsReadAgain(t *testing.T) {
	const key = "k3y-of-the-reader"
	private(key)
	model := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/chat/completions" || r.Header.Get("Authorization") != "Bearer "+key {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, `{"choices":[{"message":{"role":"assistant","content":"{\"level\":\"immediate\",\"who\":\"prisoner\",\"words\":\"case conference\"}"}}]}`)
	}))
	t.Cleanup(model.Close)
	w := newWorld(t, func(c *config) { c.Reader = readerConfig{URL: model.URL + "/v1", Model: "local", Key: key} })
	from := dialog.Address{Medium: dialog.SMS, Value: "+447700900123"}
	w.text(from.Value, "FAMOUT what is a case conference")
	w.eventually("the second reading", func() bool { return w.desk.SecondReadings().Raised == 1 })
	w.settle(from)
	v := w.view(w.conversation(smsLine, from).ID)
	if len(v.Concerns) != 1 || v.Concerns[0].Level != dialog.LevelImmediate {
		t.Fatalf("%d concerns", len(v.Concerns))
	}
	inbox := w.network.Inbox(from.Value)
	if len(inbox) != 2 || !strings.Contains(inbox[0].Body, "case conference") && !strings.Contains(inbox[0].Body, "meeting") || !strings.HasPrefix(inbox[1].Body, "Thank you for telling us.") || !strings.Contains(inbox[1].Body, "999") {
		t.Errorf("the handset has %d messages: %v", len(inbox), inbox)
	}
	res, err := http.Get(w.url + "/metrics")
	w.must(err)
	body, err := io.ReadAll(res.Body)
	w.must(err)
	_ = res.Body.Close()
	for _, want := range []string{"helpline_second_reader_asked_total 1", "helpline_second_reader_raised_total 1", "helpline_second_reader_failed_total 0", "helpline_second_reader_skipped_total 0"} {
		if !strings.Contains(string(body), want) {
			t.Errorf("the metrics do not say %q", want)
		}
	}
}

// What the reader is sent is said where the settings are described.
func TestWhatTheReaderIsSentIsSaid(t *testing.T) {
	code, said := tried(t, []string{"serve", "-h"}, nil)
	for _, want := range []string{"HELPLINE_READER_URL", "up to ten earlier ones", "Nothing else is sent"} {
		if code != 0 || !strings.Contains(said, want) {
			t.Errorf("serve -h ended with %d and does not say %q", code, want)
		}
	}
}
