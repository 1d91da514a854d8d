package console

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"helpline/dialog/desk"
)

//go:embed templates
var templateFiles embed.FS

var pageNames = []string{
	"sign-in", "fault", "queue", "conversation", "concern",
	"sheets", "sheet", "sheet-new", "versions", "version", "contacts", "questions", "people", "lines", "report",
}

func (c *Console) parsePages() (map[string]*template.Template, error) {
	funcs := template.FuncMap{
		"asset": c.cfg.Assets.URL,
		"age":   c.age,
		"clock": c.clock,
		"day":   c.day,
		"due":   c.due,
		"date":  date,
		"stamp": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"tel":   tel,
		"level": levelName, "levelClass": levelClass,
		"duty": dutyName, "dutyState": dutyStateName, "category": categoryName,
		"country": countryName, "holdsIn": holdsIn, "channel": channelName, "role": roleName,
		"lower":      strings.ToLower,
		"judgeKinds": judgeKinds, "dict": dict,
	}
	base, err := template.New("base").Funcs(funcs).ParseFS(templateFiles, "templates/base.html", "templates/part-*.html")
	if err != nil {
		return nil, fmt.Errorf("parse the pages: %w", err)
	}
	pages := map[string]*template.Template{}
	for _, name := range pageNames {
		t, err := base.Clone()
		if err == nil {
			t, err = t.ParseFS(templateFiles, "templates/"+name+".html")
		}
		if err != nil {
			return nil, fmt.Errorf("parse the page %s: %w", name, err)
		}
		pages[name] = t
	}
	return pages, nil
}

// dict passes several values to a part: name, value, name, value.
func dict(pairs ...any) (map[string]any, error) {
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		key, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: %v is not a name", pairs[i])
		}
		m[key] = pairs[i+1]
	}
	return m, nil
}

// page is what every page shows round its own content.
type page struct {
	Service                         string
	Title                           string // without anything about a person: it stays in the browser's history
	Section                         string // which part of the navigation is here
	Worker                          string
	CSRF                            string
	SeesQueue, SeesSheets, SeesCrew bool
	SeesReports                     bool
	Done                            string // what has just been done
	Now                             int64  // Unix milliseconds: a desk's clock may be wrong
}

func (c *Console) page(v *visit, title, section string) page {
	p := page{Service: c.cfg.Name, Title: title, Section: section, CSRF: v.csrf, Done: doneWords[v.QueryParam("done")], Now: c.cfg.Now().UnixMilli()}
	if w := v.worker; w.ID != "" {
		p.Worker = w.Name
		p.SeesQueue, p.SeesSheets, p.SeesCrew = w.Has(listeners...), w.Has(editors...), w.Has(admins...)
		p.SeesReports = w.Has(managers...)
	}
	return p
}

// render writes a page at once or not at all: a template that fails half way
// must not show half a conversation.
func (c *Console) render(v *visit, status int, name string, view any) error {
	return c.renderPart(v, status, name, "base", view)
}

func (c *Console) renderPart(v *visit, status int, name, part string, view any) error {
	var b bytes.Buffer
	if err := c.pages[name].ExecuteTemplate(&b, part, view); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	if status == 0 {
		status = http.StatusOK
	}
	return v.HTMLBlob(status, b.Bytes())
}

func (c *Console) clock(t time.Time) string { return t.In(c.london).Format("15:04") }

// day is a date as it is said: today, yesterday, tomorrow, or Monday 2 March 2026.
func (c *Console) day(t time.Time) string {
	t, now := t.In(c.london), c.cfg.Now().In(c.london)
	switch {
	case sameDay(t, now):
		return "Today"
	case sameDay(t, now.AddDate(0, 0, -1)):
		return "Yesterday"
	case sameDay(t, now.AddDate(0, 0, 1)):
		return "Tomorrow"
	case t.Year() == now.Year():
		return t.Format("Monday 2 January")
	}
	return t.Format("Monday 2 January 2006")
}

// date reads a day as it is kept, and writes it as it is said.
func date(day string) string {
	t, err := time.Parse(desk.DayFormat, day)
	if err != nil {
		return day
	}
	return t.Format("Monday 2 January 2006")
}

// due is when something is to be done by: the hour alone means today.
func (c *Console) due(t time.Time) string {
	if sameDay(t.In(c.london), c.cfg.Now().In(c.london)) {
		return c.clock(t)
	}
	return c.day(t) + " " + c.clock(t)
}

func sameDay(a, b time.Time) bool {
	return a.Year() == b.Year() && a.YearDay() == b.YearDay()
}

// age is how long ago something was. console.js says it in the same words.
func (c *Console) age(t time.Time) string { return span(c.cfg.Now().Sub(t)) }

func span(d time.Duration) string {
	m := int(d.Minutes())
	switch {
	case m < 1:
		return "just now"
	case m < 60:
		return fmt.Sprintf("%d min", m)
	case m < 24*60 && m%60 == 0:
		return fmt.Sprintf("%d h", m/60)
	case m < 24*60:
		return fmt.Sprintf("%d h %d min", m/60, m%60)
	case m < 48*60:
		return "1 day"
	}
	return fmt.Sprintf("%d days", m/60/24)
}

// tel is a number as a tel: link takes it.
func tel(number string) template.URL {
	var b strings.Builder
	for i, r := range number {
		if r >= '0' && r <= '9' || r == '+' && i == 0 {
			b.WriteRune(r)
		}
	}
	return template.URL("tel:" + b.String()) // digits and a plus only
}
