package sheets

// keys are the texts that the pages say.
func keys() []string {
	list := []string{
		"sheets.title", "sheets.heading", "sheets.lead", "sheets.author", "sheets.skip", "sheets.danger", "sheets.chat", "sheets.chat.lead", "sheets.feed", "sheets.api",
		"sheets.exit", "sheets.exit.more", "sheets.exit.leaving", "sheets.exit.how",
		"sheets.search", "sheets.search.button", "sheets.search.where", "sheets.search.private", "sheets.search.found", "sheets.search.one", "sheets.search.many",
		"sheets.search.none", "sheets.search.near", "sheets.search.person", "sheets.search.off_topic", "sheets.search.countries", "sheets.search.worry", "sheets.search.failed", "sheets.search.from",
		"sheets.anywhere", "sheets.topics", "sheets.topics.more", "sheets.topic", "sheets.topic.all", "sheets.list",
		"sheets.back", "sheets.contents", "sheets.short", "sheets.prisons", "sheets.holds.prisons", "sheets.related", "sheets.print",
		"sheets.about", "sheets.number", "sheets.published", "sheets.review", "sheets.overdue", "sheets.owner", "sheets.sources", "sheets.checked", "sheets.checked.on", "sheets.checked.never",
		"sheets.paper.address", "sheets.paper.ask", "sheets.helpful", "sheets.helpful.yes", "sheets.helpful.no", "sheets.helpful.thanks", "sheets.helpful.sorry", "sheets.helpful.failed",
		"sheets.missing.heading", "sheets.missing", "sheets.missing.near",
	}
	for _, j := range countries {
		list = append(list, "sheets.holds."+string(j), "sheets.country."+string(j))
	}
	return list
}
