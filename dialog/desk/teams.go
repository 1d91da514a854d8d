package desk

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"helpline/dialog"
)

// triageAlone is the team of a house that has no others: it serves everybody.
const triageAlone dialog.TeamID = "triage"

// teams knows who serves which prison.
type teams struct {
	all    []dialog.Team
	triage dialog.TeamID
	byID   map[dialog.TeamID]dialog.Team
	at     map[dialog.PrisonID]dialog.TeamID
	// empty holds the teams that nobody belongs to, as last counted.
	empty *atomic.Pointer[[]dialog.TeamID]
}

func newTeams(all []dialog.Team) (teams, error) {
	if len(all) == 0 {
		all = []dialog.Team{{ID: triageAlone, Name: "Triage", Triage: true}}
	}
	t := teams{all: all, byID: map[dialog.TeamID]dialog.Team{}, at: map[dialog.PrisonID]dialog.TeamID{}, empty: &atomic.Pointer[[]dialog.TeamID]{}}
	var faults []error
	for _, team := range all {
		if _, twice := t.byID[team.ID]; team.ID == "" || twice {
			faults = append(faults, fmt.Errorf("desk: a team needs an id of its own: %q", team.ID))
		}
		t.byID[team.ID] = team
		if team.Triage && t.triage != "" {
			faults = append(faults, fmt.Errorf("desk: %s and %s are both triage", t.triage, team.ID))
		}
		if team.Triage {
			t.triage = team.ID
		}
		for _, p := range team.Prisons {
			if other, taken := t.at[p]; taken {
				faults = append(faults, fmt.Errorf("desk: %s is served by %s and by %s", p, other, team.ID))
			}
			t.at[p] = team.ID
		}
	}
	if t.triage == "" {
		faults = append(faults, errors.New("desk: no team is triage"))
	}
	return t, errors.Join(faults...)
}

// serving is the team of a prison: triage where it is not known or nobody's.
func (t teams) serving(p dialog.PrisonID) dialog.TeamID {
	if id, ok := t.at[p]; ok {
		return id
	}
	return t.triage
}

// of is the team that a conversation is with. One that there is no longer, and
// none, are triage's.
func (t teams) of(c dialog.Conversation) dialog.Team {
	if team, ok := t.byID[c.Team]; ok {
		return team
	}
	return t.byID[t.triage]
}

func (t teams) several() bool { return len(t.all) > 1 }

// without lists the teams that nobody belongs to.
func (t teams) without() []dialog.TeamID {
	if empty := t.empty.Load(); empty != nil {
		return *empty
	}
	return nil
}

// looksAfter are the teams whose concerns a worker sees: their own, and for
// triage those of teams that nobody belongs to. nil: all of them.
func (t teams) looksAfter(w dialog.Worker) []dialog.TeamID {
	if len(w.Teams) == 0 || w.Has(dialog.ManagerRole) {
		return nil
	}
	if !slices.Contains(w.Teams, t.triage) {
		return w.Teams
	}
	return slices.Concat(w.Teams, t.without())
}

// sees is dialog.ErrForbidden where a worker may not see a conversation: one
// with a concern of another team. It is the only place where that is decided;
// narrow says the same to the store. A concern that went to triage because
// nobody took it is still seen by the team of its prison, and whoever holds a
// conversation keeps it.
func (d *Desk) sees(w dialog.Worker, c dialog.Conversation) error {
	if err := allow(w, listeners...); err != nil {
		return err
	}
	mine := d.teams.looksAfter(w)
	switch {
	case mine == nil, c.Team == "",
		c.Holder.Kind == dialog.Staff && c.Holder.Worker == w.ID,
		slices.Contains(mine, d.teams.of(c).ID),
		c.Prison != "" && slices.Contains(mine, d.teams.at[c.Prison]):
		return nil
	}
	return fmt.Errorf("of another team: %w", dialog.ErrForbidden)
}

// narrow restricts a list to what a worker sees.
func (d *Desk) narrow(w dialog.Worker, f dialog.QueueFilter) dialog.QueueFilter {
	mine := d.teams.looksAfter(w)
	if mine == nil {
		return f
	}
	if len(f.Teams) > 0 {
		mine = slices.DeleteFunc(slices.Clone(mine), func(id dialog.TeamID) bool { return !slices.Contains(f.Teams, id) })
	}
	f.Teams, f.Prisons, f.Holder = slices.Clone(mine), nil, w.ID
	for _, id := range mine {
		f.Prisons = append(f.Prisons, d.teams.byID[id].Prisons...)
	}
	if len(f.Teams) == 0 {
		f.Teams = []dialog.TeamID{"-"} // no team has this id: only what is nobody's
	}
	return f
}

// Sees says whether a worker may see a conversation.
func (d *Desk) Sees(w dialog.Worker, c dialog.Conversation) bool { return d.sees(w, c) == nil }

// TeamOf is the team that serves a prison: triage where it is not known or nobody's.
func (d *Desk) TeamOf(p dialog.PrisonID) dialog.TeamID { return d.teams.serving(p) }

// route gives a conversation that has a concern to the team that serves its
// prison, when it is with nobody yet or its prison is another than was. A
// concern that stays where it was is left with whoever has it.
func (d *Desk) route(c *dialog.Conversation, was dialog.PrisonID) (from dialog.TeamID, moved bool) {
	from = c.Team
	if c.Team == "" && c.Level == dialog.LevelNone || c.Team != "" && c.Prison == was {
		return from, false
	}
	c.Team = d.teams.serving(c.Prison)
	return from, from != "" && c.Team != from
}

// routed is what staff read of a move.
func (d *Desk) routed(from, to dialog.TeamID, why string) dialog.RoutedData {
	return dialog.RoutedData{From: from, To: to, Name: d.teams.byID[to].Name, Why: why}
}

// route is the turn's: a message has raised a concern, or named another prison.
func (t *turn) route() {
	if from, moved := t.d.route(&t.conv, t.sit.Conversation.Prison); moved {
		t.moved = true
		t.event(dialog.Routed, "", t.d.routed(from, t.conv.Team, "prison"))
	}
}

// concern is the one that the turn leaves open; its id is empty where there is none.
func (t *turn) concern() dialog.Concern {
	if t.worry.concern != nil {
		return *t.worry.concern
	}
	return t.sit.Concern
}

// route is that of a worker or a job.
func (e *edit) route(was dialog.PrisonID) error {
	from, moved := e.d.route(&e.conv, was)
	if !moved {
		return nil
	}
	e.event(dialog.Routed, "", e.d.routed(from, e.conv.Team, "prison"))
	c, found, err := e.openConcern()
	if err != nil || !found {
		return err
	}
	return e.d.tellNewTeam(e.tx, e.conv, c, e.now)
}

// tellNewTeam has the watcher tell a team of a concern that came to it, where
// the step that tells teams is over already. The subject is one of its own, so
// that it meets no other clock however often a concern moves.
func (d *Desk) tellNewTeam(tx dialog.Tx, conv dialog.Conversation, c dialog.Concern, now time.Time) error {
	if c.ID == "" || !c.Open() {
		return nil
	}
	return tx.InsertAlarm(dialog.Alarm{
		ID: dialog.AlarmID(dialog.NewID(now)), Conversation: conv.ID, Matter: dialog.MatterMoved,
		Subject: fmt.Sprintf("%s@%s@%d", c.ID, conv.Team, conv.LastSeq), Pace: dialog.PaceOf(c.Level),
		Step: dialog.StepTeam, State: dialog.AlarmDue, Began: now, DueAt: now,
	})
}

// toTriage moves a concern that nobody took to triage, so that everybody there sees it.
func (e *edit) toTriage() (moved bool) {
	from, triage := e.conv.Team, e.d.teams.triage
	if !e.d.teams.several() || from == triage || from == "" {
		return false
	}
	e.conv.Team = triage
	e.event(dialog.Routed, "", e.d.routed(from, triage, "nobody took it"))
	return true
}

// alerts is who is told of what nobody has taken in a conversation, and when:
// its team, and where that says nothing whoever is told for all. Triage is told
// too of what belongs to a team without members, and the team of a prison stays
// told of a concern that went to triage.
func (d *Desk) alerts(c dialog.Conversation) Alerts {
	team := d.teams.of(c)
	home, ok := d.teams.byID[d.teams.at[c.Prison]]
	switch triage := d.teams.byID[d.teams.triage]; {
	case team.ID == triage.ID && c.Team != "" && ok && home.ID != triage.ID:
		return d.ofTeam(home).and(d.ofTeam(triage))
	case team.ID != triage.ID && slices.Contains(d.teams.without(), team.ID):
		return d.ofTeam(team).and(d.ofTeam(triage))
	}
	return d.ofTeam(team)
}

// ofTeam is the alerts of one team.
func (d *Desk) ofTeam(t dialog.Team) Alerts {
	a := d.Alerts
	own := func(theirs []dialog.StaffAddress, to *[]dialog.StaffAddress) {
		if len(theirs) > 0 {
			*to = theirs
		}
	}
	own(t.Alerting.Team, &a.Team)
	own(t.Alerting.DutyManager, &a.DutyManager)
	own(t.Alerting.Fallback, &a.Fallback)
	if len(t.Alerting.After) > 0 {
		a.After = maps.Clone(a.After)
		maps.Copy(a.After, t.Alerting.After)
	}
	return a
}

// and tells those of b too, at the times of a.
func (a Alerts) and(b Alerts) Alerts {
	a.Team = once(a.Team, b.Team)
	a.DutyManager = once(a.DutyManager, b.DutyManager)
	a.Fallback = once(a.Fallback, b.Fallback)
	return a
}

// once lists each address once.
func once(lists ...[]dialog.StaffAddress) (all []dialog.StaffAddress) {
	for _, to := range slices.Concat(lists...) {
		if !slices.Contains(all, to) {
			all = append(all, to)
		}
	}
	return all
}

// NobodyTold says that of some concerns no one is told but by the console.
func (d *Desk) NobodyTold() bool {
	return slices.ContainsFunc(d.teams.all, func(t dialog.Team) bool { return d.ofTeam(t).Nobody() })
}

// CountMembers asks who belongs to which team and returns the teams that nobody
// does, whose concerns triage sees and is told of too. Config.Members is asked
// again while the clocks are watched. Without it every team has members.
func (d *Desk) CountMembers(ctx context.Context) ([]dialog.Team, error) {
	if d.Members == nil {
		return nil, nil
	}
	count, err := d.Members(ctx)
	if err != nil {
		return nil, fmt.Errorf("count the members of the teams: %w", err)
	}
	var without []dialog.Team
	ids := []dialog.TeamID{}
	for _, t := range d.teams.all {
		if count[t.ID] == 0 {
			without = append(without, t)
			ids = append(ids, t.ID)
		}
	}
	d.teams.empty.Store(&ids)
	return without, nil
}

// mostListed is more conversations than any list of staff has.
const mostListed = 100_000

// Reroute gives every conversation on the staff's list to the team that serves
// its prison now: teams and their prisons may have changed since it was routed.
// It returns how many it moved. What triage has because nobody took it stays.
func (d *Desk) Reroute(ctx context.Context) (moved int, err error) {
	var list []dialog.QueueEntry
	err = d.Store.Read(ctx, func(r dialog.Reader) (err error) {
		list, err = r.Queue(dialog.QueueFilter{Limit: mostListed})
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("route what waits: %w", err)
	}
	for _, entry := range list {
		c := entry.Conversation
		if to, wrong := d.wrongTeam(c); !wrong || to == c.Team {
			continue
		}
		err := d.edit(ctx, c.ID, func(e *edit) error {
			to, wrong := d.wrongTeam(e.conv)
			if !wrong {
				return errNothing
			}
			from := e.conv.Team
			e.conv.Team = to
			if d.teams.several() {
				e.event(dialog.Routed, "", d.routed(from, to, "teams changed"))
			}
			k, found, err := e.openConcern()
			if err != nil || !found {
				return err
			}
			return d.tellNewTeam(e.tx, e.conv, k, e.now)
		})
		switch {
		case errors.Is(err, errNothing):
		case err != nil:
			return moved, fmt.Errorf("route what waits: %w", err)
		default:
			moved++
		}
	}
	return moved, nil
}

// wrongTeam says which team a conversation should be with, if it is not. What is
// with triage stays there: it may be there because nobody took it.
func (d *Desk) wrongTeam(c dialog.Conversation) (to dialog.TeamID, wrong bool) {
	to = d.teams.serving(c.Prison)
	if c.Team == "" {
		return to, c.Level > dialog.LevelNone
	}
	_, exists := d.teams.byID[c.Team]
	return to, c.Team != to && (!exists || c.Team != d.teams.triage)
}
