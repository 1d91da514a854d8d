package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"helpline/dialog"
	"helpline/internal/accounts"
)

// The handsets of Stoke Heath's team, in testdata/teams.yaml.
const (
	stokePhone         = "+447700900920"
	stokeManagerPhone  = "+447700900921"
	stokeFallbackPhone = "+447700900922"
)

// parsed reads teams as the program does, with every way to staff set up.
func parsed(t *testing.T, file string) ([]dialog.Team, []string) {
	t.Helper()
	return readTeams(config{TeamsFile: file, Alert: alertConfig{SMTPURL: "smtp://mail.example.org"}}, true, true)
}

func transcriptTeams(t *testing.T) []dialog.Team {
	t.Helper()
	private(stokePhone, stokeManagerPhone, stokeFallbackPhone)
	teams, faults := parsed(t, "testdata/teams.yaml")
	if len(faults) > 0 {
		t.Fatal(strings.Join(faults, "\n"))
	}
	return teams
}

// hire lets somebody work for teams.
func (w *world) hire(name string, teams ...string) {
	w.t.Helper()
	made, err := w.people.Create(w.t.Context(), accounts.Person{
		Name: name, Email: strings.ToLower(name) + "@example.org", Roles: []string{"safer_custody"}, Teams: teams,
	}, demoPassword)
	w.must(err)
	worker := dialog.Worker{ID: dialog.WorkerID(made.ID), Name: name, Roles: []dialog.Role{dialog.SaferCustody}}
	for _, id := range teams {
		worker.Teams = append(worker.Teams, dialog.TeamID(id))
	}
	w.workers[strings.ToLower(name)] = worker
	_, err = w.desk.CountMembers(w.t.Context())
	w.must(err)
}

func written(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "teams.yaml")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestTheReadmesTeams are teams that the program takes.
func TestTheReadmesTeams(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(string(readme), "### Teams")
	if !ok {
		t.Fatal("the README has no section on teams")
	}
	_, after, _ = strings.Cut(after, "```yaml\n")
	example, _, ok := strings.Cut(after, "```")
	if !ok {
		t.Fatal("the section has no example")
	}
	teams, faults := parsed(t, written(t, example))
	if len(faults) > 0 || len(teams) != 2 {
		t.Fatalf("%d teams, %s", len(teams), strings.Join(faults, "\n"))
	}
	triage, stoke := teams[0], teams[1]
	if !triage.Triage || triage.ID != "triage" || len(triage.Prisons) > 0 || stoke.Triage || stoke.Name != "Stoke Heath" {
		t.Errorf("%+v, %+v", triage, stoke)
	}
	if diff := cmp.Diff([]dialog.PrisonID{"stoke-heath", "stafford"}, stoke.Prisons); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(dialog.After{Team: 0, DutyManager: 3 * time.Minute, Fallback: 6 * time.Minute}, stoke.Alerting.After[dialog.PaceImmediate]); diff != "" {
		t.Error(diff)
	}
	if len(stoke.Alerting.Team) != 2 || len(stoke.Alerting.DutyManager) != 1 || len(stoke.Alerting.Fallback) != 0 {
		t.Errorf("who is told: %v", stoke.Alerting)
	}
	christmas := time.Date(2026, 12, 25, 11, 0, 0, 0, time.UTC)
	if stoke.Hours.Staffed(christmas) || !stoke.Hours.Staffed(christmas.AddDate(0, 0, -1)) || triage.Hours.Staffed(christmas) {
		t.Error("the bank holiday is not kept")
	}
	if stoke.Hours.Zone.String() != "Europe/London" {
		t.Errorf("the clock is %s", stoke.Hours.Zone)
	}
}

// TestWhatIsWrongWithTeamsIsAllNamed, each with its line, and no address is repeated.
func TestWhatIsWrongWithTeamsIsAllNamed(t *testing.T) {
	file := written(t, `closed: [christmas]
teams:
  - id: North West
    name: North
    prisons: [leeds, leeeds]
    hours:
      - {days: mon-fry, from: "09:00", to: "17:00"}
      - {days: mon, from: "17:00", to: "09:00"}
      - {days: tue, from: nine, to: "17:00"}
  - id: south
    prisons: [lewes, leeds]
    colour: red
    alert: {team: "sms:07700 900900", boss: "tel:+447700900911"}
    after: {immediate: 5m/1m/10m, soon: 1m/2m/3m}
  - id: south
    name: South again
    triage: perhaps
    closed: [2026-12-25]
  - id: west
    name: West
`)
	_, faults := parsed(t, file)
	all := strings.Join(faults, "\n")
	for _, want := range []string{
		`:1: "christmas" is not a date`, ":3: a team needs an id", `:5: there is no prison "leeeds"`, ":7: days are", ":8: hours are", ":9: hours are",
		":10: team south has no name", ":11: leeds is served by North West already", `:12: there is no setting "colour"`, `:13: there is no setting "boss"`,
		":13: team has an entry (number 1)", `:14: there is no setting "soon"`, ":14: immediate is not three times", ":15: there is a team south already, in line 10",
		":17: triage is neither", ":18: days on which a team is closed need its hours", ":15: team south has no prisons", ":19: team west has no prisons",
		":3: 0 teams have triage: true",
	} {
		if !strings.Contains(all, "HELPLINE_TEAMS teams.yaml"+want) {
			t.Errorf("nothing says %q in\n%s", want, all)
		}
	}
	if strings.Contains(all, "900900") || strings.Contains(all, "900911") {
		t.Errorf("an address is repeated:\n%s", all)
	}
	for _, nonsense := range []string{"", "teams: {}", "teams: []", "- a\n- b", "teams: [1, 2]", "{", "teams:\n  - [a]\n"} {
		if _, faults := parsed(t, written(t, nonsense)); len(faults) == 0 {
			t.Errorf("%q was accepted", nonsense)
		}
	}
	if _, faults := parsed(t, filepath.Join(t.TempDir(), "none")); len(faults) != 1 {
		t.Errorf("a file that is not there: %q", faults)
	}
}

func TestTeamsAreASettingLikeOthers(t *testing.T) {
	file := written(t, "teams:\n  - {id: a, name: A, alert: {team: 'sms:+447700900900', manager: 'mailto:maya@example.org'}}\n")
	code, said := tried(t, []string{"serve"}, map[string]string{"HELPLINE_TEAMS": file, "HELPLINE_DATA_DIR": filepath.Join(t.TempDir(), "data")})
	for _, want := range []string{"teams.yaml:2: team a has no prisons", "HELPLINE_TWILIO_ACCOUNT_SID is empty", "HELPLINE_SMTP_URL is empty", "0 teams have triage"} {
		if code != 2 || !strings.Contains(said, want) {
			t.Errorf("ended with %d, and does not say %q:\n%s", code, want, said)
		}
	}
	if strings.Contains(said, "900900") || strings.Contains(said, "maya") {
		t.Errorf("an address is repeated:\n%s", said)
	}
}

// TestPeopleAreGivenTeams by the command, and a team without members is reported.
func TestPeopleAreGivenTeams(t *testing.T) {
	private(demoPassword)
	data := filepath.Join(t.TempDir(), "data")
	settings := map[string]string{"HELPLINE_DATA_DIR": data, "HELPLINE_TEAMS": written(t, "teams:\n  - {id: triage, name: Triage, triage: true}\n  - {id: north, name: North, prisons: [leeds]}\n")}
	do := func(in string, args ...string) (int, string) {
		var out bytes.Buffer
		code := run(t.Context(), environment{in: strings.NewReader(in), out: &out, err: &out}, args, func(name string) string { return settings[name] })
		return code, out.String()
	}
	check := func(want ...string) {
		t.Helper()
		_, said := do("", "check")
		got := ""
		for line := range strings.Lines(said) {
			if strings.HasPrefix(line, "teams: ") {
				got += line
			}
		}
		if diff := cmp.Diff(strings.Join(want, ""), got); diff != "" {
			t.Error(diff)
		}
	}
	check() // there is no database, so nothing is known of members
	for _, c := range []struct {
		in   string
		args []string
		code int
		says string
	}{
		{demoPassword, []string{"user", "add", "-name", "Nora", "-email", "nora@example.org", "-roles", "safer_custody", "-team", "south"}, 2, "there is no team south"},
		{demoPassword, []string{"user", "add", "-name", "Nora", "-email", "nora@example.org", "-roles", "safer_custody", "-team", "triage, north"}, 0, "in the teams north, triage"},
		{demoPassword, []string{"user", "add", "-name", "Maya", "-email", "maya@example.org", "-roles", "manager"}, 0, "Maya may sign in with the roles manager\n"},
		{"", []string{"user", "set", "-email", "nora@example.org", "-team", "triage"}, 0, "in the teams triage\n"},
		{"", []string{"user", "set", "-email", "nobody@example.org", "-team", "triage"}, 1, "no such account"},
	} {
		if code, said := do(c.in, c.args...); code != c.code || !strings.Contains(said, c.says) {
			t.Errorf("%q ended with %d and says %q, not %q", c.args, code, said, c.says)
		}
	}
	check("teams: advice: team north has no members: its concerns go to triage as well\n")
	if code, said := do("", "user", "set", "-email", "nora@example.org", "-active=false"); code != 0 || said != "Nora may not sign in\n" {
		t.Errorf("%d %q", code, said)
	}
	check("teams: advice: team north has no members: its concerns go to triage as well\n", "teams: advice: team triage, which is triage, has no members\n")
	settings["HELPLINE_TEAMS"] = written(t, "teams:\n  - {id: first, name: First, triage: true}\n")
	if code, said := do("", "user", "set", "-email", "nora@example.org", "-active=true"); code != 0 {
		t.Errorf("%d %q", code, said)
	}
	check("teams: advice: somebody belongs to team triage, which there is not\n", "teams: advice: team first, which is triage, has no members\n")
	if code, said := do("", "user", "set", "-email", "nora@example.org", "-team", ""); code != 0 || strings.Contains(said, "teams") {
		t.Errorf("%d %q", code, said)
	}
	check()
}
