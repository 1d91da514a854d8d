package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"helpline/dialog"
)

// Said is something that the person who raised a concern said about it.
type Said struct {
	Seq   int64
	At    time.Time
	Text  string
	Level dialog.Level      // the highest that was made of it; LevelNone where nothing was
	Signs []dialog.Evidence // what was seen in it
	Draft bool              // from an automatic transcript
}

// Related is another concern about the same person in prison, or perhaps about
// the same.
type Related struct {
	dialog.Concern
	Medium dialog.Medium
	Seq    int64 // the newest event of its conversation
	Open   []dialog.ObligationKind
	Words  []Said // their own, oldest first; the concern's evidence has the rest
	Newest time.Time
	// Why it is suggested: "number" (the same prison number, taken apart before),
	// "born" or "name", each at the same prison; empty for one that is joined.
	Why string
}

// OwnWords are the person's own words about a concern, to the end: each message
// that was taken for a risk between the end of the concern before and its own.
// Of a concern that only staff saw they are all that the person said.
func OwnWords(events []dialog.Event, of dialog.ConcernID) []Said {
	var from, to int64 = 0, everything
	raised := false
	for _, ev := range events {
		var d dialog.RaisedData
		if ev.Kind != dialog.Raised && ev.Kind != dialog.Closed || json.Unmarshal(ev.Data, &d) != nil || d.Concern == "" {
			continue
		}
		switch {
		case d.Concern == of && ev.Kind == dialog.Raised:
			raised = true
		case d.Concern == of:
			to = ev.Seq
		case ev.Kind == dialog.Closed && !raised:
			from = ev.Seq
		}
	}
	var all []Said
	at := map[int64]int{}
	voices := map[dialog.RecordingID]int64{}
	for _, ev := range events {
		if ev.Seq <= from || ev.Seq > to {
			continue
		}
		var rec dialog.RecordedData
		var judged dialog.AssessedData
		switch k := ev.Kind; {
		case k == dialog.SaidIn:
			at[ev.Seq] = len(all)
			all = append(all, Said{Seq: ev.Seq, At: ev.At, Text: ev.Text})
		case k == dialog.Recorded && json.Unmarshal(ev.Data, &rec) == nil:
			voices[rec.Recording] = ev.Seq
			at[ev.Seq] = len(all)
			all = append(all, Said{Seq: ev.Seq, At: ev.At, Draft: true})
		case k == dialog.Transcribed && json.Unmarshal(ev.Data, &rec) == nil:
			if i, ok := at[voices[rec.Recording]]; ok {
				all[i].Text = ev.Text
			}
		case k == dialog.Assessed && json.Unmarshal(ev.Data, &judged) == nil:
			if i, ok := at[judged.Of]; ok {
				all[i].Level = max(all[i].Level, judged.Assessment.Level)
				all[i].Signs = append(all[i].Signs, judged.Assessment.Evidence...)
			}
		}
	}
	all = slices.DeleteFunc(all, func(s Said) bool { return s.Text == "" })
	if risky := slices.DeleteFunc(slices.Clone(all), func(s Said) bool { return s.Level < dialog.LevelConcern }); len(risky) > 0 {
		return risky
	}
	return all
}

// allEvents reads a log to its end.
func allEvents(r dialog.Reader, id dialog.ConversationID) ([]dialog.Event, error) {
	var all []dialog.Event
	for {
		after := int64(0)
		if n := len(all); n > 0 {
			after = all[n-1].Seq
		}
		more, err := r.Events(id, after, maxEvents)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
		if len(more) < maxEvents {
			return all, nil
		}
	}
}

const (
	// suggestWithin is how far back concerns at the same prison are looked at
	// for others about the same person.
	suggestWithin = 60 * 24 * time.Hour
	// mostRelated bounds what a page shows of others.
	mostRelated = 20
)

// about reads the concerns about the same person in prison as that of v, as far
// as a worker may see them, and those that may be: newest first. Those of the
// same conversation stand beside it anyway.
func (d *Desk) about(r dialog.Reader, w dialog.Worker, v *ConcernView) error {
	c := v.Concern
	seen := map[dialog.ConcernID]bool{c.ID: true}
	add := func(to *[]Related, ks []dialog.Concern, why string) error {
		for _, k := range ks {
			if seen[k.ID] || k.Conversation == c.Conversation || len(*to) >= mostRelated {
				continue
			}
			seen[k.ID] = true
			conv, err := r.Conversation(k.Conversation)
			switch {
			case err != nil:
				return err
			case conv.Test:
				continue
			case d.sees(w, conv) != nil:
				if why == "" {
					v.Elsewhere++
				}
				continue
			}
			rel, err := relate(r, conv, k, why)
			if err != nil {
				return err
			}
			*to = append(*to, rel)
		}
		return nil
	}
	if c.Prisoner != "" {
		ks, err := r.ConcernsAbout(c.Prisoner)
		if err == nil {
			err = add(&v.About, ks, "")
		}
		if err != nil {
			return err
		}
	}
	if c.Facts.PrisonNumber != "" {
		ks, err := r.ConcernsNumbered(c.Facts.PrisonNumber)
		if err == nil {
			err = add(&v.Suggested, ks, "number")
		}
		if err != nil {
			return err
		}
	}
	born, name := bornKey(c.Facts.DateOfBirth), nameKey(c.Facts.PrisonerName)
	if c.Prison == "" || born == "" && name == "" {
		return nil
	}
	ks, err := r.ConcernsAt(c.Prison, d.Now().Add(-suggestWithin))
	if err != nil {
		return err
	}
	for _, k := range ks {
		a, b := dialog.PrisonNumber(c.Facts.PrisonNumber), dialog.PrisonNumber(k.Facts.PrisonNumber)
		why := ""
		switch {
		case a != "" && b != "" && a != b && within(a, b) > 1:
			// Two numbers that are not one with a slip in it are two people.
		case born != "" && born == bornKey(k.Facts.DateOfBirth):
			why = "born"
		case name != "" && sameName(name, nameKey(k.Facts.PrisonerName)):
			why = "name"
		}
		if why == "" {
			continue
		}
		if err := add(&v.Suggested, []dialog.Concern{k}, why); err != nil {
			return err
		}
	}
	return nil
}

func relate(r dialog.Reader, conv dialog.Conversation, k dialog.Concern, why string) (Related, error) {
	rel := Related{Concern: k, Medium: conv.Medium, Seq: conv.LastSeq, Why: why, Newest: k.OpenedAt}
	events, err := allEvents(r, k.Conversation)
	if err != nil {
		return Related{}, err
	}
	rel.Words = OwnWords(events, k.ID)
	if n := len(rel.Words); n > 0 {
		rel.Newest = rel.Words[n-1].At
	}
	duties, err := r.Obligations(k.ID)
	if err != nil {
		return Related{}, err
	}
	for _, o := range duties {
		if o.State == dialog.Open {
			rel.Open = append(rel.Open, o.Kind)
		}
	}
	return rel, nil
}

// OpenConcern is Open for the conversation that a concern was raised in.
func (d *Desk) OpenConcern(ctx context.Context, w dialog.Worker, id dialog.ConcernID) (View, error) {
	if err := allow(w, listeners...); err != nil {
		return View{}, fmt.Errorf("open concern: %w", err)
	}
	var c dialog.Concern
	err := d.Store.Read(ctx, func(r dialog.Reader) (err error) {
		c, err = r.Concern(id)
		return err
	})
	if err != nil {
		return View{}, fmt.Errorf("open concern: %w", err)
	}
	return d.Open(ctx, w, c.Conversation)
}

var (
	bornDigits = regexp.MustCompile(`(\d{1,2})\D+(\d{1,2})\D+(\d{4}|\d{2})\b`)
	bornWords  = regexp.MustCompile(`(?i)(\d{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?([a-z]{3})[a-z]*\.?,?\s+(\d{4}|\d{2})\b`)
)

const months = "janfebmaraprmayjunjulaugsepoctnovdec"

// bornKey writes a date of birth as day, month and year, however it was
// written; empty where it cannot be read. Days come before months here.
func bornKey(s string) string {
	day, month, year := 0, 0, ""
	if m := bornWords.FindStringSubmatch(s); m != nil {
		day, _ = strconv.Atoi(m[1])
		if i := strings.Index(months, strings.ToLower(m[2])); i >= 0 && i%3 == 0 {
			month = i/3 + 1
		}
		year = m[3]
	} else if m := bornDigits.FindStringSubmatch(s); m != nil {
		day, _ = strconv.Atoi(m[1])
		month, _ = strconv.Atoi(m[2])
		year = m[3]
	}
	if day < 1 || day > 31 || month < 1 || month > 12 {
		return ""
	}
	// Two digits of a year are enough to tell two people apart who are in the
	// same prison and were born on the same day.
	return strconv.Itoa(day) + "/" + strconv.Itoa(month) + "/" + year[len(year)-2:]
}

// nameKey is a name as it is compared: letters alone, small, its words in order
// of the alphabet, so that "PRICE, Jordan" is Jordan Price. One word is no name
// to join anybody by.
func nameKey(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) })
	if len(words) < 2 {
		return ""
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

// sameName allows one letter to differ in a name that is long enough: two
// relatives do not always spell it alike.
func sameName(a, b string) bool {
	return a != "" && b != "" && (a == b || min(len(a), len(b)) >= 8 && within(a, b) <= 1)
}

// within counts how many letters have to be changed, put in or left out to make
// one text of another.
func within(a, b string) int {
	ra, rb := []rune(a), []rune(b)
	row := make([]int, len(rb)+1)
	for j := range row {
		row[j] = j
	}
	for i := range ra {
		diagonal := row[0]
		row[0] = i + 1
		for j := range rb {
			cost := 1
			if ra[i] == rb[j] {
				cost = 0
			}
			next := min(row[j]+1, row[j+1]+1, diagonal+cost)
			diagonal, row[j+1] = row[j+1], next
		}
	}
	return row[len(rb)]
}
