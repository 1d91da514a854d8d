package knowledge

// chooser tells entries apart by weights of grams, one for every gram and entry. It is
// learnt from the ways in which people put each question (a softmax over all
// entries, by stochastic gradient descent) whenever a library is built, so that it
// is never behind the sheets. What is seldom said of an entry counts against it, which
// likeness cannot do.
type chooser struct {
	entries int
	rows    []int32   // by gram number: its row, or -1 for a gram of one text only
	weights []float32 // by row, and in it by entry
	bias    []float32 // by entry
}

const (
	// mostWeights is the size of a chooser; a library that needs more is searched without.
	mostWeights = 16_000_000
	chooserRate = 6.0 // the first step's length; it falls evenly to nothing
	biasRate    = 0.1 // of that, for the bias
	passes      = 4   // over all texts
	// faintSlope is the error below which an entry's weights are left as they are: it
	// saves nine steps of ten.
	faintSlope = 0.004
	// farBehind is how far below the best a score counts as nothing.
	farBehind = 9
)

// The arithmetic below is left out of the race detector's accounts: it touches
// only what one library's making or one question owns, and watched it would take
// twenty times as long.

// newChooser learns from texts, whose grams are numbered and weighed. It is nil when
// the library is too large.
//
//go:norace
func newChooser(texts [][]gramWeight, of []int32, entries int, df []int32) *chooser {
	k := &chooser{entries: entries, rows: make([]int32, len(df)), bias: make([]float32, entries)}
	rows := 0
	for n, count := range df {
		k.rows[n] = -1
		if count > 1 {
			k.rows[n] = int32(rows)
			rows++
		}
	}
	if rows*entries > mostWeights {
		return nil
	}
	k.weights = make([]float32, rows*entries)
	order := make([]int, len(texts))
	for i := range order {
		order[i] = i
	}
	var lot uint32 = 1 // the same order every time: the same library, the same answers
	scores := make([]float32, entries)
	step, steps := 0, float32(passes*len(texts))
	for range passes {
		for i := len(order) - 1; i > 0; i-- {
			lot = lot*1664525 + 1013904223
			j := int(lot>>8) % (i + 1)
			order[i], order[j] = order[j], order[i]
		}
		for _, i := range order {
			k.score(scores, texts[i])
			k.learn(scores, texts[i], of[i], chooserRate*(1-float32(step)/steps))
			step++
		}
	}
	return k
}

// learn takes one step down the slope of the log loss.
//
//go:norace
func (k *chooser) learn(scores []float32, text []gramWeight, entry int32, rate float32) {
	softmax(scores)
	for c, p := range scores {
		slope := p
		if int32(c) == entry {
			slope--
		}
		if slope < faintSlope && slope > -faintSlope {
			continue
		}
		slope *= rate
		k.bias[c] -= biasRate * slope
		for _, g := range text {
			if row := k.rows[g.gram]; row >= 0 {
				k.weights[int(row)*k.entries+c] -= slope * g.weight
			}
		}
	}
}

// score fills scores, by entry, for a text with numbered and weighed grams.
//
//go:norace
func (k *chooser) score(scores []float32, text []gramWeight) {
	copy(scores, k.bias)
	sum := rowSum{to: scores}
	for _, g := range text {
		if at := k.rows[g.gram]; at >= 0 {
			sum.add(k.weights[int(at)*k.entries:][:len(scores)], g.weight)
		}
	}
	sum.end()
}

// rowSum adds rows, each times a number, to a row: four at a time, so that the sums are
// read and written a quarter as often.
type rowSum struct {
	to   []float32
	rows [4][]float32
	by   [4]float32
	n    int
}

//
//go:norace
func (s *rowSum) add(row []float32, by float32) {
	s.rows[s.n], s.by[s.n] = row, by
	if s.n++; s.n < len(s.rows) {
		return
	}
	s.n = 0
	to := s.to
	a, b, c, d := s.rows[0][:len(to)], s.rows[1][:len(to)], s.rows[2][:len(to)], s.rows[3][:len(to)]
	byA, byB, byC, byD := s.by[0], s.by[1], s.by[2], s.by[3]
	for i := range to {
		to[i] += byA*a[i] + byB*b[i] + byC*c[i] + byD*d[i]
	}
}

// end adds what is left.
//
//go:norace
func (s *rowSum) end() {
	for n, row := range s.rows[:s.n] {
		by := s.by[n]
		for i, w := range row[:len(s.to)] {
			s.to[i] += by * w
		}
	}
	s.n = 0
}

// softmax turns scores into shares of one.
//
//go:norace
func softmax(scores []float32) {
	if len(scores) == 0 {
		return
	}
	top := scores[0]
	for _, s := range scores {
		top = max(top, s)
	}
	var sum float32
	for c, s := range scores {
		if s < top-farBehind {
			scores[c] = 0
			continue
		}
		scores[c] = exp(s - top)
		sum += scores[c]
	}
	for c := range scores {
		scores[c] /= sum
	}
}
