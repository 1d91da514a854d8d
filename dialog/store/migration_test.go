package store_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"helpline/dialog"
	"helpline/dialog/store"
	"helpline/internal/db"
	"helpline/internal/db/dbtest"
)

// TestADatabaseOfTheFirstVersionIsReadByThisOne starts from testdata/first, which is never changed again: what a helpline
// that began with the first version has on its disk.
func TestADatabaseOfTheFirstVersionIsReadByThisOne(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		must(t, db.Migrate(t.Context(), d, db.Migrations{Name: store.Migrations.Name, FS: os.DirFS("testdata/first")}))
		rows, err := os.ReadFile("testdata/first_rows.sql")
		must(t, err)
		must(t, d.Do(t.Context(), func(tx *db.Tx) error {
			for statement := range strings.SplitSeq(strings.TrimSuffix(strings.TrimSpace(string(rows)), ";"), ";\n") {
				if err := tx.Queue(statement); err != nil {
					return err
				}
			}
			return nil
		}))
		s := open(t, d) // brings it to the newest

		at := func(ms int64) time.Time { return time.UnixMilli(1772485440000 + ms).UTC() }
		c := dialog.Conversation{
			ID: "conversation-1", Ref: "1000001", Line: famout, Medium: dialog.SMS, Person: "person-1",
			Holder: dialog.Holder{Kind: dialog.Staff, Worker: "w1", Name: "Sam"}, Version: 7, LastSeq: 3, LastInSeq: 1, AnsweredSeq: 1,
			State: json.RawMessage(`{"step":"prison"}`), Level: dialog.LevelImmediate, Waiting: dialog.WaitingRisk, WaitingSince: at(1000),
			Prison: "stoke-heath", Jurisdiction: dialog.EnglandWales, OpenedAt: at(0), LastAt: at(2000),
		}
		k := dialog.Concern{
			ID: "concern-1", Ref: "7000001", Conversation: c.ID, Person: c.Person, Level: dialog.LevelImmediate,
			Categories: []dialog.Category{dialog.SuicideSelfHarm}, Who: dialog.WhoPrisoner, Prison: "stoke-heath", Jurisdiction: dialog.EnglandWales,
			Facts: dialog.Facts{PrisonerName: "Jo"}, Evidence: []dialog.Evidence{{Sign: "goodbyes", Text: "said bye"}},
			Version: 2, OpenedAt: at(0), UpdatedAt: at(1000),
		}
		words := "he said bye to the kids"
		same(t, dialog.Situation{
			Duplicate: true, DuplicateOf: c.ID, DuplicateSeq: 1, Person: dialog.Person{ID: "person-1", Address: mobile(1), CreatedAt: at(0)},
			Conversation: c, History: []string{words}, Concern: k,
		}, ask(t, s, func(r dialog.Reader) (dialog.Situation, error) { return r.Situation(famout, mobile(1), "SM1", "") }))
		same(t, []dialog.QueueEntry{{
			Conversation: c, Concern: k, Open: []dialog.ObligationKind{dialog.Act}, LastWords: words, Recording: dialog.RecordingStored,
		}}, ask(t, s, func(r dialog.Reader) ([]dialog.QueueEntry, error) { return r.Queue(dialog.QueueFilter{}) }))
		same(t, "Thank you", ask(t, s, func(r dialog.Reader) (dialog.OutboxItem, error) { return outboxHead(r, c.ID) }).Text)
		due := ask(t, s, func(r dialog.Reader) ([]dialog.Recording, error) { return r.RecordingsDue(at(0), 1) })
		same(t, 1, len(due))

		// And it goes on.
		next := c
		next.Version = 8
		must(t, do(t, s, update(next, 7)))
	})
}

func TestTheFirstMigrationIsNeverChanged(t *testing.T) {
	frozen, err := os.ReadFile("testdata/first/0001_first.sql")
	must(t, err)
	now, err := os.ReadFile("migrations/0001_first.sql")
	must(t, err)
	same(t, string(frozen), string(now))
}
