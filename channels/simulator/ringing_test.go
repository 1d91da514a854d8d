package simulator_test

import (
	"errors"
	"slices"
	"testing"

	"helpline/channels/simulator"
	"helpline/dialog"
)

// Staff are rung with Twilio's own library, and what became of the call is reported.
func TestTheHelplineRingsAHandset(t *testing.T) {
	h := build(t)
	const duty = "+447700900900"
	ring := func(id string) {
		t.Helper()
		if _, err := h.driver.Ring(t.Context(), dialog.OutboxID(id), duty, "This is the helpline & it is urgent."); err != nil {
			t.Fatal(err)
		}
	}
	ring("n1")
	h.until(t, "word of the call", func() bool { return len(h.reports) == 1 })
	calls := h.net.Rang(duty)
	said := "This is the helpline & it is urgent."
	if len(calls) != 1 || calls[0].Status != "completed" || !slices.Equal(calls[0].Said, []string{said, said, said, "Nobody has it."}) {
		t.Errorf("the handset rang: %+v", calls)
	}
	h.net.SwitchOff(duty, true)
	ring("n2")
	h.until(t, "word of the second call", func() bool { return len(h.reports) == 2 })
	if calls := h.net.Rang(duty); calls[1].Status != "no-answer" || len(calls[1].Said) != 0 {
		t.Errorf("a handset that is off: %+v", calls[1])
	}
	if !slices.Contains(h.net.Handsets(), duty) {
		t.Error("the handset is not listed")
	}
	h.net.SwitchOff(duty, false)
	h.net.Fail(simulator.Fault{Kind: simulator.NoAnswer})
	ring("n3")
	h.until(t, "word of the third call", func() bool { return len(h.reports) == 3 })
	want := []dialog.DeliveryReport{
		{Outbox: "n1", ProviderID: calls[0].SID, State: dialog.OutboxDelivered},
		{Outbox: "n2", ProviderID: h.net.Rang(duty)[1].SID, State: dialog.OutboxFailed, Code: "no-answer"},
		{Outbox: "n3", ProviderID: h.net.Rang(duty)[2].SID, State: dialog.OutboxFailed, Code: "no-answer"},
	}
	if !slices.Equal(want, h.reports) {
		t.Errorf("reported %+v", h.reports)
	}
}

// A text to a handset that is off is taken, and reported undelivered later.
func TestATextToAHandsetThatIsOff(t *testing.T) {
	h := build(t)
	h.net.SwitchOff(mum, true)
	if _, err := h.driver.Send(t.Context(), line("o1")); err != nil {
		t.Fatal(err)
	}
	h.until(t, "word of the text", func() bool { return len(h.reports) == 2 })
	if last := h.reports[1]; last.State != dialog.OutboxFailed || last.Code != "30003" {
		t.Errorf("reported %+v", last)
	}
}

// What Twilio refuses is an error to decide on.
func TestCallsThatAreRefused(t *testing.T) {
	h := build(t)
	for _, tt := range []struct {
		fault   simulator.FaultKind
		to      string
		verdict dialog.Verdict
	}{
		{"", "07700 900900", dialog.Fail},
		{simulator.ServerError, "+447700900900", dialog.Retry},
		{simulator.TooMany, "+447700900900", dialog.Retry},
	} {
		if tt.fault != "" {
			h.net.Fail(simulator.Fault{Kind: tt.fault})
		}
		_, err := h.driver.Ring(t.Context(), "n1", tt.to, "Hello.")
		var failed *dialog.SendError
		if !errors.As(err, &failed) || failed.Verdict != tt.verdict {
			t.Errorf("%s to %s: %v", tt.fault, tt.to, err)
		}
	}
	if calls := h.net.Rang("+447700900900"); len(calls) != 0 {
		t.Errorf("it rang all the same: %+v", calls)
	}
}

// Whoever answers may press the key that they are asked for; what is said then
// is heard, and the end of the call is told all the same.
func TestWhoeverAnswersPressesAKey(t *testing.T) {
	h := build(t)
	const duty = "+447700900900"
	h.net.Press(duty, "1")
	if _, err := h.driver.Ring(t.Context(), "n1", duty, "It is urgent."); err != nil {
		t.Fatal(err)
	}
	h.until(t, "word of the call", func() bool { return len(h.reports) == 2 })
	call := h.net.Rang(duty)[0]
	if call.Keys != "1" || !slices.Equal(call.Said, []string{"It is urgent.", "It is urgent.", "It is urgent.", "You have it."}) {
		t.Errorf("the call: %+v", call)
	}
	want := []dialog.DeliveryReport{
		{Outbox: "n1", ProviderID: call.SID, State: dialog.OutboxDelivered, HasIt: true},
		{Outbox: "n1", ProviderID: call.SID, State: dialog.OutboxDelivered},
	}
	if !slices.Equal(want, h.reports) {
		t.Errorf("reported %+v", h.reports)
	}
	h.net.Press(duty, "")
	if _, err := h.driver.Ring(t.Context(), "n2", duty, "It is urgent."); err != nil {
		t.Fatal(err)
	}
	h.until(t, "word of the second call", func() bool { return len(h.reports) == 3 })
	if call := h.net.Rang(duty)[1]; call.Keys != "" || call.Said[3] != "Nobody has it." {
		t.Errorf("without a key: %+v", call)
	}
}
