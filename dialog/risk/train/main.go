// Command train trains the statistical model of dialog/risk from labelled
// JSON Lines and prints what cross-validation found. It is deterministic: the
// same lines and content give the same file.
//
//	go run ./dialog/risk/train [-content content/risk] [-dry] FILE.jsonl…
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"helpline/dialog/risk"
	"helpline/dialog/risk/eval"
	"helpline/dialog/risk/labelled"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

func run() error {
	t := risk.Defaults()
	content := flag.String("content", "content/risk", "folder with the signs; model.bin is written there")
	dry := flag.Bool("dry", false, "print the figures and write nothing")
	flag.Float64Var(&t.Penalty, "penalty", t.Penalty, "L2 penalty of the levels")
	flag.Float64Var(&t.KindPenalty, "kind-penalty", t.KindPenalty, "L2 penalty of who and categories")
	flag.UintVar(&t.Bits, "bits", t.Bits, "size of the table of levels, as a power of two")
	flag.UintVar(&t.KindBits, "kind-bits", t.KindBits, "size of the table of who and categories")
	flag.IntVar(&t.Rounds, "rounds", t.Rounds, "most rounds of L-BFGS")
	flag.IntVar(&t.Folds, "folds", t.Folds, "folds of cross-validation")
	flag.Float64Var(&t.OverAlarm, "over-alarm", t.OverAlarm, "harmless messages of a hundred that may be raised")
	flag.Float64Var(&t.ReadAlarm, "read-alarm", t.ReadAlarm, "harmless messages of a hundred that a person may be asked to read")
	sheets := flag.String("sheets", "content/sheets", "folder with the sheets, whose questions are harmless; empty: none")
	flag.Parse()
	if flag.NArg() == 0 {
		return fmt.Errorf("no labelled files given")
	}
	var lines []labelled.Line
	for _, name := range flag.Args() {
		f, err := os.Open(name)
		if err != nil {
			return fmt.Errorf("open labelled lines: %w", err)
		}
		got, err := labelled.Read(f)
		_ = f.Close() // only read from
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		lines = append(lines, got...)
	}
	var err error
	if t.Questions, err = asked(*sheets); err != nil {
		return err
	}
	file, folds, strongest, err := risk.Train(os.DirFS(*content), lines, t)
	if err != nil {
		return err
	}
	fmt.Printf("%d lines, %d folds, model %d bytes\n", len(lines), t.Folds, len(file))
	eval.PrintFolds(os.Stdout, folds)
	if *dry {
		return nil
	}
	if err := os.WriteFile(filepath.Join(*content, "model.bin"), file, 0o644); err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	text := "# The features that weigh most for each level: level, weight, feature. Written by the training command.\n" + strings.Join(strongest, "\n") + "\n"
	if err := os.WriteFile(filepath.Join(*content, "model.txt"), []byte(text), 0o644); err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	return nil
}

// asked reads the questions that the sheets list as asked.
func asked(dir string) ([]string, error) {
	if dir == "" {
		return nil, nil
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.md"))
	if err != nil {
		return nil, fmt.Errorf("list sheets: %w", err)
	}
	var out []string
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read sheet: %w", err)
		}
		in := false
		for _, line := range strings.Split(string(b), "\n") {
			switch {
			case strings.HasPrefix(line, "asked:"):
				in = true
			case in && strings.HasPrefix(line, "  - "):
				out = append(out, strings.Trim(strings.TrimPrefix(line, "  - "), `"'`))
			default:
				in = false
			}
		}
	}
	return out, nil
}
