package store

import (
	"time"

	"helpline/dialog"
	"helpline/internal/db"
)

const recordingColumns = `r.id, r.conversation, r.seq, r.provider_id, r.url, r.state, r.attempts, r.next_at, r.seconds, r.file,
	r.transcript, r.engine, r.listened_by, r.listened_at, r.created_at`

func recordingInto(r *dialog.Recording) []any {
	return []any{
		(*string)(&r.ID), (*string)(&r.Conversation), &r.Seq, &r.ProviderID, &r.URL, (*string)(&r.State), &r.Attempts, db.ScanTime(&r.NextAt),
		&r.Seconds, &r.File, &r.Transcript, &r.Engine, (*string)(&r.ListenedBy), db.ScanTime(&r.ListenedAt), db.ScanTime(&r.CreatedAt),
	}
}

const insertRecording = `INSERT INTO recordings (id, conversation, seq, provider_id, created_at, url, state, attempts, next_at, seconds, file,
	transcript, engine, listened_by, listened_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`

// InsertRecording adds a recording.
func (t *transaction) InsertRecording(r dialog.Recording) error {
	args := []any{string(r.ID), string(r.Conversation), r.Seq, text(r.ProviderID), db.Millis(r.CreatedAt)}
	return t.write(insertRecording, append(args, recordingChanges(r)...)...)
}

// updateRecording leaves alone what never changes: id, conversation, seq, provider_id and created_at.
const updateRecording = `UPDATE recordings SET url = $3, state = $4, attempts = $5, next_at = $6, seconds = $7, file = $8, transcript = $9,
	engine = $10, listened_by = $11, listened_at = $12 WHERE id = $1 AND state = $2`

// UpdateRecording writes what may change of r; dialog.ErrStale unless its stored state is from. From a state to the same one it cannot tell
// two writers apart.
func (t *transaction) UpdateRecording(r dialog.Recording, from dialog.RecordingState) error {
	return t.must(refusedStale, updateRecording, append([]any{string(r.ID), string(from)}, recordingChanges(r)...)...)
}

// recordingChanges are the columns that both statements end in.
func recordingChanges(r dialog.Recording) []any {
	return []any{
		text(r.URL), string(r.State), int64(r.Attempts), db.Millis(r.NextAt), int64(r.Seconds), text(r.File), text(r.Transcript), text(r.Engine),
		string(r.ListenedBy), db.Millis(r.ListenedAt),
	}
}

const selectRecording = `SELECT ` + recordingColumns + ` FROM recordings r WHERE r.id = $1`

// Recording reads one recording.
func (r *reader) Recording(id dialog.RecordingID) (dialog.Recording, error) {
	return one(r, "read recording "+string(id), recordingInto, selectRecording, string(id))
}

const selectRecordings = `SELECT ` + recordingColumns + ` FROM recordings r WHERE r.conversation = $1 ORDER BY r.seq, r.id`

// Recordings reads those of a conversation in their order.
func (r *reader) Recordings(id dialog.ConversationID) ([]dialog.Recording, error) {
	return all(r, "read recordings of "+string(id), recordingInto, selectRecordings, string(id))
}

// selectRecordingsDue repeats the predicate of the index recordings_due word for word: SQLite takes an index only then.
const selectRecordingsDue = `SELECT ` + recordingColumns + ` FROM recordings r
	WHERE r.state IN ('to_fetch', 'stored') AND r.next_at <= $1 ORDER BY r.next_at, r.id LIMIT $2`

// RecordingsDue lists recordings that are to be fetched or transcribed now, the longest due first.
func (r *reader) RecordingsDue(now time.Time, limit int) ([]dialog.Recording, error) {
	return all(r, "list recordings that are due", recordingInto, selectRecordingsDue, db.Millis(now), limit)
}
