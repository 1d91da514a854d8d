package dbtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// server is the one PostgreSQL server of a test binary, started by the first test that needs it.
var server = sync.OnceValues(startServer)

var databases atomic.Int64

// PostgresURL returns the URL of an empty database on the test binary's server, dropped when the test ends.
func PostgresURL(t testing.TB) string {
	t.Helper()
	dir, err := server()
	if err != nil {
		t.Fatalf("start PostgreSQL for the tests (Debian package postgresql): %v", err)
	}
	name := fmt.Sprintf("test_%d", databases.Add(1))
	admin := databaseURL(dir, "postgres")
	if err := execute(admin, "CREATE DATABASE "+name); err != nil {
		t.Fatalf("make the test database: %v", err)
	}
	t.Cleanup(func() {
		if err := execute(admin, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the test database: %v", err)
		}
	})
	return databaseURL(dir, name)
}

func databaseURL(dir, name string) string {
	u := url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/" + name, RawQuery: url.Values{"host": {dir}}.Encode()}
	return u.String()
}

func execute(url, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, statement)
	return errors.Join(err, c.Close(ctx))
}

// supervise runs the server until its standard input ends, which happens when the test binary does, however it ends.
// Then it stops the server and removes its files.
const supervise = `
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c full_page_writes=off -c synchronous_commit=off \
	-c max_connections=200 -c shared_buffers=32MB -c max_wal_size=256MB -c jit=off </dev/null >"$2/log" 2>&1 &
server=$!
read -r _
kill -INT $server
wait $server
rm -rf "$2"
`

// startServer makes a cluster in a temporary folder, starts it on a Unix socket there and returns the folder.
func startServer() (string, error) {
	bin, err := binaries()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "pgtest")
	if err != nil {
		return "", err
	}
	attr, err := unprivileged(dir)
	if err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	ctx := context.Background() // the server lives as long as the test binary
	setup := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", filepath.Join(dir, "data"), "-U", "postgres", "-A", "trust",
		"-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
	setup.SysProcAttr, setup.Dir = attr, dir
	if out, err := setup.CombinedOutput(); err != nil {
		return "", errors.Join(fmt.Errorf("initdb: %w\n%s", err, bytes.TrimSpace(out)), os.RemoveAll(dir))
	}

	run := exec.CommandContext(ctx, "/bin/sh", "-c", supervise, "sh", bin, dir)
	run.SysProcAttr, run.Dir = attr, dir
	// Held open by nobody but this process, and until it ends.
	if _, err := run.StdinPipe(); err != nil {
		return "", err
	}
	if err := run.Start(); err != nil {
		return "", errors.Join(fmt.Errorf("start the server: %w", err), os.RemoveAll(dir))
	}
	ended := make(chan error, 1)
	go func() { ended <- run.Wait() }()
	return dir, answer(dir, ended)
}

// answer waits until the server takes connections.
func answer(dir string, ended <-chan error) error {
	deadline := time.Now().Add(60 * time.Second)
	for {
		err := execute(databaseURL(dir, "postgres"), "SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case e := <-ended:
			return fmt.Errorf("the server ended: %w", errors.Join(e, err))
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			log, readErr := os.ReadFile(filepath.Join(dir, "log"))
			return errors.Join(fmt.Errorf("the server does not answer: %w\n%s", err, log), readErr)
		}
	}
}

// binaries finds the server's programs: Debian keeps them out of PATH, in a folder for each version.
func binaries() (string, error) {
	if p, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(p), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", errors.New("initdb is not installed")
	}
	version := func(p string) int {
		n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(p))))
		if err != nil {
			return 0
		}
		return n
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(newest), nil
}

// unprivileged gives the folder to a user that may run the server, which refuses to run as root.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	attr := &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for the test; the server ends when the test has
	if os.Geteuid() != 0 {
		return attr, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	if err := os.Chown(dir, int(uid), int(gid)); err != nil {
		return nil, err
	}
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attr, nil
}
