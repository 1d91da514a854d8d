package knowledge

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

func TestRenderGolden(t *testing.T) {
	l := testLibrary(t)
	var b strings.Builder
	for _, sheet := range l.Sheets() {
		b.WriteString("# " + sheet.Slug + "\n\n")
		for _, s := range sheet.Sections {
			ref := SectionRef{sheet.Slug, s.Anchor}
			b.WriteString("## " + s.Heading + "\n-- short\n" + l.Short(ref) + "\n-- text\n" + l.BodyText(ref) + "\n-- html\n" + string(l.BodyHTML(ref)) + "\n")
		}
	}
	const golden = "testdata/render.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestHTMLIsSafe(t *testing.T) {
	l := testLibrary(t)
	for in, not := range map[string]string{
		"<script>x</script>":                  "<script",
		"a <img src=x onerror=y> b":           "<img",
		"[a](javascript:alert)":               "javascript:",
		"[a](data:text/html;base64,AAAA)":     "data:",
		"[a](sheet:x\" onclick=\"y)":          `onclick="y`,
		"![a](javascript:x)":                  "javascript:",
		"<a href='https://x'>x</a>":           "<a href='",
		"<div\n\n<script>alert(1)</script>\n": "<script",
	} {
		if got := string(l.HTML(in)); strings.Contains(got, not) {
			t.Errorf("HTML(%q) = %q", in, got)
		}
	}
	if got := string(l.HTML("[a](sheet:x#y)")); !strings.Contains(got, `href="/sheets/x#y"`) {
		t.Errorf("sheet link = %q", got)
	}
}

func TestDisputedContactShowsNoNumber(t *testing.T) {
	l := testLibrary(t)
	ref := SectionRef{"visit-costs", "who"}
	for _, text := range []string{l.Short(ref), l.BodyText(ref), string(l.BodyHTML(ref))} {
		if strings.Contains(text, "0800 000 0002") || !strings.Contains(text, "Ask the prison") {
			t.Errorf("a disputed contact gives %q", text)
		}
	}
}
