package webchat

import "time"

// bucket is an allowance that fills with time.
type bucket struct {
	left float32
	at   int64 // unix milliseconds
}

func newBucket(burst int, now time.Time) bucket {
	return bucket{left: float32(burst), at: now.UnixMilli()}
}

// take uses one up, or says how long to wait for it.
func (b *bucket) take(now time.Time, burst int, perSecond float64) (time.Duration, bool) {
	ms := now.UnixMilli()
	b.left = min(float32(burst), b.left+float32(float64(max(ms-b.at, 0))/1000*perSecond))
	b.at = ms
	if b.left < 1 {
		return time.Duration(float64(1-b.left)/perSecond*float64(time.Second)) + time.Millisecond, false
	}
	b.left--
	return 0, true
}
