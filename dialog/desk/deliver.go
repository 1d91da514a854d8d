package desk

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"helpline/dialog"
)

const (
	sendTimeout  = 15 * time.Second
	lease        = 60 * time.Second // longer than a send may take
	reportWithin = 10 * time.Minute // for a line that may or may not have gone
	// sendAttempts is how often a line is offered: with the growing pauses
	// between them for a little over two hours, an outage of the provider's.
	sendAttempts  = 24
	sweepInterval = 2 * time.Second
	// room is how many conversations wait for a sender in memory; a burst's
	// others wait in the store alone.
	room = 4096
)

// outbox wakes senders: a set of conversations with something to send, each
// held by one sender at a time.
type outbox struct {
	mu    sync.Mutex
	due   map[dialog.ConversationID]bool // true: again when its sender is done
	ready chan dialog.ConversationID
	more  bool          // some did not fit; only the store knows them
	empty chan struct{} // told when there is room for them
}

func newOutbox() *outbox {
	return &outbox{due: map[dialog.ConversationID]bool{}, ready: make(chan dialog.ConversationID, room), empty: make(chan struct{}, 1)}
}

// wake asks for a conversation to be sent for. It never blocks: when too many
// wait already a sweep finds it, as soon as those have been seen to.
func (o *outbox) wake(id dialog.ConversationID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, busy := o.due[id]; busy {
		o.due[id] = true
		return
	}
	select {
	case o.ready <- id:
		o.due[id] = false
	default:
		o.more = true
	}
}

// remain says that the store has more than a sweep could bring.
func (o *outbox) remain() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.more = true
	o.askForMore()
}

// askForMore has the store swept when nobody waits here any more, but did not
// fit before. o.mu is held.
func (o *outbox) askForMore() {
	if !o.more || len(o.ready) > 0 {
		return
	}
	o.more = false
	select {
	case o.empty <- struct{}{}:
	default:
	}
}

// done lets go of a conversation; true means that it was woken meanwhile.
func (o *outbox) done(id dialog.ConversationID) (again bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.due[id] {
		o.due[id] = false
		return true
	}
	delete(o.due, id)
	o.askForMore()
	return false
}

// deliverAll runs the senders and the sweep that finds what a crash, a full
// channel or a pause between attempts left.
func (d *Desk) deliverAll(ctx context.Context) {
	var wg sync.WaitGroup
	for range d.Senders {
		wg.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case id := <-d.outbox.ready:
					for {
						if err := d.deliver(ctx, id); err != nil && ctx.Err() == nil {
							d.Log.Error("deliver", "conversation", id, "error", err)
						}
						if !d.outbox.done(id) {
							break
						}
						if ctx.Err() != nil {
							d.outbox.done(id)
							break
						}
					}
				}
			}
		})
	}
	tick := time.NewTicker(sweepInterval)
	defer tick.Stop()
	for {
		d.recent.expire(d.Now())
		d.sweep(ctx)
		select {
		case <-ctx.Done():
			wg.Wait()
			return
		case <-tick.C:
		case <-d.outbox.empty:
		}
	}
}

func (d *Desk) sweep(ctx context.Context) {
	var due []dialog.ConversationID
	err := d.Store.Read(ctx, func(r dialog.Reader) (err error) {
		due, err = r.OutboxDue(d.Now(), room)
		return err
	})
	if err != nil {
		if ctx.Err() == nil {
			d.Log.Error("sweep the outbox", "error", err)
		}
		return
	}
	for _, id := range due {
		d.outbox.wake(id)
	}
	if len(due) == room {
		d.outbox.remain()
	}
}

// deliver sends what a conversation has waiting, in order, and stops at a line
// whose time has not come.
func (d *Desk) deliver(ctx context.Context, id dialog.ConversationID) error {
	for ctx.Err() == nil {
		item, to, err := d.claim(ctx, id)
		if err != nil || item.ID == "" {
			return err
		}
		more, err := d.send(ctx, item, to)
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// errNothing ends a claim that has nothing to send, without an error.
var errNothing = errors.New("nothing to send")

// claim takes the next line of a conversation for sending. Who holds the
// conversation, and whether the person wants texts at all, is checked in the
// same transaction, so that a line the bot wrote before somebody took over is
// never sent after it.
func (d *Desk) claim(ctx context.Context, id dialog.ConversationID) (item dialog.OutboxItem, to dialog.Address, err error) {
	for range attempts {
		item, to, err = d.claimOnce(ctx, id)
		switch {
		case errors.Is(err, errNothing):
			return dialog.OutboxItem{}, to, nil
		case errors.Is(err, dialog.ErrStale):
			continue
		}
		return item, to, err
	}
	return dialog.OutboxItem{}, to, err
}

func (d *Desk) claimOnce(ctx context.Context, id dialog.ConversationID) (item dialog.OutboxItem, to dialog.Address, err error) {
	var gone dialog.OutboxItem // a line whose fate was decided instead
	err = d.Store.Do(ctx, func(tx dialog.Tx) error {
		now := d.Now()
		leaving, err := tx.Leaving(id)
		if err != nil {
			return err
		}
		item, gone = dialog.OutboxItem{}, dialog.OutboxItem{}
		for _, l := range leaving.Lines {
			was := l.State
			switch {
			case was == dialog.OutboxSending && l.NextAt.After(now):
				return errNothing // another sender is at it
			case was == dialog.OutboxSending:
				// A sender died in the act. It may have gone: wait for the
				// provider's report rather than say it twice.
				l.State, l.NextAt, l.UpdatedAt = dialog.OutboxUncertain, now.Add(reportWithin), now
				gone = l
				return tx.UpdateOutbox(l, was)
			case was == dialog.OutboxUncertain && !l.NextAt.After(now):
				// Written below, together with putting it before people.
				l.State, l.Code, l.UpdatedAt = dialog.OutboxFailed, "no report", now
				gone = l
				return nil
			case was != dialog.OutboxQueued:
				continue
			case l.FromBot && leaving.Holder == dialog.Staff, d.unwanted(leaving.Person, l):
				l.State, l.UpdatedAt = dialog.OutboxWithdrawn, now
				gone = l
				return tx.UpdateOutbox(l, was)
			case l.NextAt.After(now):
				return errNothing // its turn comes first; later ones wait
			default:
				l.State, l.Attempts, l.NextAt, l.UpdatedAt = dialog.OutboxSending, l.Attempts+1, now.Add(lease), now
				item, to = l, leaving.Person.Address
				return tx.UpdateOutbox(l, was)
			}
		}
		return errNothing
	})
	if err != nil || gone.ID == "" {
		return item, to, err
	}
	if gone.State == dialog.OutboxFailed {
		if err := d.undelivered(ctx, gone, dialog.OutboxUncertain, false); err != nil && !errors.Is(err, errMoved) {
			return dialog.OutboxItem{}, to, err
		}
	}
	return dialog.OutboxItem{}, to, dialog.ErrStale // look again for the next
}

// unwanted says that the person asked for no more texts. The line that
// confirms it was written in the same moment and is the last one to go.
func (d *Desk) unwanted(p dialog.Person, l dialog.OutboxItem) bool {
	return !p.OptedOutAt.IsZero() && !l.CreatedAt.Equal(p.OptedOutAt)
}

// send hands a claimed line over and writes down what became of it. more says
// that another line of the conversation may have to leave now.
func (d *Desk) send(ctx context.Context, item dialog.OutboxItem, to dialog.Address) (more bool, err error) {
	line, ok := d.lines[item.Line]
	var receipt dialog.Receipt
	err = error(&dialog.SendError{Verdict: dialog.Fail, Code: "no line", Err: errors.New("the line is not set up")})
	if ok && line.Sender != nil {
		sctx, cancel := context.WithTimeout(ctx, sendTimeout)
		receipt, err = line.Sender.Send(sctx, dialog.Outbound{ID: item.ID, Line: item.Line, To: to, Text: item.Text})
		cancel()
	}
	now := d.Now()
	item.UpdatedAt = now
	var failed *dialog.SendError
	switch {
	case err == nil:
		item.State, item.ProviderID, item.NextAt = dialog.OutboxSent, receipt.ProviderID, time.Time{}
	case !errors.As(err, &failed):
		item.State, item.Code, item.NextAt = dialog.OutboxUncertain, "unknown", now.Add(reportWithin)
	default:
		item.Code = failed.Code
		switch failed.Verdict {
		case dialog.Retry:
			item.State, item.NextAt = dialog.OutboxQueued, now.Add(max(failed.RetryAfter, time.Second<<min(item.Attempts, 9)))
			if item.Attempts >= sendAttempts {
				item.State = dialog.OutboxFailed
			}
		case dialog.Fail, dialog.OptedOut:
			item.State = dialog.OutboxFailed
		case dialog.Uncertain:
			item.State, item.NextAt = dialog.OutboxUncertain, now.Add(reportWithin)
		}
	}
	if err != nil && ctx.Err() == nil {
		// A provider that refuses or cannot be reached is for whoever keeps the
		// service to know; the code is the provider's and says nothing of anybody.
		d.Log.Warn("a line was not taken", "line", item.Line, "state", item.State, "code", item.Code, "attempts", item.Attempts)
	}
	// The outcome is written even when the service is being stopped.
	wctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if item.State == dialog.OutboxFailed {
		err := d.undelivered(wctx, item, dialog.OutboxSending, failed.Verdict == dialog.OptedOut)
		if errors.Is(err, errMoved) {
			err = nil // the provider's report was faster
		}
		return true, err
	}
	werr := d.Store.Do(wctx, func(tx dialog.Tx) (err error) {
		if err := tx.UpdateOutbox(item, dialog.OutboxSending); err != nil {
			return err
		}
		more, err = tx.OutboxQueued(item.Conversation)
		return err
	})
	switch {
	case errors.Is(werr, dialog.ErrStale):
		return true, nil // the provider's report was faster
	case werr != nil:
		return false, fmt.Errorf("write down the outcome of line %s: %w", item.ID, werr)
	}
	d.Bus.Publish(dialog.Notice{Topic: dialog.ConversationChanged, ID: string(item.Conversation)})
	return more, nil
}

// undelivered writes down that a line did not arrive and puts it before people,
// in one transaction: a failure that nobody is told of cannot come about.
// errMoved: the line is no longer in the state from, and nothing was done.
// optedOut says that the provider keeps the person's STOP and will not send.
func (d *Desk) undelivered(ctx context.Context, item dialog.OutboxItem, from dialog.OutboxState, optedOut bool) error {
	err := d.edit(ctx, item.Conversation, func(e *edit) error {
		have, err := e.tx.OutboxItem(item.ID)
		switch {
		case err != nil:
			return err
		case have.State != from:
			return errMoved
		}
		if err := e.tx.UpdateOutbox(item, from); err != nil {
			return err
		}
		e.event(dialog.DeliveryDone, "", dialog.DeliveryData{Of: item.Seq, State: item.State, Code: item.Code})
		if optedOut {
			person, err := e.tx.Person(item.Person)
			if err != nil {
				return err
			}
			if item.FromBot && item.CreatedAt.Equal(person.OptedOutAt) {
				return nil // it only would have confirmed their STOP
			}
			if person.OptedOutAt.IsZero() {
				if err := e.tx.SetOptedOut(item.Person, e.now); err != nil {
					return err
				}
				e.event(dialog.StoppedTexts, "", nil)
			}
		}
		e.wait(dialog.WaitingDelivery)
		return e.tx.InsertAlarm(d.clock(e.conv, dialog.MatterLine, string(item.ID), dialog.PaceOf(e.conv.Level), e.now, e.now))
	})
	if optedOut {
		d.recent.forget() // the person may be writing in another conversation
	}
	if err != nil && !errors.Is(err, errMoved) {
		return fmt.Errorf("write down that line %s failed: %w", item.ID, err)
	}
	return err
}

// errMoved says that a line is no longer in the state it was read in.
var errMoved = errors.New("the line went on meanwhile")

// progress orders the states that a report may bring, so that a late report
// does not undo a later state.
func progress(s dialog.OutboxState) int {
	switch s {
	case dialog.OutboxQueued, dialog.OutboxSending, dialog.OutboxUncertain:
		return 0
	case dialog.OutboxSent:
		return 1
	case dialog.OutboxFailed:
		return 2
	case dialog.OutboxDelivered:
		return 3
	case dialog.OutboxWithdrawn:
		return 4
	}
	return 4
}

// Report takes a provider's word on a line: it settles what was uncertain,
// and a failure is put before people. Reports may come twice, late and in any
// order. dialog.ErrNotFound: no such line.
func (d *Desk) Report(ctx context.Context, r dialog.DeliveryReport) error {
	for range attempts {
		item, was, err := d.reportOnce(ctx, r)
		switch {
		case errors.Is(err, dialog.ErrStale):
			continue
		case errors.Is(err, dialog.ErrNotFound) && r.Outbox != "":
			// Not a line to a person: it may be what a member of staff was told.
			if err := d.reportNotice(ctx, r); err != nil {
				return fmt.Errorf("report: %w", err)
			}
			return nil
		case err != nil:
			return fmt.Errorf("report: %w", err)
		case item.State == dialog.OutboxFailed:
			err := d.undelivered(ctx, item, was, false)
			if errors.Is(err, errMoved) {
				continue // sent, or reported, in this moment: decide again
			}
			return err
		case item.ID != "":
			d.Bus.Publish(dialog.Notice{Topic: dialog.ConversationChanged, ID: string(item.Conversation)})
		}
		return nil
	}
	return fmt.Errorf("report: %w", dialog.ErrStale)
}

// reportOnce writes a report down, but for a failure, which is the caller's to
// write; item is empty when the report brings nothing new.
func (d *Desk) reportOnce(ctx context.Context, r dialog.DeliveryReport) (item dialog.OutboxItem, was dialog.OutboxState, err error) {
	err = d.Store.Do(ctx, func(tx dialog.Tx) error {
		var err error
		if r.Outbox != "" {
			item, err = tx.OutboxItem(r.Outbox)
		} else {
			item, err = tx.OutboxByProviderID(r.ProviderID)
		}
		if err != nil {
			return err
		}
		if progress(r.State) <= progress(item.State) {
			item = dialog.OutboxItem{}
			return nil
		}
		was = item.State
		item.State, item.UpdatedAt, item.NextAt = r.State, d.Now(), time.Time{}
		if r.ProviderID != "" {
			item.ProviderID = r.ProviderID
		}
		if r.Code != "" {
			item.Code = r.Code
		}
		if r.State == dialog.OutboxFailed {
			return nil
		}
		return tx.UpdateOutbox(item, was)
	})
	return item, was, err
}
