package store

import (
	"strconv"
	"strings"
)

// most is how many rows one INSERT carries: a turn has two to five events, and a database keeps each length prepared.
const most = 8

// statements are those whose text depends on a number of rows. They are made once.
type statements struct {
	events, outbox, obligations [most + 1]string
}

func newStatements() *statements {
	s := &statements{}
	for n := 1; n <= most; n++ {
		s.events[n] = insertEvents + rows(n, eventWidth)
		s.outbox[n] = insertOutbox + rows(n, outboxWidth)
		s.obligations[n] = insertObligations + rows(n, obligationWidth)
	}
	return s
}

// rows writes n rows of placeholders: ($1, $2), ($3, $4).
func rows(n, width int) string {
	var b strings.Builder
	for i := range n * width {
		switch {
		case i == 0:
			b.WriteString("(")
		case i%width == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(i+1))
	}
	b.WriteString(")")
	return b.String()
}

// insert queues the values in as few statements as there must be.
func insert[T any](t *transaction, sql *[most + 1]string, width int, values []T, args func([]any, *T) ([]any, error)) error {
	for len(values) > 0 {
		n := min(len(values), most)
		list := make([]any, 0, n*width)
		for i := range values[:n] {
			var err error
			if list, err = args(list, &values[i]); err != nil {
				return err
			}
		}
		if err := t.write(sql[n], list...); err != nil {
			return err
		}
		values = values[n:]
	}
	return nil
}
