package desk_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"helpline/dialog"
)

// The same conversation with and without what is kept in memory leaves the same log, whoever steps in between.
func TestWhatIsKeptInMemoryChangesNothing(t *testing.T) {
	story := func(h *house) []dialog.Event {
		conv := h.text("FAMOUT what is a case conference at Barlinnie").Conversation
		again := dialog.Inbound{Kind: dialog.InText, Line: sms, Medium: dialog.SMS, From: number(0), ProviderID: fmt.Sprint("m", h.count), Text: "FAMOUT what is a case conference at Barlinnie"}
		got, err := h.Receive(h.t.Context(), again)
		h.must(err)
		if !got.Duplicate || got.Conversation != conv || len(got.Lines) == 0 {
			h.t.Errorf("the same message again: %+v", got)
		}
		h.text("MORE")
		h.text("MORE")
		h.text("my son says he cant go on any more")
		h.must(h.TakeOver(h.t.Context(), sam, conv))
		h.text("are you there") // a worker has it now: the bot is silent
		h.must(h.HandBack(h.t.Context(), sam, conv))
		h.text("Lewis Boyd")
		h.text("STOP")
		h.text("he has stopped eating") // wants no texts: put before people
		h.text("START")
		for _, k := range h.view(conv).Concerns {
			for _, o := range k.Obligations {
				h.must(h.Excuse(h.t.Context(), sam, k.Concern.ID, o.Kind, "a test"))
			}
			h.must(h.CloseConcern(h.t.Context(), sam, k.Concern.ID, "a test"))
		}
		h.text("how do i book a visit") // what was said before is settled
		return h.view(conv).Events
	}
	with, without := alone(t), forgetful(t)
	diff := cmp.Diff(story(without), story(with), cmpopts.IgnoreFields(dialog.Event{}, "Conversation"), cmpopts.IgnoreFields(dialog.Event{}, "Data"))
	if diff != "" {
		t.Errorf("the log (-without +with):\n%s", diff)
	}
}

// Somebody's STOP that only the provider knows of, found in one conversation, holds for the next message in another.
func TestAStopHeardFromTheProviderIsNotForgotten(t *testing.T) {
	h := alone(t)
	h.sent.fail = func(int, dialog.Outbound) error {
		return &dialog.SendError{Verdict: dialog.OptedOut, Code: "21610", Err: fmt.Errorf("blocked")}
	}
	conv := h.text("FAMOUT what is a case conference").Conversation
	h.deliver()
	if got := h.text("and who comes to it"); len(got.Lines) != 0 {
		t.Errorf("somebody who wants no texts was answered: %v", got.Lines)
	}
	if _, waits := h.listed(conv); !waits {
		t.Error("nobody is told that another way must be found")
	}
}
