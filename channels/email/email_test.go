package email_test

import (
	"errors"
	"io"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"helpline/channels/email"
	"helpline/dialog"
)

// box is a real mail server that keeps what it is given.
type box struct {
	mu       sync.Mutex
	from, to string
	user     string
	messages []string
	refuse   error
}

type session struct{ *box }

func (s session) Reset()        {}
func (s session) Logout() error { return nil }

func (s session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "duty@example.org" || password != "p@ss word" {
			return smtp.ErrAuthFailed
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.user = user
		return nil
	}), nil
}

func (s session) Mail(from string, _ *smtp.MailOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.from = from
	return nil
}

func (s session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to = to
	return s.refuse
}

func (s session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, string(b))
	return err
}

func serve(t *testing.T) (b *box, addr string) {
	t.Helper()
	b = &box{}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return session{b}, nil }))
	server.Domain, server.AllowInsecureAuth = "mail.example.org", true
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return b, l.Addr().String()
}

var alarm = dialog.StaffMessage{
	ID: "notice1", To: dialog.StaffAddress{Way: dialog.WayMail, Value: "manager@example.org"},
	Subject: "Helpline: an immediate concern is waiting, ref 1234567-3",
	Text:    "Helpline: an immediate concern is waiting. Ref 1234567-3. https://helpline.example/console",
}

func TestAMessageArrives(t *testing.T) {
	b, addr := serve(t)
	s, err := email.Parse("smtp://duty%40example.org:p%40ss%20word@"+addr, "helpline.example")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Send(t.Context(), alarm); err != nil {
		t.Fatal(err)
	}
	if b.user != "duty@example.org" || b.from != "duty@example.org" || b.to != "manager@example.org" || len(b.messages) != 1 {
		t.Fatalf("as %q from %q to %q, %d messages", b.user, b.from, b.to, len(b.messages))
	}
	m, err := mail.ReadMessage(strings.NewReader(b.messages[0]))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		t.Fatal(err)
	}
	if m.Header.Get("Subject") != alarm.Subject || m.Header.Get("Message-Id") != "<notice1@helpline>" ||
		!strings.Contains(string(body), "Ref 1234567-3. https://helpline.example/console") {
		t.Errorf("it reads\n%s", b.messages[0])
	}
}

func TestWhatARefusalMeans(t *testing.T) {
	b, addr := serve(t)
	send := func(url string) *dialog.SendError {
		t.Helper()
		s, err := email.Parse(url, "helpline.example")
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Send(t.Context(), alarm)
		var failed *dialog.SendError
		if !errors.As(err, &failed) {
			t.Fatalf("not a SendError: %v", err)
		}
		if strings.Contains(failed.Error(), "manager@") || strings.Contains(failed.Error(), "p@ss") {
			t.Errorf("the error repeats an address or a password: %v", failed)
		}
		return failed
	}
	b.refuse = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no manager@example.org here"}
	if f := send("smtp://" + addr); f.Verdict != dialog.Fail || f.Code != "550" {
		t.Errorf("an address that does not exist: %+v", f)
	}
	b.refuse = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "later"}
	if f := send("smtp://" + addr); f.Verdict != dialog.Retry || f.Code != "451" {
		t.Errorf("a server that is busy: %+v", f)
	}
	b.refuse = nil
	if f := send("smtp://duty%40example.org:wrong@" + addr); f.Verdict != dialog.Retry {
		t.Errorf("a wrong password, which somebody can mend: %+v", f)
	}
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := gone.Addr().String()
	_ = gone.Close()
	if f := send("smtp://" + address); f.Verdict != dialog.Retry {
		t.Errorf("nobody there: %+v", f)
	}
}

func TestAPasswordIsNotSentInTheOpen(t *testing.T) {
	b, addr := serve(t)
	s, err := email.Parse("smtps://duty%40example.org:p%40ss%20word@"+addr, "helpline.example")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Send(t.Context(), alarm); err == nil || b.user != "" {
		t.Errorf("a server without TLS was given the password (as %q): %v", b.user, err)
	}
}

func TestAddressesThatAreWrong(t *testing.T) {
	for _, raw := range []string{"", "mail.example.org", "http://mail.example.org", "smtp://", "smtp://user:hunter2@", "smtp://h:p0rt", "smtp://h?from=nobody"} {
		_, err := email.Parse(raw, "helpline.example")
		if err == nil {
			t.Errorf("%q passed", raw)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error repeats the password: %v", err)
		}
	}
}
