package knowledge

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestParse(t *testing.T) {
	data, err := os.ReadFile("testdata/content/sheets/visit-costs.md")
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse("visit-costs.md", data)
	if err != nil {
		t.Fatal(err)
	}
	want := Sheet{
		Slug: "visit-costs", Title: "Help with the cost of visits", Summary: "Who can get money back for travel.",
		Jurisdiction: UK, Topics: []string{"travel", "money"}, Sources: []string{"Test source, four"},
		Published: time.Date(2026, 1, 10, 0, 0, 0, 0, time.UTC), ReviewBy: time.Date(2027, 1, 10, 0, 0, 0, 0, time.UTC),
		Owner: "Library editor", Source: string(data), File: "visit-costs.md",
		Sections: []Section{{
			Anchor: "who", Heading: "Who can get help with fares?",
			Short: "People on a low income can claim train and bus fares back. Ring {phone:visit-costs}.",
			Asked: []string{"can i get my train fare back", "i cant afford the bus to the jail"},
			Body:  "People on a low income can claim. For the number see {contact:visit-costs}.",
		}},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Sheet{}, Section{})); diff != "" {
		t.Error(diff)
	}
	windows, err := Parse("visit-costs.md", []byte("\uFEFF"+strings.ReplaceAll(string(data), "\n", "\r\n")))
	if err != nil {
		t.Fatalf("with Windows line ends: %v", err)
	}
	if diff := cmp.Diff(got.Sections, windows.Sections, cmpopts.IgnoreUnexported(Section{})); diff != "" {
		t.Error(diff)
	}
}

const goodSheet = `---
slug: one
title: One
summary: One.
jurisdiction: uk
sources: [a]
published: 2026-01-01
review_by: 2027-01-01
owner: me
---

Intro.

## What is it? {#what}

` + "```answer\nshort: It is.\nasked:\n  - wots it\n```" + `

It is what it is.
`

// Every fault of a sheet is named with its line, all of them at once.
func TestParseNamesFaults(t *testing.T) {
	for _, c := range []struct {
		name, from, to string
		line           int
		want           string
	}{
		{"no front matter", "---\nslug", "slug", 1, "a sheet begins with a line ---"},
		{"not closed", "owner: me\n---", "owner: me", 1, "a sheet begins with a line ---"},
		{"no title", "title: One\n", "", 1, "the sheet has no title"},
		{"bad slug", "slug: one", "slug: One Two", 2, `slug is "One Two"`},
		{"bad country", "jurisdiction: uk", "jurisdiction: britain", 5, `jurisdiction is "britain"`},
		{"bad date", "review_by: 2027-01-01", "review_by: next year", 8, `review_by is "next year"`},
		{"review before publication", "review_by: 2027-01-01", "review_by: 2025-01-01", 8, "review_by is not after published"},
		{"unknown field", "owner: me", "owner: me\ncolour: red", 10, "there is no field called colour"},
		{"list wanted", "sources: [a]", "sources: a", 6, "here belongs a list"},
		{"text wanted", "title: One", "title: {a: b}", 3, "here belongs text"},
		{"broken YAML", "title: One", "title: One: two", 3, "not well-formed YAML"},
		{"no anchor", " {#what}", "", 14, "write one behind it, like {#what-is-it}"},
		{"bad anchor", "{#what}", "{#What}", 14, "{#What} is not small letters"},
		{"no answer block", "```answer\nshort: It is.\nasked:\n  - wots it\n```\n", "", 14, "no ```answer block"},
		{"no short", "short: It is.\n", "", 16, "has no short answer"},
		{"unknown field in the answer", "short: It is.", "short: It is.\nlong: No.", 18, "there is no field called long"},
		{"no body", "\nIt is what it is.\n", "", 14, "there is no text"},
		{"no heading", "## What is it? {#what}", "What is it?", 11, "no question"},
		{"anchor twice", "It is what it is.\n", "It is.\n\n## Again? {#what}\n\n```answer\nshort: It is.\n```\n\nYes.\n", 24, "also in line 14"},
		{"heading of the first level", "Intro.", "# Intro", 12, "belongs in the front matter"},
		{"open block", "It is what it is.\n", "~~~\nIt is.\n", 22, "never closed"},
		{"not UTF-8", "Intro.", "Intro \xff.", 12, "not UTF-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			source := strings.Replace(goodSheet, c.from, c.to, 1)
			if source == goodSheet {
				t.Fatal("the case changes nothing")
			}
			_, err := Parse("one.md", []byte(source))
			var faults *Faults
			if !errors.As(err, &faults) {
				t.Fatalf("err = %v, want *Faults", err)
			}
			for _, f := range faults.Faults {
				if strings.Contains(f.Text, c.want) {
					if f.Line != c.line || f.File != "one.md" {
						t.Errorf("%s, want line %d", f, c.line)
					}
					return
				}
			}
			t.Errorf("faults:\n%v\nwant one with %q", err, c.want)
		})
	}
}

func TestParseNamesAllFaultsAtOnce(t *testing.T) {
	source := strings.NewReplacer("title: One\n", "", "jurisdiction: uk", "jurisdiction: x", " {#what}", "").Replace(goodSheet)
	_, err := Parse("one.md", []byte(source))
	var faults *Faults
	if !errors.As(err, &faults) || len(faults.Faults) != 3 {
		t.Fatalf("faults:\n%v\nwant three", err)
	}
	if lines := strings.Count(err.Error(), "\n"); lines != 2 {
		t.Errorf("the error has %d lines, want 3:\n%v", lines+1, err)
	}
}

func TestParseContactsNamesFaults(t *testing.T) {
	_, err := ParseContacts("contacts.yaml", []byte("contacts:\n  - id: a\n    name: A\n  - id: a\n    name: B\n  - id: B C\n    name: D\n  - id: e\n    name: E\n    disputed: true\n    checked_on: soon\n    fax: 1\n"))
	for _, want := range []string{"contacts.yaml:4: contact a is in the register twice", `contacts.yaml:6: contact has the id "B C"`, "contact e is disputed but has no note", `checked_on "soon"`, "contacts.yaml:12: there is no field called fax"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("err = %v\nwant %q", err, want)
		}
	}
}

func TestLoadNamesMissingFiles(t *testing.T) {
	_, err := Load(os.DirFS(t.TempDir()))
	if err == nil || !strings.Contains(err.Error(), "contacts/contacts.yaml: the file is missing") {
		t.Errorf("err = %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(goodSheet))
	f.Add([]byte("---\n---\n## a {#a}\n```answer\n"))
	f.Add([]byte("---\nslug: [\n---\n"))
	f.Add([]byte("\xef\xbb\xbf---\r\nslug: a\r\n---\r\n## \r\n"))
	l := testLibrary(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		sheet, err := Parse("fuzz.md", data)
		var faults *Faults
		if err != nil && !errors.As(err, &faults) {
			t.Fatalf("err is %T", err)
		}
		for _, fault := range append(l.CheckSheet(sheet, time.Unix(0, 0)), faultsOf(faults)...) {
			if fault.Text == "" || fault.Line < 0 || fault.Line > 1+strings.Count(string(data), "\n") {
				t.Fatalf("fault %+v", fault)
			}
		}
		for _, s := range sheet.Sections {
			html := string(l.HTML(s.Body))
			if strings.Contains(strings.ToLower(html), "<script") || strings.Contains(strings.ToLower(html), `href="javascript:`) {
				t.Fatalf("unsafe HTML: %s", html)
			}
			l.plainBody(s.Body)
		}
	})
}

func faultsOf(f *Faults) []Fault {
	if f == nil {
		return nil
	}
	return f.Faults
}
