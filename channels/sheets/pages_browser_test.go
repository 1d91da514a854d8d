package sheets_test

import (
	"os"
	"strings"
	"testing"

	"helpline/channels/sheets"
)

const hits = `Array.from(document.querySelectorAll('#hits li'))`

func TestBrowserSearchesAsOneTypes(t *testing.T) {
	h := open(t, library(t), nil)
	at := serve(t, h)
	b := openTab(t, 390, 844)
	b.visit(at + "/sheets")
	b.picture("sheets-phone")
	b.focus("#q")
	b.keys("case conf")
	b.until(hits + `.some(l => l.querySelector('a').getAttribute('href') === '/sheets/icm#case-conference')`)
	b.until(`document.getElementById('said').textContent.includes('results')`)
	if marks := js[int](b, hits+`.filter(l => !l.querySelector('.mark').textContent).length`); marks > 0 {
		t.Errorf("%d results do not say where they hold", marks)
	}
	b.picture("sheets-search-phone")
	b.enter()
	b.until(`document.activeElement.id === 'results'`)
	if u := js[string](b, `location.href`); u != at+"/sheets" {
		t.Errorf("after a search the address is %s", u)
	}
	// A choice of country searches again.
	js[bool](b, `(document.getElementById('country').value = 'england-wales', document.getElementById('country').dispatchEvent(new Event('change')), true)`)
	b.until(hits + `.length > 0 && ` + hits + `.every(l => l.querySelector('.mark').textContent !== 'Scotland')`)
	// Markup stays words, and somebody at risk is not left with a list.
	b.visit(at + "/sheets")
	b.focus("#q")
	b.keys(`<img src=x onerror="window.bad=1"> he will kill himself`)
	b.until(`!document.getElementById('worry').hidden`)
	b.picture("sheets-worry-phone")
	if js[bool](b, `Boolean(window.bad) || document.querySelectorAll('main img').length > 0`) {
		t.Error("what was typed became markup")
	}
	js[bool](b, `(document.getElementById('q').value = '', document.getElementById('q').dispatchEvent(new Event('input')), true)`)
	b.until(`document.getElementById('results').hidden`)
	b.noFaults()
}

func TestBrowserSearchesWithoutScripts(t *testing.T) {
	h := open(t, library(t), nil)
	at := serve(t, h)
	b := openTab(t, 390, 844)
	b.scripts(false)
	b.visit(at + "/sheets")
	b.focus("#q")
	b.keys("what is a case conference")
	b.enter()
	b.until(hits + `.length > 0`)
	if u := js[string](b, `location.href`); u != at+"/sheets" {
		t.Errorf("after a search the address is %s", u)
	}
	b.picture("sheets-search-plain")
	b.click(`#hits li a`)
	b.until(`location.hash === '#case-conference'`)
	b.click(`#helpful button[value=no]`)
	b.until(`document.querySelector('#helpful [role=status]').textContent.includes('ask in the chat')`)
	b.noFaults()
}

func TestBrowserSearchOutlivesALostConnection(t *testing.T) {
	h := open(t, library(t), nil)
	at := serve(t, h)
	b := openTab(t, 390, 844)
	b.visit(at + "/sheets")
	js[bool](b, `(window.fetch = () => Promise.reject(new TypeError('gone')), true)`)
	b.focus("#q")
	b.keys("visits")
	b.until(`document.getElementById('message').textContent.includes('did not work')`)
	b.enter() // the form goes the old way
	b.until(hits + `.length > 0`)
}

func TestBrowserExits(t *testing.T) {
	away := weather(t)
	h := open(t, library(t), func(c *sheets.Config) { c.ExitURL = away })
	at := serve(t, h)
	b := openTab(t, 390, 844)
	gone := `location.href.startsWith('` + away + `') && document.getElementById('from').textContent === ''`
	b.visit(at + "/sheets")
	b.visit(at + "/sheets/acct")
	b.shift()
	b.shift()
	b.until(`!document.querySelector('.dots').hidden && document.querySelectorAll('.dots .on').length === 2`)
	if said := js[string](b, `document.getElementById('exit-said').textContent`); !strings.Contains(said, "1 more") {
		t.Errorf("a screen reader hears %q", said)
	}
	b.picture("sheets-exit-dots")
	b.shift()
	b.until(gone)
	// "Back" does not lead to the sheet, but to what was before it.
	js[bool](b, `(history.back(), true)`)
	b.until(`location.pathname === '/sheets' && !document.documentElement.hidden`)
	b.visit(at + "/sheets/acct")
	b.click("#exit")
	b.until(gone)
	// A capital letter is no wish to leave.
	b.visit(at + "/sheets")
	b.focus("#q")
	for range 3 {
		b.do(capital("A"))
	}
	b.shift()
	if !js[bool](b, `location.pathname === '/sheets'`) {
		t.Error("typing capitals left the page")
	}
	// Keyboard: the way out is the second stop on the page.
	b.visit(at + "/sheets/acct")
	b.keys("\t")
	b.keys("\t")
	if !js[bool](b, `document.activeElement.matches('.skip[data-exit]')`) {
		t.Error("the second stop of the keyboard is not the way out")
	}
	b.picture("sheets-exit-keyboard")
	b.enter()
	b.until(gone)
	b.noFaults()
}

// Every sheet can be read at 320 pixels, and with text at twice its size.
func TestBrowserFitsSmallScreens(t *testing.T) {
	lib := library(t)
	h := open(t, lib, nil)
	at := serve(t, h)
	b := openTab(t, 320, 640)
	paths := []string{"/sheets", "/sheets?topic=visits", "/sheets/no-such-sheet"}
	for _, s := range lib.Sheets() {
		paths = append(paths, "/sheets/"+s.Slug)
	}
	wide := `document.documentElement.scrollWidth > document.documentElement.clientWidth`
	small := `Array.from(document.querySelectorAll('button, select, input, .exit, .chips a, .contents a')).filter(e => { const r = e.getBoundingClientRect(); return r.height > 0 && r.bottom > 0 && r.height < 24 }).length`
	for _, path := range paths {
		b.visit(at + path)
		if js[bool](b, wide) {
			t.Errorf("%s scrolls sideways at 320 pixels", path)
		}
		if n := js[int](b, small); n > 0 {
			t.Errorf("%s has %d targets too small to touch", path, n)
		}
		if n := js[int](b, `document.querySelectorAll('h1').length`); n != 1 {
			t.Errorf("%s has %d main headings", path, n)
		}
		if twice := js[string](b, `Array.from(document.querySelectorAll('[id]')).map(e => e.id).filter((id, i, all) => all.indexOf(id) !== i).join(' ')`); twice != "" {
			t.Errorf("%s has ids twice: %s", path, twice)
		}
		js[bool](b, `(document.documentElement.style.fontSize = '200%', true)`)
		if js[bool](b, wide) {
			t.Errorf("%s scrolls sideways with text at twice its size: %s", path, js[string](b, `Array.from(document.querySelectorAll("body *")).filter(e => e.getBoundingClientRect().right > 321).map(e => e.tagName + "." + e.className + " " + e.textContent.slice(0, 20)).slice(0, 4).join("; ")`))
		}
	}
	b.visit(at + "/sheets/acct#families")
	b.picture("sheet-anchor-320")
	// The bar at the top does not hide what a link led to.
	if !js[bool](b, `document.getElementById('families').getBoundingClientRect().top >= document.querySelector('.top').getBoundingClientRect().bottom`) {
		t.Error("the heading that was asked for is under the bar")
	}
	b.visit(at + "/sheets")
	b.picture("sheets-320")
	b.visit(at + "/sheets/acct")
	b.picture("sheet-320")
	b.visit(at + "/sheets/no-such-visiting")
	b.picture("sheet-missing-320")
	b.size(1280, 900)
	for _, path := range []string{"", "/acct", "/stoke-heath-family"} {
		b.visit(at + "/sheets" + path)
		b.picture("sheets-desktop" + strings.ReplaceAll(path, "/", "-"))
	}
	js[bool](b, `(document.querySelector('.about').scrollIntoView(), true)`)
	b.picture("sheet-about-desktop")
}

func TestBrowserVotesAndReadsTheData(t *testing.T) {
	h := open(t, library(t), nil)
	at := serve(t, h)
	b := openTab(t, 390, 844)
	b.visit(at + "/sheets/icm")
	b.click(`#helpful button[value=yes]`)
	b.until(`document.querySelector('#helpful [role=status]').textContent === 'Thank you.' && document.querySelector('#helpful fieldset').hidden`)
	counts, err := h.tally.Counts(t.Context(), today)
	if err != nil || len(counts) != 1 || counts[0].Slug != "icm" || counts[0].Helpful != 1 {
		t.Errorf("counted %+v, %v", counts, err)
	}
	// The structured data is there for those who read the page, though no script may stand in it.
	if n := js[int](b, `JSON.parse(document.querySelector('script[type="application/ld+json"]').textContent).mainEntity.length`); n != len(mustSheet(t, h, "icm").Sections) {
		t.Errorf("%d questions in the data", n)
	}
	if !js[bool](b, `!document.getElementById('print').hidden`) {
		t.Error("there is no button to print")
	}
	if cookies := js[string](b, `document.cookie + Object.keys(localStorage) + Object.keys(sessionStorage)`); cookies != "" {
		t.Errorf("the page keeps %q on the device", cookies)
	}
	b.noFaults()
}

// Contrast of every piece of text, by the formula of WCAG 2.2, 1.4.3.
func TestBrowserContrast(t *testing.T) {
	contrast, err := os.ReadFile("testdata/contrast.js")
	if err != nil {
		t.Fatal(err)
	}
	h := open(t, library(t), nil)
	at := serve(t, h)
	b := openTab(t, 1000, 900)
	for _, path := range []string{"/sheets", "/sheets/stoke-heath-concern-line", "/sheets/gone-visiting"} {
		b.visit(at + path)
		if low := js[[]string](b, string(contrast)); len(low) > 0 {
			t.Errorf("%s: too little contrast: %s", path, strings.Join(low, "; "))
		}
	}
}
