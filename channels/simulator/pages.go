package simulator

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed templates static
var files embed.FS

// pollFor is how long a page's question for news is held open.
const pollFor = 25 * time.Second

// pages is the network as its users see it: handsets, a telephone, faults.
type pages struct {
	n     *Network
	mux   *http.ServeMux
	pages map[string]*template.Template
}

func newPages(n *Network) (*pages, error) {
	p := &pages{n: n, mux: http.NewServeMux(), pages: map[string]*template.Template{}}
	for _, name := range []string{"text", "ring", "call", "faults"} {
		t, err := template.New("layout.html").Funcs(template.FuncMap{"links": links, "status": statusWords, "rang": rangWords, "tone": isTone}).
			ParseFS(files, "templates/layout.html", "templates/"+name+".html")
		if err != nil {
			return nil, fmt.Errorf("page %s: %w", name, err)
		}
		p.pages[name] = t
	}
	p.mux.HandleFunc("GET /simulator", p.text)
	p.mux.HandleFunc("GET /simulator/thread", p.thread)
	p.mux.HandleFunc("POST /simulator/text", p.sendText)
	p.mux.HandleFunc("POST /simulator/power", p.power)
	p.mux.HandleFunc("POST /simulator/press", p.press)
	p.mux.HandleFunc("GET /simulator/ring", p.ring)
	p.mux.HandleFunc("POST /simulator/ring", p.startCall)
	p.mux.HandleFunc("GET /simulator/call/{sid}", p.showCall)
	p.mux.HandleFunc("GET /simulator/call/{sid}/heard", p.heard)
	p.mux.HandleFunc("GET /simulator/call/{sid}/said/{line}", p.said)
	p.mux.HandleFunc("POST /simulator/call/{sid}/{act}", p.act)
	p.mux.HandleFunc("GET /simulator/faults", p.showFaults)
	p.mux.HandleFunc("POST /simulator/faults", p.fail)
	p.mux.HandleFunc("POST /simulator/faults/mend", p.mend)
	p.mux.Handle("GET /simulator/static/", http.StripPrefix("/simulator/", http.FileServerFS(files)))
	return p, nil
}

func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.mux.ServeHTTP(w, r) }

// view is what every page is made from.
type view struct {
	Here, Title               string
	SMSNumber, Voice, Keyword string
	Number, New               string
	Handsets                  []string
	Messages                  []entry
	Off                       bool   // the handset is switched off
	Presses                   string // what whoever answers it presses
	Call                      callView
	Faults                    []Fault
	Kinds                     []kind
	Version                   int64
	CanSpeak                  bool
	Problem                   string
}

func (p *pages) view(here, title string) view {
	return view{
		Here: here, Title: title, SMSNumber: p.n.SMSNumber, Voice: p.n.VoiceNumber, Keyword: p.n.Keyword, CanSpeak: p.n.Speak != nil,
	}
}

// show writes a page, or one block of it.
func (p *pages) show(w http.ResponseWriter, page, block string, status int, v view) {
	var b bytes.Buffer
	if err := p.pages[page].ExecuteTemplate(&b, block, v); err != nil {
		p.n.Logger.Error("pretend network: page", "page", page, "error", err)
		http.Error(w, "The page could not be made.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("X-Version", strconv.FormatInt(v.Version, 10))
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // whoever asked may have gone
}

// text is a handset and its messages.
func (p *pages) text(w http.ResponseWriter, r *http.Request) {
	v := p.handset(r.FormValue("number"))
	p.show(w, "text", "layout.html", http.StatusOK, v)
}

func (p *pages) handset(number string) view {
	v := p.view("text", "Text messages")
	v.Version, _ = p.n.state()
	v.Handsets = p.n.Handsets()
	v.New = p.n.unused()
	v.Number = telephone(number)
	if v.Number == "" && len(v.Handsets) > 0 {
		v.Number = v.Handsets[0]
	}
	if v.Number == "" {
		v.Number = v.New
	}
	if !slices.Contains(v.Handsets, v.Number) {
		v.Handsets = append([]string{v.Number}, v.Handsets...)
	}
	v.Messages, v.Off = p.n.history(v.Number), p.n.Off(v.Number)
	v.Presses = p.n.Presses(v.Number)
	return v
}

// thread is the messages alone, as soon as there is something new.
func (p *pages) thread(w http.ResponseWriter, r *http.Request) {
	if !p.await(r) {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	p.show(w, "text", "messages", http.StatusOK, p.handset(r.FormValue("number")))
}

// await holds a request open until something has changed since the version it
// names; false when nothing has.
func (p *pages) await(r *http.Request) bool {
	since, err := strconv.ParseInt(r.FormValue("since"), 10, 64)
	if err != nil {
		return true
	}
	p.n.holding(r)
	ctx, cancel := context.WithTimeout(r.Context(), pollFor)
	defer cancel()
	for {
		version, changed := p.n.state()
		if version != since {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		case <-p.n.ctx.Done():
			return false
		}
	}
}

func (p *pages) sendText(w http.ResponseWriter, r *http.Request) {
	number, body := telephone(r.FormValue("number")), strings.TrimSpace(r.FormValue("body"))
	v := p.handset(number)
	switch {
	case number == "":
		v.Problem = "A handset has a number such as " + v.New + "."
	case body == "":
		v.Problem = "Write something first."
	}
	if v.Problem != "" {
		p.show(w, "text", "layout.html", http.StatusBadRequest, v)
		return
	}
	// What went wrong shows beside the message in the thread.
	if _, err := p.n.Text(r.Context(), number, p.n.SMSNumber, body); err != nil {
		p.n.Logger.Warn("pretend network: a text was not taken")
	}
	http.Redirect(w, r, "/simulator?number="+url.QueryEscape(number), http.StatusSeeOther)
}

// power switches a handset off or on.
func (p *pages) power(w http.ResponseWriter, r *http.Request) {
	number := telephone(r.FormValue("number"))
	if number == "" {
		http.Error(w, "A handset has a number.", http.StatusBadRequest)
		return
	}
	p.n.SwitchOff(number, r.FormValue("off") != "")
	http.Redirect(w, r, "/simulator?number="+url.QueryEscape(number), http.StatusSeeOther)
}

// press has whoever answers a handset press 1, or nothing.
func (p *pages) press(w http.ResponseWriter, r *http.Request) {
	number := telephone(r.FormValue("number"))
	if number == "" {
		http.Error(w, "A handset has a number.", http.StatusBadRequest)
		return
	}
	keys := ""
	if r.FormValue("press") != "" {
		keys = "1"
	}
	p.n.Press(number, keys)
	http.Redirect(w, r, "/simulator?number="+url.QueryEscape(number), http.StatusSeeOther)
}

func (p *pages) ring(w http.ResponseWriter, r *http.Request) {
	v := p.handset(r.FormValue("number"))
	v.Here, v.Title = "ring", "Ring the concern line"
	p.show(w, "ring", "layout.html", http.StatusOK, v)
}

func (p *pages) startCall(w http.ResponseWriter, r *http.Request) {
	from := telephone(r.FormValue("number"))
	if r.FormValue("withheld") != "" {
		from = ""
	}
	call, err := p.n.Call(r.Context(), from, p.n.VoiceNumber)
	if err != nil {
		p.n.Logger.Warn("pretend network: a call was not answered")
	}
	http.Redirect(w, r, "/simulator/call/"+call.SID(), http.StatusSeeOther)
}

// callView is a call as its page shows it.
type callView struct {
	SID            string
	Said           []string
	Waiting, Ended bool
}

func (p *pages) callView(c *Call) view {
	v := p.view("ring", "Call to the concern line")
	v.Version, _ = p.n.state()
	v.Call = callView{SID: c.SID(), Said: c.Said(), Waiting: c.Waiting(), Ended: c.Ended()}
	return v
}

func (p *pages) showCall(w http.ResponseWriter, r *http.Request) {
	if c, ok := p.n.call(r.PathValue("sid")); ok {
		p.show(w, "call", "layout.html", http.StatusOK, p.callView(c))
		return
	}
	http.NotFound(w, r)
}

func (p *pages) heard(w http.ResponseWriter, r *http.Request) {
	c, ok := p.n.call(r.PathValue("sid"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	if !p.await(r) {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	p.show(w, "call", "call", http.StatusOK, p.callView(c))
}

// said is one line of a call as sound.
func (p *pages) said(w http.ResponseWriter, r *http.Request) {
	c, ok := p.n.call(r.PathValue("sid"))
	line, err := strconv.Atoi(strings.TrimSuffix(r.PathValue("line"), ".wav"))
	if !ok || err != nil || p.n.Speak == nil {
		http.NotFound(w, r)
		return
	}
	said := c.Said()
	if line < 0 || line >= len(said) {
		http.NotFound(w, r)
		return
	}
	wav, err := p.n.Speak(r.Context(), said[line])
	if err != nil {
		p.n.Logger.Warn("pretend network: no voice", "error", err)
		http.Error(w, "There is no voice on this machine.", http.StatusServiceUnavailable)
		return
	}
	http.ServeContent(w, r, "said.wav", time.Time{}, bytes.NewReader(wav))
}

// act is something that the caller does.
func (p *pages) act(w http.ResponseWriter, r *http.Request) {
	c, ok := p.n.call(r.PathValue("sid"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	wav, err := p.sound(r)
	if err == nil {
		err = do(r, c, wav)
	}
	if err != nil {
		v := p.callView(c)
		v.Problem = problem(err)
		p.show(w, "call", "layout.html", http.StatusBadRequest, v)
		return
	}
	http.Redirect(w, r, "/simulator/call/"+c.SID(), http.StatusSeeOther)
}

// sound is what the caller says: a WAV file that was recorded or chosen, or
// words to be spoken. nil when they say nothing.
func (p *pages) sound(r *http.Request) ([]byte, error) {
	switch r.PathValue("act") {
	case "say":
		words := strings.TrimSpace(r.FormValue("words"))
		if words == "" {
			return nil, errNoWords
		}
		if p.n.Speak == nil {
			return nil, errNoVoice
		}
		return p.n.Speak(r.Context(), words)
	case "record":
		file, _, err := r.FormFile("wav")
		if err != nil {
			return nil, errNoFile
		}
		defer file.Close() //nolint:errcheck // it was only read
		return io.ReadAll(io.LimitReader(file, maxUpload))
	}
	return nil, nil
}

func do(r *http.Request, c *Call, wav []byte) error {
	switch r.PathValue("act") {
	case "say", "record":
		if r.FormValue("then") == "hangup" {
			return c.RecordAndHangUp(r.Context(), wav)
		}
		return c.Record(r.Context(), wav)
	case "silence":
		return c.Silence(r.Context())
	case "hangup":
		return c.HangUp(r.Context())
	}
	return errNoAct
}

var (
	errNoWords = errors.New("there are no words to speak")
	errNoVoice = errors.New("there is no voice on this machine")
	errNoFile  = errors.New("there is no file")
	errNoAct   = errors.New("a caller cannot do that")
)

// problem puts an error into words for whoever plays the caller.
func problem(err error) string {
	for known, words := range map[error]string{
		errNoWords: "Write what the caller says first.", errNoVoice: "There is no voice on this machine: install espeak-ng, or choose a WAV file.",
		errNoFile: "Choose a WAV file first.", errNotWAV: "That is not a WAV file.", ErrEnded: "The call is over.",
		ErrNotWaiting: "Nothing is being recorded now.", errNoAct: "A caller cannot do that.",
	} {
		if errors.Is(err, known) {
			return words
		}
	}
	return "The helpline did not answer. The caller heard so."
}
