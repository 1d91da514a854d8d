package db

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// writer owns SQLite's one writing connection. Functions queue for it; those that are there together share one commit,
// since waiting for the disk is what a commit costs.
type writer struct {
	conn    *liteConn
	session liteSession // its statements, which nothing interrupts
	batch   int
	count   *counters
	queue   chan *request

	checkpoint *checkpointer

	mu      sync.RWMutex // held for reading while queueing, so that stop sees every accepted function
	stopped bool
	done    chan struct{}
}

// The life of a request: whoever moves it away from waiting owns it.
const (
	waiting int32 = iota
	started
	abandoned
)

// request is one function on its way through the writer.
type request struct {
	ctx   context.Context
	fn    func(*Tx) error
	state atomic.Int32
	after []func()
	err   error
	over  bool // answered; the writer's
	done  chan struct{}
}

// start takes a function that waits, or one that began and has to run again; false when its caller left, or leaves now.
func (r *request) start() bool {
	if !r.state.CompareAndSwap(waiting, started) {
		return r.state.Load() == started
	}
	if err := r.ctx.Err(); err != nil {
		r.finish(nil, err)
		return false
	}
	return true
}

// errGoexit is the outcome of a function that ended its goroutine (runtime.Goexit, or t.Fatal in a test).
var errGoexit = errors.New("the function of a transaction ended its goroutine")

func startWriter(c *liteConn, batch int, count *counters, p *checkpointer) *writer {
	w := &writer{conn: c, session: liteSession{c: c, ctx: context.Background()}, batch: batch, count: count, checkpoint: p, queue: make(chan *request, 4*batch), done: make(chan struct{})}
	go w.run()
	return w
}

func (w *writer) do(ctx context.Context, fn func(*Tx) error) ([]func(), error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r := &request{ctx: ctx, fn: fn, done: make(chan struct{})}
	if err := w.accept(r); err != nil {
		return nil, err
	}
	select {
	case <-r.done:
	case <-ctx.Done():
		if r.state.CompareAndSwap(waiting, abandoned) {
			return nil, ctx.Err()
		}
		// It has started: the caller needs to know how it ended, and that is at most one batch away.
		<-r.done
	}
	return r.after, r.err
}

func (w *writer) accept(r *request) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.stopped {
		return ErrClosed
	}
	select {
	case w.queue <- r:
		return nil
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
}

// stop refuses new functions, waits for those that were accepted and returns.
func (w *writer) stop() {
	w.mu.Lock()
	if !w.stopped {
		w.stopped = true
		close(w.queue)
	}
	w.mu.Unlock()
	<-w.done
}

func (w *writer) run() {
	batch := make([]*request, 0, w.batch)
	finished := false
	defer func() {
		if finished {
			close(w.done)
			return
		}
		// A function ended this goroutine. Its batch is taken back and another goroutine goes on.
		w.conn.closeOpen()
		_ = w.conn.plain("ROLLBACK")
		answer(batch, errGoexit)
		go w.run()
	}()
	for r := range w.queue {
		batch = append(batch[:0], r)
		for len(batch) < w.batch {
			next, ok := w.poll()
			if !ok {
				break
			}
			batch = append(batch, next)
		}
		w.commitTogether(batch)
		clear(batch)
		batch = batch[:0]
	}
	finished = true
}

// poll takes another function if one is there: a batch is never waited for.
func (w *writer) poll() (*request, bool) {
	select {
	case r, ok := <-w.queue:
		return r, ok
	default:
		return nil, false
	}
}

// commitTogether runs the functions of a batch in one transaction and answers every one of them.
func (w *writer) commitTogether(batch []*request) {
	if !w.commitPlainly(batch) {
		w.commitApart(batch)
	}
}

// commitPlainly runs the functions one after the other, without a savepoint each, which would cost as much as two more statements. A function
// that fails when others before it have written takes their work back with its own: then it returns false, nothing is kept, and those
// that are not answered have to run again.
func (w *writer) commitPlainly(batch []*request) bool {
	begun := false
	kept := make([]*request, 0, len(batch))
	for _, r := range batch {
		if !r.start() {
			continue
		}
		if !begun {
			if !w.begin(r) {
				continue
			}
			begun = true
		}
		tx, err := w.runOne(r)
		switch {
		case err == nil:
			kept = append(kept, r)
		case !tx.wrote && tx.failed == nil:
			r.finish(nil, err) // it has only looked: there is nothing to take back
		case len(kept) == 0:
			w.rollback()
			begun = false
			r.finish(nil, err)
		default:
			w.rollback()
			return false
		}
	}
	if begun {
		w.commit(kept)
	}
	return true
}

// commitApart runs the functions in a savepoint each, so that one that fails takes back its own work only.
func (w *writer) commitApart(batch []*request) {
	begun := false
	kept := make([]*request, 0, len(batch))
	for i, r := range batch {
		if r.over || !r.start() {
			continue
		}
		if !begun {
			if !w.begin(r) {
				continue
			}
			begun = true
		}
		err, broken := w.runApart(r)
		switch {
		case broken != nil:
			// SQLite gave up the whole transaction (a full disk, an I/O error): nobody's work in it is kept.
			w.rollback()
			r.finish(nil, errors.Join(err, broken))
			answer(kept, fmt.Errorf("the shared transaction was lost: %w", broken))
			w.commitTogether(batch[i+1:])
			return
		case err != nil:
			r.finish(nil, err)
		default:
			kept = append(kept, r)
		}
	}
	if begun {
		w.commit(kept)
	}
}

// begin opens the transaction in which r is the first; false when it could not and r was told.
func (w *writer) begin(r *request) bool {
	if err := w.conn.plain("BEGIN IMMEDIATE"); err != nil {
		r.finish(nil, fmt.Errorf("begin: %w", err))
		return false
	}
	return true
}

// commit ends the transaction and answers those whose work is in it.
func (w *writer) commit(kept []*request) {
	if err := w.conn.plain("COMMIT"); err != nil {
		w.rollback()
		answer(kept, fmt.Errorf("commit: %w", err))
		return
	}
	if len(kept) == 0 {
		return
	}
	w.count.committed(len(kept))
	answer(kept, nil)
	w.checkpoint.committed(len(kept))
}

// runOne runs one function in the transaction as it is.
func (w *writer) runOne(r *request) (*Tx, error) {
	tx := &Tx{ctx: r.ctx, dialect: SQLite, session: &w.session}
	err := tx.outcome(protect(r.fn, tx))
	w.conn.closeOpen()
	if err == nil {
		r.after = tx.after
	}
	return tx, err
}

// runApart runs one function in a savepoint. err is its own failure, after which its work is gone; broken says that the transaction is.
func (w *writer) runApart(r *request) (err, broken error) {
	if err := w.conn.plain("SAVEPOINT one"); err != nil {
		return nil, err
	}
	if _, err = w.runOne(r); err != nil {
		if e := w.conn.plain("ROLLBACK TO one"); e != nil {
			return err, e
		}
	}
	return err, w.conn.plain("RELEASE one")
}

// rollback ends the transaction; SQLite may have ended it already, so its complaint says nothing new.
func (w *writer) rollback() { _ = w.conn.plain("ROLLBACK") }

func (r *request) finish(after []func(), err error) {
	r.after, r.err, r.over = after, err, true
	close(r.done)
}

// answer tells those of the requests that were not answered yet.
func answer(rs []*request, err error) {
	for _, r := range rs {
		if r.over {
			continue
		}
		if err != nil {
			r.after = nil
		}
		r.finish(r.after, err)
	}
}
