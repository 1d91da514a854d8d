package webchat_test

import (
	"io/fs"
	"strings"

	"helpline/dialog"
	"helpline/dialog/desk"
)

// TEMPORARY until content/risk is there.
type words struct{}

func (words) Assess(text string, _ []string) dialog.Assessment {
	if strings.Contains(text, "bye to the kids") {
		return dialog.Assessment{Level: dialog.LevelImmediate, Categories: []dialog.Category{dialog.SuicideSelfHarm}, Who: dialog.WhoPrisoner, Language: "en"}
	}
	return dialog.Assessment{Who: dialog.WhoNone, Language: "en"}
}

func loadRisk(fs.FS) (desk.Assessor, error) { return words{}, nil }
