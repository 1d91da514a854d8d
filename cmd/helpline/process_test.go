package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// asHelpline is the variable that makes the test binary the program itself,
// with the arguments that it holds.
const asHelpline = "HELPLINE_TEST_ARGS"

var errNobodyHome = errors.New("the service is not running")

// TestAsHelpline is the program as a process of its own, for the tests that
// kill it or send it signals.
func TestAsHelpline(*testing.T) {
	args := os.Getenv(asHelpline)
	if args == "" {
		return // not a child: start below runs this one
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, environment{in: os.Stdin, out: os.Stdout, err: os.Stderr}, strings.Fields(args), os.Getenv)
	stop()
	os.Exit(code)
}

// process is the program, running beside the test.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	out   *watched
	ended chan struct{} // closed when it has
}

// watched is a process's output, which somebody waits for.
type watched struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{}
}

// logged is a process's log, which is looked through with all others'.
type logged struct{ *watched }

func (o logged) Write(p []byte) (int, error) {
	_, _ = everyLog.Write(p)
	return o.watched.Write(p)
}

func (o *watched) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.more != nil {
		close(o.more)
		o.more = nil
	}
	return o.text.Write(p)
}

func (o *watched) look() (text string, more <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.more == nil {
		o.more = make(chan struct{})
	}
	return o.text.String(), o.more
}

// start runs the program with settings and nothing else of ours set.
func start(t *testing.T, args string, settings ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(os.Args[0], "-test.run=^TestAsHelpline$"), out: &watched{}, ended: make(chan struct{})}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "HELPLINE_") {
			p.cmd.Env = append(p.cmd.Env, v)
		}
	}
	p.cmd.Env = append(append(p.cmd.Env, asHelpline+"="+args), settings...)
	p.cmd.Stdout, p.cmd.Stderr = p.out, logged{p.out}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is in ProcessState
		close(p.ended)
	}()
	t.Cleanup(func() {
		p.kill()
		if text, _ := p.out.look(); strings.Contains(text, "DATA RACE") {
			t.Errorf("the program raced:\n%s", text)
		}
	})
	return p
}

// says waits for something in the output and returns what the pattern found.
func (p *process) says(pattern string) []string {
	p.t.Helper()
	re := regexp.MustCompile(pattern)
	patience := time.NewTimer(60 * time.Second)
	defer patience.Stop()
	for {
		text, more := p.out.look()
		if found := re.FindStringSubmatch(text); found != nil {
			return found
		}
		select {
		case <-more:
		case <-p.ended:
			if text, _ := p.out.look(); !re.MatchString(text) {
				p.t.Fatalf("it ended without saying %q:\n%s", pattern, text)
			}
		case <-patience.C:
			p.t.Fatalf("it never said %q:\n%s", pattern, text)
		}
	}
}

// kill ends it as a power cut would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.ended
}

// interrupt asks it to stop, as Ctrl-C does, and returns its exit code and how
// long it took.
func (p *process) interrupt() (code int, took time.Duration) {
	p.t.Helper()
	begun := time.Now()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		p.t.Fatal(err)
	}
	select {
	case <-p.ended:
	case <-time.After(90 * time.Second):
		text, _ := p.out.look()
		p.t.Fatalf("it does not stop:\n%s", text)
	}
	return p.cmd.ProcessState.ExitCode(), time.Since(begun)
}

func (p *process) String() string { return fmt.Sprintf("process %d", p.cmd.Process.Pid) }
