package knowledge

import (
	"errors"
	"time"
)

// Contact is an organisation or line in the contacts register.
type Contact struct {
	ID           string       `yaml:"id"`
	Name         string       `yaml:"name"`
	Does         string       `yaml:"does"` // what they do, in our own words
	Jurisdiction Jurisdiction `yaml:"jurisdiction"`
	Phone        string       `yaml:"phone"`
	Text         string       `yaml:"text"` // how to text them
	Email        string       `yaml:"email"`
	Web          string       `yaml:"web"`
	Hours        string       `yaml:"hours"`
	Source       string       `yaml:"source"`
	CheckedOn    string       `yaml:"checked_on"` // YYYY-MM-DD: when the source stated it, or somebody rang
	Note         string       `yaml:"note"`
	Disputed     bool         `yaml:"disputed"` // sources disagree: the note is shown, no number

	checkedOn time.Time
	line      int
}

// Checked is the date in CheckedOn; ok is false when it is not a date.
func (c Contact) Checked() (at time.Time, ok bool) { return c.checkedOn, !c.checkedOn.IsZero() }

// Contacts is the register. The zero value is empty.
type Contacts struct {
	list []Contact
	byID map[string]int
	file string
}

// List returns every contact in the order of the file. Callers do not change it.
func (c Contacts) List() []Contact { return c.list }

// Get returns the contact with the id.
func (c Contacts) Get(id string) (Contact, bool) {
	i, ok := c.byID[id]
	if !ok {
		return Contact{}, false
	}
	return c.list[i], true
}

// ParseContacts reads a contacts register. The error is *Faults.
func ParseContacts(name string, data []byte) (Contacts, error) {
	faults := &Faults{}
	contacts := Contacts{byID: map[string]int{}, file: name}
	var file struct {
		Contacts []Contact `yaml:"contacts"`
	}
	if err := decodeYAML(data, &file); err != nil {
		yamlFaults(faults, name, 0, err)
	}
	lines := itemLines(data, "contacts")
	for i, c := range file.Contacts {
		if i < len(lines) {
			c.line = lines[i]
		}
		switch {
		case !isSlug(c.ID):
			faults.add(name, c.line, "contact has the id %q; an id is small letters, digits and hyphens", c.ID)
			continue
		case c.Name == "":
			faults.add(name, c.line, "contact %s has no name", c.ID)
		}
		if _, twice := contacts.byID[c.ID]; twice {
			faults.add(name, c.line, "contact %s is in the register twice", c.ID)
			continue
		}
		if c.Jurisdiction != "" && !c.Jurisdiction.Valid() {
			faults.add(name, c.line, "contact %s: jurisdiction %q is not one of scotland, england-wales, northern-ireland, uk", c.ID, c.Jurisdiction)
		}
		if c.CheckedOn != "" {
			at, err := time.Parse(time.DateOnly, c.CheckedOn)
			if err != nil {
				faults.add(name, c.line, "contact %s: checked_on %q is not a date like 2026-11-22", c.ID, c.CheckedOn)
			}
			c.checkedOn = at
		}
		if c.Disputed && c.Note == "" {
			faults.add(name, c.line, "contact %s is disputed but has no note to show in place of the number", c.ID)
		}
		contacts.byID[c.ID] = len(contacts.list)
		contacts.list = append(contacts.list, c)
	}
	return contacts, faults.err()
}

// NewContacts makes a register of contacts that are already known to be right.
// The error says which ids are not usable.
func NewContacts(list []Contact) (Contacts, error) {
	c := Contacts{list: list, byID: make(map[string]int, len(list))}
	var errs []error
	for i, one := range list {
		if _, twice := c.byID[one.ID]; twice || !isSlug(one.ID) {
			errs = append(errs, errors.New("contact id "+one.ID+" is not usable or is there twice"))
		}
		c.byID[one.ID] = i
	}
	return c, errors.Join(errs...)
}
