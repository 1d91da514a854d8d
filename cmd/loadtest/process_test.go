package main

import (
	"os"
	"runtime"
	"testing"
)

func TestResidentMemoryIsReadFromProc(t *testing.T) {
	got, err := parseResident("Name:\thelpline\nVmPeak:\t  900000 kB\nVmRSS:\t   85432 kB\nRssAnon:\t   1 kB\n")
	if err != nil || got != 85432*1024 {
		t.Errorf("%d, %v", got, err)
	}
	if _, err := parseResident("Name:\tkthreadd\n"); err == nil {
		t.Error("a process without memory of its own has a size")
	}
	if runtime.GOOS == "linux" {
		if n, err := resident(os.Getpid()); err != nil || n < 1<<20 {
			t.Errorf("this test has %d bytes, %v", n, err)
		}
	}
}
