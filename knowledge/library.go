package knowledge

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/blevesearch/bleve/v2"
)

// Library is sheets, contacts and the index over them. It never changes, and any
// number of goroutines may use it.
type Library struct {
	sheets   []Sheet
	bySlug   map[string]int
	contacts Contacts
	lexicon  *lexicon
	intents  *intents
	places   *places

	entries    []entry
	vocabulary map[string]int32 // term to its number
	names      []string         // by number: the term
	idf        []float32        // by number
	near       map[string]int32 // spellings one letter away from a term
	likenesses *likenesses      // nil in a very large library
	codes      map[string]SectionRef
	version    string

	named   phrases // names in the register
	gaps    []gap
	others  []string
	without parts
	index   bleve.Index
	scratch *sync.Pool
}

// NewLibrary builds a library and its index. Sheets are taken as they are: what is
// wrong with them is for Parse, Load and Check to say.
func NewLibrary(c Content) (*Library, error) {
	l := &Library{
		sheets: slices.Clone(c.Sheets), bySlug: make(map[string]int, len(c.Sheets)),
		contacts: c.Contacts, lexicon: c.lexicon, intents: c.intents, places: newPlaces(c.Prisons),
		codes: map[string]SectionRef{}, without: c.without,
		gaps: c.gaps, others: c.others,
	}
	if l.lexicon == nil {
		l.lexicon = newLexicon()
	}
	if l.intents == nil {
		l.intents = &intents{field: map[string]bool{}}
	}
	slices.SortFunc(l.sheets, func(a, b Sheet) int { return strings.Compare(a.Slug, b.Slug) })
	for i := range l.sheets {
		if _, twice := l.bySlug[l.sheets[i].Slug]; twice {
			return nil, fmt.Errorf("two sheets have the slug %s", l.sheets[i].Slug)
		}
		l.bySlug[l.sheets[i].Slug] = i
	}
	if err := l.giveCodes(); err != nil {
		return nil, err
	}
	l.named = phrases{}
	for _, c := range l.contacts.list {
		name, _, _ := strings.Cut(c.Name, " (")
		l.named.add(l.lexicon.words(name), c.ID)
	}
	l.version = versionOf(l.sheets, l.contacts)
	l.addEntries(c.gaps)
	if !c.without.likeness {
		l.likenesses = l.newLikenesses()
	}
	if err := l.buildIndex(); err != nil {
		return nil, fmt.Errorf("build index: %w", err)
	}
	// The index has goroutines of its own, which hold it but not the Library. It is
	// closed when the last question that uses this Library is over.
	runtime.AddCleanup(l, func(index bleve.Index) { go closeIndex(index) }, l.index)
	size := len(l.idf)
	l.scratch = &sync.Pool{New: func() any { return newScratch(size) }}
	return l, nil
}

func closeIndex(index bleve.Index) {
	// An index in memory has nothing to lose, and nobody is left to be told.
	_ = index.Close()
}

// Sheets returns all sheets in the order of their slugs. Callers do not change them.
func (l *Library) Sheets() []Sheet { return l.sheets }

// Sheet returns the sheet with the slug. Callers do not change it.
func (l *Library) Sheet(slug string) (*Sheet, bool) {
	i, ok := l.bySlug[slug]
	if !ok {
		return nil, false
	}
	return &l.sheets[i], true
}

// Section returns the section that ref names, with its sheet.
func (l *Library) Section(ref SectionRef) (*Sheet, *Section, bool) {
	sheet, ok := l.Sheet(ref.Slug)
	if !ok {
		return nil, nil, false
	}
	section, ok := sheet.Section(ref.Anchor)
	return sheet, section, ok
}

// Contacts returns the contacts register.
func (l *Library) Contacts() Contacts { return l.contacts }

// Version names the contents: the same sheets and contacts have the same version.
func (l *Library) Version() string { return l.version }

// Code is the short code of a section for links in text messages (/s/<code>), or
// empty when there is no such section. It depends on slug and anchor alone, and
// so stays the same when the text is rewritten.
func (l *Library) Code(ref SectionRef) string {
	for n := codeLength; n <= codeLength+3; n++ {
		if code := codeOf(ref, n); l.codes[code] == ref {
			return code
		}
	}
	return ""
}

// Lookup is the section with the short code, in capitals or small letters.
func (l *Library) Lookup(code string) (SectionRef, bool) {
	ref, ok := l.codes[strings.ToLower(code)]
	return ref, ok
}

// codeLength is the usual number of characters of a short code: 2^20 codes.
const codeLength = 4

// codeAlphabet leaves out 0, 1, l and o, which people confuse.
var codeAlphabet = base32.NewEncoding("abcdefghijkmnpqrstuvwxyz23456789").WithPadding(base32.NoPadding)

func codeOf(ref SectionRef, n int) string {
	sum := sha256.Sum256([]byte(ref.String()))
	return codeAlphabet.EncodeToString(sum[:])[:n]
}

// giveCodes gives every section its code; of two that collide the later in the
// order of slugs takes a longer one.
func (l *Library) giveCodes() error {
	for i := range l.sheets {
		sheet := &l.sheets[i]
		for j := range sheet.Sections {
			ref := SectionRef{Slug: sheet.Slug, Anchor: sheet.Sections[j].Anchor}
			given := false
			for n := codeLength; n <= codeLength+3 && !given; n++ {
				code := codeOf(ref, n)
				other, taken := l.codes[code]
				if taken && other == ref {
					return fmt.Errorf("sheet %s has the anchor %s twice", ref.Slug, ref.Anchor)
				}
				if !taken {
					l.codes[code] = ref
					given = true
				}
			}
			if !given {
				return fmt.Errorf("no short code is free for %s", ref)
			}
		}
	}
	return nil
}

func versionOf(sheets []Sheet, contacts Contacts) string {
	hash := sha256.New()
	for i := range sheets {
		fmt.Fprintf(hash, "%s\x00%d\x00%s\x00", sheets[i].Slug, len(sheets[i].Source), sheets[i].Source)
	}
	for _, c := range contacts.list {
		c.line = 0
		fmt.Fprintf(hash, "%+v\x00", c)
	}
	return hex.EncodeToString(hash.Sum(nil))[:12]
}

// Shelf holds the library that is in force.
type Shelf struct {
	current atomic.Pointer[Library]
}

// ErrNoLibrary is returned for a Shelf without a library.
var ErrNoLibrary = errors.New("no library")

// NewShelf returns a shelf that holds l, which is not nil.
func NewShelf(l *Library) (*Shelf, error) {
	if l == nil {
		return nil, ErrNoLibrary
	}
	s := &Shelf{}
	s.current.Store(l)
	return s, nil
}

// Library returns the library in force. A caller that asks it more than one thing
// keeps it, so as to speak of one state only.
func (s *Shelf) Library() *Library { return s.current.Load() }

// Swap puts l in force and returns the library that was. A nil library is not taken.
func (s *Shelf) Swap(l *Library) *Library {
	if l == nil {
		return s.current.Load()
	}
	return s.current.Swap(l)
}

// Find answers from the library in force.
func (s *Shelf) Find(q Query) Finding { return s.current.Load().Find(q) }
