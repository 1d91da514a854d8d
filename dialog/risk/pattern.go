package risk

import (
	"fmt"
	"strconv"
	"strings"
)

// The pattern language of content/risk, matched word by word from left to
// right inside one clause:
//
//	word        the word in any of its forms ("give" also matches "gave away")
//	=word       the word exactly as it stands
//	suicid*     any word that begins so
//	<list>      any entry of the list of that name
//	a|b|<c>     one of several
//	not_eating  words joined by _ stand one after the other
//	x?          may be missing
//	!x          the next word is not x
//	.           any one word
//	..          up to three words between;  ..7  up to seven
//	//          up to twelve words between, across clauses
//	^  $        beginning and end of the message

// elementKind is what one place of a pattern asks for.
type elementKind uint8

const (
	oneOf elementKind = iota
	noneOf
	anyWord
	gap
	farGap
	atStart
	atEnd
)

// element is one place of a pattern.
type element struct {
	kind     elementKind
	optional bool
	width    int       // of a gap
	set      bitset    // single words
	runs     [][]int32 // alternatives of several words: vocabulary numbers
}

// pattern is one compiled pattern of one sign.
type pattern struct {
	sign     int
	elements []element
}

type bitset []uint64

func (b bitset) has(i int32) bool {
	return i > 0 && int(i>>6) < len(b) && b[i>>6]&(1<<(uint(i)&63)) != 0
}

func (b *bitset) add(i int32) {
	for int(i>>6) >= len(*b) {
		*b = append(*b, 0)
	}
	(*b)[i>>6] |= 1 << (uint(i) & 63)
}

// compiler turns written patterns into elements over one vocabulary.
type compiler struct {
	norm  *normaliser
	lists map[string][]string
	done  map[string]element // alternatives are written many times
}

func (c *compiler) compile(src string, sign int) (pattern, error) {
	p := pattern{sign: sign}
	for _, f := range strings.Fields(src) {
		e, err := c.element(f)
		if err != nil {
			return p, fmt.Errorf("pattern %q: %w", src, err)
		}
		p.elements = append(p.elements, e)
	}
	if len(p.elements) == 0 {
		return p, fmt.Errorf("pattern %q is empty", src)
	}
	if p.elements[0].kind == atStart && len(p.elements) == 1 || p.first().kind != oneOf || p.first().optional {
		return p, fmt.Errorf("pattern %q must begin with a word", src)
	}
	return p, nil
}

// first is the element that decides where a match can begin.
func (p *pattern) first() *element {
	if p.elements[0].kind == atStart && len(p.elements) > 1 {
		return &p.elements[1]
	}
	return &p.elements[0]
}

func (c *compiler) element(f string) (element, error) {
	switch {
	case f == ".":
		return element{kind: anyWord}, nil
	case f == "//":
		return element{kind: farGap, width: 12}, nil
	case f == "^":
		return element{kind: atStart}, nil
	case f == "$":
		return element{kind: atEnd}, nil
	case strings.HasPrefix(f, ".."):
		width := 3
		if f != ".." {
			var err error
			if width, err = strconv.Atoi(f[2:]); err != nil {
				return element{}, fmt.Errorf("%q is no gap", f)
			}
		}
		return element{kind: gap, width: width}, nil
	}
	if e, ok := c.done[f]; ok {
		return e, nil
	}
	e := element{kind: oneOf}
	body := f
	if strings.HasPrefix(body, "!") {
		e.kind = noneOf
		body = body[1:]
	}
	if strings.HasSuffix(body, "?") {
		e.optional = true
		body = body[:len(body)-1]
	}
	for _, alt := range strings.Split(body, "|") {
		if err := c.alternative(&e, alt, 0); err != nil {
			return e, err
		}
	}
	c.done[f] = e
	return e, nil
}

func (c *compiler) alternative(e *element, alt string, depth int) error {
	switch {
	case alt == "" || depth > 4:
		return fmt.Errorf("empty alternative or lists inside lists")
	case strings.HasPrefix(alt, "<") && strings.HasSuffix(alt, ">"):
		entries, ok := c.lists[alt[1:len(alt)-1]]
		if !ok {
			return fmt.Errorf("list %s is not there", alt)
		}
		for _, entry := range entries {
			if err := c.alternative(e, strings.ReplaceAll(entry, " ", "_"), depth+1); err != nil {
				return err
			}
		}
	default:
		var run []int32
		for _, w := range strings.FieldsFunc(alt, func(r rune) bool { return r == '_' || r == '-' }) {
			// patterns may be written as people write: "dont", "cant"
			words := c.norm.same[w]
			if words == nil {
				words = []string{w}
			}
			for _, w := range words {
				id, err := c.word(w)
				if err != nil {
					return err
				}
				run = append(run, id)
			}
		}
		switch len(run) {
		case 0:
			return fmt.Errorf("%q holds no word", alt)
		case 1:
			e.set.add(run[0])
		default:
			e.runs = append(e.runs, run)
		}
	}
	return nil
}

// word numbers one written word: exact words, stems and beginnings have
// numbers of their own.
func (c *compiler) word(w string) (int32, error) {
	for i := range len(w) {
		if 'A' <= w[i] && w[i] <= 'Z' || w[i] == '\'' {
			return 0, fmt.Errorf("%q: patterns are lower case without apostrophes", w)
		}
	}
	v := c.norm.vocab
	switch {
	case strings.HasPrefix(w, "=") && len(w) > 1:
		return v.id(w[1:]), nil
	case strings.HasSuffix(w, "*") && len(w) > shortestPrefix && len(w) <= longestPrefix+1:
		return v.prefixID(w[:len(w)-1]), nil
	case w == "" || strings.ContainsAny(w, "=*<>?!"):
		return 0, fmt.Errorf("%q is no word", w)
	}
	v.id(w) // known as a word, so that nothing corrects it
	return v.stemID(c.norm.stem(w)), nil
}

func (t *token) in(set bitset) bool {
	return set.has(t.id) || set.has(t.sid) || set.has(t.pid)
}

func (t *token) is(id int32) bool { return id == t.id || id == t.sid || id == t.pid }

// matchAt tries the pattern with its first word at token i and returns where
// the match ends (one past its last token), or -1.
func (p *pattern) matchAt(ts []token, i int) int {
	es := p.elements
	if es[0].kind == atStart {
		if i != 0 {
			return -1
		}
		es = es[1:]
	}
	return match(es, ts, i, i)
}

// match matches elements from token i on. from is where the pattern began: a
// clause break inside a match is only crossed by a far gap.
func match(es []element, ts []token, i, from int) int {
	for len(es) > 0 {
		e := &es[0]
		switch e.kind {
		case atEnd:
			if i != len(ts) {
				return -1
			}
			return i
		case noneOf:
			if i < len(ts) && e.at(ts, i, from) > 0 {
				return -1
			}
			es = es[1:]
			continue
		case gap, farGap:
			for skip := 0; skip <= e.width && i+skip <= len(ts); skip++ {
				if e.kind == gap && skip > 0 && ts[i+skip-1].brk == clauseBreak && i+skip-1 > from {
					break
				}
				start := from
				if e.kind == farGap {
					start = i + skip
				}
				if end := match(es[1:], ts, i+skip, start); end >= 0 {
					return end
				}
			}
			return -1
		case anyWord:
			if i >= len(ts) || i > from && ts[i].brk == clauseBreak {
				return -1
			}
			i++
			es = es[1:]
			continue
		case oneOf, atStart:
		}
		if e.optional {
			if n := e.at(ts, i, from); n > 0 {
				if end := match(es[1:], ts, i+n, from); end >= 0 {
					return end
				}
			}
			es = es[1:]
			continue
		}
		n := e.at(ts, i, from)
		if n == 0 {
			return -1
		}
		i += n
		es = es[1:]
	}
	return i
}

// at says how many tokens the element takes at i, 0 when it does not match.
func (e *element) at(ts []token, i, from int) int {
	if i >= len(ts) || i > from && ts[i].brk == clauseBreak {
		return 0
	}
	longest := 0
	for _, run := range e.runs {
		if len(run) > longest && runAt(ts, i, run) {
			longest = len(run)
		}
	}
	if longest == 0 && ts[i].in(e.set) {
		return 1
	}
	return longest
}

func runAt(ts []token, i int, run []int32) bool {
	if i+len(run) > len(ts) {
		return false
	}
	for k, id := range run {
		if !ts[i+k].is(id) || k > 0 && ts[i+k].brk == clauseBreak {
			return false
		}
	}
	return true
}
