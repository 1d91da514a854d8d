package store

import (
	"time"

	"helpline/dialog"
	"helpline/internal/db"
)

const alarmColumns = `a.id, a.conversation, a.matter, a.subject, a.pace, a.step, a.state, a.began, a.due_at, a.raised_at`

func alarmInto(a *dialog.Alarm) []any {
	return []any{
		(*string)(&a.ID), (*string)(&a.Conversation), (*string)(&a.Matter), &a.Subject, (*string)(&a.Pace), (*int)(&a.Step),
		(*string)(&a.State), db.ScanTime(&a.Began), db.ScanTime(&a.DueAt), db.ScanTime(&a.RaisedAt),
	}
}

const insertAlarm = `INSERT INTO alarms (id, conversation, matter, subject, pace, step, state, began, due_at, raised_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

// InsertAlarm begins a clock or its next step; dialog.ErrStale when the matter has one that is due.
func (t *transaction) InsertAlarm(a dialog.Alarm) error {
	return t.write(insertAlarm, string(a.ID), string(a.Conversation), string(a.Matter), a.Subject, string(a.Pace), int64(a.Step),
		string(a.State), db.Millis(a.Began), db.Millis(a.DueAt), db.Millis(a.RaisedAt))
}

const updateAlarm = `UPDATE alarms SET pace = $2, state = $3, began = $4, due_at = $5, raised_at = $6 WHERE id = $1 AND state = 'due'`

// UpdateAlarm writes what may change of a step; dialog.ErrStale unless it is still due.
func (t *transaction) UpdateAlarm(a dialog.Alarm) error {
	return t.must(refusedStale, updateAlarm, string(a.ID), string(a.Pace), string(a.State), db.Millis(a.Began), db.Millis(a.DueAt), db.Millis(a.RaisedAt))
}

const selectAlarm = `SELECT ` + alarmColumns + ` FROM alarms a WHERE a.id = $1`

// Alarm reads one step.
func (r *reader) Alarm(id dialog.AlarmID) (dialog.Alarm, error) {
	return one(r, "read alarm "+string(id), alarmInto, selectAlarm, string(id))
}

const selectAlarms = `SELECT ` + alarmColumns + ` FROM alarms a WHERE a.conversation = $1 ORDER BY a.due_at, a.id`

// Alarms reads those of a conversation in the order in which they came due.
func (r *reader) Alarms(id dialog.ConversationID) ([]dialog.Alarm, error) {
	return all(r, "read the alarms of "+string(id), alarmInto, selectAlarms, string(id))
}

const selectAlarmOf = `SELECT ` + alarmColumns + ` FROM alarms a WHERE a.subject = $1 AND a.state = 'due'`

// AlarmOf reads the step of a matter's clock that is due next.
func (r *reader) AlarmOf(subject string) (dialog.Alarm, error) {
	return one(r, "read the clock of "+subject, alarmInto, selectAlarmOf, subject)
}

const selectAlarmsDue = `SELECT ` + alarmColumns + ` FROM alarms a WHERE a.state = 'due' AND a.due_at <= $1 ORDER BY a.due_at, a.id LIMIT $2`

// AlarmsDue lists steps whose time has come.
func (r *reader) AlarmsDue(now time.Time, limit int) ([]dialog.Alarm, error) {
	return all(r, "list alarms that are due", alarmInto, selectAlarmsDue, db.Millis(now), limit)
}

// selectAlarmNext asks each index for its first entry.
const selectAlarmNext = `SELECT
	COALESCE((SELECT a.due_at FROM alarms a WHERE a.state = 'due' ORDER BY a.due_at, a.id LIMIT 1), 0),
	COALESCE((SELECT n.next_at FROM staff_notices n WHERE n.state IN ('queued', 'sending') ORDER BY n.next_at, n.id LIMIT 1), 0)`

// AlarmNext is when a step or a notice is due next; zero when none is.
func (r *reader) AlarmNext() (time.Time, error) {
	type pair struct{ alarm, notice time.Time }
	p, err := one(r, "read when an alarm is due", func(p *pair) []any {
		return []any{db.ScanTime(&p.alarm), db.ScanTime(&p.notice)}
	}, selectAlarmNext)
	switch {
	case err != nil:
		return time.Time{}, err
	case p.alarm.IsZero(), !p.notice.IsZero() && p.notice.Before(p.alarm):
		return p.notice, nil
	}
	return p.alarm, nil
}

// running is the predicate of a clock that runs for a subject.
const running = `EXISTS (SELECT 1 FROM alarms a WHERE a.state = 'due' AND a.subject = `

// ofATest is whether a conversation is a test of a line, of which only its failure has a clock.
const ofATest = `(SELECT t.test FROM conversations t WHERE t.id = `

// selectUnwatchedConcerns leaves out those that were acknowledged. A clock runs
// at the pace that was the concern's when it began: one that has become worse is listed too. What belongs to a concern is asked for
// in sub-queries that give one value: from a join PostgreSQL may begin with every duty there ever was.
const selectUnwatchedConcerns = `SELECT ` + concernColumns + ` FROM concerns k
	WHERE k.closed_at = 0 AND k.level > 0 AND NOT ` + ofATest + `k.conversation)
	AND (SELECT o.state FROM obligations o WHERE o.concern = k.id AND o.kind = 'acknowledge') = 'open'
	AND NOT ` + running + `k.id AND (a.pace = 'immediate' OR k.level < 3) AND (a.pace <> 'concern' OR k.level < 2))
	ORDER BY k.id LIMIT $1`

// UnwatchedConcerns lists open concerns that nobody has acknowledged and that no clock of their pace runs for.
func (r *reader) UnwatchedConcerns(limit int) ([]dialog.Concern, error) {
	return all(r, "list concerns without a clock", concernInto, selectUnwatchedConcerns, limit)
}

// selectUnwatchedDuties asks as the statement above does. The pace of feeding back is the same at every level, and a recording that
// nobody heard has a clock of its own.
const selectUnwatchedDuties = `SELECT ` + concernColumns + ` FROM concerns k
	WHERE k.closed_at = 0 AND NOT ` + ofATest + `k.conversation)
	AND (SELECT o.state FROM obligations o WHERE o.concern = k.id AND o.kind = $2) = 'open'
	AND ($2 <> 'listen' OR COALESCE((SELECT MIN(r.listened_at) FROM recordings r WHERE r.conversation = k.conversation), 1) > 0)
	AND (k.level = 0 OR COALESCE((SELECT o.state FROM obligations o WHERE o.concern = k.id AND o.kind = 'acknowledge'), '') <> 'open')
	AND NOT ` + running + `k.id || '/' || $2
		AND ($2 = 'feed_back' OR (a.pace = 'immediate' OR k.level < 3) AND (a.pace <> 'concern' OR k.level < 2)))
	ORDER BY k.id LIMIT $1`

// UnwatchedDuties lists concerns with an open duty of a kind that no clock runs for.
func (r *reader) UnwatchedDuties(kind dialog.ObligationKind, limit int) ([]dialog.Concern, error) {
	return all(r, "list duties without a clock", concernInto, selectUnwatchedDuties, limit, string(kind))
}

// selectUnwatchedRecordings leaves out those whose listening was settled for the concern.
const selectUnwatchedRecordings = `SELECT ` + recordingColumns + ` FROM recordings r
	WHERE r.listened_at = 0 AND NOT ` + ofATest + `r.conversation)
	AND COALESCE((SELECT MAX((SELECT o.at FROM obligations o WHERE o.concern = k.id AND o.kind = 'listen' AND o.state = 'excused'))
		FROM concerns k WHERE k.conversation = r.conversation), -1) < r.created_at
	AND NOT ` + running + `r.id) ORDER BY r.id LIMIT $1`

// UnwatchedRecordings lists recordings that nobody listened to and that no clock runs for.
func (r *reader) UnwatchedRecordings(limit int) ([]dialog.Recording, error) {
	return all(r, "list recordings without a clock", recordingInto, selectUnwatchedRecordings, limit)
}

// selectUnwatchedWaits reads the index of the staff's list, as the queue does.
const selectUnwatchedWaits = `SELECT ` + conversationColumns + ` FROM conversations c
	WHERE c.urgency >= 0 AND NOT c.test AND (c.answered_seq < c.last_in_seq OR c.waiting IN ('person', 'reply', 'review')
		OR c.waiting = 'delivery' AND NOT EXISTS (SELECT 1 FROM alarms l WHERE l.conversation = c.id AND l.state = 'due' AND l.matter = 'line')
		OR c.waiting = 'risk' AND NOT EXISTS (SELECT 1 FROM concerns k WHERE k.conversation = c.id AND k.closed_at = 0))
	AND NOT ` + running + `c.id) ORDER BY c.urgency, c.waiting_since, c.id LIMIT $1`

// UnwatchedWaits lists conversations in which somebody waits for a person and that no clock runs for.
func (r *reader) UnwatchedWaits(limit int) ([]dialog.Conversation, error) {
	return all(r, "list waits without a clock", conversationInto, selectUnwatchedWaits, limit)
}

const noticeColumns = `n.id, n.alarm, n.conversation, n.way, n.address, n.state, n.attempts, n.next_at, n.provider_id, n.code,
	n.created_at, n.updated_at`

func noticeInto(n *dialog.StaffNotice) []any {
	return []any{
		(*string)(&n.ID), (*string)(&n.Alarm), (*string)(&n.Conversation), (*string)(&n.To.Way), &n.To.Value, (*string)(&n.State),
		&n.Attempts, db.ScanTime(&n.NextAt), &n.ProviderID, &n.Code, db.ScanTime(&n.CreatedAt), db.ScanTime(&n.UpdatedAt),
	}
}

const insertStaffNotice = `INSERT INTO staff_notices (id, alarm, conversation, way, address, state, attempts, next_at, provider_id, code,
	created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`

// InsertStaffNotices adds notices to be sent.
func (t *transaction) InsertStaffNotices(notices ...dialog.StaffNotice) error {
	for _, n := range notices {
		if err := t.write(insertStaffNotice, string(n.ID), string(n.Alarm), string(n.Conversation), string(n.To.Way), text(n.To.Value),
			string(n.State), int64(n.Attempts), db.Millis(n.NextAt), text(n.ProviderID), text(n.Code), db.Millis(n.CreatedAt),
			db.Millis(n.UpdatedAt)); err != nil {
			return err
		}
	}
	return nil
}

const updateStaffNotice = `UPDATE staff_notices SET state = $4, attempts = $5, next_at = $6, provider_id = $7, code = $8, updated_at = $9
	WHERE id = $1 AND state = $2 AND attempts = $3`

// UpdateStaffNotice writes how far a notice has come; dialog.ErrStale unless its stored state and attempts are those.
func (t *transaction) UpdateStaffNotice(n dialog.StaffNotice, from dialog.NoticeState, attempts int) error {
	return t.must(refusedStale, updateStaffNotice, string(n.ID), string(from), int64(attempts), string(n.State), int64(n.Attempts),
		db.Millis(n.NextAt), text(n.ProviderID), text(n.Code), db.Millis(n.UpdatedAt))
}

const selectStaffNotice = `SELECT ` + noticeColumns + ` FROM staff_notices n WHERE n.id = $1`

// StaffNotice reads one notice.
func (r *reader) StaffNotice(id dialog.NoticeID) (dialog.StaffNotice, error) {
	return one(r, "read notice "+string(id), noticeInto, selectStaffNotice, string(id))
}

const selectStaffNotices = `SELECT ` + noticeColumns + ` FROM staff_notices n WHERE n.conversation = $1 ORDER BY n.created_at, n.id`

// StaffNotices reads those of a conversation, oldest first.
func (r *reader) StaffNotices(id dialog.ConversationID) ([]dialog.StaffNotice, error) {
	return all(r, "read the notices of "+string(id), noticeInto, selectStaffNotices, string(id))
}

const selectStaffNoticesOf = `SELECT ` + noticeColumns + ` FROM staff_notices n WHERE n.alarm = $1 ORDER BY n.id`

// StaffNoticesOf reads those of one step.
func (r *reader) StaffNoticesOf(id dialog.AlarmID) ([]dialog.StaffNotice, error) {
	return all(r, "read the notices of alarm "+string(id), noticeInto, selectStaffNoticesOf, string(id))
}

const selectStaffNoticesSent = `SELECT ` + noticeColumns + ` FROM staff_notices n WHERE n.provider_id = $1 AND n.provider_id <> '' ORDER BY n.id`

// StaffNoticesSent reads those that went together as one message of the provider.
func (r *reader) StaffNoticesSent(providerID string) ([]dialog.StaffNotice, error) {
	return all(r, "read notices by the provider's id", noticeInto, selectStaffNoticesSent, text(providerID))
}

const selectStaffNoticesDue = `SELECT ` + noticeColumns + ` FROM staff_notices n
	WHERE n.state IN ('queued', 'sending') AND n.next_at <= $1 ORDER BY n.next_at, n.id LIMIT $2`

// StaffNoticesDue lists notices that are to be sent now, the longest due first.
func (r *reader) StaffNoticesDue(now time.Time, limit int) ([]dialog.StaffNotice, error) {
	return all(r, "list notices that are due", noticeInto, selectStaffNoticesDue, db.Millis(now), limit)
}
