// Package eval promises the figures by which the safety assessment is judged:
// how many of those at risk are found, at what price in false alarms, how many
// would be seen by a machine alone, and which messages were missed.
package eval

import (
	"fmt"
	"io"
	"slices"

	"helpline/dialog"
	"helpline/dialog/risk"
	"helpline/dialog/risk/labelled"
)

// Judge is what assesses a message: risk.Assessor, or whatever stands before
// the conversation.
type Judge interface {
	Assess(text string, history []string) dialog.Assessment
}

// Figures are the counts over a set of labelled lines. Shares are of a hundred.
type Figures struct {
	Lines     int
	Confusion [4][4]int // label × judged
	Silent    int       // at risk and read by the machine alone
	// SilentSerious are those among immediate and urgent.
	SilentSerious int
	Read          int // none that a person is asked to read, raised ones included
	WhoRight      int
	CategoryHit   int // at risk and at least one category right
	Misses        []Miss
}

// Miss is one line whose level was not met.
type Miss struct {
	Line labelled.Line
	Got  dialog.Assessment
}

// Run assesses every line.
func Run(j Judge, lines []labelled.Line) Figures {
	f := Figures{Lines: len(lines)}
	for _, l := range lines {
		f.add(l, j.Assess(l.Text, l.History))
	}
	return f
}

func (f *Figures) add(l labelled.Line, got dialog.Assessment) {
	f.Confusion[l.Level][got.Level]++
	if got.Level != l.Level {
		f.Misses = append(f.Misses, Miss{l, got})
	}
	read := got.Review || got.Level > dialog.LevelNone
	if l.Level == dialog.LevelNone {
		if read {
			f.Read++
		}
		return
	}
	if !read {
		f.Silent++
		if l.Level >= dialog.LevelUrgent {
			f.SilentSerious++
		}
	}
	if got.Who == l.Who {
		f.WhoRight++
	}
	if slices.ContainsFunc(l.Categories, func(c dialog.Category) bool { return slices.Contains(got.Categories, c) }) {
		f.CategoryHit++
	}
}

// AtRisk is how many lines are labelled as a concern or more.
func (f Figures) AtRisk() int { return f.Lines - f.None() }

// None is how many lines are labelled as harmless.
func (f Figures) None() int { return f.count(0, 0, 0, 3) }

// count adds up a part of the confusion table, both ends included.
func (f Figures) count(fromLabel, toLabel, fromJudged, toJudged int) int {
	n := 0
	for i := fromLabel; i <= toLabel; i++ {
		for k := fromJudged; k <= toJudged; k++ {
			n += f.Confusion[i][k]
		}
	}
	return n
}

// Found is how many of those at risk were raised as a concern or more.
func (f Figures) Found() int { return f.count(1, 3, 1, 3) }

// Serious is how many of the urgent and immediate were raised as such.
func (f Figures) Serious() int { return f.count(2, 3, 2, 3) }

// OverAlarm is how many of the harmless were raised.
func (f Figures) OverAlarm() int { return f.count(0, 0, 1, 3) }

// Right is how many lines got their own level.
func (f Figures) Right() int {
	n := 0
	for i := range f.Confusion {
		n += f.Confusion[i][i]
	}
	return n
}

func share(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return 100 * float64(n) / float64(of)
}

// Print writes the figures, the table of confusions and, when asked, every
// miss, worst first.
func (f Figures) Print(w io.Writer, misses bool) { f.print(w, misses, true) }

func (f Figures) print(w io.Writer, misses, kinds bool) {
	risk, none, serious := f.AtRisk(), f.None(), f.count(2, 3, 0, 3)
	out := &printer{w: w}
	out.f("lines                                   %d (at risk %d, harmless %d)\n", f.Lines, risk, none)
	out.f("at risk raised as a concern or more     %5.1f %%  (%d missed)\n", share(f.Found(), risk), risk-f.Found())
	out.f("immediate and urgent raised as such     %5.1f %%\n", share(f.Serious(), serious))
	out.f("four levels right                       %5.1f %%\n", share(f.Right(), f.Lines))
	out.f("harmless raised as a concern or more    %5.1f %%\n", share(f.OverAlarm(), none))
	out.f("harmless that a person is asked to read %5.1f %%\n", share(f.Read, none))
	out.f("silent misses                           %5.1f %%  (%d; immediate or urgent %d)\n", share(f.Silent, risk), f.Silent, f.SilentSerious)
	if kinds {
		out.f("who is at risk right                    %5.1f %%\n", share(f.WhoRight, risk))
		out.f("at least one category right             %5.1f %%\n", share(f.CategoryHit, risk))
	}
	out.f("\nlabel \\ judged %9s %9s %9s %9s\n", dialog.LevelNone, dialog.LevelConcern, dialog.LevelUrgent, dialog.LevelImmediate)
	for i, row := range f.Confusion {
		out.f("%-14s %9d %9d %9d %9d\n", dialog.Level(i), row[0], row[1], row[2], row[3])
	}
	if !misses {
		return
	}
	sorted := slices.Clone(f.Misses)
	slices.SortStableFunc(sorted, func(a, b Miss) int { return weight(b) - weight(a) })
	for _, m := range sorted {
		out.f("\n%s: %s judged %s\n  %s\n", m.Line.ID, m.Line.Level, m.Got.Level, m.Line.Text)
		for _, h := range m.Line.History {
			out.f("  before: %s\n", h)
		}
		for _, e := range m.Got.Evidence {
			out.f("  saw %s: %s\n", e.Sign, e.Text)
		}
	}
}

// weight orders misses: too low before too high, by how far.
func weight(m Miss) int {
	d := int(m.Line.Level) - int(m.Got.Level)
	if d > 0 {
		return 10*d + int(m.Line.Level)
	}
	return d
}

// OfFolds counts what cross-validation judged, as Run counts what an assessor
// judges; who and categories are not among it.
func OfFolds(folds []risk.Fold) Figures {
	f := Figures{Lines: len(folds)}
	for _, x := range folds {
		f.add(x.Line, dialog.Assessment{Level: x.Judged, Review: x.Read})
	}
	return f
}

// PrintFolds writes what cross-validation found: everything together, and what
// the model alone can tell apart.
func PrintFolds(w io.Writer, folds []risk.Fold, misses bool) {
	OfFolds(folds).print(w, misses, false)
	out := &printer{w: w}
	var harmless, atRisk []float64
	right := 0
	for _, f := range folds {
		best := 0
		for k, p := range f.Probs {
			if p > f.Probs[best] {
				best = k
			}
		}
		if dialog.Level(best) == f.Line.Level {
			right++
		}
		if f.Line.Level == dialog.LevelNone {
			harmless = append(harmless, 1-f.Probs[0])
		} else {
			atRisk = append(atRisk, 1-f.Probs[0])
		}
	}
	out.f("model alone: likeliest of four levels right %.1f %%\n", share(right, len(folds)))
	slices.Sort(harmless)
	for _, percent := range []int{5, 10, 15, 20, 25} {
		if len(harmless) == 0 {
			break
		}
		at := harmless[min(len(harmless)-1, len(harmless)*(100-percent)/100)]
		n := 0
		for _, p := range atRisk {
			if p >= at {
				n++
			}
		}
		out.f("  at %2d %% over-alarm (threshold %.3f): at risk found %.1f %%\n", percent, at, share(n, len(atRisk)))
	}
}

// printer drops the error of writing to the console, in one place.
type printer struct{ w io.Writer }

func (p *printer) f(format string, args ...any) { _, _ = fmt.Fprintf(p.w, format, args...) }
