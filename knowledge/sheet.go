package knowledge

import "time"

// Jurisdiction is the country, or group of countries, for which something holds.
type Jurisdiction string

// The jurisdictions that content may name. UK holds everywhere. The Crown
// dependencies have prisons of their own, to which no sheet of another country applies.
const (
	Scotland        Jurisdiction = "scotland"
	EnglandWales    Jurisdiction = "england-wales"
	NorthernIreland Jurisdiction = "northern-ireland"
	Jersey          Jurisdiction = "jersey"
	Guernsey        Jurisdiction = "guernsey"
	IsleOfMan       Jurisdiction = "isle-of-man"
	Elsewhere       Jurisdiction = "elsewhere" // a country abroad: no sheet holds there
	UK              Jurisdiction = "uk"
)

// Valid reports whether a sheet, a contact or a prison may carry j.
func (j Jurisdiction) Valid() bool {
	switch j {
	case Scotland, EnglandWales, NorthernIreland, Jersey, Guernsey, IsleOfMan, UK:
		return true
	case Elsewhere:
		return false
	}
	return false
}

// Sheet is one information sheet.
type Sheet struct {
	Slug         string       // kebab-case, its address: /sheets/<slug>
	Number       string       // the number under which it is known on paper, or empty
	Title        string       //
	Summary      string       // one sentence
	Jurisdiction Jurisdiction // where it holds
	Prisons      []string     // prison ids; empty: it holds for every prison of the jurisdiction
	Audience     []string     //
	Topics       []string     //
	Sources      []string     // title, publisher and date of the documents it was written from
	Published    time.Time    // a date, UTC
	ReviewBy     time.Time    // a date, UTC; past it the sheet is overdue
	Owner        string       // who keeps it
	Intro        string       // Markdown before the first heading
	Sections     []Section    // at least one
	Source       string       // the file as written
	File         string       // its name, for faults

	introLine int
}

// Section is one question of a sheet: the unit that is found and answered.
type Section struct {
	Anchor  string   // kebab-case, unique in the sheet: /sheets/<slug>#<anchor>
	Heading string   // the question
	Short   string   // the whole answer in one text message; holds references
	Asked   []string // other ways in which people put the question
	Body    string   // Markdown; holds references
	// Jurisdiction is where the section holds, when that is less than its sheet; empty
	// otherwise. Country says where it holds in either case.
	Jurisdiction Jurisdiction

	line, shortLine, bodyLine int
}

// Section returns the section with the anchor.
func (s *Sheet) Section(anchor string) (*Section, bool) {
	for i := range s.Sections {
		if s.Sections[i].Anchor == anchor {
			return &s.Sections[i], true
		}
	}
	return nil, false
}

// Country is where a section of the sheet holds: the section's own jurisdiction, or
// else the sheet's.
func (s *Section) Country(of *Sheet) Jurisdiction {
	if s.Jurisdiction != "" {
		return s.Jurisdiction
	}
	return of.Jurisdiction
}

// SectionRef names a section. The zero value names none.
type SectionRef struct {
	Slug   string `json:"slug"`
	Anchor string `json:"anchor"`
}

// IsZero reports whether r names no section.
func (r SectionRef) IsZero() bool { return r.Slug == "" }

// String is the form in which sheets link to one another: slug#anchor.
func (r SectionRef) String() string {
	if r.Anchor == "" {
		return r.Slug
	}
	return r.Slug + "#" + r.Anchor
}
