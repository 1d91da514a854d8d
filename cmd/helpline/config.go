package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"helpline/dialog"
)

// config is every setting, from HELPLINE_* and the few flags beside it. The
// table in README.md says what each is for.
type config struct {
	Addr        string
	DataDir     string
	DatabaseURL string
	RedisURL    string
	PublicURL   string
	ContentDir  string

	SMSKeyword  string
	SMSNumber   string
	VoiceNumber string

	TwilioSID   string
	TwilioToken string
	TwilioURL   string

	SpeechURL   string
	SpeechModel string

	Reader readerConfig

	Alert alertConfig

	TeamsFile string
	Teams     []dialog.Team

	LineTest lineTestConfig

	// now is the clock; nil is the machine's. Tests turn it.
	now func() time.Time
	// sweep is how often recordings that are due are looked for; 0 is what the
	// jobs say. Tests do not wait for it.
	sweep time.Duration
	// made is what another house was made of with the same content: tests make
	// many, and learning a library anew for each is most of what they cost.
	made *mind
	// testWithin is how soon a test of a line has to come out; 0 is what the desk
	// says. Tests of what fails do not wait for it.
	testWithin time.Duration
}

func (c config) clock() func() time.Time {
	if c.now != nil {
		return c.now
	}
	return time.Now
}

// configError is a list of wrong settings: all of them, so that they can be
// put right at once. The program ends with 2.
type configError struct{ faults []string }

func (e *configError) Error() string {
	return "these settings are wrong:\n  " + strings.Join(e.faults, "\n  ")
}

// readConfig reads the environment and the command's own flags.
func readConfig(command string, args []string, getenv func(string) string, said io.Writer) (config, []string, error) {
	get := func(name, otherwise string) string {
		if v := strings.TrimSpace(getenv("HELPLINE_" + name)); v != "" {
			return v
		}
		return otherwise
	}
	c := config{
		Addr:        get("ADDR", "127.0.0.1:8080"),
		DataDir:     get("DATA_DIR", "helpline-data"),
		DatabaseURL: get("DATABASE_URL", ""),
		RedisURL:    get("REDIS_URL", ""),
		PublicURL:   get("PUBLIC_URL", ""),
		ContentDir:  get("CONTENT_DIR", ""),
		SMSKeyword:  get("SMS_KEYWORD", "FAMOUT"),
		SMSNumber:   get("SMS_NUMBER", "60777"),
		VoiceNumber: get("VOICE_NUMBER", ""),
		TwilioSID:   get("TWILIO_ACCOUNT_SID", ""),
		TwilioToken: get("TWILIO_AUTH_TOKEN", ""),
		TwilioURL:   get("TWILIO_API_URL", ""),
		SpeechURL:   get("SPEECH_URL", ""),
		SpeechModel: get("SPEECH_MODEL", ""),
		Alert:       readAlerts(get),
		Reader:      readReader(get),
		TeamsFile:   get("TEAMS", ""),
		LineTest:    readLineTests(command, get),
	}
	flags := flag.NewFlagSet("helpline "+command, flag.ContinueOnError)
	flags.SetOutput(said)
	flags.Usage = func() { describe(flags, command, said) }
	flags.StringVar(&c.Addr, "addr", c.Addr, "`address` to listen on (HELPLINE_ADDR)")
	flags.StringVar(&c.DataDir, "data", c.DataDir, "data `folder` (HELPLINE_DATA_DIR)")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return c, nil, err
		}
		return c, nil, &configError{faults: []string{err.Error()}}
	}
	if c.PublicURL == "" {
		c.PublicURL = "http://" + c.Addr
	}
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	faults := c.faults()
	// A demonstration has telephones of its own.
	demo := command == "demo"
	texts, voice := demo || c.TwilioSID != "", demo || c.VoiceNumber != ""
	faults = append(faults, c.Alert.check(texts, voice, c.PublicURL)...)
	var wrong []string
	c.Teams, wrong = readTeams(c, texts, voice)
	faults = append(faults, wrong...)
	faults = append(faults, c.LineTest.faults...)
	if len(faults) > 0 {
		return c, nil, &configError{faults: faults}
	}
	return c, flags.Args(), nil
}

func (c config) faults() []string {
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if _, port, err := net.SplitHostPort(c.Addr); err != nil {
		fault("HELPLINE_ADDR is not host:port")
	} else if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		fault("HELPLINE_ADDR has no port between 0 and 65535")
	}
	// Values are not repeated: an address may hold a password.
	isURL := func(name, value string, schemes ...string) {
		if value == "" {
			return
		}
		u, err := url.Parse(value)
		if err == nil && u.Host != "" {
			for _, s := range schemes {
				if u.Scheme == s {
					return
				}
			}
		}
		fault("%s is not an address that begins with %s://", name, strings.Join(schemes, ":// or "))
	}
	isURL("HELPLINE_PUBLIC_URL", c.PublicURL, "http", "https")
	isURL("HELPLINE_DATABASE_URL", c.DatabaseURL, "postgres", "postgresql")
	isURL("HELPLINE_REDIS_URL", c.RedisURL, "redis", "rediss")
	isURL("HELPLINE_TWILIO_API_URL", c.TwilioURL, "http", "https")
	isURL("HELPLINE_SPEECH_URL", c.SpeechURL, "http", "https")
	isURL("HELPLINE_READER_URL", c.Reader.URL, "http", "https")
	if c.ContentDir != "" {
		if info, err := os.Stat(filepath.Join(c.ContentDir, "sheets")); err != nil || !info.IsDir() {
			fault("HELPLINE_CONTENT_DIR has no folder sheets")
		}
	}
	if info, err := os.Stat(c.DataDir); err == nil && !info.IsDir() {
		fault("HELPLINE_DATA_DIR is a file, not a folder")
	}
	if (c.TwilioSID == "") != (c.TwilioToken == "") {
		fault("HELPLINE_TWILIO_ACCOUNT_SID and HELPLINE_TWILIO_AUTH_TOKEN go together: one of them is empty")
	}
	if strings.Trim(c.TwilioSID, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" {
		fault("HELPLINE_TWILIO_ACCOUNT_SID is not an account SID: it has letters and digits only")
	}
	if strings.ContainsAny(c.TwilioToken, " \t\r\n") {
		fault("HELPLINE_TWILIO_AUTH_TOKEN has white space in it")
	}
	if strings.ContainsAny(c.SMSKeyword, " \t:-\"'") {
		fault("HELPLINE_SMS_KEYWORD is not one word")
	}
	if strings.Trim(c.SMSNumber, "+0123456789") != "" || c.SMSNumber == "" {
		fault("HELPLINE_SMS_NUMBER is not a telephone number or a short code")
	}
	if strings.Trim(c.VoiceNumber, "+0123456789") != "" {
		fault("HELPLINE_VOICE_NUMBER is not a telephone number")
	}
	faults = append(faults, c.Reader.faults()...)
	if c.SpeechModel != "" && c.SpeechURL == "" {
		fault("HELPLINE_SPEECH_MODEL says which model, but HELPLINE_SPEECH_URL is empty")
	}
	return faults
}
