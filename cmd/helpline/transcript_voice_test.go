package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"helpline/dialog"
)

// writer is a transcription server that hears what a transcript says was spoken.
type writer struct {
	url   string
	hears atomic.Value
}

func newWriter(t *testing.T) *writer {
	w := &writer{}
	w.hears.Store("")
	s := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(out).Encode(map[string]any{"text": w.hears.Load()})
	}))
	t.Cleanup(s.Close)
	w.url = s.URL
	return w
}

// rings plays a line of somebody on the telephone: "(rings)", "(hangs up)", or
// the words of a message after the tone.
func (p *transcript) rings(words string) {
	switch words {
	case "(rings)":
		p.phoned = p.w.ring(p.from.Value)
		p.call = p.w.voicemail(p.phoned)
	case "(hangs up)":
		p.w.must(p.phoned.HangUp(p.t.Context()))
	default:
		private(words)
		p.writer.hears.Store(words)
		p.w.must(p.phoned.Record(p.t.Context(), spoken(p.t, words)))
		p.w.fetch(p.call)
		p.w.eventually("a draft", func() bool { return p.w.recordingOf(p.call).State == dialog.RecordingTranscribed })
	}
	p.heard()
}

// conversation is the one that the transcript is about: of a withheld number
// only the call is known.
func (p *transcript) conversation() dialog.Conversation {
	if p.call != "" {
		return p.w.view(p.call).Conversation
	}
	return p.w.conversation(p.line, p.from)
}

// maskRef hides the reference number, which is drawn by lot.
func (p *transcript) maskRef(s string) string {
	if p.call == "" {
		return s
	}
	return strings.ReplaceAll(s, strings.Join(strings.Split(p.conversation().Ref, ""), ", "), "1, 2, 3, 4, 5, 6, 7")
}
