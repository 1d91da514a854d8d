package simulator_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"helpline/channels/simulator"
	"helpline/channels/twilio"
	"helpline/dialog"
)

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
