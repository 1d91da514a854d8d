package twilio

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

const recordingPath = "/pretend/2010-04-01/Accounts/" + testAccount + "/Recordings/"

func TestFetchRecording(t *testing.T) {
	sound := bytes.Repeat([]byte("RIFF"), 1000)
	d := api(t, func(w http.ResponseWriter, r *http.Request) {
		user, pass, _ := r.BasicAuth()
		if user != testAccount || pass != testToken {
			t.Errorf("asked as %q", user)
		}
		if r.URL.Path != recordingPath+"RE1.wav" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		w.Header().Set("Content-Type", "audio/x-wav")
		if _, err := w.Write(sound); err != nil {
			t.Error(err)
		}
	})
	for _, ext := range []string{"", ".wav", ".mp3"} {
		body, kind, err := d.FetchRecording(t.Context(), d.APIURL+"/2010-04-01/Accounts/"+testAccount+"/Recordings/RE1"+ext)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(body)
		if err != nil || !bytes.Equal(got, sound) || kind != "audio/x-wav" {
			t.Errorf("%d bytes of %s, %v", len(got), kind, err)
		}
		if err := body.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestFetchRecordingErrors(t *testing.T) {
	tests := []struct {
		status    int
		temporary bool
	}{{404, true}, {500, true}, {503, true}, {429, true}, {401, true}, {400, false}, {410, false}}
	for _, tt := range tests {
		d := api(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(tt.status) })
		_, _, err := d.FetchRecording(t.Context(), d.APIURL+"/2010-04-01/Accounts/"+testAccount+"/Recordings/RE1")
		var got *FetchError
		if !errors.As(err, &got) || got.Status != tt.status || got.Temporary != tt.temporary {
			t.Errorf("%d: %v", tt.status, err)
		}
	}
}

// No link leads the driver, with its credentials, anywhere else.
func TestFetchesNothingForeign(t *testing.T) {
	asked := false
	d := api(t, func(http.ResponseWriter, *http.Request) { asked = true })
	own := d.APIURL
	real := newDriver(t)
	links := []string{
		"", "%", "http://169.254.169.254/latest/meta-data", "file:///etc/passwd",
		"https://api.twilio.com/2010-04-01/Accounts/" + testAccount + "/Recordings/RE1",
		own + "/2010-04-01/Accounts/ACother/Recordings/RE1",
		own + "/2010-04-01/Accounts/" + testAccount + "/Messages/MM1",
		own + "/2010-04-01/Accounts/" + testAccount + "/Recordings/../../../../console",
		own + "/2010-04-01/Accounts/" + testAccount + "/Recordings/RE1/../x",
		own + "/2010-04-01/Accounts/" + testAccount + "/Recordings/",
		own + "/console",
	}
	for _, link := range links {
		_, _, err := d.FetchRecording(t.Context(), link)
		var got *FetchError
		if !errors.As(err, &got) || got.Temporary || got.Status != 0 {
			t.Errorf("%q: %v", link, err)
		}
	}
	if asked {
		t.Error("the server was asked")
	}
	for _, link := range []string{
		"https://api.twilio.com.evil.example/2010-04-01/Accounts/" + testAccount + "/Recordings/RE1",
		"http://api.twilio.com/2010-04-01/Accounts/" + testAccount + "/Recordings/RE1",
		"https://x@api.twilio.com/2010-04-01/Accounts/" + testAccount + "/Recordings/RE1",
		"https://evil.twilio.com/2010-04-01/Accounts/" + testAccount + "/Recordings/RE1",
	} {
		if _, err := real.recordingURL(link); err == nil {
			t.Errorf("%q is taken for Twilio's", link)
		}
	}
	for _, host := range []string{"api.twilio.com", "api.dublin.ie1.twilio.com"} {
		if _, err := real.recordingURL("https://" + host + "/2010-04-01/Accounts/" + testAccount + "/Recordings/RE1"); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func TestFetchRecordingTooLarge(t *testing.T) {
	for _, stream := range []bool{false, true} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if stream {
				w.WriteHeader(http.StatusOK)
				if err := http.NewResponseController(w).Flush(); err != nil {
					t.Error(err)
				}
			}
			_, _ = w.Write(make([]byte, 101)) // the reader may have gone
		}))
		d := newDriver(t, func(c *Config) { c.APIURL, c.MaxRecording = s.URL, 100 })
		body, _, err := d.FetchRecording(t.Context(), s.URL+"/2010-04-01/Accounts/"+testAccount+"/Recordings/RE1")
		if err == nil {
			var n int64
			n, err = io.Copy(io.Discard, body)
			if n > 100 {
				t.Errorf("read %d bytes", n)
			}
			if err := body.Close(); err != nil {
				t.Error(err)
			}
		}
		if !errors.Is(err, ErrTooLarge) {
			t.Errorf("streamed %v: %v", stream, err)
		}
		s.Close()
	}
}

func TestFetchDoesNotFollowElsewhere(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("followed")
	}))
	defer elsewhere.Close()
	d := api(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, http.StatusFound) })
	if _, _, err := d.FetchRecording(t.Context(), d.APIURL+"/2010-04-01/Accounts/"+testAccount+"/Recordings/RE1"); err == nil {
		t.Error("no error")
	}
}
