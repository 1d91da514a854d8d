package store_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"helpline/dialog"
	"helpline/dialog/store"
)

// fill gives every field of a struct a value of its own, so that two columns that were mixed up are seen.
func fill(t *testing.T, v any) {
	t.Helper()
	n := 0
	var set func(reflect.Value)
	set = func(f reflect.Value) {
		n++
		switch f.Interface().(type) {
		case time.Time:
			f.Set(reflect.ValueOf(evening.Add(time.Duration(n)*time.Hour + 7*time.Millisecond)))
			return
		case json.RawMessage:
			f.Set(reflect.ValueOf(json.RawMessage(fmt.Sprintf(`{"n": %d}`, n))))
			return
		case dialog.Level:
			f.Set(reflect.ValueOf(dialog.LevelUrgent))
			return
		}
		switch kind := f.Kind(); {
		case kind == reflect.Struct:
			for i := range f.NumField() {
				set(f.Field(i))
			}
		case kind == reflect.Slice:
			f.Set(reflect.MakeSlice(f.Type(), 2, 2))
			set(f.Index(0))
			set(f.Index(1))
		case kind == reflect.String:
			f.SetString(fmt.Sprintf("ž'%d", n))
		case f.CanInt():
			f.SetInt(int64(n))
		case kind == reflect.Bool:
			f.SetBool(true)
		case kind == reflect.Pointer:
			f.Set(reflect.New(f.Type().Elem()))
			set(f.Elem())
		default:
			t.Fatalf("no value for a %s", f.Type())
		}
	}
	set(reflect.ValueOf(v).Elem())
}

func TestEveryFieldReadsBackAsWritten(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		var p dialog.Person
		var c dialog.Conversation
		var e dialog.Event
		var k dialog.Concern
		var o dialog.Obligation
		var out dialog.OutboxItem
		var rec dialog.Recording
		for _, v := range []any{&p, &c, &e, &k, &o, &out, &rec} {
			fill(t, v)
		}
		o.Concern = k.ID
		must(t, do(t, s, insertPerson(p), insertConversation(c), appendEvents(e), insertConcern(k, o), queueLines(out), insertRecording(rec)))
		check := func() {
			t.Helper()
			same(t, p, ask(t, s, func(r dialog.Reader) (dialog.Person, error) { return r.Person(p.ID) }))
			same(t, c, ask(t, s, func(r dialog.Reader) (dialog.Conversation, error) { return r.Conversation(c.ID) }))
			same(t, []dialog.Event{e}, ask(t, s, func(r dialog.Reader) ([]dialog.Event, error) { return r.Events(e.Conversation, 0, 0) }))
			same(t, k, ask(t, s, func(r dialog.Reader) (dialog.Concern, error) { return r.Concern(k.ID) }))
			same(t, []dialog.Obligation{o}, ask(t, s, func(r dialog.Reader) ([]dialog.Obligation, error) { return r.Obligations(k.ID) }))
			same(t, out, ask(t, s, func(r dialog.Reader) (dialog.OutboxItem, error) { return r.OutboxItem(out.ID) }))
			same(t, rec, ask(t, s, func(r dialog.Reader) (dialog.Recording, error) { return r.Recording(rec.ID) }))
		}
		check()

		// Every field that may change is changed, by way of what the structs hold when they are shifted by one.
		c2, k2, o2, out2, rec2 := c, k, o, out, rec
		change(t, &c2, "ID", "Ref", "Line", "Medium", "Person", "Test", "OpenedAt")
		change(t, &k2, "ID", "Ref", "Conversation", "Person", "OpenedAt")
		change(t, &o2, "Concern", "Kind")
		change(t, &out2, "ID", "Conversation", "Seq", "Line", "Person", "Text", "FromBot", "CreatedAt")
		change(t, &rec2, "ID", "Conversation", "Seq", "ProviderID", "CreatedAt")
		must(t, do(t, s, update(c2, c.Version), func(tx dialog.Tx) error { return tx.UpdateConcern(k2, k.Version) },
			func(tx dialog.Tx) error { return tx.PutObligation(o2) },
			func(tx dialog.Tx) error { return tx.UpdateOutbox(out2, out.State) },
			func(tx dialog.Tx) error { return tx.UpdateRecording(rec2, rec.State) }))
		c, k, o, out, rec = c2, k2, o2, out2, rec2
		check()
	})
}

// change gives every field but those named another value.
func change(t *testing.T, v any, keep ...string) {
	t.Helper()
	s := reflect.ValueOf(v).Elem()
	for i := range s.NumField() {
		if name := s.Type().Field(i).Name; !strings.Contains(" "+strings.Join(keep, " ")+" ", " "+name+" ") {
			alter(t, s.Field(i))
		}
	}
}

func alter(t *testing.T, f reflect.Value) {
	t.Helper()
	switch v := f.Interface().(type) {
	case time.Time:
		f.Set(reflect.ValueOf(v.Add(1001 * time.Millisecond)))
		return
	case json.RawMessage:
		f.Set(reflect.ValueOf(json.RawMessage(`[` + string(v) + `]`)))
		return
	case dialog.Level:
		f.Set(reflect.ValueOf(v + 1))
		return
	}
	switch kind := f.Kind(); {
	case kind == reflect.Struct:
		for i := range f.NumField() {
			alter(t, f.Field(i))
		}
	case kind == reflect.Slice:
		f.Set(f.Slice(0, 1))
	case kind == reflect.String:
		f.SetString(f.String() + " changed")
	case f.CanInt():
		f.SetInt(f.Int() + 1000)
	case kind == reflect.Bool:
		f.SetBool(!f.Bool())
	case kind == reflect.Pointer:
		other := reflect.New(f.Type().Elem())
		other.Elem().Set(f.Elem())
		alter(t, other.Elem())
		f.Set(other)
	default:
		t.Fatalf("no other value for a %s", f.Type())
	}
}

func TestEmptyFieldsReadBackEmpty(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		c := dialog.Conversation{ID: "c"}
		k := dialog.Concern{ID: "k"}
		must(t, do(t, s, insertConversation(c), insertConcern(k), appendEvents(dialog.Event{Conversation: "c"})))
		same(t, c, ask(t, s, func(r dialog.Reader) (dialog.Conversation, error) { return r.Conversation("c") }))
		same(t, k, ask(t, s, func(r dialog.Reader) (dialog.Concern, error) { return r.Concern("k") }))
		same(t, []dialog.Event{{Conversation: "c"}}, ask(t, s, func(r dialog.Reader) ([]dialog.Event, error) { return r.Events("c", -1, 0) }))
	})
}
