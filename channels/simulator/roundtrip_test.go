package simulator_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"helpline/channels/simulator"
	"helpline/dialog"
)

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
