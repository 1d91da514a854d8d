package store_test

import (
	"errors"
	"testing"
	"time"

	"helpline/dialog"
	"helpline/dialog/store"
)

func TestTakingOverWithdrawsTheBotsLines(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		c, other := meet(t, s, 1), meet(t, s, 2)
		sending, byStaff := line(c, 2, "on its way"), line(c, 4, "This is Sam.")
		sending.State, byStaff.FromBot = dialog.OutboxSending, false
		must(t, do(t, s, queueLines(line(c, 5, "third"), sending, line(c, 3, "second"), byStaff, line(other, 1, "theirs"))))

		later := evening.Add(time.Minute)
		var seqs []int64
		withdraw := func(w func(dialog.Tx) ([]int64, error)) func(dialog.Tx) error {
			return func(tx dialog.Tx) (err error) { seqs, err = w(tx); return err }
		}
		must(t, do(t, s, withdraw(func(tx dialog.Tx) ([]int64, error) { return tx.WithdrawBotLines(c.ID, later) })))
		same(t, []int64{3, 5}, seqs)
		states := func() map[int64]dialog.OutboxState {
			m := map[int64]dialog.OutboxState{}
			for _, o := range ask(t, s, func(r dialog.Reader) ([]dialog.OutboxItem, error) { return r.Outbox(c.ID) }) {
				m[o.Seq] = o.State
				if (o.State == dialog.OutboxWithdrawn) != o.UpdatedAt.Equal(later) {
					t.Errorf("line %d is %s and was changed at %v", o.Seq, o.State, o.UpdatedAt)
				}
			}
			return m
		}
		same(t, map[int64]dialog.OutboxState{
			2: dialog.OutboxSending, 3: dialog.OutboxWithdrawn, 4: dialog.OutboxQueued, 5: dialog.OutboxWithdrawn,
		}, states())

		// The sender that still holds an old line meets the withdrawal.
		old := line(c, 3, "second")
		old.State = dialog.OutboxSending
		if err := do(t, s, func(tx dialog.Tx) error { return tx.UpdateOutbox(old, dialog.OutboxQueued) }); !errors.Is(err, dialog.ErrStale) {
			t.Errorf("sending a withdrawn line: %v", err)
		}
		// STOP takes back everybody's.
		must(t, do(t, s, withdraw(func(tx dialog.Tx) ([]int64, error) { return tx.WithdrawLines(c.ID, later) })))
		same(t, []int64{4}, seqs)
		same(t, dialog.OutboxQueued, ask(t, s, func(r dialog.Reader) (dialog.OutboxItem, error) { return outboxHead(r, other.ID) }).State)
	})
}

func TestLinesLeaveInTheirOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		first, second, third := meet(t, s, 1), meet(t, s, 2), meet(t, s, 3)
		a, b := line(first, 10, "a"), line(first, 9, "b") // the text with the lower number goes first, whenever it was queued
		early := line(second, 1, "early")
		early.NextAt = evening.Add(-time.Hour)
		sent := line(third, 1, "sent")
		sent.State, sent.ProviderID = dialog.OutboxSent, "SM77"
		must(t, do(t, s, queueLines(a, b), queueLines(early, sent)))

		due := func(at time.Time, limit int) []dialog.ConversationID {
			return ask(t, s, func(r dialog.Reader) ([]dialog.ConversationID, error) { return r.OutboxDue(at, limit) })
		}
		head := func() dialog.OutboxItem {
			return ask(t, s, func(r dialog.Reader) (dialog.OutboxItem, error) { return outboxHead(r, first.ID) })
		}
		move := func(o dialog.OutboxItem, from, to dialog.OutboxState, next time.Time) dialog.OutboxItem {
			o.State, o.NextAt = to, next
			must(t, do(t, s, func(tx dialog.Tx) error { return tx.UpdateOutbox(o, from) }))
			return o
		}
		same(t, []dialog.ConversationID{second.ID, first.ID}, due(evening, 10))
		same(t, []dialog.ConversationID{second.ID}, due(evening, 1))
		same(t, 0, len(due(evening.Add(-2*time.Hour), 10)))
		same(t, b, head())

		b = move(b, dialog.OutboxQueued, dialog.OutboxSending, evening.Add(time.Minute))
		same(t, []dialog.ConversationID{second.ID}, due(evening, 10)) // what stands behind b waits for it
		b = move(b, dialog.OutboxSending, dialog.OutboxQueued, evening.Add(time.Minute))
		same(t, []dialog.ConversationID{second.ID}, due(evening, 10))
		same(t, []dialog.ConversationID{second.ID, first.ID}, due(evening.Add(time.Minute), 10))
		b = move(b, dialog.OutboxQueued, dialog.OutboxUncertain, evening.Add(time.Hour))
		same(t, b, head())
		same(t, []dialog.ConversationID{second.ID, first.ID}, due(evening, 10)) // b waits for a report; a need not
		b.ProviderID, b.Code, b.Attempts, b.UpdatedAt = "SM9", "30003", 2, evening.Add(time.Hour)
		b = move(b, dialog.OutboxUncertain, dialog.OutboxFailed, time.Time{})
		same(t, a, head())

		same(t, b, ask(t, s, func(r dialog.Reader) (dialog.OutboxItem, error) { return r.OutboxByProviderID("SM9") }))
		same(t, b, ask(t, s, func(r dialog.Reader) (dialog.OutboxItem, error) { return r.OutboxItem(b.ID) }))
		same(t, []dialog.OutboxItem{b, a}, ask(t, s, func(r dialog.Reader) ([]dialog.OutboxItem, error) { return r.Outbox(first.ID) }))
		same(t, sent, ask(t, s, func(r dialog.Reader) (dialog.OutboxItem, error) { return r.OutboxByProviderID("SM77") }))
	})
}

func TestRecordingsComeDueUntilTheyAreDoneWith(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		c := meet(t, s, 1)
		recording := func(id dialog.RecordingID, seq int64, state dialog.RecordingState, next time.Time) dialog.Recording {
			r := dialog.Recording{ID: id, Conversation: c.ID, Seq: seq, ProviderID: "RE" + string(id), URL: "https://provider.example/" + string(id),
				State: state, NextAt: next, Seconds: 12, CreatedAt: evening}
			must(t, do(t, s, insertRecording(r)))
			return r
		}
		fetch := recording("a", 2, dialog.RecordingToFetch, evening)
		transcribe := recording("b", 1, dialog.RecordingStored, evening.Add(-time.Minute))
		recording("c", 3, dialog.RecordingToFetch, evening.Add(time.Hour))
		recording("d", 4, dialog.RecordingTranscribed, evening.Add(-time.Hour))
		due := func() []dialog.Recording {
			return ask(t, s, func(r dialog.Reader) ([]dialog.Recording, error) { return r.RecordingsDue(evening, 10) })
		}
		same(t, []dialog.Recording{transcribe, fetch}, due())

		done := transcribe
		done.State, done.Transcript, done.Engine, done.Attempts = dialog.RecordingTranscribed, "he is not eating", "pocketsphinx", 1
		finish := func(tx dialog.Tx) error { return tx.UpdateRecording(done, dialog.RecordingStored) }
		must(t, do(t, s, finish))
		if err := do(t, s, finish); !errors.Is(err, dialog.ErrStale) {
			t.Errorf("transcribed twice: %v", err)
		}
		same(t, []dialog.Recording{fetch}, due())
		same(t, done, ask(t, s, func(r dialog.Reader) (dialog.Recording, error) { return r.Recording("b") }))
		listened := done
		listened.ListenedBy, listened.ListenedAt = "sam", evening
		must(t, do(t, s, func(tx dialog.Tx) error { return tx.UpdateRecording(listened, dialog.RecordingTranscribed) }))
		same(t, []dialog.Recording{listened, fetch},
			ask(t, s, func(r dialog.Reader) ([]dialog.Recording, error) { return r.Recordings(c.ID) })[:2])
	})
}

func TestAConcernIsOpenUntilItsDutiesAreDone(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		c := meet(t, s, 1)
		duty := func(kind dialog.ObligationKind, due time.Duration) dialog.Obligation {
			return dialog.Obligation{Concern: "k1", Kind: kind, State: dialog.Open, DueAt: evening.Add(due)}
		}
		k := dialog.Concern{ID: "k1", Ref: "7000001", Conversation: c.ID, Person: c.Person, Level: dialog.LevelImmediate, Version: 1, OpenedAt: evening}
		act, told := duty(dialog.Act, time.Hour), duty(dialog.FeedBack, 48*time.Hour)
		heard := duty(dialog.Acknowledge, 15*time.Minute)
		must(t, do(t, s, insertConcern(k, told, act, heard)))
		duties := func() []dialog.Obligation {
			return ask(t, s, func(r dialog.Reader) ([]dialog.Obligation, error) { return r.Obligations("k1") })
		}
		same(t, []dialog.Obligation{heard, act, told}, duties())

		act.State, act.By, act.ByName, act.At, act.Note = dialog.Met, "w1", "Sam", evening, "rang the orderly officer"
		listen := duty(dialog.Listen, time.Minute) // a recording came later: one duty more
		must(t, do(t, s, func(tx dialog.Tx) error { return errors.Join(tx.PutObligation(act), tx.PutObligation(listen)) }))
		same(t, []dialog.Obligation{listen, heard, act, told}, duties())

		closed := k
		closed.Version, closed.ClosedAt, closed.ClosedBy, closed.Outcome, closed.UpdatedAt = 2, evening, "w1", "ACCT opened", evening
		shut := func(tx dialog.Tx) error { return tx.UpdateConcern(closed, 1) }
		must(t, do(t, s, shut))
		if err := do(t, s, shut); !errors.Is(err, dialog.ErrStale) {
			t.Errorf("closed twice: %v", err)
		}
		second := k
		second.ID, second.Ref, second.OpenedAt, second.Level = "k2", "7000002", evening.Add(time.Hour), dialog.LevelConcern
		must(t, do(t, s, insertConcern(second)))
		same(t, []dialog.Concern{second, closed}, ask(t, s, func(r dialog.Reader) ([]dialog.Concern, error) { return r.Concerns(c.ID) }))
		same(t, second, ask(t, s, func(r dialog.Reader) (dialog.Situation, error) { return r.Situation(famout, mobile(1), "", "") }).Concern)
		third := second
		third.ID = "k3"
		if err := do(t, s, insertConcern(third)); !errors.Is(err, dialog.ErrStale) {
			t.Errorf("a reference number that is taken: %v", err)
		}
	})
}

func TestTheQueueIsInTheOrderOfNeed(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		n := 0
		var want []dialog.ConversationID
		add := func(level dialog.Level, w dialog.Waiting, since time.Duration, change ...func(*dialog.Conversation)) dialog.Conversation {
			n++
			return meet(t, s, n, append([]func(*dialog.Conversation){func(c *dialog.Conversation) {
				c.Level, c.Waiting, c.WaitingSince = level, w, evening.Add(since)
				c.Holder.Kind = dialog.InQueue
			}}, change...)...)
		}
		held := func(c *dialog.Conversation) {
			c.Holder = dialog.Holder{Kind: dialog.Staff, Worker: "sam", Name: "Sam"}
		}
		stoke := func(c *dialog.Conversation) { c.Prison = "stoke-heath" }
		// Written in the order in which they are to be listed, stored from the last to the first.
		rows := []func() dialog.Conversation{
			func() dialog.Conversation { return add(dialog.LevelImmediate, dialog.WaitingRisk, -time.Minute) },
			func() dialog.Conversation { return add(dialog.LevelImmediate, dialog.WaitingRisk, 0, stoke) },
			func() dialog.Conversation { return add(dialog.LevelImmediate, dialog.WaitingReply, -time.Hour, held) },
			func() dialog.Conversation { return add(dialog.LevelUrgent, dialog.WaitingVoice, -time.Minute) },
			func() dialog.Conversation { return add(dialog.LevelNone, dialog.WaitingVoice, 0) },
			func() dialog.Conversation { return add(dialog.LevelNone, dialog.WaitingPerson, 0) },
			func() dialog.Conversation { return add(dialog.LevelNone, dialog.WaitingReply, 0, held, stoke) },
			func() dialog.Conversation { return add(dialog.LevelNone, dialog.WaitingReview, 0) },
			func() dialog.Conversation { return add(dialog.LevelNone, dialog.WaitingDelivery, 0) },
			func() dialog.Conversation { return add(dialog.LevelNone, dialog.WaitingNone, 0, held) },
		}
		for i := len(rows) - 1; i >= 0; i-- {
			want = append([]dialog.ConversationID{rows[i]().ID}, want...)
		}
		bot := func(c *dialog.Conversation) { c.Holder.Kind = dialog.Bot }
		add(dialog.LevelImmediate, dialog.WaitingNone, 0, bot)
		add(dialog.LevelImmediate, dialog.WaitingNone, 0, held, func(c *dialog.Conversation) { c.ClosedAt = evening })

		list := func(f dialog.QueueFilter) []dialog.ConversationID {
			t.Helper()
			var ids []dialog.ConversationID
			for _, e := range ask(t, s, func(r dialog.Reader) ([]dialog.QueueEntry, error) { return r.Queue(f) }) {
				ids = append(ids, e.Conversation.ID)
			}
			return ids
		}
		same(t, want, list(dialog.QueueFilter{}))
		same(t, want[:3], list(dialog.QueueFilter{Limit: 3}))
		same(t, []dialog.ConversationID{want[1], want[6]}, list(dialog.QueueFilter{Prison: "stoke-heath"}))
		same(t, []dialog.ConversationID{want[2], want[6], want[9]}, list(dialog.QueueFilter{Worker: "sam"}))
		same(t, []dialog.ConversationID{want[3], want[4], want[5]},
			list(dialog.QueueFilter{Waiting: []dialog.Waiting{dialog.WaitingPerson, dialog.WaitingVoice}}))
		same(t, []dialog.ConversationID{want[6]},
			list(dialog.QueueFilter{Waiting: []dialog.Waiting{dialog.WaitingReply}, Prison: "stoke-heath", Worker: "sam"}))

		// Whoever has been seen to leaves the list.
		c := ask(t, s, func(r dialog.Reader) (dialog.Conversation, error) { return r.Conversation(want[0]) })
		c.Version, c.Waiting, c.WaitingSince, c.Holder = 2, dialog.WaitingNone, time.Time{}, dialog.Holder{Kind: dialog.Bot}
		must(t, do(t, s, update(c, 1)))
		same(t, want[1:], list(dialog.QueueFilter{}))
	})
}

func TestAQueueEntryTellsWhatIsOpen(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		voice := meet(t, s, 1, func(c *dialog.Conversation) {
			c.Level, c.Waiting, c.WaitingSince, c.Holder.Kind = dialog.LevelUrgent, dialog.WaitingVoice, evening, dialog.InQueue
		})
		k := dialog.Concern{
			ID: "k1", Ref: "7000001", Conversation: voice.ID, Person: voice.Person, Level: dialog.LevelUrgent, Version: 1, OpenedAt: evening,
			Categories: []dialog.Category{dialog.FoodRefusal}, Evidence: []dialog.Evidence{{Sign: "not eating", Text: "hasn't eaten"}},
		}
		over := k
		over.ID, over.Ref, over.ClosedAt, over.Level = "k0", "7000000", evening, dialog.LevelImmediate
		duty := func(kind dialog.ObligationKind, state dialog.ObligationState, due time.Duration) dialog.Obligation {
			return dialog.Obligation{Concern: k.ID, Kind: kind, State: state, DueAt: evening.Add(due)}
		}
		newest := said(voice.ID, 4, "he hasn't eaten since Tuesday")
		newest.Kind = dialog.Transcribed
		recording := dialog.Recording{ID: "r1", Conversation: voice.ID, Seq: 3, State: dialog.RecordingTranscribed}
		older := dialog.Recording{ID: "r2", Conversation: voice.ID, Seq: 1, State: dialog.RecordingLost}
		failed, fine := line(voice, 5, "Thank you"), line(voice, 6, "We heard you")
		failed.State, fine.State = dialog.OutboxFailed, dialog.OutboxDelivered
		must(t, do(t, s, insertConcern(over), insertConcern(k,
			duty(dialog.FeedBack, dialog.Open, time.Hour), duty(dialog.Listen, dialog.Open, time.Minute),
			duty(dialog.Acknowledge, dialog.Met, 0), duty(dialog.Act, dialog.Excused, 0)),
			appendEvents(said(voice.ID, 2, "hello"), newest,
				dialog.Event{Conversation: voice.ID, Seq: 7, At: evening, Kind: dialog.SaidBot, Text: "Thank you"}),
			insertRecording(recording), insertRecording(older), queueLines(failed, fine)))
		quiet := meet(t, s, 2, func(c *dialog.Conversation) {
			c.Waiting, c.WaitingSince = dialog.WaitingPerson, evening
		})
		must(t, do(t, s, queueLines(line(quiet, 1, "Somebody will come"))))

		same(t, []dialog.QueueEntry{
			{Conversation: voice, Concern: k, Open: []dialog.ObligationKind{dialog.Listen, dialog.FeedBack}, LastWords: newest.Text,
				Delivery: true, Recording: dialog.RecordingTranscribed},
			{Conversation: quiet},
		}, ask(t, s, func(r dialog.Reader) ([]dialog.QueueEntry, error) { return r.Queue(dialog.QueueFilter{}) }))
	})
}

// outboxHead is the oldest line on its way.
func outboxHead(r dialog.Reader, id dialog.ConversationID) (dialog.OutboxItem, error) {
	leaving, err := r.Leaving(id)
	if err != nil || len(leaving.Lines) == 0 {
		return dialog.OutboxItem{}, err
	}
	return leaving.Lines[0], nil
}

func TestASenderReadsAllItNeedsAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		c := meet(t, s, 1, func(c *dialog.Conversation) {
			c.Holder = dialog.Holder{Kind: dialog.Staff, Worker: "w1", Name: "Sam"}
		})
		gone, uncertain, queued := line(c, 2, "gone"), line(c, 3, "where is it"), line(c, 4, "next")
		gone.State, uncertain.State = dialog.OutboxSent, dialog.OutboxUncertain
		must(t, do(t, s, queueLines(queued, uncertain, gone), func(tx dialog.Tx) error { return tx.SetOptedOut(c.Person, evening) }))
		person := ask(t, s, func(r dialog.Reader) (dialog.Person, error) { return r.Person(c.Person) })
		leaving := func() dialog.Leaving {
			return ask(t, s, func(r dialog.Reader) (dialog.Leaving, error) { return r.Leaving(c.ID) })
		}
		waits := func() bool {
			return ask(t, s, func(r dialog.Reader) (bool, error) { return r.OutboxQueued(c.ID) })
		}
		same(t, dialog.Leaving{Lines: []dialog.OutboxItem{uncertain, queued}, Holder: dialog.Staff, Person: person}, leaving())
		same(t, true, waits())
		must(t, do(t, s, func(tx dialog.Tx) error { _, err := tx.WithdrawLines(c.ID, evening); return err }))
		same(t, false, waits())
		must(t, do(t, s, func(tx dialog.Tx) error {
			uncertain.State = dialog.OutboxDelivered
			return tx.UpdateOutbox(uncertain, dialog.OutboxUncertain)
		}))
		same(t, dialog.Leaving{}, leaving())
	})
}
