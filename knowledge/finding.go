package knowledge

// Kind is what a Finding is.
type Kind string

// Every Kind.
const (
	KindAnswer       Kind = "answer"        // Answers[0] answers it; the others are near
	KindChoices      Kind = "choices"       // two or three sections are equally near: ask which
	KindWhichCountry Kind = "which_country" // the answer differs between countries: ask which, or give both marked
	KindUnknown      Kind = "unknown"       // a question of this field that the library does not answer
	KindOffTopic     Kind = "off_topic"     // not a question of this field
	KindSmalltalk    Kind = "smalltalk"     // a greeting, thanks: Intent says which
	KindPerson       Kind = "person"        // asks for a human being
)

// Query is a question with what is known of the one who asks.
type Query struct {
	Text         string       // what was written now
	History      []string     // what the same person wrote before, oldest first
	Prison       string       // the prison's id, when the conversation or the text named one
	PrisonName   string       // its name as people write it, when known
	Jurisdiction Jurisdiction // the country, when known otherwise; a Prison's own country goes before it
	Previous     SectionRef   // what was answered last in this conversation
}

// Finding is what the library has to say to a Query.
type Finding struct {
	Kind    Kind
	Answers []Answer // best first, at most three; empty unless Kind is answer, choices or which_country
	// Intent is the id in intents.yaml that was recognised (smalltalk, person, off
	// topic), or the id in gaps.yaml of a question known not to be answered.
	Intent string
	// Prison and Jurisdiction are what the question was answered for: those of the
	// Query, or what its text and history say. Callers keep them for the conversation.
	Prison       string
	Jurisdiction Jurisdiction
	// Contacts may know what the library does not: for KindUnknown only, those of the
	// country, or of each country while it is not known.
	Contacts []Contact
	Why      string // for staff: how it came about, without any word of the person's

	sure float32 // how sure the best sheet is, by all of its sections
}

// Answer is one section that was found.
type Answer struct {
	Sheet        *Sheet
	Section      *Section
	Jurisdiction Jurisdiction // of the sheet
	Score        float64      // 0 to 1: how much of the question it covers
	// Marked: the asker's country is not known, and the section holds for one country
	// (or for some prisons) only. It must not be shown without saying which.
	Marked bool
}

// Ref names the section.
func (a Answer) Ref() SectionRef { return SectionRef{Slug: a.Sheet.Slug, Anchor: a.Section.Anchor} }
