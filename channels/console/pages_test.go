package console_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"helpline/dialog"
)

const worry = "hes given his trainers away and said bye to the kids, hes in stoke heath"

func (h *house) concern(t testing.TB, conv dialog.ConversationID) (dialog.Concern, []dialog.Obligation) {
	t.Helper()
	var c []dialog.Concern
	var duties []dialog.Obligation
	if err := h.store.Read(t.Context(), func(r dialog.Reader) (err error) {
		if c, err = r.Concerns(conv); err != nil || len(c) == 0 {
			return err
		}
		duties, err = r.Obligations(c[0].ID)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if len(c) == 0 {
		t.Fatal("there is no concern")
	}
	return c[0], duties
}

// The whole life of a concern, as a worker without JavaScript lives it.
func TestAConcernFromTheQueueToItsEnd(t *testing.T) {
	h := open(t)
	sam := h.hire(t, "Sam", dialog.Responder, dialog.SaferCustody)
	got := h.texts(t, "+447700900123", "FAMOUT "+worry)
	b := h.signedIn(t, sam)

	queue := b.get("/console")
	queue.has(t, "Immediate", "Somebody may be at risk", "Stoke Heath", "Text message", "trainers away", "Nobody has it", "just now", "acknowledge")
	path := "/console/conversations/" + string(got.Conversation)
	page := b.get(path)
	page.has(t, "+447700900123", `href="tel:+447700900123"`, "01630", "Concern", "<mark", "Seen:", "Automatic answer", "Take over to write")
	page.lacks(t, `id="say-text"`)

	page = b.post(path+"/take", url.Values{})
	page.has(t, "You have this conversation", `id="say-text"`, "Sam took over")
	id := regexp.MustCompile(`name="client_id" value="([^"]*)"`).FindStringSubmatch(page.body)[1]
	for range 2 { // pressed twice, or reloaded: said once
		page = b.post(path+"/say", url.Values{"text": {"This is Sam. I am ringing Stoke Heath now."}, "client_id": {id}})
	}
	if n := strings.Count(page.body, "I am ringing Stoke Heath now."); n != 1 {
		t.Errorf("the line stands %d times on the page", n)
	}

	c, _ := h.concern(t, got.Conversation)
	in := url.Values{"conversation": {string(got.Conversation)}}
	concern := "/console/concerns/" + string(c.ID)
	with := func(pairs ...string) url.Values {
		v := url.Values{"conversation": in["conversation"]}
		for i := 0; i+1 < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v
	}

	refused := b.post(concern+"/close", with("outcome", "all well", "seen", seenOn(page)))
	if refused.status != http.StatusConflict {
		t.Errorf("closing with duties open: %d", refused.status)
	}
	refused.has(t, "Still to do: acknowledge, act, feed back", "all well")

	b.post(concern+"/duty", with("kind", "acknowledge", "state", "met", "note", "answered by text")).has(t, "Written down.", "answered by text")
	if r := b.post(concern+"/duty", with("kind", "act", "state", "met", "note", "")); r.status != http.StatusUnprocessableEntity {
		t.Errorf("acting without saying what: %d", r.status)
	}
	for _, short := range []url.Values{
		with("kind", "act", "state", "met", "note", "rang the orderly officer", "spoken", "yes"),
		with("kind", "act", "state", "met", "note", "rang the orderly officer", "by", "Sam"),
		with("kind", "feed_back", "state", "met", "note", "told her"),
	} {
		if r := b.post(concern+"/duty", short); r.status != http.StatusUnprocessableEntity {
			t.Errorf("%v: %d", short, r.status)
		}
	}
	b.post(concern+"/duty", with("kind", "act", "state", "met", "note", "rang the orderly officer", "by", "Sam", "when", "21:10", "spoken", "yes", "spoken_note", "says he is fine")).
		has(t, "rang the orderly officer", "When: 21:10", "says he is fine")
	if r := b.post(concern+"/duty", with("kind", "feed_back", "state", "excused", "note", "")); r.status != http.StatusUnprocessableEntity {
		t.Errorf("excusing without a reason: %d", r.status)
	}
	b.post(concern+"/duty", with("kind", "feed_back", "state", "excused", "note", "they asked not to be rung")).has(t, "they asked not to be rung", "Not possible")

	facts := with("was_level", "immediate", "level", "urgent", "was_prison", "stoke-heath", "prison", "stoke-heath",
		"prisoner_name", "Example Name", "prison_number", "A1234BC", "call_back", "07700 900124")
	b.post(concern+"/facts", facts).has(t, "Example Name", "A1234BC", `href="tel:07700900124"`)

	b.post(concern+"/close", with("outcome", "seen by the wing, safe", "seen", seenOn(b.get(path)))).has(t, "Concern closed.", "seen by the wing, safe")
	page = b.post(path+"/hand-back", url.Values{})
	page.has(t, "handed back")
	b.post(path+"/close", url.Values{}).has(t, "Conversation closed.")
	b.get("/console").has(t, "Nobody is waiting", "empty since")

	// No words, names or numbers of people in the log of all this.
	for _, secret := range []string{"trainers", "700900123", "Example Name", "A1234BC", "orderly", password} {
		if strings.Contains(h.logs.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// Two workers at the same moment: one has it, the other is told who.
func TestTwoCannotBothTakeOver(t *testing.T) {
	h := open(t)
	sam, kim := h.hire(t, "Sam", dialog.Responder), h.hire(t, "Kim", dialog.Responder)
	got := h.chats(t, "visitor", "can i speak to a person please")
	path := "/console/conversations/" + string(got.Conversation)
	pages := make(chan reply, 2)
	for _, w := range []dialog.Worker{sam, kim} {
		b := h.signedIn(t, w)
		go func() { pages <- b.post(path+"/take", url.Values{}) }()
	}
	a, b := <-pages, <-pages
	if a.status > b.status {
		a, b = b, a
	}
	if a.status != http.StatusOK || b.status != http.StatusConflict {
		t.Fatalf("got %d and %d, want one 200 and one 409", a.status, b.status)
	}
	if !strings.Contains(b.body, "Sam has this conversation") && !strings.Contains(b.body, "Kim has this conversation") {
		t.Errorf("the one who came second is not told who has it: %s", text(b.body))
	}
	events := h.events(t, got.Conversation)
	taken := 0
	for _, e := range events {
		if e.Kind == dialog.TakenOver {
			taken++
		}
	}
	if taken != 1 {
		t.Errorf("taken over %d times", taken)
	}
}

// A manager may take a conversation from whoever has it.
func TestAManagerTakesOver(t *testing.T) {
	h := open(t)
	sam := h.hire(t, "Sam", dialog.Responder)
	got := h.chats(t, "visitor", "can i speak to a person please")
	if err := h.TakeOver(t.Context(), sam, got.Conversation); err != nil {
		t.Fatal(err)
	}
	b := h.signedIn(t, h.hire(t, "Mo", dialog.ManagerRole))
	path := "/console/conversations/" + string(got.Conversation)
	b.get(path).has(t, "Take over from Sam")
	b.post(path+"/take", url.Values{}).has(t, "You have this conversation", "Mo took over")
	mine := h.signedIn(t, sam)
	mine.get(path).has(t, "Mo has this conversation")
}

// Somebody's words are shown and never run.
func TestWordsAreNeverMarkup(t *testing.T) {
	h := open(t)
	sam := h.hire(t, "Sam", dialog.Responder, dialog.Editor)
	evil := `<script>alert(1)</script><img src=x onerror=alert(2)> "'><svg onload=alert(3)> hes in stoke heath and wants to die javascript:alert(4)`
	got := h.chats(t, "visitor", evil)
	b := h.signedIn(t, sam)
	path := "/console/conversations/" + string(got.Conversation)
	b.post(path+"/note", url.Values{"text": {evil}})
	b.post(path+"/take", url.Values{})
	b.post(path+"/say", url.Values{"text": {evil}, "client_id": {"x1"}})
	c, _ := h.concern(t, got.Conversation)
	b.post("/console/concerns/"+string(c.ID)+"/facts", url.Values{
		"conversation": {string(got.Conversation)}, "prisoner_name": {evil}, "call_back": {"javascript:alert(5)"},
		"was_level": {c.Level.String()}, "level": {c.Level.String()}, "was_prison": {string(c.Prison)}, "prison": {string(c.Prison)},
	})
	b.post(path+"/close", url.Values{"csrf": {evil}})
	for _, page := range []reply{
		b.get("/console"), b.get("/console/queue/rows"), b.get(path), b.get(path + "/live"), b.get("/console?show=" + url.QueryEscape(evil)),
		b.get("/console/sign-in?next=" + url.QueryEscape(evil)), b.post("/console/preview", url.Values{"source": {"---\ntitle: " + evil + "\n---\n## " + evil + "\n" + evil}}),
	} {
		page.lacks(t, "<script>alert", "<img src=x", "<svg onload", `href="javascript:`)
		if page.status != http.StatusOK {
			t.Errorf("%s: %d", page.at, page.status)
		}
	}
	b.get(path).has(t, "&lt;script&gt;alert(1)")
}

// A voice message: heard in ranges, its draft labelled, listened to.
func TestVoiceMessage(t *testing.T) {
	h := open(t)
	sam := h.hire(t, "Sam", dialog.SaferCustody)
	got, rec := h.rings(t, "")
	b := h.signedIn(t, sam)
	b.get("/console").has(t, "Telephone", "wants to die")
	path := "/console/conversations/" + string(got.Conversation)
	page := b.get(path)
	page.has(t, "Automatic draft, often wrong: listen", `src="/console/recordings/`+string(rec)+`"`, "I listened to the end", "Withheld", "from the automatic draft", "0:03")

	req := b.request(http.MethodGet, "/console/recordings/"+string(rec), nil)
	req.Header.Set("Range", "bytes=0-43")
	part := b.do(req)
	if part.status != http.StatusPartialContent || len(part.body) != 44 || part.header.Get("Content-Type") != "audio/wav" || part.header.Get("Cache-Control") != "no-store" || part.body[:4] != "RIFF" {
		t.Errorf("a range of the recording: %d, %d bytes, %v", part.status, len(part.body), part.header)
	}
	if r := b.get("/console/recordings/unknown"); r.status != http.StatusNotFound {
		t.Errorf("a recording that does not exist: %d", r.status)
	}
	b.post("/console/recordings/"+string(rec)+"/listened", url.Values{"conversation": {string(got.Conversation)}}).has(t, "Listened to by Sam")
	_, duties := h.concern(t, got.Conversation)
	for _, o := range duties {
		if o.Kind == dialog.Listen && o.State != dialog.Met {
			t.Error("the duty to listen is still open")
		}
	}
	b.post(path+"/take", url.Values{}).has(t, "the number is withheld: nothing can be sent back")
}

// What could not be sent is said in words, and what was typed is still there.
func TestNothingTypedIsLost(t *testing.T) {
	h := open(t)
	sam := h.hire(t, "Sam", dialog.Responder)
	got := h.texts(t, "+447700900123", "FAMOUT "+worry)
	b := h.signedIn(t, sam)
	path := "/console/conversations/" + string(got.Conversation)
	b.get(path)
	r := b.post(path+"/say", url.Values{"text": {"my long careful answer"}, "client_id": {"a1"}})
	if r.status != http.StatusConflict {
		t.Errorf("writing without having it: %d", r.status)
	}
	r.has(t, "Take it over before you write")
	b.post(path+"/take", url.Values{})
	h.texts(t, "+447700900123", "STOP")
	r = b.post(path+"/say", url.Values{"text": {"my long careful answer"}, "client_id": {"a1"}})
	r.has(t, "asked for no more texts", "my long careful answer")
	r = b.post(path+"/raise", url.Values{"text": {"seen at the visit"}})
	r.has(t, "say how soon people must act", "seen at the visit")
	if r := b.post(path+"/say", url.Values{"text": {strings.Repeat("x", 70<<10)}, "client_id": {"a2"}}); r.status != http.StatusRequestEntityTooLarge && r.status != http.StatusForbidden {
		t.Errorf("too much for a form: %d", r.status)
	}
	if r := b.get("/console/conversations/unknown"); r.status != http.StatusNotFound {
		t.Errorf("an unknown conversation: %d", r.status)
	}
}
