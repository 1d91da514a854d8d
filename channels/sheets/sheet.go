package sheets

import (
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"helpline/knowledge"
)

// part is one question of a sheet's page.
type part struct {
	Anchor, Heading, Short string
	Body                   template.HTML
}

// checked says when a contact that a sheet names was last known to be right.
type checked struct {
	Name, When string
}

// sheetPage is the page of one sheet.
type sheetPage struct {
	page
	Sheet   *knowledge.Sheet
	Holds   string
	Label   string
	Intro   template.HTML
	Parts   []part
	Related []row
	Checked []checked
	Overdue bool
	Long    bool   // on paper it is set closer, so as to stay a leaflet of two sides
	Address string // for paper
	Chat    string // for paper
	FAQ     faqPage
	Votes   bool
	Thanks  string // what is said to somebody who voted
}

func (p *Pages) sheet(c echo.Context) error {
	lib := p.Shelf.Library()
	slug, err := url.PathUnescape(c.Param("slug"))
	if err != nil {
		return p.missing(c, "")
	}
	s, ok := lib.Sheet(slug)
	if !ok {
		return p.missing(c, slug)
	}
	data := sheetPage{
		page: p.shell(s.Title), Sheet: s, Holds: p.holds(lib, s), Label: p.label(lib, s), Intro: lib.HTML(s.Intro),
		Checked: p.checked(lib, s), Overdue: overdue(s, p.Now()), Votes: p.Votes != nil, Thanks: p.thanks(c.QueryParam("helpful")),
		Address: bare(p.PublicURL + sheetPath(s.Slug, "")), Chat: bare(p.PublicURL + "/chat"), FAQ: p.faq(lib, s),
	}
	data.Description = data.Holds + ". " + s.Summary
	data.Canonical = p.canonical(sheetPath(s.Slug, ""))
	length := len(s.Intro)
	for i := range s.Sections {
		sec := &s.Sections[i]
		ref := knowledge.SectionRef{Slug: s.Slug, Anchor: sec.Anchor}
		length += len(sec.Heading) + len(sec.Short) + len(sec.Body) + perPart
		data.Parts = append(data.Parts, part{sec.Anchor, sec.Heading, lib.Short(ref), lib.BodyHTML(ref)})
	}
	data.Long = length > twoSides
	for _, other := range related(lib.Sheets(), s, 4) {
		data.Related = append(data.Related, p.row(lib, other))
	}
	return p.show(c, lib, "sheet.html", data)
}

// twoSides is how long a sheet may be, in bytes of text, that fits two sides of
// paper in the ordinary size; a question takes the room of perPart more. Both
// were measured on the leaflets that the tests print.
const (
	twoSides = 8500
	perPart  = 150
)

// overdue reports whether the day is past by which a sheet was to be checked.
func overdue(s *knowledge.Sheet, now time.Time) bool {
	return !s.ReviewBy.IsZero() && now.After(s.ReviewBy.AddDate(0, 0, 1))
}

// bare is an address as it is written on paper.
func bare(address string) string {
	_, rest, ok := strings.Cut(address, "://")
	if !ok {
		return address
	}
	return rest
}

// reference is a {kind:id} that sheets write where a contact is meant.
var reference = regexp.MustCompile(`\{[a-z]+:\s*([a-z0-9-]+)\s*\}`)

// checked lists the contacts that a sheet names, with the month in which their
// source stated them: many sources have no day.
func (p *Pages) checked(lib *knowledge.Library, s *knowledge.Sheet) []checked {
	var list []checked
	seen := map[string]bool{}
	contacts := lib.Contacts()
	for _, m := range reference.FindAllStringSubmatch(s.Source, -1) {
		contact, ok := contacts.Get(m[1])
		if !ok || seen[contact.ID] {
			continue
		}
		seen[contact.ID] = true
		when := p.Texts.Text("sheets.checked.never")
		if at, ok := contact.Checked(); ok {
			when = p.Texts.Text("sheets.checked.on", "date", at.Format("January 2006"))
		}
		list = append(list, checked{contact.Name, when})
	}
	return list
}

// faqPage is a sheet for search engines (https://schema.org/FAQPage). They may
// show an answer away from its page, so every answer begins with where it
// holds.
type faqPage struct {
	Context  string     `json:"@context"`
	Type     string     `json:"@type"`
	Name     string     `json:"name"`
	About    string     `json:"description,omitempty"`
	Language string     `json:"inLanguage"`
	URL      string     `json:"url,omitempty"`
	Date     string     `json:"dateModified,omitempty"`
	Main     []question `json:"mainEntity"`
}

type question struct {
	Type   string   `json:"@type"`
	Name   string   `json:"name"`
	URL    string   `json:"url,omitempty"`
	Answer accepted `json:"acceptedAnswer"`
}

type accepted struct {
	Type string `json:"@type"`
	Text string `json:"text"`
}

func (p *Pages) faq(lib *knowledge.Library, s *knowledge.Sheet) faqPage {
	f := faqPage{
		Context: "https://schema.org", Type: "FAQPage", Name: s.Title, About: s.Summary, Language: "en-GB",
		URL: p.canonical(sheetPath(s.Slug, "")), Date: isoDate(s.Published),
	}
	holds := p.holds(lib, s)
	for i := range s.Sections {
		sec := &s.Sections[i]
		ref := knowledge.SectionRef{Slug: s.Slug, Anchor: sec.Anchor}
		text := lib.Short(ref)
		if text == "" {
			text = lib.BodyText(ref)
		}
		f.Main = append(f.Main, question{
			Type: "Question", Name: sec.Heading, URL: p.canonical(sheetPath(s.Slug, sec.Anchor)),
			Answer: accepted{Type: "Answer", Text: holds + ". " + text},
		})
	}
	return f
}

// isoDate is a date as machines read it, empty for none.
func isoDate(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// short leads from the link in a text message to the passage.
func (p *Pages) short(c echo.Context) error {
	// A full stop or a bracket behind a link often becomes part of it.
	ref, ok := p.Shelf.Library().Lookup(strings.Trim(c.Param("code"), " .,;:!?)>\"'"))
	if !ok {
		return p.missing(c, "")
	}
	return c.Redirect(http.StatusSeeOther, sheetPath(ref.Slug, ref.Anchor))
}

// missingPage helps somebody whose link leads nowhere.
type missingPage struct {
	page
	Near    []row
	Query   string // always empty: the search begins anew
	Options []option
}

// missing answers with the sheets whose names are like what was asked for.
func (p *Pages) missing(c echo.Context, slug string) error {
	lib := p.Shelf.Library()
	data := missingPage{page: p.shell(p.Texts.Text("sheets.missing.heading")), Options: p.options(lib.Sheets(), "")}
	data.NoIndex = true
	if knowledge.ValidSlug(strings.ToLower(slug)) && len(slug) <= 100 {
		data.Near = p.near(lib, strings.Split(strings.ToLower(slug), "-"))
	}
	return p.answer(c, http.StatusNotFound, "missing.html", data)
}

// near lists sheets that share a word of some length with a slug that is gone.
func (p *Pages) near(lib *knowledge.Library, wanted []string) []row {
	var list []row
	sheets := lib.Sheets()
	for i := range sheets {
		names := wordsOf(sheets[i].Slug + " " + sheets[i].Title)
		for _, w := range wanted {
			if len(w) > 3 && allBegin([]string{w}, names) && len(list) < 5 {
				list = append(list, p.row(lib, &sheets[i]))
				break
			}
		}
	}
	return list
}
