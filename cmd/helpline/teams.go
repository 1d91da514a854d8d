package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // teams keep British time wherever the service runs

	"gopkg.in/yaml.v3"

	"helpline/dialog"
	"helpline/dialog/desk"
	"helpline/dialog/prisons"
)

// readTeams reads the file of HELPLINE_TEAMS. All that is wrong with it is told
// at once, each with its line; addresses are not repeated.
func readTeams(c config, texts, voice bool) ([]dialog.Team, []string) {
	if c.TeamsFile == "" {
		return nil, nil
	}
	r := teamsReader{file: filepath.Base(c.TeamsFile), texts: texts, voice: voice, smtp: c.Alert.SMTPURL != ""}
	data, err := os.ReadFile(c.TeamsFile)
	if err != nil {
		return nil, []string{"HELPLINE_TEAMS is not a file that can be read"}
	}
	if r.london, err = time.LoadLocation("Europe/London"); err != nil {
		return nil, []string{"HELPLINE_TEAMS: British time is not known: " + err.Error()}
	}
	// A register that cannot be read is told of by whatever needs it.
	if sub, err := fs.Sub(contentFS(c), "prisons"); err == nil {
		r.register, _ = prisons.Load(sub)
	}
	return r.read(data)
}

// teamsReader reads teams and gathers what is wrong.
type teamsReader struct {
	file               string
	register           *prisons.Register // nil: prisons are not looked up
	london             *time.Location
	texts, voice, smtp bool // ways to staff that are set up
	faults             []string
}

func (r *teamsReader) fault(n *yaml.Node, format string, args ...any) {
	r.faults = append(r.faults, fmt.Sprintf("HELPLINE_TEAMS %s:%d: %s", r.file, n.Line, fmt.Sprintf(format, args...)))
}

func (r *teamsReader) read(data []byte) ([]dialog.Team, []string) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, []string{"HELPLINE_TEAMS " + r.file + ": is not YAML: " + strings.TrimPrefix(err.Error(), "yaml: ")}
	}
	if len(doc.Content) == 0 {
		return nil, []string{"HELPLINE_TEAMS " + r.file + ": is empty"}
	}
	top := r.fields(doc.Content[0], "teams", "closed")
	shut := r.days(top["closed"])
	list := top["teams"]
	if list == nil || list.Kind != yaml.SequenceNode || len(list.Content) == 0 {
		r.fault(doc.Content[0], "teams is not a list of teams")
		return nil, r.faults
	}
	var all []dialog.Team
	ids, served := map[dialog.TeamID]int{}, map[dialog.PrisonID]dialog.TeamID{}
	triage := 0
	for _, n := range list.Content {
		t := r.team(n, shut, served)
		if line, twice := ids[t.ID]; twice {
			r.fault(n, "there is a team %s already, in line %d", t.ID, line)
		}
		ids[t.ID] = n.Line
		if t.Triage {
			triage++
		}
		all = append(all, t)
	}
	if triage != 1 {
		r.fault(list, "%d teams have triage: true; it has to be one", triage)
	}
	return all, r.faults
}

var teamID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

func (r *teamsReader) team(n *yaml.Node, shut []string, served map[dialog.PrisonID]dialog.TeamID) dialog.Team {
	f := r.fields(n, "id", "name", "triage", "prisons", "hours", "closed", "alert", "after")
	t := dialog.Team{ID: dialog.TeamID(r.text(f["id"])), Name: r.text(f["name"])}
	if !teamID.MatchString(string(t.ID)) {
		r.fault(at(f["id"], n), "a team needs an id of small letters, digits and hyphens")
	}
	if t.Name == "" {
		r.fault(at(f["name"], n), "team %s has no name", t.ID)
	}
	if v := f["triage"]; v != nil {
		var err error
		if t.Triage, err = strconv.ParseBool(v.Value); err != nil || v.Kind != yaml.ScalarNode {
			r.fault(v, "triage is neither true nor false")
		}
	}
	for _, p := range r.list(f["prisons"]) {
		id := dialog.PrisonID(p.Value)
		if r.register != nil {
			if _, ok := r.register.Get(id); !ok {
				r.fault(p, "there is no prison %q", p.Value)
				continue
			}
		}
		if other, twice := served[id]; twice {
			r.fault(p, "%s is served by %s already", id, other)
			continue
		}
		served[id] = t.ID
		t.Prisons = append(t.Prisons, id)
	}
	if len(t.Prisons) == 0 && !t.Triage {
		r.fault(n, "team %s has no prisons", t.ID)
	}
	t.Hours = r.hours(f["hours"])
	if len(t.Hours.Spans) > 0 {
		t.Hours.Zone = r.london
		t.Hours.Shut = slices.Concat(shut, r.days(f["closed"]))
	} else if f["closed"] != nil {
		r.fault(f["closed"], "days on which a team is closed need its hours")
	}
	t.Alerting = r.alerting(f["alert"], f["after"])
	return t
}

var daysOfTheWeek = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// hours reads a list of {days: mon-fri, from: "09:00", to: "17:00"}.
func (r *teamsReader) hours(n *yaml.Node) (h dialog.Hours) {
	for _, span := range r.list(n) {
		f := r.fields(span, "days", "from", "to")
		days := r.weekdays(at(f["days"], span))
		from, okFrom := minutes(r.text(f["from"]))
		to, okTo := minutes(r.text(f["to"]))
		if !okFrom || !okTo || from >= to {
			r.fault(span, `hours are from a time to a later one of the same day, such as from: "09:00", to: "17:00"`)
			continue
		}
		for _, d := range days {
			h.Spans = append(h.Spans, dialog.Span{Day: d, From: from, To: to})
		}
	}
	return h
}

// weekdays reads "mon-fri" or "mon, wed, sat", or a list of such.
func (r *teamsReader) weekdays(n *yaml.Node) (days []time.Weekday) {
	parts := []string{n.Value}
	if n.Kind == yaml.SequenceNode {
		parts = nil
		for _, p := range n.Content {
			parts = append(parts, p.Value)
		}
	}
	for _, part := range strings.Split(strings.Join(parts, ","), ",") {
		first, last, isRange := strings.Cut(strings.ToLower(strings.TrimSpace(part)), "-")
		if !isRange {
			last = first
		}
		from, to := slices.Index(daysOfTheWeek, strings.TrimSpace(first)), slices.Index(daysOfTheWeek, strings.TrimSpace(last))
		if from < 0 || to < 0 {
			r.fault(n, "days are mon, tue, wed, thu, fri, sat and sun, or two of them with a hyphen")
			return nil
		}
		for d := from; ; d = (d + 1) % 7 {
			days = append(days, time.Weekday(d))
			if d == to {
				break
			}
		}
	}
	return days
}

// minutes reads "09:30" as minutes after midnight; "24:00" is the end of a day.
func minutes(clock string) (int, bool) {
	h, m, ok := strings.Cut(clock, ":")
	hour, herr := strconv.Atoi(h)
	minute, merr := strconv.Atoi(m)
	total := hour*60 + minute
	return total, ok && herr == nil && merr == nil && len(m) == 2 && hour >= 0 && minute >= 0 && minute < 60 && total <= 24*60
}

// days reads a list of dates.
func (r *teamsReader) days(n *yaml.Node) (days []string) {
	for _, d := range r.list(n) {
		if _, err := time.Parse(time.DateOnly, d.Value); err != nil {
			r.fault(d, "%q is not a date such as 2026-12-25", d.Value)
			continue
		}
		days = append(days, d.Value)
	}
	return days
}

func (r *teamsReader) alerting(alert, after *yaml.Node) (a dialog.Alerting) {
	who := r.fields(alert, "team", "manager", "fallback")
	for name, to := range map[string]*[]dialog.StaffAddress{"team": &a.Team, "manager": &a.DutyManager, "fallback": &a.Fallback} {
		n := who[name]
		if n == nil {
			continue
		}
		list := []string{n.Value}
		if n.Kind == yaml.SequenceNode {
			list = nil
			for _, one := range n.Content {
				list = append(list, one.Value)
			}
		}
		var err error
		if *to, err = parseAddresses(strings.Join(list, ",")); err != nil {
			r.fault(n, "%s %v", name, err)
		}
		for _, problem := range unreachable(*to, r.texts, r.voice, r.smtp) {
			r.fault(n, "%s %s", name, problem)
		}
	}
	paces := make([]string, 0, len(dialog.Paces()))
	for _, p := range dialog.Paces() {
		paces = append(paces, string(p))
	}
	for pace, n := range r.fields(after, paces...) {
		times, err := parseAfter(r.text(n))
		if err != nil {
			r.fault(n, "%s %v", pace, err)
			continue
		}
		if a.After == nil {
			a.After = map[dialog.Pace]desk.After{}
		}
		a.After[dialog.Pace(pace)] = times
	}
	return a
}

// fields are the values of a map by their names. Others than these are faults.
func (r *teamsReader) fields(n *yaml.Node, names ...string) map[string]*yaml.Node {
	found := map[string]*yaml.Node{}
	switch {
	case n == nil:
		return found
	case n.Kind != yaml.MappingNode:
		r.fault(n, "here belong the settings %s", strings.Join(names, ", "))
		return found
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case !slices.Contains(names, key.Value):
			r.fault(key, "there is no setting %q here: there are %s", key.Value, strings.Join(names, ", "))
		case found[key.Value] != nil:
			r.fault(key, "%s is set twice", key.Value)
		default:
			found[key.Value] = value
		}
	}
	return found
}

// list is the entries of a list; one value alone is a list of one.
func (r *teamsReader) list(n *yaml.Node) []*yaml.Node {
	switch {
	case n == nil:
		return nil
	case n.Kind == yaml.SequenceNode:
		return n.Content
	case n.Kind == yaml.ScalarNode && n.Value == "":
		return nil
	}
	return []*yaml.Node{n}
}

func (r *teamsReader) text(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	return strings.TrimSpace(n.Value)
}

// at is a node, or the one around it where it is missing.
func at(n, around *yaml.Node) *yaml.Node {
	if n == nil {
		return around
	}
	return n
}

// membersOfTeams is members where there are teams.
func (h *house) membersOfTeams() func(context.Context) (map[dialog.TeamID]int, error) {
	if len(h.Teams) == 0 {
		return nil
	}
	return h.members
}

// members counts who works the concerns of each team: who belongs to it, and who
// belongs to none and sees all, but for those who only manage.
func (h *house) members(ctx context.Context) (map[dialog.TeamID]int, error) {
	people, err := h.people.People(ctx)
	if err != nil {
		return nil, err
	}
	count := map[dialog.TeamID]int{}
	for _, p := range people {
		works := p.Has(string(dialog.Responder), string(dialog.SaferCustody))
		if !p.Active || !works && !p.Has(string(dialog.ManagerRole), string(dialog.Admin)) {
			continue
		}
		for _, t := range p.Teams {
			count[dialog.TeamID(t)]++
		}
		if len(p.Teams) > 0 || !works {
			continue
		}
		for _, t := range h.Teams {
			count[t.ID]++
		}
	}
	return count, nil
}

// teamFaults says what is wrong between the teams and those who are in them.
func (h *house) teamFaults(ctx context.Context) ([]string, error) {
	if len(h.Teams) == 0 {
		return nil, nil
	}
	count, err := h.members(ctx)
	if err != nil {
		return nil, err
	}
	var faults []string
	for _, t := range h.Teams {
		switch {
		case count[t.ID] > 0:
		case t.Triage:
			faults = append(faults, fmt.Sprintf("team %s, which is triage, has no members", t.ID))
		default:
			faults = append(faults, fmt.Sprintf("team %s has no members: its concerns go to triage as well", t.ID))
		}
		delete(count, t.ID)
	}
	for id := range count {
		faults = append(faults, fmt.Sprintf("somebody belongs to team %s, which there is not", id))
	}
	slices.Sort(faults)
	return faults, nil
}

// checkTeams is teamFaults of the database that the settings name, if it is there.
func checkTeams(ctx context.Context, e environment, c config) ([]string, error) {
	if len(c.Teams) == 0 {
		return nil, nil
	}
	if c.DatabaseURL == "" {
		if _, err := os.Stat(filepath.Join(c.DataDir, "helpline.db")); errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
	}
	h := &house{config: c, log: newLog(e.err, 0)}
	defer h.close()
	if err := h.openStores(ctx); err != nil {
		return nil, err
	}
	return h.teamFaults(ctx)
}
