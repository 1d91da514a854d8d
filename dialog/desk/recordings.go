package desk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"helpline/dialog"
	"helpline/dialog/flow"
)

// call greets somebody who rings: the two routes first, then the tone. Who
// hangs up there may be rung back, so the call is on the list until somebody
// has seen it; a recording moves it up. A withheld number leaves nothing to do.
func (t *turn) call() {
	t.heard(dialog.CallStarted, "", nil)
	if !t.in.From.Withheld() {
		t.wait(dialog.WaitingReview)
	}
	greeting := t.d.Texts.Say("voice.greeting", t.line.Medium)
	if away := t.d.away(t.now)(t.conv.Prison); away.Away {
		greeting = t.d.Texts.Say("voice.greeting_away", t.line.Medium, "back", flow.When(t.d.Texts, t.line.Medium, away))
	}
	t.say(greeting, dialog.LineData{Urgent: true})
	t.conv.AnsweredSeq = t.inSeq
}

// recording queues a recorded message for people at once. The audio is
// fetched and written down as text afterwards; nobody waits for that.
func (t *turn) recording() {
	rec := dialog.Recording{
		ID: dialog.RecordingID(dialog.NewID(t.now)), Conversation: t.conv.ID, ProviderID: t.in.ProviderID,
		State: dialog.RecordingToFetch, NextAt: t.now, CreatedAt: t.now,
	}
	if len(t.in.Media) > 0 {
		rec.URL = t.in.Media[0].URL
		rec.Seconds = int(t.in.Media[0].Duration / time.Second)
	}
	if t.conv.Test {
		// Nobody spoke: there is nothing to fetch from the provider.
		rec.State, rec.URL, rec.NextAt = dialog.RecordingNoText, "", time.Time{}
	}
	t.heard(dialog.Recorded, "", dialog.RecordedData{Recording: rec.ID, Seconds: rec.Seconds})
	rec.Seq = t.inSeq
	t.rec = &rec
	if t.conv.Holder.Kind == dialog.Bot {
		t.conv.Holder = dialog.Holder{Kind: dialog.InQueue}
	}
	t.wait(dialog.WaitingVoice)
	t.say(t.d.Texts.Say("voice.recorded", t.line.Medium, "ref", spaced(t.conv.Ref)), dialog.LineData{})
	t.conv.AnsweredSeq = t.inSeq
}

// spaced writes a reference so that it is read out digit by digit.
func spaced(ref string) string {
	return strings.Join(strings.Split(ref, ""), ", ")
}

// fetchAttempts is how often a recording is asked for before it is given up:
// with the growing pauses between them, for about a week, since a provider's
// outage or a wrong password may last a long week-end.
const fetchAttempts = 65

// written bounds how long the outcome of an attempt may take to be written. It
// is written also when the attempt itself ran out of time: one that is not
// counted would be made for ever.
const written = 10 * time.Second

func pause(attempts int) time.Duration {
	p := 5 * time.Second << min(attempts, 11)
	return min(p, 3*time.Hour)
}

// FetchRecording brings a recording from the provider to disk. An error means
// that it will be tried again, or, when it was given up, that the message stays
// in the queue with the provider's link. A recording in another state is left
// alone.
func (d *Desk) FetchRecording(ctx context.Context, id dialog.RecordingID) error {
	var rec dialog.Recording
	if err := d.Store.Read(ctx, func(r dialog.Reader) (err error) {
		rec, err = r.Recording(id)
		return err
	}); err != nil {
		return fmt.Errorf("fetch recording %s: %w", id, err)
	}
	if rec.State != dialog.RecordingToFetch {
		return nil
	}
	file, err := d.bring(ctx, rec)
	rec.Attempts++
	now := d.Now()
	switch {
	case err == nil:
		rec.State, rec.File, rec.Attempts, rec.NextAt = dialog.RecordingStored, file, 0, now
	case rec.Attempts >= fetchAttempts || !d.Recordings.Temporary(err) && ctx.Err() == nil:
		rec.State = dialog.RecordingLost
	default:
		rec.NextAt = now.Add(pause(rec.Attempts))
	}
	wctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), written)
	defer cancel()
	if werr := d.updateRecording(wctx, rec, dialog.RecordingToFetch, nil); werr != nil {
		return fmt.Errorf("fetch recording %s: %w", id, werr)
	}
	if err != nil {
		return fmt.Errorf("fetch recording %s: %w", id, err)
	}
	if d.Woken != nil {
		d.Woken(id)
	}
	return nil
}

func (d *Desk) bring(ctx context.Context, rec dialog.Recording) (string, error) {
	if d.Recordings == nil {
		return "", errors.New("no provider of recordings is set up")
	}
	audio, err := d.Recordings.Fetch(ctx, rec.URL)
	if err != nil {
		return "", err
	}
	defer func() { _ = audio.Close() }()
	return d.Recordings.Keep(rec.ID, audio)
}

// updateRecording writes a recording and tells whoever looks at it. more may
// change the conversation in the same transaction.
func (d *Desk) updateRecording(ctx context.Context, rec dialog.Recording, from dialog.RecordingState, more func(*edit) error) error {
	return d.edit(ctx, rec.Conversation, func(e *edit) error {
		if err := e.tx.UpdateRecording(rec, from); err != nil {
			return err
		}
		if more != nil {
			return more(e)
		}
		return nil
	})
}

// Transcribe makes a draft of a stored recording and assesses it. A draft may
// raise a level, never lower one, and never decides who hears the message: it
// was in the queue before. ErrNoEngine leaves the recording to be listened to.
func (d *Desk) Transcribe(ctx context.Context, id dialog.RecordingID) error {
	var rec dialog.Recording
	var said []dialog.Event
	if err := d.Store.Read(ctx, func(r dialog.Reader) (err error) {
		if rec, err = r.Recording(id); err != nil {
			return err
		}
		said, err = r.Events(rec.Conversation, max(0, rec.Seq-200), 200)
		return err
	}); err != nil {
		return fmt.Errorf("transcribe recording %s: %w", id, err)
	}
	if rec.State != dialog.RecordingStored {
		return nil
	}
	heard, err := Heard{}, ErrNoEngine
	if d.Transcriber != nil {
		heard, err = d.Transcriber.Transcribe(ctx, d.Recordings.Path(rec.File))
	}
	rec.Attempts++
	if heard.Seconds > 0 {
		rec.Seconds = heard.Seconds
	}
	var assessment dialog.Assessment
	switch {
	case err == nil && heard.Silent:
		rec.State = dialog.RecordingSilent
	case err == nil:
		rec.State, rec.Transcript, rec.Engine = dialog.RecordingTranscribed, heard.Text, heard.Engine
		assessment = d.Assessor.Assess(heard.Text, history(said, rec.Seq))
		assessment.Draft = true
	case errors.Is(err, ErrNoEngine) || rec.Attempts >= 5:
		rec.State = dialog.RecordingNoText
	default:
		rec.NextAt = d.Now().Add(pause(rec.Attempts))
	}
	wctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), written)
	defer cancel()
	werr := d.updateRecording(wctx, rec, dialog.RecordingStored, func(e *edit) error {
		if rec.State != dialog.RecordingTranscribed {
			return nil
		}
		e.event(dialog.Transcribed, rec.Transcript, dialog.RecordedData{Recording: rec.ID, Seconds: rec.Seconds})
		return d.judgeDraft(e, rec, assessment)
	})
	if werr != nil {
		return fmt.Errorf("transcribe recording %s: %w", id, werr)
	}
	if err != nil && !errors.Is(err, ErrNoEngine) {
		return fmt.Errorf("transcribe recording %s: %w", id, err)
	}
	if rec.State == dialog.RecordingTranscribed {
		d.readAgain(dialog.Conversation{ID: rec.Conversation}, rec.Seq, rec.Transcript, history(said, rec.Seq), assessment)
	}
	return nil
}

// judgeDraft lets an assessed draft raise a concern or make one worse.
func (d *Desk) judgeDraft(e *edit, rec dialog.Recording, a dialog.Assessment) error {
	e.event(dialog.Assessed, "", dialog.AssessedData{Of: rec.Seq, Assessment: a})
	if a.Level < dialog.LevelConcern {
		return nil
	}
	return e.raise(a, e.state().Facts)
}

func history(events []dialog.Event, before int64) []string {
	var h []string
	for _, e := range events {
		if e.Seq < before && (e.Kind == dialog.SaidIn || e.Kind == dialog.Transcribed) {
			h = append(h, e.Text)
		}
	}
	if len(h) > 10 {
		h = h[len(h)-10:]
	}
	return h
}
