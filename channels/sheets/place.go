package sheets

import (
	"strings"

	"helpline/knowledge"
)

// countries are all that a sheet can hold for, in the order of the pages.
var countries = [...]knowledge.Jurisdiction{
	knowledge.UK, knowledge.EnglandWales, knowledge.Scotland, knowledge.NorthernIreland,
	knowledge.Jersey, knowledge.Guernsey, knowledge.IsleOfMan,
}

// countryOf reads the country that a visitor chose; empty when none.
func countryOf(s string) knowledge.Jurisdiction {
	for _, j := range countries {
		if string(j) == s && j != knowledge.UK {
			return j
		}
	}
	return ""
}

// holdsIn reports whether what holds in j may be shown to somebody who asks
// about the country; an empty country is everywhere. No sheet holds abroad.
func holdsIn(j, country knowledge.Jurisdiction) bool {
	if country == knowledge.Elsewhere {
		return false
	}
	return country == "" || j == country || j == knowledge.UK
}

// prisonNames are the names of the prisons to which a sheet is limited.
func prisonNames(lib *knowledge.Library, s *knowledge.Sheet) []string {
	names := make([]string, len(s.Prisons))
	for i, id := range s.Prisons {
		names[i] = id
		if prison, ok := lib.PrisonByName(id); ok && prison.Name != "" {
			names[i] = prison.Name
		}
	}
	return names
}

// label is the short mark beside a sheet or an answer: its country, or the
// prisons to which it is limited.
func (p *Pages) label(lib *knowledge.Library, s *knowledge.Sheet) string {
	if len(s.Prisons) > 0 {
		return p.Texts.Text("sheets.prisons", "prisons", strings.Join(prisonNames(lib, s), ", "))
	}
	return p.country(s.Jurisdiction)
}

// holds says as a sentence where a sheet holds.
func (p *Pages) holds(lib *knowledge.Library, s *knowledge.Sheet) string {
	if len(s.Prisons) > 0 {
		return p.Texts.Text("sheets.holds.prisons", "prisons", strings.Join(prisonNames(lib, s), ", "), "country", p.country(s.Jurisdiction))
	}
	return p.Texts.Text("sheets.holds." + string(s.Jurisdiction))
}

func (p *Pages) country(j knowledge.Jurisdiction) string {
	return p.Texts.Text("sheets.country." + string(j))
}
