package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"helpline/dialog"
)

// Report is what was done in a period, in numbers: no words, no names and no
// addresses. Tests of the lines are counted apart.
type Report struct {
	From, To time.Time // from a moment on, and before another
	Made     time.Time // when it was made: what was open then

	Concerns int
	Open     int // of them
	// Missed is how many messages staff found a risk in, in the period, that nobody
	// had been asked to read: by the level that they gave them.
	Missed []Count

	ByLevel, ByPrison, ByChannel, ByCategory, ByTeam []Count

	Duties []DutyFigures // all levels together, and each level that there was
	Alarms []dialog.ReportAlarms
	Lines  []LineFigures
	Lists  []ListFigures
}

// Count is how many concerns are of one kind. A concern may be of several categories.
type Count struct {
	Key string // a level, prison, medium, category or team; empty: not known
	N   int
}

// DutyFigures is how one duty was met in the concerns of one level.
type DutyFigures struct {
	All   bool // of every level; Level says nothing
	Level dialog.Level
	Kind  dialog.ObligationKind

	Met, Excused, Open int
	Overdue            int           // of the open ones
	Median, Worst      time.Duration // from the concern to its being met; 0 where none was
}

// LineFigures is how the tests of one line and prison went.
type LineFigures struct {
	Line   dialog.LineID
	Medium dialog.Medium
	Prison dialog.PrisonID

	Made, Good, Failed, Missing int           // Missing were due and not made
	WorstOut, WorstSeen         time.Duration // from its beginning until it was on the list, and until somebody saw it
}

// ListFigures is on which days a list was empty at some time.
type ListFigures struct {
	List  dialog.ListName
	Days  int // of the period, as far as it has been looked
	Empty []dialog.ListDay
}

// ReportOn counts what happened from a moment on and before another. It reads
// nothing outside that period.
func (d *Desk) ReportOn(ctx context.Context, w dialog.Worker, from, to time.Time) (Report, error) {
	err := allow(w, dialog.ManagerRole)
	if err == nil && !from.Before(to) {
		err = &dialog.InvalidError{Field: "period", Problem: "ends before it begins"}
	}
	rep := Report{From: from, To: to, Made: d.Now()}
	if err == nil {
		err = d.Store.Read(ctx, func(r dialog.Reader) error {
			concerns, err := r.ReportConcerns(from, to)
			if err != nil {
				return err
			}
			rep.count(concerns)
			missed, err := r.Missed(from, to)
			if err != nil {
				return err
			}
			found := map[string]int{}
			for _, m := range missed {
				found[m.Level.String()]++
			}
			rep.Missed = byLevel(found)
			if rep.Alarms, err = r.ReportAlarms(from, to); err != nil {
				return err
			}
			tests, err := r.LineTestsBetween(from, to)
			if err != nil {
				return err
			}
			rep.Lines = lineFigures(tests)
			rep.Lists, err = listFigures(r, from, to, rep.Made)
			return err
		})
	}
	if err != nil {
		return Report{}, fmt.Errorf("report: %w", err)
	}
	return rep, nil
}

// tally counts by a key, the most frequent first.
func tally(counts map[string]int) []Count {
	list := make([]Count, 0, len(counts))
	for key, n := range counts {
		list = append(list, Count{key, n})
	}
	slices.SortFunc(list, func(a, b Count) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Key, b.Key)) })
	return list
}

func (rep *Report) count(concerns []dialog.ReportConcern) {
	level, prison, channel, category, team := map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	rep.Concerns, rep.Open = len(concerns), 0
	figures := map[dutyOf]*dutyCount{}
	for _, c := range concerns {
		level[c.Level.String()]++
		prison[string(c.Prison)]++
		channel[string(c.Medium)]++
		team[string(c.Team)]++
		for _, k := range c.Categories {
			category[string(k)]++
		}
		if len(c.Categories) == 0 {
			category[""]++
		}
		if c.ClosedAt.IsZero() {
			rep.Open++
		}
		for _, o := range c.Duties {
			for _, of := range []dutyOf{{all: true, kind: o.Kind}, {level: c.Level, kind: o.Kind}} {
				if figures[of] == nil {
					figures[of] = &dutyCount{}
				}
				figures[of].add(c, o, rep.Made)
			}
		}
	}
	rep.ByLevel, rep.ByPrison, rep.ByChannel, rep.ByCategory, rep.ByTeam = byLevel(level), tally(prison), tally(channel), tally(category), tally(team)
	rep.Duties = nil
	for of, n := range figures {
		rep.Duties = append(rep.Duties, n.figures(of))
	}
	slices.SortFunc(rep.Duties, func(a, b DutyFigures) int {
		return cmp.Or(cmp.Compare(rankOf(b), rankOf(a)), cmp.Compare(slices.Index(dutyOrder, a.Kind), slices.Index(dutyOrder, b.Kind)))
	})
}

// byLevel lists levels from the most urgent.
func byLevel(counts map[string]int) []Count {
	var list []Count
	for l := dialog.LevelImmediate; l >= dialog.LevelNone; l-- {
		if n := counts[l.String()]; n > 0 {
			list = append(list, Count{l.String(), n})
		}
	}
	return list
}

// rankOf puts the figures of all levels first, then the most urgent.
func rankOf(f DutyFigures) int {
	if f.All {
		return int(dialog.LevelImmediate) + 1
	}
	return int(f.Level)
}

var dutyOrder = []dialog.ObligationKind{dialog.Acknowledge, dialog.Listen, dialog.Act, dialog.FeedBack}

type dutyOf struct {
	all   bool
	level dialog.Level
	kind  dialog.ObligationKind
}

type dutyCount struct {
	met                    []time.Duration
	excused, open, overdue int
}

func (n *dutyCount) add(c dialog.ReportConcern, o dialog.ReportDuty, now time.Time) {
	switch o.State {
	case dialog.Met:
		n.met = append(n.met, max(0, o.At.Sub(c.OpenedAt)))
	case dialog.Excused:
		n.excused++
	case dialog.Open:
		n.open++
		if now.After(o.DueAt) {
			n.overdue++
		}
	}
}

func (n *dutyCount) figures(of dutyOf) DutyFigures {
	f := DutyFigures{All: of.all, Level: of.level, Kind: of.kind, Met: len(n.met), Excused: n.excused, Open: n.open, Overdue: n.overdue}
	if len(n.met) > 0 {
		slices.Sort(n.met)
		half := len(n.met) / 2
		f.Median, f.Worst = n.met[half], n.met[len(n.met)-1]
		if len(n.met)%2 == 0 {
			f.Median = (n.met[half-1] + n.met[half]) / 2
		}
	}
	return f
}

func lineFigures(tests []dialog.LineTest) []LineFigures {
	type key struct {
		line   dialog.LineID
		prison dialog.PrisonID
	}
	found := map[key]*LineFigures{}
	var order []key
	for _, x := range tests {
		k := key{x.Line, x.Prison}
		f := found[k]
		if f == nil {
			f = &LineFigures{Line: x.Line, Medium: x.Medium, Prison: x.Prison}
			found[k] = f
			order = append(order, k)
		}
		switch {
		case !x.Made():
			f.Missing++
			continue
		case !x.FailedAt.IsZero():
			f.Failed++
		case x.Good():
			f.Good++
		}
		f.Made++
		if !x.OutAt.IsZero() {
			f.WorstOut = max(f.WorstOut, x.OutAt.Sub(x.StartedAt))
		}
		if x.Good() {
			f.WorstSeen = max(f.WorstSeen, x.SeenAt.Sub(x.StartedAt))
		}
	}
	slices.SortFunc(order, func(a, b key) int { return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.prison, b.prison)) })
	list := make([]LineFigures, len(order))
	for i, k := range order {
		list[i] = *found[k]
	}
	return list
}

// listFigures counts the days of the period that have begun, from the first on
// which anybody looked.
func listFigures(r dialog.Reader, from, to, now time.Time) ([]ListFigures, error) {
	var all []ListFigures
	last := to.Add(-time.Millisecond)
	if last.After(now) {
		last = now
	}
	for _, list := range dialog.ListNames() {
		s, err := r.ListState(list)
		if err != nil {
			return nil, err
		}
		f := ListFigures{List: list}
		first := from
		if s.FirstLook.After(first) {
			first = s.FirstLook
		}
		if !s.FirstLook.IsZero() && !last.Before(first) {
			f.Days = days(first, last)
			if f.Empty, err = r.ListDays(list, dayOf(first), dayOf(last)); err != nil {
				return nil, err
			}
		}
		all = append(all, f)
	}
	return all, nil
}

// days counts the days of the calendar from one moment to another, both included.
func days(from, to time.Time) int {
	noon := func(t time.Time) time.Time {
		t = t.In(london())
		return time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, time.UTC)
	}
	return int(noon(to).Sub(noon(from))/(24*time.Hour)) + 1
}
