package store

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"helpline/dialog"
	"helpline/internal/db"
)

// situationColumns: of a concern only the id, because most conversations have none, and on SQLite every column of a result costs as
// much again as reading it. The history comes as one text, each of its texts behind its length in characters ("5:hello3:bye"), because a
// statement of its own would be a round trip more on PostgreSQL for every message.
const situationColumns = `SELECT ` + conversationColumns + `, ` + personColumns + `, COALESCE(found.concern, ''),
	COALESCE(i.conversation, ''), COALESCE(i.seq, -1),
	COALESCE((SELECT string_agg(length(w.text) || ':' || w.text, '' ORDER BY w.seq) FROM
		(SELECT e.seq, e.text FROM events e
			WHERE e.conversation = c.id AND e.seq > c.settled_seq AND e.kind IN ('said_in', 'transcribed') AND e.text <> '' ORDER BY e.seq DESC LIMIT 10) w), '')
	FROM (SELECT b.person, b.conversation,
		(SELECT k.id FROM concerns k WHERE k.conversation = b.conversation AND k.closed_at = 0 ORDER BY k.level DESC, k.id DESC LIMIT 1) AS concern
		FROM (SELECT a.person, `

// situationJoins look each row up by its id. The steps are nested, and each ends in LIMIT 1, so that PostgreSQL takes them one after the
// other: given a choice of joins, and tables that it has not counted yet, it reads every open conversation of the line.
const situationJoins = ` AS conversation
			FROM (SELECT (SELECT x.id FROM people x WHERE x.value = $3 AND x.value <> '' AND x.medium = $4) AS person LIMIT 1) a
		LIMIT 1) b LIMIT 1) found
	LEFT JOIN conversations c ON c.id = found.conversation
	LEFT JOIN people p ON p.id = COALESCE(c.person, found.person)
	LEFT JOIN inbound i ON i.provider_id = $2 AND i.line = $1`

const openConversation = `(SELECT y.id FROM conversations y WHERE y.person = a.person AND y.line = $1 AND y.closed_at = 0)`

const situationByAddress = situationColumns + openConversation + situationJoins

// situationByCall looks for the call first: a withheld caller has no address, and somebody who rings while an
// earlier conversation of theirs is open goes on with that one.
const situationByCall = situationColumns + `COALESCE(
	(SELECT z.id FROM conversations z WHERE z.call_id = $5 AND z.call_id <> '' AND z.line = $1 AND z.closed_at = 0),
	` + openConversation + `)` + situationJoins

const (
	selectPersonKnown = `SELECT EXISTS (SELECT 1 FROM people p WHERE p.value = $1 AND p.value <> '' AND p.medium = $2)`
	selectAccepted    = `SELECT i.conversation, i.seq FROM inbound i WHERE i.provider_id = $2 AND i.line = $1`
)

// stranger answers for somebody who never wrote, if that is so. On SQLite two small statements cost half of the large one that finds as
// little; on PostgreSQL they would be a round trip more.
func (r *reader) stranger(line dialog.LineID, from dialog.Address, providerID string) (s dialog.Situation, ok bool, err error) {
	var known bool
	if err := r.q.QueryRow(selectPersonKnown, text(from.Value), text(from.Medium)).Scan(&known); err != nil || known {
		return s, false, err
	}
	// A message of theirs that was accepted has made them known, but a key may have come from another address.
	err = r.q.QueryRow(selectAccepted, text(line), text(providerID)).Scan((*string)(&s.DuplicateOf), &s.DuplicateSeq)
	if errors.Is(err, db.ErrNoRows) {
		return dialog.Situation{}, true, nil
	}
	s.Duplicate = err == nil
	return s, err == nil, err
}

// Situation reads what one inbound message is judged against: in one statement, and another where there is an open concern.
func (r *reader) Situation(line dialog.LineID, from dialog.Address, providerID, callID string) (dialog.Situation, error) {
	if callID == "" && r.q.Dialect() == db.SQLite {
		if s, ok, err := r.stranger(line, from, providerID); err != nil || ok {
			return s, refusal(err)
		}
	}
	var s dialog.Situation
	var history string
	into := conversationInto(&s.Conversation)
	into = append(into, personInto(&s.Person)...)
	var concern dialog.ConcernID
	into = append(into, (*string)(&concern), (*string)(&s.DuplicateOf), &s.DuplicateSeq, &history)

	var row db.Row
	if callID == "" {
		row = r.q.QueryRow(situationByAddress, text(line), text(providerID), text(from.Value), text(from.Medium))
	} else {
		row = r.q.QueryRow(situationByCall, text(line), text(providerID), text(from.Value), text(from.Medium), text(callID))
	}
	if err := row.Scan(into...); err != nil {
		return dialog.Situation{}, fmt.Errorf("read the situation: %w", refusal(err))
	}
	if concern != "" {
		var err error
		if s.Concern, err = r.Concern(concern); err != nil {
			return dialog.Situation{}, err
		}
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
