package console

import (
	"cmp"
	"crypto/rand"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"helpline/dialog"
	"helpline/dialog/desk"
)

// conversationView is one conversation with everything that belongs to it.
type conversationView struct {
	page
	ID       dialog.ConversationID
	Ref      string
	Medium   dialog.Medium
	Open     bool
	Works    bool // there is something to do in it, though it may be closed
	Level    dialog.Level
	Why      string
	Waiting  dialog.Waiting
	Conv     dialog.Conversation
	Holder   string // who has it; "" nobody of us
	Mine     bool
	Queued   bool // the bot holds still until somebody comes
	Address  string
	Withheld bool
	OptedOut bool
	Push     bool // our lines go through a provider
	Inline   bool // a call: nothing can be written back
	Entries  []entry
	Seq      int64 // the newest event shown
	Concerns []concernView
	Prison   dialog.Prison // ID empty: not known
	Prisons  []dialog.Prison
	Cats     []dialog.Category
	Compose  composeView
	CanSay   bool              // this worker can write to the person now
	Unread   bool              // something is there to mark as read
	Failed   string            // the form that was refused
	Typed    map[string]string // what was typed into it
}

type composeView struct {
	Text     string // what could not be sent
	ClientID string
	Limit    int
	Problem  string
}

type concernView struct {
	dialog.Concern
	Duties []dutyView
	Prison dialog.Prison
	Who    string
	Signs  []seenView
	Open   bool
	Left   []string // names of the duties that are open
	Call   string   // the number of the one who wrote, when we know it

	Said     []saidView
	Missing  []string
	Hints    []string
	Handled  []handledView
	Asked    bool   // whether harm could be done is answered
	Harm     bool   // and it could
	HarmNote string // what it is
	Spoken   string // whether the person in prison was spoken to: "yes", "no" or ""
	Beside   []relatedView
	Away     int // others about the same person that another team works
	Perhaps  []relatedView
	ToAct    []relatedView // those of Beside that nobody has acted on
	Offers   []desk.Offer
	Watch    string
}

// seenView is one sign that was seen, with the words; Before: in an earlier message.
type seenView struct {
	Sign, Words string
	Before      bool
}

type dutyView struct {
	dialog.Obligation
	Late bool
	Hint string
}

func (c *Console) showConversation(v *visit) error {
	view, err := c.conversation(v)
	if err != nil {
		return err
	}
	return c.render(v, http.StatusOK, "conversation", view)
}

// showLive is the parts of the page that change, for the page that keeps
// itself up to date. With ?after= only the entries that something happened to
// since are there.
func (c *Console) showLive(v *visit) error {
	view, err := c.conversation(v)
	if err != nil {
		return err
	}
	view.since(v.QueryParam("after"))
	return c.renderPart(v, http.StatusOK, "conversation", "live", view)
}

// since leaves out entries that have not changed. What is on its way, and
// recordings, change without an event of their own.
func (view *conversationView) since(after string) {
	n, err := strconv.ParseInt(after, 10, 64)
	if err != nil || n <= 0 {
		return
	}
	view.Entries = slices.DeleteFunc(view.Entries, func(e entry) bool {
		return e.Touched <= n && e.Voice == nil && e.Sent == nil
	})
}

func (c *Console) conversation(v *visit) (conversationView, error) {
	ctx := v.Request().Context()
	d, err := c.cfg.Desk.Open(ctx, v.worker, dialog.ConversationID(v.Param("id")))
	if err != nil {
		return conversationView{}, err
	}
	if d.Events, err = c.all(v, d); err != nil {
		return conversationView{}, err
	}
	conv := d.Conversation
	can := c.cfg.Abilities(conv.Medium)
	view := conversationView{
		page: c.page(v, "Conversation "+conv.Ref, "queue"),
		ID:   conv.ID, Ref: conv.Ref, Medium: conv.Medium, Open: conv.Open(), Level: conv.Level, Why: c.why(conv), Waiting: conv.Waiting, Conv: conv,
		Queued: conv.Holder.Kind == dialog.InQueue, Address: d.Address, Withheld: d.Person.Address.Withheld(), OptedOut: !d.Person.OptedOutAt.IsZero(),
		Push: can.Push, Inline: can.Inline, Seq: conv.LastSeq, Cats: categories, Prisons: c.active(),
		Compose: composeView{ClientID: rand.Text(), Limit: desk.MaxLine},
		Unread:  conv.Waiting == dialog.WaitingReview || conv.Waiting == dialog.WaitingDelivery || conv.Waiting == dialog.WaitingPerson || conv.Waiting == dialog.WaitingReply,
	}
	if conv.Holder.Kind == dialog.Staff {
		view.Holder, view.Mine = conv.Holder.Name, conv.Holder.Worker == v.worker.ID
	}
	if n := len(d.Events); n > 0 {
		view.Seq = min(view.Seq, d.Events[n-1].Seq) // what stands on the page, and no more
	}
	view.CanSay = view.Mine && !can.Inline && (!can.Push || !view.OptedOut)
	if key := v.QueryParam("offer"); key != "" && view.CanSay {
		view.Compose.Text = offered(d, dialog.ConcernID(v.QueryParam("concern")), key)
	}
	view.Prison, _ = c.cfg.Prisons.Get(conv.Prison)
	view.Entries = c.transcribe(d, c.names(v, d))
	view.Works = view.Open || view.Mine || conv.Waiting != dialog.WaitingNone
	for _, cv := range d.Concerns {
		view.Concerns = append(view.Concerns, c.concern(cv, d))
		view.Works = view.Works || cv.Open()
	}
	return view, nil
}

// offered is the text of a key that is offered as feedback on a concern.
func offered(d desk.View, id dialog.ConcernID, key string) string {
	for _, cv := range d.Concerns {
		for _, o := range cv.Offers {
			if cv.ID == id && o.Key == key {
				return o.Text
			}
		}
	}
	return ""
}

// all reads what is missing at the end of a very long log.
func (c *Console) all(v *visit, d desk.View) ([]dialog.Event, error) {
	events := d.Events
	for len(events) > 0 && events[len(events)-1].Seq < d.Conversation.LastSeq {
		more, err := c.cfg.Desk.Since(v.Request().Context(), v.worker, d.Conversation.ID, events[len(events)-1].Seq)
		if err != nil {
			return nil, err
		}
		if len(more) == 0 {
			break
		}
		events = append(events, more...)
	}
	return events, nil
}

// active lists the prisons that are open, by name.
func (c *Console) active() []dialog.Prison {
	all := slices.DeleteFunc(c.cfg.Prisons.All(), func(p dialog.Prison) bool { return !p.Active })
	slices.SortFunc(all, func(a, b dialog.Prison) int { return cmp.Compare(a.ShortName, b.ShortName) })
	return all
}

// names finds who the workers in a log are. The log mostly says it itself; the
// others are looked up, and stay "a colleague" where that fails.
func (c *Console) names(v *visit, d desk.View) map[dialog.WorkerID]string {
	names := map[dialog.WorkerID]string{v.worker.ID: v.worker.Name}
	for _, cv := range d.Concerns {
		for _, o := range cv.Obligations {
			if o.By != "" && o.ByName != "" {
				names[o.By] = o.ByName
			}
		}
	}
	want := func(id dialog.WorkerID) {
		if _, known := names[id]; known || id == "" {
			return
		}
		if p, err := c.cfg.Accounts.Person(v.Request().Context(), string(id)); err == nil {
			names[id] = p.Name
		}
	}
	for _, ev := range d.Events {
		want(ev.By)
	}
	for _, r := range d.Recordings {
		want(r.ListenedBy)
	}
	return names
}

var dutyHints = map[dialog.ObligationKind]string{
	dialog.Acknowledge: "Somebody has answered the person who told us.",
	dialog.Listen:      "The voice message was listened to, to its end.",
	dialog.Act:         "What was done for the person at risk, by whom and when.",
	dialog.FeedBack:    "The person who told us was told what can be told.",
}

var dutyOrder = []dialog.ObligationKind{dialog.Listen, dialog.Acknowledge, dialog.Act, dialog.FeedBack}

func (c *Console) concern(cv desk.ConcernView, d desk.View) concernView {
	view := concernView{Concern: cv.Concern, Who: whoName(cv.Who), Open: cv.Concern.Open(), Call: d.Address}
	view.Prison, _ = c.cfg.Prisons.Get(cv.Concern.Prison)
	h := cv.Handling
	view.Said, view.Missing, view.Hints, view.Handled = saidViews(cv.Words), missing(cv.Concern), hints(cv.Concern), handled(cv.Concern)
	view.Asked, view.Harm, view.HarmNote = h.Answered(), h.Harm == dialog.HarmPossible, h.HarmNote
	if h.SpokenTo != nil {
		view.Spoken = map[bool]string{true: "yes", false: "no"}[*h.SpokenTo]
	}
	view.Beside, view.Perhaps, view.Offers, view.Watch = relatedViews(cv.About), relatedViews(cv.Suggested), cv.Offers, watched(cv)
	view.Away = cv.Elsewhere
	for _, r := range view.Beside {
		if r.IsOpen && slices.Contains(r.Related.Open, dialog.Act) {
			view.ToAct = append(view.ToAct, r)
		}
	}
	for _, e := range cv.Evidence {
		s := seenView{Sign: signName(e.Sign), Words: e.Text}
		if !slices.Contains(view.Signs, s) {
			view.Signs = append(view.Signs, s)
		}
	}
	now := c.cfg.Now()
	for _, o := range cv.Obligations {
		view.Duties = append(view.Duties, dutyView{Obligation: o, Late: o.State == dialog.Open && now.After(o.DueAt), Hint: dutyHints[o.Kind]})
	}
	slices.SortFunc(view.Duties, func(a, b dutyView) int {
		return cmp.Compare(slices.Index(dutyOrder, a.Kind), slices.Index(dutyOrder, b.Kind))
	})
	for _, o := range view.Duties {
		if o.State == dialog.Open {
			view.Left = append(view.Left, strings.ToLower(dutyName(o.Kind)))
		}
	}
	return view
}
