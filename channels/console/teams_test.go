package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"helpline/dialog"
	"helpline/dialog/desk"
)

// twoTeams are triage and Stoke Heath's. Who belongs to none sees what both have.
func twoTeams() []dialog.Team {
	return []dialog.Team{
		{ID: "triage", Name: "First line", Triage: true},
		{ID: "stoke", Name: "Stoke Heath team", Prisons: []dialog.PrisonID{"stoke-heath"}},
	}
}

// hireFor makes an account that belongs to teams.
func (h *house) hireFor(t testing.TB, name string, teams []string, roles ...dialog.Role) dialog.Worker {
	t.Helper()
	w := h.hire(t, name, roles...)
	p, err := h.people.Person(t.Context(), string(w.ID))
	if err != nil {
		t.Fatal(err)
	}
	p.Teams = teams
	if err := h.people.Update(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	return w
}

// TestATeamSeesItsOwnPrisons on the list, on pages and over the socket, and
// what the counts of open pages tell is counted from their list.
func TestATeamSeesItsOwnPrisons(t *testing.T) {
	h := open(t)
	stan := h.signedIn(t, h.hireFor(t, "Stan", []string{"stoke"}, dialog.SaferCustody))
	tia := h.signedIn(t, h.hireFor(t, "Tia", []string{"triage"}, dialog.Responder))
	maya := h.signedIn(t, h.hireFor(t, "Maya", []string{"triage"}, dialog.ManagerRole))
	stans, tias, mayas := stan.socket(), tia.socket(), maya.socket()
	got := h.texts(t, "+447700900123", "famout hes given his trainers away and said bye to the kids, hes in stoke heath")
	page := "/console/conversations/" + string(got.Conversation)
	for _, l := range []*line{stans, mayas} {
		q := l.wait("queue", func(f frame) bool { return f.Immediate == 1 })
		if len(q.Alarms) != 1 || q.Alarms[0].Conversation != string(got.Conversation) {
			t.Errorf("alarms: %+v", q.Alarms)
		}
	}
	stan.get("/console").has(t, got.Ref, "1 immediate")
	maya.get("/console").has(t, got.Ref)
	if r := tia.get("/console"); strings.Contains(r.body, got.Ref) || strings.Contains(r.body, "trainers") || strings.Contains(r.body, "immediate") {
		t.Error("triage is shown another team's concern on the list")
	}
	if r := tia.get("/console/queue/rows"); strings.Contains(r.body, got.Ref) {
		t.Error("triage is sent another team's row")
	}
	for _, path := range []string{page, page + "/live"} {
		if r := tia.get(path); r.status != http.StatusForbidden || strings.Contains(r.body, "trainers") {
			t.Errorf("GET %s by another team: %d", path, r.status)
		}
	}
	for _, act := range []string{"/take", "/hand-back", "/note", "/close", "/raise"} {
		if r := tia.post(page+act, url.Values{"text": {"x"}, "level": {"urgent"}, "seen": {"9"}}); r.status != http.StatusForbidden {
			t.Errorf("POST %s by another team: %d", act, r.status)
		}
	}
	tias.send(o{"type": "watch", "conversation": got.Conversation, "after": 0})
	if f := tias.wait("error", nil); f.Code != "forbidden" {
		t.Errorf("watched by another team: %+v", f)
	}
	tias.send(o{"type": "say", "conversation": got.Conversation, "id": "s1", "text": "hello"})
	if f := tias.wait("error", nil); f.Code != "forbidden" {
		t.Errorf("said by another team: %+v", f)
	}
	stan.get(page).has(t, "trainers")
	stans.send(o{"type": "watch", "conversation": got.Conversation, "after": 0})
	stans.wait("events", nil)

	// A page that was open when the concern went to another team shows nothing of what comes then.
	leeds := dialog.PrisonID("leeds")
	v, err := h.Open(t.Context(), dialog.Worker{ID: "m", Roles: []dialog.Role{dialog.ManagerRole}}, got.Conversation)
	if err != nil {
		t.Fatal(err)
	}
	h.setPrison(t, v.Concerns[0].ID, leeds)
	if f := stans.wait("error", nil); f.Code != "forbidden" {
		t.Errorf("it went to triage, and Stan's page hears %+v", f)
	}
	tias.wait("queue", func(f frame) bool { return f.Immediate == 1 })
	tia.get(page).has(t, "Went to the team First line")
}

// TestThePeoplePageTellsTheTeams, and which of them nobody is in.
func TestThePeoplePageTellsTheTeams(t *testing.T) {
	h := open(t)
	ada := h.signedIn(t, h.hire(t, "Ada", dialog.Admin))
	h.hireFor(t, "Tia", []string{"triage", "long-gone"}, dialog.Responder)
	ada.get("/console/people").has(t, "First line", "Stoke Heath team", "Nobody", "Its concerns go to triage as well", "There is no team long-gone", "(sees all)")
	h.hireFor(t, "Stan", []string{"stoke"}, dialog.SaferCustody)
	if r := ada.get("/console/people"); strings.Contains(r.body, "Nobody") {
		t.Error("Stan is not counted")
	}
}

// setPrison puts a concern at another prison, as a manager does.
func (h *house) setPrison(t testing.TB, id dialog.ConcernID, prison dialog.PrisonID) {
	t.Helper()
	morag := dialog.Worker{ID: "morag", Name: "Morag", Roles: []dialog.Role{dialog.ManagerRole}}
	if err := h.SetConcern(t.Context(), morag, id, desk.ConcernChange{Prison: &prison}); err != nil {
		t.Fatal(err)
	}
}
