package knowledge

// mostContacts is how many contacts are named for a question without an answer.
const mostContacts = 2

// gapsFile is the name of the file of gaps, for faults.
const gapsFile = "synonyms/gaps.yaml"

// refer adds to a finding without an answer who may know: the contacts of the gap that
// it is nearest to, or else those for everything. Only what can be rung, written to or
// opened is named, and only what helps in the country.
func (l *Library) refer(f *Finding) {
	if f.Kind != KindUnknown || f.Jurisdiction == Elsewhere {
		return
	}
	ids := l.others
	for i := range l.gaps {
		if g := &l.gaps[i]; g.ID == f.Intent && len(g.Contacts) > 0 {
			ids = g.Contacts
		}
	}
	named := map[Jurisdiction]bool{}
	for _, id := range ids {
		c, known := l.contacts.Get(id)
		if !known || !c.reachable() || f.Jurisdiction != "" && c.Jurisdiction != UK && c.Jurisdiction != f.Jurisdiction {
			continue
		}
		if named[c.Jurisdiction] {
			continue // one for each country is enough
		}
		named[c.Jurisdiction] = true
		if f.Contacts = append(f.Contacts, c); len(f.Contacts) == mostContacts {
			return
		}
	}
}

func (c Contact) reachable() bool {
	return !c.Disputed && (c.Phone != "" || c.Web != "" || c.Email != "")
}

// Reach is how a contact is reached in a few words: by telephone where it has one.
func (c Contact) Reach() string {
	switch {
	case c.Disputed:
		return ""
	case c.Phone != "":
		return c.Phone
	case c.Web != "":
		return c.Web
	}
	return c.Email
}

// checkGaps looks for contacts that the register does not have.
func (l *Library) checkGaps(faults *Faults) {
	check := func(id, of string, line int) {
		c, known := l.contacts.Get(id)
		switch {
		case !known:
			faults.add(gapsFile, line, "%s: there is no contact %s in the register", of, id)
		case !c.reachable():
			faults.advise(gapsFile, line, "%s: the register has no way to reach %s", of, c.Name)
		}
	}
	for _, g := range l.gaps {
		for _, id := range g.Contacts {
			check(id, "gap "+g.ID, g.line)
		}
	}
	for _, id := range l.others {
		check(id, "otherwise", 0)
	}
}
