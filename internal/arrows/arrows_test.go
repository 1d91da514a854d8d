// Package arrows holds one test: that imports point the way the architecture
// says, so that a newcomer can trust the folder tree.
package arrows

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "helpline/"

// may says what of ours each package may import. A name ending in /... stands
// for everything below it. A package that is not listed may import nothing of
// ours, so a new one has to be put here, and in the architecture.
var may = map[string][]string{
	"cmd/helpline":       {"..."},
	"cmd/loadtest":       {},
	"content":            {},
	"dialog":             {"internal/..."},
	"dialog/flow":        {"dialog"},
	"dialog/words":       {},
	"dialog/wording":     {"dialog"},
	"dialog/prisons":     {"dialog"},
	"dialog/risk":        {"dialog", "dialog/risk/labelled"},
	"dialog/risk/reader": {"dialog", "dialog/redact"},
	"dialog/redact":      {},
	"dialog/risk/...":    {"dialog", "dialog/risk", "dialog/risk/..."},
	"dialog/desk":        {"dialog", "dialog/flow", "dialog/risk", "dialog/words"},
	"dialog/store":       {"dialog", "internal/db"},
	"dialog/jobs":        {"dialog", "dialog/desk"},
	"knowledge":          {"internal/..."},
	"knowledge/...":      {"knowledge"},
	"knowledge/editing":  {"knowledge", "internal/..."},
	"channels":           {"dialog", "internal/..."},
	"channels/twilio":    {"channels", "dialog", "internal/..."},
	"channels/webchat":   {"channels", "dialog", "internal/..."},
	"channels/speech":    {"channels", "dialog"},
	"channels/email":     {"channels", "dialog"},
	"channels/simulator": {"channels", "dialog", "internal/..."},
	"channels/sheets":    {"channels", "knowledge", "internal/..."},
	"channels/console":   {"channels", "dialog", "dialog/desk", "knowledge", "knowledge/editing", "internal/..."},
	"internal/...":       {"internal/..."},
}

func allowed(from, to string) bool {
	list, ok := may[from]
	if !ok {
		for dir := from; dir != "."; dir = filepath.Dir(dir) {
			if list, ok = may[dir+"/..."]; ok {
				break
			}
		}
	}
	return slices.ContainsFunc(list, func(p string) bool {
		prefix, all := strings.CutSuffix(p, "...")
		return p == to || all && strings.HasPrefix(to, prefix)
	})
}

func TestImportsPointTheWayTheArchitectureSays(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := 0
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		seen++
		from := strings.TrimPrefix(p.ImportPath, module)
		for _, imp := range p.Imports {
			to, ours := strings.CutPrefix(imp, module)
			if ours && !allowed(from, to) {
				t.Errorf("%s imports %s: that arrow points the wrong way", from, to)
			}
		}
	}
	if seen < 15 {
		t.Fatalf("only %d packages were listed", seen)
	}
}
