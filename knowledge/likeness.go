package knowledge

import (
	"math"
	"slices"
)

// likenesses knows how like a question is to each entry as a whole and to each of the
// ways in which people put it, by their grams. It is made from the sheets themselves
// whenever a library is built, so it is never behind them.
type likenesses struct {
	numbers map[uint32]int32 // of a gram's hash
	idf     []float32        // by number
	entries [][]posting      // by number: the entries that have the gram
	common  [][]float32      // by number: its weight by entry, where many have it, and no list
	lines   [][]posting      // by number: the lines that have the gram
	of      []int32          // by line: its entry
	chooser *chooser         // nil in a library too large for one
}

type posting struct {
	at     int32
	weight float32
}

const (
	// mostGrams is the size of a library, in grams of its texts, up to which it has
	// likenesses. A larger one would take too much memory, and is searched by BM25 alone.
	mostGrams = 3_000_000
	// commonLines is the number of lines from which on a gram says too little about one
	// of them to be worth the time.
	commonLines = 400
	// A gram that one entry in commonShare has is kept as a row over all entries, which is
	// added faster than a list; not in a library of more than mostEntries.
	commonShare = 5
	mostEntries = 2000
	bodyBytes   = 600 // of a section's text: its beginning is what it is about
)

// lineText is a text that belongs to an entry.
type lineText struct {
	entry int32
	line  bool // one way to put the question
	text  string
}

func (l *Library) lineTexts() []lineText {
	var texts []lineText
	for i := range l.entries {
		e, n := &l.entries[i], int32(i)
		if e.sheet == nil {
			texts = append(texts, lineText{n, true, e.gap.Title})
			for _, asked := range e.gap.Asked {
				texts = append(texts, lineText{n, true, asked})
			}
			continue
		}
		body := l.plainBody(e.section.Body)
		if len(body) > bodyBytes {
			body = body[:bodyBytes]
		}
		texts = append(texts, lineText{n, true, e.section.Heading}, lineText{n, false, e.section.Heading},
			lineText{n, false, l.plain(e.section.Short)}, lineText{n, false, e.section.Heading + " " + e.sheet.Title + " " + body})
		for _, asked := range e.section.Asked {
			texts = append(texts, lineText{n, true, asked})
		}
	}
	return texts
}

// newLikenesses reads the entries. It is nil for a library too large for it.
func (l *Library) newLikenesses() *likenesses {
	texts := l.lineTexts()
	k := &likenesses{numbers: map[uint32]int32{}}
	all, total := make([][]gramWeight, len(texts)), 0
	var df []int32
	var buffer []gramWeight
	for i, t := range texts {
		words := l.lexicon.words(t.text)
		_, words = l.findPlace(words)
		buffer = added(gramsOf(buffer[:0], words, l.lexicon.terms(nil, words), 1))
		if total += len(buffer); total > mostGrams {
			return nil
		}
		all[i] = slices.Clone(buffer)
		for j, g := range all[i] {
			n, known := k.numbers[g.gram]
			if !known {
				n = int32(len(df))
				k.numbers[g.gram] = n
				df = append(df, 0)
			}
			df[n]++
			all[i][j].gram = uint32(n)
		}
	}
	k.idf = make([]float32, len(df))
	for n, count := range df {
		k.idf[n] = 1 + float32(math.Log(float64(1+len(texts))/float64(1+count)))
	}
	k.entries, k.lines = make([][]posting, len(df)), make([][]posting, len(df))
	whole := make([]float32, len(df)) // the entry under way, by gram
	var touched []int32
	flush := func(entry int32) {
		var squares float64
		for _, n := range touched {
			squares += float64(whole[n]) * float64(whole[n])
		}
		root := float32(math.Sqrt(squares))
		for _, n := range touched {
			k.entries[n] = append(k.entries[n], posting{entry, whole[n] / root})
			whole[n] = 0
		}
		touched = touched[:0]
	}
	for i, t := range texts {
		if i > 0 && texts[i-1].entry != t.entry {
			flush(texts[i-1].entry)
		}
		weighed(all[i], func(n uint32) float32 { return k.idf[n] })
		for _, g := range all[i] {
			if whole[g.gram] == 0 {
				touched = append(touched, int32(g.gram))
			}
			whole[g.gram] += g.weight
			if t.line && g.block == blockWords && df[g.gram] <= commonLines {
				k.lines[g.gram] = append(k.lines[g.gram], posting{int32(len(k.of)), g.weight})
			}
		}
		if t.line {
			k.of = append(k.of, t.entry)
		}
	}
	if len(texts) > 0 {
		flush(texts[len(texts)-1].entry)
	}
	k.common = make([][]float32, len(df))
	for n, list := range k.entries {
		if len(list)*commonShare < len(l.entries) || len(l.entries) > mostEntries {
			continue
		}
		k.common[n], k.entries[n] = make([]float32, len(l.entries)), nil
		for _, p := range list {
			k.common[n][p.at] = p.weight
		}
	}
	of := make([]int32, len(texts))
	for i, t := range texts {
		of[i] = t.entry
	}
	if !l.without.chooser {
		k.chooser = newChooser(all, of, len(l.entries), df)
	}
	return k
}

// liked is how like a question is to an entry.
type liked struct {
	whole   float32 // the cosine with all of the entry's texts together
	nearest float32 // the best cosine, by words, with one way to put it
	several float32 // over all ways to put it, the sum of the cubes of the cosines
	chosen  float32 // the chooser's score
}

// likeness is the memory of one comparison.
type likeness struct {
	grams  []gramWeight
	wholes []float32 // by entry, the cosine so far
	lines  []float32 // by line, the same
	met    []int32   // the lines that have a gram of the question
	byOne  []liked   // by entry
	scores []float32 // by entry: the chooser's
	order  []int32   // the entries worth a closer look
}

// compare fills to.byOne, and to.order with the entries that are most like the
// question or are chosen first, at most that many of each.
func (k *likenesses) compare(to *likeness, entries, most int) {
	to.lines = grown(to.lines, len(k.of))
	to.scores, to.wholes = grown(to.scores, entries), grown(to.wholes, entries)
	if cap(to.byOne) < entries {
		to.byOne = make([]liked, entries)
	}
	to.byOne = to.byOne[:entries]
	clear(to.byOne)
	to.grams = k.numbered(added(to.grams))
	sum := rowSum{to: to.wholes}
	for _, g := range to.grams {
		if row := k.common[g.gram]; row != nil {
			sum.add(row, g.weight)
		}
		for _, p := range k.entries[g.gram] {
			to.wholes[p.at] += g.weight * p.weight
		}
		for _, p := range k.lines[g.gram] {
			if to.lines[p.at] == 0 {
				to.met = append(to.met, p.at)
			}
			to.lines[p.at] += g.weight * p.weight
		}
	}
	sum.end()
	for _, i := range to.met {
		one, cosine := &to.byOne[k.of[i]], 2*to.lines[i] // words are half of a text's length
		to.lines[i] = 0
		one.nearest = max(one.nearest, cosine)
		one.several += cosine * cosine * cosine
	}
	to.met, to.order = to.met[:0], to.order[:0]
	for i, w := range to.wholes {
		to.byOne[i].whole = w
	}
	to.order = best(to.order, to.wholes, most)
	clear(to.wholes)
	if k.chooser == nil {
		return
	}
	k.chooser.score(to.scores, to.grams)
	for i, s := range to.scores {
		to.byOne[i].chosen = s
	}
	liked := len(to.order)
	to.order = best(to.order, to.scores, most)
	// The same entry twice is once too often.
	kept := to.order[:liked]
	for _, i := range to.order[liked:] {
		if !slices.Contains(to.order[:liked], i) {
			kept = append(kept, i)
		}
	}
	to.order = kept
}

// numbered gives grams their numbers and weights, and leaves out unknown ones.
func (k *likenesses) numbered(grams []gramWeight) []gramWeight {
	kept := grams[:0]
	for _, g := range grams {
		if n, known := k.numbers[g.gram]; known {
			g.gram = uint32(n)
			kept = append(kept, g)
		}
	}
	weighed(kept, func(n uint32) float32 { return k.idf[n] })
	return kept
}

// best appends the numbers of the few best values to the list, the best first, equals in
// their order.
func best(to []int32, values []float32, most int) []int32 {
	from := len(to)
	for i, value := range values {
		if len(to)-from == most {
			if value <= values[to[len(to)-1]] {
				continue
			}
		} else {
			to = append(to, int32(i))
		}
		at := len(to) - 1
		for ; at > from && values[to[at-1]] < value; at-- {
			to[at] = to[at-1]
		}
		to[at] = int32(i)
	}
	return to
}

// grown is the list with n zeros; it was all zeros before.
func grown(list []float32, n int) []float32 {
	if cap(list) < n {
		return make([]float32, n)
	}
	return list[:n]
}
