package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"helpline/channels/speech"
	"helpline/dialog"
	"helpline/dialog/desk"
	"helpline/dialog/flow"
	"helpline/dialog/prisons"
	"helpline/internal/live"
	"helpline/knowledge"
)

// library lets the desk ask the shelf, in the desk's own words. It reads the
// shelf at each call, so a sheet published now answers the next question.
type library struct {
	shelf     *knowledge.Shelf
	publicURL string
}

func (l library) Find(q flow.Question) flow.Found {
	lib := l.shelf.Library()
	f := lib.Find(knowledge.Query{
		Text: q.Text, History: q.History, Prison: string(q.Prison),
		Jurisdiction: knowledge.Jurisdiction(q.Jurisdiction),
		Previous:     knowledge.SectionRef{Slug: q.Slug, Anchor: q.Anchor},
	})
	found := flow.Found{Kind: kindOf(f), Version: lib.Version()}
	for _, a := range f.Answers {
		found.Answers = append(found.Answers, l.answer(lib, a.Sheet, a.Section, a.Marked, a.Score))
	}
	for _, c := range f.Contacts {
		found.Contacts = append(found.Contacts, flow.Contact{Name: c.Name, Reach: c.Reach(), Jurisdiction: countryOf(c.Jurisdiction)})
	}
	return found
}

func kindOf(f knowledge.Finding) flow.Kind {
	if f.Kind == knowledge.KindSmalltalk && f.Intent == "thanks" {
		return flow.KindThanks
	}
	return flow.Kind(f.Kind)
}

func (l library) answer(lib *knowledge.Library, sheet *knowledge.Sheet, section *knowledge.Section, marked bool, score float64) flow.Answer {
	ref := knowledge.SectionRef{Slug: sheet.Slug, Anchor: section.Anchor}
	a := flow.Answer{
		Slug: sheet.Slug, Anchor: section.Anchor, Title: sheet.Title, Number: sheet.Number, Heading: section.Heading,
		Short: lib.Short(ref), Link: l.publicURL + "/s/" + lib.Code(ref),
		Jurisdiction: countryOf(section.Country(sheet)), Marked: marked, Score: score,
	}
	if !sheet.Published.IsZero() {
		a.Published = sheet.Published.Format("2 January 2006")
	}
	return a
}

// countryOf drops what is not one country's rules.
func countryOf(j knowledge.Jurisdiction) dialog.Jurisdiction {
	switch d := dialog.Jurisdiction(j); d {
	case dialog.Scotland, dialog.EnglandWales, dialog.NorthernIreland:
		return d
	case dialog.Unknown, dialog.Jersey, dialog.Guernsey, dialog.IsleOfMan:
		return dialog.Unknown
	}
	return dialog.Unknown
}

func (l library) Body(slug, anchor string) (flow.Answer, string, bool) {
	lib := l.shelf.Library()
	ref := knowledge.SectionRef{Slug: slug, Anchor: anchor}
	sheet, section, ok := lib.Section(ref)
	if !ok {
		return flow.Answer{}, "", false
	}
	return l.answer(lib, sheet, section, false, 0), lib.BodyText(ref), true
}

// places lets the desk look prisons up.
type places struct {
	register *prisons.Register
	shelf    *knowledge.Shelf
}

func (p places) Get(id dialog.PrisonID) (dialog.Prison, bool) { return p.register.Get(id) }

func (p places) Places(text string) []flow.Place {
	var found []flow.Place
	for _, m := range p.register.Find(text) {
		found = append(found, flow.Place{Prison: m.Prison, Ambiguous: m.Ambiguous})
	}
	return found
}

func (p places) Country(text string) dialog.Jurisdiction {
	return countryOf(p.shelf.Library().Country(text))
}

// bus carries the domain's notices over internal/live.
type bus struct{ live live.Bus }

func (b bus) Publish(n dialog.Notice) {
	// The error says only that the bus is closed: the program is stopping, and
	// whoever missed the notice reads the store when it starts again.
	_ = b.live.Publish(context.Background(), live.Notice{Topic: string(n.Topic), ID: n.ID, Seq: n.Seq})
}

func (b bus) Subscribe(topic dialog.Topic, fn func(dialog.Notice)) (cancel func()) {
	return b.live.Subscribe(string(topic), func(n live.Notice) {
		fn(dialog.Notice{Topic: topic, ID: n.ID, Seq: n.Seq})
	})
}

// fetcher is a provider that keeps recordings for us until we have them.
type fetcher interface {
	FetchRecording(ctx context.Context, url string) (audio io.ReadCloser, contentType string, err error)
}

// recordings keeps recorded messages in the data folder.
type recordings struct {
	folder    string
	provider  fetcher // nil: no telephone is set up
	temporary func(error) bool
}

func (r recordings) Fetch(ctx context.Context, url string) (io.ReadCloser, error) {
	if r.provider == nil {
		return nil, errors.New("no provider of telephone calls is set up")
	}
	audio, _, err := r.provider.FetchRecording(ctx, url)
	return audio, err
}

func (r recordings) Temporary(err error) bool { return r.temporary == nil || r.temporary(err) }

// Keep writes the audio beside its final name, flushes it to disk and only
// then gives it the name: a recording is there whole or not at all.
func (r recordings) Keep(id dialog.RecordingID, audio io.Reader) (name string, err error) {
	name = string(id) + ".wav"
	f, err := os.CreateTemp(r.folder, "fetching-*")
	if err != nil {
		return "", fmt.Errorf("keep recording: %w", err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if _, err = io.Copy(f, audio); err != nil {
		return "", fmt.Errorf("keep recording: %w", err)
	}
	if err = f.Sync(); err != nil {
		return "", fmt.Errorf("keep recording: %w", err)
	}
	if err = f.Close(); err != nil {
		return "", fmt.Errorf("keep recording: %w", err)
	}
	if err = os.Rename(f.Name(), r.Path(name)); err != nil {
		return "", fmt.Errorf("keep recording: %w", err)
	}
	dir, err := os.Open(r.folder)
	if err != nil {
		return "", fmt.Errorf("keep recording: %w", err)
	}
	defer func() { _ = dir.Close() }()
	if err = dir.Sync(); err != nil {
		return "", fmt.Errorf("keep recording: %w", err)
	}
	return name, nil
}

func (r recordings) Path(file string) string { return filepath.Join(r.folder, filepath.Base(file)) }

// transcriber lets the desk use an engine of channels/speech; a nil engine
// means that messages are listened to and not read.
type transcriber struct{ engine speech.Engine }

func (t transcriber) Transcribe(ctx context.Context, path string) (desk.Heard, error) {
	f, err := os.Open(path)
	if err != nil {
		return desk.Heard{}, fmt.Errorf("open recording: %w", err)
	}
	defer func() { _ = f.Close() }()
	audio, err := speech.Decode(f)
	if err != nil {
		return desk.Heard{}, fmt.Errorf("decode recording: %w", err)
	}
	heard := desk.Heard{Seconds: int(speech.Duration(audio).Seconds() + 0.5)}
	if speech.Silent(audio) {
		heard.Silent = true
		return heard, nil
	}
	if t.engine == nil {
		return heard, desk.ErrNoEngine
	}
	text, err := t.engine.Transcribe(ctx, audio)
	if err != nil {
		return heard, fmt.Errorf("transcribe: %w", err)
	}
	heard.Text, heard.Engine = text.Text, text.Engine
	return heard, nil
}

// resolve answers the references in texts: {phone:samaritans} from the
// contacts register, {service:keyword} from the settings.
func resolve(c config, contacts knowledge.Contacts) func(kind, id string) (string, bool) {
	return func(kind, id string) (string, bool) {
		if kind == "service" {
			words, ok := map[string]string{
				"keyword": c.SMSKeyword, "number": c.SMSNumber, "voice_number": c.VoiceNumber,
			}[id]
			return words, ok
		}
		contact, ok := contacts.Get(id)
		if !ok {
			return "", false
		}
		switch kind {
		case "phone":
			return contact.Phone, contact.Phone != "" && !contact.Disputed
		case "name":
			return contact.Name, true
		case "web":
			return contact.Web, contact.Web != ""
		case "hours":
			return contact.Hours, contact.Hours != ""
		}
		return "", false
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return strconv.Itoa(n) + " " + one
	}
	return strconv.Itoa(n) + " " + strings.TrimSpace(many)
}
