package simulator_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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
	late := time.After(5 * time.Second)
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
		SMSLine: "FAMOUT", SMSNumber: service, VoiceLine: "concern", Logger: slog.New(slog.DiscardHandler),
		Script: twilio.Script{
			Greeting: "Greeting.", NothingHeard: "Nothing heard.", Error: "Not saved.",
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

func TestTextAndReply(t *testing.T) {
	h := build(t)
	sent, err := h.net.Text(t.Context(), mum, service, "FAMOUT hes not eating ŵ 😢")
	if err != nil || sent.Status != http.StatusOK || sent.Attempts != 1 {
		t.Fatalf("%+v, %v", sent, err)
	}
	if len(h.got) != 1 || h.got[0].Text != "FAMOUT hes not eating ŵ 😢" || h.got[0].From.Value != mum || h.got[0].ProviderID != sent.SID {
		t.Fatalf("the desk got %d messages", len(h.got))
	}
	receipt, err := h.driver.Send(t.Context(), line("01j1"))
	if err != nil {
		t.Fatal(err)
	}
	in, err := h.net.Wait(t.Context(), mum, 1)
	if err != nil || in[0].Body != "Thank you for telling us." || in[0].SID != receipt.ProviderID || in[0].From != service {
		t.Fatalf("%+v, %v", in, err)
	}
	h.until(t, "the receipts", func() bool { return len(h.reports) == 2 })
	want := []dialog.DeliveryReport{
		{Outbox: "01j1", ProviderID: receipt.ProviderID, State: dialog.OutboxSent},
		{Outbox: "01j1", ProviderID: receipt.ProviderID, State: dialog.OutboxDelivered},
	}
	if diff := cmp.Diff(want, h.reports); diff != "" {
		t.Error(diff)
	}
	if thread := h.net.Thread(mum); len(thread) != 2 || !thread[0].Incoming || thread[1].Status != "delivered" {
		t.Errorf("the handset shows %+v", thread)
	}
}

func TestFaultsOfSending(t *testing.T) {
	tests := []struct {
		name    string
		fault   simulator.Fault
		verdict dialog.Verdict
		code    string
		arrives bool
	}{
		{"too many", simulator.Fault{Kind: simulator.TooMany}, dialog.Retry, "20429", false},
		{"broken", simulator.Fault{Kind: simulator.ServerError}, dialog.Retry, "20500", false},
		{"opted out at the network", simulator.Fault{Kind: simulator.Rejected, Code: 21610}, dialog.OptedOut, "21610", false},
		{"no such number", simulator.Fault{Kind: simulator.Rejected, Code: 21211}, dialog.Fail, "21211", false},
		{"no answer, not taken", simulator.Fault{Kind: simulator.Timeout}, dialog.Uncertain, "", false},
		{"no answer, but taken", simulator.Fault{Kind: simulator.TimeoutTaken}, dialog.Uncertain, "", true},
		{"dropped, but taken", simulator.Fault{Kind: simulator.Dropped}, dialog.Uncertain, "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := build(t)
			h.net.Fail(tt.fault)
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			_, err := h.driver.Send(ctx, line("01j1"))
			var got *dialog.SendError
			if !errors.As(err, &got) || got.Verdict != tt.verdict || got.Code != tt.code {
				t.Fatalf("%v, want %s %s", err, tt.verdict, tt.code)
			}
			if tt.verdict == dialog.Retry && tt.code == "20429" && got.RetryAfter != time.Second {
				t.Errorf("retry after %s", got.RetryAfter)
			}
			if tt.arrives {
				// What settles an uncertain line is its receipt, which names it.
				h.until(t, "a receipt", func() bool { return len(h.reports) > 0 && h.reports[0].Outbox == "01j1" })
			} else if in := h.net.Inbox(mum); len(in) != 0 {
				t.Error("it arrived")
			}
			if left := h.net.Faults(); len(left) != 0 {
				t.Errorf("faults left: %v", left)
			}
			// The fault is over.
			if _, err := h.driver.Send(t.Context(), line("01j2")); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

func TestFaultsOfDelivery(t *testing.T) {
	for _, code := range []int{30003, 30005, 30006, 30007, 30034} {
		h := build(t)
		h.net.Fail(simulator.Fault{Kind: simulator.Undelivered, Code: code})
		if _, err := h.driver.Send(t.Context(), line("01j1")); err != nil {
			t.Fatal(err)
		}
		h.until(t, "the receipts", func() bool { return len(h.reports) == 2 })
		if last := h.reports[1]; last.State != dialog.OutboxFailed || last.Code != strconv.Itoa(code) {
			t.Errorf("%d: reported %+v", code, last)
		}
		if in := h.net.Inbox(mum); len(in) != 0 {
			t.Errorf("%d: it arrived", code)
		}
	}
	sent, delivered := dialog.OutboxSent, dialog.OutboxDelivered
	tests := []struct {
		kind simulator.FaultKind
		want []dialog.OutboxState
	}{
		{simulator.ReceiptsTwice, []dialog.OutboxState{sent, sent, delivered, delivered}},
		{simulator.ReceiptsReversed, []dialog.OutboxState{delivered, sent}},
	}
	for _, tt := range tests {
		h := build(t)
		h.net.Fail(simulator.Fault{Kind: tt.kind})
		if _, err := h.driver.Send(t.Context(), line("01j1")); err != nil {
			t.Fatal(err)
		}
		h.until(t, string(tt.kind), func() bool { return len(h.reports) == len(tt.want) })
		if diff := cmp.Diff(tt.want, h.states()); diff != "" {
			t.Errorf("%s: %s", tt.kind, diff)
		}
	}
	h := build(t)
	h.net.Fail(simulator.Fault{Kind: simulator.NoReceipts})
	h.net.Fail(simulator.Fault{Kind: simulator.ReceiptsLate, Times: 2})
	for _, id := range []string{"01j1", "01j2"} {
		if _, err := h.driver.Send(t.Context(), line(id)); err != nil {
			t.Fatal(err)
		}
	}
	h.until(t, "a late receipt", func() bool { return len(h.reports) > 0 })
	if h.reports[0].Outbox != "01j2" {
		t.Errorf("a receipt came for %s", h.reports[0].Outbox)
	}
}

func TestTenWebhooksAtOnce(t *testing.T) {
	h := build(t)
	h.net.Fail(simulator.Fault{Kind: simulator.WebhookTenfold})
	sent, err := h.net.Text(t.Context(), mum, service, "FAMOUT hello")
	if err != nil {
		t.Fatal(err)
	}
	if h.seen[sent.SID] != 10 || len(h.got) != 1 {
		t.Errorf("brought %d times, %d messages", h.seen[sent.SID], len(h.got))
	}
}

// Twilio asks again only when it did not get through, unless the address says
// otherwise; then comes the fallback address.
func TestWebhookIsRepeated(t *testing.T) {
	tests := []struct {
		name     string
		fragment string
		fallback bool
		attempts int
		works    bool
	}{
		{"by default", "", false, 1, false},
		{"repeated on demand", "#rc=3&rp=5xx", false, 4, false},
		{"fallback", "", true, 2, false},
	}
	for _, tt := range tests {
		h := build(t, func(c *simulator.Config) {
			c.SMSURL = c.WebhookBase + "/twilio/sms" + tt.fragment
			if tt.fallback {
				c.SMSFallback = c.WebhookBase + "/twilio/sms"
			}
		})
		h.err = errors.New("the disk is full")
		sent, err := h.net.Text(t.Context(), mum, service, "FAMOUT hello")
		if err == nil || sent.Status != http.StatusServiceUnavailable || sent.Attempts != tt.attempts || sent.Fallback != tt.fallback {
			t.Errorf("%s: %+v, %v", tt.name, sent, err)
		}
		if thread := h.net.Thread(mum); thread[0].Status != "failed" || thread[0].Code != 11200 {
			t.Errorf("%s: the handset shows %+v", tt.name, thread[0])
		}
	}
	h := build(t, func(c *simulator.Config) {
		c.SMSURL = "http://127.0.0.1:1/twilio/sms"
		c.SMSFallback = c.WebhookBase + "/twilio/sms"
	})
	sent, err := h.net.Text(t.Context(), mum, service, "FAMOUT hello")
	if err != nil || sent.Attempts != 3 || !sent.Fallback || len(h.got) != 1 {
		t.Errorf("nobody listens at the first address: %+v, %v", sent, err)
	}
}

func TestCallLeavesAMessage(t *testing.T) {
	h := build(t)
	call, err := h.net.Call(t.Context(), mum, concern)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Hello.", "(tone)"}, call.Said()); diff != "" || !call.Waiting() {
		t.Fatal(diff)
	}
	sound := tone(2)
	if err := call.Record(t.Context(), sound); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Hello.", "(tone)", "Saved."}, call.Said()); diff != "" || !call.Ended() {
		t.Error(diff)
	}
	h.until(t, "both webhooks of the recording", func() bool { return len(h.got) == 2 && h.seen[h.got[1].ProviderID] == 2 })
	message := h.got[1]
	if message.Kind != dialog.InRecording || message.CallID != call.SID() || message.Media[0].Duration != 2*time.Second || message.From.Value != mum {
		t.Errorf("the desk got %s of %s", message.Kind, message.Media[0].Duration)
	}
	body, kind, err := h.driver.FetchRecording(t.Context(), message.Media[0].URL)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(body)
	if err != nil || !bytes.Equal(got, sound) || kind != "audio/x-wav" {
		t.Errorf("%d bytes of %s, %v", len(got), kind, err)
	}
	if err := body.Close(); err != nil {
		t.Error(err)
	}
	if err := call.Record(t.Context(), sound); !errors.Is(err, simulator.ErrEnded) {
		t.Errorf("speaking after the end: %v", err)
	}
}

func TestCallers(t *testing.T) {
	t.Run("withheld, silent, then speaks", func(t *testing.T) {
		h := build(t)
		call, err := h.net.Call(t.Context(), "", concern)
		if err != nil {
			t.Fatal(err)
		}
		if !h.got[0].From.Withheld() {
			t.Error("the number is known")
		}
		if err := call.Silence(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := call.Record(t.Context(), tone(1)); err != nil {
			t.Fatal(err)
		}
		want := "Hello. (tone) Nothing heard. (tone) Saved."
		if got := strings.Join(call.Said(), " "); got != want {
			t.Errorf("heard %q, want %q", got, want)
		}
	})
	t.Run("never speaks", func(t *testing.T) {
		h := build(t)
		call, err := h.net.Call(t.Context(), mum, concern)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := call.Record(t.Context(), tone(0)); err != nil {
				t.Fatal(err)
			}
		}
		if got := strings.Join(call.Said(), " "); got != "Hello. (tone) Nothing heard. (tone) Nothing heard." || !call.Ended() {
			t.Errorf("heard %q", got)
		}
		if len(h.got) != 1 || h.got[0].Kind != dialog.InCall {
			t.Errorf("the desk got %d", len(h.got))
		}
	})
	t.Run("speaks and hangs up", func(t *testing.T) {
		h := build(t)
		h.net.Fail(simulator.Fault{Kind: simulator.RecordingFirst})
		h.net.Fail(simulator.Fault{Kind: simulator.RecordingTwice})
		call, err := h.net.Call(t.Context(), mum, concern)
		if err != nil {
			t.Fatal(err)
		}
		if err := call.RecordAndHangUp(t.Context(), tone(1)); err != nil {
			t.Fatal(err)
		}
		h.until(t, "three webhooks of one recording", func() bool { return len(h.got) == 2 && h.seen[h.got[1].ProviderID] == 3 })
	})
	t.Run("hangs up at once", func(t *testing.T) {
		h := build(t)
		call, err := h.net.Call(t.Context(), mum, concern)
		if err != nil {
			t.Fatal(err)
		}
		if err := call.HangUp(t.Context()); err != nil || !call.Ended() {
			t.Errorf("%v", err)
		}
		if err := call.HangUp(t.Context()); !errors.Is(err, simulator.ErrEnded) {
			t.Errorf("twice: %v", err)
		}
	})
	t.Run("the store is away", func(t *testing.T) {
		h := build(t)
		h.err = errors.New("away")
		call, err := h.net.Call(t.Context(), mum, concern)
		if err != nil {
			t.Fatal(err)
		}
		if err := call.Record(t.Context(), tone(1)); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(call.Said(), " "); got != "Greeting. (tone) Not saved." {
			t.Errorf("heard %q", got)
		}
		// The recording's own webhook is repeated, and the message is saved after all.
		h.mu.Lock()
		h.err = nil
		h.mu.Unlock()
		h.until(t, "the message", func() bool { return len(h.got) == 1 && h.got[0].Kind == dialog.InRecording })
	})
	t.Run("nobody answers", func(t *testing.T) {
		h := build(t, func(c *simulator.Config) { c.VoiceURL = c.WebhookBase + "/nothing" })
		call, err := h.net.Call(t.Context(), mum, concern)
		if err == nil || !call.Ended() || !strings.Contains(strings.Join(call.Said(), " "), "application error") {
			t.Errorf("%v", err)
		}
	})
}

func TestRecordingNotThereYet(t *testing.T) {
	h := build(t)
	h.net.Fail(simulator.Fault{Kind: simulator.NoRecording, Times: 2})
	call, err := h.net.Call(t.Context(), mum, concern)
	if err != nil {
		t.Fatal(err)
	}
	if err := call.Record(t.Context(), tone(1)); err != nil {
		t.Fatal(err)
	}
	link := h.got[1].Media[0].URL
	for range 2 {
		_, _, err := h.driver.FetchRecording(t.Context(), link)
		var got *twilio.FetchError
		if !errors.As(err, &got) || got.Status != http.StatusNotFound || !got.Temporary {
			t.Fatalf("%v", err)
		}
	}
	body, _, err := h.driver.FetchRecording(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	if err := body.Close(); err != nil {
		t.Error(err)
	}
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
