package console

import (
	"net/http"
	"slices"

	"helpline/dialog"
	"helpline/internal/accounts"
)

type peopleView struct {
	page
	People []personView
	Teams  []teamView // none: there is one team, and everybody is in it
}

type personView struct {
	accounts.Person
	Teams   []string // their names
	AllOf   bool     // sees the concerns of all teams
	Unknown []string // teams that there are not
}

// teamView is a team with who belongs to it.
type teamView struct {
	dialog.Team
	Members []string
	Prisons []string
}

// showPeople lists who may sign in. Accounts are made and changed with the
// command "helpline user".
func (c *Console) showPeople(v *visit) error {
	people, err := c.cfg.Accounts.People(v.Request().Context())
	if err != nil {
		return err
	}
	view := peopleView{page: c.page(v, "People", "people")}
	for _, t := range c.cfg.Teams {
		tv := teamView{Team: t}
		for _, id := range t.Prisons {
			if p, ok := c.cfg.Prisons.Get(id); ok {
				tv.Prisons = append(tv.Prisons, p.ShortName)
			}
		}
		view.Teams = append(view.Teams, tv)
	}
	for _, p := range people {
		view.People = append(view.People, view.place(p))
	}
	return c.render(v, http.StatusOK, "people", view)
}

// place finds the teams of a person, and puts them among their members. Who
// belongs to none works for all; who only manages works for none.
func (view *peopleView) place(p accounts.Person) personView {
	pv := personView{Person: p, AllOf: len(p.Teams) == 0 || p.Has(string(dialog.ManagerRole), string(dialog.Admin))}
	works := p.Has(string(dialog.Responder), string(dialog.SaferCustody))
	listens := works || p.Has(string(dialog.ManagerRole), string(dialog.Admin))
	for i := range view.Teams {
		t := &view.Teams[i]
		named := slices.Contains(p.Teams, string(t.ID))
		if named {
			pv.Teams = append(pv.Teams, t.Name)
		}
		if p.Active && (named && listens || works && len(p.Teams) == 0) {
			t.Members = append(t.Members, p.Name)
		}
	}
	for _, id := range p.Teams {
		if !slices.ContainsFunc(view.Teams, func(t teamView) bool { return string(t.ID) == id }) {
			pv.Unknown = append(pv.Unknown, id)
		}
	}
	return pv
}
