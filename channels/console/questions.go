package console

import (
	"cmp"
	"net/http"
	"strings"

	"helpline/dialog"
	"helpline/knowledge"
	"helpline/knowledge/editing"
)

// questionsView is what people asked and no sheet answers, by subject.
type questionsView struct {
	page
	Subjects []questionSubject
	Count    int
	Full     bool // there may be more than are shown
}

type questionSubject struct {
	Name      string
	Questions []questionRow
}

type questionRow struct {
	editing.Unanswered
	Country string // "" not known
}

// questionsShown is how many questions stand on the page.
const questionsShown = 200

// showQuestions lists what to write about next. Who asked is not known here.
func (c *Console) showQuestions(v *visit) error {
	list, err := c.cfg.Editing.Unanswered(v.Request().Context(), questionsShown)
	if err != nil {
		return err
	}
	view := questionsView{page: c.page(v, "Questions", "questions"), Count: len(list), Full: len(list) == questionsShown}
	for _, u := range list {
		name := cmp.Or(subjectName(u.Intent), "No subject")
		if n := len(view.Subjects); n == 0 || view.Subjects[n-1].Name != name {
			view.Subjects = append(view.Subjects, questionSubject{Name: name})
		}
		row := questionRow{Unanswered: u}
		if u.Jurisdiction != "" && u.Jurisdiction != knowledge.UK {
			row.Country = countryName(dialog.Jurisdiction(u.Jurisdiction))
		}
		s := &view.Subjects[len(view.Subjects)-1]
		s.Questions = append(s.Questions, row)
	}
	return c.render(v, http.StatusOK, "questions", view)
}

// subjectName reads the id of a subject as words.
func subjectName(id string) string {
	if id == "" {
		return ""
	}
	return strings.TrimSuffix(sentence(strings.NewReplacer("-", " ", "_", " ").Replace(id)), ".")
}

// postQuestionDone takes a question off the list.
func (c *Console) postQuestionDone(v *visit) error {
	if err := c.cfg.Editing.Done(v.Request().Context(), v.Param("id")); err != nil {
		return notFound(err)
	}
	return v.Redirect(http.StatusSeeOther, "/console/questions?done=dealt")
}
