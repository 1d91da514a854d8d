package store

import (
	"time"

	"helpline/dialog"
	"helpline/internal/db"
)

// personColumns are read through COALESCE, as those of the other tables are, so that the same list serves a LEFT JOIN that
// found nothing. The order is that of personInto.
const personColumns = `COALESCE(p.id, ''), COALESCE(p.medium, ''), COALESCE(p.value, ''),
	COALESCE(p.opted_out_at, 0), COALESCE(p.created_at, 0)`

func personInto(p *dialog.Person) []any {
	return []any{
		(*string)(&p.ID), (*string)(&p.Address.Medium), &p.Address.Value,
		db.ScanTime(&p.OptedOutAt), db.ScanTime(&p.CreatedAt),
	}
}

const selectPerson = `SELECT ` + personColumns + ` FROM people p WHERE p.id = $1`

// Person reads one person.
func (r *reader) Person(id dialog.PersonID) (dialog.Person, error) {
	return one(r, "read person "+string(id), personInto, selectPerson, string(id))
}

const insertPerson = `INSERT INTO people (id, medium, value, opted_out_at, created_at) VALUES ($1, $2, $3, $4, $5)`

// InsertPerson adds a person; dialog.ErrStale when the address has one by now.
func (t *transaction) InsertPerson(p dialog.Person) error {
	return t.write(insertPerson, string(p.ID), text(p.Address.Medium), text(p.Address.Value), db.Millis(p.OptedOutAt), db.Millis(p.CreatedAt))
}

const setOptedOut = `UPDATE people SET opted_out_at = $2 WHERE id = $1`

// SetOptedOut notes that the person wants no more messages, or with the zero time that they do.
func (t *transaction) SetOptedOut(id dialog.PersonID, at time.Time) error {
	return t.must(refusedNotFound, setOptedOut, string(id), db.Millis(at))
}

const conversationColumns = `COALESCE(c.id, ''), COALESCE(c.ref, ''), COALESCE(c.line, ''), COALESCE(c.medium, ''), COALESCE(c.person, ''),
	COALESCE(c.holder, ''), COALESCE(c.worker, ''), COALESCE(c.worker_name, ''),
	COALESCE(c.version, 0), COALESCE(c.last_seq, 0), COALESCE(c.last_in_seq, 0), COALESCE(c.answered_seq, 0), COALESCE(c.settled_seq, 0),
	COALESCE(c.state, ''), COALESCE(c.level, 0), COALESCE(c.waiting, ''), COALESCE(c.waiting_since, 0),
	COALESCE(c.prison, ''), COALESCE(c.jurisdiction, ''), COALESCE(c.call_id, ''), COALESCE(c.team, ''), COALESCE(c.test, FALSE),
	COALESCE(c.opened_at, 0), COALESCE(c.last_at, 0), COALESCE(c.closed_at, 0)`

func conversationInto(c *dialog.Conversation) []any {
	return []any{
		(*string)(&c.ID), &c.Ref, (*string)(&c.Line), (*string)(&c.Medium), (*string)(&c.Person),
		(*string)(&c.Holder.Kind), (*string)(&c.Holder.Worker), &c.Holder.Name,
		&c.Version, &c.LastSeq, &c.LastInSeq, &c.AnsweredSeq, &c.SettledSeq,
		rawInto{&c.State}, (*int)(&c.Level), (*string)(&c.Waiting), db.ScanTime(&c.WaitingSince),
		(*string)(&c.Prison), (*string)(&c.Jurisdiction), &c.CallID, (*string)(&c.Team), &c.Test,
		db.ScanTime(&c.OpenedAt), db.ScanTime(&c.LastAt), db.ScanTime(&c.ClosedAt),
	}
}

const selectConversation = `SELECT ` + conversationColumns + ` FROM conversations c WHERE c.id = $1`

// Conversation reads one conversation.
func (r *reader) Conversation(id dialog.ConversationID) (dialog.Conversation, error) {
	return one(r, "read conversation "+string(id), conversationInto, selectConversation, string(id))
}

const selectLatestConversation = `SELECT ` + conversationColumns + ` FROM conversations c
	WHERE c.person = (SELECT p.id FROM people p WHERE p.value = $2 AND p.value <> '' AND p.medium = $3) AND c.line = $1
	ORDER BY c.opened_at DESC LIMIT 1`

// LatestConversation reads the newest conversation of an address on a line. A withheld caller has none to be found by.
func (r *reader) LatestConversation(line dialog.LineID, from dialog.Address) (dialog.Conversation, error) {
	return one(r, "read the latest conversation", conversationInto, selectLatestConversation,
		text(line), text(from.Value), text(from.Medium))
}

const insertConversation = `INSERT INTO conversations (id, ref, line, medium, person,
	holder, worker, worker_name, version, last_seq, last_in_seq, answered_seq, state, level, waiting, waiting_since,
	prison, jurisdiction, call_id, opened_at, last_at, closed_at, urgency, unstepped, settled_seq, team, test) VALUES
	($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27)`

// InsertConversation adds a conversation; dialog.ErrStale when the person has an open one on the line by now, when the call has,
// or when the reference number is taken.
func (t *transaction) InsertConversation(c dialog.Conversation) error {
	return t.write(insertConversation, conversationArgs(c)...)
}

// updateConversation leaves alone what never changes: id, ref, line, medium, person, test and opened_at.
const updateConversation = `UPDATE conversations SET holder = $2, worker = $3, worker_name = $4,
	version = $5, last_seq = $6, last_in_seq = $7, answered_seq = $8, state = $9, level = $10, waiting = $11, waiting_since = $12,
	prison = $13, jurisdiction = $14, call_id = $15, last_at = $16, closed_at = $17, urgency = $18, unstepped = $19, settled_seq = $20, team = $21
	WHERE id = $1 AND version = $22`

// UpdateConversation writes what may change of c; dialog.ErrStale unless the stored version is expected.
func (t *transaction) UpdateConversation(c dialog.Conversation, expected int64) error {
	return t.must(refusedStale, updateConversation, string(c.ID),
		string(c.Holder.Kind), string(c.Holder.Worker), text(c.Holder.Name),
		c.Version, c.LastSeq, c.LastInSeq, c.AnsweredSeq, rawText(c.State), int64(c.Level), string(c.Waiting), db.Millis(c.WaitingSince),
		string(c.Prison), string(c.Jurisdiction), text(c.CallID), db.Millis(c.LastAt), db.Millis(c.ClosedAt), urgency(c), unstepped(c), c.SettledSeq,
		string(c.Team), expected)
}

func conversationArgs(c dialog.Conversation) []any {
	return []any{
		string(c.ID), text(c.Ref), text(c.Line), text(c.Medium), string(c.Person),
		string(c.Holder.Kind), string(c.Holder.Worker), text(c.Holder.Name),
		c.Version, c.LastSeq, c.LastInSeq, c.AnsweredSeq, rawText(c.State), int64(c.Level), string(c.Waiting), db.Millis(c.WaitingSince),
		string(c.Prison), string(c.Jurisdiction), text(c.CallID),
		db.Millis(c.OpenedAt), db.Millis(c.LastAt), db.Millis(c.ClosedAt), urgency(c), unstepped(c), c.SettledSeq, string(c.Team), c.Test,
	}
}

// unstepped is 1 where the bot owes a turn.
func unstepped(c dialog.Conversation) int64 {
	if c.Open() && c.Holder.Kind == dialog.Bot && c.LastInSeq > c.AnsweredSeq {
		return 1
	}
	return 0
}

const selectUnstepped = `SELECT c.id FROM conversations c WHERE c.unstepped = 1 ORDER BY c.id LIMIT $1`

// Unstepped lists open conversations that the bot holds and whose newest words no turn has dealt with.
func (r *reader) Unstepped(limit int) ([]dialog.ConversationID, error) {
	return all(r, "list conversations that are owed a turn", conversationIDInto, selectUnstepped, limit)
}

func conversationIDInto(id *dialog.ConversationID) []any { return []any{(*string)(id)} }
