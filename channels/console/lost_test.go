package console_test

import (
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"helpline/dialog"
)

// wire is a network between browser and service that can be cut.
type wire struct {
	to, addr string
	mu       sync.Mutex
	l        net.Listener
	open     map[net.Conn]bool
}

func newWire(t testing.TB, to string) *wire {
	t.Helper()
	w := &wire{to: strings.TrimPrefix(to, "http://"), addr: "127.0.0.1:0", open: map[net.Conn]bool{}}
	w.mend(t)
	t.Cleanup(w.cut)
	return w
}

func (w *wire) mend(t testing.TB) {
	t.Helper()
	l, err := net.Listen("tcp", w.addr)
	if err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	w.l, w.addr = l, l.Addr().String()
	w.mu.Unlock()
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", w.to)
			if err != nil {
				_ = in.Close()
				continue
			}
			w.mu.Lock()
			w.open[in], w.open[out] = true, true
			w.mu.Unlock()
			go pour(in, out)
			go pour(out, in)
		}
	}()
}

func pour(from, to net.Conn) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			if _, werr := to.Write(buf[:n]); werr != nil {
				break
			}
		}
		if err != nil {
			break
		}
	}
	_ = from.Close()
	_ = to.Close()
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.l.Close()
	for c := range w.open {
		_ = c.Close()
	}
	clear(w.open)
}

// The connection goes and comes back: it is said, nothing that was typed is
// lost, and what happened meanwhile is there, once.
func TestConnectionLostAndFound(t *testing.T) {
	h := open(t)
	sam := h.hire(t, "Sam", dialog.Responder)
	got := h.chats(t, "visitor", "can i speak to a person please")
	w := newWire(t, h.web.URL)
	b := openTab(t, 1280, 800)
	b.quiet = true // a page without a network complains of it
	b.visit("http://" + w.addr + "/console/sign-in?next=" + url.QueryEscape("/console/conversations/"+string(got.Conversation)))
	b.write("#email", "sam@example.org")
	b.write("#password", password)
	b.click("main button")
	b.until(`document.querySelector('#take')`)
	b.click("#take")
	b.until(`document.activeElement.id === 'say-text'`)
	b.write("#say-text", "half a sentence")
	w.cut()
	b.until(`!document.querySelector('#connection').hidden`)
	b.says("Connection lost")
	b.picture("console-connection-lost")
	b.write("#say-text", " and the rest")
	b.click("#send")
	b.says("What you wrote is still here")
	h.chats(t, "visitor", "are you still there")
	w.mend(t)
	b.until(`document.querySelector('#connection').hidden`)
	b.says("are you still there")
	if v := js[string](b, `document.querySelector('#say-text').value`); v != "half a sentence and the rest" {
		t.Errorf("in the box stands %q", v)
	}
	b.do(chromedp.KeyEvent("!"))
	b.click("#send")
	b.until(`document.querySelector('#say-text').value === ''`)
	b.until(`document.querySelectorAll('.c-entry--staff').length === 1`)
	said := 0
	for _, e := range h.events(t, got.Conversation) {
		if e.Kind == dialog.SaidStaff {
			said++
		}
	}
	if said != 1 {
		t.Errorf("said %d times", said)
	}

	// Signed out elsewhere: it is said, and signing in again in another tab
	// is enough to go on with what is in the box.
	b.write("#say-text", "one thing more")
	if err := h.people.SignOutEverywhere(t.Context(), string(sam.ID)); err != nil {
		t.Fatal(err)
	}
	b.click("#send")
	b.says("You are signed out")
	other := b.fresh()
	other.visit("http://" + w.addr + "/console/sign-in")
	other.write("#email", "sam@example.org")
	other.write("#password", password)
	other.click("main button")
	other.until(`document.querySelector('.c-header__out')`)
	b.run(`window.dispatchEvent(new Event('focus'))`)
	b.until(`document.querySelector('#connection').hidden`)
	b.until(`document.querySelector('#say-text').value === 'one thing more'`)
	b.click("#send")
	b.until(`document.querySelectorAll('.c-entry--staff').length === 2`)
}

// What somebody types into a form beside the talk stays when the same part is
// changed by a colleague, and they are told.
func TestTypingIsNotOverwritten(t *testing.T) {
	h := open(t)
	sam, kim := h.hire(t, "Sam", dialog.Responder), h.hire(t, "Kim", dialog.Responder)
	got := h.texts(t, "+447700900123", "FAMOUT "+worry)
	b := openTab(t, 1280, 800)
	b.signIn(h, sam)
	b.visit(h.web.URL + "/console/conversations/" + string(got.Conversation))
	b.until(`document.querySelector("[id^='d-facts-'] summary")`)
	b.run(`document.querySelector("[id^='d-facts-']").open = true`)
	b.write("[id^='prison_number-']", "A1234BC")
	c, _ := h.concern(t, got.Conversation)
	k := h.signedIn(t, kim)
	facts := url.Values{"conversation": {string(got.Conversation)}, "was_level": {"immediate"}, "level": {"immediate"},
		"was_prison": {"stoke-heath"}, "prison": {"stoke-heath"}, "prisoner_name": {"Example Person"}, "was_prisoner_name": {""}}
	k.get("/console/conversations/" + string(got.Conversation))
	k.post("/console/concerns/"+string(c.ID)+"/facts", facts).has(t, "Example Person")
	b.says("This was changed meanwhile. What you typed is kept.")
	if v := js[string](b, `document.querySelector("[id^='prison_number-']").value`); v != "A1234BC" {
		t.Errorf("in the field stands %q", v)
	}
	b.picture("console-changed-meanwhile")
	// Saved on top: both are there.
	b.run(`document.querySelector("[id^='d-facts-'] button[type=submit]").click()`)
	b.until(`document.querySelector("[id^='p-facts-'] dl").innerText.includes('A1234BC')`)
	b.until(`document.querySelector("[id^='p-facts-'] dl").innerText.includes('Example Person')`)

	// The same field: the second is told what the first wrote.
	facts.Set("prisoner_name", "Another Name")
	r := k.post("/console/concerns/"+string(c.ID)+"/facts", facts)
	r.has(t, "was changed meanwhile", "Example Person", "Another Name")
}

// The whole of a take-over by keyboard alone.
func TestByKeyboard(t *testing.T) {
	h := open(t)
	sam := h.hire(t, "Sam", dialog.Responder)
	h.chats(t, "visitor", "can i speak to a person please")
	b := openTab(t, 1024, 768)
	b.signIn(h, sam)
	b.until(`document.querySelector('.c-row__why')`)
	tabTo(b, `document.activeElement.classList.contains('c-row__why')`)
	b.do(chromedp.KeyEvent("\r"))
	b.until(`document.querySelector('#take')`)
	tabTo(b, `document.activeElement.id === 'take'`)
	b.do(chromedp.KeyEvent("\r"))
	b.until(`document.activeElement.id === 'say-text'`)
	b.do(chromedp.KeyEvent("Hello, this is Sam."))
	b.do(chromedp.KeyEvent("\r", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	b.until(`[...document.querySelectorAll('.c-entry--staff')].some((e) => e.innerText.includes('this is Sam'))`)
	b.until(`document.activeElement.id === 'say-text'`)
	tabTo(b, `document.activeElement.id === 'hand-back'`)
	b.do(chromedp.KeyEvent(" "))
	b.says("Automatic answers are on.")
}

// tabTo presses Tab until the focus is where it should be; focus is visible on the way.
func tabTo(b *tab, there string) {
	b.t.Helper()
	for range 60 {
		if js[bool](b, there) {
			if !js[bool](b, `getComputedStyle(document.activeElement).outlineStyle !== 'none'`) {
				b.t.Error("the focus cannot be seen on " + js[string](b, `document.activeElement.outerHTML`))
			}
			return
		}
		b.do(chromedp.KeyEvent("\t"))
	}
	b.t.Fatalf("the keyboard never gets to %s", there)
}
