package db

import "sync/atomic"

// counters are the running totals behind [Stats].
type counters struct {
	transactions, failed, commits, largest, retries, reads atomic.Int64
}

// committed notes one commit that carried n functions.
func (c *counters) committed(n int) {
	c.commits.Add(1)
	for {
		old := c.largest.Load()
		if int64(n) <= old || c.largest.CompareAndSwap(old, int64(n)) {
			return
		}
	}
}
