package console

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"helpline/dialog"
)

// queueView is the list of what waits.
type queueView struct {
	page
	Filter  queueFilter
	Rows    []queueRow
	Counts  summary
	Prisons []dialog.Prison // those to choose from
	Since   time.Time       // when the list became empty; zero: it is not
	Nobody  bool            // nothing is on the list, whatever the filter
	Lists   []listView
	Full    bool // there may be more than are shown
	Silent  bool // nobody is told but by this page
}

type queueFilter struct {
	Show   string // "", "waiting" or "mine"
	Prison dialog.PrisonID
}

// Query is the filter as it stands in an address.
func (f queueFilter) Query() string {
	q := "show=" + f.Show
	if f.Prison != "" {
		q += "&prison=" + string(f.Prison)
	}
	return q
}

type queueRow struct {
	ID       dialog.ConversationID
	Ref      string
	Level    dialog.Level
	Why      string
	WhyClass string
	Prison   string
	Medium   dialog.Medium
	Since    time.Time
	Words    []words // what is alarming, its signs marked; without a concern their newest words
	Newest   string  // their newest words, where those are others
	Holder   string  // "" nobody
	Mine     bool
	Open     []dialog.ObligationKind
	Notices  []string
	Test     bool
	Failed   bool // a test that did
	Beside   int  // how many others on the list are about the same person in prison
}

const (
	queueLimit = 200
	wordsShown = 180 // characters of somebody's last words in a row
)

// showHome is where everybody begins: the list, or the sheets for those who
// only edit.
func (c *Console) showHome(v *visit) error {
	if !v.worker.Has(listeners...) {
		return v.Redirect(http.StatusSeeOther, "/console/sheets")
	}
	view, err := c.queueView(v)
	if err != nil {
		return err
	}
	view.page = c.page(v, "Queue", "queue")
	view.Silent = c.cfg.Silent
	return c.render(v, http.StatusOK, "queue", view)
}

// showRows is the list alone, for the page that keeps itself up to date.
func (c *Console) showRows(v *visit) error {
	view, err := c.queueView(v)
	if err != nil {
		return err
	}
	return c.renderPart(v, http.StatusOK, "queue", "rows", view)
}

func (c *Console) queueView(v *visit) (queueView, error) {
	view := queueView{Filter: queueFilter{Show: v.QueryParam("show"), Prison: dialog.PrisonID(v.QueryParam("prison"))}}
	if view.Filter.Show != "waiting" && view.Filter.Show != "mine" {
		view.Filter.Show = "all"
	}
	if _, ok := c.cfg.Prisons.Get(view.Filter.Prison); !ok {
		view.Filter.Prison = ""
	}
	all, err := c.cfg.Desk.Queue(v.Request().Context(), v.worker, dialog.QueueFilter{Limit: queueLimit})
	if err != nil {
		return view, err
	}
	view.Counts = summarise(all)
	view.Full = len(all) == queueLimit
	entries := all
	if view.Full && (view.Filter.Show == "mine" || view.Filter.Prison != "") {
		// The list is longer than one page: ask for just these.
		f := dialog.QueueFilter{Limit: queueLimit, Prison: view.Filter.Prison}
		if view.Filter.Show == "mine" {
			f.Worker = v.worker.ID
		}
		if entries, err = c.cfg.Desk.Queue(v.Request().Context(), v.worker, f); err != nil {
			return view, err
		}
	}
	seen := map[dialog.PrisonID]bool{view.Filter.Prison: true}
	for _, e := range append(all[:len(all):len(all)], entries...) {
		seen[e.Conversation.Prison] = true
	}
	for _, p := range c.cfg.Prisons.All() {
		if seen[p.ID] {
			view.Prisons = append(view.Prisons, p)
		}
	}
	about := map[dialog.PrisonerID]int{}
	for _, e := range all {
		if e.Concern.Prisoner != "" {
			about[e.Concern.Prisoner]++
		}
	}
	for _, e := range entries {
		h := e.Conversation.Holder
		mine := h.Kind == dialog.Staff && h.Worker == v.worker.ID
		if view.Filter.Show == "mine" && !mine || view.Filter.Prison != "" && e.Conversation.Prison != view.Filter.Prison ||
			view.Filter.Show == "waiting" && (h.Kind == dialog.Staff || e.Conversation.Waiting == dialog.WaitingNone) {
			continue
		}
		row := c.row(e, mine)
		row.Beside = about[e.Concern.Prisoner] - 1
		view.Rows = append(view.Rows, row)
	}
	lists, err := c.cfg.Desk.Lists(v.Request().Context(), v.worker)
	if err != nil {
		return view, err
	}
	view.CSRF, view.Nobody = v.csrf, len(all) == 0
	view.Lists = listViews(lists)
	for _, l := range lists {
		if l.List == dialog.ListWaiting && len(all) == 0 {
			view.Since = l.EmptySince
		}
	}
	return view, nil
}

func (c *Console) row(e dialog.QueueEntry, mine bool) queueRow {
	conv := e.Conversation
	r := queueRow{
		ID: conv.ID, Ref: conv.Ref, Level: max(conv.Level, e.Concern.Level), Why: c.why(conv), WhyClass: string(conv.Waiting),
		Prison: "Prison not known", Medium: conv.Medium, Since: conv.WaitingSince, Mine: mine, Open: e.Open,
	}
	if conv.Test {
		r.Test, r.Failed, r.Level, r.Open = true, conv.Waiting == dialog.WaitingDelivery, dialog.LevelNone, nil
		if p, ok := c.cfg.Prisons.Get(conv.Prison); ok {
			r.Prison = p.Name
		}
		return r
	}
	r.Words, r.Newest = rowWords(e)
	if e.OptedOut && c.cfg.Abilities(conv.Medium).Push {
		r.Notices = append(r.Notices, "Wants no more texts: find another way")
	}
	if conv.Waiting == dialog.WaitingNone {
		r.Since = conv.LastAt
	}
	if p, ok := c.cfg.Prisons.Get(conv.Prison); ok {
		r.Prison = p.Name
	}
	if conv.Holder.Kind == dialog.Staff {
		r.Holder = conv.Holder.Name
	}
	if e.Delivery {
		r.Notices = append(r.Notices, "A line of ours did not arrive")
	}
	if missedCall(conv) {
		r.Words, r.Newest = nil, "" // what is there was said in an earlier call
		return r
	}
	switch e.Recording {
	case dialog.RecordingToFetch:
		r.Notices = append(r.Notices, "The recording is being fetched")
	case dialog.RecordingLost:
		r.Notices = append(r.Notices, "The recording could not be fetched")
	case dialog.RecordingSilent:
		r.Notices = append(r.Notices, "The recording seems to be silent")
	case dialog.RecordingStored, dialog.RecordingTranscribed, dialog.RecordingNoText:
	}
	return r
}

// newestShown is how much of somebody's newest words stands below what is alarming.
const newestShown = 90

// rowWords are the words that a row shows: of a concern those that were alarming,
// for the newest are often a name or a number; and the newest below them.
func rowWords(e dialog.QueueEntry) (shown []words, newest string) {
	last := clip(e.LastWords, wordsShown)
	if e.Concern.ID == "" {
		return pieces(last), ""
	}
	text := strings.Join(strings.Fields(e.Concern.Facts.Happened), " ")
	shown = around(mark(text, e.Concern.Evidence), wordsShown)
	if text == "" || !slices.ContainsFunc(shown, func(w words) bool { return w.Mark }) {
		// What was seen stands elsewhere: the words themselves, one after the other.
		var seen []words
		for i, ev := range e.Concern.Evidence {
			if i == 4 {
				break
			}
			if i > 0 {
				seen = append(seen, words{Text: " … "})
			}
			seen = append(seen, words{Text: clip(ev.Text, wordsShown/2), Mark: true, Sign: signName(ev.Sign)})
		}
		if len(seen) > 0 {
			shown = seen
		}
	}
	if len(shown) == 0 || textOf(shown) == "" {
		return pieces(last), ""
	}
	if all := textOf(shown); last != "" && !strings.Contains(all, strings.TrimSuffix(last, " …")) && !strings.Contains(strings.TrimPrefix(last, "… "), strings.Trim(all, "… ")) {
		newest = clip(e.LastWords, newestShown)
	}
	return shown, newest
}

func pieces(s string) []words {
	if s == "" {
		return nil
	}
	return []words{{Text: s}}
}

// around cuts pieces to about n characters, from a little before the first mark.
func around(all []words, n int) (out []words) {
	for i, w := range all {
		if !w.Mark {
			continue
		}
		if i > 0 {
			r := []rune(all[0].Text)
			if before := len(r) - n/3; before > 0 {
				for before < len(r) && r[before] != ' ' {
					before++
				}
				all = append([]words{{Text: "…" + string(r[before:])}}, all[1:]...)
			}
		}
		break
	}
	room := n
	for _, w := range all {
		size := utf8.RuneCountInString(w.Text)
		if size > room {
			if cut := clip(w.Text, max(room, 1)); room > 8 {
				out = append(out, words{Text: cut, Mark: w.Mark, Sign: w.Sign})
			} else {
				out = append(out, words{Text: " …"})
			}
			return out
		}
		room -= size
		out = append(out, w)
	}
	return out
}

// longestCall is longer than a greeting and the message after it take.
const longestCall = 7 * time.Minute

// missedCall says that a conversation waits for a call in which nothing was
// recorded.
func missedCall(conv dialog.Conversation) bool {
	return conv.Medium == dialog.Voice && conv.Waiting == dialog.WaitingReview
}

// why says why a conversation is on the list. A caller may be speaking still.
func (c *Console) why(conv dialog.Conversation) string {
	switch {
	case conv.Test:
		return whyTest(conv)
	case !missedCall(conv):
		return waitingName(conv.Waiting)
	case c.cfg.Now().Sub(conv.LastAt) < longestCall:
		return "Rang, no message yet"
	}
	return "Rang, left no message"
}

// clip shortens words to n characters, at a space where there is one.
func clip(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	cut := string([]rune(s)[:n])
	if i := strings.LastIndexByte(cut, ' '); i > n/2 {
		cut = cut[:i]
	}
	return cut + " …"
}

// summary counts what waits, for titles and for the alarm. It holds ids and no
// words, since it goes to every open page.
type summary struct {
	Waiting   int     `json:"waiting"`   // nobody has it
	Immediate int     `json:"immediate"` // of these
	Urgent    int     `json:"urgent"`
	Tests     int     `json:"tests"` // of the lines, to be seen; they are none of the above
	Alarms    []alarm `json:"alarms"`
}

// alarm is a conversation that is immediate or urgent and that nobody has.
type alarm struct {
	Conversation dialog.ConversationID `json:"conversation"`
	Level        dialog.Level          `json:"level"`
}

func summarise(entries []dialog.QueueEntry) summary {
	s := summary{Alarms: []alarm{}}
	for _, e := range entries {
		c := e.Conversation
		if c.Holder.Kind == dialog.Staff || c.Waiting == dialog.WaitingNone {
			continue
		}
		if c.Test {
			s.Tests++
			continue
		}
		s.Waiting++
		level := max(c.Level, e.Concern.Level)
		switch level {
		case dialog.LevelImmediate:
			s.Immediate++
		case dialog.LevelUrgent:
			s.Urgent++
		case dialog.LevelConcern, dialog.LevelNone:
			continue
		}
		s.Alarms = append(s.Alarms, alarm{c.ID, level})
	}
	return s
}

// Words says the counts in a sentence.
func (s summary) Words() string {
	tests := ""
	if s.Tests > 0 {
		tests = ", " + plural(s.Tests, "test") + " of the lines to be seen"
	}
	if s.Waiting == 0 {
		return "Nobody is waiting" + tests
	}
	w := fmt.Sprintf("%d waiting", s.Waiting)
	if s.Immediate > 0 {
		w += fmt.Sprintf(", %d immediate", s.Immediate)
	}
	if s.Urgent > 0 {
		w += fmt.Sprintf(", %d urgent", s.Urgent)
	}
	return w + tests
}
