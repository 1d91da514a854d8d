package console_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"helpline/dialog"
)

// A conversation that is over, but in which something waits, can be taken and
// written to from its page.
func TestAClosedConversationThatWaits(t *testing.T) {
	h := open(t)
	sam := h.hire(t, "Sam", dialog.Responder, dialog.SaferCustody)
	b := h.signedIn(t, sam)
	got := h.texts(t, "+447700900123", "FAMOUT can i speak to a person please")
	path := "/console/conversations/" + string(got.Conversation)
	b.get(path)
	b.post(path+"/take", url.Values{})
	b.post(path+"/say", url.Values{"text": {"We looked into it."}, "client_id": {"a"}})
	b.post(path+"/close", url.Values{}).has(t, "Their next message begins a new one")
	b.get(path).lacks(t, `id="take"`, `id="say-text"`)

	// Word comes late that the line did not arrive.
	var line dialog.OutboxItem
	if err := h.store.Read(t.Context(), func(r dialog.Reader) error {
		items, err := r.Outbox(got.Conversation)
		for _, o := range items {
			if o.Text == "We looked into it." {
				line = o
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := h.Report(t.Context(), dialog.DeliveryReport{Outbox: line.ID, State: dialog.OutboxFailed, Code: "30003"}); err != nil {
		t.Fatal(err)
	}
	b.get("/console").has(t, "Our reply did not arrive")
	page := b.get(path)
	page.has(t, "Closed.", "Our reply did not arrive", `id="take"`, "Take over to write to this person")
	b.post(path+"/take", url.Values{}).has(t, "You have this conversation", `id="say-text"`, `id="hand-back"`)
	b.post(path+"/say", url.Values{"text": {"This is Sam again."}, "client_id": {"b"}}).has(t, "This is Sam again.")
	for end := time.Now().Add(10 * time.Second); !strings.Contains(strings.Join(h.phone.sent(), " "), "This is Sam again."); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it was never sent")
		}
	}
	b.post(path+"/hand-back", url.Values{}).has(t, "Their next message begins a new one")
}

// A call without a message stands on the list, with the number to ring.
func TestACallWithoutAMessage(t *testing.T) {
	h := open(t)
	b := h.signedIn(t, h.hire(t, "Sam", dialog.Responder))
	got, err := h.Receive(t.Context(), dialog.Inbound{
		Kind: dialog.InCall, Line: voiceLine, Medium: dialog.Voice, From: dialog.Address{Medium: dialog.Voice, Value: "+447700900199"},
		ProviderID: "CA1", CallID: "CA1", At: time.Now(),
	})
	if err != nil {
		t.Fatal(err)
	}
	path := "/console/conversations/" + string(got.Conversation)
	b.get("/console").has(t, "Telephone", "Rang, no message yet")
	h.later(10 * time.Minute)
	b.get("/console").has(t, "Rang, left no message")
	page := b.get(path)
	page.has(t, `Rang, left no message: <a class="govuk-link" href="tel:+447700900199">`)
	b.post(path+"/reviewed", url.Values{"seen": {seenOn(page)}}).has(t, "Marked as read.")
	b.get("/console").has(t, "Nobody is waiting")
}
