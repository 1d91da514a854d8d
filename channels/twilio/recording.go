package twilio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
)

// fetchWithin is how long fetching one recording may take, headers to end.
const fetchWithin = 2 * time.Minute

// ErrTooLarge is what reading a recording ends with when it is larger than
// Config.MaxRecording.
var ErrTooLarge = errors.New("the recording is larger than allowed")

// FetchError is why a recording could not be had.
type FetchError struct {
	Status    int  // of the HTTP answer; 0 without one
	Temporary bool // worth trying again: Twilio answers 404 for a moment after its callback
	Err       error
}

func (e *FetchError) Error() string {
	return fmt.Sprintf("fetch recording: status %d: %v", e.Status, e.Err)
}

func (e *FetchError) Unwrap() error { return e.Err }

// FetchRecording opens a recording as WAV. The link must be one of our own
// account on the configured host: nothing else is ever asked, whatever a
// webhook said. The caller closes what it gets. The error is a *FetchError.
func (d *Driver) FetchRecording(ctx context.Context, link string) (body io.ReadCloser, contentType string, err error) {
	u, err := d.recordingURL(link)
	if err != nil {
		return nil, "", &FetchError{Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, fetchWithin)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		cancel()
		return nil, "", &FetchError{Err: err}
	}
	r.SetBasicAuth(d.AccountSID, d.AuthToken)
	// Go drops the credentials when a redirect leaves the host.
	res, err := (&http.Client{Transport: d.base, CheckRedirect: d.mayFollow}).Do(r)
	if err != nil {
		cancel()
		return nil, "", &FetchError{Temporary: true, Err: cause(ctx, err, "twilio was not reached")}
	}
	failed := &FetchError{Status: res.StatusCode}
	switch status := res.StatusCode; {
	case status == http.StatusOK && res.ContentLength > d.MaxRecording:
		failed.Err = ErrTooLarge
	case status == http.StatusOK:
		return &limited{body: res.Body, left: d.MaxRecording, cancel: cancel}, res.Header.Get("Content-Type"), nil
	default:
		// 404 is "not yet"; 401 and 403 are an account that can be mended.
		failed.Temporary = status >= 500 || status == 401 || status == 403 || status == 404 || status == 408 || status == 429
		failed.Err = errors.New("twilio does not give it out")
	}
	cancel()
	if err := res.Body.Close(); err != nil {
		failed.Err = errors.Join(failed.Err, err)
	}
	return nil, "", failed
}

var errForeign = errors.New("the link is not one of our account's recordings")

// recordingURL checks a link and asks for its WAV.
func (d *Driver) recordingURL(link string) (*url.URL, error) {
	u, err := url.Parse(link)
	if err != nil {
		return nil, errForeign
	}
	folder := strings.TrimSuffix(d.api.Path, "/") + "/2010-04-01/Accounts/" + d.AccountSID + "/Recordings/"
	name := path.Base(u.Path)
	sid := strings.TrimSuffix(name, path.Ext(name))
	if !d.ourHost(u) || u.User != nil || u.Path != folder+name || !alphanumeric(sid) {
		return nil, errForeign
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: folder + sid + ".wav"}, nil
}

// ourHost is the configured API; with Twilio itself, its regions' hosts too.
func (d *Driver) ourHost(u *url.URL) bool {
	if u.Scheme == d.api.Scheme && u.Host == d.api.Host {
		return true
	}
	return d.APIURL == defaultAPI && u.Scheme == "https" && strings.HasPrefix(u.Host, "api.") && strings.HasSuffix(u.Host, ".twilio.com")
}

// mayFollow lets Twilio send us on to another host of its own.
func (d *Driver) mayFollow(r *http.Request, via []*http.Request) error {
	if len(via) > 3 {
		return errors.New("too many redirects")
	}
	host := r.URL.Hostname()
	if d.ourHost(r.URL) || (d.APIURL == defaultAPI && r.URL.Scheme == "https" &&
		(strings.HasSuffix(host, ".twilio.com") || strings.HasSuffix(host, ".twiliocdn.com"))) {
		return nil
	}
	return errors.New("redirected to another host")
}

// limited ends with ErrTooLarge instead of going on for ever.
type limited struct {
	body   io.ReadCloser
	left   int64
	cancel context.CancelFunc
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left < 0 {
		return 0, ErrTooLarge
	}
	if int64(len(p)) > l.left+1 {
		p = p[:l.left+1]
	}
	n, err := l.body.Read(p)
	l.left -= int64(n)
	if l.left < 0 {
		return n - 1, ErrTooLarge
	}
	return n, err
}

func (l *limited) Close() error {
	err := l.body.Close()
	l.cancel()
	return err
}
