package console

import (
	"net/http"
	"time"

	"helpline/dialog"
	"helpline/dialog/desk"
)

// linesView is how the ways in stand.
type linesView struct {
	page
	Lines   []lineRow
	Every   string // "" only when somebody asks
	Next    time.Time
	Running bool // asked for, and not begun yet
	MayRun  bool
	Overdue int
}

// lineRow is one way in, for one prison or for none.
type lineRow struct {
	Channel, Prison string
	Overdue         bool
	Good, Last      lineTestView
}

// lineTestView is one test as the page tells it.
type lineTestView struct {
	dialog.LineTest
	Made     bool
	Pending  bool
	OutAfter string // "" it did not come out
	SeenIn   string // "" nobody has seen it
	ToSee    bool   // somebody has to say that they saw it
}

func lineTest(x dialog.LineTest) lineTestView {
	v := lineTestView{LineTest: x, Made: x.Made(), Pending: x.Pending(), ToSee: x.SeenAt.IsZero() && x.Conversation != "" && (!x.OutAt.IsZero() || !x.FailedAt.IsZero())}
	if !x.OutAt.IsZero() {
		v.OutAfter = took(x.OutAt.Sub(x.StartedAt))
	}
	if !x.SeenAt.IsZero() {
		v.SeenIn = took(x.SeenAt.Sub(x.StartedAt))
	}
	return v
}

// took writes how long something took, from a second to days.
func took(d time.Duration) string {
	switch {
	case d < time.Second:
		return "under a second"
	case d < 2*time.Minute:
		n := int(d.Round(time.Second) / time.Second)
		return plural(n, "second")
	case d < 48*time.Hour:
		return span(d)
	}
	return plural(int(d/(24*time.Hour)), "day")
}

// showLines tells when each way in last worked.
func (c *Console) showLines(v *visit) error {
	s, err := c.cfg.Desk.LineTestStatus(v.Request().Context(), v.worker)
	if err != nil {
		return err
	}
	view := linesView{page: c.page(v, "Lines", "lines"), MayRun: v.worker.Has(managers...) && len(s.Lines) > 0}
	if s.Every > 0 {
		view.Every = every(s.Every)
		view.Next = s.Next
	}
	view.Running = !s.Next.IsZero() && !s.Next.After(c.cfg.Now())
	for _, l := range s.Lines {
		view.Lines = append(view.Lines, c.lineRow(l))
		if l.Overdue {
			view.Overdue++
		}
	}
	return c.render(v, http.StatusOK, "lines", view)
}

func (c *Console) lineRow(l desk.LineStatus) lineRow {
	row := lineRow{Channel: channelName(l.Medium), Prison: "No prison named", Overdue: l.Overdue, Good: lineTest(l.Good), Last: lineTest(l.Last)}
	if p, ok := c.cfg.Prisons.Get(l.Prison); ok {
		row.Prison = p.ShortName
	}
	return row
}

// every says how often something is done.
func every(d time.Duration) string {
	if d == 24*time.Hour {
		return "every day"
	}
	return "every " + took(d)
}

// postRunLines has the lines tested now.
func (c *Console) postRunLines(v *visit) error {
	if err := c.cfg.Desk.AskLineTests(v.Request().Context(), v.worker); err != nil {
		return err
	}
	return v.Redirect(http.StatusSeeOther, "/console/lines?done=testing")
}

// postTestSeen writes down that a worker saw a test of a line, and leads back to
// where it was pressed.
func (c *Console) postTestSeen(v *visit) error {
	back, err := field(v, "back")
	if err == nil {
		err = c.cfg.Desk.SeeLineTest(v.Request().Context(), v.worker, c.conv(v))
	}
	if err != nil {
		return err
	}
	switch back {
	case "queue":
		return v.Redirect(http.StatusSeeOther, "/console?done=test-seen")
	case "lines":
		return v.Redirect(http.StatusSeeOther, "/console/lines?done=test-seen")
	}
	return c.done(v, c.conv(v), "test-seen")
}

// whyTest says why a test of a line is on the list.
func whyTest(conv dialog.Conversation) string {
	switch conv.Waiting {
	case dialog.WaitingDelivery:
		return "A test of this line failed"
	case dialog.WaitingNone:
		return "A test of the line"
	case dialog.WaitingRisk, dialog.WaitingVoice, dialog.WaitingPerson, dialog.WaitingReply, dialog.WaitingReview:
	}
	return "A test of the line came in"
}

// listView is when a list was last empty, as the queue's page tells it.
type listView struct {
	Name  string
	Since time.Time // zero: it is not empty
	Last  time.Time // zero: never
	Days  []desk.DayOfList
}

func listViews(lists []desk.ListView) (views []listView) {
	for _, l := range lists {
		views = append(views, listView{Name: listName(l.List), Since: l.EmptySince, Last: l.LastEmpty, Days: l.Days})
	}
	return views
}
