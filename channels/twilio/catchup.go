package twilio

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	openapi "github.com/twilio/twilio-go/rest/api/v2010"

	"helpline/channels"
	"helpline/dialog"
)

// catchUpWithin is how long asking Twilio for everything may take.
const catchUpWithin = 2 * time.Minute

// Caught counts what CatchUp brought to the desk that it had not known.
type Caught struct{ Texts, Recordings int }

// CatchUp asks Twilio which texts and recordings it has taken for our numbers
// since a time, and brings them to the desk, oldest first. What the desk knows
// it does not take twice. Twilio gives a webhook fifteen seconds and then
// gives up, so this is how nothing is lost that came while the service was
// down: call it at the start and every few minutes. Everything that could be
// brought has been when it returns, whatever the error says about the rest.
func (d *Driver) CatchUp(ctx context.Context, in channels.Receiver, since time.Time) (Caught, error) {
	ctx, cancel := context.WithTimeout(ctx, catchUpWithin)
	defer cancel()
	var caught Caught
	var faults []error
	bring := func(count *int, missed []dialog.Inbound, err error) {
		faults = append(faults, err)
		for _, m := range missed {
			got, err := in.Receive(ctx, m)
			switch {
			case err != nil:
				faults = append(faults, fmt.Errorf("bring %s: %w", m.Kind, err))
			case !got.Duplicate:
				*count++
			}
		}
	}
	if d.SMSLine != "" {
		texts, err := d.missedTexts(ctx, since)
		bring(&caught.Texts, texts, err)
	}
	if d.VoiceLine != "" {
		recordings, err := d.missedRecordings(ctx, since)
		bring(&caught.Recordings, recordings, err)
	}
	if err := errors.Join(faults...); err != nil {
		return caught, fmt.Errorf("catch up with twilio: %w", err)
	}
	return caught, nil
}

func (d *Driver) missedTexts(ctx context.Context, since time.Time) (missed []dialog.Inbound, err error) {
	try := &attempt{ctx: ctx, base: d.base, api: d.api, now: d.Now}
	params := &openapi.ListMessageParams{}
	messages, err := d.service(try).ListMessage(params.SetTo(d.SMSNumber).SetDateSentAfter(since))
	if err != nil {
		err = fmt.Errorf("list texts: %w", try.failure(err).Err)
	}
	for _, m := range messages {
		if value(m.Direction) != "inbound" || value(m.Sid) == "" {
			continue
		}
		text := storable(value(m.Body))
		if n, err := strconv.Atoi(value(m.NumMedia)); err == nil {
			text = strings.TrimLeft(text+strings.Repeat("\n[attachment]", min(n, maxMedia)), "\n")
		}
		if strings.TrimSpace(text) == "" {
			continue // nothing was said
		}
		missed = append(missed, dialog.Inbound{
			Kind: dialog.InText, Line: d.SMSLine, Medium: dialog.SMS,
			From:       dialog.Address{Medium: dialog.SMS, Value: value(m.From)},
			ProviderID: value(m.Sid), Text: text, At: d.when(cmp.Or(value(m.DateSent), value(m.DateCreated))),
		})
	}
	oldestFirst(missed)
	return missed, err
}

func (d *Driver) missedRecordings(ctx context.Context, since time.Time) (missed []dialog.Inbound, err error) {
	try := &attempt{ctx: ctx, base: d.base, api: d.api, now: d.Now}
	service := d.service(try)
	params := &openapi.ListRecordingParams{}
	recordings, err := service.ListRecording(params.SetDateCreatedAfter(since))
	var faults []error
	if err != nil {
		faults = append(faults, fmt.Errorf("list recordings: %w", try.failure(err).Err))
	}
	for _, r := range recordings {
		if value(r.Status) != "completed" || value(r.Sid) == "" {
			continue
		}
		// The account may record other calls. Only the call knows who rang whom.
		call, err := service.FetchCall(value(r.CallSid), &openapi.FetchCallParams{})
		if err != nil {
			faults = append(faults, fmt.Errorf("fetch a call: %w", try.failure(err).Err))
			continue
		}
		if value(call.Direction) != "inbound" || (d.VoiceNumber != "" && value(call.To) != d.VoiceNumber) {
			continue
		}
		seconds, err := strconv.Atoi(value(r.Duration))
		if err != nil {
			seconds = 0
		}
		missed = append(missed, dialog.Inbound{
			Kind: dialog.InRecording, Line: d.VoiceLine, Medium: dialog.Voice, From: callerAddress(value(call.From)),
			ProviderID: value(r.Sid), CallID: value(r.CallSid), At: d.when(value(r.DateCreated)),
			Media: []dialog.Media{{
				ProviderID: value(r.Sid), Duration: time.Duration(max(seconds, 0)) * time.Second,
				URL: strings.TrimSuffix(d.api.String(), "/") + "/2010-04-01/Accounts/" + d.AccountSID + "/Recordings/" + value(r.Sid),
			}},
		})
	}
	oldestFirst(missed)
	return missed, errors.Join(faults...)
}

// when reads a time as the API writes it (RFC 2822); now when it is none.
func (d *Driver) when(s string) time.Time {
	now := d.Now()
	if at, err := time.Parse(time.RFC1123Z, s); err == nil && at.Before(now) {
		return at
	}
	return now
}

// oldestFirst turns Twilio's order round, newest first, of which the times tell
// only the seconds.
func oldestFirst(missed []dialog.Inbound) {
	slices.Reverse(missed)
	slices.SortStableFunc(missed, func(a, b dialog.Inbound) int { return a.At.Compare(b.At) })
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
