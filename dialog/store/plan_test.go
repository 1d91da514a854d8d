package store

import (
	"errors"
	"strings"
	"testing"

	"helpline/dialog"
	"helpline/internal/db"
	"helpline/internal/db/dbtest"
)

// hot are the statements that run for every message, every look at the staff's list and every sweep. index names what each must
// go through besides primary keys.
func hot() map[string]struct {
	query string
	args  []any
	index []string
} {
	everything, args := queueQuery(dialog.QueueFilter{Prison: "p", Worker: "w", Waiting: []dialog.Waiting{dialog.WaitingRisk, dialog.WaitingVoice}})
	type row = struct {
		query string
		args  []any
		index []string
	}
	return map[string]row{
		"situation by address": {situationByAddress, []any{"l", "SM1", "+44", "sms"},
			[]string{"people_address", "conversations_open", "concerns_open"}},
		"situation by call": {situationByCall, []any{"l", "SM1", "+44", "voice", "CA1"},
			[]string{"people_address", "conversations_open", "conversations_call", "concerns_open"}},
		"latest conversation": {selectLatestConversation, []any{"l", "+44", "sms"}, []string{"people_address", "conversations_person"}},
		"conversation":        {selectConversation, []any{"c"}, nil},
		"person":              {selectPerson, []any{"p"}, nil},
		"events":              {selectEvents, []any{"c", 1, 10}, nil},
		"event by client id":  {selectEventByClientID, []any{"c", "b"}, []string{"events_client"}},
		"concern":             {selectConcern, []any{"k"}, nil},
		"concerns":            {selectConcerns, []any{"c"}, []string{"concerns_conversation"}},
		"obligations":         {selectObligations, []any{"k"}, nil},
		"queue": {selectQueue + queueOrder + "$1", []any{200},
			[]string{"conversations_queue", "concerns_open", "outbox_trouble", "recordings_conversation"}},
		"queue, filtered":     {everything, args, []string{"conversations_queue"}},
		"outbox head":         {selectOutboxHead, []any{"c"}, []string{"outbox_live"}},
		"outbox due":          {selectOutboxDue, []any{1, 10}, []string{"outbox_live"}},
		"outbox":              {selectOutbox, []any{"c"}, []string{"outbox_conversation"}},
		"outbox item":         {selectOutboxItem, []any{"o"}, nil},
		"outbox by provider":  {selectOutboxByProviderID, []any{"SM1"}, []string{"outbox_provider"}},
		"withdraw bot lines":  {withdrawBotLines, []any{"c", 1}, []string{"outbox_live"}},
		"withdraw lines":      {withdrawLines, []any{"c", 1}, []string{"outbox_live"}},
		"update outbox":       {updateOutbox, []any{"o", "queued", "sent", 1, 0, "SM1", "", 1}, nil},
		"recording":           {selectRecording, []any{"r"}, nil},
		"recordings":          {selectRecordings, []any{"c"}, []string{"recordings_conversation"}},
		"recordings due":      {selectRecordingsDue, []any{1, 10}, []string{"recordings_due"}},
		"unstepped":           {selectUnstepped, []any{10}, []string{"conversations_unstepped"}},
		"opt out":             {setOptedOut, []any{"p", 1}, nil},
		"update conversation": {updateConversation, []any{"c", "", "", "", 2, 1, 1, 1, "", 0, "", 0, "", "", "", 1, 0, -1, 0, 1}, nil},
	}
}

// age fills a PostgreSQL database with what years leave behind, for its planner to choose as it would then.
var age = []string{
	`INSERT INTO people SELECT 'p' || n, 'sms', '+44' || n, 0, n FROM generate_series(1, 5000) n`,
	`INSERT INTO conversations SELECT 'c' || n, 'r' || n, 'l', 'sms', 'p' || n, CASE WHEN n % 100 = 0 THEN 'worker' ELSE 'bot' END, '', '', 1, 6, 1, 1, '',
		0, '', 0, '', '', CASE WHEN n % 5 = 0 THEN 'CA' || n ELSE '' END, n, n, CASE WHEN n % 20 = 0 THEN 0 ELSE n END,
		CASE WHEN n % 100 = 0 THEN n % 36 ELSE -1 END, 0 FROM generate_series(1, 5000) n`,
	`INSERT INTO inbound SELECT 'SM' || n, 'l', 'c' || n, 1, n FROM generate_series(1, 5000) n`,
	`INSERT INTO events SELECT 'c' || n, seq, n, CASE WHEN seq % 5 = 0 THEN 'said_in' ELSE 'said_bot' END, '', 'words', '',
		CASE WHEN seq = 1 THEN 'b' || n ELSE '' END FROM generate_series(1, 5000) n, generate_series(1, 10) seq`,
	`INSERT INTO concerns SELECT 'k' || n, 'r' || n, 'c' || n * 20, 'p', 1, '', '', '', '', '{}', '', 1, n, n,
		CASE WHEN n % 5 = 0 THEN 0 ELSE n END, '', '' FROM generate_series(1, 2000) n`,
	`INSERT INTO obligations SELECT 'k' || n, kind, 'met', n, '', '', 0, '' FROM generate_series(1, 2000) n, unnest(ARRAY['act', 'listen']) kind`,
	`INSERT INTO outbox SELECT 'o' || n, 'c' || n % 3000, n, 'l', 'p', 'words', TRUE, CASE WHEN n % 1000 = 0 THEN 'queued' ELSE 'sent' END, 1, n, 'SMO' || n,
		'', n, n FROM generate_series(1, 30000) n`,
	`INSERT INTO recordings SELECT 'r' || n, 'c' || n, 1, 'RE' || n, '', CASE WHEN n % 500 = 0 THEN 'to_fetch' ELSE 'transcribed' END, 1, n, 1, '', '', '',
		'', 0, n FROM generate_series(1, 5000) n`,
	`ANALYZE`,
}

// TestNothingIsLookedForInAWholeTable holds the promise that a lookup costs the same however old the database is.
func TestNothingIsLookedForInAWholeTable(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if err := db.Migrate(t.Context(), d, Migrations); err != nil {
			t.Fatal(err)
		}
		if d.Dialect() == db.Postgres {
			for _, statement := range age {
				if err := d.Do(t.Context(), func(tx *db.Tx) error { return tx.Queue(statement) }); err != nil {
					t.Fatal(err)
				}
			}
		}
		for name, h := range hot() {
			plan, err := explain(t, d, h.query, h.args...)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			for step := range strings.SplitSeq(plan, "\n") {
				if readsAll(strings.TrimLeft(step, " ->")) {
					t.Errorf("%s: %s\n%s", name, step, plan)
				}
			}
			for _, index := range h.index {
				if !strings.Contains(plan, index) {
					t.Errorf("%s does not use %s:\n%s", name, index, plan)
				}
			}
		}
	})
}

// readsAll says that a step of a plan reads every row of a table. The whole of a partial index of open work may be read, and what
// the statement itself made: "anchor", "w" and a constant row.
func readsAll(step string) bool {
	if of, ok := strings.CutPrefix(step, "SCAN "); ok {
		return of != "CONSTANT ROW" && of != "anchor" && of != "w" &&
			!strings.Contains(of, "conversations_unstepped") && !strings.Contains(of, "outbox_live")
	}
	return strings.HasPrefix(step, "Seq Scan")
}

func explain(t *testing.T, d *db.DB, query string, args ...any) (string, error) {
	t.Helper()
	var plan strings.Builder
	err := d.Do(t.Context(), func(tx *db.Tx) error {
		prefix := "EXPLAIN QUERY PLAN "
		if tx.Dialect() == db.Postgres {
			prefix = "EXPLAIN (COSTS OFF) "
		}
		rows, err := tx.Query(prefix+query, args...)
		if err != nil {
			return err
		}
		for rows.Next() {
			var step string
			into := []any{&step}
			if tx.Dialect() == db.SQLite {
				var id, parent, unused int64
				into = []any{&id, &parent, &unused, &step}
			}
			if err := rows.Scan(into...); err != nil {
				return errors.Join(err, rows.Close())
			}
			plan.WriteString(step + "\n")
		}
		return rows.Err()
	})
	return plan.String(), err
}
