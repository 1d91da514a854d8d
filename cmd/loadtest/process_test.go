package main

import (
	"os"
	"runtime"
	"testing"
	"time"
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

func TestProcessorTimeGrowsWithWork(t *testing.T) {
	if runtime.GOOS != "linux" {
		return // what is read is Linux's
	}
	before, err := processorTime(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	machine, err := busyTime()
	if err != nil {
		t.Fatal(err)
	}
	x := 0
	for begun := time.Now(); time.Since(begun) < 20*tick; {
		x++
	}
	after, err := processorTime(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	all, err := busyTime()
	if err != nil {
		t.Fatal(err)
	}
	if after <= before || all-machine < after-before-2*tick {
		t.Errorf("%d rounds: this process %v to %v, the machine %v to %v", x, before, after, machine, all)
	}
}
