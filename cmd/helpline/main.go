// Command helpline runs the helpline: the service itself, a demonstration with
// a pretend telephone network, and the tools for those who keep it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

// command is one word after "helpline".
type command struct {
	name, what string
	run        func(ctx context.Context, e environment, c config, args []string) error
}

// environment is what a command may touch of the world outside.
type environment struct {
	in       io.Reader
	out, err io.Writer
}

var commands = []command{
	{"demo", "everything in one process, with a pretend telephone network", demo},
	{"serve", "the service, with settings from HELPLINE_*", serve},
	{"ask", "answer a question, or questions as JSON Lines on standard input", ask},
	{"assess", "assess messages on standard input for risk", assess},
	{"eval", "measure: eval risk FILE…, eval answers FILE…", eval},
	{"corrections", "what staff judged, as labelled messages without identifiers: corrections -since 2026-03-01", corrections},
	{"check", "report every fault of the content, with file and line", check},
	{"user", "add a member of staff: user add -name … -email … -roles … -team …; user set, user password", user},
	{"linetest", "test the lines of a running service now, from outside, and print how each went", lineTest},
	{"migrate", "bring the database up to date", migrate},
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "Usage: helpline COMMAND [flags]")
	fmt.Fprintln(w)
	for _, c := range commands {
		fmt.Fprintf(w, "  %-11s %s\n", c.name, c.what)
	}
	fmt.Fprintln(w, "\nSettings are in the environment; README.md has the table.")
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, environment{in: os.Stdin, out: os.Stdout, err: os.Stderr}, os.Args[1:], os.Getenv)
	stop()
	os.Exit(code)
}

// run is the program; its result is the exit code: 2 for wrong settings or
// arguments, 1 for anything else that went wrong.
func run(ctx context.Context, e environment, args []string, getenv func(string) string) int {
	if len(args) == 0 || args[0] == "-h" || args[0] == "--help" || args[0] == "help" {
		usage(e.out)
		return 0
	}
	for _, c := range commands {
		if c.name != args[0] {
			continue
		}
		own := args[1:]
		settings, rest, err := readConfig(c.name, ownFlags(c.name, own), getenv, e.err)
		if err == nil {
			if c.name == "user" || c.name == "eval" || c.name == "ask" || c.name == "assess" || c.name == "corrections" {
				rest = own
			}
			err = c.run(ctx, e, settings, rest)
		}
		var wrong *configError
		switch {
		case err == nil, errors.Is(err, flag.ErrHelp):
			return 0
		case errors.As(err, &wrong):
			fmt.Fprintln(e.err, "helpline "+c.name+":", err)
			return 2
		default:
			fmt.Fprintln(e.err, "helpline "+c.name+":", err)
			return 1
		}
	}
	fmt.Fprintf(e.err, "helpline: there is no command %q\n\n", args[0])
	usage(e.err)
	return 2
}

// ownFlags are the arguments that readConfig parses: the commands that have
// arguments of their own kind parse them themselves.
func ownFlags(name string, args []string) []string {
	switch name {
	case "user", "eval", "ask", "assess", "corrections":
		return nil
	}
	return args
}

// newLog writes to w as text. Nothing that people wrote, and no address, is
// ever given to it.
func newLog(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}
