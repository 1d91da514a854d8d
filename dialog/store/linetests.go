package store

import (
	"time"

	"helpline/dialog"
	"helpline/internal/db"
)

const lineTestColumns = `x.id, x.line, x.medium, x.prison, x.mark, x.version, x.started_at, x.started_by, x.conversation,
	x.arrived_at, x.out_at, x.seen_at, x.seen_by, x.seen_name, x.failed_at, x.failure`

func lineTestInto(t *dialog.LineTest) []any {
	return []any{
		(*string)(&t.ID), (*string)(&t.Line), (*string)(&t.Medium), (*string)(&t.Prison), &t.Mark, &t.Version,
		db.ScanTime(&t.StartedAt), &t.StartedBy, (*string)(&t.Conversation), db.ScanTime(&t.ArrivedAt), db.ScanTime(&t.OutAt),
		db.ScanTime(&t.SeenAt), (*string)(&t.SeenBy), &t.SeenName, db.ScanTime(&t.FailedAt), &t.Failure,
	}
}

const insertLineTest = `INSERT INTO line_tests (id, line, medium, prison, mark, started_at, started_by, version, conversation, arrived_at, out_at,
	seen_at, seen_by, seen_name, failed_at, failure) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`

// InsertLineTest adds a test.
func (t *transaction) InsertLineTest(x dialog.LineTest) error {
	args := []any{string(x.ID), text(x.Line), text(x.Medium), text(x.Prison), x.Mark, db.Millis(x.StartedAt), text(x.StartedBy)}
	return t.write(insertLineTest, append(args, lineTestChanges(x)...)...)
}

// updateLineTest leaves alone what never changes: what is tested, when and by whom.
const updateLineTest = `UPDATE line_tests SET version = $3, conversation = $4, arrived_at = $5, out_at = $6, seen_at = $7, seen_by = $8,
	seen_name = $9, failed_at = $10, failure = $11 WHERE id = $1 AND version = $2`

// UpdateLineTest writes what may change of a test; dialog.ErrStale unless the stored version is expected.
func (t *transaction) UpdateLineTest(x dialog.LineTest, expected int64) error {
	return t.must(refusedStale, updateLineTest, append([]any{string(x.ID), expected}, lineTestChanges(x)...)...)
}

// lineTestChanges are the columns that both statements end in.
func lineTestChanges(x dialog.LineTest) []any {
	return []any{
		x.Version, string(x.Conversation), db.Millis(x.ArrivedAt), db.Millis(x.OutAt), db.Millis(x.SeenAt), string(x.SeenBy), text(x.SeenName),
		db.Millis(x.FailedAt), text(x.Failure),
	}
}

const selectLineTest = `SELECT ` + lineTestColumns + ` FROM line_tests x WHERE x.id = $1`

// LineTest reads one test.
func (r *reader) LineTest(id dialog.LineTestID) (dialog.LineTest, error) {
	return one(r, "read line test "+string(id), lineTestInto, selectLineTest, string(id))
}

const selectLineTestMarked = `SELECT ` + lineTestColumns + ` FROM line_tests x WHERE x.mark = $1 AND x.mark <> ''`

// LineTestMarked finds a test by the hash of its mark.
func (r *reader) LineTestMarked(hash string) (dialog.LineTest, error) {
	return one(r, "find a line test by its mark", lineTestInto, selectLineTestMarked, hash)
}

const selectLineTestOf = `SELECT ` + lineTestColumns + ` FROM line_tests x WHERE x.conversation = $1 AND x.conversation <> ''`

// LineTestOf finds the test of a conversation.
func (r *reader) LineTestOf(id dialog.ConversationID) (dialog.LineTest, error) {
	return one(r, "find the line test of "+string(id), lineTestInto, selectLineTestOf, string(id))
}

const selectLineTestsPending = `SELECT ` + lineTestColumns + ` FROM line_tests x WHERE x.seen_at = 0 AND x.failed_at = 0
	ORDER BY x.started_at, x.id LIMIT $1`

// LineTestsPending lists tests of which nothing is decided yet, the oldest first.
func (r *reader) LineTestsPending(limit int) ([]dialog.LineTest, error) {
	return all(r, "list pending line tests", lineTestInto, selectLineTestsPending, limit)
}

const selectLatestLineTest = `SELECT ` + lineTestColumns + ` FROM line_tests x WHERE x.line = $1 AND x.prison = $2
	ORDER BY x.started_at DESC LIMIT 1`

// LatestLineTest reads the newest of a line and prison.
func (r *reader) LatestLineTest(line dialog.LineID, prison dialog.PrisonID) (dialog.LineTest, error) {
	return one(r, "read the latest line test", lineTestInto, selectLatestLineTest, text(line), text(prison))
}

const selectLatestGoodLineTest = `SELECT ` + lineTestColumns + ` FROM line_tests x WHERE x.line = $1 AND x.prison = $2
	AND x.out_at > 0 AND x.seen_at > 0 ORDER BY x.started_at DESC LIMIT 1`

// LatestGoodLineTest reads the newest of a line and prison that came out and was acknowledged.
func (r *reader) LatestGoodLineTest(line dialog.LineID, prison dialog.PrisonID) (dialog.LineTest, error) {
	return one(r, "read the latest good line test", lineTestInto, selectLatestGoodLineTest, text(line), text(prison))
}

const selectLineWorkedAt = `SELECT COALESCE((SELECT x.started_at FROM line_tests x WHERE x.line = $1
	AND x.out_at > 0 AND x.seen_at > 0 ORDER BY x.started_at DESC LIMIT 1), 0)`

// LineWorkedAt is when the newest good test of a line began; zero when there was none.
func (r *reader) LineWorkedAt(line dialog.LineID) (time.Time, error) {
	return one(r, "read when a line worked", timeInto, selectLineWorkedAt, text(line))
}

func timeInto(t *time.Time) []any { return []any{db.ScanTime(t)} }

const selectLineTestsBetween = `SELECT ` + lineTestColumns + ` FROM line_tests x WHERE x.started_at >= $1 AND x.started_at < $2
	ORDER BY x.started_at, x.id`

// LineTestsBetween lists those that began in a period.
func (r *reader) LineTestsBetween(from, to time.Time) ([]dialog.LineTest, error) {
	return all(r, "list line tests", lineTestInto, selectLineTestsBetween, db.Millis(from), db.Millis(to))
}

const selectLineTestsDue = `SELECT d.at, d.asked_by FROM line_tests_due d WHERE d.id = 1`

// LineTestsDue is when the next tests are to be made, and who asked for them.
func (r *reader) LineTestsDue() (time.Time, string, error) {
	type due struct {
		at time.Time
		by string
	}
	d, err := one(r, "read when line tests are due", func(d *due) []any { return []any{db.ScanTime(&d.at), &d.by} }, selectLineTestsDue)
	return d.at, d.by, err
}

const updateLineTestsDue = `UPDATE line_tests_due SET at = $1, asked_by = $2 WHERE id = 1 AND at = $3`

// SetLineTestsDue writes when the next are to be made; dialog.ErrStale unless the stored time is still was.
func (t *transaction) SetLineTestsDue(at time.Time, by string, was time.Time) error {
	return t.must(refusedStale, updateLineTestsDue, db.Millis(at), text(by), db.Millis(was))
}
