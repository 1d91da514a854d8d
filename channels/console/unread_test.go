package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"helpline/dialog"
)

var seenField = regexp.MustCompile(`name="seen" value="(\d+)"`)

// seenOn is the newest event that a page says it shows.
func seenOn(page reply) string {
	if m := seenField.FindStringSubmatch(page.body); m != nil {
		return m[1]
	}
	return ""
}

// A worker settles what stood on their page. What was written since is shown
// first, and what was typed is still there.
func TestNobodySettlesWhatTheyHaveNotSeen(t *testing.T) {
	h := open(t)
	sam := h.hire(t, "Sam", dialog.Responder, dialog.SaferCustody)
	b := h.signedIn(t, sam)
	got := h.chats(t, "visitor", "can i speak to a person please")
	path := "/console/conversations/" + string(got.Conversation)
	page := b.get(path)
	h.chats(t, "visitor", "it is about my brother")
	refused := b.post(path+"/reviewed", url.Values{"seen": {seenOn(page)}})
	if refused.status != http.StatusConflict {
		t.Errorf("read without having read: %d", refused.status)
	}
	refused.has(t, "Something new was written: read it first.", "it is about my brother")
	if r := b.post(path+"/reviewed", url.Values{"seen": {"all of it"}}); r.status != http.StatusUnprocessableEntity {
		t.Errorf("a page that does not say what it showed: %d", r.status)
	}
	b.get("/console").has(t, "Asked for a person")
	b.post(path+"/reviewed", url.Values{"seen": {seenOn(refused)}}).has(t, "Marked as read.")
	b.get("/console").has(t, "Nobody is waiting")

	got = h.texts(t, "+447700900123", "FAMOUT "+worry)
	path = "/console/conversations/" + string(got.Conversation)
	c, duties := h.concern(t, got.Conversation)
	concern := "/console/concerns/" + string(c.ID)
	h.asked(t, sam, c.ID)
	for _, o := range duties {
		b.post(concern+"/duty", url.Values{"conversation": {string(got.Conversation)}, "kind": {string(o.Kind)}, "state": {"met"}, "note": {"done"}, "by": {"Sam"}})
	}
	page = b.get(path)
	h.texts(t, "+447700900123", "FAMOUT he has rung me again")
	refused = b.post(concern+"/close", url.Values{"conversation": {string(got.Conversation)}, "outcome": {"seen by the wing"}, "seen": {seenOn(page)}})
	if refused.status != http.StatusConflict {
		t.Errorf("closed with words unread: %d", refused.status)
	}
	refused.has(t, "Something new was written: read it first.", "he has rung me again", "seen by the wing")
	if c, _ := h.concern(t, got.Conversation); !c.Open() {
		t.Error("the concern was closed with words unread")
	}
	b.post(concern+"/close", url.Values{"conversation": {string(got.Conversation)}, "outcome": {"seen by the wing"}, "seen": {seenOn(refused)}}).has(t, "Concern closed.")
}

// In a page that keeps itself up to date the same holds for what arrived but
// could not be put on it, and for what stands below the edge.
func TestThePageSaysHowFarItWasRead(t *testing.T) {
	h := open(t)
	sam := h.hire(t, "Sam", dialog.Responder, dialog.SaferCustody)
	got := h.chats(t, "visitor", worry)
	c, duties := h.concern(t, got.Conversation)
	h.asked(t, sam, c.ID)
	for _, o := range duties {
		if err := h.Meet(t.Context(), sam, c.ID, o.Kind, "done"); err != nil {
			t.Fatal(err)
		}
	}
	b := openTab(t, 1280, 800)
	b.signIn(h, sam)
	b.visit(h.web.URL + "/console/conversations/" + string(got.Conversation))
	b.until(`document.querySelector("[id^='outcome-']")`)
	const seen = `Number(document.querySelector('[name=seen]').value)`
	before := js[int64](b, seen)

	// The words arrive, but the page cannot fetch them.
	b.quiet = true // the browser complains of the answer that is withheld
	b.run(`window.real = fetch; window.fetch = (to, ...a) => String(to).includes('/live') ? Promise.reject(new TypeError('lost')) : real(to, ...a)`)
	h.chats(t, "visitor", "he has rung me again")
	b.write("[id^='outcome-']", "seen by the wing")
	b.click("[id^='p-close-'] button")
	b.says("Something new was written: read it first.")
	if now := js[int64](b, seen); now != before {
		t.Errorf("the page says it was read as far as %d, and shows %d", now, before)
	}
	b.run(`window.fetch = real`)
	b.click("[id^='p-close-'] button")
	b.says("he has rung me again")
	if v := js[string](b, `document.querySelector("[id^='outcome-']").value`); v != "seen by the wing" {
		t.Errorf("in the box stands %q", v)
	}
	b.until(fmt.Sprintf("%s > %d", seen, before))

	// Something more comes while the worker reads further up.
	b.run(`for (let i = 0; i < 60; i++) document.getElementById('entries').prepend(Object.assign(document.createElement('li'), { id: 'e-0', textContent: 'earlier' }))`)
	b.run(`document.getElementById('log').scrollTop = 0`)
	before = js[int64](b, seen)
	h.chats(t, "visitor", "please ring me")
	b.until(`!document.getElementById('newer').hidden`)
	if now := js[int64](b, seen); now != before {
		t.Errorf("what stands below the edge counts as read: %d, was %d", now, before)
	}
	b.click("[id^='p-close-'] button")
	b.says("Something new was written: read it first.")
	b.until(fmt.Sprintf("document.getElementById('newer').hidden && %s > %d", seen, before))
	b.click("[id^='p-close-'] button")
	b.says("Concern closed.")
}
