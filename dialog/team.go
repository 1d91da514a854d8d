package dialog

import (
	"slices"
	"time"
)

// After is the time at which each step of a clock is raised, counted from when
// the clock began.
type After struct{ Team, DutyManager, Fallback time.Duration }

// Alerting is who is told of what nobody has taken, in which order and when.
// What is empty, and a pace that is missing, is as it is for everybody.
type Alerting struct {
	Team, DutyManager, Fallback []StaffAddress
	After                       map[Pace]After
}

// Team is the staff who work the concerns of some prisons.
type Team struct {
	ID      TeamID
	Name    string
	Prisons []PrisonID
	// Triage marks the team that has what belongs to no other: a prison that is
	// not known, or that nobody serves.
	Triage   bool
	Hours    Hours
	Alerting Alerting
}

// Hours are when somebody of a team is at the desk. The zero value is always.
type Hours struct {
	Spans []Span
	// Shut are days on which nobody is there, bank holidays for example, as
	// "2026-12-25".
	Shut []string
	Zone *time.Location // nil: UTC
}

// Span is a part of one day of the week, by the clock on the wall: from the
// minute From on, and before the minute To.
type Span struct {
	Day      time.Weekday
	From, To int // minutes after midnight, To up to 24*60
}

// date is how Shut names a day.
const date = "2006-01-02"

func (h Hours) zone() *time.Location {
	if h.Zone == nil {
		return time.UTC
	}
	return h.Zone
}

// Local is a moment by the clock on the team's wall.
func (h Hours) Local(at time.Time) time.Time { return at.In(h.zone()) }

// Staffed says that somebody is at the desk.
func (h Hours) Staffed(at time.Time) bool {
	if len(h.Spans) == 0 {
		return true
	}
	at = h.Local(at)
	minute := at.Hour()*60 + at.Minute()
	return !slices.Contains(h.Shut, at.Format(date)) && slices.ContainsFunc(h.Spans, func(s Span) bool {
		return s.Day == at.Weekday() && s.From <= minute && minute < s.To
	})
}

// farthest is how many days ahead somebody's return is looked for.
const farthest = 60

// Back is when somebody is next at the desk, at or after a moment. It is false
// when nobody will be for two months.
func (h Hours) Back(at time.Time) (time.Time, bool) {
	if h.Staffed(at) {
		return at, true
	}
	at = h.Local(at)
	for ahead := range farthest {
		day := time.Date(at.Year(), at.Month(), at.Day()+ahead, 12, 0, 0, 0, h.zone())
		if slices.Contains(h.Shut, day.Format(date)) {
			continue
		}
		var first time.Time
		for _, s := range h.Spans {
			opens := time.Date(day.Year(), day.Month(), day.Day(), 0, s.From, 0, 0, h.zone())
			if s.Day == day.Weekday() && s.From < s.To && opens.After(at) && (first.IsZero() || opens.Before(first)) {
				first = opens
			}
		}
		if !first.IsZero() {
			return first, true
		}
	}
	return time.Time{}, false
}

// Routed is the kind of event that says that a conversation went to another
// team. Only staff see it, and only where there are several teams.
const Routed EventKind = "routed"

// RoutedData goes with Routed.
type RoutedData struct {
	From TeamID `json:"from,omitempty"`
	To   TeamID `json:"to"`
	Name string `json:"name"`          // of the team that has it now
	Why  string `json:"why,omitempty"` // "prison", "nobody took it", "teams changed"
}
