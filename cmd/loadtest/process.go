package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a program that loadtest started.
type process struct {
	cmd   *exec.Cmd
	stdin io.Closer // nil: none
	log   string    // file with what it wrote to its standard error
	ended chan struct{}
	err   error // of Wait, once ended is closed
}

func startProcess(cmd *exec.Cmd, log string) (*process, error) {
	f, err := os.Create(log)
	if err != nil {
		return nil, fmt.Errorf("open a log: %w", err)
	}
	cmd.Stderr = f
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", filepath.Base(cmd.Path), err), f.Close())
	}
	p := &process{cmd: cmd, log: log, ended: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		_ = f.Close()
		close(p.ended)
	}()
	return p, nil
}

// stop asks the process to end and waits; after ten seconds it is killed, which
// is an error.
func (p *process) stop() error {
	if p.stdin != nil {
		_ = p.stdin.Close()
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
		return nil
	case <-time.After(10 * time.Second):
	}
	_ = p.cmd.Process.Kill()
	<-p.ended
	return fmt.Errorf("%s did not stop within ten seconds", filepath.Base(p.cmd.Path))
}

// complaint is the end of what the process wrote, for an error.
func (p *process) complaint() string {
	b, err := os.ReadFile(p.log)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b[max(0, len(b)-2000):]))
}

// resident is the memory of a process that is in use, in bytes (VmRSS of
// proc(5)).
func resident(pid int) (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("read the memory of a process: %w", err)
	}
	return parseResident(string(b))
}

func parseResident(status string) (int64, error) {
	for line := range strings.Lines(status) {
		value, ok := strings.CutPrefix(line, "VmRSS:")
		if !ok {
			continue
		}
		fields := strings.Fields(value)
		if len(fields) != 2 || fields[1] != "kB" {
			break
		}
		n, err := strconv.ParseInt(fields[0], 10, 64)
		return n * 1024, err
	}
	return 0, errors.New("there is no VmRSS")
}

// tick is the unit of processor times in /proc: USER_HZ, 100 on every Linux.
const tick = 10 * time.Millisecond

// processorTime is what a process has used of the processors (utime and stime of
// proc(5)).
func processorTime(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("read the processor time of a process: %w", err)
	}
	// The name before the last parenthesis may hold anything.
	_, rest, _ := strings.Cut(string(b[max(0, strings.LastIndex(string(b), ")")):]), " ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, errors.New("the state of a process cannot be read")
	}
	return ticks(fields[11:13])
}

// busyTime is what the whole machine has used, by whomever: all of the first
// line of /proc/stat but idle, iowait and the guests that user holds already.
func busyTime() (time.Duration, error) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, fmt.Errorf("read the machine's processor time: %w", err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	fields := strings.Fields(line)
	if len(fields) < 8 || fields[0] != "cpu" {
		return 0, errors.New("the machine's processor time cannot be read")
	}
	return ticks(append(fields[1:4:4], fields[6:8]...))
}

func ticks(fields []string) (sum time.Duration, err error) {
	for _, f := range fields {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read a processor time: %w", err)
		}
		sum += time.Duration(n) * tick
	}
	return sum, nil
}

// settled waits for the memory of a process to stop falling and returns the
// least that was seen: garbage that is not yet given back belongs to nobody.
func settled(ctx context.Context, pid int, most time.Duration) (int64, error) {
	least, err := resident(pid)
	if err != nil {
		return 0, err
	}
	since := time.Now()
	for begun := since; time.Since(begun) < most && time.Since(since) < most/2 && ctx.Err() == nil; {
		time.Sleep(250 * time.Millisecond)
		now, err := resident(pid)
		if err != nil {
			return 0, err
		}
		if now < least-least/200 {
			since = time.Now()
		}
		least = min(least, now)
	}
	return least, nil
}

// settings are what loadtest tells the service that it starts.
type settings struct {
	binary, data, addr string
	sid, token, api    string
}

// startService starts the service and waits until it says that it is ready.
// took is from the start of the process to that answer.
func startService(ctx context.Context, s settings, log string) (p *process, took time.Duration, err error) {
	cmd := exec.Command(s.binary, "serve")
	// Nothing of the surroundings' settings reaches it.
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "HELPLINE_") {
			cmd.Env = append(cmd.Env, e)
		}
	}
	cmd.Env = append(cmd.Env,
		"HELPLINE_ADDR="+s.addr, "HELPLINE_DATA_DIR="+s.data, "HELPLINE_PUBLIC_URL=http://"+s.addr,
		"HELPLINE_TWILIO_ACCOUNT_SID="+s.sid, "HELPLINE_TWILIO_AUTH_TOKEN="+s.token, "HELPLINE_TWILIO_API_URL="+s.api,
	)
	begun := time.Now()
	if p, err = startProcess(cmd, log); err != nil {
		return nil, 0, err
	}
	if err = ready(ctx, "http://"+s.addr, p.ended); err != nil {
		stopped := p.stop()
		return nil, 0, errors.Join(fmt.Errorf("start the service: %w\n%s", err, p.complaint()), stopped)
	}
	return p, time.Since(begun), nil
}

// ready polls /readyz until it answers 200.
func ready(ctx context.Context, base string, ended <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	client := http.Client{Timeout: 5 * time.Second}
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/readyz", nil)
		if err != nil {
			return err
		}
		if res, err := client.Do(req); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-time.After(2 * time.Millisecond):
		case <-ended:
			return errors.New("it ended before it was ready")
		case <-ctx.Done():
			return fmt.Errorf("it was not ready: %w", ctx.Err())
		}
	}
}

// freeAddr is an address of this machine that nobody listens on.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

// buildService compiles the service as it is shipped.
func buildService(ctx context.Context, to string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", to, "helpline/cmd/helpline")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the service: %w\n%s", err, strings.TrimSpace(string(out)))
	}
	return nil
}

// startReference starts this program again as the reference.
func startReference(folder, token, public string) (p *process, addr string, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, "", fmt.Errorf("find this program: %w", err)
	}
	cmd := exec.Command(self, "-reference", folder, "-token", token, "-public", public)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, "", err
	}
	out, write, err := os.Pipe()
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = out.Close() }()
	cmd.Stdout = write
	p, err = startProcess(cmd, filepath.Join(folder, "reference.log"))
	_ = write.Close()
	if err != nil {
		return nil, "", err
	}
	p.stdin = stdin
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, "", errors.Join(fmt.Errorf("start the reference: %w\n%s", err, p.complaint()), p.stop())
	}
	return p, strings.TrimSpace(line), nil
}
