package simulator_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"helpline/channels/simulator"
	"helpline/channels/twilio"
	"helpline/dialog"
)

const (
	account = "AC00000000000000000000000000000001"
	token   = "12345678901234567890123456789012"
	mum     = "+447700900123"
	service = "60777"
	concern = "+441632960001"
)

// house is the Twilio driver behind a real server, with a receiver that
// accepts each provider id once, beside the pretend network behind another.
type house struct {
	driver *twilio.Driver
	net    *simulator.Network

	mu      sync.Mutex
	got     []dialog.Inbound
	seen    map[string]int
	reports []dialog.DeliveryReport
	changed chan struct{}
	err     error
}

func (h *house) Receive(_ context.Context, in dialog.Inbound) (dialog.Received, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	defer h.poke()
	if h.err != nil {
		return dialog.Received{}, h.err
	}
	out := dialog.Received{Ref: "1234567", Duplicate: h.seen[in.ProviderID] > 0}
	switch in.Kind {
	case dialog.InText:
	case dialog.InCall:
		out.Lines, out.Then = []dialog.Event{{Text: "Hello."}}, dialog.ThenRecord
	case dialog.InRecording:
		out.Then = dialog.ThenHangUp
		if !out.Duplicate {
			out.Lines = []dialog.Event{{Text: "Saved."}}
		}
	}
	if h.seen[in.ProviderID]++; !out.Duplicate {
		h.got = append(h.got, in)
	}
	return out, nil
}

func (h *house) Report(_ context.Context, r dialog.DeliveryReport) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	defer h.poke()
	h.reports = append(h.reports, r)
	return nil
}

func (h *house) poke() {
	close(h.changed)
	h.changed = make(chan struct{})
}

// until waits for something to become true.
func (h *house) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	late := time.After(30 * time.Second)
	for {
		h.mu.Lock()
		done, changed := ok(), h.changed
		h.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("waited for %s in vain: %d messages, reports %v", what, len(h.got), h.reports)
		}
	}
}

func (h *house) states() (s []dialog.OutboxState) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range h.reports {
		s = append(s, r.State)
	}
	return s
}

func build(t *testing.T, change ...func(*simulator.Config)) *house {
	t.Helper()
	h := &house{seen: map[string]int{}, changed: make(chan struct{})}
	front := echo.New()
	helpline := httptest.NewServer(front)
	var sim http.Handler
	network := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { sim.ServeHTTP(w, r) }))
	network.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	c := simulator.Config{
		AccountSID: account, AuthToken: token, WebhookBase: helpline.URL, APIBase: network.URL,
		SMSNumber: service, VoiceNumber: concern, Logger: slog.New(slog.DiscardHandler),
	}
	for _, f := range change {
		f(&c)
	}
	var err error
	if h.net, err = simulator.New(c); err != nil {
		t.Fatal(err)
	}
	sim = h.net.Handler()
	h.driver, err = twilio.New(twilio.Config{
		AccountSID: account, AuthToken: token, PublicURL: helpline.URL, APIURL: network.URL,
		SMSLine: "FAMOUT", SMSNumber: service, VoiceLine: "concern", VoiceNumber: concern, Logger: slog.New(slog.DiscardHandler),
		Script: twilio.Script{
			Greeting: "Greeting.", NothingHeard: "Nothing heard.", Error: "Not saved.", HaveIt: "You have it.", NoKey: "Nobody has it.",
			Recorded: func(ref string) string { return "Saved as " + ref + "." },
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	h.driver.Mount(front.Group(""), h)
	t.Cleanup(func() {
		if err := h.net.Close(); err != nil {
			t.Error(err)
		}
		network.Close()
		helpline.Close()
	})
	return h
}

func line(id string) dialog.Outbound {
	return dialog.Outbound{ID: dialog.OutboxID(id), To: dialog.Address{Medium: dialog.SMS, Value: mum}, Text: "Thank you for telling us."}
}

// tone is a WAV file of so many seconds: 8 kHz, 16 bit, one channel.
func tone(seconds int) []byte {
	const rate = 8000
	var b bytes.Buffer
	put := func(v any) {
		if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
			panic(err)
		}
	}
	size := uint32(seconds * rate * 2)
	b.WriteString("RIFF")
	put(36 + size)
	b.WriteString("WAVEfmt ")
	put(uint32(16))
	put([]uint16{1, 1})
	put([]uint32{rate, rate * 2})
	put([]uint16{2, 16})
	b.WriteString("data")
	put(size)
	for i := range seconds * rate {
		put(int16(8000 * math.Sin(2*math.Pi*440*float64(i)/rate)))
	}
	return b.Bytes()
}
