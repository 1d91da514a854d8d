package desk_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"helpline/dialog"
	"helpline/dialog/desk"
	"helpline/internal/db"
	"helpline/internal/db/dbtest"
)

// TestReportAgainstAHistoryMadeByHand: every figure was worked out on paper.
func TestReportAgainstAHistoryMadeByHand(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		monday := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
		at := func(day, hour, minute int) time.Time {
			return monday.Add(time.Duration(day)*24*time.Hour + time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
		}
		n := 0
		type made struct {
			opened   time.Time
			level    dialog.Level
			prison   dialog.PrisonID
			medium   dialog.Medium
			team     dialog.TeamID
			kinds    []dialog.Category
			test     bool
			closed   time.Time
			ack, act time.Duration // after it was opened; 0: open
			feedBack dialog.ObligationState
		}
		raise := func(m made) {
			t.Helper()
			n++
			id := fmt.Sprint(n)
			person := dialog.Person{ID: dialog.PersonID("p" + id), Address: dialog.Address{Medium: m.medium, Value: id}, CreatedAt: m.opened}
			conv := dialog.Conversation{ID: dialog.ConversationID("c" + id), Ref: id, Line: "sms", Medium: m.medium, Person: person.ID, Holder: dialog.Holder{Kind: dialog.Bot},
				Version: 1, Team: m.team, Test: m.test, OpenedAt: m.opened, LastAt: m.opened, ClosedAt: m.closed}
			k := dialog.Concern{ID: dialog.ConcernID("k" + id), Ref: id + "-1", Conversation: conv.ID, Person: person.ID, Level: m.level, Categories: m.kinds, Prison: m.prison,
				Version: 1, OpenedAt: m.opened, UpdatedAt: m.opened, ClosedAt: m.closed}
			due := m.opened.Add(time.Hour)
			duty := func(kind dialog.ObligationKind, after time.Duration) dialog.Obligation {
				o := dialog.Obligation{Concern: k.ID, Kind: kind, State: dialog.Open, DueAt: due}
				if after > 0 {
					o.State, o.At, o.By, o.ByName, o.Note = dialog.Met, m.opened.Add(after), sam.ID, sam.Name, "done"
				}
				return o
			}
			duties := []dialog.Obligation{duty(dialog.Acknowledge, m.ack), duty(dialog.Act, m.act), {Concern: k.ID, Kind: dialog.FeedBack, State: m.feedBack, DueAt: due, At: m.opened}}
			h.must(h.store.Do(t.Context(), func(tx dialog.Tx) error {
				return errors.Join(tx.InsertPerson(person), tx.InsertConversation(conv), tx.InsertConcern(k, duties))
			}))
		}
		suicide, debt := []dialog.Category{dialog.SuicideSelfHarm, dialog.MentalHealth}, []dialog.Category{dialog.ViolenceDebt}
		// The day before, and the first moment after: not of the period.
		raise(made{opened: at(-1, 23, 59), level: dialog.LevelImmediate, medium: dialog.SMS, feedBack: dialog.Open})
		raise(made{opened: at(3, 0, 0), level: dialog.LevelImmediate, medium: dialog.SMS, feedBack: dialog.Open})
		// A test of the line.
		raise(made{opened: at(1, 1, 0), level: dialog.LevelImmediate, medium: dialog.SMS, test: true, feedBack: dialog.Open})
		// Five in the period.
		raise(made{opened: at(0, 0, 0), level: dialog.LevelImmediate, prison: "stoke-heath", medium: dialog.SMS, team: "west", kinds: suicide,
			ack: 4 * time.Minute, act: 10 * time.Minute, feedBack: dialog.Met, closed: at(0, 12, 0)})
		raise(made{opened: at(0, 21, 0), level: dialog.LevelImmediate, prison: "stoke-heath", medium: dialog.Voice, team: "west", kinds: suicide,
			ack: 2 * time.Minute, act: 30 * time.Minute, feedBack: dialog.Excused, closed: at(1, 12, 0)})
		raise(made{opened: at(1, 9, 0), level: dialog.LevelUrgent, prison: "barlinnie", medium: dialog.SMS, team: "scotland", kinds: debt,
			ack: 3 * time.Hour, feedBack: dialog.Open})
		raise(made{opened: at(2, 23, 30), level: dialog.LevelConcern, medium: dialog.Webchat, feedBack: dialog.Open}) // not due yet
		raise(made{opened: at(2, 9, 0), level: dialog.LevelNone, medium: dialog.Webchat, kinds: debt, ack: time.Minute, act: 2 * time.Minute, feedBack: dialog.Excused,
			closed: at(2, 9, 30)}) // a wrong alarm

		alarm := func(id string, m dialog.Matter, step dialog.Step, raised time.Time) {
			h.must(h.store.Do(t.Context(), func(tx dialog.Tx) error {
				return tx.InsertAlarm(dialog.Alarm{ID: dialog.AlarmID(id), Conversation: "c4", Matter: m, Subject: id, Step: step, State: dialog.AlarmRaised, RaisedAt: raised})
			}))
		}
		alarm("a1", dialog.MatterConcern, dialog.StepTeam, at(0, 0, 0))
		alarm("a2", dialog.MatterConcern, dialog.StepTeam, at(1, 9, 10))
		alarm("a3", dialog.MatterConcern, dialog.StepDutyManager, at(1, 9, 30))
		alarm("a4", dialog.MatterConcern, dialog.StepTeam, at(3, 0, 0))
		alarm("a5", dialog.MatterLineTest, dialog.StepTeam, at(1, 0, 0))

		test := func(id string, started time.Time, out, seen time.Duration, failed bool) {
			x := dialog.LineTest{ID: dialog.LineTestID(id), Line: "sms", Medium: dialog.SMS, Prison: "stoke-heath", Mark: id, Version: 1, StartedAt: started}
			if out > 0 {
				x.OutAt = started.Add(out)
			}
			if seen > 0 {
				x.SeenAt = started.Add(seen)
			}
			if failed {
				x.FailedAt = started.Add(time.Minute)
			}
			h.must(h.store.Do(t.Context(), func(tx dialog.Tx) error { return tx.InsertLineTest(x) }))
		}
		test("x1", at(0, 6, 0), time.Second, 20*time.Minute, false)
		test("x2", at(1, 6, 0), 3*time.Second, time.Hour, false)
		test("x3", at(2, 6, 0), 0, 0, true)
		test("x4", at(3, 6, 0), time.Second, time.Minute, false)
		h.must(h.store.Do(t.Context(), func(tx dialog.Tx) error {
			return errors.Join(
				tx.PutList(dialog.ListState{List: dialog.ListWaiting, FirstLook: at(-20, 0, 0), LastEmpty: at(0, 14, 0)}, "2026-03-02"),
				tx.PutList(dialog.ListState{List: dialog.ListWaiting, FirstLook: at(-20, 0, 0), LastEmpty: at(2, 8, 0)}, "2026-03-04"),
				tx.PutList(dialog.ListState{List: dialog.ListUnheard, FirstLook: at(1, 12, 0), LastEmpty: at(1, 13, 0)}, "2026-03-03"),
				tx.PutList(dialog.ListState{List: dialog.ListUnheard, FirstLook: at(1, 12, 0), LastEmpty: at(5, 13, 0)}, "2026-03-07"))
		}))

		// A question that the library answered and nobody was asked to read; a
		// worker reads it all the same and finds a risk in it. Its concern is of the
		// day on which it was found, and so is the miss.
		h.turn(at(2, 23, 45).Sub(h.now()))
		missed := h.textFrom(number(1), "famout what is a case conference")
		if entry, listed := h.listed(missed.Conversation); listed {
			t.Fatalf("the question is on the list: %+v", entry)
		}
		h.must(h.Judge(t.Context(), shirin, missed.Conversation, missed.Seq, dialog.LevelUrgent, debt))

		h.turn(at(3, 0, 0).Sub(h.now())) // midnight: the last concern's and the missed one's hour are not over
		rep, err := h.ReportOn(t.Context(), morag, at(0, 0, 0), at(3, 0, 0))
		h.must(err)
		mins := func(m int) time.Duration { return time.Duration(m) * time.Minute }
		want := desk.Report{
			From: at(0, 0, 0), To: at(3, 0, 0), Made: at(3, 0, 0), Concerns: 6, Open: 3, Missed: []desk.Count{{Key: "urgent", N: 1}},
			ByLevel:   []desk.Count{{Key: "immediate", N: 2}, {Key: "urgent", N: 2}, {Key: "concern", N: 1}, {Key: "none", N: 1}},
			ByPrison:  []desk.Count{{Key: "", N: 3}, {Key: "stoke-heath", N: 2}, {Key: "barlinnie", N: 1}},
			ByChannel: []desk.Count{{Key: "sms", N: 3}, {Key: "webchat", N: 2}, {Key: "voice", N: 1}},
			ByCategory: []desk.Count{{Key: "violence_bullying_debt", N: 3}, {Key: "mental_health", N: 2}, {Key: "suicide_self_harm", N: 2},
				{Key: "", N: 1}},
			ByTeam: []desk.Count{{Key: "", N: 2}, {Key: "west", N: 2}, {Key: "scotland", N: 1}, {Key: "triage", N: 1}},
			Duties: []desk.DutyFigures{
				{All: true, Kind: dialog.Acknowledge, Met: 4, Open: 2, Median: mins(3), Worst: mins(180)},
				{All: true, Kind: dialog.Act, Met: 3, Open: 3, Overdue: 1, Median: mins(10), Worst: mins(30)},
				{All: true, Kind: dialog.FeedBack, Met: 1, Excused: 2, Open: 3, Overdue: 1},
				{Level: dialog.LevelImmediate, Kind: dialog.Acknowledge, Met: 2, Median: mins(3), Worst: mins(4)},
				{Level: dialog.LevelImmediate, Kind: dialog.Act, Met: 2, Median: mins(20), Worst: mins(30)},
				{Level: dialog.LevelImmediate, Kind: dialog.FeedBack, Met: 1, Excused: 1},
				{Level: dialog.LevelUrgent, Kind: dialog.Acknowledge, Met: 1, Open: 1, Median: mins(180), Worst: mins(180)},
				{Level: dialog.LevelUrgent, Kind: dialog.Act, Open: 2, Overdue: 1},
				{Level: dialog.LevelUrgent, Kind: dialog.FeedBack, Open: 2, Overdue: 1},
				{Level: dialog.LevelConcern, Kind: dialog.Acknowledge, Open: 1},
				{Level: dialog.LevelConcern, Kind: dialog.Act, Open: 1},
				{Level: dialog.LevelConcern, Kind: dialog.FeedBack, Open: 1},
				{Level: dialog.LevelNone, Kind: dialog.Acknowledge, Met: 1, Median: mins(1), Worst: mins(1)},
				{Level: dialog.LevelNone, Kind: dialog.Act, Met: 1, Median: mins(2), Worst: mins(2)},
				{Level: dialog.LevelNone, Kind: dialog.FeedBack, Excused: 1},
			},
			Alarms: []dialog.ReportAlarms{{Matter: dialog.MatterConcern, Step: dialog.StepTeam, Count: 2}, {Matter: dialog.MatterConcern, Step: dialog.StepDutyManager, Count: 1}},
			Lines: []desk.LineFigures{{Line: "sms", Medium: dialog.SMS, Prison: "stoke-heath", Made: 3, Good: 2, Failed: 1,
				WorstOut: 3 * time.Second, WorstSeen: time.Hour}},
			Lists: []desk.ListFigures{
				{List: dialog.ListWaiting, Days: 3, Empty: []dialog.ListDay{{List: dialog.ListWaiting, Day: "2026-03-02", LastEmpty: at(0, 14, 0)},
					{List: dialog.ListWaiting, Day: "2026-03-04", LastEmpty: at(2, 8, 0)}}},
				{List: dialog.ListUnheard, Days: 2, Empty: []dialog.ListDay{{List: dialog.ListUnheard, Day: "2026-03-03", LastEmpty: at(1, 13, 0)}}},
			},
		}
		if diff := cmp.Diff(want, rep); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		for _, w := range []dialog.Worker{sam, shirin, edith} {
			if _, err := h.ReportOn(t.Context(), w, at(0, 0, 0), at(1, 0, 0)); !errors.Is(err, dialog.ErrForbidden) {
				t.Errorf("%s had the report: %v", w.Name, err)
			}
		}
		var invalid *dialog.InvalidError
		if _, err := h.ReportOn(t.Context(), morag, at(1, 0, 0), at(0, 0, 0)); !errors.As(err, &invalid) {
			t.Errorf("a period that ends before it begins: %v", err)
		}
	})
}
