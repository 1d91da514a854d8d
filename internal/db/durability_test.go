package db_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"helpline/internal/db"
	"helpline/internal/db/dbtest"
)

const writeUntilKilled = "DBTEST_WRITE_UNTIL_KILLED"

// TestWriteUntilKilled is the child of the test below: it writes from many goroutines and prints what was acknowledged.
func TestWriteUntilKilled(t *testing.T) {
	path := os.Getenv(writeUntilKilled)
	if path == "" {
		return // not the child: the test below runs this one
	}
	d := dbtest.Open(t, db.Config{Path: path})
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for {
				id := fmt.Sprintf("%08d", next.Add(1))
				if err := add(d, t.Context(), id); err != nil {
					t.Error(err)
					return
				}
				// One write call for each line: a kill cannot split what was acknowledged.
				if _, err := os.Stdout.WriteString("ack " + id + "\n"); err != nil {
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestWhatWasAcknowledgedSurvivesKill9(t *testing.T) {
	path := filepath.Join(t.TempDir(), "killed.db")
	d := dbtest.Open(t, db.Config{Path: path})
	prepare(t, d)
	must(t, d.Close())

	acknowledged := map[string]bool{}
	for round := range 3 {
		// Later rounds carry on from what the killed one before left behind.
		seen := ackUntilKilled(t, path, fmt.Sprintf("%d", round), 100+300*round)
		for _, id := range seen {
			acknowledged[id] = true
		}
		d := dbtest.Open(t, db.Config{Path: path})
		must(t, d.Do(t.Context(), func(tx *db.Tx) error { // keys of the next round begin anew
			_, err := tx.Exec("UPDATE paint SET id = $1 || id WHERE id NOT LIKE '%.%'", fmt.Sprintf("%d.", round))
			return err
		}))
		stored := map[string]bool{}
		for _, id := range ids(t, d) {
			stored[id] = true
		}
		for id := range acknowledged {
			if !stored[id] {
				t.Fatalf("round %d: %s was acknowledged and is gone", round, id)
			}
		}
		var check string
		must(t, d.Read(t.Context(), func(tx *db.Tx) error { return tx.QueryRow("PRAGMA integrity_check").Scan(&check) }))
		if check != "ok" {
			t.Fatalf("integrity check: %s", check)
		}
		must(t, d.Close())
	}
}

func ackUntilKilled(t *testing.T, path, round string, after int) []string {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestWriteUntilKilled$")
	child.Env = append(os.Environ(), writeUntilKilled+"="+path)
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	var seen []string
	lines := bufio.NewScanner(out)
	for lines.Scan() { // to the end: lines written before the kill are in the pipe after it
		var id string
		if n, err := fmt.Sscanf(lines.Text(), "ack %s", &id); n != 1 || err != nil {
			continue
		}
		seen = append(seen, round+"."+id)
		if len(seen) == after {
			must(t, child.Process.Kill())
		}
	}
	if err := child.Wait(); err == nil {
		t.Fatal("the child ended by itself")
	}
	if len(seen) < after {
		t.Fatalf("the child acknowledged %d", len(seen))
	}
	return seen
}
