package knowledge

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Content is what a content folder holds for the library: the raw material of NewLibrary.
type Content struct {
	Sheets   []Sheet
	Contacts Contacts
	Prisons  []Prison

	lexicon *lexicon
	intents *intents
	gaps    []gap
	others  []string // contacts for what is in no gap either
	without parts
}

// parts of a library that it does without, as a larger one has to.
type parts struct{ chooser, likeness bool }

// gap is a subject that people ask about and the library does not answer, or the wish
// for a person.
type gap struct {
	ID    string   `yaml:"id"`
	Kind  Kind     `yaml:"kind"` // unknown, which is meant when it is left out, off_topic or person
	Title string   `yaml:"title"`
	Asked []string `yaml:"asked"`
	// Contacts are those in the register who may know what the library does not.
	Contacts []string `yaml:"contacts"`
	// Jurisdiction is where the library does not answer it, when it does elsewhere: the
	// gap then counts only when that country is known.
	Jurisdiction Jurisdiction `yaml:"jurisdiction"`

	line int
}

// WithSheets returns a copy with other sheets; everything else is shared.
func (c Content) WithSheets(sheets []Sheet) Content {
	c.Sheets = sheets
	return c
}

// Version is that of the library that NewLibrary makes of c.
func (c Content) Version() string {
	sheets := slices.Clone(c.Sheets)
	slices.SortFunc(sheets, func(a, b Sheet) int { return strings.Compare(a.Slug, b.Slug) })
	return versionOf(sheets, c.Contacts)
}

// Load reads a content folder: sheets/ and contacts/, and synonyms/ and prisons/
// where they are. The error is *Faults with every fault of every file; the Content
// then has what could be read.
func Load(fsys fs.FS) (Content, error) {
	faults := &Faults{}
	content := Content{lexicon: newLexicon()}

	names, err := fs.Glob(fsys, "sheets/*.md")
	if err != nil {
		return content, fmt.Errorf("list sheets: %w", err)
	}
	slugs := map[string]string{}
	for _, name := range names {
		if strings.EqualFold(path.Base(name), "readme.md") {
			continue
		}
		data, ok := read(fsys, name, faults)
		if !ok {
			continue
		}
		sheet, err := Parse(name, data)
		if !faults.take(err) {
			continue
		}
		if other, twice := slugs[sheet.Slug]; twice {
			faults.add(name, 1, "the slug %s is also that of %s", sheet.Slug, other)
			continue
		}
		slugs[sheet.Slug] = name
		content.Sheets = append(content.Sheets, sheet)
	}
	if data, ok := read(fsys, "contacts/contacts.yaml", faults); ok {
		content.Contacts, err = ParseContacts("contacts/contacts.yaml", data)
		faults.take(err)
	}
	if data, ok := read(fsys, "synonyms/synonyms.yaml", nil); ok {
		content.lexicon, err = parseSynonyms("synonyms/synonyms.yaml", data)
		faults.take(err)
	}
	content.intents = &intents{field: map[string]bool{}}
	if data, ok := read(fsys, "synonyms/intents.yaml", nil); ok {
		content.intents, err = parseIntents("synonyms/intents.yaml", data, content.lexicon)
		faults.take(err)
	}
	if data, ok := read(fsys, "synonyms/gaps.yaml", nil); ok {
		content.gaps, content.others, err = parseGaps("synonyms/gaps.yaml", data)
		faults.take(err)
	}
	if data, ok := read(fsys, "prisons/prisons.json", nil); ok {
		content.Prisons, err = parsePrisons("prisons/prisons.json", data)
		faults.take(err)
	}
	return content, faults.err()
}

// read reads a file. One that is not there is a fault, unless faults is nil.
func read(fsys fs.FS, name string, faults *Faults) ([]byte, bool) {
	data, err := fs.ReadFile(fsys, name)
	if err == nil {
		return data, true
	}
	if faults != nil {
		if errors.Is(err, fs.ErrNotExist) {
			faults.add(name, 0, "the file is missing")
		} else {
			faults.add(name, 0, "the file cannot be read: %v", err)
		}
	}
	return nil, false
}

// take adds the faults of err and reports whether there were none.
func (e *Faults) take(err error) bool {
	if err == nil {
		return true
	}
	var more *Faults
	if errors.As(err, &more) {
		e.Faults = append(e.Faults, more.Faults...)
	} else {
		e.Faults = append(e.Faults, Fault{Text: err.Error()})
	}
	return false
}

func parseGaps(name string, data []byte) (gaps []gap, others []string, err error) {
	faults := &Faults{}
	var file struct {
		Gaps []gap `yaml:"gaps"`
		// Otherwise are the contacts for a question that is near to nothing.
		Otherwise []string `yaml:"otherwise"`
	}
	if err := decodeYAML(data, &file); err != nil {
		yamlFaults(faults, name, 0, err)
	}
	lines := itemLines(data, "gaps")
	for i := range file.Gaps {
		g, line := &file.Gaps[i], 0
		if i < len(lines) {
			line = lines[i]
		}
		g.line = line
		if !isSlug(g.ID) || len(g.Asked) == 0 {
			faults.add(name, line, "gap %q has no usable id, or nothing under asked", g.ID)
		}
		if g.Jurisdiction != "" && !g.Jurisdiction.Valid() {
			faults.add(name, line, "gap %s: jurisdiction %q is not one of scotland, england-wales, northern-ireland", g.ID, g.Jurisdiction)
		}
		switch g.Kind {
		case "":
			g.Kind = KindUnknown
		case KindUnknown, KindOffTopic, KindPerson:
		case KindAnswer, KindChoices, KindWhichCountry, KindSmalltalk:
			faults.add(name, line, "gap %s: the kind is unknown, off_topic or person", g.ID)
		default:
			faults.add(name, line, "gap %s: the kind is unknown, off_topic or person, not %q", g.ID, g.Kind)
		}
	}
	return file.Gaps, file.Otherwise, faults.err()
}
