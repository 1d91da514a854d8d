package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/chromedp/chromedp"

	"helpline/dialog"
)

// What the machine made of a message is confirmed or corrected beside it.
func TestJudgingAMessage(t *testing.T) {
	h := open(t)
	b := h.signedIn(t, h.hire(t, "Sam", dialog.Responder))
	got := h.texts(t, "+447700900123", "FAMOUT "+worry)
	path := "/console/conversations/" + string(got.Conversation)
	of := fmt.Sprint(got.Seq)
	b.get(path).has(t, "Is this right?")
	b.post(path+"/judge", url.Values{"of": {of}, "level": {"immediate"}}).has(t, "Written down beside the message.", "Confirmed by Sam", "Seen:")
	b.post(path+"/judge", url.Values{"of": {of}, "level": {"concern"}, "kinds": {string(dialog.BadNews)}}).has(t, "Corrected by Sam", "Bad news")
	b.post(path+"/judge", url.Values{"of": {of}, "was": {"concern"}, "kinds": {string(dialog.BadNews + "," + dialog.NoContact)}}).has(t, "No word from them", "Bad news")
	if c, _ := h.concern(t, got.Conversation); c.Level != dialog.LevelImmediate {
		t.Errorf("a judgement lowered the concern to %s", c.Level)
	}
	for _, wrong := range []url.Values{{"of": {of}}, {"level": {"urgent"}}, {"of": {"999"}, "level": {"urgent"}}, {"of": {of}, "level": {"urgent"}, "kinds": {"moods"}}, {"of": {of}, "kinds": {string(dialog.BadNews)}}} {
		if r := b.post(path+"/judge", wrong); r.status != http.StatusUnprocessableEntity {
			t.Errorf("%v: %d", wrong, r.status)
		}
	}
}

// One key press is enough, and it works only where the focus is.
func TestJudgingByOneKey(t *testing.T) {
	h := open(t)
	sam := h.hire(t, "Sam", dialog.Responder)
	got := h.chats(t, "visitor", "can i speak to a person please")
	b := openTab(t, 1280, 800)
	b.signIn(h, sam)
	b.visit(h.web.URL + "/console/conversations/" + string(got.Conversation))
	summary := fmt.Sprintf("judge-%d", got.Seq)
	b.until(`document.getElementById('` + summary + `')`)
	b.do(chromedp.KeyEvent("3")) // nothing has the focus
	b.run(`document.getElementById('` + summary + `').focus()`)
	b.do(chromedp.KeyEvent("2"))
	b.says("Corrected by Sam")
	b.until(`document.activeElement.id === '` + summary + `'`)
	if c, _ := h.concern(t, got.Conversation); c.Level != dialog.LevelUrgent {
		t.Errorf("the concern is %s", c.Level)
	}
	b.do(chromedp.KeyEvent("y"))
	b.says("Confirmed by Sam")
	b.until(`document.activeElement.id === '` + summary + `'`)
	b.do(chromedp.KeyEvent("v"))
	b.says("Violence, bullying or debt")
	b.until(`document.activeElement.id === '` + summary + `'`)
	b.do(chromedp.KeyEvent("o"))
	b.says("Another risk")
	b.until(`document.activeElement.id === '` + summary + `'`)
	b.do(chromedp.KeyEvent("o"))
	b.until(`document.querySelector('.c-judged').textContent.includes('Violence') && !document.querySelector('.c-judged').textContent.includes('Another risk')`)
	alarms := 0
	for _, e := range h.events(t, got.Conversation) {
		if e.Kind == dialog.Raised {
			alarms++
		}
	}
	if alarms != 1 {
		t.Errorf("another kind of the same risk was written down as %d alarms", alarms)
	}
	b.run(`document.getElementById('d-` + summary + `').open = true`)
	b.picture("console-judged")
}
