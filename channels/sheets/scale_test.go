package sheets_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"helpline/knowledge"
)

// grown is the library with copies of its sheets under other names, n in all.
func grown(t testing.TB, n int) *knowledge.Library {
	t.Helper()
	own := library(t).Sheets()
	files := make([]knowledge.Sheet, 0, n)
	for i := range n {
		s := own[i%len(own)]
		s.Slug = fmt.Sprintf("%s-%d", s.Slug, i)
		s.Topics = append([]string{fmt.Sprintf("subject %d", i/3)}, s.Topics...)
		files = append(files, s)
	}
	c := knowledge.Content{Sheets: files}
	lib, err := knowledge.NewLibrary(c)
	if err != nil {
		t.Fatal(err)
	}
	return lib
}

// A library of hundreds does not bring the pages down: a search by names and a
// sheet stay far below what a person notices.
func TestManySheets(t *testing.T) {
	h := open(t, grown(t, 200), nil)
	if w := h.get("/sheets"); w.Code != http.StatusOK { // makes the catalogue
		t.Fatal(w.Code)
	}
	slug := h.shelf.Library().Sheets()[70].Slug
	for name, act := range map[string]func() int{
		"search": func() int { return h.ask(http.MethodPost, "/api/sheets/search", "q=case+conf").Code },
		"sheet":  func() int { return h.get("/sheets/" + slug).Code },
	} {
		best := time.Hour
		for range 8 {
			start := time.Now()
			if code := act(); code != http.StatusOK {
				t.Fatalf("%s: %d", name, code)
			}
			best = min(best, time.Since(start))
		}
		t.Logf("%s with 200 sheets: %v", name, best)
		if best > 150*time.Millisecond {
			t.Errorf("%s takes %v", name, best)
		}
	}
	if page := h.get("/sheets?topic=subject+3").Body.String(); strings.Count(page, `<ul class="rows"><li>`)+strings.Count(page, "\n<li><a href=\"/sheets/") < 3 {
		t.Error("a subject of three sheets does not list them")
	}
}
