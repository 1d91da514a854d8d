package dialog_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"helpline/dialog"
)

// office is Monday to Friday from nine to five in London, with one bank holiday.
func office(t *testing.T) dialog.Hours {
	t.Helper()
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	h := dialog.Hours{Zone: london, Shut: []string{"2026-04-06"}} // Easter Monday
	for day := time.Monday; day <= time.Friday; day++ {
		h.Spans = append(h.Spans, dialog.Span{Day: day, From: 9 * 60, To: 17 * 60})
	}
	return h
}

func TestHours(t *testing.T) {
	h := office(t)
	const layout = "2006-01-02T15:04Z07:00"
	for _, c := range []struct {
		name, at, back string
		staffed        bool
	}{
		{"in the morning of a working day", "2026-03-02T09:00Z", "2026-03-02T09:00Z", true},
		{"a minute before", "2026-03-02T08:59Z", "2026-03-02T09:00Z", false},
		{"the last minute", "2026-03-02T16:59Z", "2026-03-02T16:59Z", true},
		{"the evening", "2026-03-02T17:00Z", "2026-03-03T09:00Z", false},
		{"after midnight", "2026-03-03T00:30Z", "2026-03-03T09:00Z", false},
		{"Friday night", "2026-03-06T22:00Z", "2026-03-09T09:00Z", false},
		{"summer time: nine is eight", "2026-06-01T07:59Z", "2026-06-01T08:00Z", false},
		{"summer time", "2026-06-01T08:00Z", "2026-06-01T08:00Z", true},
		{"over the change of the clocks", "2026-03-27T18:00Z", "2026-03-30T08:00Z", false},
		{"before a bank holiday", "2026-04-03T17:30Z", "2026-04-07T08:00Z", false},
		{"on a bank holiday", "2026-04-06T10:00Z", "2026-04-07T08:00Z", false},
	} {
		at, err := time.Parse(layout, c.at)
		if err != nil {
			t.Fatal(err)
		}
		back, ok := h.Back(at)
		if h.Staffed(at) != c.staffed || !ok || back.UTC().Format(layout) != c.back {
			t.Errorf("%s: staffed %v, back %s %v", c.name, h.Staffed(at), back.UTC().Format(layout), ok)
		}
	}
}

func TestWithoutHoursSomebodyIsAlwaysThere(t *testing.T) {
	var h dialog.Hours
	at := time.Date(2026, 12, 25, 3, 0, 0, 0, time.UTC)
	if back, ok := h.Back(at); !h.Staffed(at) || !ok || !back.Equal(at) {
		t.Errorf("at %v: back %v %v", at, back, ok)
	}
	shut := office(t)
	shut.Spans = []dialog.Span{{Day: time.Monday, From: 600, To: 600}}
	if back, ok := shut.Back(at); ok {
		t.Errorf("nobody ever comes, and is back %v", back)
	}
}
