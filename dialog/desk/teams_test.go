package desk_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"helpline/dialog"
	"helpline/dialog/desk"
	"helpline/internal/db/dbtest"
)

const (
	triageTeam dialog.TeamID = "triage"
	stokeTeam  dialog.TeamID = "stoke"
	northTeam  dialog.TeamID = "north"

	atStoke   = "famout hes given his trainers away and said bye to the kids, hes in stoke heath"
	atLeeds   = "famout hes given his trainers away and said bye to the kids, hes in hmp leeds"
	atNowhere = "famout hes given his trainers away and said bye to the kids"
)

// Who works where. Sam and Shirin belong to no team and see all.
var (
	tia   = dialog.Worker{ID: "w-tia", Name: "Tia", Roles: []dialog.Role{dialog.Responder}, Teams: []dialog.TeamID{triageTeam}}
	stan  = dialog.Worker{ID: "w-stan", Name: "Stan", Roles: []dialog.Role{dialog.SaferCustody}, Teams: []dialog.TeamID{stokeTeam}}
	nora  = dialog.Worker{ID: "w-nora", Name: "Nora", Roles: []dialog.Role{dialog.SaferCustody}, Teams: []dialog.TeamID{northTeam}}
	manny = dialog.Worker{ID: "w-manny", Name: "Manny", Roles: []dialog.Role{dialog.ManagerRole}, Teams: []dialog.TeamID{northTeam}}
)

func phoneOf(n string) []dialog.StaffAddress {
	return []dialog.StaffAddress{{Way: dialog.WayText, Value: "+4477009009" + n}}
}

// threeTeams are triage, Stoke Heath's and one for prisons in the north.
func threeTeams() []dialog.Team {
	return []dialog.Team{
		{ID: triageTeam, Name: "Triage", Triage: true, Alerting: dialog.Alerting{Team: phoneOf("10"), DutyManager: phoneOf("11"), Fallback: phoneOf("12")}},
		{ID: stokeTeam, Name: "Stoke Heath", Prisons: []dialog.PrisonID{"stoke-heath"}, Alerting: dialog.Alerting{
			Team: phoneOf("20"), DutyManager: phoneOf("21"), Fallback: phoneOf("22"),
			After: map[dialog.Pace]dialog.After{dialog.PaceImmediate: {Team: 0, DutyManager: 2 * time.Minute, Fallback: 4 * time.Minute}},
		}},
		{ID: northTeam, Name: "North", Prisons: []dialog.PrisonID{"leeds", "hull"}, Alerting: dialog.Alerting{Team: phoneOf("30"), DutyManager: phoneOf("31"), Fallback: phoneOf("32")}},
	}
}

// divided is a house with teams, each of which has members until told otherwise.
func divided(t testing.TB, change ...func(*desk.Config)) (h *house, members *atomic.Pointer[map[dialog.TeamID]int]) {
	members = &atomic.Pointer[map[dialog.TeamID]int]{}
	members.Store(&map[dialog.TeamID]int{triageTeam: 1, stokeTeam: 1, northTeam: 1})
	h = remember(t, dbtest.SQLite(t), 100, append([]func(*desk.Config){func(c *desk.Config) {
		c.Teams = threeTeams()
		c.Members = func(context.Context) (map[dialog.TeamID]int, error) { return *members.Load(), nil }
	}}, change...)...)
	return h, members
}

// guarded has the clocks watched.
func (h *house) guarded(p *phones) (stop func()) {
	h.Alerts = desk.Alerts{
		After: desk.AlertAfter(), Teller: p, Link: func(id dialog.ConversationID) string { return "https://helpline.example/" + string(id) },
	}
	ctx, cancel := context.WithCancel(h.t.Context())
	done := make(chan struct{})
	go func() { defer close(done); h.Escalate(ctx) }()
	return func() { cancel(); <-done }
}

// quietNow waits until nothing is to be begun, raised or told now.
func (h *house) quietNow() {
	h.t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		busy := 0
		h.read(func(r dialog.Reader) error {
			busy = 0
			due, err := r.AlarmsDue(h.now(), 1)
			if err != nil {
				return err
			}
			notices, err := r.StaffNoticesDue(h.now().Add(time.Minute), 1) // a notice's lease is shorter
			if err != nil {
				return err
			}
			concerns, err := r.UnwatchedConcerns(1)
			if err != nil {
				return err
			}
			for _, kind := range []dialog.ObligationKind{dialog.Act, dialog.FeedBack, dialog.Listen} {
				duties, err := r.UnwatchedDuties(kind, 1)
				if err != nil {
					return err
				}
				busy += len(duties)
			}
			recordings, err := r.UnwatchedRecordings(1)
			if err != nil {
				return err
			}
			busy += len(recordings)
			waits, err := r.UnwatchedWaits(1)
			busy += len(due) + len(notices) + len(concerns) + len(waits)
			return err
		})
		if busy == 0 {
			return
		}
		if time.Now().After(end) {
			h.t.Fatalf("%d things are still to be seen to", busy)
		}
		h.Bus.Publish(dialog.Notice{Topic: dialog.QueueChanged})
	}
}

// numbers lists whom the messages went to, without the beginning that all share.
func (p *phones) numbers() (all []string) {
	for _, m := range p.all() {
		all = append(all, strings.TrimPrefix(m.To.Value, "+4477009009"))
	}
	slices.Sort(all)
	return all
}

// seesOnList says whose lists show a conversation.
func (h *house) seesOnList(w dialog.Worker, id dialog.ConversationID) bool {
	h.t.Helper()
	q, err := h.Queue(h.t.Context(), w, dialog.QueueFilter{})
	h.must(err)
	return slices.ContainsFunc(q, func(e dialog.QueueEntry) bool { return e.Conversation.ID == id })
}

func TestAConcernGoesToTheTeamOfItsPrison(t *testing.T) {
	for _, c := range []struct {
		words string
		team  dialog.TeamID
	}{
		{atStoke, stokeTeam},
		{atLeeds, northTeam},
		{atNowhere, triageTeam},
		{"famout he will hang himself tonight, hes in barlinnie", triageTeam},
		{"famout hes given his trainers away and said bye to the kids, moved from stoke heath to hmp leeds", triageTeam},
		{"famout what is a case conference", ""},
		{"famout when can i visit stoke heath", ""},
	} {
		h, _ := divided(t)
		if got := h.conversation(h.text(c.words).Conversation).Team; got != c.team {
			t.Errorf("%q goes to %q, not %q", c.words, got, c.team)
		}
	}
}

func TestThePrisonThatIsNamedLaterDecides(t *testing.T) {
	h, _ := divided(t)
	id := h.text(atNowhere).Conversation
	for _, c := range []struct {
		words string
		team  dialog.TeamID
	}{{"stoke heath", stokeTeam}, {"Jordan Price", stokeTeam}, {"no sorry its hmp leeds he is in", northTeam}} {
		h.text(c.words)
		if got := h.conversation(id).Team; got != c.team {
			t.Errorf("after %q it is with %q", c.words, got)
		}
	}
	leeds, hull, none := dialog.PrisonID("leeds"), dialog.PrisonID("hull"), dialog.PrisonID("")
	k := h.view(id).Concerns[0].ID
	for _, c := range []struct {
		prison *dialog.PrisonID
		team   dialog.TeamID
	}{{&none, triageTeam}, {&leeds, northTeam}, {&hull, northTeam}} {
		h.must(h.SetConcern(t.Context(), morag, k, desk.ConcernChange{Prison: c.prison}))
		if got := h.conversation(id).Team; got != c.team {
			t.Errorf("set to %q it is with %q", *c.prison, got)
		}
	}
	moves := 0
	for _, e := range h.view(id).Events {
		if e.Kind == dialog.Routed {
			moves++
		}
	}
	if moves != 4 {
		t.Errorf("the log tells of %d moves", moves)
	}
}

func TestATeamSeesItsOwnAndWhatIsNobodys(t *testing.T) {
	h, _ := divided(t)
	stoke := h.textFrom(number(1), atStoke).Conversation
	leeds := h.textFrom(number(2), atLeeds).Conversation
	nowhere := h.textFrom(number(3), atNowhere).Conversation
	chat := h.textFrom(number(4), "famout can i speak to a person").Conversation
	for _, c := range []struct {
		w    dialog.Worker
		sees []dialog.ConversationID
	}{
		{tia, []dialog.ConversationID{nowhere, chat}},
		{stan, []dialog.ConversationID{stoke, chat}},
		{nora, []dialog.ConversationID{leeds, chat}},
		{manny, []dialog.ConversationID{stoke, leeds, nowhere, chat}},
		{sam, []dialog.ConversationID{stoke, leeds, nowhere, chat}},
		{dialog.Worker{ID: "w-old", Roles: tia.Roles, Teams: []dialog.TeamID{"closed-down"}}, []dialog.ConversationID{chat}},
	} {
		for _, id := range []dialog.ConversationID{stoke, leeds, nowhere, chat} {
			_, err := h.Open(t.Context(), c.w, id)
			want := slices.Contains(c.sees, id)
			if h.seesOnList(c.w, id) != want || (err == nil) != want || err != nil && !errors.Is(err, dialog.ErrForbidden) {
				t.Errorf("%s and %s: on the list %v, opened: %v; want %v", c.w.Name, h.conversation(id).Team, h.seesOnList(c.w, id), err, want)
			}
		}
	}
	// Asking for another team's list gives nothing of it.
	q, err := h.Queue(t.Context(), stan, dialog.QueueFilter{Teams: []dialog.TeamID{northTeam}})
	h.must(err)
	for _, e := range q {
		if e.Conversation.Team != "" {
			t.Errorf("Stan is shown %s's", e.Conversation.Team)
		}
	}
}

func TestWhoeverHoldsItKeepsItWhenThePrisonChanges(t *testing.T) {
	h, _ := divided(t)
	id := h.text(atStoke).Conversation
	h.must(h.TakeOver(t.Context(), stan, id))
	h.text("sorry its hmp leeds he is in")
	if got := h.conversation(id).Team; got != northTeam {
		t.Fatalf("it is with %q", got)
	}
	if _, err := h.Say(t.Context(), stan, id, "I have told Leeds.", "s1"); err != nil || !h.seesOnList(stan, id) || !h.seesOnList(nora, id) {
		t.Errorf("Stan has it: %v, on his list %v, on Nora's %v", err, h.seesOnList(stan, id), h.seesOnList(nora, id))
	}
	h.must(h.HandBack(t.Context(), stan, id))
	if _, err := h.Open(t.Context(), stan, id); !errors.Is(err, dialog.ErrForbidden) {
		t.Errorf("after he handed it back: %v", err)
	}
}

// TestNoUseCaseOpensAnotherTeamsConversation walks every method of the desk
// that a worker acts by. One that is new and is not in this list fails it.
func TestNoUseCaseOpensAnotherTeamsConversation(t *testing.T) {
	h, _ := divided(t)
	ctx := t.Context()
	id := h.text(atLeeds).Conversation
	h.count++
	rec, err := h.Receive(ctx, dialog.Inbound{Kind: dialog.InCall, Line: voice, Medium: dialog.Voice, From: number(7), ProviderID: "call", CallID: "CA1"})
	h.must(err)
	_, err = h.Receive(ctx, dialog.Inbound{Kind: dialog.InRecording, Line: voice, Medium: dialog.Voice, From: number(7), ProviderID: "rec", CallID: "CA1",
		Media: []dialog.Media{{ProviderID: "RE1", URL: "https://api.example/RE1"}}})
	h.must(err)
	h.tapes.transcribe = func(context.Context) (desk.Heard, error) {
		return desk.Heard{Text: "he will hang himself tonight he is in hmp leeds"}, nil
	}
	recording := h.view(rec.Conversation).Recordings[0].ID
	h.must(h.FetchRecording(ctx, recording))
	h.must(h.Transcribe(ctx, recording))
	leeds := dialog.PrisonID("leeds")
	heard := h.view(rec.Conversation).Concerns[0].ID
	h.must(h.SetConcern(ctx, morag, heard, desk.ConcernChange{Prison: &leeds}))
	concern := h.view(id).Concerns[0].ID
	mine := h.view(h.textFrom(number(9), atStoke).Conversation).Concerns[0].ID
	version := h.conversation(id).Version

	level := dialog.LevelUrgent
	yes := true
	uses := map[string]func(w dialog.Worker) error{
		"Open":              func(w dialog.Worker) error { _, err := h.Open(ctx, w, id); return err },
		"OpenConcern":       func(w dialog.Worker) error { _, err := h.OpenConcern(ctx, w, concern); return err },
		"Since":             func(w dialog.Worker) error { _, err := h.Since(ctx, w, id, 0); return err },
		"RecordingFile":     func(w dialog.Worker) error { _, _, err := h.RecordingFile(ctx, w, recording); return err },
		"TakeOver":          func(w dialog.Worker) error { return h.TakeOver(ctx, w, id) },
		"HandBack":          func(w dialog.Worker) error { return h.HandBack(ctx, w, id) },
		"Say":               func(w dialog.Worker) error { _, err := h.Say(ctx, w, id, "Hello.", "x"); return err },
		"Note":              func(w dialog.Worker) error { return h.Note(ctx, w, id, "a note") },
		"Reviewed":          func(w dialog.Worker) error { return h.Reviewed(ctx, w, id) },
		"ReviewedUpTo":      func(w dialog.Worker) error { return h.ReviewedUpTo(ctx, w, id, 100) },
		"CloseConversation": func(w dialog.Worker) error { return h.CloseConversation(ctx, w, id) },
		"RaiseConcern":      func(w dialog.Worker) error { return h.RaiseConcern(ctx, w, id, level, nil, "words") },
		"Judge":             func(w dialog.Worker) error { return h.Judge(ctx, w, id, 1, level, nil) },
		"SetConcern":        func(w dialog.Worker) error { return h.SetConcern(ctx, w, concern, desk.ConcernChange{Level: &level}) },
		"SetHandling": func(w dialog.Worker) error {
			return h.SetHandling(ctx, w, concern, desk.HandlingChange{SpokenTo: &yes})
		},
		"Act": func(w dialog.Worker) error {
			return h.Act(ctx, w, concern, desk.Done{What: "rang", By: "Stan", SpokenTo: &yes})
		},
		"Meet":             func(w dialog.Worker) error { return h.Meet(ctx, w, concern, dialog.Acknowledge, "wrote") },
		"Excuse":           func(w dialog.Worker) error { return h.Excuse(ctx, w, concern, dialog.FeedBack, "no way") },
		"CloseConcern":     func(w dialog.Worker) error { return h.CloseConcern(ctx, w, concern, "seen") },
		"CloseConcernUpTo": func(w dialog.Worker) error { return h.CloseConcernUpTo(ctx, w, concern, "seen", 100) },
		"Listened":         func(w dialog.Worker) error { return h.Listened(ctx, w, recording) },
		"Link": func(w dialog.Worker) error {
			return errors.Join(h.Link(ctx, w, concern, mine), h.Link(ctx, w, mine, concern))
		},
		"Unlink":      func(w dialog.Worker) error { return h.Unlink(ctx, w, concern) },
		"SeeLineTest": func(w dialog.Worker) error { return h.SeeLineTest(ctx, w, id) },
	}
	// What is about no conversation of its own.
	general := []string{"Queue", "Sees", "AskLineTests", "LineTestStatus", "Lists", "ReportOn"}
	worker := reflect.TypeFor[dialog.Worker]()
	for m := range reflect.TypeFor[*desk.Desk]().Methods() {
		byWorker := false
		for i := range m.Type.NumIn() {
			byWorker = byWorker || m.Type.In(i) == worker
		}
		if byWorker && uses[m.Name] == nil && !slices.Contains(general, m.Name) {
			t.Errorf("%s is not tried with another team's conversation", m.Name)
		}
	}
	for name, use := range uses {
		for _, w := range []dialog.Worker{stan, tia, edith, {}} {
			if err := use(w); !errors.Is(err, dialog.ErrForbidden) {
				t.Errorf("%s by %s: %v", name, w.Name, err)
			}
		}
	}
	if now := h.conversation(id).Version; now != version {
		t.Errorf("somebody changed it: version %d, then %d", version, now)
	}
}

func TestEachTeamIsToldAtItsOwnTimes(t *testing.T) {
	h, _ := divided(t)
	p := &phones{}
	h.textFrom(number(1), atStoke)
	h.textFrom(number(2), atNowhere)
	defer h.guarded(p)()
	h.quietNow()
	if got := p.numbers(); !slices.Equal(got, []string{"10", "20"}) {
		t.Fatalf("at once: %v", got)
	}
	h.turn(2 * time.Minute)
	h.quietNow()
	if got := p.numbers(); !slices.Equal(got, []string{"10", "20", "21"}) {
		t.Errorf("after two minutes: %v", got)
	}
	h.turn(3 * time.Minute)
	h.quietNow()
	// Stoke Heath's fallback is told, and triage, to whom it goes now.
	if got := p.numbers(); !slices.Equal(got, []string{"10", "10", "11", "12", "20", "21", "22"}) {
		t.Errorf("after five minutes: %v", got)
	}
}

func TestWhatNobodyTookGoesToTriageAsWell(t *testing.T) {
	h, _ := divided(t)
	p := &phones{}
	id := h.text(atStoke).Conversation
	defer h.guarded(p)()
	h.quietNow()
	h.turn(2 * time.Minute)
	h.quietNow()
	if h.conversation(id).Team != stokeTeam || h.seesOnList(tia, id) {
		t.Fatal("it went to triage before its time")
	}
	h.turn(2 * time.Minute)
	h.quietNow()
	if c := h.conversation(id); c.Team != triageTeam || !h.seesOnList(tia, id) || !h.seesOnList(stan, id) || h.seesOnList(nora, id) {
		t.Errorf("it is with %s; Tia sees it: %v, Stan: %v, Nora: %v", c.Team, h.seesOnList(tia, id), h.seesOnList(stan, id), h.seesOnList(nora, id))
	}
	h.text("he is worse, please hurry") // the same prison: it stays
	if c := h.conversation(id); c.Team != triageTeam {
		t.Errorf("it went back to %s", c.Team)
	}
	before := len(p.all())
	h.turn(5 * time.Minute)
	h.quietNow()
	if got := p.numbers(); len(got)-before < 6 {
		t.Errorf("everybody of both: %v", got)
	}
	h.must(h.TakeOver(t.Context(), tia, id))
}

// TestATeamThatItComesToIsTold, though the step that tells teams is over; and
// once, however the prison changes.
func TestATeamThatItComesToIsTold(t *testing.T) {
	h, _ := divided(t)
	p := &phones{}
	id := h.text(atNowhere).Conversation
	defer h.guarded(p)()
	h.quietNow()
	h.turn(time.Minute)
	h.text("stoke heath")
	h.quietNow()
	if got := p.numbers(); !slices.Equal(got, []string{"10", "20"}) {
		t.Fatalf("told: %v", got)
	}
	h.text("sorry hmp leeds")
	h.quietNow()
	if got := p.numbers(); !slices.Equal(got, []string{"10", "20", "30"}) {
		t.Errorf("told: %v", got)
	}
	h.must(h.TakeOver(t.Context(), nora, id))
	h.must(h.Meet(t.Context(), nora, h.view(id).Concerns[0].ID, dialog.Acknowledge, "rang"))
	stoke := dialog.PrisonID("stoke-heath")
	h.must(h.SetConcern(t.Context(), nora, h.view(id).Concerns[0].ID, desk.ConcernChange{Prison: &stoke}))
	h.quietNow()
	if got := p.numbers(); len(got) != 3 {
		t.Errorf("taken, and told all the same: %v", got)
	}
}

func TestATeamWithoutMembersIsTriagesToo(t *testing.T) {
	h, members := divided(t)
	members.Store(&map[dialog.TeamID]int{triageTeam: 1, northTeam: 2})
	without, err := h.CountMembers(t.Context())
	h.must(err)
	if len(without) != 1 || without[0].ID != stokeTeam {
		t.Fatalf("without members: %+v", without)
	}
	p := &phones{}
	id := h.text(atStoke).Conversation
	defer h.guarded(p)()
	h.quietNow()
	if got := p.numbers(); !slices.Equal(got, []string{"10", "20"}) {
		t.Errorf("told: %v", got)
	}
	if !h.seesOnList(tia, id) || h.seesOnList(nora, id) {
		t.Errorf("Tia sees it: %v, Nora: %v", h.seesOnList(tia, id), h.seesOnList(nora, id))
	}
	h.must(h.TakeOver(t.Context(), tia, id))
	h.must(h.HandBack(t.Context(), tia, id))
	members.Store(&map[dialog.TeamID]int{triageTeam: 1, northTeam: 2, stokeTeam: 1})
	_, err = h.CountMembers(t.Context())
	h.must(err)
	if _, err := h.Open(t.Context(), tia, id); !errors.Is(err, dialog.ErrForbidden) {
		t.Errorf("with members it is theirs alone: %v", err)
	}
}

// TestTeamsThatHaveChanged: what waits goes to whoever serves its prison now.
func TestTeamsThatHaveChanged(t *testing.T) {
	d := dbtest.SQLite(t)
	h := remember(t, d, 100) // one team for all
	stoke := h.textFrom(number(1), atStoke).Conversation
	nowhere := h.textFrom(number(2), atNowhere).Conversation
	chat := h.textFrom(number(3), "famout can i speak to a person").Conversation
	if got := h.conversation(stoke).Team; got != triageTeam {
		t.Fatalf("alone it is with %q", got)
	}
	teams := threeTeams()
	teams[0].ID = "first-line"
	now := remember(t, d, 100, func(c *desk.Config) { c.Teams = teams })
	moved, err := now.Reroute(t.Context())
	now.must(err)
	if moved != 2 || now.conversation(stoke).Team != stokeTeam || now.conversation(nowhere).Team != "first-line" || now.conversation(chat).Team != "" {
		t.Errorf("moved %d: %q, %q, %q", moved, now.conversation(stoke).Team, now.conversation(nowhere).Team, now.conversation(chat).Team)
	}
	if moved, err := now.Reroute(t.Context()); err != nil || moved != 0 {
		t.Errorf("a second time: %d, %v", moved, err)
	}
}

func TestTeamsThatCannotBe(t *testing.T) {
	for name, change := range map[string]func([]dialog.Team) []dialog.Team{
		"no triage":       func(all []dialog.Team) []dialog.Team { return all[1:] },
		"two triages":     func(all []dialog.Team) []dialog.Team { all[1].Triage = true; return all },
		"the same id":     func(all []dialog.Team) []dialog.Team { all[1].ID = northTeam; return all },
		"no id":           func(all []dialog.Team) []dialog.Team { all[1].ID = ""; return all },
		"a shared prison": func(all []dialog.Team) []dialog.Team { all[1].Prisons = []dialog.PrisonID{"leeds"}; return all },
	} {
		h, _ := divided(t)
		c := h.Config
		c.Teams = change(threeTeams())
		if _, err := desk.New(c); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
