package console

import (
	"strconv"

	"helpline/dialog"
)

// postJudge writes down what the worker makes of one message.
func (c *Console) postJudge(v *visit) error {
	s, err := field(v, "of")
	if err != nil {
		return err
	}
	of, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return &dialog.InvalidError{Field: "of", Problem: "is not the number of a message"}
	}
	var level dialog.Level
	if err := level.UnmarshalText([]byte(v.FormValue("level"))); err != nil {
		return &dialog.InvalidError{Field: "level", Problem: "is missing"}
	}
	var cats []dialog.Category
	if s := dialog.Category(v.FormValue("category")); s != "" {
		if _, known := categoryNames[s]; !known {
			return &dialog.InvalidError{Field: "category", Problem: "is not in the list"}
		}
		cats = append(cats, s)
	}
	if err := c.cfg.Desk.Judge(v.Request().Context(), v.worker, c.conv(v), of, level, cats); err != nil {
		return err
	}
	return c.done(v, c.conv(v), "judged")
}
