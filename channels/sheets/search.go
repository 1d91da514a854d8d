package sheets

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"helpline/knowledge"
)

// maxQuery is how much of what was typed is searched for, in bytes.
const maxQuery = 500

// maxHits is how many results a search shows: what fits on a phone's screen
// or two.
const maxHits = 8

// hit is one thing that a search found: the answer to a question, or a whole
// sheet.
type hit struct {
	URL     string `json:"url"`
	Heading string `json:"heading"`
	Short   string `json:"short"`
	Sheet   string `json:"sheet,omitempty"` // its title; empty for a whole sheet
	Country string `json:"jurisdiction"`
	Label   string `json:"holds"` // the country or the prisons, in words
}

// result is what a search found, in the words in which it is shown.
type result struct {
	Kind    knowledge.Kind `json:"kind"`
	Hits    []hit          `json:"hits"`
	Message string         `json:"message"`        // how many, or why none
	Note    string         `json:"note,omitempty"` // on countries, or how to reach a person
	Worry   string         `json:"worry,omitempty"`
}

// queryOf is what was typed, of a bearable length.
func queryOf(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > maxQuery {
		s = s[:maxQuery]
	}
	return strings.ToValidUTF8(s, "")
}

// search finds what answers the query as a conversation would, and after it
// the sheets and questions that hold all the words typed so far.
func (p *Pages) search(lib *knowledge.Library, query string, country knowledge.Jurisdiction) result {
	found := lib.Find(knowledge.Query{Text: query, Jurisdiction: country})
	r := result{Kind: found.Kind, Hits: []hit{}}
	seen := map[string]bool{}
	add := func(h hit) {
		if !seen[h.URL] && len(r.Hits) < maxHits {
			seen[h.URL] = true
			r.Hits = append(r.Hits, h)
		}
	}
	for _, a := range found.Answers {
		add(p.sectionHit(lib, a.Sheet, a.Section))
	}
	switch named := lib.Country(query); {
	case found.Jurisdiction != "":
		country = found.Jurisdiction
	case named != "":
		country = named
	}
	p.byWords(lib, query, country, add)
	near := false
	if len(r.Hits) == 0 && found.Kind == knowledge.KindUnknown {
		p.bySomeWords(lib, query, country, add)
		near = len(r.Hits) > 0
	}
	if p.Worry != nil && p.Worry(query) {
		r.Worry = p.Texts.Text("sheets.search.worry")
	}
	switch {
	case len(r.Hits) == 0 && found.Kind == knowledge.KindPerson:
		r.Message = p.Texts.Text("sheets.search.person")
	case len(r.Hits) == 0 && found.Kind == knowledge.KindOffTopic:
		r.Message = p.Texts.Text("sheets.search.off_topic")
	case len(r.Hits) == 0:
		r.Message = p.Texts.Text("sheets.search.none")
	case near:
		r.Message = p.Texts.Text("sheets.search.near")
	case len(r.Hits) == 1:
		r.Message = p.Texts.Text("sheets.search.one")
	default:
		r.Message = p.Texts.Text("sheets.search.many", "n", strconv.Itoa(len(r.Hits)))
	}
	switch {
	case found.Kind == knowledge.KindWhichCountry:
		r.Note = p.Texts.Text("sheets.search.countries")
	case found.Kind == knowledge.KindPerson && len(r.Hits) > 0:
		r.Note = p.Texts.Text("sheets.search.person")
	}
	return r
}

func (p *Pages) sectionHit(lib *knowledge.Library, s *knowledge.Sheet, sec *knowledge.Section) hit {
	return hit{
		URL: sheetPath(s.Slug, sec.Anchor), Heading: sec.Heading, Sheet: s.Title, Country: string(s.Jurisdiction), Label: p.label(lib, s),
		Short: lib.Short(knowledge.SectionRef{Slug: s.Slug, Anchor: sec.Anchor}),
	}
}

// searchJSON is the search as somebody types: POST with a form or with
// {"q": "…", "country": "scotland"}.
func (p *Pages) searchJSON(c echo.Context) error {
	var asked struct {
		Q       string `json:"q"`
		Country string `json:"country"`
	}
	r := c.Request()
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err != nil:
		return echo.NewHTTPError(http.StatusUnsupportedMediaType, "send application/json or application/x-www-form-urlencoded")
	case kind == "application/json":
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			var tooLarge *http.MaxBytesError
			if errors.As(err, &tooLarge) {
				return fmt.Errorf("read a search: %w", err)
			}
			return echo.NewHTTPError(http.StatusBadRequest, "not JSON of the form {\"q\": \"…\", \"country\": \"…\"}")
		}
	default:
		if err := r.ParseForm(); err != nil {
			var tooLarge *http.MaxBytesError
			if errors.As(err, &tooLarge) {
				return fmt.Errorf("read a search: %w", err)
			}
			return echo.NewHTTPError(http.StatusBadRequest, "the form cannot be read")
		}
		asked.Q, asked.Country = r.PostForm.Get("q"), r.PostForm.Get("country")
	}
	query := queryOf(asked.Q)
	if query == "" {
		return echo.NewHTTPError(http.StatusBadRequest, "q is empty")
	}
	if asked.Country != "" && countryOf(asked.Country) == "" {
		return echo.NewHTTPError(http.StatusBadRequest, "country is not one that sheets hold for")
	}
	return c.JSON(http.StatusOK, p.search(p.Shelf.Library(), query, countryOf(asked.Country)))
}
