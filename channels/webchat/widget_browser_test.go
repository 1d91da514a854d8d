package webchat_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"helpline/channels/webchat"
)

// site is somebody else's website, under another name and with a policy of its
// own, that carries the widget by one script tag.
func site(t testing.TB, h *house, policy bool) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" && r.URL.Path != "/other" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if policy {
			ws := strings.Replace(h.web.URL, "http", "ws", 1)
			w.Header().Set("Content-Security-Policy", "default-src 'self'; img-src data:; style-src 'self'; script-src 'self' "+h.web.URL+"; connect-src 'self' "+h.web.URL+" "+ws)
		}
		_, _ = fmt.Fprintf(w, `<!doctype html><html lang="en"><head><title>Friends of prisoners' families</title><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,"></head><body><h1>Somebody else's site</h1><p>%s</p><p><a id="link" href="/other">Another page</a></p>
<script src="%s/widget.js" async></script></body></html>`, strings.Repeat("Words of the site. ", 200), h.web.URL)
	}))
	t.Cleanup(s.Close)
	return strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
}

// in is an expression inside the widget's shadow root.
func in(selector string) string {
	return `document.querySelector('helpline-chat')?.shadowRoot?.querySelector('` + selector + `')`
}

func allIn(selector string) string {
	return `Array.from(document.querySelector('helpline-chat').shadowRoot.querySelectorAll('` + selector + `'))`
}

func TestBrowserWidgetOnAnotherSite(t *testing.T) {
	out := weather(t)
	h := open(t, func(c *webchat.Config) { c.ExitURL = out })
	home := site(t, h, true)
	b := openTab(t, 1100, 800)
	b.visit(home + "/")
	b.until(in(".hl-launch"))
	if n := h.chat.Sockets(); n != 0 {
		t.Errorf("a widget that nobody opened holds %d sockets", n)
	}
	b.picture("widget-closed")
	// By keyboard: past the site's link to the launcher.
	b.keys("\t\t")
	b.enter()
	b.until(`!` + in(".hl-panel") + `.hidden`)
	if got := js[string](b, `document.querySelector('helpline-chat').shadowRoot.activeElement?.id`); got != "hl-box" {
		t.Errorf("opening puts the focus on %q", got)
	}
	b.keys("he's given his trainers away and said bye to the kids, he's in stoke heath")
	b.enter()
	b.until(in(".hl-person .hl-status") + `?.textContent === 'Stored'`)
	b.until(in(".hl-urgent .hl-label"))
	b.picture("widget-desktop")
	if colour := js[string](b, `getComputedStyle(`+in(".hl-person .hl-bubble")+`).backgroundColor`); colour != "rgb(11, 74, 85)" {
		t.Errorf("under the site's policy a line is %s", colour)
	}
	secret := js[string](b, `sessionStorage.getItem('helpline.token')`)
	conv := h.conversation(t, secret)
	h.takeOver(t, conv)
	// On another page of the site the chat goes on, and the site keeps the focus.
	b.visit(home + "/other")
	b.until(in(".hl-notice"))
	if n := js[int](b, allIn(".hl-person")+`.length`); n != 1 {
		t.Errorf("on the next page the visitor's line stands %d times", n)
	}
	// Closed, it tells of a new line.
	b.focus("#link")
	b.run(in(".hl-box, textarea") + `.focus()`)
	b.do(escape())
	b.until(in(".hl-panel") + `.hidden`)
	if got := js[string](b, `document.querySelector('helpline-chat').shadowRoot.activeElement?.className`); got != "hl-launch" {
		t.Errorf("closing puts the focus on %q", got)
	}
	h.staffSays(t, conv, "This is Sam.")
	b.until(in(".hl-badge") + `.textContent === 'New message'`)
	b.picture("widget-unread")
	b.enter()
	b.until(in(".hl-staff") + ` && !` + in(".hl-panel") + `.hidden`)
	b.noFaults()
	// And away.
	for range 3 {
		b.shift()
	}
	b.until(`document.title === 'Weather'`)
	b.visit(home + "/")
	b.until(in(".hl-launch"))
	if kept := js[string](b, `JSON.stringify(sessionStorage)`); strings.Contains(kept, "helpline") {
		t.Errorf("the site's storage keeps %s", kept)
	}
	if n := h.count(t, `SELECT count(*) FROM events WHERE text = 'the visitor left the chat'`); n != 1 {
		t.Errorf("staff were told %d times that the visitor left", n)
	}
	if n := h.count(t, `SELECT count(*) FROM concerns WHERE closed_at = 0`); n != 1 {
		t.Errorf("%d concerns are open", n)
	}
}

// The same site without a policy, and a network that is cut.
func TestBrowserWidgetLostAndFound(t *testing.T) {
	h := open(t, nil)
	w := newWire(t, h.web.URL)
	there := *h
	there.web = &httptest.Server{URL: "http://" + w.addr}
	b := openTab(t, 1100, 800)
	b.visit(site(t, &there, false) + "/")
	b.until(in(".hl-launch"))
	b.run(in(".hl-launch") + `.click()`)
	b.keys("before the cut")
	b.enter()
	b.until(in(".hl-bot"))
	w.cut()
	b.keys("during the cut")
	b.enter()
	b.until(in(".hl-unsent"))
	w.mend()
	b.until(`!` + in(".hl-pending"))
	if n := h.count(t, `SELECT count(*) FROM events WHERE kind = 'said_in'`); n != 2 {
		t.Errorf("%d messages stored", n)
	}
	// End it, and begin another.
	b.run(in("[data-hl=end] button") + `.click()`)
	b.until(in(".hl-ask"))
	b.keys("\t")
	b.enter()
	b.until(in("[data-hl=banner]") + `.textContent.includes('You have ended')`)
	if n := js[int](b, allIn(".hl-line")+`.length`); n != 0 {
		t.Errorf("%d lines are left", n)
	}
	b.run(in("textarea") + `.focus()`)
	b.keys("another chat")
	b.enter()
	b.until(in(".hl-bot"))
	if n := h.count(t, `SELECT count(*) FROM people`); n != 2 {
		t.Errorf("%d visitors", n)
	}
}

// On a phone the panel covers the screen, keeps the keyboard inside and fits.
func TestBrowserWidgetOnAPhone(t *testing.T) {
	h := open(t, nil)
	b := openTab(t, 320, 568)
	b.visit(site(t, h, true) + "/")
	b.until(in(".hl-launch"))
	b.picture("widget-phone-closed")
	b.run(in(".hl-launch") + `.click()`)
	b.keys("what is a case conference")
	b.enter()
	b.until(in(".hl-bot"))
	b.picture("widget-phone")
	if w := js[int](b, `Math.max(document.documentElement.scrollWidth, `+in(".hl-main")+`.scrollWidth, `+in(".hl-panel")+`.scrollWidth)`); w > 320 {
		t.Errorf("%d pixels wide", w)
	}
	small := js[[]string](b, allIn("button, a, textarea, summary")+`.filter(e => { const r = e.getClientRects(); return r.length && !e.closest('.hl-text') && (r[0].width < 24 || r[0].height < 24) }).map(e => e.outerHTML.slice(0, 80))`)
	if len(small) > 0 {
		t.Errorf("smaller than 24 pixels: %v", small)
	}
	for range 20 {
		b.keys("\t")
		if !js[bool](b, `document.activeElement.matches('helpline-chat')`) {
			t.Fatal("the keyboard left the panel for what it covers")
		}
	}
	b.size(640, 320) // the phone turned
	b.picture("widget-phone-turned")
	b.run(in("textarea") + `.focus()`)
	if !js[bool](b, `(() => { const r = `+in("textarea")+`.getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight })()`) {
		t.Error("with the phone turned the box is not to be seen")
	}
}

// A site may place the widget itself; loading the script twice does no harm.
func TestBrowserWidgetPlacedByTheSite(t *testing.T) {
	h := open(t, nil)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, `<!doctype html><title>x</title><link rel="icon" href="data:,"><helpline-chat label="Sgwrsio â ni" side="left"></helpline-chat><script src="`+
			h.web.URL+`/widget.js"></script><script src="`+h.web.URL+`/widget.js?again"></script>`)
	}))
	t.Cleanup(s.Close)
	b := openTab(t, 800, 600)
	b.visit(s.URL)
	b.until(in(".hl-launch span") + `?.textContent === 'Sgwrsio â ni'`)
	if n := js[int](b, `document.querySelectorAll('helpline-chat').length`); n != 1 {
		t.Errorf("%d widgets", n)
	}
	if left := js[int](b, `Math.round(`+in(".hl-launch")+`.getBoundingClientRect().left)`); left > 40 {
		t.Errorf("placed left it stands at %d", left)
	}
	b.noFaults()
}
