package store_test

import (
	"encoding/json"
	"testing"
	"time"

	"helpline/dialog"
	"helpline/internal/db"
	"helpline/internal/db/dbtest"
)

func TestWhatStaffJudgedAndWhatWasMissed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		at := func(n int) time.Time { return time.UnixMilli(1772485440000 + int64(n)*1000).UTC() }
		data := func(v any) json.RawMessage {
			b, err := json.Marshal(v)
			must(t, err)
			return b
		}
		for i, id := range []dialog.ConversationID{"c1", "c2"} {
			p := dialog.Person{ID: dialog.PersonID("p" + id), Address: mobile(i + 1), CreatedAt: at(0)}
			c := dialog.Conversation{ID: id, Ref: "1" + string(id), Line: famout, Medium: dialog.SMS, Person: p.ID, Holder: dialog.Holder{Kind: dialog.Bot}, Version: 1, LastSeq: 9, Test: id == "c2", OpenedAt: at(0), LastAt: at(0)}
			must(t, s.Do(t.Context(), func(tx dialog.Tx) error {
				if err := tx.InsertPerson(p); err != nil {
					return err
				}
				if err := tx.InsertConversation(c); err != nil {
					return err
				}
				return tx.AppendEvents(
					dialog.Event{Conversation: id, Seq: 1, At: at(1), Kind: dialog.SaidIn, Text: "one"},
					dialog.Event{Conversation: id, Seq: 2, At: at(1), Kind: dialog.Assessed, Data: data(dialog.AssessedData{Of: 1})},
					dialog.Event{Conversation: id, Seq: 3, At: at(2), Kind: dialog.Assessed, By: "w1", Data: data(dialog.AssessedData{Of: 1})},
					dialog.Event{Conversation: id, Seq: 4, At: at(2), Kind: dialog.Missed, By: "w1", Data: data(dialog.MissedData{Of: 1, Level: dialog.LevelConcern})},
					dialog.Event{Conversation: id, Seq: 5, At: at(3), Kind: dialog.Missed, By: "w1", Data: data(dialog.MissedData{Of: 1, Level: dialog.LevelUrgent, Concern: "k1"})},
					dialog.Event{Conversation: id, Seq: 6, At: at(4), Kind: dialog.Missed, By: "w1", Data: data(dialog.MissedData{Of: 7, Level: dialog.LevelUrgent})},
					dialog.Event{Conversation: id, Seq: 8, At: at(5), Kind: dialog.Assessed, By: "w1", Data: data(dialog.AssessedData{Of: 7})},
					dialog.Event{Conversation: id, Seq: 9, At: at(5), Kind: dialog.Missed, By: "w1", Data: data(dialog.MissedData{Of: 7})},
				)
			}))
		}
		judged := func(since time.Time) (seqs []int64) {
			for _, e := range ask(t, s, func(r dialog.Reader) ([]dialog.Event, error) { return r.Judged(since) }) {
				seqs = append(seqs, e.Seq)
			}
			return seqs
		}
		same(t, []int64{3, 8}, judged(time.Time{}))
		same(t, []int64{8}, judged(at(5)))
		missed := func(from, to time.Time) []dialog.Miss {
			return ask(t, s, func(r dialog.Reader) ([]dialog.Miss, error) { return r.Missed(from, to) })
		}
		same(t, []dialog.Miss{{Conversation: "c1", At: at(2), MissedData: dialog.MissedData{Of: 1, Level: dialog.LevelUrgent, Concern: "k1"}}}, missed(at(0), at(9)))
		same(t, 0, len(missed(at(0), at(2))))
	})
}
