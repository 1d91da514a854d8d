package db

import (
	"sync"
)

// checkpointEvery is after how many functions the write-ahead log is copied into the database: some two megabytes of it.
const checkpointEvery = 100

// autoCheckpoint is the length of the log, in pages, at which a commit copies it itself, should the checkpointer
// not keep up: a log can begin anew only at a moment when all of it is copied and nobody writes.
const autoCheckpoint = "PRAGMA wal_autocheckpoint = 4000"

// checkpointer copies the write-ahead log beside the writer. Left to SQLite's default, every hundredth commit or so would do it, and whoever
// waits for that commit would wait for two more flushes.
type checkpointer struct {
	conn *liteConn
	due  chan struct{}
	gone sync.WaitGroup
	n    int // functions since the last time; the writer's
}

func startCheckpointer(c *liteConn) *checkpointer {
	p := &checkpointer{conn: c, due: make(chan struct{}, 1)}
	p.gone.Go(func() {
		for range p.due {
			// It does what it can without waiting for anybody. What fails now is tried again next time, and by the writer in the end.
			_ = p.conn.plain("PRAGMA wal_checkpoint(PASSIVE)")
		}
	})
	return p
}

// committed is called by the writer.
func (p *checkpointer) committed(functions int) {
	if p.n += functions; p.n < checkpointEvery {
		return
	}
	select {
	case p.due <- struct{}{}:
		p.n = 0
	default: // it is still busy with the last
	}
}

// stop is called when the writer has ended.
func (p *checkpointer) stop() error {
	close(p.due)
	p.gone.Wait()
	return p.conn.close()
}
