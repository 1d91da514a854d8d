package simulator

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// kind is a fault as the page offers it.
type kind struct {
	Kind  FaultKind
	Group string
	Words string
	Code  int // suggested; 0: it has none
}

var kinds = []kind{
	{Timeout, "The next text from the helpline", "is not answered, and not taken", 0},
	{TimeoutTaken, "The next text from the helpline", "is not answered, but goes out", 0},
	{Dropped, "The next text from the helpline", "goes out, but the connection breaks before the answer", 0},
	{TooMany, "The next text from the helpline", "is refused: too many at once (429)", 0},
	{ServerError, "The next text from the helpline", "meets a fault of the network (500)", 0},
	{Rejected, "The next text from the helpline", "is refused with a code (21610: they texted STOP; 21211: no such number)", 21610},
	{Undelivered, "The next text from the helpline", "is taken but not delivered (30003 switched off, 30005 unknown, 30006 landline, 30007 filtered, 30034)", 30003},
	{ReceiptsTwice, "Its receipts", "come twice", 0},
	{ReceiptsLate, "Its receipts", "come late", 0},
	{ReceiptsReversed, "Its receipts", "come in the wrong order", 0},
	{NoReceipts, "Its receipts", "never come", 0},
	{NoAnswer, "The next call from the helpline", "is not answered", 0},
	{WebhookTenfold, "The next text to the helpline", "is brought ten times at once", 0},
	{NoRecording, "The next recording", "is not there yet when it is asked for (404)", 0},
	{RecordingFirst, "The next recording", "is announced before the call goes on", 0},
	{RecordingTwice, "The next recording", "is announced twice", 0},
}

// Words says what the fault is.
func (f Fault) Words() string {
	for _, k := range kinds {
		if k.Kind == f.Kind {
			words := k.Group + " " + k.Words
			if f.Code != 0 {
				words = fmt.Sprintf("%s: %d", words, f.Code)
			}
			return words
		}
	}
	return string(f.Kind)
}

func (p *pages) faultsView() view {
	v := p.view("faults", "Things that go wrong")
	v.Version, _ = p.n.state()
	v.Faults, v.Kinds = p.n.Faults(), kinds
	return v
}

func (p *pages) showFaults(w http.ResponseWriter, _ *http.Request) {
	p.show(w, "faults", "layout.html", http.StatusOK, p.faultsView())
}

func (p *pages) fail(w http.ResponseWriter, r *http.Request) {
	f := Fault{Kind: FaultKind(r.FormValue("kind"))}
	for _, k := range kinds {
		if k.Kind != f.Kind {
			continue
		}
		if f.Code = k.Code; k.Code != 0 {
			if code, err := strconv.Atoi(r.FormValue("code")); err == nil && code > 0 {
				f.Code = code
			}
		}
		if times, err := strconv.Atoi(r.FormValue("times")); err == nil {
			f.Times = min(times, 1000)
		}
		p.n.Fail(f)
		http.Redirect(w, r, "/simulator/faults", http.StatusSeeOther)
		return
	}
	v := p.faultsView()
	v.Problem = "Choose what should go wrong."
	p.show(w, "faults", "layout.html", http.StatusBadRequest, v)
}

func (p *pages) mend(w http.ResponseWriter, r *http.Request) {
	p.n.Mend()
	http.Redirect(w, r, "/simulator/faults", http.StatusSeeOther)
}

// unused suggests a number for a new handset, from those that Ofcom keeps for
// drama: 07700 900000 to 900999.
func (n *Network) unused() string {
	taken := map[string]bool{}
	for _, number := range n.Handsets() {
		taken[number] = true
	}
	for range 1000 {
		if number := fmt.Sprintf("+447700900%03d", rand.IntN(1000)); !taken[number] {
			return number
		}
	}
	return "+447700900000"
}

// telephone reads a number as people write it; empty when it is none.
func telephone(s string) string {
	s = strings.NewReplacer(" ", "", "-", "", "(", "", ")", "").Replace(strings.TrimSpace(s))
	if strings.HasPrefix(s, "0") && len(s) > 6 {
		s = "+44" + s[1:]
	}
	if !strings.HasPrefix(s, "+") && s != "" && s[0] != '0' {
		s = "+" + s // a plus sign that a form read as a space
	}
	if !e164.MatchString(s) {
		return ""
	}
	return s
}

// piece is a stretch of a message; Link is where it leads.
type piece struct{ Text, Link string }

var linkPattern = regexp.MustCompile(`https?://[^\s<>"]*[^\s<>".,;:!?)]`)

// links finds the links in a message.
func links(body string) (pieces []piece) {
	for _, at := range linkPattern.FindAllStringIndex(body, -1) {
		before := 0
		for _, p := range pieces {
			before += len(p.Text)
		}
		if at[0] > before {
			pieces = append(pieces, piece{Text: body[before:at[0]]})
		}
		pieces = append(pieces, piece{Text: body[at[0]:at[1]], Link: body[at[0]:at[1]]})
	}
	done := 0
	for _, p := range pieces {
		done += len(p.Text)
	}
	if done < len(body) {
		pieces = append(pieces, piece{Text: body[done:]})
	}
	return pieces
}

// statusWords is how a handset tells what became of a message.
func statusWords(m Message) string {
	switch {
	case m.Status == "failed" && m.Incoming:
		return "not taken by the helpline"
	case m.Code != 0:
		return fmt.Sprintf("%s (%d)", m.Status, m.Code)
	case m.Status == "queued":
		return "on its way"
	case m.Status == "sent":
		return "sent ✓"
	case m.Status == "delivered":
		return "delivered ✓✓"
	case m.Status == "received":
		return "taken ✓"
	}
	return m.Status
}

// rangWords is how a handset tells what became of a call to it.
func rangWords(c *Ringing) string {
	switch c.Status {
	case "completed":
		return fmt.Sprintf("rang, and said this %d times", len(c.Said))
	case "no-answer":
		return "rang, and nobody answered"
	}
	return "rings"
}

func isTone(said string) bool { return strings.HasPrefix(said, "(") && strings.HasSuffix(said, ")") }
