package web

import (
	"hash/maphash"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
)

// Limiter lets each key through at a steady rate with bursts. It remembers one number for a key (the generic cell rate
// algorithm), under a hash: no address is kept, and memory is bounded.
type Limiter struct {
	every time.Duration // between two at the steady rate
	slack time.Duration // what a burst may run ahead
	max   int
	now   func() time.Time
	seed  maphash.Seed

	mu   sync.Mutex
	keys map[uint64]int64 // when the key would be back to nothing owed, Unix nanoseconds
}

// LimiterConfig is what NewLimiter needs.
type LimiterConfig struct {
	Every time.Duration    // one request each
	Burst int              // and so many at once
	Keys  int              // remembered at most; 0 means 100,000 (about 4 MB when full)
	Now   func() time.Time // nil means time.Now
}

// NewLimiter returns a limiter that knows nobody yet.
func NewLimiter(c LimiterConfig) *Limiter {
	if c.Keys <= 0 {
		c.Keys = 100_000
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Limiter{
		every: c.Every, slack: time.Duration(max(c.Burst, 1)-1) * c.Every, max: c.Keys, now: c.Now,
		seed: maphash.MakeSeed(), keys: map[uint64]int64{},
	}
}

// Allow reports whether the key may go on now and counts it if so; otherwise after how long it may.
func (l *Limiter) Allow(key string) (ok bool, wait time.Duration) {
	h := maphash.String(l.seed, key)
	now := l.now().UnixNano()
	l.mu.Lock()
	defer l.mu.Unlock()
	owed := max(l.keys[h], now)
	if ahead := time.Duration(owed - now); ahead > l.slack {
		return false, ahead - l.slack
	}
	if len(l.keys) >= l.max {
		l.shrink(now)
	}
	l.keys[h] = owed + int64(l.every)
	return true, 0
}

// shrink forgets those who owe nothing, which changes nothing; if everybody does, an eighth of them at random, so that a crowd of made-up
// keys cannot fill the memory.
func (l *Limiter) shrink(now int64) {
	for k, owed := range l.keys {
		if owed <= now {
			delete(l.keys, k)
		}
	}
	drop := len(l.keys) - l.max + l.max/8 + 1
	for k := range l.keys {
		if drop <= 0 {
			return
		}
		delete(l.keys, k)
		drop--
	}
}

// Middleware answers 429 with Retry-After when key's owner is too quick. Nil means [ClientKey].
func (l *Limiter) Middleware(key func(echo.Context) string) echo.MiddlewareFunc {
	if key == nil {
		key = ClientKey
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			ok, wait := l.Allow(key(c))
			if !ok {
				c.Response().Header().Set(echo.HeaderRetryAfter, strconv.Itoa(int(math.Ceil(wait.Seconds()))))
				return echo.NewHTTPError(http.StatusTooManyRequests)
			}
			return next(c)
		}
	}
}

// ClientKey stands for whoever asks: an IPv4 address, or the /64 of an IPv6 address, of which one household has them all.
// It must not be logged.
func ClientKey(c echo.Context) string {
	ip := c.RealIP()
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return ip
	}
	if a = a.Unmap(); a.Is4() {
		return a.String()
	}
	p, err := a.WithZone("").Prefix(64)
	if err != nil {
		return ip
	}
	return p.Addr().String()
}
