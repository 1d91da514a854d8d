package desk

import (
	"time"

	"helpline/dialog"
	"helpline/dialog/flow"
)

// away says, of the team that serves a prison, whether nobody is at its desk
// now and when somebody is again.
func (d *Desk) away(now time.Time) func(dialog.PrisonID) flow.Away {
	return func(p dialog.PrisonID) flow.Away {
		hours := d.teams.byID[d.teams.serving(p)].Hours
		if hours.Staffed(now) {
			return flow.Away{}
		}
		a := flow.Away{Away: true, Now: hours.Local(now)}
		if back, ok := hours.Back(now); ok {
			a.Back = back
		}
		return a
	}
}
