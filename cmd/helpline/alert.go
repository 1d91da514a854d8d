package main

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"time"

	"helpline/channels/email"
	"helpline/channels/twilio"
	"helpline/dialog"
	"helpline/dialog/desk"
)

// alertConfig is who is told of what nobody has taken, and when.
type alertConfig struct {
	Team, DutyManager, Fallback []dialog.StaffAddress
	After                       map[dialog.Pace]desk.After // those that were set
	SMTPURL                     string
	faults                      []string
}

// telephone is a number in E.164 form.
var telephone = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// readAlerts reads HELPLINE_ALERT_* and HELPLINE_SMTP_URL. What is wrong is
// told by check.
func readAlerts(get func(name, otherwise string) string) (a alertConfig) {
	for name, to := range map[string]*[]dialog.StaffAddress{
		"ALERT_TEAM": &a.Team, "ALERT_MANAGER": &a.DutyManager, "ALERT_FALLBACK": &a.Fallback,
	} {
		var err error
		if *to, err = parseAddresses(get(name, "")); err != nil {
			a.faults = append(a.faults, "HELPLINE_"+name+" "+err.Error())
		}
	}
	a.SMTPURL = get("SMTP_URL", "")
	a.After = map[dialog.Pace]desk.After{}
	for _, pace := range dialog.Paces() {
		name := "ALERT_AFTER_" + strings.ToUpper(string(pace))
		value := get(name, "")
		if value == "" {
			continue
		}
		after, err := parseAfter(value)
		if err != nil {
			a.faults = append(a.faults, "HELPLINE_"+name+" "+err.Error())
		}
		a.After[pace] = after
	}
	return a
}

// parseAddresses reads "sms:+447700900900, mailto:duty@example.org". Its errors
// do not repeat an address.
func parseAddresses(list string) (found []dialog.StaffAddress, err error) {
	for i, one := range strings.Split(list, ",") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		way, value, _ := strings.Cut(one, ":")
		to := dialog.StaffAddress{Way: dialog.Way(way), Value: strings.TrimSpace(value)}
		ok := false
		switch to.Way {
		case dialog.WayText, dialog.WayCall:
			to.Value = strings.NewReplacer(" ", "", "-", "").Replace(to.Value)
			ok = telephone.MatchString(to.Value)
		case dialog.WayMail:
			address, err := mail.ParseAddress(to.Value)
			ok = err == nil && address.Address == to.Value
		}
		if !ok {
			return nil, fmt.Errorf("has an entry (number %d) that is not sms:+44…, tel:+44… or mailto:somebody@example.org", i+1)
		}
		found = append(found, to)
	}
	return found, nil
}

// parseAfter reads "0/5m/10m": when the team, the duty manager and the fallback
// are told.
func parseAfter(value string) (desk.After, error) {
	parts := strings.Split(value, "/")
	wrong := errors.New("is not three times of rising length such as 10m/30m/1h: for the team, the duty manager and the fallback")
	if len(parts) != 3 {
		return desk.After{}, wrong
	}
	var times [3]time.Duration
	for i, p := range parts {
		d, err := time.ParseDuration(strings.TrimSpace(p))
		if err != nil || d < 0 || i > 0 && d < times[i-1] {
			return desk.After{}, wrong
		}
		times[i] = d
	}
	return desk.After{Team: times[0], DutyManager: times[1], Fallback: times[2]}, nil
}

// check says what is wrong. telephone says whether texts and calls can be sent
// at all, voice whether there is a number to ring from.
func (a alertConfig) check(texts, voice bool, publicURL string) []string {
	faults := a.faults
	told := map[string]bool{}
	for _, step := range []struct {
		name string
		to   []dialog.StaffAddress
	}{{"TEAM", a.Team}, {"MANAGER", a.DutyManager}, {"FALLBACK", a.Fallback}} {
		for _, problem := range unreachable(step.to, texts, voice, a.SMTPURL != "") {
			if !told[problem] {
				told[problem] = true
				faults = append(faults, "HELPLINE_ALERT_"+step.name+" "+problem)
			}
		}
	}
	if a.SMTPURL != "" {
		if _, err := email.Parse(a.SMTPURL, mailDomain(publicURL)); err != nil {
			faults = append(faults, "HELPLINE_SMTP_URL "+err.Error())
		}
	}
	return faults
}

// unreachable says which of the addresses cannot be told because of what is not set up.
func unreachable(to []dialog.StaffAddress, texts, voice, mail bool) (problems []string) {
	uses := map[dialog.Way]bool{}
	for _, address := range to {
		uses[address.Way] = true
	}
	if uses[dialog.WayText] && !texts {
		problems = append(problems, "has a number to text, but HELPLINE_TWILIO_ACCOUNT_SID is empty")
	}
	if uses[dialog.WayCall] && !texts {
		problems = append(problems, "has a number to ring, but HELPLINE_TWILIO_ACCOUNT_SID is empty")
	} else if uses[dialog.WayCall] && !voice {
		problems = append(problems, "has a number to ring, but HELPLINE_VOICE_NUMBER, which to ring from, is empty")
	}
	if uses[dialog.WayMail] && !mail {
		problems = append(problems, "has an address to write to, but HELPLINE_SMTP_URL is empty")
	}
	return problems
}

// mailDomain is what the sender's address ends in where none is set.
func mailDomain(publicURL string) string {
	if u, err := url.Parse(publicURL); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return "localhost"
}

// alerts is what the desk needs to tell staff.
func (h *house) alerts() (desk.Alerts, error) {
	t := teller{twilio: h.twilio}
	if h.Alert.SMTPURL != "" {
		var err error
		if t.email, err = email.Parse(h.Alert.SMTPURL, mailDomain(h.PublicURL)); err != nil {
			return desk.Alerts{}, fmt.Errorf("mail server: the address %w", err)
		}
	}
	return desk.Alerts{
		Team: h.Alert.Team, DutyManager: h.Alert.DutyManager, Fallback: h.Alert.Fallback, After: h.Alert.After, Teller: t,
		Link: func(id dialog.ConversationID) string {
			if id == "" {
				return h.PublicURL + "/console"
			}
			return h.PublicURL + "/console/conversations/" + url.PathEscape(string(id))
		},
	}, nil
}

// teller brings notices to staff by whatever is set up.
type teller struct {
	twilio *twilio.Driver
	email  *email.Server
}

// Tell hands one notice over. The error is a *dialog.SendError.
func (t teller) Tell(ctx context.Context, m dialog.StaffMessage) (dialog.Receipt, error) {
	id := dialog.OutboxID(m.ID) // by which the provider's report finds it
	switch m.To.Way {
	case dialog.WayText:
		if t.twilio != nil {
			return t.twilio.Send(ctx, dialog.Outbound{ID: id, Line: smsLine, To: dialog.Address{Medium: dialog.SMS, Value: m.To.Value}, Text: m.Text})
		}
	case dialog.WayCall:
		if t.twilio != nil {
			return t.twilio.Ring(ctx, id, m.To.Value, m.Text)
		}
	case dialog.WayMail:
		if t.email != nil {
			return t.email.Send(ctx, m)
		}
	}
	// Written when this way was set up, and sent by a service where it is not.
	return dialog.Receipt{}, &dialog.SendError{Verdict: dialog.Fail, Code: "not set up", Err: errors.New("this way to staff is not set up")}
}
