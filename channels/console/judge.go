package console

import (
	"slices"
	"strconv"
	"strings"

	"helpline/dialog"
)

// judgeKeys are the keys of the kinds, while the question beside a message has
// the focus. y and the digits are those of the level.
var judgeKeys = map[dialog.Category]string{
	dialog.SuicideSelfHarm:  "s",
	dialog.ViolenceDebt:     "v",
	dialog.MentalHealth:     "m",
	dialog.PhysicalHealth:   "p",
	dialog.Substance:        "d",
	dialog.FoodRefusal:      "f",
	dialog.BadNews:          "b",
	dialog.NoContact:        "n",
	dialog.ChildSafety:      "c",
	dialog.PublicProtection: "a",
	dialog.ThreatToOthers:   "t",
	dialog.CallerWellbeing:  "w",
	dialog.OtherRisk:        "o",
}

// kindView is one kind of risk as a button: pressed, or to be pressed. Then is
// what the kinds are after it was.
type kindView struct {
	Key, Name, Then string
	On              bool
}

// judgeKinds are the buttons beside a message that tells of a risk. A risk has
// a kind: taking its last one away leaves "another risk".
func judgeKinds(j *judged) (out []kindView) {
	if j == nil || j.Level == dialog.LevelNone {
		return nil
	}
	for _, c := range categories {
		k := kindView{Key: judgeKeys[c], Name: categoryName(c), On: slices.Contains(j.Categories, c)}
		var then []string
		for _, other := range categories {
			if slices.Contains(j.Categories, other) != (other == c) {
				then = append(then, string(other))
			}
		}
		if len(then) == 0 {
			then = []string{string(dialog.OtherRisk)}
		}
		k.Then = strings.Join(then, ",")
		out = append(out, k)
	}
	return out
}

// sameKinds says that two lists hold the same kinds, in whatever order.
func sameKinds(a, b []dialog.Category) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(c dialog.Category) bool { return !slices.Contains(b, c) })
}

// postJudge writes down what the worker makes of one message: how soon people
// must act, or what kind of risk it is at the level it has.
func (c *Console) postJudge(v *visit) error {
	s, err := field(v, "of")
	if err != nil {
		return err
	}
	of, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return &dialog.InvalidError{Field: "of", Problem: "is not the number of a message"}
	}
	said := v.FormValue("level")
	if said == "" && v.FormValue("kinds") != "" {
		said = v.FormValue("was")
	}
	var level dialog.Level
	if err := level.UnmarshalText([]byte(said)); err != nil {
		return &dialog.InvalidError{Field: "level", Problem: "is missing"}
	}
	var kinds []dialog.Category
	for k := range strings.SplitSeq(v.FormValue("kinds"), ",") {
		if k == "" {
			continue
		}
		if _, known := categoryNames[dialog.Category(k)]; !known {
			return &dialog.InvalidError{Field: "kind", Problem: "is not in the list"}
		}
		kinds = append(kinds, dialog.Category(k))
	}
	if err := c.cfg.Desk.Judge(v.Request().Context(), v.worker, c.conv(v), of, level, kinds); err != nil {
		return err
	}
	return c.done(v, c.conv(v), "judged")
}
