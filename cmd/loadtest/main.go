package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// options are the flags.
type options struct {
	url, public, sink string
	sid, token        string
	email, password   string
	keyword, number   string
	binary, folder    string
	quick             bool
	fill              int
	only              []string
	json              string
	reference         string // hidden: be the reference, in this folder
}

// phases are what -only chooses from, in the order in which they are measured.
var phases = []string{"start", "text", "chat", "staff", "idle", "fill"}

func readOptions(args []string, out io.Writer) (options, error) {
	var o options
	var only string
	f := flag.NewFlagSet("loadtest", flag.ContinueOnError)
	f.SetOutput(out)
	f.StringVar(&o.url, "url", "", "a running service to load, instead of one that is started; it must have -sid, -token and, as HELPLINE_TWILIO_API_URL, the address of -sink")
	f.StringVar(&o.public, "public", "", "its HELPLINE_PUBLIC_URL, which the webhooks are signed for (default: -url)")
	f.StringVar(&o.sink, "sink", "127.0.0.1:0", "where the pretend provider takes the replies")
	f.StringVar(&o.sid, "sid", "AC00000000000000000000000000000001", "Twilio account SID")
	f.StringVar(&o.token, "token", "loadtesttoken", "Twilio auth token")
	f.StringVar(&o.email, "email", "load@example.org", "with -url: a member of staff who answers")
	f.StringVar(&o.password, "password", "", "with -url: their password; empty leaves staff out")
	f.StringVar(&o.keyword, "keyword", "FAMOUT", "what texts begin with")
	f.StringVar(&o.number, "number", "60777", "the number that texts go to")
	f.StringVar(&o.binary, "binary", "", "a service already built, instead of building one")
	f.StringVar(&o.folder, "dir", "", "where the databases go: a folder on a real disk (default: the system's temporary folder)")
	f.BoolVar(&o.quick, "quick", false, "about twenty seconds and small numbers: does it work, not how fast")
	f.IntVar(&o.fill, "fill", 0, "so many conversations first, then texts and starting again")
	f.StringVar(&only, "only", "", "of "+strings.Join(phases, ",")+" (default: all; fill only with -fill)")
	f.StringVar(&o.json, "json", "", "write the report to this `file` as well")
	f.StringVar(&o.reference, "reference", "", "be the reference with its database in this `folder` (loadtest starts itself so)")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("there is no argument %q", f.Arg(0))
	}
	o.only = slices.Clone(phases)
	if only != "" {
		o.only = strings.Split(only, ",")
		for _, p := range o.only {
			if !slices.Contains(phases, p) {
				return o, fmt.Errorf("-only %s: there is no %q, only %s", only, p, strings.Join(phases, ", "))
			}
		}
	}
	if slices.Contains(o.only, "fill") && o.fill <= 0 {
		if only != "" {
			return o, errors.New("-only fill needs -fill")
		}
		o.only = slices.DeleteFunc(o.only, func(p string) bool { return p == "fill" })
	}
	o.url = strings.TrimRight(o.url, "/")
	if o.public == "" {
		o.public = o.url
	}
	if o.url != "" && !strings.HasPrefix(o.url, "http://") {
		return o, errors.New("-url must begin with http://: what encrypts is not what is measured")
	}
	return o, nil
}

func main() {
	o, err := readOptions(os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil:
		fmt.Fprintln(os.Stderr, "loadtest:", err)
		os.Exit(2)
	}
	if o.reference != "" {
		if err := serveReference(os.Stdin, os.Stdout, o.reference, o.token, o.public); err != nil {
			fmt.Fprintln(os.Stderr, "loadtest reference:", err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	r, err := run(ctx, o, os.Stderr)
	stop()
	r.print(os.Stdout)
	if o.json != "" {
		err = errors.Join(err, r.save(o.json))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "loadtest:", err)
	}
	if err != nil || len(r.Faults) > 0 {
		os.Exit(1)
	}
}
