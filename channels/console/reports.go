package console

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"helpline/dialog"
	"helpline/dialog/desk"
)

// managers may see reports and have the lines tested.
var managers = []dialog.Role{dialog.ManagerRole}

// reportView is a report as the page shows it.
type reportView struct {
	page
	From, To string // the first and the last day, as a form's dates
	Days     string // of the period, in words
	Problem  string
	Report   desk.Report
	Tables   []countTable
	Duties   []dutyTable
	Alarms   []alarmRow
	Lines    []lineFigureRow
	Lists    []listFigureView
	Missed   int
}

// countTable is concerns by one property.
type countTable struct {
	ID, Title, Head string
	Note            string
	Rows            []countRow
}

type countRow struct {
	Name  string
	N     int
	Share int // percent of all concerns
}

// dutyTable is how duties were met in the concerns of one level.
type dutyTable struct {
	Title string
	Rows  []dutyRow
}

type dutyRow struct {
	Name string
	desk.DutyFigures
	Median, Worst string // "" where none was met
}

type alarmRow struct {
	Matter, Step string
	Count        int
}

type lineFigureRow struct {
	Channel, Prison string
	desk.LineFigures
	WorstOut, WorstSeen string
}

type listFigureView struct {
	Name     string
	Days, On int
	Share    int // percent
	Empty    []dialog.ListDay
}

// daysReported is how many days a report has unless asked otherwise.
const daysReported = 28

// mostReported bounds a period: ten years.
const mostReported = 10 * 366

// period reads the days of a report from the address. The first is its beginning
// and the last is included, by the calendar in Britain.
func (c *Console) period(v *visit) (from, to time.Time, err error) {
	today := c.cfg.Now().In(c.london)
	day := func(name string, otherwise time.Time) (time.Time, error) {
		s := v.QueryParam(name)
		if s == "" {
			return time.Date(otherwise.Year(), otherwise.Month(), otherwise.Day(), 0, 0, 0, 0, c.london), nil
		}
		t, err := time.ParseInLocation(desk.DayFormat, s, c.london)
		if err != nil {
			return t, &dialog.InvalidError{Field: "date", Problem: "is not a day such as 2026-03-31"}
		}
		return t, nil
	}
	if to, err = day("to", today); err != nil {
		return from, to, err
	}
	if from, err = day("from", to.AddDate(0, 0, 1-daysReported)); err != nil {
		return from, to, err
	}
	switch {
	case from.After(to):
		return from, to, &dialog.InvalidError{Field: "period", Problem: "ends before it begins"}
	case from.Before(to.AddDate(0, 0, -mostReported)):
		return from, to, &dialog.InvalidError{Field: "period", Problem: "is longer than ten years"}
	}
	return from, to, nil
}

// showReport is the report of a period, as a page that prints well.
func (c *Console) showReport(v *visit) error {
	view := reportView{page: c.page(v, "Reports", "reports")}
	from, to, err := c.period(v)
	if err != nil {
		status, p := c.judge(err)
		view.Title, view.Problem = "Error: "+view.Title, p.Text
		view.From, view.To = v.QueryParam("from"), v.QueryParam("to")
		return c.render(v, status, "report", view)
	}
	view.From, view.To = from.Format(desk.DayFormat), to.Format(desk.DayFormat)
	view.Days = from.Format("2 January 2006") + " to " + to.Format("2 January 2006")
	rep, err := c.cfg.Desk.ReportOn(v.Request().Context(), v.worker, from, to.AddDate(0, 0, 1))
	if err != nil {
		return err
	}
	c.fill(&view, rep)
	return c.render(v, http.StatusOK, "report", view)
}

func (c *Console) fill(view *reportView, rep desk.Report) {
	view.Report = rep
	for _, n := range rep.Missed {
		view.Missed += n.N
	}
	table := func(id, title, head, note string, counts []desk.Count, name func(string) string) {
		t := countTable{ID: id, Title: title, Head: head, Note: note}
		for _, n := range counts {
			t.Rows = append(t.Rows, countRow{name(n.Key), n.N, percent(n.N, rep.Concerns)})
		}
		view.Tables = append(view.Tables, t)
	}
	table("level", "By level", "Level", "As staff have it now; “No alarm” is a wrong alarm.", rep.ByLevel, levelOf)
	table("prison", "By prison", "Prison", "", rep.ByPrison, c.prisonOf)
	table("channel", "By channel", "Channel", "", rep.ByChannel, func(s string) string { return channelName(dialog.Medium(s)) })
	table("category", "By kind", "Kind", "A concern may be of several kinds.", rep.ByCategory, categoryOf)
	table("team", "By team", "Team", "", rep.ByTeam, c.teamOf)
	for _, f := range rep.Duties {
		title := "All levels"
		if !f.All {
			title = levelName(f.Level)
		}
		if n := len(view.Duties); n == 0 || view.Duties[n-1].Title != title {
			view.Duties = append(view.Duties, dutyTable{Title: title})
		}
		row := dutyRow{Name: dutyName(f.Kind), DutyFigures: f}
		if f.Met > 0 {
			row.Median, row.Worst = took(f.Median), took(f.Worst)
		}
		t := &view.Duties[len(view.Duties)-1]
		t.Rows = append(t.Rows, row)
	}
	for _, a := range rep.Alarms {
		view.Alarms = append(view.Alarms, alarmRow{matterName(a.Matter), sentenceless(a.Step.String()), a.Count})
	}
	for _, l := range rep.Lines {
		row := lineFigureRow{Channel: channelName(l.Medium), Prison: "No prison named", LineFigures: l}
		if l.Prison != "" {
			row.Prison = c.prisonOf(string(l.Prison))
		}
		if l.Made > l.Failed {
			row.WorstOut = took(l.WorstOut)
		}
		if l.Good > 0 {
			row.WorstSeen = took(l.WorstSeen)
		}
		view.Lines = append(view.Lines, row)
	}
	for _, l := range rep.Lists {
		view.Lists = append(view.Lists, listFigureView{listName(l.List), l.Days, len(l.Empty), percent(len(l.Empty), l.Days), l.Empty})
	}
}

func percent(n, of int) int {
	if of == 0 {
		return 0
	}
	return (200*n + of) / (2 * of)
}

func levelOf(s string) string {
	var l dialog.Level
	if err := l.UnmarshalText([]byte(s)); err != nil {
		return s
	}
	return levelName(l)
}

func (c *Console) prisonOf(id string) string {
	if p, ok := c.cfg.Prisons.Get(dialog.PrisonID(id)); ok {
		return p.ShortName
	}
	return cmp.Or(id, "Not known")
}

func categoryOf(s string) string {
	if s == "" {
		return "Not known"
	}
	return categoryName(dialog.Category(s))
}

func (c *Console) teamOf(id string) string {
	for _, t := range c.cfg.Teams {
		if string(t.ID) == id {
			return cmp.Or(t.Name, id)
		}
	}
	if id == "triage" {
		return "Triage"
	}
	return cmp.Or(id, "No team")
}

// sentenceless is words with a capital at their beginning.
func sentenceless(s string) string { return strings.TrimSuffix(sentence(s), ".") }

func matterName(m dialog.Matter) string {
	switch m {
	case dialog.MatterConcern:
		return "A concern that nobody acknowledged"
	case dialog.MatterRecording:
		return "A voice message that nobody heard"
	case dialog.MatterWaiting:
		return "Somebody who waited for a person"
	case dialog.MatterLine:
		return "A reply that did not arrive"
	case dialog.MatterAct:
		return "Acting on a concern was overdue"
	case dialog.MatterFeedBack:
		return "Feeding back was overdue"
	case dialog.MatterListen:
		return "Listening was overdue"
	case dialog.MatterMoved:
		return "A concern that came to another team"
	case dialog.MatterLineTest:
		return "A test of a line failed"
	}
	return string(m)
}

func listName(l dialog.ListName) string {
	switch l {
	case dialog.ListWaiting:
		return "Nobody waiting"
	case dialog.ListUnheard:
		return "All voice messages heard"
	}
	return string(l)
}

// plural counts: "1 day", "3 days".
func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}

// showReportCSV is the same figures for a spreadsheet, one a line: table, row,
// measure, value. Times are in seconds. No words, names or addresses of people
// are among them.
func (c *Console) showReportCSV(v *visit) error {
	from, to, err := c.period(v)
	if err != nil {
		return err
	}
	rep, err := c.cfg.Desk.ReportOn(v.Request().Context(), v.worker, from, to.AddDate(0, 0, 1))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true // RFC 4180
	c.writeReport(rep, from.Format(desk.DayFormat), to.Format(desk.DayFormat), func(cells ...string) {
		for i := range cells {
			cells[i] = harmless(cells[i])
		}
		_ = w.Write(cells) // to a buffer: it cannot fail
	})
	w.Flush()
	name := fmt.Sprintf("helpline-%s-to-%s.csv", from.Format(desk.DayFormat), to.Format(desk.DayFormat))
	v.Response().Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	return v.Blob(http.StatusOK, "text/csv; charset=utf-8", b.Bytes())
}

// harmless keeps a spreadsheet from taking a cell for a formula
// (https://owasp.org/www-community/attacks/CSV_Injection).
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

func (c *Console) writeReport(rep desk.Report, from, to string, line func(cells ...string)) {
	number := strconv.Itoa
	seconds := func(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }
	line("table", "row", "measure", "value")
	line("period", "", "first day", from)
	line("period", "", "last day", to)
	line("period", "", "made at", rep.Made.In(c.london).Format(time.RFC3339))
	line("concerns", "all", "raised", number(rep.Concerns))
	line("concerns", "all", "still open", number(rep.Open))
	counts := func(table string, list []desk.Count, name func(string) string) {
		for _, n := range list {
			line(table, name(n.Key), "concerns", number(n.N))
		}
	}
	counts("level", rep.ByLevel, levelOf)
	counts("prison", rep.ByPrison, c.prisonOf)
	counts("channel", rep.ByChannel, func(s string) string { return channelName(dialog.Medium(s)) })
	counts("kind", rep.ByCategory, categoryOf)
	counts("team", rep.ByTeam, c.teamOf)
	for _, n := range rep.Missed {
		line("silent misses found", levelOf(n.Key), "messages", number(n.N))
	}
	if len(rep.Missed) == 0 {
		line("silent misses found", "all", "messages", "0")
	}
	for _, f := range rep.Duties {
		level := "All levels"
		if !f.All {
			level = levelName(f.Level)
		}
		row := dutyName(f.Kind) + ", " + level
		line("duty", row, "done", number(f.Met))
		line("duty", row, "not possible", number(f.Excused))
		line("duty", row, "open", number(f.Open))
		line("duty", row, "overdue", number(f.Overdue))
		if f.Met > 0 {
			line("duty", row, "median seconds", seconds(f.Median))
			line("duty", row, "worst seconds", seconds(f.Worst))
		}
	}
	for _, a := range rep.Alarms {
		line("alarms", matterName(a.Matter), sentenceless(a.Step.String()), number(a.Count))
	}
	for _, l := range rep.Lines {
		row := channelName(l.Medium)
		if l.Prison != "" {
			row += ", " + c.prisonOf(string(l.Prison))
		}
		line("line tests", row, "made", number(l.Made))
		line("line tests", row, "good", number(l.Good))
		line("line tests", row, "failed", number(l.Failed))
		line("line tests", row, "due and not made", number(l.Missing))
		line("line tests", row, "worst seconds until it came out", seconds(l.WorstOut))
		line("line tests", row, "worst seconds until it was seen", seconds(l.WorstSeen))
	}
	for _, l := range rep.Lists {
		line("lists", listName(l.List), "days looked at", number(l.Days))
		line("lists", listName(l.List), "days on which it was so at some time", number(len(l.Empty)))
		for _, day := range l.Empty {
			line("lists", listName(l.List)+", last on "+day.Day, "time", day.LastEmpty.In(c.london).Format("15:04"))
		}
	}
}
