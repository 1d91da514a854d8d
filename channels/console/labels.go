package console

import (
	"helpline/dialog"
	"helpline/knowledge"
)

func levelName(l dialog.Level) string {
	switch l {
	case dialog.LevelImmediate:
		return "Immediate"
	case dialog.LevelUrgent:
		return "Urgent"
	case dialog.LevelConcern:
		return "Concern"
	case dialog.LevelNone:
	}
	return "No alarm"
}

func levelClass(l dialog.Level) string {
	switch l {
	case dialog.LevelImmediate, dialog.LevelUrgent, dialog.LevelConcern:
		return l.String()
	case dialog.LevelNone:
	}
	return "none"
}

// waitingName says why a conversation is on the list.
func waitingName(w dialog.Waiting) string {
	switch w {
	case dialog.WaitingRisk:
		return "Somebody may be at risk"
	case dialog.WaitingVoice:
		return "Voice message to listen to"
	case dialog.WaitingPerson:
		return "Asked for a person"
	case dialog.WaitingReview:
		return "To read: the machine was not sure"
	case dialog.WaitingReply:
		return "Wrote back"
	case dialog.WaitingDelivery:
		return "Our reply did not arrive"
	case dialog.WaitingNone:
	}
	return "Being answered"
}

func dutyName(k dialog.ObligationKind) string {
	switch k {
	case dialog.Acknowledge:
		return "Acknowledge"
	case dialog.Listen:
		return "Listen"
	case dialog.Act:
		return "Act"
	case dialog.FeedBack:
		return "Feed back"
	}
	return string(k)
}

func dutyStateName(s dialog.ObligationState) string {
	switch s {
	case dialog.Open:
		return "To do"
	case dialog.Met:
		return "Done"
	case dialog.Excused:
		return "Not possible"
	}
	return string(s)
}

// categories in the order in which they are offered.
var categories = []dialog.Category{
	dialog.SuicideSelfHarm, dialog.ViolenceDebt, dialog.MentalHealth, dialog.PhysicalHealth, dialog.Substance, dialog.FoodRefusal,
	dialog.BadNews, dialog.NoContact, dialog.ChildSafety, dialog.PublicProtection, dialog.ThreatToOthers, dialog.CallerWellbeing, dialog.OtherRisk,
}

var categoryNames = map[dialog.Category]string{
	dialog.SuicideSelfHarm:  "Suicide or self-harm",
	dialog.ViolenceDebt:     "Violence, bullying or debt",
	dialog.MentalHealth:     "Mental health",
	dialog.PhysicalHealth:   "Physical health",
	dialog.Substance:        "Drugs or alcohol",
	dialog.FoodRefusal:      "Not eating or drinking",
	dialog.BadNews:          "Bad news",
	dialog.NoContact:        "No word from them",
	dialog.ChildSafety:      "Safety of a child",
	dialog.PublicProtection: "Domestic abuse or public protection",
	dialog.ThreatToOthers:   "Threat to others",
	dialog.CallerWellbeing:  "The caller's own wellbeing",
	dialog.OtherRisk:        "Another risk",
}

func categoryName(c dialog.Category) string {
	if n, ok := categoryNames[c]; ok {
		return n
	}
	return string(c)
}

func whoName(w dialog.Who) string {
	switch w {
	case dialog.WhoPrisoner:
		return "The person in prison"
	case dialog.WhoCaller:
		return "The one who wrote"
	case dialog.WhoChild:
		return "A child"
	case dialog.WhoOther:
		return "Somebody else"
	case dialog.WhoNone:
	}
	return "Not known"
}

func countryName(j dialog.Jurisdiction) string {
	switch j {
	case dialog.Scotland:
		return "Scotland"
	case dialog.EnglandWales:
		return "England and Wales"
	case dialog.NorthernIreland:
		return "Northern Ireland"
	case dialog.Jersey:
		return "Jersey"
	case dialog.Guernsey:
		return "Guernsey"
	case dialog.IsleOfMan:
		return "Isle of Man"
	case dialog.Unknown:
	}
	return "Country not known"
}

var channelNames = map[dialog.Medium]string{
	dialog.SMS: "Text message", dialog.Webchat: "Web chat", dialog.Voice: "Telephone",
}

func channelName(m dialog.Medium) string {
	if n, ok := channelNames[m]; ok {
		return n
	}
	return string(m)
}

func roleName(r string) string {
	switch dialog.Role(r) {
	case dialog.Responder:
		return "Responder"
	case dialog.SaferCustody:
		return "Safer custody"
	case dialog.Editor:
		return "Editor"
	case dialog.ManagerRole:
		return "Manager"
	case dialog.Admin:
		return "Administrator"
	}
	return r
}

// doneWords is what a page says after an act, by the word in its address.
var doneWords = map[string]string{
	"taken":     "You have this conversation now. The automatic answers are silent.",
	"back":      "Handed back. The automatic answers may speak again.",
	"sent":      "Sent.",
	"noted":     "Note saved.",
	"reviewed":  "Marked as read.",
	"closed":    "Conversation closed.",
	"raised":    "Concern raised.",
	"facts":     "Saved.",
	"judged":    "Written down beside the message.",
	"duty":      "Written down.",
	"handled":   "Written down.",
	"linked":    "Joined: each now stands beside the other.",
	"unlinked":  "Taken apart.",
	"concluded": "Concern closed.",
	"test-seen": "Written down that you saw the test.",
	"testing":   "The lines are being tested. Look here again in a moment.",
	"listened":  "Written down that you listened to it.",
	"draft":     "Draft saved. Readers still see the published sheet.",
	"discarded": "The draft is thrown away. Readers see the published sheet, as before.",
	"withdrawn": "Withdrawn. Readers no longer see this sheet, and no question is answered from it.",
	"dealt":     "Taken off the list.",
	"published": "Published. The next question is answered from it.",
}

// wayName says how a member of staff is told.
func wayName(w dialog.Way) string {
	switch w {
	case dialog.WayText:
		return "text message"
	case dialog.WayCall:
		return "telephone"
	case dialog.WayMail:
		return "email"
	}
	return string(w)
}

// languages that people write in here, as far as they can be told apart.
var languages = map[string]string{
	"ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "cs": "Czech", "cy": "Welsh", "de": "German", "es": "Spanish", "fa": "Persian",
	"fr": "French", "ga": "Irish", "gd": "Scottish Gaelic", "gu": "Gujarati", "hi": "Hindi", "hu": "Hungarian", "it": "Italian", "ku": "Kurdish",
	"lt": "Lithuanian", "lv": "Latvian", "pa": "Punjabi", "pl": "Polish", "ps": "Pashto", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian",
	"sk": "Slovak", "so": "Somali", "sq": "Albanian", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "zh": "Chinese",
}

// languageName names a language that is not English; "" for English and where
// it cannot be told.
func languageName(code string) string {
	if code == "" || code == "en" {
		return ""
	}
	if n, ok := languages[code]; ok {
		return n
	}
	return "Language " + code
}

// holdsIn says where a sheet holds.
func holdsIn(j knowledge.Jurisdiction) string {
	if j == knowledge.UK {
		return "Whole UK"
	}
	return countryName(dialog.Jurisdiction(j))
}
