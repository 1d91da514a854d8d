package console_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"helpline/dialog"
	"helpline/knowledge"
)

var (
	baseIn   = regexp.MustCompile(`name="base" value="(\d+)"`)
	sourceIn = regexp.MustCompile(`(?s)name="source"[^>]*>(.*?)</textarea>`)
)

// edit opens a sheet and returns its text and the number of its draft.
func (b *browser) edit(slug string) (source, base string) {
	b.t.Helper()
	page := b.get("/console/sheets/" + slug)
	if page.status != http.StatusOK {
		b.t.Fatalf("edit %s: %d", slug, page.status)
	}
	return strings.TrimPrefix(html.UnescapeString(sourceIn.FindStringSubmatch(page.body)[1]), "\n"), baseIn.FindStringSubmatch(page.body)[1]
}

// A changed sheet is a draft until it is published; then the next question is
// answered from it.
func TestPublishing(t *testing.T) {
	h := open(t)
	b := h.signedIn(t, h.hire(t, "Ed", dialog.Editor))
	b.get("/console/sheets").has(t, "travel", "Published")
	lib := h.shelf.Library()
	sheet, _ := lib.Sheet("travel-costs")
	section := sheet.Sections[0]
	source, base := b.edit("travel-costs")
	if source != sheet.Source {
		t.Fatal("the box does not hold the sheet as it is")
	}
	old := regexp.MustCompile(`short: >-\n.*\n`).FindString(source)
	changed := strings.Replace(source, old, "short: >-\n  The new words about travel, written today.\n", 1)
	ask := func() string {
		f := h.shelf.Find(knowledge.Query{Text: section.Asked[0]})
		if len(f.Answers) == 0 {
			return string(f.Kind)
		}
		return h.shelf.Library().Short(f.Answers[0].Ref())
	}
	before := ask()
	b.post("/console/sheets/travel-costs", url.Values{"source": {changed}, "base": {base}, "do": {"save"}}).has(t, "Draft saved", "Open draft, saved by Ed", "The new words about travel")
	if got := ask(); got != before {
		t.Errorf("a draft is answered from: %q", got)
	}
	b.get("/console/sheets").has(t, "Draft")
	_, base = b.edit("travel-costs")
	b.post("/console/sheets/travel-costs", url.Values{"source": {changed}, "base": {base}, "do": {"publish"}}).has(t, "Published. The next question is answered from it.")
	if got := ask(); got != "The new words about travel, written today." {
		t.Errorf("the next question is answered with %q", got)
	}
	if got := h.chats(t, "visitor", section.Asked[0]); len(got.Lines) == 0 {
		t.Error("no answer in the chat")
	} else if all := lines(got); !strings.Contains(all, "The new words about travel") {
		t.Errorf("the chat answers %q", all)
	}
	b.get("/console/sheets/travel-costs/versions").has(t, "Version 1", "Ed")
	b.get("/console/sheets/travel-costs/versions/1").has(t, "The new words about travel", "Begin a draft from this version")
	// Back to what was, by way of a draft, and away with it again.
	_, base = b.edit("travel-costs")
	b.post("/console/sheets/travel-costs", url.Values{"source": {source}, "base": {base}, "do": {"save"}}).has(t, "Throw this draft away")
	_, now := b.edit("travel-costs")
	if r := b.post("/console/sheets/travel-costs/discard", url.Values{"base": {base}}); r.status != http.StatusConflict {
		t.Errorf("throwing away a draft that was not seen: %d", r.status)
	}
	b.post("/console/sheets/travel-costs/discard", url.Values{"base": {now}}).has(t, "thrown away", "The new words about travel")
	if r := b.get("/console/sheets/travel-costs/versions/9"); r.status != http.StatusNotFound {
		t.Errorf("a version that does not exist: %d", r.status)
	}
}

func lines(r dialog.Received) string {
	var b strings.Builder
	for _, l := range r.Lines {
		b.WriteString(l.Text + "\n")
	}
	return b.String()
}

// A sheet that does not parse says in which line, is kept, and is not published.
func TestFaultsNameTheirLines(t *testing.T) {
	h := open(t)
	b := h.signedIn(t, h.hire(t, "Ed", dialog.Editor))
	source, base := b.edit("health")
	broken := strings.Replace(source, "slug: health", "slug: health\njurisdiction_: uk", 1) + "\n\n# A title too many\n"
	n := strings.Count(source, "\n") + 3 + 1
	r := b.post("/console/sheets/health", url.Values{"source": {broken}, "base": {base}, "do": {"publish"}})
	if r.status != http.StatusUnprocessableEntity {
		t.Errorf("publishing a broken sheet: %d", r.status)
	}
	r.has(t, "Not published", "A title too many", "data-line=\""+strconv.Itoa(n)+"\"")
	if got, _ := h.shelf.Library().Sheet("health"); got.Source != source {
		t.Error("the broken sheet is in force")
	}
	if kept, _ := b.edit("health"); kept != broken {
		t.Error("the draft was not kept as it was typed")
	}
	p := b.post("/console/preview", url.Values{"source": {broken}})
	p.has(t, "to put right before publishing", "As a text message", "On the page", "GSM-7")
	p.lacks(t, "<html")
}

// Two editors at once: both texts are on the page, nothing is lost.
func TestTwoEditorsLoseNothing(t *testing.T) {
	h := open(t)
	ed, mo := h.signedIn(t, h.hire(t, "Ed", dialog.Editor)), h.signedIn(t, h.hire(t, "Mo", dialog.ManagerRole))
	source, base := ed.edit("coping")
	mo.edit("coping")
	mo.post("/console/sheets/coping", url.Values{"source": {source + "\nMo was here.\n"}, "base": {base}, "do": {"save"}})
	r := ed.post("/console/sheets/coping", url.Values{"source": {source + "\nEd was here.\n"}, "base": {base}, "do": {"publish"}})
	if r.status != http.StatusConflict {
		t.Errorf("the second to save: %d", r.status)
	}
	r.has(t, "Somebody else saved this sheet", "Mo was here.", "Ed was here.", "What Mo saved")
	if got, _ := h.shelf.Library().Sheet("coping"); strings.Contains(got.Source, "was here") {
		t.Error("a conflict was published")
	}
	base = baseIn.FindStringSubmatch(r.body)[1]
	ed.post("/console/sheets/coping", url.Values{"source": {source + "\nEd was here.\nMo was here.\n"}, "base": {base}, "do": {"save"}}).has(t, "Draft saved")
}

func TestNewSheet(t *testing.T) {
	h := open(t)
	b := h.signedIn(t, h.hire(t, "Ed", dialog.Editor))
	b.get("/console/sheets/new")
	b.post("/console/sheets/new", url.Values{"title": {"Phones in prison"}, "slug": {"Phones!"}}).has(t, "small letters", "Phones in prison", "Phones!")
	b.post("/console/sheets/new", url.Values{"title": {"Phones in prison"}, "slug": {"coping"}}).has(t, "already")
	page := b.post("/console/sheets/new", url.Values{"title": {"Phones: in \"prison\""}, "slug": {"phones"}})
	page.has(t, `title: "Phones: in \"prison\""`, "slug: phones", "to put right before publishing")
	b.get("/console/sheets").has(t, "Never published", "phones")
	if r := b.get("/console/sheets/nothing-here"); r.status != http.StatusNotFound {
		t.Errorf("a sheet that does not exist: %d", r.status)
	}
	if r := b.post("/console/sheets/nothing-here", url.Values{"source": {"x"}, "base": {"0"}, "do": {"save"}}); r.status != http.StatusNotFound {
		t.Errorf("saving a sheet that does not exist: %d", r.status)
	}
	b.get("/console/contacts").has(t, "Samaritans", "{contact:samaritans}")
}

// A sheet is withdrawn by who says so twice, and comes back when it is published.
func TestWithdraw(t *testing.T) {
	h := open(t)
	b := h.signedIn(t, h.hire(t, "Ed", dialog.Editor))
	const sheet = "/console/sheets/travel-costs"
	source, base := b.edit("travel-costs")
	if r := b.post(sheet+"/withdraw", url.Values{}); r.status != http.StatusUnprocessableEntity {
		t.Errorf("withdrawn without being sure: %d", r.status)
	} else {
		r.has(t, "Not withdrawn: tick the box")
	}
	if _, ok := h.shelf.Library().Sheet("travel-costs"); !ok {
		t.Fatal("readers lost the sheet")
	}
	b.post(sheet+"/withdraw", url.Values{"sure": {"yes"}}).has(t, "Readers no longer see this sheet", "Withdrawn: readers do not see this sheet", "travel-costs")
	if _, ok := h.shelf.Library().Sheet("travel-costs"); ok {
		t.Error("readers still have the sheet")
	}
	b.get(sheet).lacks(t, `id="d-withdraw"`, "As readers see it")
	if r := b.post(sheet+"/withdraw", url.Values{"sure": {"yes"}}); r.status != http.StatusNotFound {
		t.Errorf("withdrawn twice: %d", r.status)
	}
	b.get("/console/sheets").has(t, "Withdrawn")
	b.get(sheet+"/versions").has(t, "Version 1", "Withdrawn")
	b.post(sheet, url.Values{"source": {source}, "base": {base}, "do": {"publish"}}).has(t, "Published.", "Withdraw this sheet")
	if _, ok := h.shelf.Library().Sheet("travel-costs"); !ok {
		t.Error("the sheet did not come back")
	}
}

// What no sheet answers stands on a page, by subject, until it is dealt with.
func TestQuestions(t *testing.T) {
	h := open(t)
	b := h.signedIn(t, h.hire(t, "Ed", dialog.Editor))
	b.get("/console/questions").has(t, "No open questions")
	for _, q := range []struct {
		text  string
		found knowledge.Finding
	}{
		{"can he keep a budgie <b>", knowledge.Finding{Kind: knowledge.KindUnknown}},
		{"can i send trainers to 07700 900123", knowledge.Finding{Kind: knowledge.KindUnknown, Intent: "clothes-and-shoes", Jurisdiction: knowledge.Scotland}},
	} {
		if err := h.editing.Record(t.Context(), q.text, q.found); err != nil {
			t.Fatal(err)
		}
	}
	page := b.get("/console/questions")
	page.has(t, "2 questions", "No subject", "can he keep a budgie <b>", "Clothes and shoes", "can i send trainers to", "Scotland")
	page.lacks(t, "900123", "budgie <b>")
	done := regexp.MustCompile(`action="(/console/questions/[0-9a-f]+/done)"`).FindStringSubmatch(page.body)[1]
	b.post(done, url.Values{}).has(t, "Taken off the list.", "1 question")
	if r := b.post("/console/questions/unknown/done", url.Values{}); r.status != http.StatusNotFound {
		t.Errorf("a question that does not exist: %d", r.status)
	}
}
