package knowledge

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Fault is something wrong in a content file, said so that an editor understands it.
type Fault struct {
	File string `json:"file"`
	Line int    `json:"line"` // from 1; 0 when it concerns the whole file
	Text string `json:"text"`
	// Advice marks a matter of style or upkeep (a long sentence, an overdue
	// review): worth mending, but no reason to hold a sheet back.
	Advice bool `json:"advice,omitempty"`
}

// String is file:line: text, as compilers write it.
func (f Fault) String() string {
	if f.Line == 0 {
		return fmt.Sprintf("%s: %s", f.File, f.Text)
	}
	return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Text)
}

// Faults is every fault that was found, as one error.
type Faults struct {
	Faults []Fault
}

// Error is all faults, one a line.
func (e *Faults) Error() string {
	lines := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// add appends a fault.
func (e *Faults) add(file string, line int, format string, args ...any) {
	e.Faults = append(e.Faults, Fault{File: file, Line: line, Text: fmt.Sprintf(format, args...)})
}

// err is e in order of file and line, or nil when there is no fault.
func (e *Faults) err() error {
	if len(e.Faults) == 0 {
		return nil
	}
	sortFaults(e.Faults)
	return e
}

func sortFaults(faults []Fault) {
	slices.SortStableFunc(faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
}
