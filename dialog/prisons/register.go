package prisons

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"strings"

	"helpline/dialog"
)

// The files of content/prisons.
const (
	registerFile = "prisons.json"
	ordinaryFile = "ordinary.json"
)

// kind says how far a name speaks for itself.
type kind uint8

const (
	plain kind = iota // nothing else is called so
	place             // also a town or a surname
	word              // also an ordinary word
)

// name is one way to write one prison's name.
type name struct {
	prison int // index into Register.prisons
	kind   kind
	tokens int                 // words of the name as it is usually written
	after  map[string]struct{} // next words that make it something else
}

// Register holds the establishments and finds their names. It is safe for
// concurrent use; nothing in it changes after Load.
type Register struct {
	prisons []dialog.Prison
	byID    map[dialog.PrisonID]int
	names   map[string]*name  // letters of a name without spaces
	near    map[string]string // a name with one letter left out -> the name
	short   map[string]string // the same for names that are too short for near
	starts  map[[2]byte]bool  // first two letters of the names in near: a typing error there is not forgiven
	longest int               // letters of the longest name
}

type ordinary struct {
	Places []string            `json:"places"`
	Words  []string            `json:"words"`
	After  map[string][]string `json:"after"`
}

// Load reads prisons.json and ordinary.json from content/prisons. It names
// every fault it finds: an id used twice, a missing name, a jurisdiction that
// is not known, one alias for two prisons.
func Load(dir fs.FS) (*Register, error) {
	var list []dialog.Prison
	if err := readJSON(dir, registerFile, &list); err != nil {
		return nil, err
	}
	var ord ordinary
	if err := readJSON(dir, ordinaryFile, &ord); err != nil {
		return nil, err
	}
	r := &Register{
		prisons: list,
		byID:    make(map[dialog.PrisonID]int, len(list)),
		names:   make(map[string]*name, 4*len(list)),
		near:    make(map[string]string, 4096),
		short:   make(map[string]string, 512),
	}
	var faults []error
	for i, p := range list {
		if _, seen := r.byID[p.ID]; seen || p.ID == "" {
			faults = append(faults, fmt.Errorf("%s: prison %q: id missing or used twice", registerFile, p.ID))
		}
		r.byID[p.ID] = i
		if p.Name == "" || p.ShortName == "" {
			faults = append(faults, fmt.Errorf("%s: prison %q: name or short_name is missing", registerFile, p.ID))
		}
		if !known(p.Jurisdiction) {
			faults = append(faults, fmt.Errorf("%s: prison %q: jurisdiction %q is not known", registerFile, p.ID, p.Jurisdiction))
		}
		if (p.Switchboard != "" || p.ConcernLine != "") && (p.Source == "" || p.CheckedOn == "") {
			faults = append(faults, fmt.Errorf("%s: prison %q: a number needs source and checked_on", registerFile, p.ID))
		}
		for _, alias := range p.Aliases {
			key := letters(alias)
			if have, taken := r.names[key]; taken {
				if have.prison != i {
					faults = append(faults, fmt.Errorf("%s: alias %q belongs to %q and %q", registerFile, alias, list[have.prison].ID, p.ID))
				} else if n := len(strings.Fields(alias)); n > have.tokens {
					have.tokens = n
				}
				continue
			}
			r.names[key] = &name{prison: i, tokens: len(strings.Fields(alias))}
			r.longest = max(r.longest, len(key))
		}
	}
	r.mark(ord)
	r.buildNear()
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return r, nil
}

func readJSON(dir fs.FS, file string, into any) error {
	b, err := fs.ReadFile(dir, file)
	if err != nil {
		return fmt.Errorf("read list of prisons: %w", err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("parse %s: %w", file, err)
	}
	return nil
}

func known(j dialog.Jurisdiction) bool {
	switch j {
	case dialog.Scotland, dialog.EnglandWales, dialog.NorthernIreland, dialog.Jersey, dialog.Guernsey, dialog.IsleOfMan:
		return true
	case dialog.Unknown:
	}
	return false
}

func (r *Register) mark(ord ordinary) {
	set := func(list []string, k kind) {
		for _, w := range list {
			if n := r.names[letters(w)]; n != nil {
				n.kind = k
			}
		}
	}
	set(ord.Places, place)
	set(ord.Words, word)
	for w, next := range ord.After {
		n := r.names[letters(w)]
		if n == nil {
			continue
		}
		n.after = make(map[string]struct{}, len(next))
		for _, t := range next {
			n.after[letters(t)] = struct{}{}
		}
	}
}

// nearest is the shortest name for which a typing error is forgiven: below it
// too many ordinary words are one letter away.
const nearest = 7

// nearestSaid is the same beside a word that says that a prison is meant ("hmp durhm").
const nearestSaid = 4

func (r *Register) buildNear() {
	keys := make([]string, 0, len(r.names))
	for key, n := range r.names {
		if len(key) >= nearest && n.kind != word {
			keys = append(keys, key)
		}
	}
	for key, n := range r.names {
		if len(key) < nearest && len(key) >= nearestSaid && n.kind != word {
			keys = append(keys, key)
		}
	}
	sort.Strings(keys) // so that a tie is always settled in the same way
	r.starts = make(map[[2]byte]bool, len(keys))
	for _, key := range keys {
		r.starts[[2]byte{key[0], key[1]}] = true
		for i := range key {
			short := key[:i] + key[i+1:]
			to := r.near
			if len(key) < nearest {
				to = r.short
			}
			if _, taken := to[short]; !taken {
				to[short] = key
			}
		}
	}
}

// Get finds a prison by its id.
func (r *Register) Get(id dialog.PrisonID) (dialog.Prison, bool) {
	i, ok := r.byID[id]
	if !ok {
		return dialog.Prison{}, false
	}
	return r.prisons[i], true
}

// All returns the establishments in the order of the file, closed ones too.
func (r *Register) All() []dialog.Prison {
	return append([]dialog.Prison(nil), r.prisons...)
}

func letters(s string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(s) {
		if 'a' <= c && c <= 'z' || '0' <= c && c <= '9' {
			b.WriteRune(c)
		}
	}
	return b.String()
}
