package desk_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"helpline/dialog"
	"helpline/dialog/desk"
	"helpline/internal/db/dbtest"
)

// refs are the conversations of the concerns that stand beside the newest of one.
func (h *house) beside(id dialog.ConversationID) (about, suggested []dialog.ConversationID) {
	h.t.Helper()
	k := h.view(id).Concerns[0]
	for _, r := range k.About {
		about = append(about, r.Conversation)
	}
	for _, r := range k.Suggested {
		suggested = append(suggested, r.Conversation)
	}
	slices.Sort(about)
	return about, suggested
}

func (h *house) is(got []dialog.ConversationID, what string, want ...dialog.ConversationID) {
	h.t.Helper()
	slices.Sort(want)
	if !slices.Equal(got, want) {
		h.t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// Two relatives who give the same number are seen together, each with what the
// other said; each is owed an answer, and neither hears of the other.
func TestTwoWhoGiveTheSameNumber(t *testing.T) {
	for name, open := range map[string]func(testing.TB) *house{
		"sqlite":   alone,
		"postgres": func(t testing.TB) *house { return open(t, dbtest.Postgres(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			ctx := t.Context()
			mother := h.text(goodbye).Conversation
			h.text("Jordan Price")
			h.text("a 1234 bc")
			sister := h.textFrom(number(1), "famout he is going to hang himself tonight, prison number A1234BC").Conversation
			stranger := h.textFrom(number(2), "famout he is going to hang himself tonight, prison number A9999ZZ").Conversation
			about, _ := h.beside(mother)
			h.is(about, "beside the mother's", sister)
			about, _ = h.beside(sister)
			h.is(about, "beside the sister's", mother)
			about, _ = h.beside(stranger)
			h.is(about, "beside the stranger's")

			joined := func(id dialog.ConversationID) (n int) {
				for _, e := range h.view(id).Events {
					if e.Kind == dialog.Linked {
						n++
					}
				}
				return n
			}
			if a, b := joined(mother), joined(sister); a != 0 || b != 1 {
				t.Errorf("in the logs: the first %d times, the one that was joined to it %d times", a, b)
			}

			// What is new in one shows in the other.
			var told []string
			cancel := h.Bus.Subscribe(dialog.ConversationChanged, func(n dialog.Notice) { told = append(told, n.ID) })
			defer cancel()
			h.textFrom(number(1), "he has a blade with him now")
			rel := h.view(mother).Concerns[0].About[0]
			if n := len(rel.Words); n != 2 || rel.Words[1].Text != "he has a blade with him now" || rel.Level != dialog.LevelImmediate || rel.Medium != dialog.SMS {
				t.Errorf("the sister's words beside the mother's: %+v", rel.Words)
			}

			// One was acted on, and the same was done for the other.
			k := h.view(mother).Concerns[0]
			h.must(h.Act(ctx, sam, k.ID, desk.Done{What: "rang the wing", By: "Sam", SpokenTo: ptr(true), Also: []dialog.ConcernID{rel.ID, h.view(stranger).Concerns[0].ID}}))
			for id, want := range map[dialog.ConversationID]dialog.ObligationState{mother: dialog.Met, sister: dialog.Met, stranger: dialog.Open} {
				for _, o := range h.view(id).Concerns[0].Obligations {
					if o.Kind == dialog.Act && o.State != want || o.Kind != dialog.Act && o.State != dialog.Open {
						t.Errorf("%s of %s: %s", o.Kind, id, o.State)
					}
				}
			}

			// A number that was wrong, put right by staff, takes the concern away.
			facts := h.view(sister).Concerns[0].Facts
			facts.PrisonNumber = "A9999ZZ"
			h.must(h.SetConcern(ctx, sam, rel.ID, desk.ConcernChange{Facts: &facts}))
			about, _ = h.beside(mother)
			h.is(about, "beside the mother's, after the number was put right")
			about, _ = h.beside(sister)
			h.is(about, "beside the sister's, after the number was put right", stranger)

			for _, id := range []dialog.ConversationID{mother, sister, stranger} {
				seen, err := h.Visible(ctx, id, 0, 0)
				h.must(err)
				for _, e := range seen {
					if e.Kind != dialog.SaidIn && (strings.Contains(e.Text, "blade") || strings.Contains(e.Text, "A1234BC") || strings.Contains(e.Text, "Jordan")) {
						t.Errorf("said to %s: %q", id, e.Text)
					}
				}
			}
		})
	}
}

// A slip that brought two men together is one press to undo, and stays undone.
func TestTakenApartByStaff(t *testing.T) {
	h := alone(t)
	ctx := t.Context()
	a := h.text(goodbye + ", prison number A1234BC").Conversation
	b := h.textFrom(number(1), goodbye+", prison number A1234BC").Conversation
	c := h.textFrom(number(2), goodbye+", prison number A1234BC").Conversation
	about, _ := h.beside(a)
	h.is(about, "beside the first", b, c)
	h.must(h.Unlink(ctx, sam, h.view(b).Concerns[0].ID))
	about, suggested := h.beside(a)
	h.is(about, "after it was taken apart", c)
	h.is(suggested, "and is still suggested", b)
	h.textFrom(number(1), "prison number A1234BC, please hurry, he will hang himself")
	d := h.textFrom(number(3), goodbye+", prison number A1234BC").Conversation
	about, _ = h.beside(b)
	h.is(about, "beside the one that was taken apart")
	about, _ = h.beside(d)
	h.is(about, "beside one that came later", a, c)
	h.must(h.Link(ctx, sam, h.view(a).Concerns[0].ID, h.view(b).Concerns[0].ID))
	about, _ = h.beside(b)
	h.is(about, "joined again", a, c, d)
	if err := h.Link(ctx, edith, h.view(a).Concerns[0].ID, h.view(b).Concerns[0].ID); err == nil {
		t.Error("an editor joins concerns")
	}
}

// Whoever was joined by hand comes along when the number is given at last.
func TestAJoinedConcernComesAlongWithTheNumber(t *testing.T) {
	h := alone(t)
	ctx := t.Context()
	a := h.text(goodbye).Conversation
	b := h.textFrom(number(1), goodbye).Conversation
	h.must(h.Link(ctx, sam, h.view(a).Concerns[0].ID, h.view(b).Concerns[0].ID))
	about, _ := h.beside(b)
	h.is(about, "joined by hand", a)
	h.text("his prison number is A1234BC")
	c := h.textFrom(number(2), goodbye+", prison number A1234BC").Conversation
	about, _ = h.beside(b)
	h.is(about, "after the number was given", a, c)
	h.textFrom(number(1), "his number is A9999ZZ") // so it was somebody else
	about, _ = h.beside(a)
	h.is(about, "after the other gave another number", c)
	about, _ = h.beside(b)
	h.is(about, "the other")
	linked := 0
	for _, e := range h.view(b).Events {
		if e.Kind == dialog.Linked {
			linked++
		}
	}
	if linked != 2 { // by Sam, and by the number
		t.Errorf("%d entries about joining in the other's log", linked)
	}
}

// Without a number, staff are shown who may be the same man: the same name or
// the same date of birth in the same prison, however they are written.
func TestWhoMayBeTheSame(t *testing.T) {
	h := alone(t)
	ctx := t.Context()
	set := func(id dialog.ConversationID, name, number, born string, prison dialog.PrisonID) {
		c := h.view(id).Concerns[0]
		f := dialog.Facts{PrisonerName: name, PrisonNumber: number, DateOfBirth: born}
		h.must(h.SetConcern(ctx, sam, c.ID, desk.ConcernChange{Facts: &f, Prison: &prison}))
	}
	a := h.text(goodbye).Conversation
	set(a, "Jordan Price", "A1234BC", "12/03/1999", "stoke-heath")
	for i, c := range []struct {
		name, number, born string
		prison             dialog.PrisonID
		why                string
	}{
		{"PRICE, Jordan", "", "", "stoke-heath", "name"},
		{"Jordan Prise", "", "", "stoke-heath", "name"},
		{"", "", "3rd of march 1999", "stoke-heath", ""},
		{"", "", "12 March 99", "stoke-heath", "born"},
		{"Jay", "", "12.3.99", "stoke-heath", "born"},
		{"Jordan Price", "", "", "leeds", ""},
		{"Jordan Price", "B7777XY", "12/03/1999", "stoke-heath", ""},
		{"Jordan Price", "A1234BD", "", "stoke-heath", "name"}, // one letter is a slip
		{"Jordan", "", "", "stoke-heath", ""},
		{"Jason Pryce", "", "", "stoke-heath", ""},
	} {
		id := h.textFrom(number(10+i), goodbye).Conversation
		set(id, c.name, c.number, c.born, c.prison)
		why := ""
		for _, r := range h.view(id).Concerns[0].Suggested {
			if r.Conversation == a {
				why = r.Why
			}
		}
		if why != c.why {
			t.Errorf("%+v: suggested for %q", c, why)
		}
	}
	h.turn(70 * 24 * time.Hour)
	id := h.textFrom(number(30), goodbye).Conversation
	set(id, "Jordan Price", "", "", "stoke-heath")
	if _, s := h.beside(id); len(s) != 0 {
		t.Errorf("suggested from long ago: %v", s)
	}
}

// A concern keeps the words of its writer to the end, and not those of the
// worry before it.
func TestOwnWordsOfAConcern(t *testing.T) {
	h := alone(t)
	id := h.text(goodbye).Conversation
	h.text("when can i visit him")
	h.text("he has just said he will hang himself")
	words := func(n int) (s []string) {
		for _, w := range h.view(id).Concerns[n].Words {
			s = append(s, w.Text)
		}
		return s
	}
	first := words(0)
	if len(first) < 2 || first[0] != goodbye || first[len(first)-1] != "he has just said he will hang himself" {
		t.Errorf("%q", first)
	}
	h.settle(id)
	h.turn(time.Second)
	h.text("now he has stopped eating and wants to die")
	if got := words(1); !slices.Equal(got, first) {
		t.Errorf("after it was closed: %q, before %q", got, first)
	}
	if got := words(0); len(got) != 1 || got[0] != "now he has stopped eating and wants to die" {
		t.Errorf("the next one: %q", got)
	}
	raised := h.textFrom(number(5), "famout xylophone marzipan").Conversation
	h.must(h.RaiseConcern(t.Context(), sam, raised, dialog.LevelUrgent, nil, "heard it"))
	if w := h.view(raised).Concerns[0].Words; len(w) != 1 || !strings.Contains(w[0].Text, "xylophone") {
		t.Errorf("raised by staff: %+v", w)
	}
}

// Who asked for no more texts is marked, and ranks by what they say.
func TestWhoWantsNoTextsRanksByTheWorry(t *testing.T) {
	h := alone(t)
	quiet := h.text("famout when can i visit").Conversation
	h.text("STOP")
	h.text("ok then")
	worried := h.textFrom(number(1), "famout he owes them money and they will stab him on the wing").Conversation
	q, err := h.Queue(t.Context(), sam, dialog.QueueFilter{})
	h.must(err)
	if len(q) != 2 || q[0].Conversation.ID != worried || q[0].OptedOut || !q[1].OptedOut || q[1].Conversation.ID != quiet || q[1].Conversation.Waiting == dialog.WaitingRisk {
		t.Errorf("%+v", q)
	}
}

// A worker learns that another team has a concern about the same man, and
// nothing that was said to it.
func TestAnotherTeamsConcernIsCountedAndNotShown(t *testing.T) {
	h := alone(t)
	ctx := t.Context()
	c := h.Config
	c.Teams = []dialog.Team{{ID: "stoke", Name: "Stoke Heath", Prisons: []dialog.PrisonID{"stoke-heath"}}, {ID: "triage", Name: "Triage", Triage: true}}
	d, err := desk.New(c)
	h.must(err)
	h.Desk = d
	ours := h.text(goodbye + ", prison number A1234BC").Conversation
	theirs := h.textFrom(number(1), "famout he is going to hang himself tonight, prison number A1234BC").Conversation
	local, first, manager := sam, shirin, morag
	local.Teams, first.Teams = []dialog.TeamID{"stoke"}, []dialog.TeamID{"triage"}
	k := func(w dialog.Worker, id dialog.ConversationID) desk.ConcernView {
		v, err := h.Open(ctx, w, id)
		h.must(err)
		return v.Concerns[0]
	}
	for _, c := range []desk.ConcernView{k(local, ours), k(first, theirs)} {
		if len(c.About) != 0 || c.Elsewhere != 1 {
			t.Errorf("%s: %d beside it, %d elsewhere", c.Ref, len(c.About), c.Elsewhere)
		}
	}
	if c := k(manager, ours); len(c.About) != 1 || c.Elsewhere != 0 {
		t.Errorf("for a manager: %d beside it, %d elsewhere", len(c.About), c.Elsewhere)
	}
	yes := true
	for what, err := range map[string]error{
		"join":       h.Link(ctx, local, k(manager, ours).ID, k(manager, theirs).ID),
		"take apart": h.Unlink(ctx, local, k(manager, theirs).ID),
		"handling":   h.SetHandling(ctx, local, k(manager, theirs).ID, desk.HandlingChange{SpokenTo: &yes}),
		"act":        h.Act(ctx, local, k(manager, theirs).ID, desk.Done{What: "rang", By: "Sam", SpokenTo: &yes}),
	} {
		if !errors.Is(err, dialog.ErrForbidden) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := h.OpenConcern(ctx, local, k(manager, theirs).ID); !errors.Is(err, dialog.ErrForbidden) {
		t.Errorf("the record: %v", err)
	}
}
