package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestEditorsSeeWhatReadersSaid: a vote on a sheet's page stands beside the
// sheet on the editors' list.
func TestEditorsSeeWhatReadersSaid(t *testing.T) {
	w := newWorld(t, nil)
	for _, vote := range []string{"yes", "no"} {
		res, err := http.PostForm(w.url+"/sheets/icm/helpful", url.Values{"helpful": {vote}})
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK || !strings.Contains(res.Request.URL.RawQuery, "helpful="+vote) {
			t.Fatalf("a vote: %d %s", res.StatusCode, res.Request.URL.RawQuery)
		}
	}
	eddie := signIn(t, w.url, "eddie@example.org")
	page := eddie.get(t, "/console/sheets", http.StatusOK)
	if n := strings.Count(page, "Helpful to 1 of 2 readers"); n != 1 {
		t.Errorf("the votes stand on the list %d times", n)
	}
}
