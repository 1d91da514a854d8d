package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"helpline/dialog"
)

// LineStatus is how one way in stands, for one prison or for none.
type LineStatus struct {
	Line   dialog.LineID
	Medium dialog.Medium
	Prison dialog.PrisonID
	Last   dialog.LineTest // ID empty: it was never tested
	Good   dialog.LineTest // the newest that worked; ID empty: none has
	// Overdue says that it has not worked for twice as long as it is tested
	// every, or has failed and never worked.
	Overdue bool
}

// LinesStatus is how all ways in stand.
type LinesStatus struct {
	Lines []LineStatus
	Every time.Duration // 0: only when somebody asks
	Ack   time.Duration
	Next  time.Time // when the next tests are to be made; zero: when somebody asks
}

// LineTestStatus says when each line last worked, for each prison.
func (d *Desk) LineTestStatus(ctx context.Context, w dialog.Worker) (LinesStatus, error) {
	s := LinesStatus{Every: d.LineTests.Every, Ack: d.LineTests.Ack}
	err := allow(w, listeners...)
	if err == nil {
		err = d.Store.Read(ctx, func(r dialog.Reader) (err error) {
			s.Lines = nil
			if s.Next, _, err = r.LineTestsDue(); err != nil {
				return err
			}
			for _, l := range d.LineTests.Lines {
				for _, prison := range l.prisons(d.LineTests.Prisons) {
					one, err := d.lineStatus(r, l, prison)
					if err != nil {
						return err
					}
					s.Lines = append(s.Lines, one)
				}
			}
			return nil
		})
	}
	if err != nil {
		return LinesStatus{}, fmt.Errorf("how the lines stand: %w", err)
	}
	return s, nil
}

func (d *Desk) lineStatus(r dialog.Reader, l TestedLine, prison dialog.PrisonID) (s LineStatus, err error) {
	s = LineStatus{Line: l.Line, Medium: l.Medium, Prison: prison}
	if s.Last, err = r.LatestLineTest(l.Line, prison); err != nil && !errors.Is(err, dialog.ErrNotFound) {
		return s, err
	}
	if s.Good, err = r.LatestGoodLineTest(l.Line, prison); err != nil && !errors.Is(err, dialog.ErrNotFound) {
		return s, err
	}
	switch {
	case s.Good.ID == "":
		s.Overdue = !s.Last.FailedAt.IsZero()
	case d.LineTests.Every > 0:
		s.Overdue = d.Now().Sub(s.Good.StartedAt) > 2*d.LineTests.Every
	}
	return s, nil
}

// LinesWorkedAt is when each tested line last worked, whatever the prison; zero
// for one that never has. It is for the metrics and names nobody.
func (d *Desk) LinesWorkedAt(ctx context.Context) (map[dialog.LineID]time.Time, error) {
	worked := map[dialog.LineID]time.Time{}
	err := d.Store.Read(ctx, func(r dialog.Reader) error {
		for _, l := range d.LineTests.Lines {
			at, err := r.LineWorkedAt(l.Line)
			if err != nil {
				return err
			}
			worked[l.Line] = at
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("when the lines worked: %w", err)
	}
	return worked, nil
}
