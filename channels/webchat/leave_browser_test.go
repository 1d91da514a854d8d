package webchat_test

import (
	"strings"
	"testing"
	"time"

	"helpline/channels/webchat"
)

func TestBrowserExit(t *testing.T) {
	out := weather(t)
	h := open(t, func(c *webchat.Config) { c.ExitURL = out })
	leavers := 0
	for name, leave := range map[string]func(*tab){
		"button": func(b *tab) { b.click(`.hl-top .hl-exit`) },
		"shift": func(b *tab) {
			b.focus(`#say-text`)
			b.keys("CAPITAL LETTERS DO NOT COUNT")
			b.shift()
			b.until(`document.querySelectorAll('.hl-dots .hl-on').length === 1 && !document.querySelector('.hl-dots').hidden`)
			b.shift()
			b.until(`document.querySelectorAll('.hl-dots .hl-on').length === 2`)
			b.picture("chat-shift")
			b.shift()
		},
		"hidden link": func(b *tab) {
			b.run(`document.activeElement.blur(); document.body.tabIndex = -1; document.body.focus()`)
			b.keys("\t\t") // the second stop on the page
			b.until(`document.activeElement.matches('.hl-skip.hl-exit')`)
			b.picture("chat-second-link")
			b.enter()
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := openTab(t, 800, 700)
			b.visit(h.web.URL + "/chat")
			b.until(connected)
			b.say("nobody may read this, he said bye to the kids, stoke heath")
			b.until(`document.querySelector('.hl-urgent')`)
			secret := b.secret(h.web.URL)
			length := js[int](b, `history.length`)
			leave(b)
			b.until(`document.title === 'Weather'`)
			if from := js[string](b, `document.querySelector('#w').textContent`); strings.Contains(from, "chat") {
				t.Errorf("the other site was told: %s", from)
			}
			if n := js[int](b, `history.length`); n != length {
				t.Errorf("the history grew from %d to %d: the chat can be gone back to", length, n)
			}
			leavers++
			for end := time.Now().Add(5 * time.Second); h.count(t, leftNotes) < leavers && time.Now().Before(end); {
				time.Sleep(10 * time.Millisecond)
			}
			b.visit(h.web.URL + "/chat")
			b.until(connected + ` && !sessionStorage.getItem('helpline.left') && !document.getElementById('chat').hidden`)
			if js[bool](b, `document.body.innerText.includes('nobody may read')`) || b.secret(h.web.URL) == secret {
				t.Error("the chat is still there")
			}
			if kept := js[string](b, `JSON.stringify(sessionStorage) + JSON.stringify(localStorage)`); strings.Contains(kept, "nobody") {
				t.Errorf("the browser keeps %s", kept)
			}
			// The view is gone; the concern is not.
			h.conversation(t, secret)
		})
	}
	if n := h.count(t, `SELECT count(*) FROM concerns WHERE closed_at = 0`); n != 3 {
		t.Errorf("%d concerns are open after three visitors left", n)
	}
	if n := h.count(t, leftNotes); n != 3 {
		t.Errorf("staff were told %d times that a visitor left", n)
	}
}

const leftNotes = `SELECT count(*) FROM events WHERE text = 'the visitor left the chat'`

// Leaving works without a connection, and is made good when the visitor comes back.
func TestBrowserExitWithoutAConnection(t *testing.T) {
	out := weather(t)
	h := open(t, func(c *webchat.Config) { c.ExitURL = out })
	w := newWire(t, h.web.URL)
	b := openTab(t, 800, 700)
	b.visit("http://" + w.addr + "/chat")
	b.until(connected)
	b.say("nobody may read this")
	b.until(`document.querySelector('.hl-bot')`)
	secret := b.secret("http://" + w.addr)
	w.cut()
	b.click(`.hl-top .hl-exit`)
	b.until(`document.title === 'Weather'`)
	w.mend()
	b.visit("http://" + w.addr + "/chat")
	b.until(connected + ` && !sessionStorage.getItem('helpline.left') && !document.getElementById('chat').hidden`)
	if js[bool](b, `document.body.innerText.includes('nobody may read')`) || b.secret("http://"+w.addr) == secret {
		t.Error("the chat is still there")
	}
	if n := h.count(t, leftNotes); n == 0 {
		t.Error("nobody was told that the visitor left")
	}
}

func TestBrowserEndChat(t *testing.T) {
	h := open(t, nil)
	b := openTab(t, 800, 700)
	b.visit(h.web.URL + "/chat")
	b.until(connected)
	b.say("a first chat")
	b.until(`document.querySelector('.hl-bot')`)
	other := b.fresh()
	other.visit(h.web.URL + "/chat")
	other.until(`document.body.innerText.includes('a first chat')`)
	b.click(`[data-hl=end] button`)
	b.until(`document.querySelector('.hl-ask')`)
	b.picture("chat-end")
	b.keys("\t") // from "Go on" to "End it"
	b.enter()
	b.until(`document.body.innerText.includes('You have ended the chat') && !document.body.innerText.includes('a first chat')`)
	other.until(`document.body.innerText.includes('You have ended the chat') && !document.body.innerText.includes('a first chat')`)
	b.until(connected)
	b.say("a second chat")
	b.until(`document.querySelector('.hl-bot')`)
	if n := h.count(t, `SELECT count(*) FROM people`); n != 2 {
		t.Errorf("%d visitors", n)
	}
}
