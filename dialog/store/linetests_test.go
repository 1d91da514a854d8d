package store_test

import (
	"errors"
	"testing"
	"time"

	"helpline/dialog"
	"helpline/dialog/store"
)

func insertTest(x dialog.LineTest) func(dialog.Tx) error {
	return func(tx dialog.Tx) error { return tx.InsertLineTest(x) }
}

func updateTest(x dialog.LineTest, expected int64) func(dialog.Tx) error {
	return func(tx dialog.Tx) error { return tx.UpdateLineTest(x, expected) }
}

func TestLineTestsReadBackAsWritten(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		var x dialog.LineTest
		fill(t, &x)
		must(t, do(t, s, insertTest(x)))
		check := func() {
			t.Helper()
			same(t, x, ask(t, s, func(r dialog.Reader) (dialog.LineTest, error) { return r.LineTest(x.ID) }))
			same(t, x, ask(t, s, func(r dialog.Reader) (dialog.LineTest, error) { return r.LineTestMarked(x.Mark) }))
			same(t, x, ask(t, s, func(r dialog.Reader) (dialog.LineTest, error) { return r.LineTestOf(x.Conversation) }))
			same(t, x, ask(t, s, func(r dialog.Reader) (dialog.LineTest, error) { return r.LatestLineTest(x.Line, x.Prison) }))
		}
		check()
		next := x
		change(t, &next, "ID", "Line", "Medium", "Prison", "Mark", "StartedAt", "StartedBy")
		must(t, do(t, s, updateTest(next, x.Version)))
		if err := do(t, s, updateTest(next, x.Version)); !errors.Is(err, dialog.ErrStale) && next.Version != x.Version {
			t.Errorf("a version that is over: %v", err)
		}
		x = next
		check()
	})
}

func TestWhichLineTestWasTheLatest(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		at := func(h int) time.Time { return evening.Add(time.Duration(h) * time.Hour) }
		test := func(id string, line dialog.LineID, prison dialog.PrisonID, h int) dialog.LineTest {
			return dialog.LineTest{ID: dialog.LineTestID(id), Line: line, Prison: prison, Mark: id, Version: 1, StartedAt: at(h)}
		}
		good, failed, pending := test("1", "sms", "leeds", 1), test("2", "sms", "leeds", 2), test("3", "sms", "leeds", 3)
		good.OutAt, good.SeenAt, good.Conversation = at(1), at(2), "c1"
		failed.FailedAt, failed.Failure = at(3), "It did not come in"
		other := test("4", "chat", "", 4)
		must(t, do(t, s, insertTest(good), insertTest(failed), insertTest(pending), insertTest(other)))

		id := func(x dialog.LineTest, err error) (dialog.LineTestID, error) { return x.ID, err }
		same(t, dialog.LineTestID("3"), ask(t, s, func(r dialog.Reader) (dialog.LineTestID, error) { return id(r.LatestLineTest("sms", "leeds")) }))
		same(t, dialog.LineTestID("1"), ask(t, s, func(r dialog.Reader) (dialog.LineTestID, error) { return id(r.LatestGoodLineTest("sms", "leeds")) }))
		if _, err := try(t, s, func(r dialog.Reader) (dialog.LineTest, error) { return r.LatestGoodLineTest("chat", "") }); !errors.Is(err, dialog.ErrNotFound) {
			t.Errorf("a good test that there was not: %v", err)
		}
		same(t, at(1), ask(t, s, func(r dialog.Reader) (time.Time, error) { return r.LineWorkedAt("sms") }))
		same(t, time.Time{}, ask(t, s, func(r dialog.Reader) (time.Time, error) { return r.LineWorkedAt("chat") }))
		same(t, []dialog.LineTest{pending, other}, ask(t, s, func(r dialog.Reader) ([]dialog.LineTest, error) { return r.LineTestsPending(10) }))
		same(t, []dialog.LineTest{failed, pending}, ask(t, s, func(r dialog.Reader) ([]dialog.LineTest, error) { return r.LineTestsBetween(at(2), at(4)) }))
		twice := test("5", "sms", "", 5)
		twice.Mark = "1"
		if err := do(t, s, insertTest(twice)); !errors.Is(err, dialog.ErrStale) {
			t.Errorf("a mark that is in use: %v", err)
		}
	})
}

func TestOneNodeTakesTheTurn(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		due := func() time.Time {
			return ask(t, s, func(r dialog.Reader) (time.Time, error) { at, _, err := r.LineTestsDue(); return at, err })
		}
		same(t, time.Time{}, due())
		take := func(was, next time.Time) error {
			return do(t, s, func(tx dialog.Tx) error { return tx.SetLineTestsDue(next, "Maya", was) })
		}
		must(t, take(time.Time{}, evening))
		same(t, evening, due())
		must(t, take(evening, evening.Add(time.Hour)))
		if err := take(evening, evening.Add(time.Hour)); !errors.Is(err, dialog.ErrStale) {
			t.Errorf("the second to take the turn: %v", err)
		}
	})
}

func TestListsAreEmptyWhenNobodyWaits(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		empty := func(want bool, list dialog.ListName) {
			t.Helper()
			same(t, want, ask(t, s, func(r dialog.Reader) (bool, error) { return r.ListEmpty(list) }))
		}
		empty(true, dialog.ListWaiting)
		empty(true, dialog.ListUnheard)
		test := meet(t, s, 1, func(c *dialog.Conversation) { c.Test, c.Waiting, c.WaitingSince = true, dialog.WaitingRisk, evening })
		must(t, do(t, s, insertRecording(dialog.Recording{ID: "r1", Conversation: test.ID, CreatedAt: evening})))
		empty(true, dialog.ListWaiting)
		empty(true, dialog.ListUnheard)
		c := meet(t, s, 2, func(c *dialog.Conversation) { c.Waiting, c.WaitingSince = dialog.WaitingVoice, evening })
		must(t, do(t, s, insertRecording(dialog.Recording{ID: "r2", Conversation: c.ID, CreatedAt: evening})))
		empty(false, dialog.ListWaiting)
		empty(false, dialog.ListUnheard)
		// It cannot be listened to, and somebody has said why.
		must(t, do(t, s, insertConcern(dialog.Concern{ID: "k", Ref: "1", Conversation: c.ID, OpenedAt: evening},
			dialog.Obligation{Concern: "k", Kind: dialog.Listen, State: dialog.Excused, At: evening.Add(time.Minute)})))
		empty(false, dialog.ListWaiting)
		empty(true, dialog.ListUnheard)
	})
}

func TestListsReadBackAsWritten(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		put := func(state dialog.ListState, day string) {
			t.Helper()
			must(t, do(t, s, func(tx dialog.Tx) error { return tx.PutList(state, day) }))
		}
		state := func() dialog.ListState {
			return ask(t, s, func(r dialog.Reader) (dialog.ListState, error) { return r.ListState(dialog.ListWaiting) })
		}
		same(t, dialog.ListState{List: dialog.ListWaiting}, state())
		one := dialog.ListState{List: dialog.ListWaiting, FirstLook: evening, EmptySince: evening, LastEmpty: evening.Add(time.Hour)}
		put(one, "2026-03-02")
		same(t, one, state())
		earlier := one
		earlier.LastEmpty = evening // a node that is a little behind
		put(earlier, "2026-03-02")
		two := one
		two.FirstLook, two.EmptySince, two.LastEmpty = evening.Add(time.Hour), time.Time{}, evening.Add(26*time.Hour)
		put(two, "2026-03-03")
		two.FirstLook = evening // the first stays
		same(t, two, state())
		same(t, []dialog.ListDay{{List: dialog.ListWaiting, Day: "2026-03-02", LastEmpty: one.LastEmpty}, {List: dialog.ListWaiting, Day: "2026-03-03", LastEmpty: two.LastEmpty}},
			ask(t, s, func(r dialog.Reader) ([]dialog.ListDay, error) {
				return r.ListDays(dialog.ListWaiting, "2026-03-02", "2026-03-03")
			}))
	})
}

func TestAReportReadsItsPeriodOnly(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		at := func(h int) time.Time { return evening.Add(time.Duration(h) * time.Hour) }
		raise := func(n int, opened time.Time, change func(*dialog.Conversation)) {
			c := meet(t, s, n, func(c *dialog.Conversation) { c.Team = "north east"; change(c) })
			k := dialog.Concern{ID: dialog.ConcernID(c.ID + "-k"), Ref: c.Ref, Conversation: c.ID, Level: dialog.LevelUrgent, Prison: "leeds",
				Categories: []dialog.Category{dialog.MentalHealth}, OpenedAt: opened, ClosedAt: opened.Add(time.Hour)}
			must(t, do(t, s, insertConcern(k, dialog.Obligation{Concern: k.ID, Kind: dialog.Act, State: dialog.Met, DueAt: opened.Add(time.Hour), At: opened.Add(time.Minute)},
				dialog.Obligation{Concern: k.ID, Kind: dialog.FeedBack, State: dialog.Open, DueAt: opened.Add(time.Hour)})))
		}
		raise(1, at(-1), func(*dialog.Conversation) {})
		raise(2, at(0), func(*dialog.Conversation) {})
		raise(3, at(1), func(c *dialog.Conversation) { c.Test = true })
		raise(4, at(2), func(*dialog.Conversation) {})
		same(t, []dialog.ReportConcern{{
			ID: "conversation-2-k", Level: dialog.LevelUrgent, Categories: []dialog.Category{dialog.MentalHealth}, Prison: "leeds", Medium: dialog.SMS,
			Team: "north east", OpenedAt: at(0), ClosedAt: at(1), Duties: []dialog.ReportDuty{
				{Kind: dialog.Act, State: dialog.Met, DueAt: at(1), At: at(0).Add(time.Minute)},
				{Kind: dialog.FeedBack, State: dialog.Open, DueAt: at(1)},
			},
		}}, ask(t, s, func(r dialog.Reader) ([]dialog.ReportConcern, error) { return r.ReportConcerns(at(0), at(2)) }))

		step := func(id string, m dialog.Matter, n dialog.Step, raised time.Time) func(dialog.Tx) error {
			return insertAlarm(dialog.Alarm{ID: dialog.AlarmID(id), Matter: m, Subject: id, Step: n, State: dialog.AlarmRaised, RaisedAt: raised})
		}
		must(t, do(t, s, step("a", dialog.MatterConcern, 1, at(0)), step("b", dialog.MatterConcern, 1, at(1)), step("c", dialog.MatterConcern, 2, at(1)),
			step("d", dialog.MatterConcern, 1, at(2)), step("e", dialog.MatterConcern, 1, time.Time{}), step("f", dialog.MatterLineTest, 1, at(1))))
		same(t, []dialog.ReportAlarms{{Matter: dialog.MatterConcern, Step: 1, Count: 2}, {Matter: dialog.MatterConcern, Step: 2, Count: 1}},
			ask(t, s, func(r dialog.Reader) ([]dialog.ReportAlarms, error) { return r.ReportAlarms(at(0), at(2)) }))
	})
}
