package simulator_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"helpline/channels/twilio"
	"helpline/dialog"
)

// What came while the service was away is fetched afterwards, in order, and
// only once.
func TestCatchUp(t *testing.T) {
	h := build(t)
	before := time.Now().Add(-time.Minute)
	if _, err := h.net.Text(t.Context(), mum, service, "FAMOUT the first one"); err != nil {
		t.Fatal(err)
	}
	h.mu.Lock()
	h.err = errors.New("away")
	h.mu.Unlock()
	const many = 120 // more than two pages
	for i := range many {
		if sent, err := h.net.Text(t.Context(), mum, service, fmt.Sprintf("FAMOUT text %d", i)); err == nil || sent.Status != http.StatusServiceUnavailable {
			t.Fatalf("%+v, %v", sent, err)
		}
	}
	call, err := h.net.Call(t.Context(), mum, concern)
	if err != nil {
		t.Fatal(err)
	}
	if err := call.Record(t.Context(), tone(2)); err != nil {
		t.Fatal(err)
	}
	other, err := h.net.Call(t.Context(), mum, "+441632960999") // another service of the account
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Record(t.Context(), tone(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := h.driver.Send(t.Context(), line("01j1")); err != nil { // ours, not to be taken for theirs
		t.Fatal(err)
	}
	h.net.Stopping() // no more retries of the recording's webhook
	if len(h.got) != 1 {
		t.Fatalf("%d messages got through", len(h.got))
	}

	caught, err := h.driver.CatchUp(t.Context(), h, before)
	if err == nil || caught != (twilio.Caught{}) {
		t.Fatalf("while still away: %+v, %v", caught, err)
	}
	h.mu.Lock()
	h.err = nil
	h.mu.Unlock()
	if caught, err = h.driver.CatchUp(t.Context(), h, before); err != nil || caught != (twilio.Caught{Texts: many, Recordings: 1}) {
		t.Fatalf("%+v, %v", caught, err)
	}
	for i := range many {
		if want := fmt.Sprintf("FAMOUT text %d", i); h.got[i+1].Text != want || h.got[i+1].From.Value != mum {
			t.Fatalf("%d is %q, want %q", i+1, h.got[i+1].Text, want)
		}
	}
	last := h.got[many+1]
	if last.Kind != dialog.InRecording || last.CallID != call.SID() || last.From.Value != mum || last.Media[0].Duration != 2*time.Second {
		t.Errorf("the recording came as %s of call %s", last.Kind, last.CallID)
	}
	body, _, err := h.driver.FetchRecording(t.Context(), last.Media[0].URL)
	if err != nil {
		t.Fatal(err)
	}
	if err := body.Close(); err != nil {
		t.Error(err)
	}
	if caught, err = h.driver.CatchUp(t.Context(), h, before); err != nil || caught != (twilio.Caught{}) {
		t.Errorf("again: %+v, %v", caught, err)
	}
	if caught, err = h.driver.CatchUp(t.Context(), h, time.Now().Add(time.Hour)); err != nil || caught != (twilio.Caught{}) {
		t.Errorf("since the future: %+v, %v", caught, err)
	}
}

func TestCatchUpWithoutTheNetwork(t *testing.T) {
	h := build(t)
	d, err := twilio.New(twilio.Config{
		AccountSID: account, AuthToken: token, PublicURL: "http://127.0.0.1:1", APIURL: "http://127.0.0.1:1", SMSLine: "FAMOUT", SMSNumber: service,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.CatchUp(t.Context(), h, time.Now()); err == nil {
		t.Error("no error")
	}
}
