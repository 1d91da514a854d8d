package main

import (
	"flag"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"helpline/dialog/desk"
	"helpline/dialog/risk/reader"
)

// readerConfig is the second reader: off without an address.
type readerConfig struct{ URL, Model, Key string }

func readReader(get func(name, otherwise string) string) readerConfig {
	return readerConfig{URL: get("READER_URL", ""), Model: get("READER_MODEL", ""), Key: get("READER_KEY", "")}
}

func (r readerConfig) faults() (faults []string) {
	if r.URL != "" && r.Model == "" {
		faults = append(faults, "HELPLINE_READER_MODEL is empty: HELPLINE_READER_URL has to be told which model is to read")
	}
	if r.URL == "" && r.Model != "" {
		faults = append(faults, "HELPLINE_READER_MODEL says who is to read, but HELPLINE_READER_URL is empty")
	}
	if r.URL == "" && r.Key != "" {
		faults = append(faults, "HELPLINE_READER_KEY is a key to nothing: HELPLINE_READER_URL is empty")
	}
	if strings.ContainsAny(r.Key, " \t\r\n") {
		faults = append(faults, "HELPLINE_READER_KEY has white space in it")
	}
	return faults
}

// secondReader is who reads messages again; nil where nobody is set up.
func (h *house) secondReader() (desk.SecondReader, error) {
	if h.Reader.URL == "" {
		return nil, nil
	}
	guide, err := fs.Sub(contentFS(h.config), "risk")
	if err != nil {
		return nil, fmt.Errorf("second reader: %w", err)
	}
	r, err := reader.New(guide, reader.Options{URL: h.Reader.URL, Model: h.Reader.Model, Key: h.Reader.Key})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// countReadings publishes what became of second readings, where there are any.
func (h *house) countReadings(metrics *prometheus.Registry) {
	if h.Reader.URL == "" {
		return
	}
	for _, c := range []struct {
		name, help string
		of         func(desk.SecondReadings) uint64
	}{
		{"asked", "Messages put to the second reader.", func(s desk.SecondReadings) uint64 { return s.Asked }},
		{"raised", "Messages whose level the second reader raised.", func(s desk.SecondReadings) uint64 { return s.Raised }},
		{"failed", "Messages that the second reader had no opinion on: slow, broken or not understood.", func(s desk.SecondReadings) uint64 { return s.Failed }},
		{"skipped", "Messages never put to the second reader: too many waited.", func(s desk.SecondReadings) uint64 { return s.Skipped }},
	} {
		metrics.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "helpline_second_reader_" + c.name + "_total", Help: c.help,
		}, func() float64 { return float64(c.of(h.desk.SecondReadings())) }))
	}
}

// aboutReader says what the second reader is sent. README.md says the same.
const aboutReader = `HELPLINE_READER_URL, HELPLINE_READER_MODEL, HELPLINE_READER_KEY: a second reader, off by default.
  A language model behind any OpenAI-compatible chat endpoint. It is sent, after a message was stored and
  answered: the guide of content/risk/reader.md, the message, and up to ten earlier ones of the same person,
  with telephone and prison numbers, dates of birth and addresses replaced; the model's name and the key.
  Nothing else is sent: no number or name of the person, of staff or of the service, and nothing that staff
  wrote. Names that people write in their messages are in what is sent. It has two seconds, can raise a level
  and never lower one, and without it nothing changes. Let it be a machine of your own.`

// describe is what -h says.
func describe(flags *flag.FlagSet, command string, w io.Writer) {
	fmt.Fprintf(w, "Usage of helpline %s:\n", command)
	flags.PrintDefaults()
	if command == "serve" {
		fmt.Fprintf(w, "\nSettings are in the environment; README.md has the table of all.\n\n%s\n", aboutReader)
	}
}
