package desk

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
	_ "time/tzdata" // days are those of the calendar in Britain wherever this runs

	"helpline/dialog"
)

const (
	// listsEvery is how often it is looked whether the lists are empty, besides
	// when they change.
	listsEvery = time.Minute
	// listsBreath is the least time between two looks.
	listsBreath = time.Second
	// listNoted is how old what is written about an empty list may become.
	listNoted = 5 * time.Minute
)

var london = sync.OnceValue(func() *time.Location {
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic("desk: the zones are built in: " + err.Error())
	}
	return zone
})

// DayFormat is how a day is written down.
const DayFormat = "2006-01-02"

// dayOf is the day of a moment, by the calendar in Britain.
func dayOf(at time.Time) string { return at.In(london()).Format(DayFormat) }

// WatchLists writes down when the lists are empty, until the context ends: at
// once when one becomes so, and regularly while it stays so.
func (d *Desk) WatchLists(ctx context.Context) {
	wake := make(chan struct{}, 1)
	defer d.Bus.Subscribe(dialog.QueueChanged, func(dialog.Notice) {
		select {
		case wake <- struct{}{}:
		default:
		}
	})()
	tick := time.NewTicker(listsEvery)
	defer tick.Stop()
	for {
		if _, err := d.lookAtLists(ctx); err != nil && ctx.Err() == nil {
			d.Log.Error("look at the lists", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			continue
		case <-wake:
		}
		timer := time.NewTimer(listsBreath)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// ListView is how a list stands, and its last days.
type ListView struct {
	dialog.ListState
	Days []DayOfList // today first; none before anybody looked
}

// DayOfList is one day of a list.
type DayOfList struct {
	Day       time.Time // noon of it, in Britain
	LastEmpty time.Time // zero: it was not empty on that day
}

// daysShown is how many days of a list are shown.
const daysShown = 7

// Lists says how the lists stand now, and how they stood in the last days.
func (d *Desk) Lists(ctx context.Context, w dialog.Worker) ([]ListView, error) {
	err := allow(w, listeners...)
	var states []dialog.ListState
	if err == nil {
		states, err = d.lookAtLists(ctx)
	}
	views := make([]ListView, len(states))
	if err == nil {
		err = d.Store.Read(ctx, func(r dialog.Reader) error {
			for i, s := range states {
				views[i] = ListView{ListState: s}
				if views[i].Days, err = lastDays(r, s, d.Now()); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil {
		return nil, fmt.Errorf("lists: %w", err)
	}
	return views, nil
}

func lastDays(r dialog.Reader, s dialog.ListState, now time.Time) ([]DayOfList, error) {
	today := now.In(london())
	noon := func(ago int) time.Time {
		return time.Date(today.Year(), today.Month(), today.Day()-ago, 12, 0, 0, 0, london())
	}
	found, err := r.ListDays(s.List, dayOf(noon(daysShown-1)), dayOf(now))
	if err != nil {
		return nil, err
	}
	empty := map[string]time.Time{}
	for _, day := range found {
		empty[day.Day] = day.LastEmpty
	}
	var all []DayOfList
	for ago := range daysShown {
		day := noon(ago)
		if s.FirstLook.IsZero() || dayOf(day) < dayOf(s.FirstLook) {
			break
		}
		last := empty[dayOf(day)]
		if ago == 0 && !s.EmptySince.IsZero() {
			last = now
		}
		all = append(all, DayOfList{Day: day, LastEmpty: last})
	}
	return all, nil
}

// lookAtLists reads how the lists stand and writes down what is new.
func (d *Desk) lookAtLists(ctx context.Context) (states []dialog.ListState, err error) {
	stale := false
	err = d.Store.Read(ctx, func(r dialog.Reader) error {
		states = states[:0]
		for _, list := range dialog.ListNames() {
			next, _, write, err := d.listState(r, list)
			if err != nil {
				return err
			}
			stale = stale || write
			states = append(states, next)
		}
		return nil
	})
	if err != nil || !stale {
		return states, err
	}
	err = d.Store.Do(ctx, func(tx dialog.Tx) error {
		states = states[:0]
		for _, list := range dialog.ListNames() {
			next, day, write, err := d.listState(tx, list)
			if err != nil {
				return err
			}
			if write {
				if err := tx.PutList(next, day); err != nil {
					return err
				}
			}
			states = append(states, next)
		}
		return nil
	})
	if errors.Is(err, dialog.ErrStale) {
		err = nil // another node writes the same
	}
	return states, err
}

// listState is how a list stands; write says that this is to be written down.
func (d *Desk) listState(r dialog.Reader, list dialog.ListName) (next dialog.ListState, day string, write bool, err error) {
	was, err := r.ListState(list)
	if err != nil {
		return next, "", false, err
	}
	empty, err := r.ListEmpty(list)
	if err != nil {
		return next, "", false, err
	}
	now := d.Now()
	next = was
	if was.FirstLook.IsZero() {
		next.FirstLook, write = now, true
	}
	switch {
	case !empty:
		next.EmptySince = time.Time{}
		return next, "", write || !was.EmptySince.IsZero(), nil
	case was.EmptySince.IsZero():
		next.EmptySince = now
	case now.Sub(was.LastEmpty) < listNoted && dayOf(now) == dayOf(was.LastEmpty):
		next.LastEmpty = now
		return next, "", write, nil
	}
	next.LastEmpty = now
	return next, dayOf(now), true, nil
}
