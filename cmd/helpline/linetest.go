package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/big"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"helpline/channels/webchat"
	"helpline/dialog"
	"helpline/dialog/desk"
)

// lineTestConfig is how the lines are tested.
type lineTestConfig struct {
	Every, Ack time.Duration
	Prisons    []dialog.PrisonID
	faults     []string
}

// testedDaily is how often serve tests the lines unless told otherwise.
const testedDaily = 24 * time.Hour

// readLineTests reads HELPLINE_LINE_TEST_*. Only serve tests the lines by
// itself; anywhere else it is done when somebody asks.
func readLineTests(command string, get func(name, otherwise string) string) (c lineTestConfig) {
	duration := func(name string, otherwise, least time.Duration) time.Duration {
		value := get(name, "")
		if value == "" {
			return otherwise
		}
		d, err := time.ParseDuration(value)
		if value == "0" {
			d, err = 0, nil
		}
		if err != nil || d < 0 || d > 0 && d < least {
			c.faults = append(c.faults, fmt.Sprintf("HELPLINE_%s is not a time such as 24h, of %s or more", name, least))
		}
		return d
	}
	every := time.Duration(0)
	if command == "serve" {
		every = testedDaily
	}
	c.Every = duration("LINE_TEST_EVERY", every, 10*time.Minute)
	c.Ack = duration("LINE_TEST_ACK", 4*time.Hour, time.Minute)
	if get("LINE_TEST_ACK", "") != "" && c.Ack == 0 {
		c.faults = append(c.faults, "HELPLINE_LINE_TEST_ACK is 0: somebody has to have the time to press")
	}
	for one := range strings.SplitSeq(get("LINE_TEST_PRISONS", ""), ",") {
		if one = strings.TrimSpace(one); one != "" {
			c.Prisons = append(c.Prisons, dialog.PrisonID(one))
		}
	}
	return c
}

// testLines says how the ways in are tested: each from outside, by the public
// address. Prisons that there are not are a wrong setting.
func (h *house) testLines() (desk.LineTests, error) {
	var unknown []string
	for _, id := range h.LineTest.Prisons {
		if _, ok := h.register.Get(id); !ok {
			unknown = append(unknown, "HELPLINE_LINE_TEST_PRISONS names "+string(id)+", which is not in the list of prisons: stoke-heath is one")
		}
	}
	if len(unknown) > 0 {
		return desk.LineTests{}, &configError{faults: unknown}
	}
	t := desk.LineTests{Every: h.LineTest.Every, Ack: h.LineTest.Ack, Prisons: h.LineTest.Prisons, Within: h.testWithin}
	if h.twilio != nil {
		out := h.twilio.Outsider()
		t.Lines = append(t.Lines,
			desk.TestedLine{Line: smsLine, Medium: dialog.SMS, Words: true, Send: func(ctx context.Context, m desk.TestMessage) error {
				return out.Text(ctx, nobodysNumber(), "SM"+string(m.ID), strings.TrimSpace(h.SMSKeyword+" "+m.Text))
			}},
			desk.TestedLine{Line: voiceLine, Medium: dialog.Voice, Send: func(ctx context.Context, m desk.TestMessage) error {
				return out.Call(ctx, nobodysNumber(), "CA"+m.Mark, "RE"+string(m.ID))
			}})
	}
	t.Lines = append(t.Lines, desk.TestedLine{Line: chatLine, Medium: dialog.Webchat, Words: true, Send: func(ctx context.Context, m desk.TestMessage) error {
		return webchat.Say(ctx, h.PublicURL, m.Mark, string(m.ID), m.Text)
	}})
	return t, nil
}

// nobodysNumber is where a test's text or call comes from: in the range that is
// set aside for drama (07700 900000 to 900999,
// https://www.ofcom.org.uk/phones-and-broadband/phone-numbers/numbers-for-drama),
// with more digits than a number has, so that it is nobody's and each test has
// one of its own.
func nobodysNumber() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic(fmt.Sprintf("the system has no randomness: %v", err))
	}
	return fmt.Sprintf("+447700900%06d", n.Int64())
}

// lineTest tests the lines of a running service now and prints how each went.
func lineTest(ctx context.Context, e environment, c config, args []string) error {
	if len(args) > 0 {
		return &configError{faults: []string{"linetest takes no arguments besides its flags"}}
	}
	h, err := build(ctx, c, newLog(e.err, slog.LevelError), func(string) {})
	if err != nil {
		return err
	}
	defer h.close()
	fmt.Fprintf(e.out, "Testing the lines at %s …\n", h.PublicURL)
	tests, err := h.desk.RunLineTests(ctx, "helpline linetest")
	if err != nil {
		return err
	}
	return h.printTests(e.out, tests)
}

// printTests writes the table; its error says how many lines failed.
func (h *house) printTests(out io.Writer, tests []dialog.LineTest) error {
	failed := 0
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "CHANNEL\tPRISON\tCAME OUT AFTER\tSEEN\tRESULT")
	for _, x := range tests {
		prison := "not named"
		if p, ok := h.register.Get(x.Prison); ok {
			prison = p.ShortName
		}
		after, seen, result := "-", "-", "on the list; somebody has to say in the console that they saw it"
		if !x.OutAt.IsZero() {
			after = x.OutAt.Sub(x.StartedAt).Round(time.Millisecond).String()
		}
		if !x.SeenAt.IsZero() {
			seen, result = "by "+x.SeenName, "good"
		}
		if !x.FailedAt.IsZero() {
			failed++
			result = "FAILED: " + x.Failure
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", x.Line, prison, after, seen, result)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("print the table: %w", err)
	}
	if failed > 0 {
		return errors.New(plural(failed, "line does not work", "lines do not work"))
	}
	return nil
}

// lineAges are the ages of the last good test of each line, read when somebody
// asks for the metrics.
type lineAges struct {
	h    *house
	desc *prometheus.Desc
}

func newLineAges(h *house) lineAges {
	return lineAges{h, prometheus.NewDesc("helpline_line_test_age_seconds",
		"Since when the last test of a line was begun that came out and was acknowledged; +Inf when none ever was.", []string{"line"}, nil)}
}

// Describe is of prometheus.Collector.
func (a lineAges) Describe(to chan<- *prometheus.Desc) { to <- a.desc }

// Collect is of prometheus.Collector.
func (a lineAges) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	worked, err := a.h.desk.LinesWorkedAt(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(a.desc, err)
		return
	}
	for line, at := range worked {
		to <- prometheus.MustNewConstMetric(a.desc, prometheus.GaugeValue, age(at, a.h.clock()()), string(line))
	}
}

// age is how long ago something was, in seconds.
func age(at, now time.Time) float64 {
	if at.IsZero() {
		return math.Inf(1)
	}
	return max(0, now.Sub(at).Seconds())
}
