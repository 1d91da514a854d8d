package email

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"

	"helpline/dialog"
)

// sendWithin bounds one attempt.
const sendWithin = 12 * time.Second

// Server is a mail server that takes messages from us.
type Server struct {
	host    string
	from    string
	options []gomail.Option
}

// Parse reads the address of a mail server: smtp://user:password@host:port, or
// smtps:// for TLS from the first byte. The sender is ?from=, or the user where
// that is an address, or helpline@ and the fallback domain. No error repeats the
// password.
//
// A password is only sent under TLS, unless the server is on this machine.
func Parse(raw, domain string) (*Server, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return nil, errors.New("is not an address that begins with smtp:// or smtps://")
	}
	s := &Server{host: u.Hostname(), from: u.Query().Get("from")}
	user := u.User.Username()
	if s.from == "" {
		s.from = "helpline@" + domain
		if _, err := mail.ParseAddress(user); err == nil {
			s.from = user
		}
	}
	if _, err := mail.ParseAddress(s.from); err != nil {
		return nil, errors.New("has a sender (from) that is not an address")
	}
	s.options = []gomail.Option{gomail.WithTimeout(sendWithin)}
	policy := gomail.TLSOpportunistic
	auth := gomail.SMTPAuthAutoDiscover
	if local(s.host) {
		auth = gomail.SMTPAuthPlain
	} else if user != "" {
		policy = gomail.TLSMandatory
	}
	port := 587
	if u.Scheme == "smtps" {
		port = 465
		s.options = append(s.options, gomail.WithSSL())
	} else {
		s.options = append(s.options, gomail.WithTLSPolicy(policy))
	}
	if p := u.Port(); p != "" {
		if port, err = strconv.Atoi(p); err != nil {
			return nil, errors.New("has a port that is not a number")
		}
	}
	s.options = append(s.options, gomail.WithPort(port))
	if user != "" {
		password, _ := u.User.Password()
		s.options = append(s.options, gomail.WithSMTPAuth(auth), gomail.WithUsername(user), gomail.WithPassword(password))
	}
	return s, nil
}

func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Send hands a message over. The error is a *dialog.SendError that holds neither
// the address nor the words. A message that is sent twice has the same
// Message-ID, by which mail programs show it once.
func (s *Server) Send(ctx context.Context, m dialog.StaffMessage) (dialog.Receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := errors.Join(msg.From(s.from), msg.To(m.To.Value)); err != nil {
		return dialog.Receipt{}, &dialog.SendError{Verdict: dialog.Fail, Code: "address", Err: errors.New("an address cannot be used")}
	}
	msg.Subject(m.Subject)
	msg.SetMessageIDWithValue(string(m.ID) + "@helpline")
	msg.SetDate()
	msg.SetImportance(gomail.ImportanceUrgent)
	msg.SetBodyString(gomail.TypeTextPlain, m.Text+"\n")
	client, err := gomail.NewClient(s.host, s.options...)
	if err != nil {
		return dialog.Receipt{}, &dialog.SendError{Verdict: dialog.Fail, Code: "settings", Err: errors.New("the mail server's settings cannot be used")}
	}
	if err := client.DialAndSendWithContext(ctx, msg); err != nil {
		return dialog.Receipt{}, failure(ctx, err)
	}
	return dialog.Receipt{ProviderID: "mail-" + string(m.ID)}, nil
}

// failure says what an error of the mail server means. Its text is not passed
// on: it may repeat the address.
func failure(ctx context.Context, err error) *dialog.SendError {
	var refused *gomail.SendError
	switch {
	case ctx.Err() != nil:
		return &dialog.SendError{Verdict: dialog.Uncertain, Err: fmt.Errorf("the mail server did not answer: %w", ctx.Err())}
	case !errors.As(err, &refused):
		return &dialog.SendError{Verdict: dialog.Retry, Err: errors.New("the mail server was not reached, or did not let us in")}
	case refused.ErrorCode() >= 500 && !refused.IsTemp():
		return &dialog.SendError{Verdict: dialog.Fail, Code: strconv.Itoa(refused.ErrorCode()), Err: errors.New("the mail server refused the message")}
	}
	return &dialog.SendError{Verdict: dialog.Retry, Code: strconv.Itoa(refused.ErrorCode()), Err: errors.New("the mail server could not take the message now")}
}
