package store_test

import (
	"errors"
	"testing"
	"time"

	"helpline/dialog"
	"helpline/dialog/store"
)

func insertAlarm(a dialog.Alarm) func(dialog.Tx) error {
	return func(tx dialog.Tx) error { return tx.InsertAlarm(a) }
}

func TestAlarmsReadBackAsWritten(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		var a dialog.Alarm
		var n dialog.StaffNotice
		fill(t, &a)
		fill(t, &n)
		a.State, n.Alarm, n.Conversation = dialog.AlarmDue, a.ID, a.Conversation
		must(t, do(t, s, insertAlarm(a), func(tx dialog.Tx) error { return tx.InsertStaffNotices(n) }))
		check := func() {
			t.Helper()
			same(t, a, ask(t, s, func(r dialog.Reader) (dialog.Alarm, error) { return r.Alarm(a.ID) }))
			same(t, []dialog.Alarm{a}, ask(t, s, func(r dialog.Reader) ([]dialog.Alarm, error) { return r.Alarms(a.Conversation) }))
			same(t, n, ask(t, s, func(r dialog.Reader) (dialog.StaffNotice, error) { return r.StaffNotice(n.ID) }))
			same(t, []dialog.StaffNotice{n}, ask(t, s, func(r dialog.Reader) ([]dialog.StaffNotice, error) { return r.StaffNotices(a.Conversation) }))
			same(t, []dialog.StaffNotice{n}, ask(t, s, func(r dialog.Reader) ([]dialog.StaffNotice, error) { return r.StaffNoticesOf(a.ID) }))
		}
		check()
		a2, n2 := a, n
		change(t, &a2, "ID", "Conversation", "Matter", "Subject", "Step")
		change(t, &n2, "ID", "Alarm", "Conversation", "To", "CreatedAt")
		must(t, do(t, s, func(tx dialog.Tx) error { return tx.UpdateAlarm(a2) },
			func(tx dialog.Tx) error { return tx.UpdateStaffNotice(n2, n.State, n.Attempts) }))
		a, n = a2, n2
		check()
	})
}

func TestOneClockAMatter(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		step := func(id dialog.AlarmID, n dialog.Step, due time.Duration) dialog.Alarm {
			return dialog.Alarm{ID: id, Conversation: "c", Matter: dialog.MatterConcern, Subject: "k1", Pace: dialog.PaceUrgent,
				Step: n, State: dialog.AlarmDue, Began: evening, DueAt: evening.Add(due)}
		}
		next := func() time.Time {
			return ask(t, s, func(r dialog.Reader) (time.Time, error) { return r.AlarmNext() })
		}
		due := func(at time.Time) []dialog.Alarm {
			return ask(t, s, func(r dialog.Reader) ([]dialog.Alarm, error) { return r.AlarmsDue(at, 10) })
		}
		same(t, time.Time{}, next())
		team := step("a1", dialog.StepTeam, 10*time.Minute)
		must(t, do(t, s, insertAlarm(team)))
		if err := do(t, s, insertAlarm(step("a2", dialog.StepTeam, 0))); !errors.Is(err, dialog.ErrStale) {
			t.Errorf("two clocks for one matter: %v", err)
		}
		same(t, team.DueAt, next())
		same(t, 0, len(due(evening)))
		same(t, []dialog.Alarm{team}, due(team.DueAt))
		same(t, team, ask(t, s, func(r dialog.Reader) (dialog.Alarm, error) { return r.AlarmOf("k1") }))

		// Two nodes raise the same step: one of them does.
		raised := team
		raised.State, raised.RaisedAt = dialog.AlarmRaised, team.DueAt
		manager := step("a3", dialog.StepDutyManager, 30*time.Minute)
		raise := func() error {
			return do(t, s, func(tx dialog.Tx) error { return tx.UpdateAlarm(raised) }, insertAlarm(manager))
		}
		must(t, raise())
		if err := raise(); !errors.Is(err, dialog.ErrStale) {
			t.Errorf("raised twice: %v", err)
		}
		same(t, manager, ask(t, s, func(r dialog.Reader) (dialog.Alarm, error) { return r.AlarmOf("k1") }))
		same(t, []dialog.Alarm{raised, manager}, ask(t, s, func(r dialog.Reader) ([]dialog.Alarm, error) { return r.Alarms("c") }))

		taken := manager
		taken.State = dialog.AlarmTaken
		must(t, do(t, s, func(tx dialog.Tx) error { return tx.UpdateAlarm(taken) }))
		if _, err := try(t, s, func(r dialog.Reader) (dialog.Alarm, error) { return r.AlarmOf("k1") }); !errors.Is(err, dialog.ErrNotFound) {
			t.Errorf("a clock that was stopped: %v", err)
		}
		same(t, time.Time{}, next())
	})
}

func TestANoticeIsSentByOneNode(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		n := dialog.StaffNotice{ID: "n1", Alarm: "a1", Conversation: "c", To: dialog.StaffAddress{Way: dialog.WayText, Value: "+447700900900"},
			State: dialog.NoticeQueued, NextAt: evening, CreatedAt: evening, UpdatedAt: evening}
		later := n
		later.ID, later.NextAt = "n2", evening.Add(time.Hour)
		must(t, do(t, s, func(tx dialog.Tx) error { return tx.InsertStaffNotices(later, n) }))
		due := func(at time.Time) []dialog.StaffNotice {
			return ask(t, s, func(r dialog.Reader) ([]dialog.StaffNotice, error) { return r.StaffNoticesDue(at, 10) })
		}
		same(t, []dialog.StaffNotice{n}, due(evening))
		same(t, evening, ask(t, s, func(r dialog.Reader) (time.Time, error) { return r.AlarmNext() }))
		claimed := n
		claimed.State, claimed.Attempts, claimed.NextAt = dialog.NoticeSending, 1, evening.Add(time.Minute)
		claim := func() error {
			return do(t, s, func(tx dialog.Tx) error { return tx.UpdateStaffNotice(claimed, dialog.NoticeQueued, 0) })
		}
		must(t, claim())
		if err := claim(); !errors.Is(err, dialog.ErrStale) {
			t.Errorf("claimed twice: %v", err)
		}
		same(t, 0, len(due(evening)))
		same(t, []dialog.StaffNotice{claimed}, due(evening.Add(time.Minute))) // whoever claimed it died
		done := claimed
		done.State, done.ProviderID, done.NextAt = dialog.NoticeSent, "SM1", time.Time{}
		must(t, do(t, s, func(tx dialog.Tx) error { return tx.UpdateStaffNotice(done, dialog.NoticeSending, 1) }))
		same(t, []dialog.StaffNotice{later}, due(evening.Add(time.Hour)))
	})
}

func TestWhatNoClockRunsForIsFound(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		held := func(c *dialog.Conversation) {
			c.Holder = dialog.Holder{Kind: dialog.Staff, Worker: "sam", Name: "Sam"}
		}
		waits := func(w dialog.Waiting) func(*dialog.Conversation) {
			return func(c *dialog.Conversation) { c.Waiting, c.WaitingSince = w, evening }
		}
		worry := func(id dialog.ConcernID, c dialog.Conversation, l dialog.Level, ack dialog.ObligationState) dialog.Concern {
			k := dialog.Concern{ID: id, Ref: "r-" + string(id), Conversation: c.ID, Person: c.Person, Level: l, Version: 1, OpenedAt: evening}
			must(t, do(t, s, insertConcern(k, dialog.Obligation{Concern: id, Kind: dialog.Acknowledge, State: ack})))
			return k
		}
		clock := func(subject string, p dialog.Pace) dialog.Alarm {
			a := dialog.Alarm{ID: dialog.AlarmID("a" + subject), Subject: subject, Pace: p, Step: dialog.StepTeam, State: dialog.AlarmDue}
			must(t, do(t, s, insertAlarm(a)))
			return a
		}
		lone := meet(t, s, 1, waits(dialog.WaitingRisk))
		k1 := worry("k1", lone, dialog.LevelUrgent, dialog.Open)
		worry("k2", meet(t, s, 2, waits(dialog.WaitingRisk)), dialog.LevelUrgent, dialog.Met)
		k3 := worry("k3", meet(t, s, 3, waits(dialog.WaitingRisk), held), dialog.LevelImmediate, dialog.Open) // whoever has it may have gone home
		worry("k4", meet(t, s, 4, waits(dialog.WaitingRisk)), dialog.LevelNone, dialog.Open)
		worry("k5", meet(t, s, 5, waits(dialog.WaitingRisk)), dialog.LevelImmediate, dialog.Open)
		clock("k5", dialog.PaceImmediate)
		k6 := worry("k6", meet(t, s, 6, waits(dialog.WaitingRisk)), dialog.LevelUrgent, dialog.Open)
		clock("k6", dialog.PaceConcern) // has become worse since
		concerns := func() []dialog.Concern {
			return ask(t, s, func(r dialog.Reader) ([]dialog.Concern, error) { return r.UnwatchedConcerns(10) })
		}
		same(t, []dialog.Concern{k1, k3, k6}, concerns())

		voice := meet(t, s, 7, waits(dialog.WaitingVoice))
		heard, unheard := dialog.Recording{ID: "r1", Conversation: voice.ID, ListenedAt: evening}, dialog.Recording{ID: "r2", Conversation: voice.ID, Seq: 1}
		watched := dialog.Recording{ID: "r3", Conversation: voice.ID, Seq: 2}
		must(t, do(t, s, insertRecording(heard), insertRecording(unheard), insertRecording(watched)))
		clock("r3", dialog.PaceUrgent)
		same(t, []dialog.Recording{unheard}, ask(t, s, func(r dialog.Reader) ([]dialog.Recording, error) { return r.UnwatchedRecordings(10) }))

		person := meet(t, s, 8, waits(dialog.WaitingPerson))
		stopped := meet(t, s, 9, waits(dialog.WaitingRisk)) // wrote after STOP; no concern
		left := meet(t, s, 10, waits(dialog.WaitingRisk), held, func(c *dialog.Conversation) { c.LastSeq, c.LastInSeq, c.AnsweredSeq = 5, 5, 3 })
		worry("k10", left, dialog.LevelConcern, dialog.Met)
		meet(t, s, 11, held)
		over := meet(t, s, 13, waits(dialog.WaitingReply), func(c *dialog.Conversation) { c.ClosedAt = evening })
		clock(string(meet(t, s, 12, waits(dialog.WaitingReview)).ID), dialog.PaceConcern)
		waiting := map[dialog.ConversationID]bool{}
		for _, c := range ask(t, s, func(r dialog.Reader) ([]dialog.Conversation, error) { return r.UnwatchedWaits(10) }) {
			waiting[c.ID] = true
		}
		same(t, map[dialog.ConversationID]bool{person.ID: true, stopped.ID: true, left.ID: true, over.ID: true}, waiting)
	})
}

func TestDutiesThatNoClockRunsForAreFound(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		n := 0
		worry := func(l dialog.Level, acknowledged, act dialog.ObligationState) dialog.Concern {
			n++
			c := meet(t, s, n)
			id := dialog.ConcernID(c.ID + "-k")
			k := dialog.Concern{ID: id, Ref: "r-" + string(id), Conversation: c.ID, Person: c.Person, Level: l, Version: 1, OpenedAt: evening}
			must(t, do(t, s, insertConcern(k, dialog.Obligation{Concern: id, Kind: dialog.Acknowledge, State: acknowledged},
				dialog.Obligation{Concern: id, Kind: dialog.Act, State: act}, dialog.Obligation{Concern: id, Kind: dialog.FeedBack, State: act})))
			return k
		}
		clock := func(k dialog.Concern, kind dialog.ObligationKind, p dialog.Pace) {
			subject := dialog.DutySubject(k.ID, kind)
			must(t, do(t, s, insertAlarm(dialog.Alarm{ID: dialog.AlarmID("a" + subject), Subject: subject, Pace: p, Step: dialog.StepTeam, State: dialog.AlarmDue})))
		}
		worry(dialog.LevelImmediate, dialog.Open, dialog.Open) // its own clock runs
		open := worry(dialog.LevelUrgent, dialog.Met, dialog.Open)
		worry(dialog.LevelUrgent, dialog.Met, dialog.Excused)
		wrong := worry(dialog.LevelNone, dialog.Open, dialog.Open)
		watched := worry(dialog.LevelUrgent, dialog.Excused, dialog.Open)
		clock(watched, dialog.Act, dialog.PaceUrgent)
		clock(watched, dialog.FeedBack, dialog.PaceConcern)
		worse := worry(dialog.LevelImmediate, dialog.Met, dialog.Open)
		clock(worse, dialog.Act, dialog.PaceUrgent)
		clock(worse, dialog.FeedBack, dialog.PaceConcern)
		found := func(kind dialog.ObligationKind) []dialog.Concern {
			return ask(t, s, func(r dialog.Reader) ([]dialog.Concern, error) { return r.UnwatchedDuties(kind, 10) })
		}
		same(t, []dialog.Concern{open, wrong, worse}, found(dialog.Act))
		same(t, []dialog.Concern{open, wrong}, found(dialog.FeedBack))
		same(t, 0, len(found(dialog.Listen)))
	})
}

func TestATeamsList(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		at := func(n int, team dialog.TeamID, prison dialog.PrisonID, more ...func(*dialog.Conversation)) dialog.ConversationID {
			return meet(t, s, n, append(more, func(c *dialog.Conversation) {
				c.Waiting, c.WaitingSince, c.Team, c.Prison = dialog.WaitingRisk, evening.Add(time.Duration(n)*time.Minute), team, prison
			})...).ID
		}
		theirs, nobodys, others := at(1, "north", "leeds"), at(2, "", ""), at(3, "south", "lewes")
		moved := at(4, "triage", "leeds")
		mine := at(5, "south", "lewes", func(c *dialog.Conversation) {
			c.Holder = dialog.Holder{Kind: dialog.Staff, Worker: "sam", Name: "Sam"}
		})
		list := func(f dialog.QueueFilter) (ids []dialog.ConversationID) {
			for _, e := range ask(t, s, func(r dialog.Reader) ([]dialog.QueueEntry, error) { return r.Queue(f) }) {
				ids = append(ids, e.Conversation.ID)
			}
			return ids
		}
		north := dialog.QueueFilter{Teams: []dialog.TeamID{"north"}}
		same(t, []dialog.ConversationID{theirs, nobodys}, list(north))
		north.Prisons, north.Holder = []dialog.PrisonID{"leeds", "hull"}, "sam"
		same(t, []dialog.ConversationID{theirs, nobodys, moved, mine}, list(north))
		north.Waiting, north.Prison = []dialog.Waiting{dialog.WaitingRisk}, "lewes"
		same(t, []dialog.ConversationID{mine}, list(north))
		same(t, []dialog.ConversationID{theirs, nobodys, others, moved, mine}, list(dialog.QueueFilter{}))
	})
}
