package dialog

import "time"

// ReportConcern is what a report counts of one concern: no words, no names and
// no addresses.
type ReportConcern struct {
	ID         ConcernID
	Level      Level
	Categories []Category
	Prison     PrisonID
	Medium     Medium
	Team       TeamID
	OpenedAt   time.Time
	ClosedAt   time.Time
	Duties     []ReportDuty
}

// ReportDuty is one duty of a counted concern.
type ReportDuty struct {
	Kind  ObligationKind
	State ObligationState
	DueAt time.Time
	At    time.Time // when it was met or excused
}

// ReportAlarms is how often a step of clocks was raised for a matter.
type ReportAlarms struct {
	Matter Matter
	Step   Step
	Count  int
}

// ReportReader reads what a report of a period counts, and nothing outside the
// period. Tests of the lines are left out.
type ReportReader interface {
	// ReportConcerns lists concerns raised from a moment on and before another, the oldest first.
	ReportConcerns(from, to time.Time) ([]ReportConcern, error)
	// ReportAlarms counts the steps that were raised in the period.
	ReportAlarms(from, to time.Time) ([]ReportAlarms, error)
}
