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
	lines   [][]posting      // by number: the lines that have the gram
	of      []int32          // by line: its entry
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
	commonLines = 600
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
			if t.line && df[g.gram] <= commonLines {
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
	return k
}

// liked is how like a question is to an entry.
type liked struct {
	whole   float32 // the cosine with all of the entry's texts together
	nearest float32 // the best cosine with one way to put it
	several float32 // over all ways to put it, the sum of the cubes of the cosines
}

// likeness is the memory of one comparison.
type likeness struct {
	grams []gramWeight
	lines []float32
	byOne []liked // by entry
	order []int32
}

// compare fills to.byOne, and to.order with the entries that are most like the question.
func (k *likenesses) compare(to *likeness, entries, most int) {
	to.lines = zeroed(to.lines, len(k.of))
	if cap(to.byOne) < entries {
		to.byOne = make([]liked, entries)
	}
	to.byOne = to.byOne[:entries]
	clear(to.byOne)
	to.grams = added(to.grams)
	weighed(to.grams, func(hash uint32) float32 {
		if n, known := k.numbers[hash]; known {
			return k.idf[n]
		}
		return 0
	})
	for _, g := range to.grams {
		n, known := k.numbers[g.gram]
		if !known {
			continue
		}
		for _, p := range k.entries[n] {
			to.byOne[p.at].whole += g.weight * p.weight
		}
		for _, p := range k.lines[n] {
			to.lines[p.at] += g.weight * p.weight
		}
	}
	for i, cosine := range to.lines {
		if cosine == 0 {
			continue
		}
		one := &to.byOne[k.of[i]]
		one.nearest = max(one.nearest, cosine)
		one.several += cosine * cosine * cosine
	}
	// The few best of many: each takes its place among those so far, behind its equals.
	to.order = to.order[:0]
	for i := range to.byOne {
		whole := to.byOne[i].whole
		if whole <= 0 || len(to.order) == most && whole <= to.byOne[to.order[most-1]].whole {
			continue
		}
		if len(to.order) < most {
			to.order = append(to.order, int32(i))
		}
		at := len(to.order) - 1
		for ; at > 0 && to.byOne[to.order[at-1]].whole < whole; at-- {
			to.order[at] = to.order[at-1]
		}
		to.order[at] = int32(i)
	}
}

func zeroed(list []float32, n int) []float32 {
	if cap(list) < n {
		return make([]float32, n)
	}
	list = list[:n]
	clear(list)
	return list
}
