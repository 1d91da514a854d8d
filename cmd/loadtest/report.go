package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// result is one line of the report. Empty fields were not measured or have no
// meaning there.
type result struct {
	Phase     string  `json:"phase"`
	What      string  `json:"what"`
	Service   string  `json:"service"`
	Reference string  `json:"reference,omitempty"`
	Ratio     float64 `json:"ratio,omitempty"`
	Aim       string  `json:"aim,omitempty"`
	Met       *bool   `json:"met,omitempty"`
	// Figures are the numbers behind it, in seconds, bytes or per second.
	Figures map[string]float64 `json:"figures,omitempty"`
}

// aim judges a result: met says whether it was reached.
func (r result) aim(words string, met bool) result {
	r.Aim, r.Met = words, &met
	return r
}

// facts are what a reader needs to know about the run.
type facts struct {
	Command string    `json:"command"`
	At      time.Time `json:"at"`
	Cores   int       `json:"cores"`
	CPU     string    `json:"cpu"`
	Memory  string    `json:"memory"`
	Kernel  string    `json:"kernel"`
	Go      string    `json:"go"`
	Disk    string    `json:"file_system"`
	Others  float64   `json:"others"` // share of the cores that other programs took
}

func machine(folder string) facts {
	f := facts{
		Command: "go run ./cmd/loadtest " + strings.Join(os.Args[1:], " "),
		At:      time.Now().UTC().Truncate(time.Second), Cores: runtime.NumCPU(), Go: runtime.Version(),
	}
	f.Command = strings.TrimSpace(f.Command)
	if b, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		f.Kernel = strings.TrimSpace(string(b))
	}
	f.CPU = fromProc("/proc/cpuinfo", "model name")
	f.Memory = fromProc("/proc/meminfo", "MemTotal")
	if out, err := exec.Command("stat", "-f", "-c", "%T", folder).Output(); err == nil {
		f.Disk = strings.TrimSpace(string(out))
	}
	return f
}

func fromProc(file, name string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(b)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// report is everything that a run found.
type report struct {
	Facts   facts    `json:"facts"`
	Results []result `json:"results"`
	Faults  []string `json:"faults"` // what did not work, as opposed to what was slow
	Notes   []string `json:"notes,omitempty"`
}

// print writes the report as Markdown.
func (r *report) print(w io.Writer) {
	f := r.Facts
	fmt.Fprintf(w, "\n`%s`, %s: %d cores (%s), %s memory, Linux %s, %s, data on %s; the load shares the cores.\n\n",
		f.Command, f.At.Format("2 January 2006"), f.Cores, f.CPU, f.Memory, f.Kernel, f.Go, f.Disk)
	rows := [][]string{{"what", "helpline", "this machine at most", "ratio", "aim", ""}}
	for _, res := range r.Results {
		ratio, mark := "", ""
		if res.Ratio != 0 {
			ratio = fmt.Sprintf("%.2f", res.Ratio)
		}
		if res.Met != nil {
			mark = "met"
			if !*res.Met {
				mark = "**missed**"
			}
		}
		rows = append(rows, []string{res.What, res.Service, res.Reference, ratio, res.Aim, mark})
	}
	table(w, rows)
	for _, n := range r.Notes {
		fmt.Fprintf(w, "\n%s\n", n)
	}
	if len(r.Faults) > 0 {
		fmt.Fprintf(w, "\nFaults:\n\n")
		for _, fault := range r.Faults {
			fmt.Fprintf(w, "- %s\n", fault)
		}
	}
}

// table writes rows, the first as the heading, as wide as they need to be.
func table(w io.Writer, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	line := func(row []string, fill string) {
		for i, cell := range row {
			fmt.Fprintf(w, "|%s%s%s%s", fill, cell, strings.Repeat(fill, widths[i]-len([]rune(cell))), fill)
		}
		fmt.Fprintln(w, "|")
	}
	line(rows[0], " ")
	line(make([]string, len(rows[0])), "-")
	for _, row := range rows[1:] {
		line(row, " ")
	}
}

func (r *report) save(file string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(b, '\n'), 0o644)
}

// The units of the report.

func perSecond(v float64) string { return thousands(v) + "/s" }

func thousands(v float64) string {
	s := fmt.Sprintf("%.0f", v)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func millis(d time.Duration) string {
	if d >= 100*time.Millisecond {
		return fmt.Sprintf("%.0f ms", d.Seconds()*1000)
	}
	if d >= 10*time.Millisecond {
		return fmt.Sprintf("%.1f ms", d.Seconds()*1000)
	}
	return fmt.Sprintf("%.2f ms", d.Seconds()*1000)
}

func both(s sample) string { return millis(s.p50()) + " / " + millis(s.p99()) }

func kib(b float64) string { return fmt.Sprintf("%.1f KiB", b/1024) }
func mib(b float64) string { return fmt.Sprintf("%.1f MiB", b/(1<<20)) }
