package sheets_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

type found struct {
	Kind string `json:"kind"`
	Hits []struct {
		URL     string `json:"url"`
		Heading string `json:"heading"`
		Short   string `json:"short"`
		Sheet   string `json:"sheet"`
		Country string `json:"jurisdiction"`
		Label   string `json:"holds"`
	} `json:"hits"`
	Message string `json:"message"`
	Note    string `json:"note"`
	Worry   string `json:"worry"`
}

func search(t *testing.T, h *house, query, country string) found {
	t.Helper()
	body, err := json.Marshal(map[string]string{"q": query, "country": country})
	if err != nil {
		t.Fatal(err)
	}
	w := h.ask(http.MethodPost, "/api/sheets/search", string(body), "Content-Type", "application/json", "Accept", "application/json")
	if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("search: %d, %s: %s", w.Code, w.Header().Get("Cache-Control"), w.Body)
	}
	var f found
	if err := json.Unmarshal(w.Body.Bytes(), &f); err != nil {
		t.Fatal(err)
	}
	for _, hit := range f.Hits {
		if hit.Heading == "" || hit.Short == "" || hit.Label == "" || hit.Country == "" || !strings.HasPrefix(hit.URL, "/sheets/") {
			t.Errorf("%q found %+v", query, hit)
		}
		path, _, _ := strings.Cut(hit.URL, "#")
		if w := h.get(path); w.Code != http.StatusOK {
			t.Errorf("%s answers %d", hit.URL, w.Code)
		}
	}
	if f.Message == "" || f.Hits == nil {
		t.Errorf("%q: %+v", query, f)
	}
	return f
}

func TestSearch(t *testing.T) {
	h := open(t, library(t), nil)
	if f := search(t, h, "what is a case conference", ""); len(f.Hits) == 0 || f.Hits[0].URL != "/sheets/icm#case-conference" || f.Hits[0].Country != "scotland" {
		t.Errorf("a question: %+v", f)
	}
	// Half a word is enough.
	has := func(f found, url string) bool {
		for _, hit := range f.Hits {
			if hit.URL == url {
				return true
			}
		}
		return false
	}
	for half, url := range map[string]string{"caremap": "/sheets/acct#caremap", "penf": "/sheets/no-visitors", "stoke hea": "/sheets/stoke-heath-family", "listen": "/sheets/acct#listeners", "12": "/sheets/icm"} {
		if f := search(t, h, half, ""); !has(f, url) {
			t.Errorf("%q does not find %s: %+v", half, url, f.Hits)
		}
	}
	// The sheet that is called so comes before those that only touch on it, and
	// what is near a question that nothing answers is called no more than near.
	if f := search(t, h, "visiting", ""); f.Kind == "unknown" && f.Hits[0].URL != "/sheets/visiting" {
		t.Errorf("visiting: %+v", f.Hits)
	}
	if f := search(t, h, "when does the visits hall canteen in barlinnie open", ""); len(f.Hits) > 0 && f.Kind == "unknown" && !strings.Contains(f.Message, "near") {
		t.Errorf("a question without an answer: %+v", f)
	}
	// With a country chosen nothing of another is shown.
	for _, query := range []string{"how do i book a visit", "acct", "visits", "phone"} {
		for _, hit := range search(t, h, query, "scotland").Hits {
			if hit.Country != "scotland" && hit.Country != "uk" {
				t.Errorf("%q for Scotland found %s of %s", query, hit.URL, hit.Country)
			}
		}
	}
	// So it is when the words themselves name a place, and its country is not chosen.
	for _, query := range []string{"visit in barlinnie", "visiting in scotland", "phone in polmont prison"} {
		for _, hit := range search(t, h, query, "").Hits {
			if hit.Country != "scotland" && hit.Country != "uk" {
				t.Errorf("%q found %s of %s", query, hit.URL, hit.Country)
			}
		}
	}
	if f := search(t, h, "best pizza recipe with pineapple", ""); len(f.Hits) != 0 {
		t.Errorf("off topic: %+v", f.Hits)
	}
	if f := search(t, h, "zzzqqq", ""); len(f.Hits) != 0 || !strings.Contains(f.Message, "nothing") {
		t.Errorf("nothing: %+v", f)
	}
	if f := search(t, h, "he says he will kill himself", ""); !strings.Contains(f.Worry, "999") || !strings.Contains(f.Worry, "Nobody reads this search") {
		t.Errorf("somebody at risk is told %q", f.Worry)
	}
	if f := search(t, h, "visits", ""); f.Worry != "" {
		t.Error("a plain question is answered with a warning")
	}
}

// What people type is in no address and no log, with and without JavaScript.
func TestSearchLeavesNoTrace(t *testing.T) {
	h := open(t, library(t), nil)
	secret := "zanzibar my son Kieran"
	search(t, h, secret, "")
	w := h.ask(http.MethodPost, "/sheets", "q="+url.QueryEscape(secret)+"&country=scotland")
	if w.Code != http.StatusOK || w.Header().Get("Location") != "" || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Set-Cookie") != "" {
		t.Errorf("a search answers %d with %v", w.Code, w.Header())
	}
	if page := w.Body.String(); !strings.Contains(page, secret) || !strings.Contains(page, `value="scotland" selected`) || !strings.Contains(page, `content="noindex"`) {
		t.Error("the page of results does not keep what was asked")
	}
	h.ask(http.MethodPost, "/api/sheets/search", `{"q": "`+secret, "Content-Type", "application/json")
	for _, word := range []string{"zanzibar", "Kieran"} {
		if strings.Contains(h.log.String(), word) {
			t.Errorf("the log holds %q", word)
		}
	}
	if w := h.ask(http.MethodPost, "/sheets", "q=+&country=scotland"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/sheets?country=scotland" {
		t.Errorf("an empty search: %d to %s", w.Code, w.Header().Get("Location"))
	}
}

func TestBadSearches(t *testing.T) {
	h := open(t, library(t), nil)
	const form, asJSON = "application/x-www-form-urlencoded", "application/json"
	for name, c := range map[string]struct {
		kind, body string
		want       int
	}{
		"no JSON":         {asJSON, `{"q":`, 400},
		"JSON of another": {asJSON, `[1]`, 400},
		"empty":           {asJSON, `{"q":"  "}`, 400},
		"no such country": {asJSON, `{"q":"visits","country":"france"}`, 400},
		"another type":    {"text/plain; charset=\"", "visits", 415},
		"broken form":     {form, "q=%zz", 400},
		"a form":          {form, "q=visits&country=scotland", 200},
		"too much":        {asJSON, `{"q":"` + strings.Repeat("a", 20<<10) + `"}`, 413},
		"too much form":   {form, "q=" + strings.Repeat("a", 20<<10), 413},
		"not UTF-8":       {form, "q=visits%ff%fe", 200},
		"long":            {form, "q=" + strings.Repeat("%C3%A9", 400), 200},
	} {
		w := h.ask(http.MethodPost, "/api/sheets/search", c.body, "Content-Type", c.kind, "Accept", "application/json")
		if w.Code != c.want || !json.Valid(w.Body.Bytes()) || !utf8.Valid(w.Body.Bytes()) {
			t.Errorf("%s: %d, want %d: %s", name, w.Code, c.want, w.Body)
		}
	}
	if w := h.ask(http.MethodPost, "/sheets", "q="+strings.Repeat("a", 20<<10)); w.Code != http.StatusSeeOther && w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a long search without JavaScript: %d", w.Code)
	}
}

func TestSearchersAreHeldBack(t *testing.T) {
	h := open(t, library(t), nil)
	for range 200 {
		if w := h.ask(http.MethodPost, "/api/sheets/search", "q=a"); w.Code != http.StatusOK {
			t.Fatalf("somebody who types fast is answered %d", w.Code)
		}
	}
	if w := h.ask(http.MethodPost, "/api/sheets/search", "q=a"); w.Code != http.StatusTooManyRequests {
		t.Errorf("the 201st search within a moment: %d", w.Code)
	}
}
