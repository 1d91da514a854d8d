//go:build unix

package speech

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// While the process runs there is no file with a name, and when its time is up
// it is gone with everything it started, here behind the kind of script that sites wrap programs in.
func TestPocketSphinxIsKilledWithItsGroup(t *testing.T) {
	dir, bin := t.TempDir(), t.TempDir()
	installed := pocketSphinx(t, Config{})
	pidFile := filepath.Join(bin, "pid")
	script := fmt.Sprintf("#!/bin/sh\n%s \"$@\" &\necho $! > %s\nwait\n", installed.binary, pidFile)
	wrapper := filepath.Join(bin, "pocketsphinx_batch")
	if err := os.WriteFile(wrapper, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	p := pocketSphinx(t, Config{TempDir: dir, LookPath: func(program string) (string, error) {
		if program == "pocketsphinx_batch" {
			return wrapper, nil
		}
		return exec.LookPath(program)
	}})

	a := said(t, strings.Repeat("he gave away all his things and said goodbye to the children. ", 8))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		_, err := p.Transcribe(ctx, a)
		done <- err
	}()
	pid := waitForPID(t, pidFile)
	empty(t, dir)
	cancel()
	select {
	case err := <-done:
		var e *Error
		if !errors.Is(err, context.Canceled) || !errors.As(err, &e) || e.Temporary {
			t.Errorf("got %v, want a cancellation that isn't worth another try", err)
		}
	case <-time.After(60 * time.Second):
		t.Fatal("still waiting 10 s after the cancellation")
	}
	for range 100 {
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) || zombie(pid) {
			empty(t, dir)
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("process %d still runs", pid)
}

func waitForPID(t *testing.T, file string) int {
	t.Helper()
	for range 500 {
		b, err := os.ReadFile(file)
		if pid, _ := strconv.Atoi(strings.TrimSpace(string(b))); err == nil && pid > 0 {
			return pid
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("the process did not start")
	return 0
}

// zombie says that a process has ended and nobody has asked how, as happens to orphans in a container without init.
func zombie(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(b), ") Z ")
}
