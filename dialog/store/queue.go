package store

import (
	"strconv"
	"strings"

	"helpline/dialog"
)

// notListed is the urgency of a conversation that no list shows.
const notListed = -1

// urgency is the place of a conversation on the staff's list, lowest first: by level, then by why it waits. It is stored, so that the list is
// read from one index in its order. A conversation that waits without a reason is listed last rather than lost.
func urgency(c dialog.Conversation) int64 {
	held := c.Open() && (c.Holder.Kind == dialog.Staff || c.Holder.Kind == dialog.InQueue)
	if c.Waiting == dialog.WaitingNone && !held {
		return notListed
	}
	level := min(max(c.Level, dialog.LevelNone), dialog.LevelImmediate)
	if c.Test {
		level = dialog.LevelNone // nobody is at risk: it stands behind everybody who may be
	}
	return int64(dialog.LevelImmediate-level)*10 + class(c.Waiting)
}

func class(w dialog.Waiting) int64 {
	switch w {
	case dialog.WaitingRisk:
		return 0
	case dialog.WaitingVoice:
		return 1
	case dialog.WaitingPerson:
		return 2
	case dialog.WaitingReply:
		return 3
	case dialog.WaitingReview:
		return 4
	case dialog.WaitingDelivery:
		return 5
	case dialog.WaitingNone:
	}
	return 6
}

// joinOpenConcern finds the open concern of a conversation c: the most urgent and among those the newest, should there be several. It is not
// a join on a sub-query's id, for which PostgreSQL would read every concern there ever was.
const joinOpenConcern = `
	LEFT JOIN concerns k ON k.conversation = c.id AND k.closed_at = 0 AND NOT EXISTS
		(SELECT 1 FROM concerns n WHERE n.conversation = c.id AND n.closed_at = 0 AND (n.level, n.id) > (k.level, k.id))`

// selectQueue repeats the predicates of the partial indexes word for word: SQLite takes an index only then. What stands in the
// brackets is looked up for the rows that are listed, and for no others.
const selectQueue = `SELECT ` + conversationColumns + `, ` + concernColumns + `,
	COALESCE((SELECT string_agg(d.kind, ' ' ORDER BY d.due_at, d.kind) FROM obligations d WHERE d.concern = k.id AND d.state = 'open'), ''),
	COALESCE((SELECT e.text FROM events e WHERE e.conversation = c.id AND e.kind IN ('said_in', 'transcribed') AND e.text <> ''
		ORDER BY e.seq DESC LIMIT 1), ''),
	COALESCE((SELECT 1 FROM outbox o WHERE o.conversation = c.id AND o.state IN ('failed', 'uncertain') LIMIT 1), 0),
	COALESCE((SELECT p.opted_out_at FROM people p WHERE p.id = c.person), 0),
	COALESCE((SELECT r.state FROM recordings r WHERE r.conversation = c.id ORDER BY r.seq DESC, r.id DESC LIMIT 1), '')
	FROM conversations c` + joinOpenConcern + `
	WHERE c.urgency >= 0`

const queueOrder = ` ORDER BY c.urgency, c.waiting_since, c.id LIMIT `

// queueRow is a row before its parts are put into place.
type queueRow struct {
	entry    dialog.QueueEntry
	open     string
	delivery int64
	optedOut int64
}

func queueRowInto(q *queueRow) []any {
	into := append(conversationInto(&q.entry.Conversation), concernInto(&q.entry.Concern)...)
	return append(into, &q.open, &q.entry.LastWords, &q.delivery, &q.optedOut, (*string)(&q.entry.Recording))
}

// Queue lists what waits and what somebody holds, most urgent first, then the longest waiting.
func (r *reader) Queue(f dialog.QueueFilter) ([]dialog.QueueEntry, error) {
	query, args := queueQuery(f)
	found, err := all(r, "read the queue", queueRowInto, query, args...)
	if err != nil {
		return nil, err
	}
	entries := make([]dialog.QueueEntry, len(found))
	for i, q := range found {
		entries[i] = q.entry
		entries[i].Delivery = q.delivery != 0
		entries[i].OptedOut = q.optedOut != 0
		for kind := range strings.FieldsSeq(q.open) {
			entries[i].Open = append(entries[i].Open, dialog.ObligationKind(kind))
		}
	}
	return entries, nil
}

// queueQuery writes the statement of a filter. There are only a few different ones.
func queueQuery(f dialog.QueueFilter) (string, []any) {
	var b strings.Builder
	var args []any
	add := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	b.WriteString(selectQueue)
	for i, w := range f.Waiting {
		if i == 0 {
			b.WriteString(" AND c.waiting IN (")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(add(string(w)))
	}
	if len(f.Waiting) > 0 {
		b.WriteString(")")
	}
	if f.Prison != "" {
		b.WriteString(" AND c.prison = " + add(string(f.Prison)))
	}
	for i, team := range f.Teams {
		if i == 0 {
			b.WriteString(" AND (c.team IN (''")
		}
		b.WriteString(", " + add(string(team)))
	}
	if len(f.Teams) > 0 {
		b.WriteString(")")
		for i, prison := range f.Prisons {
			if i == 0 {
				b.WriteString(" OR c.prison IN (")
			} else {
				b.WriteString(", ")
			}
			b.WriteString(add(string(prison)))
		}
		if len(f.Prisons) > 0 {
			b.WriteString(")")
		}
		if f.Holder != "" {
			b.WriteString(" OR c.holder = 'worker' AND c.worker = " + add(string(f.Holder)))
		}
		b.WriteString(")")
	}
	if f.Worker != "" {
		b.WriteString(" AND c.holder = 'worker' AND c.worker = " + add(string(f.Worker)))
	}
	limit := f.Limit
	if limit <= 0 {
		limit = 200
	}
	b.WriteString(queueOrder + add(limit))
	return b.String(), args
}
