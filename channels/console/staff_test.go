package console_test

import (
	"testing"
	"time"

	"helpline/dialog"
)

// A shift in a real browser: the list fills by itself, a conversation is taken
// over, written to and handed back.
func TestAShift(t *testing.T) {
	h := open(t)
	sam, kim := h.hire(t, "Sam", dialog.Responder, dialog.SaferCustody, dialog.Editor), h.hire(t, "Kim", dialog.Responder)
	b := openTab(t, 1280, 800)
	b.visit(h.web.URL + "/console")
	b.until(`document.querySelector('#email')`)
	b.picture("console-sign-in")
	b.signIn(h, sam)
	b.says("Nobody is waiting")
	b.picture("console-empty")

	// Without reloading, whatever the focus is on.
	b.run(`window.sameInstance = true; document.querySelector('[name=prison]').focus()`)
	h.chats(t, "a visitor", "can i talk to a real person please, its about my visit on saturday")
	b.says("Asked for a person")
	h.texts(t, "+447700900123", "FAMOUT "+worry)
	b.says("Somebody may be at risk")
	b.until(`document.querySelector('#queue > li').classList.contains('c-row--immediate')`)
	b.until(`document.title.startsWith('(2!)')`)
	b.until(`!document.querySelector('#alarm').hidden && document.querySelector("#alarm").innerText.includes("immediate concern")`)
	h.texts(t, "+447700900200", "FAMOUT my dad is in barlinnie and he has not rung for two weeks, he always rings on a sunday and im worried sick")
	rung, _ := h.rings(t, "+447700900300")
	b.says("Telephone")
	b.until(`document.querySelectorAll('#queue > li').length === 4`)
	if !js[bool](b, `window.sameInstance && document.activeElement.name === 'prison'`) {
		t.Error("the page was loaded again, or focus was lost")
	}
	b.picture("console-queue")
	b.size(320, 700)
	b.picture("console-queue-320")
	noSidewaysScroll(b)
	b.size(1280, 800)

	b.click(".c-alarm__open")
	b.until(`document.querySelector('#take')`)
	b.says("trainers away")
	b.picture("console-conversation")
	b.click("#take")
	b.until(`document.querySelector('#say-text') && document.activeElement.id === 'say-text'`)
	b.write("#say-text", "This is Sam from the helpline. Thank you for telling us. I am ringing Stoke Heath now, and I will text you when I have spoken to them.")
	b.until(`document.querySelector('#say-cost').innerText.startsWith('1 text message')`)

	// What comes in while somebody writes takes nothing away from them.
	h.texts(t, "+447700900123", "his name is Example Person")
	b.says("his name is Example Person")
	b.until(`document.querySelector('#say-text').value.includes('I am ringing') && document.activeElement.id === 'say-text'`)
	b.picture("console-writing")
	b.click("#send")
	b.until(`document.querySelector('#say-text').value === ''`)
	b.until(`[...document.querySelectorAll('.c-entry--staff')].some((e) => e.innerText.includes('I am ringing') && e.innerText.includes('Sent'))`)
	if sent := h.phone.sent(); sent[len(sent)-1] != "This is Sam from the helpline. Thank you for telling us. I am ringing Stoke Heath now, and I will text you when I have spoken to them." {
		t.Errorf("the network was given %q", sent)
	}

	// A duty is written down beside the talk.
	b.click("[id^='d-duty-'][id$='-act'] summary")
	b.write("[id^='note-'][id$='-act']", "Rang the orderly officer, who went to the cell.")
	b.write("[id^='by-']", "Sam")
	b.write("[id^='when-']", "21:10")
	b.run(`document.querySelector("[id^='d-duty-'][id$='-act'] [name=spoken][value=yes]").click()`)
	b.picture("console-duty")
	b.run(`document.querySelector("[id^='d-duty-'][id$='-act'] button[value=met]").click()`)
	b.says("Rang the orderly officer, who went to the cell.")
	b.until(`document.querySelector('.c-duty--met')`)
	b.picture("console-conversation-held")
	b.size(320, 700)
	b.picture("console-conversation-320")
	noSidewaysScroll(b)
	b.size(1280, 800)

	// A colleague is told who has it.
	other := openTab(t, 1280, 800)
	other.quiet = true // the browser notes that taking over was refused
	other.signIn(h, kim)
	other.visit(js[string](b, `location.href`))
	other.says("Sam has this conversation.")
	other.click("#take")
	other.says("Sam has this conversation and is answering.")
	other.picture("console-held-by-another")

	b.click("#hand-back")
	b.says("Automatic answers are on.")
	other.until(`document.querySelector('#take').innerText === 'Take over'`)

	b.visit(h.web.URL + "/console/conversations/" + string(rung.Conversation))
	b.says("Automatic draft, often wrong: listen")
	b.until(`document.querySelector('audio').duration > 2.9`)
	b.picture("console-voice")
	b.run(`document.querySelector("[id^='listened-']").click()`)
	b.says("Listened to by Sam")
	b.size(320, 700)
	noSidewaysScroll(b)
}

// noSidewaysScroll holds a page to WCAG 2.2, 1.4.10: 320 pixels are enough.
func noSidewaysScroll(b *tab) {
	b.t.Helper()
	time.Sleep(50 * time.Millisecond) // the layout follows the new size
	if got := js[string](b, `document.documentElement.scrollWidth <= innerWidth ? '' : [...document.querySelectorAll('main *, header *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.tagName + '.' + e.className + '#' + e.id).slice(0, 8).join(' ')`); got != "" {
		b.t.Errorf("%s is wider than the screen: %s", js[string](b, `location.pathname`), got)
	}
}

// An editor changes a sheet, sees what it will look like, and publishes it.
func TestEditingInABrowser(t *testing.T) {
	h := open(t)
	ed := h.hire(t, "Ed", dialog.Editor)
	b := openTab(t, 1440, 900)
	b.signIn(h, ed)
	b.says("Sheets")
	b.picture("console-sheets")
	b.visit(h.web.URL + "/console/sheets/travel-costs")
	b.until(`document.querySelector('#source').value.includes('slug: travel-costs')`)
	b.says("Ready to publish")
	b.picture("console-sheet")
	b.run(`const s = document.querySelector('#source'); s.value = s.value.replace(/^title:.*$/m, 'titel: x'); s.dispatchEvent(new Event('input', {bubbles: true}))`)
	b.until(`document.querySelector('#faults a[data-line]')`)
	b.until(`document.querySelector('#numbers .c-bad')`)
	b.picture("console-sheet-faults")
	b.size(320, 700)
	noSidewaysScroll(b)
	b.picture("console-sheet-320")
}
