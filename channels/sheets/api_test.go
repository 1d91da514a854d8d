package sheets_test

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strings"
	"testing"
	"time"

	"helpline/channels/sheets"
)

func TestFeed(t *testing.T) {
	lib := library(t)
	h := open(t, lib, nil)
	type feed struct {
		XMLName xml.Name  `xml:"http://www.w3.org/2005/Atom feed"`
		ID      string    `xml:"id"`
		Title   string    `xml:"title"`
		Updated time.Time `xml:"updated"`
		Author  string    `xml:"author>name"`
		Links   []struct {
			Rel  string `xml:"rel,attr"`
			Href string `xml:"href,attr"`
		} `xml:"link"`
		Entries []struct {
			ID      string    `xml:"id"`
			Title   string    `xml:"title"`
			Updated time.Time `xml:"updated"`
			Link    struct {
				Href string `xml:"href,attr"`
			} `xml:"link"`
			Summary string `xml:"summary"`
		} `xml:"entry"`
	}
	read := func() feed {
		w := h.get("/sheets/feed.xml")
		if w.Code != 200 || w.Header().Get("Content-Type") != "application/atom+xml; charset=utf-8" {
			t.Fatalf("feed: %d %s", w.Code, w.Header().Get("Content-Type"))
		}
		var f feed
		if err := xml.Unmarshal(w.Body.Bytes(), &f); err != nil {
			t.Fatal(err)
		}
		return f
	}
	// What RFC 4287 asks of every feed and entry.
	f := read()
	if !strings.HasPrefix(f.ID, "urn:uuid:") || f.Title == "" || f.Author == "" || f.Updated.IsZero() || len(f.Links) != 2 || f.Links[0].Rel != "self" || f.Links[0].Href != "https://help.example.org/sheets/feed.xml" {
		t.Errorf("feed %+v", f)
	}
	if len(f.Entries) != min(50, len(lib.Sheets())) {
		t.Errorf("%d entries for %d sheets", len(f.Entries), len(lib.Sheets()))
	}
	ids := map[string]bool{f.ID: true}
	for i, e := range f.Entries {
		if ids[e.ID] || len(e.ID) != len("urn:uuid:")+36 || e.Title == "" || e.Summary == "" || !strings.HasPrefix(e.Link.Href, "https://help.example.org/sheets/") {
			t.Errorf("entry %+v", e)
		}
		ids[e.ID] = true
		if e.Updated.After(f.Updated) || i > 0 && e.Updated.After(f.Entries[i-1].Updated) {
			t.Errorf("%s is not in order", e.Title)
		}
	}
	// A sheet that is published again is news; one that is not, is the same entry.
	icm := mustSheet(t, h, "icm")
	old := "published: " + icm.Published.Format(time.DateOnly)
	other := mustSheet(t, h, "visiting").Source
	h.shelf.Swap(libraryOf(t, strings.Replace(icm.Source, old, "published: 2027-01-05", 1), other))
	now := read()
	if now.Entries[0].Title != icm.Title || ids[now.Entries[0].ID] || !ids[now.Entries[1].ID] || now.ID != f.ID {
		t.Errorf("after publishing: %+v", now.Entries)
	}
}

func TestAPI(t *testing.T) {
	lib := library(t)
	h := open(t, lib, nil)
	var list struct {
		Version string `json:"version"`
		Sheets  []struct {
			Slug         string           `json:"slug"`
			URL          string           `json:"url"`
			API          string           `json:"api"`
			Title        string           `json:"title"`
			Jurisdiction string           `json:"jurisdiction"`
			Holds        string           `json:"holds"`
			Published    string           `json:"published"`
			ReviewBy     string           `json:"review_by"`
			Sources      []string         `json:"sources"`
			Topics       []string         `json:"topics"`
			Prisons      []map[string]any `json:"prisons"`
			Sections     []map[string]any `json:"sections"`
		} `json:"sheets"`
	}
	w := h.get("/api/sheets", "Origin", "https://elsewhere.example", "Accept", "application/json")
	if w.Code != 200 || w.Header().Get("Access-Control-Allow-Origin") != "*" || w.Header().Get("Cross-Origin-Resource-Policy") != "cross-origin" || w.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	strict(t, w.Body.String(), &list, "number", "audience", "summary", "overdue")
	if list.Version != lib.Version() || len(list.Sheets) != len(lib.Sheets()) {
		t.Errorf("version %s with %d sheets", list.Version, len(list.Sheets))
	}
	for _, s := range list.Sheets {
		if s.Slug == "" || s.Title == "" || s.Jurisdiction == "" || s.Holds == "" || len(s.Published) != 10 || len(s.ReviewBy) != 10 || s.Sources == nil || s.Topics == nil || s.Prisons == nil || len(s.Sections) == 0 {
			t.Errorf("%+v", s)
		}
		if s.URL != "https://help.example.org/sheets/"+s.Slug || s.API != "https://help.example.org/api/sheets/"+s.Slug {
			t.Errorf("%s is at %s and %s", s.Slug, s.URL, s.API)
		}
	}
	var one struct {
		Slug     string `json:"slug"`
		Version  string `json:"version"`
		Prisons  []struct{ ID, Name string }
		Sections []struct {
			Anchor   string `json:"anchor"`
			Heading  string `json:"heading"`
			ShortURL string `json:"short_url"`
			Short    string `json:"short"`
			Text     string `json:"text"`
			HTML     string `json:"html"`
		} `json:"sections"`
	}
	body := h.get("/api/sheets/stoke-heath-concern-line").Body.Bytes()
	if err := json.Unmarshal(body, &one); err != nil {
		t.Fatal(err)
	}
	if one.Slug != "stoke-heath-concern-line" || one.Version != lib.Version() || len(one.Prisons) != 1 || one.Prisons[0].ID != "stoke-heath" || !strings.Contains(one.Prisons[0].Name, "Stoke Heath") {
		t.Errorf("%+v", one)
	}
	for _, s := range one.Sections {
		if s.Short == "" || s.Text == "" || !strings.Contains(s.HTML, "<p>") && !strings.Contains(s.HTML, "<ul>") || strings.Contains(s.Text, "{phone:") {
			t.Errorf("%+v", s)
		}
		if to := h.get(strings.TrimPrefix(s.ShortURL, "https://help.example.org")); to.Header().Get("Location") != "/sheets/"+one.Slug+"#"+s.Anchor {
			t.Errorf("%s leads to %s", s.ShortURL, to.Header().Get("Location"))
		}
	}
	if w := h.get("/api/sheets/nothing", "Accept", "application/json"); w.Code != 404 || !json.Valid(w.Body.Bytes()) {
		t.Errorf("a sheet that is not there: %d %s", w.Code, w.Body)
	}
	if w := h.ask(http.MethodOptions, "/api/sheets/icm", "", "Origin", "https://elsewhere.example"); w.Code != http.StatusNoContent || w.Header().Get("Access-Control-Allow-Methods") != "GET, HEAD" {
		t.Errorf("a browser that asks first: %d %v", w.Code, w.Header())
	}
	if w := h.ask(http.MethodPost, "/api/sheets/search", "q=visits"); w.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Error("other sites may search in a visitor's name")
	}
}

// strict decodes into v and fails on names that it does not know, so that the
// test notices when the shape changes; also are names that it need not know.
func strict(t *testing.T, body string, v any, also ...string) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), v); err != nil {
		t.Fatal(err)
	}
	var raw struct {
		Sheets []map[string]json.RawMessage `json:"sheets"`
	}
	if err := json.Unmarshal([]byte(body), &raw); err != nil {
		t.Fatal(err)
	}
	known := " slug url api title jurisdiction holds published review_by sources topics prisons sections " + strings.Join(also, " ") + " "
	for _, s := range raw.Sheets {
		for name := range s {
			if !strings.Contains(known, " "+name+" ") {
				t.Errorf("the list of sheets has %q, which nobody described", name)
			}
		}
	}
}

// Without an address of its own the service still has links that work.
func TestWithoutAPublicURL(t *testing.T) {
	h := open(t, library(t), func(c *sheets.Config) { c.PublicURL = "" })
	if page := h.get("/sheets/icm").Body.String(); strings.Contains(page, `rel="canonical"`) || !strings.Contains(page, "The newest version of this sheet: /sheets/icm") {
		t.Error("a page names an address that nobody knows")
	}
	if feed := h.get("/sheets/feed.xml").Body.String(); !strings.Contains(feed, `href="/sheets/icm"`) {
		t.Error("the feed has no links")
	}
}
