package twilio

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"helpline/channels"
	"helpline/dialog"
)

// Config is what the driver needs. The fields without a default are required.
type Config struct {
	AccountSID string
	AuthToken  string
	// PublicURL is where Twilio reaches this service; Twilio signs it.
	PublicURL string
	// APIURL is another host that speaks Twilio's REST API; empty is Twilio's.
	APIURL string
	// SMSLine and SMSNumber are the line for text messages and the number or
	// short code that replies come from. An empty SMSLine: no text messages.
	SMSLine   dialog.LineID
	SMSNumber string
	// VoiceLine is the concern line; empty: no calls. VoiceNumber is its number,
	// by which CatchUp knows its calls; empty: every inbound call of the account.
	VoiceLine   dialog.LineID
	VoiceNumber string
	Script      Script
	// HTTPClient carries requests to the API; nil is a client of our own. Its
	// redirect policy and time-out are not used.
	HTTPClient *http.Client
	// MaxRecording is the largest recording that is fetched, in bytes; 0 is 32 MiB.
	MaxRecording int64
	Logger       *slog.Logger     // nil: slog.Default()
	Now          func() time.Time // nil: time.Now
}

// Script is what the concern line says and how.
type Script struct {
	// Greeting is said when the desk has no words of its own for a call:
	// Twilio asked twice, or the desk cannot be reached.
	Greeting string
	// NothingHeard is said when nobody spoke after the tone.
	NothingHeard string
	// Error is said when a recorded message could not be accepted.
	Error string
	// Recorded says the reference number of a message that was accepted before
	// the caller could be told.
	Recorded func(ref string) string
	// HaveIt is said to a member of staff who was rung and pressed 1, NoKey to one
	// who pressed nothing. They may be empty.
	HaveIt, NoKey string
	// Voice and Language are Twilio's names; the defaults are a British voice.
	Voice    string
	Language string
}

// Driver is Twilio as a way in and out.
type Driver struct {
	Config
	public string   // PublicURL without a slash at its end
	api    *url.URL // where the REST API is
	base   http.RoundTripper
	signer signer
}

var _ channels.Driver = (*Driver)(nil)

const (
	defaultAPI          = "https://api.twilio.com"
	defaultMaxRecording = 32 << 20
	defaultVoice        = "Polly.Amy-Neural"
	defaultLanguage     = "en-GB"
)

// New checks the configuration. All that is wrong is named at once.
func New(c Config) (*Driver, error) {
	var faults []error
	need := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	// The SID becomes part of paths; the token is Twilio's to choose.
	need(alphanumeric(strings.NewReplacer("-", "", "_", "").Replace(c.AccountSID)), "the account SID must be letters and digits")
	need(c.AuthToken != "" && !strings.ContainsAny(c.AuthToken, " \t\r\n"), "the auth token is empty or has white space in it")
	public, err := absolute(c.PublicURL)
	need(err == nil, "the public URL: %w", err)
	if c.APIURL == "" {
		c.APIURL = defaultAPI
	}
	api, err := absolute(c.APIURL)
	need(err == nil, "the API URL: %w", err)
	need(c.SMSLine != "" || c.VoiceLine != "", "neither a line for texts nor one for calls")
	need(c.SMSLine == "" || c.SMSNumber != "", "the line for texts has no number")
	if c.VoiceLine != "" {
		s := c.Script
		need(s.Greeting != "" && s.NothingHeard != "" && s.Error != "" && s.Recorded != nil, "the concern line's script is not complete")
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("twilio: %w", errors.Join(faults...))
	}
	if c.Script.Voice == "" {
		c.Script.Voice = defaultVoice
	}
	if c.Script.Language == "" {
		c.Script.Language = defaultLanguage
	}
	if c.MaxRecording <= 0 {
		c.MaxRecording = defaultMaxRecording
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	d := &Driver{Config: c, public: strings.TrimSuffix(public.String(), "/"), api: api}
	d.signer = newSigner(c.AuthToken, d.public)
	d.base = http.DefaultTransport
	if c.HTTPClient != nil && c.HTTPClient.Transport != nil {
		d.base = c.HTTPClient.Transport
	} else if t, ok := http.DefaultTransport.(*http.Transport); ok {
		t = t.Clone()
		t.MaxIdleConnsPerHost = 32 // as many as we send at once, so that connections are kept
		d.base = t
	}
	return d, nil
}

// Name is "twilio".
func (d *Driver) Name() string { return "twilio" }

// Mount adds the webhooks below /twilio to g, which stands for the root.
func (d *Driver) Mount(g *echo.Group, in channels.Receiver) {
	w := &webhooks{Driver: d, in: in}
	if d.SMSLine != "" {
		g.POST("/twilio/sms", w.checked(w.text))
		g.POST("/twilio/sms/status", w.checked(w.textStatus))
	}
	if d.VoiceLine != "" {
		g.POST("/twilio/voice", w.checked(w.call))
		g.POST("/twilio/voice/recorded", w.checked(w.recorded))
		g.POST("/twilio/voice/recording", w.checked(w.recording))
		g.POST("/twilio/voice/status", w.checked(w.callStatus))
	}
	g.POST("/twilio/voice/told", w.checked(w.callTold))
	g.POST("/twilio/voice/answered", w.checked(w.callAnswered))
}

func absolute(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, errors.New("cannot be read as a URL")
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return nil, errors.New("must begin with http:// or https:// and a host")
	}
	u.RawQuery, u.Fragment, u.User = "", "", nil
	return u, nil
}

func alphanumeric(s string) bool {
	for _, r := range s {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return false
		}
	}
	return s != ""
}
