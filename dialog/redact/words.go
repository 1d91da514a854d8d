package redact

import "strings"

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// inSentences are words that stand in most sentences and round a name that was
// asked for; they are taken out of no text.
var inSentences = set(`
a about after again all also always am an and any are around as ask at away back bad be because been before being believe
boyfriend boy brother but by call called can cant child children come could cousin dad daughter day days did do does doing done dont down dunno
even every father feel for friend from full gave get getting girl girlfriend give go going gone good got grandson had has have having he hello help
her here him his home how husband i id if ill im in inside into is isnt it its ive jail just keep keeps know last lad let like long love lot
made make man mate me mother mum my name named need nephew never new night no nobody nope not nothing now number of off ok old on one only or other our
out over own partner person phone please pls prison prisoner really said same saw say says see sent she should since sister skip so some someone son
sorry still stop sure surname take tell thank thanks that the their them then there they think this time to today told tomorrow tonight too try two u
unknown up us very visit want wants was we week weeks well went were what when where which who whos why wife wing with wont work would write yeah yes
yesterday you young your mr mrs ms miss dr first middle second dead die died dying kill killed suicide hurt himself herself
`)

// noName are words that begin with a capital where a name might stand.
var noName = set(`
monday tuesday wednesday thursday friday saturday sunday january february march april june july august september october november december
christmas easter eid ramadan hmp yoi acct csip ipp listener listeners samaritans england scotland wales ireland britain uk london english scottish welsh
polish urdu god jesus nhs police governor officer officers governors staff healthcare safer custody nonce spice mamba facebook whatsapp
i he she we they it the my his her our your a an and but please thanks hi hello dear sir madam scared worried afraid frightened terrified desperate not
so really very just only going in on at from to with sick ill fine ok okay sorry sure his name is
`)

// helps are names that are verbs of sentences as well ("he will"), and
// isSaidOf is what follows them only where they are a name.
var (
	helps    = set(`will may drew mark bill grant rob wade carry pat chase sue dot don`)
	isSaidOf = set(`is was has isnt wasnt hasnt said says told hasn isn wasn rang got gets went keeps needs looks looked seems and`)
)
