package store

import (
	"slices"
	"time"

	"helpline/dialog"
	"helpline/internal/db"
)

const outboxColumns = `o.id, o.conversation, o.seq, o.line, o.person, o.text, o.from_bot, o.state, o.attempts, o.next_at,
	o.provider_id, o.code, o.created_at, o.updated_at`

func outboxInto(o *dialog.OutboxItem) []any {
	return []any{
		(*string)(&o.ID), (*string)(&o.Conversation), &o.Seq, (*string)(&o.Line), (*string)(&o.Person), &o.Text, &o.FromBot,
		(*string)(&o.State), &o.Attempts, db.ScanTime(&o.NextAt), &o.ProviderID, &o.Code, db.ScanTime(&o.CreatedAt), db.ScanTime(&o.UpdatedAt),
	}
}

// live is the predicate of the index outbox_live, word for word: SQLite takes an index only then.
const live = `o.state IN ('queued', 'sending', 'uncertain')`

const insertOutbox = `INSERT INTO outbox (id, conversation, seq, line, person, text, from_bot, state, attempts, next_at,
	provider_id, code, created_at, updated_at) VALUES `

const outboxWidth = 14

// InsertOutbox adds lines to be sent.
func (t *transaction) InsertOutbox(items ...dialog.OutboxItem) error {
	return insert(t, &t.sql.outbox, outboxWidth, items, func(args []any, o *dialog.OutboxItem) ([]any, error) {
		return append(args, string(o.ID), string(o.Conversation), o.Seq, text(o.Line), string(o.Person), text(o.Text), o.FromBot,
			string(o.State), int64(o.Attempts), db.Millis(o.NextAt), text(o.ProviderID), text(o.Code),
			db.Millis(o.CreatedAt), db.Millis(o.UpdatedAt)), nil
	})
}

const updateOutbox = `UPDATE outbox SET state = $3, attempts = $4, next_at = $5, provider_id = $6, code = $7, updated_at = $8
	WHERE id = $1 AND state = $2`

// UpdateOutbox writes how far a line has come; dialog.ErrStale unless its stored state is from. From a state to the same one
// it cannot tell two writers apart.
func (t *transaction) UpdateOutbox(o dialog.OutboxItem, from dialog.OutboxState) error {
	return t.must(refusedStale, updateOutbox, string(o.ID), string(from), string(o.State), int64(o.Attempts), db.Millis(o.NextAt),
		text(o.ProviderID), text(o.Code), db.Millis(o.UpdatedAt))
}

const (
	withdrawBotLines = `UPDATE outbox AS o SET state = 'withdrawn', updated_at = $2
		WHERE o.conversation = $1 AND ` + live + ` AND o.state = 'queued' AND o.from_bot RETURNING seq`
	withdrawLines = `UPDATE outbox AS o SET state = 'withdrawn', updated_at = $2
		WHERE o.conversation = $1 AND ` + live + ` AND o.state = 'queued' RETURNING seq`
)

// WithdrawBotLines takes back the bot's lines that nobody has begun to send.
func (t *transaction) WithdrawBotLines(id dialog.ConversationID, at time.Time) ([]int64, error) {
	return t.withdraw(withdrawBotLines, id, at)
}

// WithdrawLines takes back all lines that nobody has begun to send.
func (t *transaction) WithdrawLines(id dialog.ConversationID, at time.Time) ([]int64, error) {
	return t.withdraw(withdrawLines, id, at)
}

func (t *transaction) withdraw(query string, id dialog.ConversationID, at time.Time) ([]int64, error) {
	seqs, err := all(&t.reader, "withdraw lines of "+string(id), func(seq *int64) []any { return []any{seq} }, query, string(id), db.Millis(at))
	slices.Sort(seqs) // RETURNING promises no order
	return seqs, err
}

// selectLeaving looks the conversation and its person up by their ids.
const selectLeaving = `SELECT ` + outboxColumns + `,
	COALESCE((SELECT c.holder FROM conversations c WHERE c.id = o.conversation), ''), ` + personColumns + `
	FROM outbox o LEFT JOIN people p ON p.id = o.person WHERE o.conversation = $1 AND ` + live + ` ORDER BY o.seq, o.id LIMIT 200`

// Leaving reads what a sender has to know of a conversation.
func (r *reader) Leaving(id dialog.ConversationID) (dialog.Leaving, error) {
	var found dialog.Leaving
	lines, err := all(r, "read lines on their way of "+string(id), func(o *dialog.OutboxItem) []any {
		return append(append(outboxInto(o), (*string)(&found.Holder)), personInto(&found.Person)...)
	}, selectLeaving, string(id))
	found.Lines = lines
	return found, err
}

const selectOutboxQueued = `SELECT EXISTS (SELECT 1 FROM outbox o WHERE o.conversation = $1 AND ` + live + ` AND o.state = 'queued')`

// OutboxQueued says whether a line of a conversation waits to be sent.
func (r *reader) OutboxQueued(id dialog.ConversationID) (bool, error) {
	return one(r, "look for lines to send of "+string(id), func(waits *bool) []any { return []any{waits} }, selectOutboxQueued, string(id))
}

// selectOutboxDue passes over a line that stands behind one still to be sent: it may not leave before that, and a list full of such would
// hide others. Behind an uncertain line, which waits for a report and not to be sent, a line is not passed over. It
// reads the index of what is on its way and nothing else.
const selectOutboxDue = `SELECT o.conversation FROM outbox o WHERE ` + live + ` AND o.next_at <= $1
	AND NOT EXISTS (SELECT 1 FROM outbox h WHERE h.conversation = o.conversation AND h.seq < o.seq
		AND h.state IN ('queued', 'sending', 'uncertain') AND h.state <> 'uncertain')
	GROUP BY o.conversation ORDER BY min(o.next_at), o.conversation LIMIT $2`

// OutboxDue lists conversations with a line whose time has come and which no earlier line keeps from leaving, the longest due first.
func (r *reader) OutboxDue(now time.Time, limit int) ([]dialog.ConversationID, error) {
	return all(r, "list conversations with lines to send", conversationIDInto, selectOutboxDue, db.Millis(now), limit)
}

const selectOutbox = `SELECT ` + outboxColumns + ` FROM outbox o WHERE o.conversation = $1 ORDER BY o.seq, o.id`

// Outbox reads the lines of a conversation in their order.
func (r *reader) Outbox(id dialog.ConversationID) ([]dialog.OutboxItem, error) {
	return all(r, "read the lines of "+string(id), outboxInto, selectOutbox, string(id))
}

const selectOutboxItem = `SELECT ` + outboxColumns + ` FROM outbox o WHERE o.id = $1`

// OutboxItem reads one line.
func (r *reader) OutboxItem(id dialog.OutboxID) (dialog.OutboxItem, error) {
	return one(r, "read line "+string(id), outboxInto, selectOutboxItem, string(id))
}

const selectOutboxByProviderID = `SELECT ` + outboxColumns + ` FROM outbox o
	WHERE o.provider_id = $1 AND o.provider_id <> '' ORDER BY o.created_at DESC LIMIT 1`

// OutboxByProviderID reads the line that the provider knows by its own id.
func (r *reader) OutboxByProviderID(providerID string) (dialog.OutboxItem, error) {
	return one(r, "read a line by the provider's id", outboxInto, selectOutboxByProviderID, text(providerID))
}
