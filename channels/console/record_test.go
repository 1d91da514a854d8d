package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"helpline/dialog"
	"helpline/dialog/desk"
)

// asked writes down what has to be known before a concern's duties can be met.
func (h *house) asked(t testing.TB, w dialog.Worker, id dialog.ConcernID) {
	t.Helper()
	spoken, harm := true, dialog.HarmNone
	if err := h.SetHandling(t.Context(), w, id, desk.HandlingChange{SpokenTo: &spoken, Harm: &harm}); err != nil {
		t.Fatal(err)
	}
}

// What is written down about a concern, without JavaScript: each answer by
// itself, and nothing is offered to be said before harm was thought of.
func TestHandlingAndFeedback(t *testing.T) {
	h := open(t)
	sam := h.hire(t, "Sam", dialog.Responder)
	got := h.texts(t, "+447700900123", "FAMOUT "+worry)
	h.texts(t, "+447700900123", "please dont tell him it was me")
	c, _ := h.concern(t, got.Conversation)
	b := h.signedIn(t, sam)
	path, concern := "/console/conversations/"+string(got.Conversation), "/console/concerns/"+string(c.ID)
	with := func(pairs ...string) url.Values {
		v := url.Values{"conversation": {string(got.Conversation)}}
		for i := 0; i+1 < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v
	}
	page := b.get(path)
	page.has(t, "Could contact, or an answer, do harm?", "They asked:", "please dont tell him it was me", "First write down, under Handling", "ask that an ACCT is opened", "Still missing:")
	page.lacks(t, "Put into the reply", "CSIP")

	for _, bad := range []url.Values{
		with("matter", "harm"), with("matter", "harm", "answer", "possible", "note", ""), with("matter", "harm", "answer", "who knows"),
		with("matter", "spoken_to", "answer", "maybe"), with("matter", "weather", "answer", "yes"),
	} {
		if r := b.post(concern+"/handling", bad); r.status != http.StatusUnprocessableEntity {
			t.Errorf("%v: %d", bad, r.status)
		}
	}
	b.post(concern+"/handling", with("matter", "harm", "answer", "possible", "note", "He must not learn that his girlfriend wrote")).has(t, "Written down.", "Harm is possible: He must not learn")
	b.post(concern+"/handling", with("matter", "consent", "answer", "given", "note", "in his file, with the chaplain")).has(t, "in his file, with the chaplain")
	b.post(concern+"/handling", with("matter", "told_of_caller", "answer", "no", "note", ""))
	b.post(concern+"/duty", with("kind", "act", "state", "met", "note", "rang the wing", "by", "Sam", "spoken", "yes"))
	page = b.get(path)
	page.has(t, "nothing personal", "Take over to send it.", "Think whether to answer at all")
	page.lacks(t, "With the consent that was given", "Put into the reply")
	page = b.post(path+"/take", url.Values{})
	page.has(t, "Put into the reply", "offer=feedback.general")

	// One press puts the text into the reply; nothing is sent by that.
	sent := len(h.phone.sent())
	page = b.get(path + "?offer=feedback.general&concern=" + string(c.ID))
	page.has(t, `name="text" rows="3"`)
	if box := page.body[strings.Index(page.body, `id="say-text"`):]; !strings.HasPrefix(box[strings.Index(box, ">")+1:], "Thank you for your message to us.") {
		t.Errorf("in the box stands %.200q", box)
	}
	if got := b.get(path + "?offer=feedback.consent&concern=" + string(c.ID)).body; strings.Contains(got, "has been spoken to and agreed") {
		t.Error("what is not offered is in the reply")
	}
	if n := len(h.phone.sent()); n != sent {
		t.Errorf("%d texts were sent", n-sent)
	}
	b.post(concern+"/handling", with("matter", "harm", "answer", "none", "note", "")).has(t, "With the consent that was given")

	// The whole record, with who did what.
	record := b.get(concern)
	record.has(t, "Their own words", "trainers away", "History", "No harm to be expected", "Agreed", "in his file, with the chaplain", "Was the person in prison told who raised it? No (Sam)",
		"Could contact, or an answer, do harm? Yes, it is possible (Sam). He must not learn that his girlfriend wrote", "rang the wing", "To do by", "ACCT", "They asked")
	record.lacks(t, "+447700900123", "<form method=\"post\" action=\"/console/concerns")
	if b.get("/console/concerns/none").status != http.StatusNotFound {
		t.Error("a record that there is not")
	}
}

// Two who worry about the same man: each stands beside the other, is joined and
// taken apart by one press, and what was done is written for both.
func TestTwoAboutTheSamePerson(t *testing.T) {
	h := open(t)
	sam := h.hire(t, "Sam", dialog.Responder)
	mother := h.texts(t, "+447700900123", "FAMOUT "+worry)
	sister := h.texts(t, "+447700900124", "FAMOUT he is going to hang himself tonight, he is in stoke heath")
	name := dialog.Facts{PrisonerName: "Example Person"}
	var ids []dialog.ConcernID
	for _, conv := range []dialog.ConversationID{mother.Conversation, sister.Conversation} {
		c, _ := h.concern(t, conv)
		ids = append(ids, c.ID)
		if err := h.SetConcern(t.Context(), sam, c.ID, desk.ConcernChange{Facts: &name}); err != nil {
			t.Fatal(err)
		}
	}
	b := h.signedIn(t, sam)
	path := "/console/conversations/" + string(mother.Conversation)
	in := func(pairs ...string) url.Values {
		v := url.Values{"conversation": {string(mother.Conversation)}}
		for i := 0; i+1 < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v
	}
	b.get(path).has(t, "Perhaps the same person", "The same name, at the same prison", "tonight", "Nobody else that we know of")
	page := b.post("/console/concerns/"+string(ids[0])+"/link", in("other", string(ids[1])))
	page.has(t, "each now stands beside the other", "Not the same person", "Say to nobody that another wrote", "joined this concern to", "Done for these as well")
	page.lacks(t, "Perhaps the same person")
	b.post("/console/concerns/"+string(ids[0])+"/duty", in("kind", "act", "state", "met", "note", "rang the wing", "by", "Sam", "spoken", "yes", "also", string(ids[1])))
	b.get("/console").has(t, "1 more about the same person")
	other := b.get("/console/conversations/" + string(sister.Conversation))
	other.has(t, "rang the wing", "trainers away")
	_, duties := h.concern(t, sister.Conversation)
	for _, o := range duties {
		if (o.Kind == dialog.Act) != (o.State == dialog.Met) {
			t.Errorf("%s: %s", o.Kind, o.State)
		}
	}
	for _, text := range h.phone.sent() {
		if strings.Contains(text, "sister") || strings.Contains(text, "Example") {
			t.Errorf("sent %q", text)
		}
	}
	b.post("/console/concerns/"+string(ids[1])+"/unlink", in()).has(t, "Taken apart.", "Nobody else that we know of")
}

// Where nothing can be written nothing is offered to be written in.
func TestWhereNothingCanBeWritten(t *testing.T) {
	h := open(t)
	sam := h.hire(t, "Sam", dialog.Responder)
	b := h.signedIn(t, sam)
	rung, _ := h.rings(t, "+447700900300")
	page := b.get("/console/conversations/" + string(rung.Conversation))
	page.has(t, "nothing can be written back", `href="tel:+447700900300"`)
	page.lacks(t, "Take over to write")
	got := h.texts(t, "+447700900123", "FAMOUT "+worry)
	h.texts(t, "+447700900123", "STOP")
	page = b.get("/console/conversations/" + string(got.Conversation))
	page.has(t, "Nothing can be sent: this person asked for no more texts.")
	page.lacks(t, "Take over to write")
	h.texts(t, "+447700900123", "his name is Example Person")
	b.get("/console").has(t, "Wants no more texts: find another way", "<mark", "trainers away", "Newest: his name is Example Person")
}

// In a browser: what somebody else writes about the same person appears by
// itself, and an offered text goes into the reply without being sent.
func TestTheRecordInABrowser(t *testing.T) {
	h := open(t)
	sam := h.hire(t, "Sam", dialog.Responder)
	mother := h.texts(t, "+447700900123", "FAMOUT "+worry+", prison number A1234BC")
	h.texts(t, "+447700900123", "Example Person")
	h.texts(t, "+447700900123", "please dont tell him it was me")
	h.texts(t, "+447700900124", "FAMOUT he is in stoke heath, his number is A1234BC and he owes them money, they said they will stab him on the wing")
	c, _ := h.concern(t, mother.Conversation)
	b := openTab(t, 1280, 1000)
	b.signIn(h, sam)
	b.picture("record-queue")
	b.visit(h.web.URL + "/console/conversations/" + string(mother.Conversation))
	b.says("Also about the same person")
	b.says("they will stab him on the wing")
	h.texts(t, "+447700900124", "FAMOUT he has just rung and he is crying, he wants to die")
	b.says("he is crying, he wants to die")

	b.click("#take")
	b.until(`document.querySelector('#say-text')`)
	b.click("[id^='handling-harm-']")
	b.run(`document.querySelector("[id^='d-handling-harm-'] [value=none]").click()`)
	b.picture("record-handling")
	b.run(`document.querySelector("[id^='d-handling-harm-'] form button").click()`)
	b.says("A text is offered here once Act is done.")
	b.click("[id^='d-duty-'][id$='-act'] summary")
	b.write("[id^='note-'][id$='-act']", "Rang the orderly officer, who went to the cell.")
	b.write("[id^='by-'][id$='-act']", "Sam")
	b.run(`document.querySelector("[id$='-act'] [name=spoken][value=yes]").click(); document.querySelector("[id$='-act'] [name=also]").click()`)
	b.picture("record-act")
	b.run(`document.querySelector("[id^='d-duty-'][id$='-act'] button[value=met]").click()`)
	b.until(`document.querySelector('[data-put]')`)
	b.run(`document.querySelector('[data-put]').click()`)
	b.until(`document.querySelector('#say-text').value.startsWith('Thank you for your message to us.')`)
	b.until(`document.querySelector('#say-cost').innerText.startsWith('2 text messages') || document.querySelector('#say-cost').innerText.startsWith('1 text message')`)
	b.run(`document.querySelector('[data-put]').scrollIntoView({block: 'center'})`)
	b.picture("record-offer")
	b.run(`document.querySelector("[id^='p-about-']").scrollIntoView()`)
	b.picture("record-about")
	for _, text := range h.phone.sent() {
		if strings.HasPrefix(text, "Thank you for your message") {
			t.Errorf("sent by itself: %q", text)
		}
	}
	b.size(390, 844)
	b.run(`document.querySelector("[id^='p-handling-']").scrollIntoView()`)
	b.picture("record-side-390")
	noSidewaysScroll(b)
	b.visit(h.web.URL + "/console/concerns/" + string(c.ID))
	b.says("Their own words")
	noSidewaysScroll(b)
	b.picture("record-390")
	script := audit(t)
	if faults := js[string](b, script); faults != "" {
		t.Errorf("the record: %s", faults)
	}
	b.run(`scrollTo(0, document.body.scrollHeight)`)
	b.picture("record-390-end")
	b.size(1280, 1000)
	b.run(`scrollTo(0, 0)`)
	b.picture("record-1280")
	b.run(`scrollTo(0, document.body.scrollHeight)`)
	b.picture("record-1280-end")
	if faults := js[string](b, script); faults != "" {
		t.Errorf("the record: %s", faults)
	}
}
