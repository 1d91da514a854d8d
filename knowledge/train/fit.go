package main

import (
	"fmt"
	"math"
	"strings"

	"helpline/knowledge"
)

// example is a question with its candidates; the last option is "none of them".
type example struct {
	options []option
}

type option struct {
	measures []float64 // of a candidate, and after them those of none
	right    float64   // 1 for what is meant, less for its sheet, 0 for others
}

// sheetRight is how right another section of the right sheet is.
const sheetRight = 0.25

func newExample(lib *knowledge.Library, q question) (example, error) {
	list, none, err := lib.Consider(query(lib, q))
	if err != nil {
		return example{}, err
	}
	names, noneNames := knowledge.MeasureNames()
	var e example
	for _, c := range list {
		o := option{measures: make([]float64, len(names)+len(noneNames))}
		for i, m := range c.Measures {
			o.measures[i] = float64(m)
		}
		switch {
		case q.Kind != "answerable":
			if c.Ref.IsZero() {
				o.right = 1
			}
		case c.Ref.Slug == q.Sheet && c.Ref.Anchor == q.Section:
			o.right = 1
		case c.Ref.Slug == q.Sheet:
			o.right = sheetRight
		}
		e.options = append(e.options, o)
	}
	last := option{measures: make([]float64, len(names)+len(noneNames))}
	for i, m := range none {
		last.measures[len(names)+i] = float64(m)
	}
	if q.Kind != "answerable" {
		last.right = 1
	}
	e.options = append(e.options, last)
	return e, nil
}

// possible reports whether anything that is offered is right.
func (e example) possible() bool {
	for _, o := range e.options {
		if o.right > 0 {
			return true
		}
	}
	return false
}

const (
	rounds = 600
	decay  = 1e-3 // draws weights towards zero
)

// fit finds the weights that make what is right most likely (a conditional logit),
// by Adam over all examples at once.
func fit(list []example) (w []float64, loss float64) {
	names, noneNames := knowledge.MeasureNames()
	size := len(names) + len(noneNames)
	w = make([]float64, size)
	first, second, slope := make([]float64, size), make([]float64, size), make([]float64, size)
	for round := 1; round <= rounds; round++ {
		loss = 0
		for i := range slope {
			slope[i] = decay * w[i]
		}
		for _, e := range list {
			loss += e.learn(w, slope, 1/float64(len(list)))
		}
		for i := range w {
			first[i] = 0.9*first[i] + 0.1*slope[i]
			second[i] = 0.999*second[i] + 0.001*slope[i]*slope[i]
			step := first[i] / (1 - math.Pow(0.9, float64(round)))
			w[i] -= 0.1 * step / (math.Sqrt(second[i]/(1-math.Pow(0.999, float64(round)))) + 1e-9)
		}
	}
	return w, loss / float64(len(list))
}

// write appends the weights as Go to text.
func write(text *strings.Builder, size string, w []float64) {
	names, noneNames := knowledge.MeasureNames()
	list := func(field, kind, prefix string, names []string, w []float64) {
		fmt.Fprintf(text, "\t\t%s: [%s]float32{\n", field, kind)
		for i, n := range names {
			if w[i] != 0 { // what is never measured in this size has no weight
				fmt.Fprintf(text, "\t\t\t%s%s: %.2f,\n", prefix, n, w[i])
			}
		}
		text.WriteString("\t\t},\n")
	}
	fmt.Fprintf(text, "\t%s: {\n", size)
	list("candidate", "measures", "measure", names, w[:len(names)])
	list("none", "noneMeasures", "none", noneNames, w[len(names):])
	text.WriteString("\t},\n")
}

// learn adds the slope of the loss of one example, and returns the loss.
func (e example) learn(w, slope []float64, share float64) float64 {
	scores := make([]float64, len(e.options))
	top := math.Inf(-1)
	for i, o := range e.options {
		for j, m := range o.measures {
			scores[i] += w[j] * m
		}
		top = max(top, scores[i])
	}
	var all, right float64
	for i, o := range e.options {
		scores[i] = math.Exp(scores[i] - top)
		all += scores[i]
		right += o.right * scores[i]
	}
	for i, o := range e.options {
		g := scores[i]/all - o.right*scores[i]/right
		for j, m := range o.measures {
			slope[j] += share * g * m
		}
	}
	return math.Log(all / right)
}
