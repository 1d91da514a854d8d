package desk_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"helpline/dialog"
	"helpline/dialog/desk"
	"helpline/internal/db"
	"helpline/internal/db/dbtest"
)

const worry = "famout hes given his trainers away and said bye to the kids, hes in stoke heath"

// phones are the staff's telephones: who was told what.
type phones struct {
	mu   sync.Mutex
	told []dialog.StaffMessage
	fail error
}

func (p *phones) Tell(_ context.Context, m dialog.StaffMessage) (dialog.Receipt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail != nil {
		return dialog.Receipt{}, p.fail
	}
	p.told = append(p.told, m)
	return dialog.Receipt{ProviderID: "told-" + string(m.ID)}, nil
}

func (p *phones) all() []dialog.StaffMessage {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]dialog.StaffMessage(nil), p.told...)
}

var team, manager = dialog.StaffAddress{Way: dialog.WayText, Value: "+447700900900"}, dialog.StaffAddress{Way: dialog.WayMail, Value: "manager@example.org"}

// watch has a node watch the clocks, with telephones to tell staff by.
func (h *house) watch(p *phones) (stop func()) {
	h.Alerts = desk.Alerts{
		Team: []dialog.StaffAddress{team}, DutyManager: []dialog.StaffAddress{manager}, After: desk.AlertAfter(), Teller: p,
		Link: func(id dialog.ConversationID) string { return "https://helpline.example/console/" + string(id) },
	}
	ctx, cancel := context.WithCancel(h.t.Context())
	done := make(chan struct{})
	go func() { defer close(done); h.Escalate(ctx) }()
	return func() { cancel(); <-done }
}

// settled waits until no step and no notice is due.
func (h *house) settled() {
	h.t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		var next time.Time
		var concerns []dialog.Concern
		h.read(func(r dialog.Reader) (err error) {
			if next, err = r.AlarmNext(); err != nil {
				return err
			}
			concerns, err = r.UnwatchedConcerns(1)
			return err
		})
		if len(concerns) == 0 && next.Sub(h.now()) > 2*time.Minute { // a notice's lease is shorter
			return
		}
		if time.Now().After(end) {
			h.t.Fatalf("still to be seen to: %v, %d concerns without a clock", next, len(concerns))
		}
		h.Bus.Publish(dialog.Notice{Topic: dialog.QueueChanged})
	}
}

func (h *house) notices(id dialog.ConversationID) (all []dialog.StaffNotice) {
	h.t.Helper()
	h.read(func(r dialog.Reader) (err error) { all, err = r.StaffNotices(id); return err })
	return all
}

// TestOfTwoNodesOneTells: each step of each concern is told once, whoever of
// the two comes first.
func TestOfTwoNodesOneTells(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		one, two := open(t, d), open(t, d)
		p := &phones{}
		for _, h := range []*house{one, two} {
			defer h.watch(p)()
		}
		var conversations []dialog.ConversationID
		for n := range 12 {
			conversations = append(conversations, one.textFrom(number(n), worry).Conversation)
		}
		told := func(step int) {
			t.Helper()
			one.settled()
			two.settled()
			for _, c := range conversations {
				notices := one.notices(c)
				if len(notices) != step {
					t.Fatalf("after step %d there are %d notices", step, len(notices))
				}
				for _, n := range notices {
					if n.Attempts != 1 || n.State != dialog.NoticeSent {
						t.Errorf("a notice is %s after %d attempts", n.State, n.Attempts)
					}
				}
			}
		}
		told(1)
		one.turn(5 * time.Minute)
		two.turn(5 * time.Minute)
		told(2)
		seen := map[dialog.NoticeID]bool{}
		for _, m := range p.all() {
			if seen[m.ID] {
				t.Errorf("%s was sent twice", m.ID)
			}
			seen[m.ID] = true
		}
	})
}

// TestANodeThatDiesInTheAct of telling staff: another tells them, perhaps twice,
// rather than never.
func TestANodeThatDiesInTheAct(t *testing.T) {
	h := alone(t)
	c := h.text(worry).Conversation
	h.read(func(r dialog.Reader) error {
		a, err := r.Alarms(c)
		if err == nil && (len(a) != 1 || a[0].State != dialog.AlarmDue || !a[0].DueAt.Equal(h.now())) {
			t.Errorf("the clock that was written with the concern: %+v", a)
		}
		return err
	})
	p := &phones{}
	stop := h.watch(p)
	h.settled()
	stop()
	n := h.notices(c)[0]
	n.State, n.NextAt = dialog.NoticeSending, h.now().Add(time.Minute)
	if err := h.store.Do(t.Context(), func(tx dialog.Tx) error { return tx.UpdateStaffNotice(n, dialog.NoticeSent, 1) }); err != nil {
		t.Fatal(err)
	}
	defer h.watch(p)()
	h.turn(time.Minute)
	h.settled()
	if n := h.notices(c)[0]; n.State != dialog.NoticeSent || n.Attempts != 2 || len(p.all()) != 2 {
		t.Errorf("it is %s after %d attempts, %d messages", n.State, n.Attempts, len(p.all()))
	}
}

// TestAConcernFromBeforeThereWereClocks gets one.
func TestAConcernFromBeforeThereWereClocks(t *testing.T) {
	h := alone(t)
	c := h.text("famout hello").Conversation
	old := dialog.Concern{
		ID: "k1", Ref: "1000001-1", Conversation: c, Level: dialog.LevelUrgent, Version: 1,
		OpenedAt: h.now().Add(-20 * time.Minute), UpdatedAt: h.now(),
	}
	duty := dialog.Obligation{Concern: "k1", Kind: dialog.Acknowledge, State: dialog.Open, DueAt: h.now()}
	if err := h.store.Do(t.Context(), func(tx dialog.Tx) error { return tx.InsertConcern(old, []dialog.Obligation{duty}) }); err != nil {
		t.Fatal(err)
	}
	p := &phones{}
	defer h.watch(p)()
	h.settled()
	if told := p.all(); len(told) != 1 || told[0].Text != "Helpline: an urgent concern is waiting. Ref 1000001-1. https://helpline.example/console/"+string(c) {
		t.Errorf("told %+v", told)
	}
	h.turn(10 * time.Minute) // half an hour since it was raised
	h.settled()
	if told := p.all(); len(told) != 2 || told[1].To != manager || told[1].Subject != "Helpline: an urgent concern is waiting, ref 1000001-1" {
		t.Errorf("told %+v", told)
	}
}

// TestAnAddressThatDoesNotExist is tried once, and the next step comes at once.
func TestAnAddressThatDoesNotExist(t *testing.T) {
	h := alone(t)
	c := h.text(worry).Conversation
	p := &phones{fail: &dialog.SendError{Verdict: dialog.Fail, Code: "21211", Err: errors.New("no such number")}}
	defer h.watch(p)()
	h.settled()
	var failed int
	for _, n := range h.notices(c) {
		if n.State != dialog.NoticeFailed || n.Attempts != 1 || n.Code != "21211" {
			t.Errorf("%v: %+v", n.To, n)
		}
		failed++
	}
	if failed != 4 { // the team, the manager, and both again with everybody
		t.Errorf("%d notices", failed)
	}
	if s := fmt.Sprintf("%v %+v", team, h.notices(c)); strings.Contains(s, "+44770") {
		t.Errorf("a number is printed: %s", s)
	}
}
