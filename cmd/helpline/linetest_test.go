package main

import (
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"helpline/dialog"
	"helpline/internal/db/dbtest"
	"helpline/internal/live/livetest"
)

// metric reads one line of /metrics.
func (w *world) metric(line string) string {
	w.t.Helper()
	res, err := http.Get(w.url + "/metrics")
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^helpline_line_test_age_seconds\{line="` + line + `"\} (\S+)$`).FindSubmatch(body)
	if found == nil {
		w.t.Fatalf("no age of the line %s in the metrics", line)
	}
	return string(found[1])
}

// TestLinesFromOutside is the whole of it: signed webhooks and a visitor's
// socket to the public address, through the drivers, the desk and the store to
// each team's list, on both databases, and not one text to anybody.
func TestLinesFromOutside(t *testing.T) {
	for name, change := range map[string]func(*config){
		"sqlite": func(*config) {},
		"postgres, redis": func(c *config) {
			c.DatabaseURL, c.RedisURL = dbtest.PostgresURL(t), livetest.Redis(t).URL
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(c *config) {
				change(c)
				onCall(c)
				c.LineTest.Prisons = []dialog.PrisonID{"stoke-heath", "barlinnie"}
			})
			if age := w.metric("sms"); age != "+Inf" {
				t.Errorf("never tested, and %s seconds ago", age)
			}
			tests, err := w.desk.RunLineTests(t.Context(), "")
			w.must(err)
			lines := map[dialog.LineID]int{}
			for _, x := range tests {
				lines[x.Line]++
				if x.OutAt.IsZero() || !x.FailedAt.IsZero() {
					t.Errorf("%s for %q: %q", x.Line, x.Prison, x.Failure)
				}
			}
			if lines[smsLine] != 2 || lines[chatLine] != 2 || lines[voiceLine] != 1 {
				t.Errorf("tested were %v", lines)
			}
			w.turn(3 * time.Hour)
			w.text("+447700900555", "FAMOUT hes said bye to the kids and wants to die hes in stoke heath") // whose alarm shows that alarms go
			w.eventually("the team to be told of a worry", func() bool { return len(w.toldTo(teamPhone)) > 0 })
			for _, x := range tests {
				if n := len(w.notices(x.Conversation)); n > 0 {
					t.Errorf("staff were alarmed by a test on %s", x.Line)
				}
				w.must(w.desk.SeeLineTest(t.Context(), w.workers["sam"], x.Conversation))
			}
			for _, number := range w.network.Handsets() {
				if len(number) > len(teamPhone) {
					t.Error("a text went to a test's address")
				}
			}
			if age := w.metric("voice"); age != "10800" {
				t.Errorf("the age of the last good test is %s seconds", age)
			}
		})
	}
}

// TestLinesThatDoNotWork: the reason is in plain words, and the alarm is raised.
// Other reasons are tested where the outsiders are.
func TestLinesThatDoNotWork(t *testing.T) {
	w := newWorld(t, func(c *config) {
		c.PublicURL, c.testWithin = "http://127.0.0.1:1", 3*time.Second
	})
	var out strings.Builder
	tests, err := w.desk.RunLineTests(t.Context(), "")
	w.must(err)
	err = w.printTests(&out, tests)
	if err == nil || !strings.Contains(err.Error(), "3 lines do not work") {
		t.Errorf("the command ends with %v", err)
	}
	for _, x := range tests {
		if want := "It did not come in within 3 seconds: nobody answers at the address"; x.Failure != want {
			t.Errorf("%s failed with %q", x.Line, x.Failure)
		}
		var a dialog.Alarm
		w.must(w.store.Read(t.Context(), func(r dialog.Reader) (err error) { a, err = r.AlarmOf(string(x.ID)); return err }))
		if a.Matter != dialog.MatterLineTest {
			t.Errorf("%s has the clock %+v", x.Line, a)
		}
		if !strings.Contains(out.String(), "FAILED: "+x.Failure) {
			t.Errorf("the table does not say it:\n%s", out.String())
		}
	}
}

// TestLineTestOfARunningService runs the program twice: the service, and the
// command that tests it.
func TestLineTestOfARunningService(t *testing.T) {
	dir := t.TempDir()
	settings := []string{"HELPLINE_DATA_DIR=" + dir, "HELPLINE_ADDR=127.0.0.1:0", "HELPLINE_TWILIO_ACCOUNT_SID=" + demoSID, "HELPLINE_TWILIO_AUTH_TOKEN=" + demoToken,
		"HELPLINE_TWILIO_API_URL=http://127.0.0.1:1", "HELPLINE_VOICE_NUMBER=+441632960999", "HELPLINE_LINE_TEST_PRISONS=stoke-heath"}
	private(demoToken)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	settings[1] = "HELPLINE_ADDR=" + free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	service := start(t, "serve", settings...)
	service.says(`msg=ready`)
	command := start(t, "linetest", settings...)
	<-command.ended
	said, _ := command.out.look()
	if code := command.cmd.ProcessState.ExitCode(); code != 0 {
		t.Fatalf("it ended with %d:\n%s", code, said)
	}
	for _, want := range []string{`(?m)^sms +Stoke Heath +[0-9.]+m?s +- +on the list`, `(?m)^voice +not named +[0-9.]+m?s +- `, `(?m)^chat +Stoke Heath +[0-9.]+m?s +- `} {
		if !regexp.MustCompile(want).MatchString(said) {
			t.Errorf("the table does not say %s:\n%s", want, said)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "helpline.db")); err != nil {
		t.Error(err)
	}
	service.kill()
	again := start(t, "linetest", settings...)
	select {
	case <-again.ended:
		t.Error("a service that is not there works")
	case <-time.After(2 * time.Second): // it tries for two minutes; the reasons are tested above
	}
}

func TestLineTestSettings(t *testing.T) {
	for _, c := range []struct {
		command string
		set     map[string]string
		every   time.Duration
	}{
		{"serve", nil, 24 * time.Hour}, {"demo", nil, 0}, {"linetest", nil, 0},
		{"serve", map[string]string{"HELPLINE_LINE_TEST_EVERY": "0"}, 0}, {"demo", map[string]string{"HELPLINE_LINE_TEST_EVERY": "12h"}, 12 * time.Hour},
	} {
		got := readLineTests(c.command, func(name, otherwise string) string {
			if v := c.set["HELPLINE_"+name]; v != "" {
				return v
			}
			return otherwise
		})
		if got.Every != c.every || got.Ack != 4*time.Hour || len(got.faults) > 0 {
			t.Errorf("%s with %v: %+v", c.command, c.set, got)
		}
	}
	for name, value := range map[string]string{"HELPLINE_LINE_TEST_EVERY": "daily", "HELPLINE_LINE_TEST_ACK": "0", "HELPLINE_LINE_TEST_PRISONS": "stoke-heath, atlantis"} {
		code, said := tried(t, []string{"linetest"}, map[string]string{name: value, "HELPLINE_DATA_DIR": filepath.Join(t.TempDir(), "data")})
		if code != 2 || !strings.Contains(said, name) {
			t.Errorf("%s=%s ended with %d: %s", name, value, code, said)
		}
	}
	if got := age(time.Time{}, time.Now()); got <= 1e300 {
		t.Errorf("never is %v seconds ago", got)
	}
}
