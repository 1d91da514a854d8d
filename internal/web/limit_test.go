package web_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"helpline/internal/web"
)

func TestTheLimiterLetsABurstThroughAndThenASteadyRate(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	l := web.NewLimiter(web.LimiterConfig{Every: time.Second, Burst: 3, Now: func() time.Time { return now }})
	for i := range 3 {
		if ok, _ := l.Allow("a"); !ok {
			t.Errorf("number %d of the burst was refused", i)
		}
	}
	if ok, wait := l.Allow("a"); ok || wait != time.Second {
		t.Errorf("the fourth: %v, wait %v", ok, wait)
	}
	if ok, _ := l.Allow("b"); !ok {
		t.Error("another key was refused")
	}
	now = now.Add(999 * time.Millisecond)
	if ok, wait := l.Allow("a"); ok || wait != time.Millisecond {
		t.Errorf("too early: %v, wait %v", ok, wait)
	}
	now = now.Add(time.Millisecond)
	if ok, _ := l.Allow("a"); !ok {
		t.Error("after a second: refused")
	}
	if ok, _ := l.Allow("a"); ok {
		t.Error("a second one after a second")
	}
	now = now.Add(time.Hour)
	for i := range 3 {
		if ok, _ := l.Allow("a"); !ok {
			t.Errorf("number %d of the next burst was refused", i)
		}
	}
	if ok, _ := l.Allow("a"); ok {
		t.Error("the burst grew while nobody came")
	}
}

func TestTheLimitersMemoryIsBounded(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	l := web.NewLimiter(web.LimiterConfig{Every: time.Minute, Burst: 1, Keys: 64, Now: func() time.Time { return now }})
	const crowd = 10_000
	for i := range crowd {
		l.Allow(fmt.Sprint(i))
	}
	remembered := 0
	for i := range crowd {
		if ok, _ := l.Allow(fmt.Sprint(crowd - 1 - i)); !ok {
			remembered++
		}
		if i == 63 {
			break
		}
	}
	if remembered == 0 || remembered > 64 {
		t.Errorf("%d of the last 64 are remembered", remembered)
	}
	now = now.Add(time.Minute)
	if ok, _ := l.Allow("x"); !ok {
		t.Error("a new key was refused")
	}
}

func TestTheLimiterCountsRightFromManyGoroutines(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	l := web.NewLimiter(web.LimiterConfig{Every: time.Hour, Burst: 50, Now: func() time.Time { return now }})
	var wg sync.WaitGroup
	var mu sync.Mutex
	passed := 0
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if ok, _ := l.Allow("a"); ok {
					mu.Lock()
					passed++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if passed != 50 {
		t.Errorf("%d passed, want 50", passed)
	}
}

func TestWhoAsksIsThePeerOrWhoeverAKnownProxyNames(t *testing.T) {
	_, proxies, err := net.ParseCIDR("10.0.0.0/8")
	must(t, err)
	direct := newSite(t)
	behind := newSite(t, func(c *web.Config) { c.Proxies = []*net.IPNet{proxies} })
	for _, try := range []struct {
		s               *site
		peer, via, want string
	}{
		{direct, "198.51.100.7:1234", "", "198.51.100.7"},
		{direct, "198.51.100.7:1234", "203.0.113.1", "198.51.100.7"},
		{direct, "10.1.1.1:1234", "203.0.113.1", "10.1.1.1"},
		{behind, "10.1.1.1:1234", "203.0.113.1", "203.0.113.1"},
		{behind, "10.1.1.1:1234", "1.1.1.1, 203.0.113.1, 10.2.2.2", "203.0.113.1"},
		{behind, "198.51.100.7:1234", "203.0.113.1", "198.51.100.7"},
		{direct, "[2001:db8:1:2:3:4:5:6]:1234", "", "2001:db8:1:2::"},
		{direct, "[::ffff:198.51.100.7]:1234", "", "198.51.100.7"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = try.peer
		if try.via != "" {
			r.Header.Set("X-Forwarded-For", try.via)
		}
		if got := web.ClientKey(try.s.NewContext(r, httptest.NewRecorder())); got != try.want {
			t.Errorf("peer %s, forwarded for %q: %s, want %s", try.peer, try.via, got, try.want)
		}
	}
}

func TestTooManyRequestsAreToldWhenToComeAgain(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	s := newSite(t)
	l := web.NewLimiter(web.LimiterConfig{Every: 2500 * time.Millisecond, Burst: 1, Now: func() time.Time { return now }})
	s.GET("/", ok, l.Middleware(nil))
	s.GET("/own", ok, l.Middleware(func(c echo.Context) string { return c.QueryParam("k") }))
	if w := s.do(http.MethodGet, "/", ""); w.Code != 200 {
		t.Errorf("the first: %d", w.Code)
	}
	if w := s.do(http.MethodGet, "/", ""); w.Code != 429 || w.Header().Get("Retry-After") != "3" {
		t.Errorf("the second: %d %v", w.Code, w.Header())
	}
	if a, b := s.do(http.MethodGet, "/own?k=1", "").Code, s.do(http.MethodGet, "/own?k=2", "").Code; a != 200 || b != 200 {
		t.Errorf("two keys: %d %d", a, b)
	}
}
