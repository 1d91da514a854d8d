package sheets

import (
	"cmp"
	"crypto/sha256"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"helpline/knowledge"
)

// feedLength is how many changes the feed holds.
const feedLength = 50

// atomFeed is an Atom feed (RFC 4287).
type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Lang    string      `xml:"xml:lang,attr"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Author  atomAuthor  `xml:"author"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomAuthor struct {
	Name string `xml:"name"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	ID       string         `xml:"id"`
	Title    string         `xml:"title"`
	Updated  string         `xml:"updated"`
	Links    []atomLink     `xml:"link"`
	Category []atomCategory `xml:"category"`
	Summary  string         `xml:"summary"`
}

type atomCategory struct {
	Term string `xml:"term,attr"`
}

// feed lists the sheets by the date of their last change. A sheet that
// changes is a new entry, so that readers show it again.
func (p *Pages) feed(c echo.Context) error {
	lib := p.Shelf.Library()
	sheets := make([]*knowledge.Sheet, 0, len(lib.Sheets()))
	for i := range lib.Sheets() {
		sheets = append(sheets, &lib.Sheets()[i])
	}
	slices.SortStableFunc(sheets, func(a, b *knowledge.Sheet) int {
		return cmp.Or(b.Published.Compare(a.Published), strings.Compare(a.Title, b.Title))
	})
	f := atomFeed{
		Lang: "en-GB", ID: permanentID("feed", p.PublicURL), Title: p.Texts.Text("sheets.title"), Updated: instant(time.Time{}),
		Author: atomAuthor{p.Texts.Text("sheets.author")},
		Links: []atomLink{
			{Rel: "self", Type: "application/atom+xml", Href: p.absolute("/sheets/feed.xml")},
			{Rel: "alternate", Type: "text/html", Href: p.absolute("/sheets")},
		},
	}
	for i, s := range sheets[:min(feedLength, len(sheets))] {
		if i == 0 {
			f.Updated = instant(s.Published)
		}
		entry := atomEntry{
			ID: permanentID("sheet", p.PublicURL, s.Slug, isoDate(s.Published)), Title: s.Title, Updated: instant(s.Published),
			Links:   []atomLink{{Rel: "alternate", Type: "text/html", Href: p.absolute(sheetPath(s.Slug, ""))}},
			Summary: p.holds(lib, s) + ". " + s.Summary,
		}
		for _, t := range s.Topics {
			entry.Category = append(entry.Category, atomCategory{t})
		}
		f.Entries = append(f.Entries, entry)
	}
	body, err := xml.MarshalIndent(f, "", " ")
	if err != nil {
		return fmt.Errorf("write the feed: %w", err)
	}
	return send(c, lib, "application/atom+xml; charset=utf-8", append([]byte(xml.Header), body...))
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// permanentID is an IRI that stays the same for the same parts, a UUID of
// version 8 (RFC 9562, section 5.8) made of their hash.
func permanentID(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
