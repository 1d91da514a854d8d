package knowledge

import (
	"strings"
	"time"

	"helpline/internal/gsm7"
)

// Limits that Check holds content to.
const (
	MaxShort      = 306 // septets of a short answer: two segments of a text message
	TargetShort   = 240 // septets: then source and link fit in the same two
	MaxSentence   = 25  // words
	ContactMaxAge = 365 * 24 * time.Hour
)

// Check reports what is wrong in a library whose files parsed: short answers too
// long or outside GSM-7, references and links that lead nowhere, addresses and
// numbers typed into prose, sheets that state the same fact differently, texts that are
// very hard to read, and as advice long sentences, hard texts, overdue reviews and
// contacts that nobody has checked for a year.
func Check(l *Library, now time.Time) []Fault {
	faults := &Faults{}
	for i := range l.sheets {
		l.checkSheet(&l.sheets[i], now, faults)
	}
	for _, c := range l.contacts.list {
		at, known := c.Checked()
		switch {
		case !known:
			faults.advise(l.contacts.file, c.line, "contact %s has no checked_on date", c.ID)
		case now.Sub(at) > ContactMaxAge:
			faults.advise(l.contacts.file, c.line, "contact %s was last checked on %s, more than a year ago", c.ID, c.CheckedOn)
		}
	}
	l.checkGaps(faults)
	l.checkContradictions(nil, faults)
	sortFaults(faults.Faults)
	return faults.Faults
}

// CheckSheet reports what is wrong in one sheet against the contacts and the other
// sheets of the library, whether or not the library holds the sheet.
func (l *Library) CheckSheet(sheet Sheet, now time.Time) []Fault {
	faults := &Faults{}
	l.checkSheet(&sheet, now, faults)
	l.checkContradictions(&sheet, faults)
	sortFaults(faults.Faults)
	return faults.Faults
}

func (e *Faults) advise(file string, line int, format string, args ...any) {
	e.add(file, line, format, args...)
	e.Faults[len(e.Faults)-1].Advice = true
}

func (l *Library) checkSheet(sheet *Sheet, now time.Time, faults *Faults) {
	if !sheet.ReviewBy.IsZero() && now.After(sheet.ReviewBy.AddDate(0, 0, 1)) {
		faults.advise(sheet.File, 1, "the review was due by %s", sheet.ReviewBy.Format(time.DateOnly))
	}
	for _, id := range sheet.Prisons {
		if _, known := l.places.byID[id]; !known && len(l.places.prisons) > 0 {
			faults.add(sheet.File, 1, "there is no prison with the id %s", id)
		}
	}
	checkReadable(sheet, faults)
	l.checkText(sheet, sheet.Intro, sheet.introLine, faults)
	for i := range sheet.Sections {
		section := &sheet.Sections[i]
		l.checkShort(sheet, section, faults)
		l.checkText(sheet, section.Body, section.bodyLine, faults)
	}
}

func (l *Library) checkShort(sheet *Sheet, section *Section, faults *Faults) {
	l.checkReferences(sheet.File, section.Short, section.shortLine, faults)
	checkTyped(sheet.File, section.Short, section.shortLine, faults)
	checkSentences(sheet.File, section.Short, section.shortLine, faults)
	short := l.plain(section.Short)
	if r, at := gsm7.Outside(short); at >= 0 {
		faults.add(sheet.File, section.shortLine, "the short answer of %q has %q, which a plain text message cannot carry", section.Heading, r)
		return
	}
	switch n, _ := gsm7.Septets(short); {
	case n > MaxShort:
		faults.add(sheet.File, section.shortLine, "the short answer of %q is %d characters long as a text message; two messages hold %d", section.Heading, n, MaxShort)
	case n > TargetShort:
		faults.advise(sheet.File, section.shortLine, "the short answer of %q is %d characters long; with %d its source and link fit beside it", section.Heading, n, TargetShort)
	}
}

func (l *Library) checkText(sheet *Sheet, text string, line int, faults *Faults) {
	for i, one := range strings.Split(text, "\n") {
		l.checkReferences(sheet.File, one, line+i, faults)
		l.checkLinks(sheet, one, line+i, faults)
		checkTyped(sheet.File, one, line+i, faults)
	}
	checkSentences(sheet.File, text, line, faults)
}

func (l *Library) checkReferences(file, text string, line int, faults *Faults) {
	for at := 0; ; {
		ref, ok := nextReference(text, at)
		if !ok {
			return
		}
		at = ref.end
		contact, known := l.contacts.Get(ref.id)
		switch {
		case !referenceKinds[ref.kind]:
			faults.add(file, line, "{%s:%s}: a reference is one of contact, phone, email, web, text, hours, name", ref.kind, ref.id)
		case !known:
			faults.add(file, line, "{%s:%s}: there is no contact %s in the register", ref.kind, ref.id, ref.id)
		default:
			if _, has := l.contacts.value(ref.kind, ref.id, formPlain); !has {
				faults.add(file, line, "{%s:%s}: the register has no %s for %s", ref.kind, ref.id, ref.kind, contact.Name)
			}
		}
	}
}

// checkLinks looks at the links to other sheets in a line.
func (l *Library) checkLinks(sheet *Sheet, text string, line int, faults *Faults) {
	for rest := text; ; {
		_, after, ok := strings.Cut(rest, "](")
		if !ok {
			return
		}
		link, tail, ok := strings.Cut(after, ")")
		if !ok {
			return
		}
		rest = tail
		target, isSheet := strings.CutPrefix(link, "sheet:")
		if !isSheet {
			faults.add(sheet.File, line, "the link %q is typed in; put the address into the contacts register, or link to a sheet as sheet:slug", link)
			continue
		}
		slug, anchor, _ := strings.Cut(target, "#")
		other, known := l.Sheet(slug)
		if slug == sheet.Slug {
			other, known = sheet, true
		}
		if !known {
			faults.add(sheet.File, line, "the link sheet:%s leads to no sheet", target)
			continue
		}
		if _, known := other.Section(anchor); anchor != "" && !known {
			faults.add(sheet.File, line, "the link sheet:%s leads to no question of that sheet", target)
		}
	}
}

// checkTyped looks for telephone numbers, web and email addresses in a line of prose.
func checkTyped(file, text string, line int, faults *Faults) {
	if number := typedNumber(text); number != "" {
		faults.add(file, line, "the telephone number %s is typed in; put it into the contacts register and write {phone:id}", number)
	}
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t()[]<>,;\"'", r) }) {
		word = strings.TrimRight(word, ".:!?*_")
		at := strings.IndexByte(word, '@')
		switch {
		case strings.Contains(word, "{"):
		case at > 0 && strings.Contains(word[at:], "."):
			faults.add(file, line, "the address %s is typed in; put it into the contacts register and write {email:id}", word)
		case strings.HasPrefix(word, "http://"), strings.HasPrefix(word, "https://"), strings.HasPrefix(word, "www."),
			strings.HasSuffix(word, ".org.uk"), strings.HasSuffix(word, ".gov.uk"), strings.HasSuffix(word, ".co.uk"), strings.HasSuffix(word, ".com"):
			faults.add(file, line, "the web address %s is typed in; put it into the contacts register and write {web:id}", word)
		}
	}
}

// typedNumber is the first thing in the text that looks like a telephone number: nine
// digits or more with only spaces and hyphens between them. The short national numbers
// (999, 111) never change and may be typed.
func typedNumber(text string) string {
	for i := 0; i < len(text); i++ {
		if text[i] < '0' || text[i] > '9' || i > 0 && (isWordByte(text[i-1]) || text[i-1] == '-') {
			continue
		}
		digits, end := 0, i
		for j := i; j < len(text) && (text[j] >= '0' && text[j] <= '9' || text[j] == ' ' || text[j] == '-'); j++ {
			if text[j] >= '0' && text[j] <= '9' {
				digits++
				end = j + 1
			}
		}
		number := text[i:end]
		if digits >= 9 {
			return number
		}
		i = end
	}
	return ""
}

func isWordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}

// checkSentences reports sentences of more than MaxSentence words. A line that is
// blank, or begins a list item or a heading, begins a sentence.
func checkSentences(file, text string, line int, faults *Faults) {
	words, begins := 0, line
	end := func() {
		if words > MaxSentence {
			faults.advise(file, begins, "a sentence of %d words; %d are enough", words, MaxSentence)
		}
		words = 0
	}
	for i, one := range strings.Split(text, "\n") {
		one = strings.TrimSpace(one)
		if item := strings.TrimLeft(one, "-*+>#|0123456789."); one == "" || item != one && strings.HasPrefix(item, " ") {
			end()
			one = strings.TrimSpace(item)
		}
		for _, word := range strings.Fields(one) {
			if words == 0 {
				begins = line + i
			}
			words++
			if bare := strings.TrimRight(word, `"')*_]`+"\u201d\u2019"); strings.HasSuffix(bare, ".") || strings.HasSuffix(bare, "?") || strings.HasSuffix(bare, "!") || strings.HasSuffix(bare, ":") {
				end()
			}
		}
	}
	end()
}
