package store

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"helpline/dialog"
	"helpline/internal/db"
)

// selectReportConcerns goes by concerns_opened. What belongs to a concern comes from sub-queries that give one value each: from a join PostgreSQL
// may begin with every conversation there ever was. A duty is "kind state due at".
const selectReportConcerns = `SELECT k.id, k.level, k.categories, k.prison, k.opened_at, k.closed_at,
	COALESCE((SELECT c.medium || ' ' || c.team FROM conversations c WHERE c.id = k.conversation), ' '),
	COALESCE((SELECT string_agg(o.kind || ' ' || o.state || ' ' || o.due_at || ' ' || o.at, ',' ORDER BY o.kind) FROM obligations o WHERE o.concern = k.id), '')
	FROM concerns k WHERE k.opened_at >= $1 AND k.opened_at < $2
	AND NOT (SELECT c.test FROM conversations c WHERE c.id = k.conversation) ORDER BY k.opened_at, k.id`

type reportRow struct {
	concern       dialog.ReportConcern
	where, duties string
}

func reportRowInto(q *reportRow) []any {
	k := &q.concern
	return []any{
		(*string)(&k.ID), (*int)(&k.Level), jsonInto{&k.Categories}, (*string)(&k.Prison), db.ScanTime(&k.OpenedAt), db.ScanTime(&k.ClosedAt),
		&q.where, &q.duties,
	}
}

// ReportConcerns reads the concerns that were raised in a period.
func (r *reader) ReportConcerns(from, to time.Time) ([]dialog.ReportConcern, error) {
	rows, err := all(r, "read concerns for a report", reportRowInto, selectReportConcerns, db.Millis(from), db.Millis(to))
	if err != nil {
		return nil, err
	}
	concerns := make([]dialog.ReportConcern, len(rows))
	for i, q := range rows {
		medium, team, _ := strings.Cut(q.where, " ")
		q.concern.Medium, q.concern.Team = dialog.Medium(medium), dialog.TeamID(team)
		if q.concern.Duties, err = reportDuties(q.duties); err != nil {
			return nil, fmt.Errorf("read the duties of concern %s for a report: %w", q.concern.ID, err)
		}
		concerns[i] = q.concern
	}
	return concerns, nil
}

var errDuty = errors.New("a duty is not kind, state and two times")

// reportDuties takes apart what the statement joined.
func reportDuties(joined string) (duties []dialog.ReportDuty, err error) {
	if joined == "" {
		return nil, nil
	}
	for one := range strings.SplitSeq(joined, ",") {
		parts := strings.Split(one, " ")
		if len(parts) != 4 {
			return nil, errDuty
		}
		due, err := strconv.ParseInt(parts[2], 10, 64)
		if err != nil {
			return nil, errDuty
		}
		at, err := strconv.ParseInt(parts[3], 10, 64)
		if err != nil {
			return nil, errDuty
		}
		duties = append(duties, dialog.ReportDuty{
			Kind: dialog.ObligationKind(parts[0]), State: dialog.ObligationState(parts[1]), DueAt: db.FromMillis(due), At: db.FromMillis(at),
		})
	}
	return duties, nil
}

// selectReportAlarms leaves out what is about tests of the lines, which a report tells apart.
const selectReportAlarms = `SELECT a.matter, a.step, COUNT(*) FROM alarms a
	WHERE a.raised_at > 0 AND a.raised_at >= $1 AND a.raised_at < $2 AND a.matter <> 'line_test' GROUP BY a.matter, a.step ORDER BY a.matter, a.step`

// ReportAlarms counts the steps of clocks that were raised in a period.
func (r *reader) ReportAlarms(from, to time.Time) ([]dialog.ReportAlarms, error) {
	return all(r, "count alarms for a report", func(a *dialog.ReportAlarms) []any {
		return []any{(*string)(&a.Matter), (*int)(&a.Step), &a.Count}
	}, selectReportAlarms, db.Millis(from), db.Millis(to))
}
