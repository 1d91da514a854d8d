package store

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
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
	everything, args := queueQuery(dialog.QueueFilter{Prison: "p", Worker: "w", Teams: []dialog.TeamID{"t"}, Prisons: []dialog.PrisonID{"p", "q"}, Holder: "w", Waiting: []dialog.Waiting{dialog.WaitingRisk, dialog.WaitingVoice}})
	type row = struct {
		query string
		args  []any
		index []string
	}
	return map[string]row{
		"situation by address": {situationByAddress, []any{"l", "SM1", "+4420", "sms"},
			[]string{"people_address", "conversations_open", "concerns_open"}},
		"person known": {selectPersonKnown, []any{"+4420", "sms"}, []string{"people_address"}},
		"accepted":     {selectAccepted, []any{"l", "SM1"}, nil},
		"situation by call": {situationByCall, []any{"l", "SM1", "+4420", "sms", "CA20"},
			[]string{"people_address", "conversations_open", "conversations_call", "concerns_open"}},
		"latest conversation": {selectLatestConversation, []any{"l", "+4420", "sms"}, []string{"people_address", "conversations_person"}},
		"conversation":        {selectConversation, []any{"c20"}, nil},
		"person":              {selectPerson, []any{"p20"}, nil},
		"events":              {selectEvents, []any{"c20", 1, 10}, nil},
		"event by client id":  {selectEventByClientID, []any{"c20", "b20"}, []string{"events_client"}},
		"concern":             {selectConcern, []any{"k20"}, nil},
		"concerns":            {selectConcerns, []any{"c20"}, []string{"concerns_conversation"}},
		"concerns about":      {selectConcernsAbout, []any{"x20"}, []string{"concerns_prisoner"}},
		"concerns numbered":   {selectConcernsNumbered, []any{"A1234BC"}, []string{"concerns_number"}},
		"concerns at":         {selectConcernsAt, []any{"p", 1900}, []string{"concerns_prison"}},
		"obligations":         {selectObligations, []any{"k20"}, nil},
		"queue": {selectQueue + queueOrder + "$1", []any{200},
			[]string{"conversations_queue", "concerns_open", "outbox_trouble", "recordings_conversation"}},
		"queue, filtered":     {everything, args, []string{"conversations_queue"}},
		"leaving":             {selectLeaving, []any{"c20"}, []string{"outbox_live"}},
		"outbox queued":       {selectOutboxQueued, []any{"c20"}, []string{"outbox_live"}},
		"outbox due":          {selectOutboxDue, []any{1_000_000, 10}, []string{"outbox_live"}},
		"outbox":              {selectOutbox, []any{"c20"}, []string{"outbox_conversation"}},
		"outbox item":         {selectOutboxItem, []any{"o20"}, nil},
		"outbox by provider":  {selectOutboxByProviderID, []any{"SMO20"}, []string{"outbox_provider"}},
		"withdraw bot lines":  {withdrawBotLines, []any{"c20", 1}, []string{"outbox_live"}},
		"withdraw lines":      {withdrawLines, []any{"c20", 1}, []string{"outbox_live"}},
		"update outbox":       {updateOutbox, []any{"o1000", "queued", "sent", 1, 0, "SM1", "", 1}, nil},
		"recording":           {selectRecording, []any{"r20"}, nil},
		"recordings":          {selectRecordings, []any{"c20"}, []string{"recordings_conversation"}},
		"recordings due":      {selectRecordingsDue, []any{1_000_000, 10}, []string{"recordings_due"}},
		"unstepped":           {selectUnstepped, []any{10}, []string{"conversations_unstepped"}},
		"alarms":              {selectAlarms, []any{"c20"}, []string{"alarms_conversation"}},
		"alarm of":            {selectAlarmOf, []any{"k20"}, []string{"alarms_running"}},
		"alarms due":          {selectAlarmsDue, []any{100, 10}, []string{"alarms_due"}},
		"alarm next":          {selectAlarmNext, nil, []string{"alarms_due", "staff_notices_due"}},
		"unwatched concerns":  {selectUnwatchedConcerns, []any{10}, []string{"concerns_unsettled", "alarms_running"}},
		"unwatched duties":    {selectUnwatchedDuties, []any{10, "act"}, []string{"concerns_unsettled", "alarms_running"}},
		"unwatched recording": {selectUnwatchedRecordings, []any{10}, []string{"recordings_unheard", "alarms_running"}},
		"unwatched waits":     {selectUnwatchedWaits, []any{10}, []string{"conversations_queue", "alarms_running"}},
		"notices":             {selectStaffNotices, []any{"c20"}, []string{"staff_notices_conversation"}},
		"notices of":          {selectStaffNoticesOf, []any{"a20"}, []string{"staff_notices_alarm"}},
		"notices sent":        {selectStaffNoticesSent, []any{"SM20"}, []string{"staff_notices_provider"}},
		"notices due":         {selectStaffNoticesDue, []any{100, 10}, []string{"staff_notices_due"}},
		"opt out":             {setOptedOut, []any{"p20", 1}, nil},
		"line test":           {selectLineTest, []any{"x20"}, nil},
		"line test marked":    {selectLineTestMarked, []any{"m20"}, []string{"line_tests_mark"}},
		"line test of":        {selectLineTestOf, []any{"c20"}, []string{"line_tests_conversation"}},
		"line tests pending":  {selectLineTestsPending, []any{10}, []string{"line_tests_pending"}},
		"latest line test":    {selectLatestLineTest, []any{"sms", ""}, []string{"line_tests_of"}},
		"latest good test":    {selectLatestGoodLineTest, []any{"sms", ""}, []string{"line_tests_good"}},
		"line worked at":      {selectLineWorkedAt, []any{"sms"}, []string{"line_tests_worked"}},
		"line tests between":  {selectLineTestsBetween, []any{100, 200}, []string{"line_tests_started"}},
		"line tests due":      {selectLineTestsDue, nil, nil},
		"any waiting":         {selectAnyWaiting, nil, []string{"conversations_queue"}},
		"any unheard":         {selectAnyUnheard, nil, []string{"recordings_unheard", "concerns_conversation"}},
		"list state":          {selectListState, []any{"waiting"}, nil},
		"list days":           {selectListDays, []any{"waiting", "2026-03-02", "2026-03-05"}, nil},
		"judged":              {selectJudged, []any{100}, []string{"events_judged"}},
		"missed":              {selectMissed, []any{100, 200}, []string{"events_missed"}},
		"report concerns":     {selectReportConcerns, []any{100, 200}, []string{"concerns_opened"}},
		"report alarms":       {selectReportAlarms, []any{100, 200}, []string{"alarms_raised"}},
		"update conversation": {updateConversation, []any{"c20", "bot", "", "", 2, 1, 1, 1, "", 0, "", 0, "", "", "", 1, 0, -1, 0, 0, "", 1}, nil},
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
		'', CASE WHEN n % 50 = 0 THEN 0 ELSE n END, n FROM generate_series(1, 5000) n`,
	`INSERT INTO alarms SELECT 'a' || n, 'c' || n % 5000, 'concern', 'k' || n, 'urgent', 1, CASE WHEN n % 200 = 0 THEN 'due' ELSE 'raised' END, n, n, n
		FROM generate_series(1, 20000) n`,
	`INSERT INTO line_tests SELECT 'x' || n, CASE WHEN n % 2 = 0 THEN 'sms' ELSE 'chat' END, 'sms', '', 'm' || n, 1, n, '', 'c' || n, n,
		CASE WHEN n % 10 = 0 THEN 0 ELSE n END, CASE WHEN n % 500 = 0 THEN 0 ELSE n END, '', '', 0, '' FROM generate_series(1, 20000) n`,
	`INSERT INTO list_days SELECT 'waiting', to_char(DATE '2020-01-01' + n, 'YYYY-MM-DD'), n FROM generate_series(1, 3000) n`,
	`INSERT INTO staff_notices SELECT 'n' || n, 'a' || n, 'c' || n % 5000, 'sms', '+44', CASE WHEN n % 1000 = 0 THEN 'queued' ELSE 'sent' END, 1, n, '', '', n, n
		FROM generate_series(1, 20000) n`,
}

// TestNothingIsLookedForInAWholeTable holds the promise that a lookup costs the same however old the database is. SQLite tells
// how it would go about it; PostgreSQL, whose choice depends on what it knows of the tables, is made to do it on an old
// database, first before it has counted anything.
func TestNothingIsLookedForInAWholeTable(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		d := migrated(t, dbtest.SQLite(t))
		for name, h := range hot() {
			plan := explain(t, d, "EXPLAIN QUERY PLAN "+h.query, h.args...)
			for step := range strings.SplitSeq(plan, "\n") {
				if readsAll(step) {
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
	t.Run("postgres", func(t *testing.T) {
		d := migrated(t, dbtest.Postgres(t))
		queue(t, d, age...)
		for _, known := range []string{"nothing counted", "all counted"} {
			if known == "all counted" {
				queue(t, d, "ANALYZE") //nolint:misspell // SQL spells it so
			}
			for name, h := range hot() {
				plan := explain(t, d, "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) "+h.query, h.args...) //nolint:misspell // SQL spells it so
				if n := rowsTouched(t, plan); n > 1000 {
					t.Errorf("%s, %s: a step goes through %d rows\n%s", name, known, n, plan)
				}
			}
		}
	})
}

func migrated(t *testing.T, d *db.DB) *db.DB {
	t.Helper()
	if err := db.Migrate(t.Context(), d, Migrations); err != nil {
		t.Fatal(err)
	}
	return d
}

func queue(t *testing.T, d *db.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if err := d.Do(t.Context(), func(tx *db.Tx) error { return tx.Queue(s) }); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// readsAll says that a step of SQLite's plan reads every row of a table. The whole of a partial index of open work may be
// read, and what the statement itself made.
func readsAll(step string) bool {
	of, scan := strings.CutPrefix(step, "SCAN ")
	return scan && !slices.Contains([]string{"CONSTANT ROW", "a", "b", "w", "found"}, of) &&
		!slices.ContainsFunc([]string{"conversations_unstepped", "outbox_live", "concerns_unsettled", "recordings_unheard", "alarms_due", "staff_notices_due", "line_tests_pending"},
			func(index string) bool { return strings.Contains(of, index) })
}

var touched = regexp.MustCompile(`actual rows=(\d+) loops=(\d+)|Rows Removed by [\w ]+: (\d+)`)

// rowsTouched is the largest number of rows that one step of PostgreSQL's plan went through.
func rowsTouched(t *testing.T, plan string) int {
	t.Helper()
	most := -1
	for _, m := range touched.FindAllStringSubmatch(plan, -1) {
		n := 1
		for _, digits := range m[1:] {
			if digits == "" {
				continue
			}
			f, err := strconv.Atoi(digits)
			if err != nil {
				t.Fatal(err)
			}
			n *= f
		}
		most = max(most, n)
	}
	if most < 0 {
		t.Fatalf("no step tells its rows:\n%s", plan)
	}
	return most
}

func explain(t *testing.T, d *db.DB, query string, args ...any) string {
	t.Helper()
	var plan strings.Builder
	if err := d.Do(t.Context(), func(tx *db.Tx) error {
		rows, err := tx.Query(query, args...)
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
	}); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return plan.String()
}
