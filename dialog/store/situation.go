package store

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"helpline/dialog"
	"helpline/internal/db"
)

// situationColumns: the history comes as one text, each of its texts behind its length in characters ("5:hello3:bye"), because a
// statement of its own would be a round trip more on PostgreSQL for every message.
const situationColumns = `SELECT ` + conversationColumns + `, ` + personColumns + `, ` + concernColumns + `,
	COALESCE(i.conversation, ''), COALESCE(i.seq, -1),
	COALESCE((SELECT string_agg(length(w.text) || ':' || w.text, '' ORDER BY w.seq) FROM
		(SELECT e.seq, e.text FROM events e
			WHERE e.conversation = c.id AND e.kind IN ('said_in', 'transcribed') AND e.text <> '' ORDER BY e.seq DESC LIMIT 10) w), '')`

const situationJoins = `
	LEFT JOIN inbound i ON i.provider_id = $2 AND i.line = $1` + joinOpenConcern

const situationByAddress = situationColumns + `
	FROM (SELECT 1 AS one) AS anchor
	LEFT JOIN people p ON p.value = $3 AND p.value <> '' AND p.medium = $4
	LEFT JOIN conversations c ON c.person = p.id AND c.line = $1 AND c.closed_at = 0` + situationJoins

// situationByCall looks for the call first: a withheld caller has no address, and somebody who rings while an
// earlier conversation of theirs is open goes on with that one.
const situationByCall = situationColumns + `
	FROM (SELECT
		COALESCE(
			(SELECT x.id FROM conversations x WHERE x.call_id = $5 AND x.call_id <> '' AND x.line = $1 AND x.closed_at = 0),
			(SELECT x.id FROM people y JOIN conversations x ON x.person = y.id AND x.line = $1 AND x.closed_at = 0
				WHERE y.value = $3 AND y.value <> '' AND y.medium = $4)) AS conversation,
		(SELECT y.id FROM people y WHERE y.value = $3 AND y.value <> '' AND y.medium = $4) AS person) AS anchor
	LEFT JOIN conversations c ON c.id = anchor.conversation
	LEFT JOIN people p ON p.id = COALESCE(c.person, anchor.person)` + situationJoins

// Situation reads in one statement what one inbound message is judged against.
func (r *reader) Situation(line dialog.LineID, from dialog.Address, providerID, callID string) (dialog.Situation, error) {
	var s dialog.Situation
	var history string
	into := conversationInto(&s.Conversation)
	into = append(into, personInto(&s.Person)...)
	into = append(into, concernInto(&s.Concern)...)
	into = append(into, (*string)(&s.DuplicateOf), &s.DuplicateSeq, &history)

	var row db.Row
	if callID == "" {
		row = r.q.QueryRow(situationByAddress, text(line), text(providerID), text(from.Value), text(from.Medium))
	} else {
		row = r.q.QueryRow(situationByCall, text(line), text(providerID), text(from.Value), text(from.Medium), text(callID))
	}
	if err := row.Scan(into...); err != nil {
		return dialog.Situation{}, fmt.Errorf("read the situation: %w", refusal(err))
	}
	s.Duplicate = s.DuplicateSeq >= 0
	if !s.Duplicate {
		s.DuplicateSeq = 0
	}
	var err error
	if s.History, err = split(history); err != nil {
		return dialog.Situation{}, fmt.Errorf("read the history of %s: %w", s.Conversation.ID, err)
	}
	return s, nil
}

var errHistory = errors.New("the texts do not have the lengths they came with")

// split takes "5:hello3:bye" apart. The lengths count characters.
func split(joined string) ([]string, error) {
	var texts []string
	for len(joined) > 0 {
		colon := 0
		for colon < len(joined) && joined[colon] != ':' {
			colon++
		}
		n, err := strconv.Atoi(joined[:colon])
		if err != nil || n < 0 || colon == len(joined) {
			return nil, errHistory
		}
		joined = joined[colon+1:]
		end := 0
		for ; n > 0; n-- {
			if end >= len(joined) {
				return nil, errHistory
			}
			_, size := utf8.DecodeRuneInString(joined[end:])
			end += size
		}
		texts = append(texts, joined[:end])
		joined = joined[end:]
	}
	return texts, nil
}
