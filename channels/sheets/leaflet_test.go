package sheets_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/chromedp/cdproto/page"
)

// pdfPage is a page object of a PDF, as Chromium writes it.
var pdfPage = regexp.MustCompile(`/Type\s*/Page[^s]`)

var mediaBox = regexp.MustCompile(`/MediaBox\s*\[0 0 (\d+)[.\d]* (\d+)`)

// longest is how many sides of A4 a sheet may take. Most are the leaflet of
// two that prisons hand out.
const longest = 3

// Every sheet goes on paper as a leaflet: Chromium makes a PDF of each, as it
// does for "Print". With HELPLINE_PICTURES set they are kept to be looked at.
func TestBrowserPrintsLeaflets(t *testing.T) {
	lib := library(t)
	h := open(t, lib, nil)
	at := serve(t, h)
	b := openTab(t, 1000, 900)
	pictures := os.Getenv("HELPLINE_PICTURES")
	pages := map[string]int{}
	two := 0
	for _, s := range lib.Sheets() {
		pdf := printed(b, at+"/sheets/"+s.Slug)
		n := len(pdfPage.FindAll(pdf, -1))
		pages[s.Slug] = n
		if n < 1 || n > longest {
			t.Errorf("%s takes %d sides", s.Slug, n)
		}
		if n <= 2 {
			two++
		}
		for _, box := range mediaBox.FindAllSubmatch(pdf, -1) {
			if w, h := string(box[1]), string(box[2]); (w != "594" && w != "595") || (h != "841" && h != "842") {
				t.Errorf("%s is not on A4 but %s by %s", s.Slug, w, h)
			}
		}
		if pictures != "" {
			keep(t, pictures, "leaflet-"+s.Slug+".pdf", pdf)
		}
	}
	t.Logf("sides: %v", pages)
	if two*4 < len(pages)*3 {
		t.Errorf("only %d of %d sheets fit a leaflet of two sides", two, len(pages))
	}
}

// printed is the page at address as PDF, as the browser's "Print" makes it.
func printed(b *tab, address string) []byte {
	b.t.Helper()
	b.visit(address)
	yes := true
	return call(b, page.PrintToPDF, page.PrintToPDFParams{PreferCSSPageSize: &yes}).Data
}
