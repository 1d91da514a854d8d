package desk_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"helpline/dialog"
	"helpline/dialog/desk"
)

// shifts are the workers of a house with teams. Each may go home in the middle
// of something, and come back the next day.
var shifts = []dialog.Worker{sam, tia, stan, nora, manny}

// guard is a life in a house with teams whose clocks are watched.
type guard struct {
	*life
	home map[dialog.WorkerID]bool
}

// prisonsNamed are said now and then, so that concerns come to teams and leave them.
var prisonsNamed = []string{"hes in stoke heath", "he is in hmp leeds", "barlinnie", "moved from stoke heath to hmp leeds", "he said bye to the kids in stoke heath and gave his trainers away"}

// work lets somebody who is there act on what they see.
func (g *guard) work() {
	w := shifts[g.r.IntN(len(shifts))]
	if g.home[w.ID] {
		return
	}
	ctx := g.t.Context()
	q, err := g.Queue(ctx, w, dialog.QueueFilter{})
	g.must(err)
	if len(q) == 0 {
		return
	}
	id := q[g.r.IntN(len(q))].Conversation.ID
	v, err := g.Open(ctx, w, id)
	if err != nil {
		g.fail("%s cannot open what is on their list: %v", w.Name, err)
	}
	var open *desk.ConcernView
	for i := range v.Concerns {
		if v.Concerns[i].Open() {
			open = &v.Concerns[i]
		}
	}
	var act string
	switch n := g.r.IntN(12); {
	case n < 3:
		act, err = "takes over", g.TakeOver(ctx, w, id)
	case n == 3:
		act, err = "hands back", g.HandBack(ctx, w, id)
	case n == 4:
		act = "says"
		_, err = g.Say(ctx, w, id, "This is "+w.Name+".", fmt.Sprint("g", len(g.log)))
	case n == 5:
		act, err = "notes", g.Note(ctx, w, id, "rang the prison")
	case n == 6:
		act, err = "goes home", nil
		g.home[w.ID] = true
	case n == 7:
		act, err = "has read", g.Reviewed(ctx, w, id)
	case open == nil:
		return
	case n == 8:
		act, err = "acknowledges", g.Meet(ctx, w, open.ID, dialog.Acknowledge, "rang")
	case n == 9:
		kind := []dialog.ObligationKind{dialog.Act, dialog.FeedBack}[g.r.IntN(2)]
		act, err = "excuses "+string(kind), g.Excuse(ctx, w, open.ID, kind, "no way")
	case n == 10:
		level := dialog.Level(g.r.IntN(4))
		act, err = "sets "+level.String(), g.SetConcern(ctx, w, open.ID, desk.ConcernChange{Level: &level})
	default:
		prison := []dialog.PrisonID{"", "stoke-heath", "leeds", "barlinnie"}[g.r.IntN(4)]
		act, err = "puts it at "+string(prison), g.SetConcern(ctx, w, open.ID, desk.ConcernChange{Prison: &prison})
	}
	g.note("%s %s %s: %v", w.Name, act, v.Conversation.Ref, err)
}

// heard checks that every open concern has an open owner or a running clock:
// somebody who has it and did something within the time of its pace, or a clock
// whose next step comes, tells somebody, and comes soon enough.
func (g *guard) heard() {
	lists := map[dialog.WorkerID]map[dialog.ConversationID]bool{}
	for _, w := range shifts {
		q, err := g.Queue(g.t.Context(), w, dialog.QueueFilter{})
		g.must(err)
		lists[w.ID] = map[dialog.ConversationID]bool{}
		for _, e := range q {
			lists[w.ID][e.Conversation.ID] = true
		}
	}
	for id := range g.convs {
		v := g.view(id)
		var alarms []dialog.Alarm
		g.read(func(r dialog.Reader) (err error) { alarms, err = r.Alarms(id); return err })
		running := map[string]dialog.Alarm{}
		for _, a := range alarms {
			if a.State == dialog.AlarmDue {
				running[a.Subject] = a
			}
		}
		for _, k := range v.Concerns {
			if !k.Open() {
				continue
			}
			g.seen(v, k, lists)
			acknowledged := k.Level == dialog.LevelNone
			for _, o := range k.Obligations {
				acknowledged = acknowledged || o.Kind == dialog.Acknowledge && o.State != dialog.Open
			}
			if !acknowledged {
				a, ok := running[string(k.ID)]
				if !ok || a.Pace != dialog.PaceOf(k.Level) && a.DueAt.Sub(g.now()) > 24*time.Hour {
					g.fail("%s (%s) is nobody's, and no clock runs: %+v", k.Ref, k.Level, alarms)
				}
				if a.DueAt.Sub(g.now()) > longest(k.Level) {
					g.fail("%s (%s) is told next in %v", k.Ref, k.Level, a.DueAt.Sub(g.now()))
				}
				continue
			}
			for _, o := range k.Obligations {
				if _, watched := dialog.DutyMatter(o.Kind); !watched || o.State != dialog.Open || o.Kind == dialog.Listen {
					continue
				}
				if a, ok := running[dialog.DutySubject(k.ID, o.Kind)]; !ok || a.DueAt.Before(g.now()) {
					g.fail("%s: %s is open, and its clock does not run: %+v", k.Ref, o.Kind, alarms)
				}
			}
		}
		if v.Conversation.Waiting != dialog.WaitingNone && v.Conversation.Level == dialog.LevelNone && len(v.Concerns) == 0 && len(running) == 0 {
			g.fail("%s waits (%s), and no clock runs", v.Conversation.Ref, v.Conversation.Waiting)
		}
	}
}

// longest is more than passes before somebody is told of an open concern, or
// told again.
func longest(l dialog.Level) time.Duration {
	return max(desk.AlertAfter()[dialog.PaceOf(l)].Fallback, time.Hour)
}

// seen checks that a concern is on the list of its team, of triage where it is
// theirs, and of those who see all.
func (g *guard) seen(v desk.View, k desk.ConcernView, lists map[dialog.WorkerID]map[dialog.ConversationID]bool) {
	c := v.Conversation
	if c.Team == "" {
		g.fail("%s belongs to no team", k.Ref)
	}
	want := map[dialog.TeamID]dialog.Worker{triageTeam: tia, stokeTeam: stan, northTeam: nora}
	for _, w := range []dialog.Worker{want[c.Team], sam, manny} {
		if !lists[w.ID][c.ID] {
			g.fail("%s is with %s, and is not on the list of %s", k.Ref, c.Team, w.Name)
		}
	}
	for team, w := range want {
		mine := c.Team == team || g.TeamOf(c.Prison) == team && c.Prison != "" && team != triageTeam || c.Holder.Worker == w.ID && c.Holder.Kind == dialog.Staff
		if lists[w.ID][c.ID] != mine {
			g.fail("%s is with %s (prison %q): on the list of %s: %v", k.Ref, c.Team, c.Prison, w.Name, lists[w.ID][c.ID])
		}
	}
}

func TestGeneratedConversationsAreHeard(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			h, _ := divided(t)
			g := &guard{
				life: &life{
					house: h, r: rand.New(rand.NewPCG(seed, 7)), convs: map[dialog.ConversationID]bool{},
					marks: map[dialog.ConversationID]map[string]bool{},
				},
				home: map[dialog.WorkerID]bool{},
			}
			defer h.guarded(&phones{})()
			for range 60 {
				switch n := g.r.IntN(10); {
				case n < 3:
					g.inbound()
				case n == 3:
					got := h.textFrom(number(g.r.IntN(3)), prisonsNamed[g.r.IntN(len(prisonsNamed))])
					g.note("text: %s", got.Ref)
					g.convs[got.Conversation] = true
				case n < 8:
					g.work()
				default:
					d := []time.Duration{time.Minute, 6 * time.Minute, 20 * time.Minute, 10 * time.Hour}[g.r.IntN(4)]
					g.note("~ %s", d)
					g.turn(d)
					if d > time.Hour {
						clear(g.home) // a new day
					}
				}
				g.quietNow()
				g.heard()
			}
		})
	}
}
