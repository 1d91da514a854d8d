package store

import (
	"fmt"
	"time"

	"helpline/dialog"
	"helpline/internal/db"
)

const acceptInbound = `INSERT INTO inbound (provider_id, line, conversation, seq, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`

// Accept notes that a message was taken and where it went; dialog.ErrDuplicate when it was before.
func (t *transaction) Accept(line dialog.LineID, providerID string, c dialog.ConversationID, seq int64, at time.Time) error {
	return t.must(refusedDuplicate, acceptInbound, text(providerID), text(line), string(c), seq, db.Millis(at))
}

const eventColumns = `e.conversation, e.seq, e.at, e.kind, e.worker, e.text, e.data, e.client_id`

func eventInto(e *dialog.Event) []any {
	return []any{
		(*string)(&e.Conversation), &e.Seq, db.ScanTime(&e.At), (*string)(&e.Kind), (*string)(&e.By), &e.Text, rawInto{&e.Data}, &e.ClientID,
	}
}

const insertEvents = `INSERT INTO events (conversation, seq, at, kind, worker, text, data, client_id) VALUES `

const eventWidth = 8

// AppendEvents adds entries to the log; dialog.ErrStale when a number is taken by now.
func (t *transaction) AppendEvents(events ...dialog.Event) error {
	return insert(t, &t.sql.events, eventWidth, events, func(args []any, e *dialog.Event) ([]any, error) {
		return append(args, string(e.Conversation), e.Seq, db.Millis(e.At), string(e.Kind),
			string(e.By), text(e.Text), rawText(e.Data), text(e.ClientID)), nil
	})
}

const selectEvents = `SELECT ` + eventColumns + ` FROM events e WHERE e.conversation = $1 AND e.seq > $2 ORDER BY e.seq LIMIT $3`

// Events reads the log after a number, oldest first.
func (r *reader) Events(id dialog.ConversationID, after int64, limit int) ([]dialog.Event, error) {
	if limit <= 0 {
		limit = 500
	}
	return all(r, fmt.Sprintf("read events of %s", id), eventInto, selectEvents, string(id), after, limit)
}

const selectEventByClientID = `SELECT ` + eventColumns + ` FROM events e WHERE e.conversation = $1 AND e.client_id = $2 AND e.client_id <> ''`

// EventByClientID reads the entry that carries its author's own id. None carries an empty one.
func (r *reader) EventByClientID(id dialog.ConversationID, clientID string) (dialog.Event, error) {
	return one(r, fmt.Sprintf("read an event of %s", id), eventInto, selectEventByClientID, string(id), text(clientID))
}
