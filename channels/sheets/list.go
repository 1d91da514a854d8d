package sheets

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"helpline/knowledge"
)

// row is a sheet in a list.
type row struct {
	Href, Title, Summary, Number, Label string
}

func (p *Pages) row(lib *knowledge.Library, s *knowledge.Sheet) row {
	return row{Href: sheetPath(s.Slug, ""), Title: s.Title, Summary: s.Summary, Number: s.Number, Label: p.label(lib, s)}
}

// sheetPath is the path of a sheet's page, or of one question on it.
func sheetPath(slug, anchor string) string {
	path := "/sheets/" + url.PathEscape(slug)
	if anchor != "" {
		path += "#" + url.PathEscape(anchor)
	}
	return path
}

type group struct {
	ID, Heading string
	Rows        []row
}

// option is one choice of country.
type option struct {
	Value, Name string
	Chosen      bool
}

// listPage is the page of all sheets, with what a search found.
type listPage struct {
	page
	Query    string
	Country  string
	Options  []option
	Searched bool
	Result   result
	Topic    string // the name of the subject to which the list is limited
	Common   []topic
	Rare     []topic
	Groups   []group
}

// list shows every sheet by country, or those of one subject or country.
func (p *Pages) list(c echo.Context) error {
	lib := p.Shelf.Library()
	data := p.listOf(lib, countryOf(c.QueryParam("country")), c.QueryParam("topic"))
	return p.show(c, lib, "list.html", data)
}

func (p *Pages) listOf(lib *knowledge.Library, country knowledge.Jurisdiction, key string) listPage {
	sheets := lib.Sheets()
	data := listPage{page: p.shell(p.Texts.Text("sheets.title")), Country: string(country)}
	data.Description = p.Texts.Text("sheets.lead")
	data.Canonical = p.canonical("/sheets")
	data.Options = p.options(sheets, country)
	key = strings.ToLower(key)
	for _, t := range p.catalogueOf(lib).topicsOf(country) {
		if t.Key == key {
			data.Topic = t.Name
			data.Title = t.Name + " – " + data.Title
		}
		if t.Count > 1 {
			data.Common = append(data.Common, t)
		} else {
			data.Rare = append(data.Rare, t)
		}
	}
	for _, j := range countries {
		if !holdsIn(j, country) {
			continue
		}
		g := group{ID: "for-" + string(j), Heading: p.Texts.Text("sheets.holds." + string(j))}
		for i := range sheets {
			if sheets[i].Jurisdiction == j && (data.Topic == "" || hasTopic(&sheets[i], key)) {
				r := p.row(lib, &sheets[i])
				if len(sheets[i].Prisons) == 0 {
					r.Label = "" // the heading says it
				}
				g.Rows = append(g.Rows, r)
			}
		}
		if len(g.Rows) > 0 {
			slices.SortStableFunc(g.Rows, func(a, b row) int { return strings.Compare(a.Title, b.Title) })
			data.Groups = append(data.Groups, g)
		}
	}
	if country != "" { // what holds there alone comes first for somebody who chose it
		slices.Reverse(data.Groups)
	}
	return data
}

// options are the countries for which there are sheets.
func (p *Pages) options(sheets []knowledge.Sheet, country knowledge.Jurisdiction) []option {
	list := []option{{Value: "", Name: p.Texts.Text("sheets.anywhere"), Chosen: country == ""}}
	for _, j := range countries {
		has := slices.ContainsFunc(sheets, func(s knowledge.Sheet) bool { return s.Jurisdiction == j })
		if j != knowledge.UK && (has || j == country) {
			list = append(list, option{Value: string(j), Name: p.country(j), Chosen: j == country})
		}
	}
	return list
}

// canonical is the one address of a page for search engines; none is named
// when the service does not know its own.
func (p *Pages) canonical(path string) string {
	if p.PublicURL == "" {
		return ""
	}
	return p.absolute(path)
}

// searchPage is the search without JavaScript. It is a POST, so that the
// words are in no address, no history and no log.
func (p *Pages) searchPage(c echo.Context) error {
	lib := p.Shelf.Library()
	query, country := queryOf(c.Request().PostFormValue("q")), countryOf(c.Request().PostFormValue("country"))
	if query == "" {
		to := "/sheets"
		if country != "" {
			to += "?country=" + string(country)
		}
		return c.Redirect(http.StatusSeeOther, to)
	}
	data := p.listOf(lib, country, "")
	data.NoIndex, data.Searched, data.Query = true, true, query
	data.Result = p.search(lib, query, country)
	return p.answer(c, http.StatusOK, "list.html", data)
}
