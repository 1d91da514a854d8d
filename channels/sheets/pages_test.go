package sheets_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"helpline/channels/sheets"
	"helpline/knowledge"
)

func mustSheet(t testing.TB, h *house, slug string) *knowledge.Sheet {
	t.Helper()
	s, ok := h.shelf.Library().Sheet(slug)
	if !ok {
		t.Fatalf("there is no sheet %s", slug)
	}
	return s
}

// Every sheet of the library has a page that says where it holds, how old it
// is, where it comes from, and holds every question with its answer; every
// link on it leads to something.
func TestEverySheetHasItsPage(t *testing.T) {
	lib := library(t)
	h := open(t, lib, nil)
	link := regexp.MustCompile(`href="(/[^"#]*)(#[^"]*)?"`)
	known := map[string]string{"/chat": `id="newest"`} // of another package
	for _, s := range lib.Sheets() {
		w := h.get("/sheets/" + s.Slug)
		page := w.Body.String()
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			t.Fatalf("%s: %d %s", s.Slug, w.Code, w.Header().Get("Content-Type"))
		}
		texts, err := readWords()
		if err != nil {
			t.Fatal(err)
		}
		holds := texts.Text("sheets.holds." + string(s.Jurisdiction))
		if len(s.Prisons) > 0 {
			holds = "Only for "
		}
		for _, want := range append([]string{holds, "Published " + s.Published.Format("2 January 2006"), "checked by " + s.ReviewBy.Format("2 January 2006")}, s.Sources...) {
			if !strings.Contains(page, escaped(want)) {
				t.Errorf("%s does not say %q", s.Slug, want)
			}
		}
		for i := range s.Sections {
			sec := &s.Sections[i]
			for _, want := range []string{`id="` + sec.Anchor + `"`, escaped(sec.Heading), escaped(lib.Short(knowledge.SectionRef{Slug: s.Slug, Anchor: sec.Anchor}))} {
				if !strings.Contains(page, want) {
					t.Errorf("%s lacks %q", s.Slug, want)
				}
			}
		}
		for _, m := range link.FindAllStringSubmatch(page, -1) {
			path, anchor := m[1], strings.TrimPrefix(m[2], "#")
			if _, ok := known[path]; !ok {
				got := h.get(path)
				known[path] = got.Body.String()
				if got.Code != http.StatusOK {
					t.Errorf("%s links to %s, which answers %d", s.Slug, path, got.Code)
				}
			}
			if anchor != "" && !strings.Contains(known[path], `id="`+anchor+`"`) {
				t.Errorf("%s links to %s#%s, which has no such part", s.Slug, path, anchor)
			}
		}
	}
}

func escaped(s string) string {
	return strings.NewReplacer("&", "&amp;", "'", "&#39;", `"`, "&#34;", "<", "&lt;", ">", "&gt;", "+", "&#43;").Replace(s)
}

const hostile = `---
slug: hostile
title: 'Title <script>alert(1)</script> & "more"'
summary: 'Summary </script><script>alert(2)</script>'
jurisdiction: scotland
audience: [families]
topics: ['<b>bold</b>', visits]
sources:
  - 'Source <i>x</i>'
published: 2024-03-01
review_by: 2025-03-01
owner: 'Owner <u>'
---

Intro <script>alert(3)</script> text.

## What about </script><script>alert(4)</script>? {#what}

` + "```answer" + `
short: >-
  Short </script><!-- <script>alert(5)</script> answer.
asked:
  - what about it
` + "```" + `

Body <img src=x onerror=alert(6)> and [a link](javascript:alert(7)).
`

func TestContentCannotBecomeMarkup(t *testing.T) {
	h := open(t, libraryOf(t, hostile), nil)
	script := regexp.MustCompile(`(?i)<script[^>]*>`)
	for _, target := range []string{"/sheets", "/sheets/hostile", "/sheets?topic=" + url.QueryEscape("<b>bold</b>")} {
		page := h.get(target).Body.String()
		for _, tag := range script.FindAllString(page, -1) {
			if !strings.Contains(tag, ` src="/assets/`) && tag != `<script type="application/ld+json">` {
				t.Errorf("%s holds %s", target, tag)
			}
		}
		for _, bad := range []string{"<img", "javascript:", "<b>bold", "<i>x", "<u>"} {
			if strings.Contains(page, bad) {
				t.Errorf("%s holds %s", target, bad)
			}
		}
	}
	// What was typed stands in the page of results, as words.
	page := h.ask(http.MethodPost, "/sheets", "q="+url.QueryEscape(`"><script>alert(8)</script>`)).Body.String()
	if strings.Contains(page, "<script>alert") || !strings.Contains(page, "&lt;script&gt;alert(8)") {
		t.Error("a search became markup")
	}
	if f := structured(t, h.get("/sheets/hostile").Body.String()); f.Main[0].Name != "What about </script><script>alert(4)</script>?" {
		t.Errorf("the data says %q", f.Main[0].Name)
	}
	// A sheet whose day is past says so.
	if page := h.get("/sheets/hostile").Body.String(); !strings.Contains(page, "This sheet was to be checked by 1 March 2025") {
		t.Error("an overdue sheet does not say so")
	}
}

type faq struct {
	Context string `json:"@context"`
	Type    string `json:"@type"`
	Name    string `json:"name"`
	URL     string `json:"url"`
	Main    []struct {
		Type   string `json:"@type"`
		Name   string `json:"name"`
		Answer struct {
			Type string `json:"@type"`
			Text string `json:"text"`
		} `json:"acceptedAnswer"`
	} `json:"mainEntity"`
}

func structured(t *testing.T, page string) faq {
	t.Helper()
	m := regexp.MustCompile(`(?s)<script type="application/ld\+json">(.*?)</script>`).FindStringSubmatch(page)
	if m == nil {
		t.Fatal("no structured data")
	}
	if strings.ContainsAny(m[1], "<>&") {
		t.Errorf("the data could end its own element: %s", m[1])
	}
	var f faq
	if err := json.Unmarshal([]byte(m[1]), &f); err != nil {
		t.Fatalf("structured data: %v in %s", err, m[1])
	}
	return f
}

// An answer that a search engine shows away from its page says where it holds.
func TestStructuredDataSaysWhereAnswersHold(t *testing.T) {
	h := open(t, library(t), nil)
	for slug, holds := range map[string]string{"icm": "For prisons in Scotland. ", "stoke-heath-concern-line": "Only for HMP/YOI Stoke Heath (England and Wales). "} {
		f := structured(t, h.get("/sheets/"+slug).Body.String())
		if f.Context != "https://schema.org" || f.Type != "FAQPage" || f.URL != "https://help.example.org/sheets/"+slug || len(f.Main) != len(mustSheet(t, h, slug).Sections) {
			t.Errorf("%s: %+v", slug, f)
		}
		for _, q := range f.Main {
			if q.Type != "Question" || q.Name == "" || q.Answer.Type != "Answer" || !strings.HasPrefix(q.Answer.Text, holds) || len(q.Answer.Text) < len(holds)+20 {
				t.Errorf("%s: %+v", slug, q)
			}
		}
	}
}

func TestPagesAreKeptUntilTheLibraryChanges(t *testing.T) {
	lib := library(t)
	h := open(t, lib, nil)
	for _, target := range []string{"/sheets", "/sheets/icm", "/sheets/feed.xml", "/api/sheets", "/api/sheets/icm"} {
		first := h.get(target)
		tag := first.Header().Get("ETag")
		if first.Code != 200 || tag == "" || !strings.Contains(tag, lib.Version()) || first.Header().Get("Cache-Control") != "no-cache" {
			t.Fatalf("%s: %d, tag %q, %q", target, first.Code, tag, first.Header().Get("Cache-Control"))
		}
		again := h.get(target, "If-None-Match", `"other", `+tag)
		if again.Code != http.StatusNotModified || again.Body.Len() > 0 || again.Header().Get("ETag") != tag {
			t.Errorf("%s asked for again: %d with %d bytes", target, again.Code, again.Body.Len())
		}
		if head := h.ask(http.MethodHead, target, ""); head.Code != 200 || head.Body.Len() > 0 || head.Header().Get("ETag") != tag {
			t.Errorf("HEAD %s: %d", target, head.Code)
		}
		packed := h.get(target, "Accept-Encoding", "gzip")
		r, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatalf("%s: %v", target, err)
		}
		if plain, err := io.ReadAll(r); err != nil || !bytes.Equal(plain, first.Body.Bytes()) {
			t.Errorf("%s compressed is another text (%v)", target, err)
		}
		changed := libraryOf(t, strings.Replace(mustSheet(t, h, "icm").Source, "title: ", "title: Changed ", 1))
		h.shelf.Swap(changed)
		if w := h.get(target, "If-None-Match", tag); w.Code != http.StatusOK || w.Header().Get("ETag") == tag {
			t.Errorf("%s after publishing: %d", target, w.Code)
		}
		h.shelf.Swap(lib)
	}
}

func TestShortLinks(t *testing.T) {
	lib := library(t)
	h := open(t, lib, nil)
	code := lib.Code(knowledge.SectionRef{Slug: "icm", Anchor: "case-conference"})
	for _, written := range []string{code, strings.ToUpper(code), code + ".", code + ")"} {
		w := h.get("/s/" + written)
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/sheets/icm#case-conference" {
			t.Errorf("/s/%s: %d to %s", written, w.Code, w.Header().Get("Location"))
		}
	}
	for _, gone := range []string{"/s/nope", "/s/%00", "/s/" + strings.Repeat("a", 3000), "/sheets/nothing", "/sheets/..", "/sheets/%ff%fe"} {
		w := h.get(gone)
		if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), `name="q"`) || !strings.Contains(w.Body.String(), `href="/sheets"`) || !strings.Contains(w.Body.String(), "999") {
			t.Errorf("%.40s: %d, and no way on", gone, w.Code)
		}
	}
	// A sheet that was renamed is found by a word of its old name.
	if w := h.get("/sheets/visiting-in-general"); !strings.Contains(w.Body.String(), `href="/sheets/visiting"`) {
		t.Error("the page for a sheet that is gone does not name the nearest")
	}
}

func TestListByCountryAndSubject(t *testing.T) {
	h := open(t, library(t), nil)
	page := h.get("/sheets?country=scotland").Body.String()
	if strings.Contains(page, `"/sheets/acct"`) || !strings.Contains(page, `"/sheets/icm"`) || !strings.Contains(page, `"/sheets/coping"`) {
		t.Error("the list for Scotland is not that of Scotland and the whole kingdom")
	}
	if strings.Index(page, `"/sheets/icm"`) > strings.Index(page, `"/sheets/coping"`) {
		t.Error("the chosen country is not first")
	}
	if strings.Contains(page, ">Stoke Heath</a>") || !strings.Contains(page, `href="/sheets?topic=phone&amp;country=scotland"`) {
		t.Error("the subjects for Scotland are not those of Scotland")
	}
	page = h.get("/sheets?topic=visits").Body.String()
	if !strings.Contains(page, "<h1>Sheets about: Visits</h1>") || !strings.Contains(page, `"/sheets/visiting"`) || strings.Contains(page, `"/sheets/icm"`) {
		t.Error("the list about visits is not about visits")
	}
	for _, odd := range []string{"/sheets?country=france&topic=nothing", "/sheets?q=somebody+typed+this"} {
		if w := h.get(odd); w.Code != 200 || strings.Contains(w.Body.String(), "somebody typed") || !strings.Contains(w.Body.String(), `"/sheets/acct"`) {
			t.Errorf("%s is not the list of all", odd)
		}
	}
	if all := h.get("/sheets").Body.String(); !strings.Contains(all, ">ACCT</a>") || !strings.Contains(all, ">Stoke Heath</a>") || !strings.Contains(all, ">Visits</a>") {
		t.Error("subjects are not written as the sheets write them")
	}
}

func TestNewNamesWhatIsMissing(t *testing.T) {
	if _, err := sheets.New(sheets.Config{}); err == nil {
		t.Error("pages without a library")
	}
	if _, err := sheets.NewTally(nil, time.Now); err == nil {
		t.Error("a tally without a database")
	}
}
