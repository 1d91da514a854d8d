package desk_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"helpline/dialog"
	"helpline/dialog/desk"
)

// A worry that a transcript brings to light when the conversation is over can
// be worked all the same; the conversation stays closed.
func TestWorryInAClosedConversationCanBeTakenOver(t *testing.T) {
	h := alone(t)
	ctx := t.Context()
	h.tapes.transcribe = func(context.Context) (desk.Heard, error) {
		return desk.Heard{Text: goodbye, Engine: "test"}, nil
	}
	id, rec := h.ring("+447700900199")
	h.must(h.FetchRecording(ctx, rec))
	h.must(h.Listened(ctx, sam, rec))
	h.must(h.CloseConversation(ctx, sam, id))
	var invalid *dialog.InvalidError
	if err := h.TakeOver(ctx, sam, id); !errors.As(err, &invalid) {
		t.Errorf("taken over when nothing was left to do: %v", err)
	}
	h.must(h.Transcribe(ctx, rec))
	if e, ok := h.listed(id); !ok || e.Concern.ID == "" {
		t.Fatalf("nobody is told: %+v", e)
	}
	h.must(h.TakeOver(ctx, sam, id))
	if c := h.view(id).Conversation; c.Open() || c.Holder.Worker != sam.ID {
		t.Errorf("open %t, held by %q", c.Open(), c.Holder.Name)
	}
	h.must(h.HandBack(ctx, sam, id))
}

// Who wrote to us, and was not reached in the end, can be written to again
// although the conversation is over, also while they have a newer one.
func TestClosedConversationThatWaitsCanBeWrittenTo(t *testing.T) {
	h := alone(t)
	ctx := t.Context()
	h.sent.fail = func(_ int, out dialog.Outbound) error {
		if strings.HasPrefix(out.Text, "We looked into it") {
			return &dialog.SendError{Verdict: dialog.Fail, Code: "30003"}
		}
		return nil
	}
	id := h.text("famout can i speak to a real person please").Conversation
	h.must(h.TakeOver(ctx, sam, id))
	_, err := h.Say(ctx, sam, id, "We looked into it.", "a")
	h.must(err)
	h.must(h.CloseConversation(ctx, sam, id))
	h.deliver()
	if e, ok := h.listed(id); !ok || e.Conversation.Waiting != dialog.WaitingDelivery {
		t.Fatalf("nobody is told: %+v", e.Conversation)
	}
	newer := h.text("famout when can i visit him in leeds").Conversation
	if newer == id {
		t.Fatal("the closed conversation goes on")
	}
	h.must(h.TakeOver(ctx, sam, id))
	_, err = h.Say(ctx, sam, id, "This is Sam again.", "b")
	h.must(err)
	h.deliver()
	// The two conversations leave beside each other, in no order.
	if lines := h.sent.lines(); !slices.Contains(lines, "This is Sam again.") {
		t.Errorf("what was sent is %q", lines)
	}
	if again := h.text("thank you").Conversation; again != newer {
		t.Error("the answer does not go to the newer conversation")
	}
}

// Somebody who rings and says nothing is on the list with their number, until
// a person has seen it; one who cannot be rung back is not.
func TestCallWithoutAMessageIsListed(t *testing.T) {
	for from, want := range map[string]dialog.Waiting{"+447700900199": dialog.WaitingReview, "": dialog.WaitingNone} {
		t.Run("from "+from, func(t *testing.T) {
			h := alone(t)
			got, err := h.Receive(t.Context(), dialog.Inbound{
				Kind: dialog.InCall, Line: voice, Medium: dialog.Voice, From: dialog.Address{Medium: dialog.Voice, Value: from}, ProviderID: "CA9", CallID: "CA9",
			})
			h.must(err)
			h.turn(100 * time.Hour)
			v := h.view(got.Conversation)
			if v.Conversation.Waiting != want {
				t.Errorf("waits for %q, want %q", v.Conversation.Waiting, want)
			}
			if want == dialog.WaitingNone {
				return
			}
			if _, ok := h.listed(got.Conversation); !ok || v.Address != from {
				t.Errorf("not on the list with %q", v.Address)
			}
			h.must(h.ReviewedUpTo(t.Context(), sam, got.Conversation, v.Conversation.LastSeq))
			if _, ok := h.listed(got.Conversation); ok {
				t.Error("seen, and still on the list")
			}
		})
	}
	h := alone(t)
	id, _ := h.ring("+447700900199")
	if e, ok := h.listed(id); !ok || e.Conversation.Waiting != dialog.WaitingVoice {
		t.Errorf("a message is listed for %q", e.Conversation.Waiting)
	}
}

// A provider that is away for two hours loses no line.
func TestLinesSurviveAnOutageOfTwoHours(t *testing.T) {
	h := alone(t)
	h.sent.fail = func(int, dialog.Outbound) error { return &dialog.SendError{Verdict: dialog.Retry, Code: "503"} }
	id := h.text("famout when can i visit him in leeds").Conversation
	for begun := h.now(); h.now().Sub(begun) < 2*time.Hour; h.turn(time.Minute) {
		h.deliver()
	}
	h.sent.fail = nil
	h.turn(10 * time.Minute)
	h.deliver()
	for _, o := range h.view(id).Outbox {
		if o.State != dialog.OutboxSent {
			t.Errorf("line %d is %s after %d attempts", o.Seq, o.State, o.Attempts)
		}
	}
	if e, ok := h.listed(id); ok && e.Delivery {
		t.Error("people are told of a line that arrived")
	}
}
