package console

import (
	"net/http"

	"helpline/internal/accounts"
)

type peopleView struct {
	page
	People []accounts.Person
}

// showPeople lists who may sign in. Accounts are made and changed with the
// command "helpline user".
func (c *Console) showPeople(v *visit) error {
	people, err := c.cfg.Accounts.People(v.Request().Context())
	if err != nil {
		return err
	}
	return c.render(v, http.StatusOK, "people", peopleView{page: c.page(v, "People", "people"), People: people})
}
