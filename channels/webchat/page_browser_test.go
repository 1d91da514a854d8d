package webchat_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
)

const (
	connected = `document.documentElement.classList.contains('hl-js') && document.querySelector('[data-hl=banner]').textContent === ''`
	lastText  = `Array.from(document.querySelectorAll('.hl-text')).pop()?.textContent`
)

// ownLines is the texts of the visitor's own lines with their statuses.
const ownLines = `Array.from(document.querySelectorAll('.hl-person')).map(l => l.querySelector('.hl-text').textContent + '|' + l.querySelector('.hl-status').textContent)`

// type writes into the box and sends with Enter.
func (b *tab) say(text string) {
	b.t.Helper()
	b.focus(`#say-text`)
	b.keys(text)
	b.enter()
}

func TestBrowserAskAndAnswer(t *testing.T) {
	h := open(t, nil)
	b := openTab(t, 1280, 900)
	b.visit(h.web.URL + "/chat")
	b.until(connected)
	b.picture("chat-empty-desktop")
	b.say("what is a case conference")
	b.until(`document.querySelector('.hl-person .hl-status')?.textContent === 'Stored'`)
	b.until(`document.querySelector('.hl-bot .hl-sources a')?.target === '_blank'`)
	if s := js[string](b, `document.querySelector('.hl-bot .hl-sources a').textContent`); !strings.HasPrefix(s, "From: ") {
		t.Errorf("the source reads %q", s)
	}
	b.until(`/Your reference number is \d{7}/.test(document.querySelector('[data-hl=ref]').textContent)`)
	conv := h.conversation(t, b.secret(h.web.URL))
	// Typing goes both ways.
	h.takeOver(t, conv)
	h.TypingFrom(conv, 2)
	b.until(`document.querySelector('[data-hl=typing]').textContent.includes('writing')`)
	h.staffSays(t, conv, "Hello, this is Sam. You can ring me on 01632 960 123, or 999 if a life is in danger.")
	b.until(`document.querySelector('.hl-staff .hl-who span')?.textContent === 'Sam'`)
	if hrefs := js[[]string](b, `Array.from(document.querySelectorAll('.hl-staff .hl-text a')).map(a => a.href)`); strings.Join(hrefs, " ") != "tel:01632960123 tel:999" {
		t.Errorf("telephone links: %v", hrefs)
	}
	b.say(`<img src=x onerror="window.bad=1"> is only words`)
	b.until(lastText + ` === '<img src=x onerror="window.bad=1"> is only words'`)
	if js[bool](b, `Boolean(window.bad) || document.querySelectorAll('.hl-line img').length > 0`) {
		t.Error("a visitor's words became markup")
	}
	b.until(`!document.querySelector('.hl-pending')`)
	b.picture("chat-desktop")
	// Loading again shows the same once, and the chat goes on.
	before := js[int](b, `document.querySelectorAll('.hl-line').length`)
	b.visit(h.web.URL + "/chat?again")
	b.until(connected)
	h.staffSays(t, conv, "And one more thing.")
	b.until(lastText + ` === 'And one more thing.'`)
	if after := js[int](b, `document.querySelectorAll('.hl-line').length`); after != before+1 {
		t.Errorf("%d lines became %d", before, after)
	}
	b.noFaults()
}

func TestBrowserRiskAndChoices(t *testing.T) {
	h := open(t, nil)
	b := openTab(t, 390, 844)
	b.visit(h.web.URL + "/chat")
	b.until(connected)
	b.picture("chat-empty-phone")
	b.say("he's given his trainers away and said bye to the kids, he's in stoke heath")
	b.until(`document.querySelector('.hl-urgent .hl-label')?.textContent === 'Important'`)
	b.until(`document.querySelector('.hl-urgent a[href="tel:999"]')`)
	b.until(`!document.querySelector('.hl-pending')`)
	b.picture("chat-urgent-phone")
	b.noFaults()
}

// What the desk offers to choose from is said when its button is pressed, and
// is offered no longer.
func TestBrowserChoices(t *testing.T) {
	h := open(t, nil)
	b := openTab(t, 390, 844)
	b.visit(h.web.URL + "/chat")
	b.until(connected)
	b.say("what are the standard and enhanced routes in icm")
	b.until(`document.querySelector('.hl-choices button')`)
	b.picture("chat-choices-phone")
	words := js[string](b, `document.querySelector('.hl-choices button').textContent`)
	b.focus(`.hl-choices button`)
	b.enter()
	b.until(fmt.Sprintf(`Array.from(document.querySelectorAll('.hl-person .hl-text')).pop().textContent === %q`, words))
	b.until(`document.querySelectorAll('.hl-bot').length > 1 && !document.querySelector('.hl-pending')`)
	if n := h.count(t, `SELECT count(*) FROM events WHERE kind = 'said_in' AND text = $1`, words); n != 1 {
		t.Errorf("the choice is stored %d times", n)
	}
	if n := js[int](b, `document.querySelectorAll('.hl-line:not(:last-child) .hl-choices').length`); n != 0 {
		t.Errorf("%d old choices are still offered", n)
	}
	if at := js[string](b, `document.activeElement.id`); at != "say-text" {
		t.Errorf("after choosing the focus is on %q", at)
	}
}

// The connection is cut in the middle and comes back: nothing is lost and
// nothing is doubled, on either side.
func TestBrowserConnectionLostAndFound(t *testing.T) {
	h := open(t, nil)
	w := newWire(t, h.web.URL)
	b := openTab(t, 800, 700)
	b.visit("http://" + w.addr + "/chat")
	b.until(connected)
	b.say("before the cut")
	b.until(`document.querySelector('.hl-bot')`)
	conv := h.conversation(t, b.secret("http://"+w.addr))
	h.takeOver(t, conv)
	h.staffSays(t, conv, "Sam before the cut")
	b.until(lastText + ` === 'Sam before the cut'`)
	w.cut()
	h.staffSays(t, conv, "Sam during the cut")
	b.say("first during the cut")
	b.say("second during the cut")
	b.until(`document.querySelector('[data-hl=banner]').textContent.includes('connection is lost')`)
	b.until(`document.querySelectorAll('.hl-unsent .hl-status').length === 2`)
	if got := js[string](b, `document.querySelector('.hl-unsent .hl-status').textContent`); got != "Not sent – will try again" {
		t.Errorf("an unsent line says %q", got)
	}
	b.picture("chat-lost")
	w.mend()
	b.until(`document.querySelectorAll('.hl-unsent').length === 0 && document.querySelectorAll('.hl-pending').length === 0`)
	b.until(`Array.from(document.querySelectorAll('.hl-staff .hl-text')).filter(l => l.textContent === 'Sam during the cut').length === 1`)
	want := "before the cut|Stored,first during the cut|Stored,second during the cut|Stored"
	if got := strings.Join(js[[]string](b, ownLines), ","); got != want {
		t.Errorf("the visitor sees %s", got)
	}
	b.picture("chat-found")
	if n := h.count(t, `SELECT count(*) FROM events WHERE kind = 'said_in'`); n != 3 {
		t.Errorf("%d messages stored", n)
	}
	// Cut between sending and hearing "stored", again and again.
	for i := range 5 {
		b.focus(`#say-text`)
		b.keys(fmt.Sprintf("shaky %d", i))
		b.enter()
		time.Sleep(time.Duration(i) * 3 * time.Millisecond)
		w.cut()
		time.Sleep(100 * time.Millisecond)
		w.mend()
	}
	b.until(`document.querySelectorAll('.hl-pending').length === 0`)
	for i := range 5 {
		if n := h.count(t, `SELECT count(*) FROM events WHERE kind = 'said_in' AND text = $1`, fmt.Sprintf("shaky %d", i)); n != 1 {
			t.Errorf("shaky %d is stored %d times", i, n)
		}
		if n := js[int](b, fmt.Sprintf(`Array.from(document.querySelectorAll('.hl-person .hl-text')).filter(l => l.textContent === 'shaky %d').length`, i)); n != 1 {
			t.Errorf("shaky %d is shown %d times", i, n)
		}
	}
}

// Words that could not be sent outlive a reload, and are sent once.
func TestBrowserUnsentWordsOutliveAReload(t *testing.T) {
	h := open(t, nil)
	w := newWire(t, h.web.URL)
	b := openTab(t, 800, 700)
	b.visit("http://" + w.addr + "/chat")
	b.until(connected)
	w.cut()
	b.say("said without a line")
	b.until(`document.querySelector('.hl-unsent')`)
	b.focus(`#say-text`)
	b.keys("half a thought")
	w.mend()
	b.visit("http://" + w.addr + "/chat?again")
	b.until(`Array.from(document.querySelectorAll('.hl-person .hl-status')).pop()?.textContent === 'Stored'`)
	if n := h.count(t, `SELECT count(*) FROM events WHERE text = 'said without a line'`); n != 1 {
		t.Errorf("stored %d times", n)
	}
	if got := js[string](b, `document.querySelector('#say-text').value`); got != "half a thought" {
		t.Errorf("the box holds %q", got)
	}
}

func TestBrowserTooLongStaysInTheBox(t *testing.T) {
	h := open(t, nil)
	b := openTab(t, 800, 700)
	b.visit(h.web.URL + "/chat")
	b.until(connected)
	b.run(`document.querySelector('#say-text').value = 'x'.repeat(4001)`)
	b.click(`.hl-send`)
	b.until(`document.querySelector('[data-hl=error]').textContent.includes('4001 characters')`)
	if n := js[int](b, `document.querySelector('#say-text').value.length`); n != 4001 {
		t.Errorf("%d characters are left in the box", n)
	}
	b.picture("chat-too-long")
	// Twelve at once: slowed down, and all of them arrive in order.
	for i := range 12 {
		b.run(fmt.Sprintf(`document.querySelector('#say-text').value = 'fast %d'; document.querySelector('#say').requestSubmit()`, i))
	}
	b.until(`document.querySelectorAll('.hl-person').length === 12 && document.querySelectorAll('.hl-pending').length === 0`)
	for i, line := range js[[]string](b, ownLines) {
		if line != fmt.Sprintf("fast %d|Stored", i) {
			t.Errorf("line %d is %q", i, line)
		}
	}
}

// At 320 pixels nothing is cut off sideways, also without JavaScript, and
// everything that is pressed is at least 24 pixels.
func TestBrowserNarrow(t *testing.T) {
	h := open(t, nil)
	b := openTab(t, 320, 568)
	fits := func(where string) {
		t.Helper()
		if w := js[int](b, `document.documentElement.scrollWidth`); w > 320 {
			t.Errorf("%s: %d pixels wide", where, w)
		}
		small := js[[]string](b, `Array.from(document.querySelectorAll('button, a, textarea, summary')).filter(e => { const r = e.getClientRects(); return r.length && !e.closest('.hl-text, .hl-skip') && (r[0].width < 24 || r[0].height < 24) }).map(e => e.outerHTML.slice(0, 80))`)
		if len(small) > 0 {
			t.Errorf("%s: smaller than 24 pixels: %v", where, small)
		}
	}
	b.visit(h.web.URL + "/chat")
	b.until(connected)
	fits("empty")
	b.say("averyveryveryverylongwordthatfitsnowhereatallonaphoneofthissizeandgoesonandon https://example.org/a/very/long/link/that/goes/on/and/on/and/on")
	b.until(`document.querySelector('.hl-bot')`)
	fits("with lines")
	b.picture("chat-320")
	b.scripts(false)
	b.visit(h.web.URL + "/chat?plain")
	b.scripts(true)
	fits("without JavaScript")
	b.picture("chat-320-plain")
	// Enlarged four times, the page still scrolls to everything.
	b.size(320, 200)
	b.visit(h.web.URL + "/chat?small")
	b.until(connected)
	fits("enlarged")
	b.focus(`#say-text`)
	if !js[bool](b, `(() => { const r = document.querySelector('#say-text').getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight })()`) {
		t.Error("the box in focus is not wholly to be seen")
	}
	b.picture("chat-320-enlarged")
}

// Without JavaScript, in a real browser: the form, and the page after it.
func TestBrowserWithoutJavaScript(t *testing.T) {
	h := open(t, nil)
	b := openTab(t, 800, 900)
	b.scripts(false)
	b.visit(h.web.URL + "/chat")
	b.scripts(true) // for the test's own questions: this page has run none
	b.focus(`#say-text`)
	b.scripts(false)
	b.keys("what is a case conference")
	b.keys("\t") // to "Send"
	b.enter()
	b.plainly(`document.querySelector('.hl-bot')`)
	b.picture("chat-plain")
	if js[bool](b, `document.documentElement.classList.contains('hl-js')`) {
		t.Fatal("the page's script ran")
	}
	text, address := js[string](b, `document.querySelector('.hl-person .hl-text').textContent`), js[string](b, `location.href`)
	if text != "what is a case conference" || !strings.HasSuffix(address, "/chat?stored=1#newest") {
		t.Errorf("%q at %s", text, address)
	}
	conv := h.conversation(t, b.secret(h.web.URL))
	h.takeOver(t, conv)
	h.staffSays(t, conv, "Here is Sam.")
	b.focus(`.hl-check a`)
	b.scripts(false)
	b.enter()
	b.plainly(`document.querySelector('.hl-staff')`)
}

// A choice without JavaScript is the form's own button.
func TestChoiceByForm(t *testing.T) {
	h := open(t, nil)
	b := newBrowser(t, h)
	b.get("/chat")
	b.post("/chat", url.Values{"id": {b.id()}, "text": {"what are the standard and enhanced routes in icm"}}).want(200, `name="choice" value="More"`)
	b.post("/chat", url.Values{"id": {b.id()}, "text": {""}, "choice": {"More"}}).want(200)
	if n := h.count(t, `SELECT count(*) FROM events WHERE kind = 'said_in' AND text = 'More'`); n != 1 {
		t.Errorf("the choice is stored %d times", n)
	}
}

// plainly is until for a page that runs no scripts. Scripts are on after it,
// for the test's own questions.
func (b *tab) plainly(expr string) {
	b.t.Helper()
	time.Sleep(500 * time.Millisecond) // the page that comes must not find scripts on
	b.scripts(true)
	b.until(expr)
}

// With the keyboard alone: in order, with what has the focus always in view.
func TestBrowserKeyboardOnly(t *testing.T) {
	h := open(t, nil)
	b := openTab(t, 800, 600)
	b.visit(h.web.URL + "/chat")
	b.until(connected)
	name := func() string {
		return js[string](b, `(() => { const e = document.activeElement; return e.id || e.getAttribute('data-hl') || e.tagName + ':' + e.textContent.trim().slice(0, 20) })()`)
	}
	var order []string
	for range 6 {
		b.keys("\t")
		order = append(order, name())
		// A control is obscured when something else lies over its middle.
		if !js[bool](b, `(() => { const e = document.activeElement, r = e.getBoundingClientRect(); const at = document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2); return at === e || e.contains(at) })()`) {
			t.Errorf("%s has the focus and is covered", order[len(order)-1])
		}
		if js[string](b, `getComputedStyle(document.activeElement).outlineStyle`) == "none" {
			t.Errorf("%s shows no focus", order[len(order)-1])
		}
	}
	if got := strings.Join(order, ", "); got != "A:Skip to the chat, exit, exit, SUMMARY:About this chat, say-text, BUTTON:Send" {
		t.Errorf("order: %s", got)
	}
	b.backTab()
	b.keys("hello there")
	b.enter()
	b.until(`document.querySelector('.hl-bot')`)
	if name() != "say-text" {
		t.Errorf("after sending the focus is on %s", name())
	}
	if role := js[string](b, `(() => { const l = document.querySelector('[data-hl=log]'); return l.getAttribute('role') + ' ' + l.getAttribute('aria-live') + ' ' + l.getAttribute('aria-label') })()`); role != "log polite Messages" {
		t.Errorf("the log is %s", role)
	}
	b.picture("chat-keyboard")
}

// Scripts from right to left stand as they are written, and where a person
// has chosen their own colours every line still has an edge.
func TestBrowserOtherScriptsAndColours(t *testing.T) {
	h := open(t, nil)
	b := openTab(t, 800, 700)
	b.visit(h.web.URL + "/chat")
	b.until(connected)
	b.focus("#say-text")
	b.run(`document.execCommand('insertText', false, 'متى يمكنني زيارة أخي في السجن؟ 01632 960123')`)
	b.enter()
	b.until(`document.querySelector('.hl-bot')`)
	if d := js[string](b, `getComputedStyle(document.querySelector('.hl-person .hl-text')).direction`); d != "rtl" {
		t.Errorf("Arabic is set %s", d)
	}
	b.picture("chat-arabic")
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "forced-colors", Value: "active"}, //nolint:misspell // the name that the standard gives it
		{Name: "prefers-reduced-motion", Value: "reduce"},
	}})
	for _, part := range []string{".hl-person .hl-bubble", ".hl-bot .hl-bubble", ".hl-exit", ".hl-send", "#say-text"} {
		if w := js[string](b, `getComputedStyle(document.querySelector('`+part+`')).borderTopStyle`); w == "none" {
			t.Errorf("%s has no edge", part)
		}
	}
	if n := js[int](b, `document.getAnimations().length`); n != 0 {
		t.Errorf("%d things move", n)
	}
	b.picture("chat-forced-colours")
}
