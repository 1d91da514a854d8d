package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tried runs the program in this process with settings and returns what it
// said. Nothing but a wrong setting lets it come back.
func tried(t *testing.T, args []string, settings map[string]string) (code int, said string) {
	t.Helper()
	var out, faults bytes.Buffer
	code = run(t.Context(), environment{in: strings.NewReader(""), out: &out, err: &faults}, args, func(name string) string { return settings[name] })
	return code, out.String() + faults.String()
}

// TestWrongSettingsAreAllNamed: whoever sets the service up is told of every
// mistake at once, by the name they know it by, and no secret is repeated.
func TestWrongSettingsAreAllNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	wrong := map[string]string{
		"HELPLINE_ADDR":              "localhost",
		"HELPLINE_DATA_DIR":          file,
		"HELPLINE_DATABASE_URL":      "mysql://helpline:hunter2hunter2@db/helpline",
		"HELPLINE_REDIS_URL":         "redis-without-a-scheme:swordfish99",
		"HELPLINE_PUBLIC_URL":        "helpline.example.org?key=opensesame",
		"HELPLINE_CONTENT_DIR":       t.TempDir(),
		"HELPLINE_SMS_KEYWORD":       "FAM OUT",
		"HELPLINE_SMS_NUMBER":        "sixty",
		"HELPLINE_VOICE_NUMBER":      "freephone",
		"HELPLINE_TWILIO_AUTH_TOKEN": "0123456789abcdef0123456789abcdef",
		"HELPLINE_TWILIO_API_URL":    "ftp://user:letmein77@api.example.org",
		"HELPLINE_SPEECH_URL":        "http://",
		"HELPLINE_SPEECH_MODEL":      "small",
		"HELPLINE_READER_URL":        "reader:k3yk3yk3y@localhost",
		"HELPLINE_READER_KEY":        "s3cond reader",

		"HELPLINE_ALERT_TEAM":            "sms:07700 900900",
		"HELPLINE_ALERT_MANAGER":         "sms:+447700900900,maya@example.org",
		"HELPLINE_ALERT_FALLBACK":        "mailto:maya at example.org",
		"HELPLINE_ALERT_AFTER_IMMEDIATE": "5m/1m/10m",
		"HELPLINE_ALERT_AFTER_URGENT":    "1h",
		"HELPLINE_ALERT_AFTER_WAITING":   "soon/later/never",
		"HELPLINE_ALERT_AFTER_CONCERN":   "-1h/1h/2h",
		"HELPLINE_SMTP_URL":              "mail.example.org:s3cretmail",
	}
	for _, command := range []string{"serve", "demo", "migrate", "check"} {
		code, said := tried(t, []string{command}, wrong)
		if code != 2 {
			t.Errorf("%s ended with %d", command, code)
		}
		for name := range wrong {
			if name != "HELPLINE_SPEECH_MODEL" && !strings.Contains(said, name) { // its address is what is wrong
				t.Errorf("%s does not name %s:\n%s", command, name, said)
			}
		}
		for _, secret := range []string{"hunter2hunter2", "swordfish99", "opensesame", "0123456789abcdef", "letmein77", "s3cretmail", "k3yk3yk3y", "s3cond", "900900", "maya"} {
			if strings.Contains(said, secret) {
				t.Errorf("%s repeats a secret:\n%s", command, said)
			}
		}
	}
}

func TestOneWrongSettingAtATime(t *testing.T) {
	for name, value := range map[string]string{
		"HELPLINE_ADDR": "8080", "HELPLINE_PUBLIC_URL": "not an address", "HELPLINE_DATABASE_URL": "helpline.db",
		"HELPLINE_REDIS_URL": "localhost:6379", "HELPLINE_SMS_NUMBER": "12 34", "HELPLINE_SPEECH_MODEL": "small",
		"HELPLINE_TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000000", "HELPLINE_SPEECH_URL": "localhost:8000",
		"HELPLINE_SMS_KEYWORD": "two words", "HELPLINE_VOICE_NUMBER": "ring us",
		"HELPLINE_ALERT_TEAM": "sms:+447700900900", "HELPLINE_ALERT_MANAGER": "tel:+447700900900", "HELPLINE_ALERT_FALLBACK": "mailto:maya@example.org",
		"HELPLINE_ALERT_AFTER_URGENT": "10m/5m/1h", "HELPLINE_SMTP_URL": "smtp://user:pa55word@",
		"HELPLINE_READER_URL": "http://127.0.0.1:8081/v1", "HELPLINE_READER_MODEL": "small", "HELPLINE_READER_KEY": "k1",
	} {
		code, said := tried(t, []string{"serve"}, map[string]string{name: value, "HELPLINE_DATA_DIR": filepath.Join(t.TempDir(), "data")})
		if code != 2 || !strings.Contains(said, name) {
			t.Errorf("%s: ended with %d, and said:\n%s", name, code, said)
		}
		if n := strings.Count(said, "HELPLINE_"); n > 2 {
			t.Errorf("%s is wrong, and others are blamed:\n%s", name, said)
		}
	}
}

func TestACommandThatIsWrong(t *testing.T) {
	for _, args := range [][]string{{"sevre"}, {"serve", "-port", "80"}, {"serve", "now"}, {"demo", "please"}, {"user"}, {"user", "add", "-roles", "boss", "-name", "A", "-email", "a@example.org"}} {
		settings := map[string]string{"HELPLINE_DATA_DIR": filepath.Join(t.TempDir(), "data")}
		if code, said := tried(t, args, settings); code != 2 || strings.TrimSpace(said) == "" {
			t.Errorf("%q ended with %d, and said:\n%s", args, code, said)
		}
	}
	for _, args := range [][]string{{}, {"help"}, {"serve", "-h"}} {
		if code, said := tried(t, args, nil); code != 0 || args != nil && len(args) < 2 && !strings.Contains(said, "serve") {
			t.Errorf("%q ended with %d, and said:\n%s", args, code, said)
		}
	}
}

// TestATwilioTokenThatIsWrongInItself is a setting as well, and is not repeated.
func TestATwilioTokenThatIsWrongInItself(t *testing.T) {
	code, said := tried(t, []string{"serve", "-addr", "127.0.0.1:0"}, map[string]string{
		"HELPLINE_DATA_DIR": filepath.Join(t.TempDir(), "data"), "HELPLINE_TWILIO_ACCOUNT_SID": "AC not an id", "HELPLINE_TWILIO_AUTH_TOKEN": "token with spaces",
	})
	if code != 2 || !strings.Contains(said, "HELPLINE_TWILIO_ACCOUNT_SID") || !strings.Contains(said, "HELPLINE_TWILIO_AUTH_TOKEN") {
		t.Errorf("it ended with %d, and said:\n%s", code, said)
	}
	if strings.Contains(said, "token with spaces") {
		t.Errorf("it repeats the token:\n%s", said)
	}
}
