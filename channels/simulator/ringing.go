package simulator

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Ringing is a telephone call from the helpline to a handset.
type Ringing struct {
	SID    string
	To     string
	Status string   // Twilio's: queued, ringing, completed, no-answer
	Said   []string // what whoever answers hears, in order
	At     time.Time
}

// Rang returns the calls that the helpline made to a handset, oldest first.
func (n *Network) Rang(number string) []Ringing {
	n.mu.Lock()
	defer n.mu.Unlock()
	var calls []Ringing
	for _, c := range n.ringing {
		if c.To == number {
			calls = append(calls, *c)
		}
	}
	return calls
}

// SwitchOff switches a handset off, or on again: texts to it are reported
// undelivered with 30003, and calls are not answered.
func (n *Network) SwitchOff(number string, off bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.off[number] = off
	n.touch()
}

// Off says that a handset is switched off.
func (n *Network) Off(number string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.off[number]
}

// wrongCall says what Twilio would find wrong with a new call.
func (n *Network) wrongCall(form url.Values) (said []string, e *apiError) {
	bad := func(code int, message string) ([]string, *apiError) {
		return nil, newAPIError(http.StatusBadRequest, code, message)
	}
	to, from, doc := form.Get("To"), form.Get("From"), form.Get("Twiml")
	switch {
	case to == "":
		return bad(21201, "No 'To' number is specified")
	case from == "":
		return bad(21213, "No 'From' number is specified")
	case !e164.MatchString(to):
		return bad(21211, "Invalid 'To' Phone Number: "+to)
	case from != n.VoiceNumber:
		return bad(21210, "The source phone number provided, "+from+", is not yet verified for your account.")
	case doc == "":
		return bad(21205, "Url parameter is required.")
	case len(doc) > 4000:
		return bad(21217, "The Twiml parameter exceeds 4000 characters")
	}
	if callback := form.Get("StatusCallback"); callback != "" {
		if u, err := url.Parse(callback); err != nil || u.Host == "" {
			return bad(21609, "The 'StatusCallback' URL "+callback+" is not a valid URL.")
		}
	}
	verbs, err := parseTwiML([]byte(doc))
	if err != nil {
		return bad(12100, "Document parse failure")
	}
	for _, v := range verbs {
		if v.name == "Say" {
			said = append(said, v.text())
		}
	}
	return said, nil
}

// createCall rings a handset: POST Calls.json
// (https://www.twilio.com/docs/voice/api/call-resource#create-a-call-resource).
func (n *Network) createCall(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		writeError(w, newAPIError(http.StatusBadRequest, 20001, "Unable to parse the request"))
		return
	}
	said, e := n.wrongCall(r.PostForm)
	if e != nil {
		writeError(w, e)
		return
	}
	n.mu.Lock()
	if e, hang := n.refusal(); e != nil || hang {
		n.mu.Unlock()
		if hang {
			n.hang(r)
			return
		}
		writeError(w, e)
		return
	}
	c := &Ringing{SID: newSID("CA"), To: r.PostForm.Get("To"), Status: "queued", At: n.Now()}
	n.ringing = append(n.ringing, c)
	if len(n.ringing) > keep {
		n.ringing = n.ringing[1:]
	}
	answered := !n.off[c.To]
	if _, ok := n.takeFault(NoAnswer); ok {
		answered = false
	}
	n.touch()
	created, callback := *c, r.PostForm.Get("StatusCallback")
	n.mu.Unlock()
	n.work.Go(func() { n.ringOut(c, answered, said, callback) })
	writeJSON(w, http.StatusCreated, map[string]any{
		"account_sid": n.AccountSID, "api_version": apiVersion, "sid": created.SID, "from": n.VoiceNumber, "to": created.To,
		"direction": "outbound-api", "status": created.Status, "date_created": created.At.UTC().Format(time.RFC1123Z),
		"uri": "/" + apiVersion + "/Accounts/" + n.AccountSID + "/Calls/" + created.SID + ".json",
	})
}

// ringOut lets a handset ring and, by Twilio's default, tells the helpline of
// the end alone.
func (n *Network) ringOut(c *Ringing, answered bool, said []string, callback string) {
	step := func(status string, said []string) {
		n.mu.Lock()
		defer n.mu.Unlock()
		c.Status, c.Said = status, said
		n.touch()
	}
	step("ringing", nil)
	if n.Pace > 0 {
		select {
		case <-time.After(n.Pace):
		case <-n.ctx.Done():
			return
		}
	}
	last, length := "no-answer", 0
	if answered {
		last, length = "completed", 1+len(strings.Join(said, " "))/12
	} else {
		said = nil
	}
	step(last, said)
	if callback == "" {
		return
	}
	form := url.Values{
		"CallSid": {c.SID}, "CallStatus": {last}, "AccountSid": {n.AccountSID}, "ApiVersion": {apiVersion},
		"From": {n.VoiceNumber}, "To": {c.To}, "Caller": {n.VoiceNumber}, "Called": {c.To}, "Direction": {"outbound-api"},
		"CallDuration": {strconv.Itoa(length)},
	}
	if got := n.deliver(n.ctx, callback, "", form); !got.ok() && n.ctx.Err() == nil {
		n.Logger.Warn("pretend network: the end of a call to staff was not taken", "status", got.status)
	}
}

// entry is one line of a handset's history, as its page shows it.
type entry struct {
	Message
	Call *Ringing
}

// history is the texts and calls of a handset in the order in which they came.
func (n *Network) history(number string) []entry {
	var all []entry
	for _, m := range n.Thread(number) {
		all = append(all, entry{Message: m})
	}
	for _, c := range n.Rang(number) {
		all = append(all, entry{Message: Message{SID: c.SID, At: c.At}, Call: &c})
	}
	slices.SortStableFunc(all, func(a, b entry) int { return a.At.Compare(b.At) })
	return all
}
