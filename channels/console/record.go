package console

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"helpline/dialog"
	"helpline/dialog/desk"
)

// saidView is something that somebody said, with the signs that were seen in it.
type saidView struct {
	Words []words
	At    time.Time
	Draft bool
}

func saidViews(said []desk.Said) []saidView {
	out := make([]saidView, 0, len(said))
	for _, s := range said {
		out = append(out, saidView{Words: mark(s.Text, s.Signs), At: s.At, Draft: s.Draft})
	}
	return out
}

// relatedView is another concern about the same person, or perhaps the same.
type relatedView struct {
	desk.Related
	Said    []saidView
	Earlier int // messages that are not shown
	IsOpen  bool
	Why     string // in words; "" for one that is joined
}

// beside is how many messages of another concern are shown, the newest ones.
const beside = 4

var suggestedFor = map[string]string{
	"number": "Gives the same prison number, and was taken apart",
	"born":   "The same date of birth, at the same prison",
	"name":   "The same name, at the same prison",
}

func relatedViews(rels []desk.Related) []relatedView {
	out := make([]relatedView, 0, len(rels))
	for _, r := range rels {
		v := relatedView{Related: r, IsOpen: r.Concern.Open(), Why: suggestedFor[r.Why]}
		v.Earlier = max(0, len(r.Words)-beside)
		v.Said = saidViews(r.Words[v.Earlier:])
		out = append(out, v)
	}
	return out
}

// handledView is one of the answers that are kept apart.
type handledView struct {
	Matter    dialog.HandledOf
	Question  string
	Hint      string
	NoteLabel string
	Answer    string // in words; "" not written down
	Note      string
	Name      string
	At        time.Time
	Warn      bool
	Wish      string // what the one who wrote asked about who may know
	Options   []optionView
}

type optionView struct {
	Value, Label string
	On           bool
}

// handled lists the answers in the order in which they are needed: what could
// do harm before anybody is told anything.
func handled(c dialog.Concern) []handledView {
	h := c.Handling
	yes := func(b *bool) string {
		switch {
		case b == nil:
			return ""
		case *b:
			return "yes"
		}
		return "no"
	}
	type answer struct{ value, label string }
	yesNo := []answer{{"yes", "Yes"}, {"no", "No"}}
	view := func(m dialog.HandledOf, question, now string, by dialog.Signed, note, noteLabel, hint string, answers []answer) handledView {
		v := handledView{Matter: m, Question: question, Note: note, NoteLabel: noteLabel, Hint: hint, Name: by.Name, At: by.At}
		for _, a := range answers {
			on := a.value == now
			v.Options = append(v.Options, optionView{a.value, a.label, on})
			if on && (now != "" || by.Name != "") {
				v.Answer = a.label
			}
		}
		return v
	}
	harm := view(dialog.HandledHarm, "Could contact, or an answer, do harm?", string(h.Harm), h.HarmBy, h.HarmNote, "What it is",
		"A no-contact order, the writer as the victim, a prisoner who must not learn who wrote. Nobody is fed back to before this is answered.",
		[]answer{{string(dialog.HarmNone), "No harm to be expected"}, {string(dialog.HarmPossible), "Yes, it is possible"}})
	harm.Wish, harm.Warn = c.Facts.Wish, h.Harm == dialog.HarmPossible
	return []handledView{
		harm,
		view(dialog.HandledSpokenTo, "Was the person in prison spoken to about this concern?", yes(h.SpokenTo), h.SpokenToBy, h.SpokenToNote, "What was asked and said, or why not", "", yesNo),
		view(dialog.HandledTold, "Was the person in prison told who raised it?", yes(h.ToldOfCaller), h.ToldOfCallerBy, h.ToldOfCallerNote, "By whom, and why", "", yesNo),
		view(dialog.HandledConsent, "Does the person in prison agree that the one who wrote is told?", string(h.Consent), h.ConsentBy, h.ConsentCopy, "Where the written copy is", "",
			[]answer{{string(dialog.ConsentGiven), "Agreed"}, {string(dialog.ConsentRefused), "Refused"}, {string(dialog.ConsentNotAsked), "Not asked"}}),
	}
}

// missing names what a safer custody team needs and nobody has told us yet.
func missing(c dialog.Concern) (m []string) {
	f := c.Facts
	own := c.Who == dialog.WhoCaller
	for _, part := range []struct {
		is   bool
		name string
	}{
		{c.Prison == "" && !own, "which prison"},
		{f.PrisonerName == "" && !own, "the name of the person in prison"},
		{f.PrisonNumber == "" && f.DateOfBirth == "" && !own, "prison number or date of birth"},
		{f.Happened == "", "what happened, and when"},
		{f.CallerName == "", "who told us, and how they are related"},
		{f.CallBack == "" && f.CallSafe == "", "how and when it is safe to reach them"},
	} {
		if part.is {
			m = append(m, part.name)
		}
	}
	return m
}

// hints are what the rules of a country have for a concern: the words that its
// staff understand. Any member of staff may open an ACCT, also on being told of
// a concern by others; violence, bullying and debt go by a CSIP referral. Both
// are of England and Wales alone. In Scotland each prison has a concern line at
// all hours, and what comes in by it is written on a concern form.
func hints(c dialog.Concern) (h []string) {
	is := func(kinds ...dialog.Category) bool {
		return slices.ContainsFunc(c.Categories, func(k dialog.Category) bool { return slices.Contains(kinds, k) })
	}
	switch c.Jurisdiction {
	case dialog.EnglandWales:
		if is(dialog.SuicideSelfHarm, dialog.MentalHealth, dialog.FoodRefusal, dialog.BadNews, dialog.NoContact) || len(c.Categories) == 0 {
			h = append(h, "England and Wales: ask that an ACCT is opened. Any member of staff may open one, on your word. Do not assume that somebody else has.")
		}
		if is(dialog.ViolenceDebt, dialog.ThreatToOthers) {
			h = append(h, "England and Wales: ask for a CSIP referral (violence, bullying, debt).")
		}
		if c.Level >= dialog.LevelUrgent {
			h = append(h, "Life in danger: the switchboard, and ask for the orderly officer or duty governor.")
		}
	case dialog.Scotland:
		h = append(h, "Scotland: ring the prison's own 24-hour concern line, and ask that a concern form is filled in. There is no ACCT or CSIP here; SPS has its own process for people at risk.")
	case dialog.NorthernIreland:
		h = append(h, "Northern Ireland: neither ACCT nor CSIP nor the Scottish line. Ring the prison's switchboard and ask who looks after people at risk.")
	case dialog.Unknown, dialog.Jersey, dialog.Guernsey, dialog.IsleOfMan:
		h = append(h, "Find out the prison first: who to ring and what to ask for differ between countries.")
	}
	if is(dialog.ChildSafety) {
		h = append(h, "A child may be at risk: local children's services, or the police where it is urgent.")
	}
	if is(dialog.PublicProtection) {
		h = append(h, "The one who wrote may be a victim: answer under Handling first, and say nothing that shows where anybody is.")
	}
	return h
}

// change is one line of a concern's history.
type change struct {
	At   time.Time
	Text string
}

var factLabels = func() map[string]string {
	m := map[string]string{"prison": "Prison", "wish": "What they asked"}
	for _, f := range factFields {
		m[f.Name] = f.Label
	}
	return m
}()

// history lists what was done to one concern, oldest first.
func (c *Console) history(events []dialog.Event, names map[dialog.WorkerID]string, id dialog.ConcernID) (all []change) {
	t := transcript{c: c, names: names}
	for _, ev := range events {
		var of struct {
			Concern dialog.ConcernID `json:"concern"`
			Level   dialog.Level     `json:"level"`
		}
		read(ev.Data, &of)
		if of.Concern != id {
			continue
		}
		s := textOf(t.logged(ev))
		if ev.Kind == dialog.Raised {
			s = levelName(of.Level) + ": "
			switch {
			case ev.Text != "":
				s += ev.Text
			case ev.By != "":
				s += "raised by " + t.name(ev.By)
			default:
				s += "seen in what they wrote"
			}
		}
		all = append(all, change{ev.At, s})
	}
	return all
}

// corrected says which facts a worker changed.
func (t *transcript) corrected(ev dialog.Event) string {
	var d dialog.CorrectedData
	read(ev.Data, &d)
	parts := make([]string, 0, len(d.Changes))
	for _, f := range d.Changes {
		was, now := f.Was, f.Now
		if f.Field == "prison" {
			was, now = t.c.prisonName(was), t.c.prisonName(now)
		}
		parts = append(parts, strings.ToLower(cmp.Or(factLabels[f.Field], f.Field))+" “"+cmp.Or(clip(was, 120), "not known")+"” to “"+cmp.Or(clip(now, 120), "not known")+"”")
	}
	return t.name(ev.By) + " corrected " + strings.Join(parts, "; ")
}

func (c *Console) prisonName(id string) string {
	if p, ok := c.cfg.Prisons.Get(dialog.PrisonID(id)); ok {
		return p.ShortName
	}
	return id
}

// linked says that a concern was joined to another, or taken apart.
func (t *transcript) linked(ev dialog.Event) string {
	var d dialog.LinkedData
	read(ev.Data, &d)
	switch {
	case d.Apart:
		return t.name(ev.By) + " took this concern apart: not about the same person as the others"
	case d.Why == "number":
		return "Joined to " + d.Ref + " by the prison number: about the same person"
	}
	return t.name(ev.By) + " joined this concern to " + d.Ref + ": about the same person"
}

// handled says what was written down about the handling.
func (t *transcript) handled(ev dialog.Event) string {
	var d dialog.HandledData
	read(ev.Data, &d)
	for _, v := range handled(dialog.Concern{}) {
		if v.Matter != d.Matter {
			continue
		}
		label := d.Now
		for _, o := range v.Options {
			if o.Value == d.Now {
				label = o.Label
			}
		}
		s := v.Question + " " + label + " (" + t.name(ev.By) + ")"
		if ev.Text != "" {
			s += ". " + ev.Text
		}
		return s
	}
	return "Handling: " + d.Now + " (" + t.name(ev.By) + ")"
}

// recordView is the whole record of a concern on one page, to read and to print.
type recordView struct {
	page
	Concern      concernView
	Conversation dialog.ConversationID
	Ref          string
	Medium       dialog.Medium
	Withheld     bool
	OptedOut     bool
	ClosedBy     string
	History      []change
}

func (c *Console) showConcern(v *visit) error {
	id := dialog.ConcernID(v.Param("id"))
	d, err := c.cfg.Desk.OpenConcern(v.Request().Context(), v.worker, id)
	if err != nil {
		return err
	}
	if d.Events, err = c.all(v, d); err != nil {
		return err
	}
	i := slices.IndexFunc(d.Concerns, func(cv desk.ConcernView) bool { return cv.ID == id })
	if i < 0 {
		return dialog.ErrNotFound
	}
	names := c.names(v, d)
	conv := d.Conversation
	can := c.cfg.Abilities(conv.Medium)
	view := recordView{
		page: c.page(v, "Concern "+d.Concerns[i].Ref, "queue"), Concern: c.concern(d.Concerns[i], d), Conversation: conv.ID, Ref: conv.Ref, Medium: conv.Medium,
		Withheld: d.Person.Address.Withheld() && (can.Push || can.Inline), OptedOut: can.Push && !d.Person.OptedOutAt.IsZero(),
		ClosedBy: names[d.Concerns[i].ClosedBy], History: c.history(d.Events, names, id),
	}
	return c.render(v, http.StatusOK, "concern", view)
}

// watched are the conversations whose changes show beside a concern, each with
// its newest event, for the page that keeps itself up to date.
func watched(cv desk.ConcernView) string {
	var b strings.Builder
	for _, r := range append(cv.About[:len(cv.About):len(cv.About)], cv.Suggested...) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(string(r.Conversation) + ":" + strconv.FormatInt(r.Seq, 10))
	}
	return b.String()
}
