package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"helpline/dialog"
	"helpline/dialog/store"
)

func TestATurnIsKeptWhole(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		situation := func(providerID string) dialog.Situation {
			return ask(t, s, func(r dialog.Reader) (dialog.Situation, error) {
				return r.Situation(famout, mobile(1), providerID, "")
			})
		}
		same(t, dialog.Situation{}, situation("SM1"))

		p, c := somebody(1)
		c.LastSeq, c.LastInSeq, c.AnsweredSeq = 3, 1, 1
		events := []dialog.Event{
			said(c.ID, 1, "famout what is a case conference: it's 5:30 🐎"),
			{Conversation: c.ID, Seq: 2, At: evening, Kind: dialog.Assessed, Data: data(t, dialog.AssessedData{Of: 1})},
			{Conversation: c.ID, Seq: 3, At: evening, Kind: dialog.SaidBot, Text: "A meeting about …"},
		}
		must(t, do(t, s, accept("SM1", c.ID, 1), insertPerson(p), insertConversation(c), appendEvents(events...),
			queueLines(line(c, 3, "A meeting about …"))))

		same(t, dialog.Situation{
			Duplicate: true, DuplicateOf: c.ID, DuplicateSeq: 1, Person: p, Conversation: c, History: []string{events[0].Text},
		}, situation("SM1"))
		same(t, dialog.Situation{Person: p, Conversation: c, History: []string{events[0].Text}}, situation("SM2"))
		same(t, events, ask(t, s, func(r dialog.Reader) ([]dialog.Event, error) { return r.Events(c.ID, 0, 0) }))

		// The next text finds twelve that were said, of which the ten newest count, and a concern.
		next := c
		next.Version, next.LastSeq, next.LastInSeq, next.Level = 2, 14, 14, dialog.LevelUrgent
		var more []dialog.Event
		var want []string
		for seq := int64(4); seq <= 14; seq++ {
			e := said(c.ID, seq, fmt.Sprintf("%d:%s", seq, strings.Repeat("ž", int(seq))))
			if seq == 13 {
				e.Kind = dialog.Transcribed
			}
			more = append(more, e)
			if seq > 4 {
				want = append(want, e.Text)
			}
		}
		k := dialog.Concern{ID: "concern-1", Ref: "7000001", Conversation: c.ID, Person: p.ID, Level: dialog.LevelUrgent, Version: 1, OpenedAt: evening}
		must(t, do(t, s, accept("SM2", c.ID, 4), update(next, 1), appendEvents(more...), insertConcern(k)))
		same(t, dialog.Situation{Person: p, Conversation: next, History: want, Concern: k}, situation("SM3"))

		// Another line of ours knows the person and has no conversation with them.
		same(t, dialog.Situation{Person: p}, ask(t, s, func(r dialog.Reader) (dialog.Situation, error) {
			return r.Situation("other", mobile(1), "SM1", "")
		}))
	})
}

func TestTenCopiesAtOnceAreAcceptedOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		var accepted, duplicates atomic.Int64
		var wg sync.WaitGroup
		for n := range 10 {
			wg.Go(func() {
				p, c := somebody(n)
				err := do(t, s, accept("SM1", c.ID, 1), insertPerson(p), insertConversation(c), appendEvents(said(c.ID, 1, "hello")))
				switch {
				case err == nil:
					accepted.Add(1)
				case errors.Is(err, dialog.ErrDuplicate):
					duplicates.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if accepted.Load() != 1 || duplicates.Load() != 9 {
			t.Errorf("%d accepted, %d refused as duplicates", accepted.Load(), duplicates.Load())
		}
		kept := 0
		for n := range 10 {
			p, c := somebody(n)
			if _, err := try(t, s, func(r dialog.Reader) (dialog.Person, error) { return r.Person(p.ID) }); err == nil {
				kept++
				same(t, 1, len(ask(t, s, func(r dialog.Reader) ([]dialog.Event, error) { return r.Events(c.ID, 0, 0) })))
			}
		}
		same(t, 1, kept)
		// The same id on another of our lines is another message.
		must(t, do(t, s, func(tx dialog.Tx) error { return tx.Accept("other", "SM1", "conversation-1", 1, evening) }))
	})
}

func TestADuplicateIsToldWhateverTheCallerMakesOfIt(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		must(t, do(t, s, accept("SM1", "conversation-1", 1)))
		err := do(t, s, func(tx dialog.Tx) error {
			_ = tx.Accept(famout, "SM1", "conversation-1", 1, evening)
			return nil
		})
		if !errors.Is(err, dialog.ErrDuplicate) {
			t.Errorf("a dropped refusal ended in %v", err)
		}
		err = do(t, s, accept("SM1", "conversation-1", 1), func(tx dialog.Tx) error {
			_, err := tx.Conversation("conversation-1")
			return err
		})
		if !errors.Is(err, dialog.ErrDuplicate) {
			t.Errorf("a duplicate followed by a read ended in %v", err)
		}
	})
}

func TestTwoWhoMeetHaveToReadAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		c := meet(t, s, 1)
		p, _ := somebody(1)
		newer := c
		newer.Version, newer.LastSeq = 2, 1
		must(t, do(t, s, update(newer, 1), appendEvents(said(c.ID, 1, "hello"))))

		other, otherConversation := somebody(2)
		sameRef := otherConversation
		sameRef.Ref = c.Ref
		second := c
		second.ID, second.Ref = "conversation-1b", "2000000"
		closed := newer
		closed.Version, closed.ClosedAt = 3, evening
		for _, story := range []struct {
			name  string
			steps []func(dialog.Tx) error
		}{
			{"an old version", []func(dialog.Tx) error{appendEvents(said(c.ID, 2, "lost")), update(newer, 1)}},
			{"an event number that is taken", []func(dialog.Tx) error{appendEvents(said(c.ID, 1, "lost"))}},
			{"a person whose address is taken", []func(dialog.Tx) error{insertPerson(dialog.Person{ID: "person-1b", Address: p.Address})}},
			{"a second open conversation", []func(dialog.Tx) error{insertConversation(second)}},
			{"a reference number that is taken", []func(dialog.Tx) error{insertPerson(other), insertConversation(sameRef)}},
			{"a conversation that does not exist", []func(dialog.Tx) error{update(otherConversation, 1)}},
			{"a refusal before a read", []func(dialog.Tx) error{update(newer, 1), func(tx dialog.Tx) error {
				_, err := tx.Events(c.ID, 0, 0)
				return err
			}}},
		} {
			if err := do(t, s, story.steps...); !errors.Is(err, dialog.ErrStale) {
				t.Errorf("%s: %v", story.name, err)
			} else if strings.Contains(err.Error(), p.Address.Value) {
				t.Errorf("%s: the error tells the address", story.name)
			}
		}
		same(t, newer, ask(t, s, func(r dialog.Reader) (dialog.Conversation, error) { return r.Conversation(c.ID) }))
		same(t, 1, len(ask(t, s, func(r dialog.Reader) ([]dialog.Event, error) { return r.Events(c.ID, 0, 0) })))
		if _, err := try(t, s, func(r dialog.Reader) (dialog.Person, error) { return r.Person(other.ID) }); !errors.Is(err, dialog.ErrNotFound) {
			t.Errorf("a person of a refused transaction: %v", err)
		}

		// When the first one is closed the person may open another; the newest is then the latest.
		second.OpenedAt = evening.Add(time.Hour)
		must(t, do(t, s, update(closed, 2), insertConversation(second)))
		same(t, second, ask(t, s, func(r dialog.Reader) (dialog.Conversation, error) { return r.LatestConversation(famout, p.Address) }))
	})
}

func TestManyTakeOverAndOneDoes(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		c := meet(t, s, 1)
		var won atomic.Int64
		var wg sync.WaitGroup
		for n := range 8 {
			wg.Go(func() {
				mine := c
				mine.Version = 2
				mine.Holder = dialog.Holder{Kind: dialog.Staff, Worker: dialog.WorkerID(fmt.Sprint(n)), Name: "Sam"}
				switch err := do(t, s, update(mine, 1)); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, dialog.ErrStale):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		same(t, int64(1), won.Load())
	})
}

func TestManyTextsAtOnceAreAllKeptInOneOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		const writers, each = 6, 8
		write := func(writer, n int) error {
			providerID := fmt.Sprintf("SM%d-%d", writer, n)
			var found dialog.Situation
			if err := s.Read(t.Context(), func(r dialog.Reader) (err error) {
				found, err = r.Situation(famout, mobile(1), providerID, "")
				return err
			}); err != nil {
				return err
			}
			p, c := somebody(1)
			p.ID, c.ID = dialog.PersonID("person-"+providerID), dialog.ConversationID("conversation-"+providerID)
			if found.Person.ID != "" {
				p = found.Person
			}
			c.Person = p.ID
			if found.Conversation.ID != "" {
				c = found.Conversation
				c.Version++
			}
			c.LastSeq++
			return s.Do(t.Context(), func(tx dialog.Tx) error {
				if err := tx.Accept(famout, providerID, c.ID, c.LastSeq, evening); err != nil {
					return err
				}
				if found.Person.ID == "" {
					if err := tx.InsertPerson(p); err != nil {
						return err
					}
				}
				if found.Conversation.ID == "" {
					if err := tx.InsertConversation(c); err != nil {
						return err
					}
				} else if err := tx.UpdateConversation(c, found.Conversation.Version); err != nil {
					return err
				}
				return tx.AppendEvents(said(c.ID, c.LastSeq, providerID))
			})
		}
		var wg sync.WaitGroup
		for writer := range writers {
			wg.Go(func() {
				for n := range each {
					err := write(writer, n)
					for errors.Is(err, dialog.ErrStale) {
						err = write(writer, n)
					}
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		c := ask(t, s, func(r dialog.Reader) (dialog.Conversation, error) { return r.LatestConversation(famout, mobile(1)) })
		events := ask(t, s, func(r dialog.Reader) ([]dialog.Event, error) { return r.Events(c.ID, 0, 0) })
		seen := map[string]bool{}
		for i, e := range events {
			seen[e.Text] = true
			same(t, int64(i+1), e.Seq)
		}
		same(t, writers*each, len(seen))
		same(t, int64(writers*each), c.Version)
	})
}

func TestAReaderGoesOnFromWhereItStopped(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		c := meet(t, s, 1)
		other := meet(t, s, 2)
		var all []dialog.Event
		for seq := int64(1); seq <= 20; seq++ {
			all = append(all, said(c.ID, seq, fmt.Sprint("text ", seq)))
		}
		all[4].ClientID, all[4].Kind = "browser-5", dialog.SaidStaff
		must(t, do(t, s, appendEvents(all...), appendEvents(said(other.ID, 1, "not theirs"))))
		read := func(after int64, limit int) []dialog.Event {
			return ask(t, s, func(r dialog.Reader) ([]dialog.Event, error) { return r.Events(c.ID, after, limit) })
		}
		same(t, all[:7], read(0, 7))
		same(t, all[7:14], read(7, 7))
		same(t, all[14:], read(14, 7))
		same(t, 0, len(read(20, 7)))
		same(t, all, read(0, 0))

		same(t, all[4], ask(t, s, func(r dialog.Reader) (dialog.Event, error) { return r.EventByClientID(c.ID, "browser-5") }))
		again := said(c.ID, 21, "twice")
		again.ClientID = "browser-5"
		if err := do(t, s, appendEvents(again)); !errors.Is(err, dialog.ErrStale) {
			t.Errorf("the same client id again: %v", err)
		}
		again.Conversation, again.Seq = other.ID, 2
		must(t, do(t, s, appendEvents(again)))
	})
}

func TestWordsThatADatabaseWouldRefuseAreKept(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		c := meet(t, s, 1)
		e := said(c.ID, 1, "help\x00 he's \xff gone")
		must(t, do(t, s, accept("S\x00M", c.ID, 1), appendEvents(e), queueLines(line(c, 1, "\x00"))))
		e.Text = "help\uFFFD he's \uFFFD gone"
		same(t, []dialog.Event{e}, ask(t, s, func(r dialog.Reader) ([]dialog.Event, error) { return r.Events(c.ID, 0, 0) }))
		found := ask(t, s, func(r dialog.Reader) (dialog.Situation, error) { return r.Situation(famout, mobile(1), "S\x00M", "") })
		same(t, true, found.Duplicate)
		same(t, []string{e.Text}, found.History)
	})
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		meet(t, s, 1)
		for name, question := range map[string]func(dialog.Reader) error{
			"conversation":    func(r dialog.Reader) error { _, err := r.Conversation("none"); return err },
			"latest":          func(r dialog.Reader) error { _, err := r.LatestConversation(famout, mobile(2)); return err },
			"latest withheld": func(r dialog.Reader) error { _, err := r.LatestConversation(famout, dialog.Address{}); return err },
			"person":          func(r dialog.Reader) error { _, err := r.Person("none"); return err },
			"client id":       func(r dialog.Reader) error { _, err := r.EventByClientID("conversation-1", ""); return err },
			"concern":         func(r dialog.Reader) error { _, err := r.Concern("none"); return err },
			"line":            func(r dialog.Reader) error { _, err := r.OutboxItem("none"); return err },
			"provider's line": func(r dialog.Reader) error { _, err := r.OutboxByProviderID(""); return err },
			"recording":       func(r dialog.Reader) error { _, err := r.Recording("none"); return err },
		} {
			if err := s.Read(t.Context(), question); !errors.Is(err, dialog.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := do(t, s, func(tx dialog.Tx) error { return tx.SetOptedOut("none", evening) }); !errors.Is(err, dialog.ErrNotFound) {
			t.Errorf("opting out nobody: %v", err)
		}
		// Asking in a transaction for what is not there does not spoil it.
		_, c := somebody(1)
		c.Version = 2
		must(t, do(t, s, func(tx dialog.Tx) error {
			if _, err := tx.Person("none"); !errors.Is(err, dialog.ErrNotFound) {
				t.Errorf("person in a transaction: %v", err)
			}
			return nil
		}, update(c, 1)))
	})
}

func TestSomebodyWhoSaidStopAndThenStart(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		meet(t, s, 1)
		opted := func(at time.Time) {
			t.Helper()
			must(t, do(t, s, func(tx dialog.Tx) error { return tx.SetOptedOut("person-1", at) }))
			p, _ := somebody(1)
			p.OptedOutAt = at
			same(t, p, ask(t, s, func(r dialog.Reader) (dialog.Person, error) { return r.Person("person-1") }))
		}
		opted(evening)
		opted(time.Time{})
	})
}

func TestWithheldCallersAreFoundByTheirCalls(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		withheld := dialog.Address{Medium: dialog.Voice}
		ring := func(n int, call string, from dialog.Address) dialog.Conversation {
			p, c := somebody(n)
			p.Address, c.Medium, c.CallID = from, dialog.Voice, call
			must(t, do(t, s, insertPerson(p), insertConversation(c)))
			return c
		}
		situation := func(from dialog.Address, call string) dialog.Situation {
			return ask(t, s, func(r dialog.Reader) (dialog.Situation, error) { return r.Situation(famout, from, "RE1", call) })
		}
		first, second := ring(1, "CA1", withheld), ring(2, "CA2", withheld)
		same(t, first, situation(withheld, "CA1").Conversation)
		same(t, second, situation(withheld, "CA2").Conversation)
		same(t, second.Person, situation(withheld, "CA2").Person.ID)
		same(t, dialog.Situation{}, situation(withheld, "CA3"))
		same(t, dialog.Situation{}, situation(withheld, ""))

		// One call has one open conversation.
		p, c := somebody(3)
		p.Address, c.CallID = withheld, "CA1"
		if err := do(t, s, insertPerson(p), insertConversation(c)); !errors.Is(err, dialog.ErrStale) {
			t.Errorf("the same call again: %v", err)
		}

		// Somebody who shows their number and rings again goes on with what is open.
		known := dialog.Address{Medium: dialog.Voice, Value: mobile(4).Value}
		shown := ring(4, "CA4", known)
		same(t, shown, situation(known, "CA5").Conversation)
		same(t, shown.Person, situation(known, "CA5").Person.ID)
		// The same number texting is another person to us: another medium.
		same(t, dialog.Situation{}, situation(mobile(4), ""))

		// What is over is not gone on with; the person is still known.
		shown.Version, shown.ClosedAt = 2, evening
		must(t, do(t, s, update(shown, 1)))
		same(t, dialog.Conversation{}, situation(known, "CA4").Conversation)
		same(t, shown.Person, situation(known, "CA4").Person.ID)
	})
}

func TestTurnsThatAreOwed(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		owes := func(c *dialog.Conversation) { c.LastSeq, c.LastInSeq, c.AnsweredSeq = 4, 4, 2 }
		owed := meet(t, s, 1, owes)
		meet(t, s, 2, owes, func(c *dialog.Conversation) { c.AnsweredSeq = 4 })
		meet(t, s, 3, owes, func(c *dialog.Conversation) { c.Holder.Kind = dialog.Staff })
		meet(t, s, 4, owes, func(c *dialog.Conversation) { c.ClosedAt = evening })
		late := meet(t, s, 5, func(*dialog.Conversation) {})
		unstepped := func() []dialog.ConversationID {
			return ask(t, s, func(r dialog.Reader) ([]dialog.ConversationID, error) { return r.Unstepped(10) })
		}
		same(t, []dialog.ConversationID{owed.ID}, unstepped())
		late.Version, late.LastSeq, late.LastInSeq = 2, 1, 1
		owed.Version, owed.AnsweredSeq = 2, 4
		must(t, do(t, s, update(late, 1), update(owed, 1)))
		same(t, []dialog.ConversationID{late.ID}, unstepped())
	})
}

func TestAContextThatEndedChangesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Do(ctx, accept("SM1", "conversation-1", 1)); !errors.Is(err, context.Canceled) {
			t.Errorf("Do: %v", err)
		}
		if err := s.Read(ctx, func(dialog.Reader) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("Read: %v", err)
		}
		must(t, do(t, s, accept("SM1", "conversation-1", 1)))
	})
}

func TestAKeyThatAnotherAddressBroughtIsADuplicate(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		c := meet(t, s, 1)
		must(t, do(t, s, func(tx dialog.Tx) error { return tx.Accept(famout, "SM1", c.ID, 7, evening) }))
		same(t, dialog.Situation{Duplicate: true, DuplicateOf: c.ID, DuplicateSeq: 7},
			ask(t, s, func(r dialog.Reader) (dialog.Situation, error) { return r.Situation(famout, mobile(2), "SM1", "") }))
		same(t, dialog.Situation{},
			ask(t, s, func(r dialog.Reader) (dialog.Situation, error) { return r.Situation(famout, mobile(2), "SM2", "") }))
	})
}
