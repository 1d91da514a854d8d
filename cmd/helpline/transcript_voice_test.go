package main

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"helpline/channels/speech"
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

// voiced is seconds of sound that is not silence.
func voiced(t *testing.T, seconds int) []byte {
	t.Helper()
	a := speech.Audio{Rate: 8000, Samples: make([]int16, 8000*seconds)}
	for i := range a.Samples {
		a.Samples[i] = int16(8000 * math.Sin(float64(i)*2*math.Pi*220/8000))
	}
	var wav bytes.Buffer
	if err := speech.Encode(&wav, a); err != nil {
		t.Fatal(err)
	}
	return wav.Bytes()
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
		p.w.must(p.phoned.Record(p.t.Context(), voiced(p.t, 6)))
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
