// Command train trains the statistical model of dialog/risk from labelled
// JSON Lines and prints what cross-validation found. It is deterministic: the
// same lines and content give the same file.
//
//	go run ./dialog/risk/train [-content content/risk] [-dry] [-hold FILE.jsonl] FILE.jsonl…
//
// Lines of -hold are left out of the training, and the trained assessor is
// measured on them: with -dry an honest figure that changes nothing.
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
	hold := flag.String("hold", "", "a labelled file to measure on: its lines are not trained on")
	misses := flag.Bool("misses", false, "list the messages whose level was not met")
	flag.Float64Var(&t.NextPenalty, "next-penalty", t.NextPenalty, "L2 penalty of the second step")
	flag.UintVar(&t.Bits, "bits", t.Bits, "size of the table of levels, as a power of two")
	flag.UintVar(&t.KindBits, "kind-bits", t.KindBits, "size of the table of who and categories")
	flag.IntVar(&t.Rounds, "rounds", t.Rounds, "most rounds of L-BFGS")
	flag.IntVar(&t.Folds, "folds", t.Folds, "folds of cross-validation")
	flag.Float64Var(&t.OverAlarm, "over-alarm", t.OverAlarm, "harmless messages of a hundred that may be raised")
	flag.Float64Var(&t.Silent, "silent", t.Silent, "messages at risk of a hundred that may be left to a machine alone")
	flag.Float64Var(&t.SilentPlain, "silent-plain", t.SilentPlain, "the same where no sheet answers them")
	flag.Float64Var(&t.AskedWeight, "asked-weight", t.AskedWeight, "what a question of the sheets weighs beside a labelled line")
	flag.BoolVar(&t.LevelsOnly, "levels-only", false, "leave out who and categories; with -dry, for trying things")
	sheets := flag.String("sheets", "content/sheets", "folder with the sheets, whose questions are harmless; empty: none")
	flag.Parse()
	if flag.NArg() == 0 {
		return fmt.Errorf("no labelled files given")
	}
	var lines, held []labelled.Line
	out := map[string]bool{}
	if *hold != "" {
		var err error
		if held, err = readLines(*hold); err != nil {
			return err
		}
		for _, l := range held {
			out[l.ID] = true
		}
	}
	if kept(*hold) && *misses {
		return fmt.Errorf("%s is kept unseen: nobody lists its misses", *hold)
	}
	for _, name := range flag.Args() {
		if kept(name) {
			return fmt.Errorf("%s is kept unseen: nothing is trained on it", name)
		}
		got, err := readLines(name)
		if err != nil {
			return err
		}
		for _, l := range got {
			if !out[l.ID] {
				lines = append(lines, l)
			}
		}
	}
	var err error
	if t.Questions, err = asked(*sheets); err != nil {
		return err
	}
	t.Held = held
	dir := os.DirFS(*content)
	got, err := risk.Train(dir, lines, t)
	if err != nil {
		return err
	}
	fmt.Printf("%d lines, %d folds, model %d bytes\n\nCross-validation:\n", len(lines), t.Folds, len(got.File))
	eval.PrintFolds(os.Stdout, got.Folds, *misses && len(held) == 0)
	if len(held) > 0 {
		a, err := risk.LoadTrained(dir, got.File)
		if err != nil {
			return err
		}
		fmt.Printf("\nHeld out, %s:\n", *hold)
		eval.PrintFolds(os.Stdout, got.Held, false)
		eval.Run(a, held).Print(os.Stdout, *misses)
	}
	if *dry {
		return nil
	}
	if err := os.WriteFile(filepath.Join(*content, "model.bin"), got.File, 0o644); err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	text := "# Written by the training command. The features that weigh most for each level (level, weight, feature); then what the labelled messages say of\n" +
		"# each sign: its level, how many carry it, how many of them tell of a risk, how many of its level, and the level that it holds against the model.\n" +
		strings.Join(append(got.Strongest, got.Signs...), "\n") + "\n"
	if err := os.WriteFile(filepath.Join(*content, "model.txt"), []byte(text), 0o644); err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	return nil
}

// kept says that a file is kept for measuring alone (dialog/risk/kept).
func kept(name string) bool {
	full, err := filepath.Abs(name)
	return err != nil || filepath.Base(filepath.Dir(full)) == "kept" || strings.HasPrefix(filepath.Base(full), "unseen-") || strings.HasPrefix(filepath.Base(full), "kept-")
}

func readLines(name string) ([]labelled.Line, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open labelled lines: %w", err)
	}
	defer func() { _ = f.Close() }() // only read from
	got, err := labelled.Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return got, nil
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
