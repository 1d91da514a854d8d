package console_test

import (
	"os"
	"strings"
	"testing"

	"helpline/dialog"
	"helpline/knowledge"
)

// audit judges a page; testdata/audit.js says by what.
func audit(t testing.TB) string {
	t.Helper()
	script, err := os.ReadFile("testdata/audit.js")
	if err != nil {
		t.Fatal(err)
	}
	return string(script)
}

// Every page, as far as it can be judged without a person.
func TestPagesAreAccessible(t *testing.T) {
	h := open(t)
	script := audit(t)
	mo := h.hire(t, "Mo", dialog.Admin)
	text := h.texts(t, "+447700900123", "FAMOUT "+worry)
	rung, _ := h.rings(t, "+447700900300")
	chat := h.chats(t, "visitor", "can i speak to a person please")
	if err := h.TakeOver(t.Context(), mo, chat.Conversation); err != nil {
		t.Fatal(err)
	}
	if err := h.editing.Record(t.Context(), "can he keep a budgie", knowledge.Finding{Kind: knowledge.KindUnknown, Intent: "pets"}); err != nil {
		t.Fatal(err)
	}
	b := openTab(t, 1280, 900)
	b.visit(h.web.URL + "/console/sign-in")
	b.until(`document.querySelector('#email')`)
	b.quiet = true // of the page that does not exist, for one
	look := func(width int64) {
		t.Helper()
		b.size(width, 900)
		b.run(`for (const d of document.querySelectorAll('details')) d.open = true`)
		if faults := js[string](b, script); faults != "" {
			t.Errorf("%s at %d:\n%s", js[string](b, `location.pathname`), width, faults)
		}
		noSidewaysScroll(b)
	}
	look(1280)
	b.signIn(h, mo)
	for _, path := range []string{
		"", "?show=mine", "/conversations/" + string(text.Conversation), "/conversations/" + string(rung.Conversation), "/conversations/" + string(chat.Conversation),
		"/sheets", "/sheets/new", "/sheets/health", "/sheets/health/versions", "/contacts", "/questions", "/people", "/nothing-here", "/lines", "/reports",
	} {
		b.visit(h.web.URL + "/console" + path)
		b.until(`document.documentElement.classList.contains('js')`)
		look(1280)
		look(320)
		if title := js[string](b, `document.title`); strings.Contains(title, "700900") || strings.Contains(title, "trainers") {
			t.Errorf("%s: the title says too much", path)
		}
	}
}
