package flow

import (
	"strconv"
	"time"

	"helpline/dialog"
)

// Away says that nobody is at the desk of the team that would see to something.
// The zero value: somebody is.
type Away struct {
	Away bool
	Now  time.Time // by the clock on the team's wall
	Back time.Time // when somebody is there again; zero: not known
}

// away is how it stands with the team of the prison that is talked of.
func (s *step) away() Away {
	if s.env.Away == nil {
		return Away{}
	}
	return s.env.Away(s.turn.Prison)
}

// answersNow says who answers while our own desk is empty, and when it is not:
// a Scottish prison's concern line at any hour, elsewhere the switchboard and
// the orderly officer.
func (s *step) answersNow(a Away) string {
	route := "away.route." + placeKey(s.turn.Jurisdiction)
	var params []string
	if p, ok := s.env.Prison(s.turn.Prison); ok {
		params = []string{"prison", p.ShortName, "switchboard", p.Switchboard, "concern_line", p.ConcernLine}
		switch {
		case p.Jurisdiction == dialog.Scotland && p.ConcernLine != "":
			route = "away.route.scotland.numbers"
		case p.Jurisdiction != dialog.Scotland && p.Switchboard != "":
			route = "away.route.numbers"
		}
	}
	return s.text(route, params...) + " " + s.text("away.back", "back", When(s.env.Texts, s.env.Medium, a))
}

// When says in plain words when somebody is back: "tomorrow at 9am".
func When(t Texts, m dialog.Medium, a Away) string {
	if a.Back.IsZero() {
		return t.Say("when.unknown", m)
	}
	var clock string
	hour, minute := a.Back.Hour(), a.Back.Minute()
	switch {
	case hour == 12 && minute == 0:
		clock = t.Say("when.noon", m)
	case hour == 0 && minute == 0:
		clock = t.Say("when.midnight", m)
	default:
		key := "when.am"
		if hour >= 12 {
			key = "when.pm"
		}
		h := strconv.Itoa((hour+11)%12 + 1)
		if minute > 0 {
			h += t.Say("when.minutes", m, "minutes", a.Back.Format("04"))
		}
		clock = t.Say(key, m, "hour", h)
	}
	key := "when.date"
	switch days := daysBetween(a.Now, a.Back); {
	case days == 0:
		key = "when.today"
	case days == 1:
		key = "when.tomorrow"
	case days < 7:
		key = "when.week"
	}
	return t.Say(key, m, "time", clock, "day", t.Say(dayKey(a.Back.Weekday()), m),
		"date", strconv.Itoa(a.Back.Day()), "month", t.Say(monthKey(a.Back.Month()), m))
}

// daysBetween counts midnights.
func daysBetween(from, to time.Time) int {
	noon := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, time.UTC) }
	return int(noon(to).Sub(noon(from)) / (24 * time.Hour))
}

func dayKey(d time.Weekday) string { return "when.day." + strconv.Itoa(int(d)) }

func monthKey(m time.Month) string { return "when.month." + strconv.Itoa(int(m)) }

// awayKeys are the texts for when nobody is at the desk.
func awayKeys() []string {
	keys := []string{
		"away.prisoner", "away.child", "away.immediate.caller", "away.urgent.caller", "away.concern.caller", "away.back", "away.person",
		"away.route.numbers", "away.route.scotland.numbers",
		"when.unknown", "when.noon", "when.midnight", "when.am", "when.pm", "when.minutes", "when.today", "when.tomorrow", "when.week", "when.date",
	}
	for _, place := range []string{"england-wales", "scotland", "northern-ireland", "unknown"} {
		keys = append(keys, "away.route."+place)
	}
	for d := time.Sunday; d <= time.Saturday; d++ {
		keys = append(keys, dayKey(d))
	}
	for m := time.January; m <= time.December; m++ {
		keys = append(keys, monthKey(m))
	}
	return keys
}
