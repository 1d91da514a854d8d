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
	Keys   string   // what they pressed
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

// Press has whoever answers a handset press keys when they are asked to, until
// told otherwise. Without keys they only listen.
func (n *Network) Press(number, keys string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.keys[number] = keys
	n.touch()
}

// Presses is what whoever answers a handset presses.
func (n *Network) Presses(number string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.keys[number]
}

// Off says that a handset is switched off.
func (n *Network) Off(number string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.off[number]
}

// wrongCall says what Twilio would find wrong with a new call.
func (n *Network) wrongCall(form url.Values) (verbs []*verb, e *apiError) {
	bad := func(code int, message string) ([]*verb, *apiError) {
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
	return verbs, nil
}

// play carries out TwiML for whoever answered, and returns what they heard, and
// where the helpline is to be told of the keys, if keys were asked for and pressed.
func play(verbs []*verb, keys string) (said []string, pressed string) {
	for _, v := range verbs {
		switch v.name {
		case "Say":
			said = append(said, v.text())
		case "Gather":
			heard, _ := play(v.inner, "")
			said = append(said, heard...)
			if keys != "" && v.attrs["action"] != "" {
				return said, v.attrs["action"]
			}
		case "Hangup", "Reject":
			return said, ""
		}
	}
	return said, ""
}

// createCall rings a handset: POST Calls.json
// (https://www.twilio.com/docs/voice/api/call-resource#create-a-call-resource).
func (n *Network) createCall(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		writeError(w, newAPIError(http.StatusBadRequest, 20001, "Unable to parse the request"))
		return
	}
	verbs, e := n.wrongCall(r.PostForm)
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
	created, callback, keys := *c, r.PostForm.Get("StatusCallback"), n.keys[c.To]
	n.mu.Unlock()
	n.work.Go(func() { n.ringOut(c, answered, verbs, keys, callback) })
	writeJSON(w, http.StatusCreated, map[string]any{
		"account_sid": n.AccountSID, "api_version": apiVersion, "sid": created.SID, "from": n.VoiceNumber, "to": created.To,
		"direction": "outbound-api", "status": created.Status, "date_created": created.At.UTC().Format(time.RFC1123Z),
		"uri": "/" + apiVersion + "/Accounts/" + n.AccountSID + "/Calls/" + created.SID + ".json",
	})
}

// ringOut lets a handset ring, has whoever answers press the keys that they are
// asked for, and, by Twilio's default, tells the helpline of the end alone.
func (n *Network) ringOut(c *Ringing, answered bool, verbs []*verb, keys, callback string) {
	step := func(status string, said []string, keys string) {
		n.mu.Lock()
		defer n.mu.Unlock()
		c.Status, c.Said, c.Keys = status, said, keys
		n.touch()
	}
	step("ringing", nil, "")
	if n.Pace > 0 {
		select {
		case <-time.After(n.Pace):
		case <-n.ctx.Done():
			return
		}
	}
	form := url.Values{
		"CallSid": {c.SID}, "AccountSid": {n.AccountSID}, "ApiVersion": {apiVersion},
		"From": {n.VoiceNumber}, "To": {c.To}, "Caller": {n.VoiceNumber}, "Called": {c.To}, "Direction": {"outbound-api"},
	}
	last, pressed := "no-answer", ""
	var said []string
	if answered {
		last = "completed"
		var action string
		if said, action = play(verbs, keys); action != "" {
			pressed = keys
			said = append(said, n.pressed(action, keys, form)...)
		}
	}
	step(last, said, pressed)
	if callback == "" {
		return
	}
	form.Set("CallStatus", last)
	form.Set("CallDuration", strconv.Itoa((len(strings.Join(said, " "))+11)/12))
	if got := n.deliver(n.ctx, callback, "", form); !got.ok() && n.ctx.Err() == nil {
		n.Logger.Warn("pretend network: the end of a call to staff was not taken", "status", got.status)
	}
}

// pressed tells the helpline of keys and returns what is said to that.
func (n *Network) pressed(action, keys string, call url.Values) []string {
	form := url.Values{"CallStatus": {"in-progress"}, "Digits": {keys}, "FinishedOnKey": {""}, "msg": {"Gather End"}}
	for name, values := range call {
		form[name] = values
	}
	got := n.deliver(n.ctx, action, "", form)
	verbs, err := parseTwiML(got.body)
	if !got.ok() || err != nil {
		return []string{applicationError}
	}
	said, _ := play(verbs, "")
	return said
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
