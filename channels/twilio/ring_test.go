package twilio

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"helpline/dialog"
)

// answered is what Twilio says when a key was pressed in a call of ours
// (https://www.twilio.com/docs/voice/twiml/gather#action).
func answered(digits string) url.Values {
	return url.Values{
		"AccountSid": {testAccount}, "CallSid": {"CA9"}, "CallStatus": {"in-progress"}, "Direction": {"outbound-api"},
		"From": {"+441632960999"}, "To": {person.Value}, "Digits": {digits}, "FinishedOnKey": {""}, "msg": {"Gather End"},
	}
}

func TestStaffAreAskedForAKeyWhenTheyAreRung(t *testing.T) {
	var form url.Values
	d := api(t, func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		form = r.PostForm
		w.WriteHeader(http.StatusCreated)
		fmt.Fprint(w, `{"sid":"CA9","status":"queued"}`)
	})
	d.VoiceNumber = "+441632960999"
	if _, err := d.Ring(t.Context(), "n 1", person.Value, "It is urgent."); err != nil {
		t.Fatal(err)
	}
	doc := form.Get("Twiml")
	for _, want := range []string{
		"<Gather", `numDigits="1"`, `action="` + testPublic + `/twilio/voice/answered?line=n+1"`, "Nobody has it.",
	} {
		if !strings.Contains(doc, want) {
			t.Errorf("%s has no %s", doc, want)
		}
	}
	if n := strings.Count(doc, "It is urgent."); n != 3 || strings.Index(doc, "Nobody has it.") < strings.Index(doc, "</Gather>") {
		t.Errorf("said %d times in %s", n, doc)
	}
}

func TestAKeyPressedByStaff(t *testing.T) {
	const path = "/twilio/voice/answered?line=n1"
	told := []dialog.DeliveryReport{{Outbox: "n1", ProviderID: "CA9", State: dialog.OutboxDelivered, HasIt: true}}
	for _, c := range []struct {
		name, digits, says string
		err                error
		status             int
		told               []dialog.DeliveryReport
	}{
		{"one", "1", "You have it. <Hangup>", nil, http.StatusOK, told},
		{"another key", "2", "Nobody has it. <Hangup>", nil, http.StatusOK, nil},
		{"no key", "", "Nobody has it. <Hangup>", nil, http.StatusOK, nil},
		{"a call that is not known", "1", "Nobody has it. <Hangup>", dialog.ErrNotFound, http.StatusOK, told},
		{"the store is away", "1", "", errors.New("away"), http.StatusServiceUnavailable, told},
	} {
		t.Run(c.name, func(t *testing.T) {
			desk := &notebook{err: c.err}
			h := serve(t, desk)
			got := post(t, h, path, answered(c.digits))
			if got.Code != c.status {
				t.Fatalf("answered %d %s", got.Code, got.Body)
			}
			if c.says != "" {
				if said, _ := script(t, got.Body.String()); said != c.says {
					t.Errorf("said %q, want %q", said, c.says)
				}
			}
			if diff := cmp.Diff(c.told, desk.reports); diff != "" {
				t.Error(diff)
			}
			keepsQuiet(t, errors.New(got.Body.String()))
		})
	}
}

// Nobody but Twilio can say that somebody has it.
func TestAKeyThatNobodySigned(t *testing.T) {
	desk := &notebook{}
	h := serve(t, desk)
	for _, signature := range []string{"", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=", sign(testToken, testPublic+"/twilio/voice/answered?line=n2", answered("1"))} {
		if got := postSigned(t, h, "/twilio/voice/answered?line=n1", answered("1").Encode(), signature); got.Code != http.StatusForbidden {
			t.Errorf("%q: answered %d", signature, got.Code)
		}
	}
	if len(desk.reports) > 0 {
		t.Errorf("told %+v", desk.reports)
	}
}
