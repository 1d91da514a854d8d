package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"helpline/dialog"
)

// MaxText is the longest message that is taken, in bytes. A provider's limit
// is far below (Twilio joins texts up to 1,600 characters).
const MaxText = 32 << 10

// attempts bounds how often a turn is decided again because somebody else
// wrote to the conversation meanwhile.
const attempts = 64

// Receive accepts one inbound message: one read, unless its person wrote a moment ago, then one transaction that
// holds the message, its assessment, the concern if there is one and the
// reply. When it returns nil all of it is on disk. A message accepted before
// is answered again without doing anything again. Errors: *dialog.InvalidError
// for bad input; anything else means that nothing was accepted.
func (d *Desk) Receive(ctx context.Context, in dialog.Inbound) (dialog.Received, error) {
	line, ok := d.lines[in.Line]
	switch {
	case !ok:
		return dialog.Received{}, &dialog.InvalidError{Field: "line", Problem: "there is no such line"}
	case in.ProviderID == "":
		return dialog.Received{}, &dialog.InvalidError{Field: "id", Problem: "a message needs an id of its own"}
	case len(in.Text) > MaxText:
		return dialog.Received{}, &dialog.InvalidError{Field: "text", Problem: "is too long"}
	case in.Kind == dialog.InText && strings.TrimSpace(in.Text) == "" && len(in.Media) == 0:
		return dialog.Received{}, &dialog.InvalidError{Field: "text", Problem: "is empty"}
	}
	if !utf8.ValidString(in.Text) {
		in.Text = strings.ToValidUTF8(in.Text, "\uFFFD")
	}
	// A NUL cannot be stored by PostgreSQL; it carries no meaning either.
	in.Text = strings.ReplaceAll(in.Text, "\x00", "\uFFFD")
	if in.At.IsZero() {
		in.At = d.Now()
	}
	for range attempts {
		got, err := d.receiveOnce(ctx, line, in)
		switch {
		case errors.Is(err, dialog.ErrStale), errors.Is(err, dialog.ErrDuplicate):
			continue
		case err != nil:
			return dialog.Received{}, fmt.Errorf("receive: %w", err)
		}
		return got, nil
	}
	return dialog.Received{}, fmt.Errorf("receive: %w", dialog.ErrStale)
}

func (d *Desk) receiveOnce(ctx context.Context, line Line, in dialog.Inbound) (dialog.Received, error) {
	who := correspondent{in.Line, in.From}
	sit, epoch, known := d.recent.take(who, d.Now())
	if !known {
		err := d.Store.Read(ctx, func(r dialog.Reader) (err error) {
			sit, err = r.Situation(in.Line, in.From, in.ProviderID, in.CallID)
			return err
		})
		if err != nil {
			return dialog.Received{}, err
		}
	}
	if sit.Duplicate {
		return d.again(ctx, in, sit)
	}
	test, err := d.markedTest(ctx, in)
	if err != nil {
		return dialog.Received{}, err
	}
	t := d.begin(line, in, sit)
	t.isTest(test)
	said := slices.Clone(t.sit.History)
	switch in.Kind {
	case dialog.InText:
		err = t.text()
		t.unread()
	case dialog.InCall:
		t.call()
	case dialog.InRecording:
		t.recording()
	}
	if err != nil {
		return dialog.Received{}, err
	}
	if err := d.Store.Do(ctx, t.write); err != nil {
		return dialog.Received{}, err
	}
	if in.Kind == dialog.InText && !t.conv.Test {
		d.recent.keep(who, t.situation(said), epoch, t.now)
	}
	d.changed(t.conv, t.conv.Waiting != sit.Conversation.Waiting || t.conv.Waiting != dialog.WaitingNone)
	d.lookAgain(t.conv.ID, t.related)
	if len(t.items) > 0 {
		d.outbox.wake(t.conv.ID)
	}
	if t.rec != nil && d.Woken != nil {
		d.Woken(t.rec.ID)
	}
	d.readAgain(t.conv, t.inSeq, t.body, t.sit.History, t.plain)
	if t.unknown != "" && !t.conv.Test && d.Unanswered != nil {
		d.Unanswered(t.unknown, t.conv.Jurisdiction)
	}
	return dialog.Received{
		Conversation: t.conv.ID, Ref: t.conv.Ref, Seq: t.inSeq, Lines: t.said, Then: t.then,
	}, nil
}

// again tells a provider what it was told the first time.
func (d *Desk) again(ctx context.Context, in dialog.Inbound, sit dialog.Situation) (dialog.Received, error) {
	got := dialog.Received{Conversation: sit.DuplicateOf, Seq: sit.DuplicateSeq, Duplicate: true}
	err := d.Store.Read(ctx, func(r dialog.Reader) error {
		c, err := r.Conversation(sit.DuplicateOf)
		if err != nil {
			return err
		}
		got.Ref = c.Ref
		after, err := r.Events(c.ID, sit.DuplicateSeq, 20)
		if err != nil {
			return err
		}
		for _, e := range after {
			if e.Kind == dialog.SaidIn || e.Kind == dialog.CallStarted || e.Kind == dialog.Recorded {
				break
			}
			if e.Kind == dialog.SaidBot {
				got.Lines = append(got.Lines, e)
			}
		}
		return nil
	})
	got.Then = thenAfter(in.Kind)
	return got, err
}

func thenAfter(k dialog.InboundKind) dialog.Then {
	switch k {
	case dialog.InCall:
		return dialog.ThenRecord
	case dialog.InRecording:
		return dialog.ThenHangUp
	case dialog.InText:
		return dialog.ThenNothing
	}
	return dialog.ThenNothing
}
