package redact

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// What stands in the place of what is taken out. The telephone number is one
// of those that Ofcom keeps free for films.
const (
	anEmail    = "name@example.org"
	aSite      = "example.org"
	aHandle    = "@name"
	aNumber    = "A0000AA"
	anInsured  = "QQ000000A"
	aDate      = "1 January 1990"
	aPhone     = "07700 900000"
	somePhone  = "a telephone number"
	aPostcode  = "AA1 1AA"
	anAddress  = "1 High Street"
	someDigits = "00000"
)

const (
	months  = `(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)`
	digit   = `(?:oh?|zero|nought|naught|one|two|three|four|five|six|seven|eight|nine)`
	teens   = `(?:ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)`
	tens    = `(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)`
	ordinal = `(?:(?:twenty|thirty)[ -])?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth)`
	sep     = `[\s.\-–—/]{0,3}`
)

// shape is one form, and what is done with what has it; nil: always as.
type shape struct {
	re   *regexp.Regexp
	as   string
	only func(found string) bool
}

// shapes are tried in this order: the longer form first where one may stand
// inside the other.
var shapes = []shape{
	{re: regexp.MustCompile(`(?i)[\p{L}\p{N}._%+'’-]+\s*(?:@|[(\[]\s*at\s*[)\]])\s*[\p{L}\p{N}-]+(?:\s*(?:\.|[(\[]\s*dot\s*[)\]])\s*[\p{L}\p{N}-]+)+`), as: anEmail},
	{re: regexp.MustCompile(`(?i)[\p{L}\p{N}._%+'’-]+\s+at\s+[\p{L}\p{N}-]+(?:\s+(?:dot\s+|\.)\s*(?:com|co|org|net|uk|me|ac|gov|info|ie))+\b`), as: anEmail},
	{re: regexp.MustCompile(`(?i)\bhttps?://\S+|\bwww\.\S+|\b[\p{L}\p{N}-]+\.(?:com|co\.uk|org|org\.uk|net|me|info|ie)(?:/\S*)?(?:\b|$)`), as: aSite},
	{re: regexp.MustCompile(`(?:^|[^\p{L}\p{N}])@[\p{L}\p{N}_.]{2,}`), as: aHandle},
	{re: regexp.MustCompile(`(?i)\b[a-z]` + sep + `\d` + sep + `\d` + sep + `\d` + sep + `\d` + sep + `[a-z]` + sep + `[a-z]\b`), as: aNumber, only: isPrisonNumber},
	{re: regexp.MustCompile(`(?i)\b[a-z]{2}\s?\d{2}\s?\d{2}\s?\d{2}\s?[a-d]\b`), as: anInsured},
	{re: regexp.MustCompile(`(?i)\b(?:19|20)\d{2}[-/.]\d{1,2}[-/.]\d{1,2}\b`), as: aDate},
	{re: regexp.MustCompile(`(?i)\b\d{1,2}\s*[./–-]\s*\d{1,2}\s*[./–-]\s*(?:(?:19|20)\d{2}|['’]?\d{2})\b`), as: aDate},
	{re: regexp.MustCompile(`(?i)\b\d{1,2}\s+\d{1,2}\s+(?:19|20)\d{2}\b`), as: aDate},
	{re: regexp.MustCompile(`(?i)\b\d{1,2}\s*(?:st|nd|rd|th)?[\s./–-]*(?:of\s+)?` + months + `\b[\s.,/–-]*(?:(?:19|20)\d{2}|['’]?\d{2})\b`), as: aDate},
	{re: regexp.MustCompile(`(?i)\b` + months + `\b[\s.]*\d{1,2}\s*(?:st|nd|rd|th)?[\s,]+(?:19|20)\d{2}\b`), as: aDate},
	{re: regexp.MustCompile(`(?i)\b(?:` + ordinal + `|\d{1,2}(?:st|nd|rd|th)?)\s+(?:of\s+)?` + months + `\s+(?:nineteen|twenty|two thousand)(?:[\s-]+(?:and|hundred|` + tens + `|` + teens + `|` + digit + `))*\b`), as: aDate},
	// Told of a birth, a day without its year is one too.
	{re: regexp.MustCompile(`(?i)\b(?:born|birth|birthday|d\.?o\.?b\.?)\b[^\d\n\x{E000}-\x{E0FF}]{0,20}(?:\d{1,2}\s*(?:st|nd|rd|th)?\s+(?:of\s+)?` + months + `|\d[\d\s./–-]*\d)`), as: "born " + aDate},
	{re: regexp.MustCompile(`(?i)(?:\+|\b00)?\(?[\do](?:[\s().–—/_-]*[\do]){8,}`), as: aPhone, only: isPhone},
	{re: regexp.MustCompile(`(?i)\b(?:(?:double|triple|treble)\s+)?` + digit + `(?:[\s,.-]+(?:and\s+|double\s+|triple\s+|treble\s+)?(?:` + digit + `|hundred|thousand)\b){5,}`), as: somePhone},
	{re: regexp.MustCompile(`(?i)\b[a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2}\b`), as: aPostcode, only: isPostcode},
	{re: regexp.MustCompile(`(?i)\b\d{1,4}[a-z]?,?\s+(?:[\p{L}'’]+\s+){1,3}(?:road|rd|street|avenue|ave|lane|crescent|terrace|gardens|grove|mews)\b`), as: anAddress},
	{re: regexp.MustCompile(`\b\d{1,4}[A-Za-z]?,?\s+(?:\p{Lu}[\p{L}'’]+\s+){1,3}(?:Close|Drive|Court|Way|Place|Walk|Hill|Square|Green|Park|Row)\b`), as: anAddress},
	{re: regexp.MustCompile(`\d(?:[\s.-]?\d){4,}`), as: someDigits},
	{re: regexp.MustCompile(`(?i)\b(?:number|num|no|nr|ref|reference)\b[\s:.#'’]*(?:is|was|it'?s)?[\s:.#]*\d{4,}`), as: "number " + someDigits},
}

// held is the first of the characters that stand for what was taken out until
// all forms have been looked for; they are of no alphabet.
const held = '\uE000'

// Shapes takes out what says by its form what it is, whoever wrote it.
func Shapes(text string) string {
	text = plain(text)
	for i, s := range shapes {
		mark := string(rune(held + i))
		text = s.re.ReplaceAllStringFunc(text, func(found string) string {
			if s.only != nil && !s.only(found) {
				return found
			}
			lead := found[:len(found)-len(strings.TrimLeftFunc(found, unicode.IsSpace))]
			tail := found[len(strings.TrimRightFunc(found, unicode.IsSpace)):]
			if s.as == aHandle && found[0] != '@' {
				_, at, _ := strings.Cut(found, "@")
				lead = found[:len(found)-len(at)-1]
			}
			return lead + mark + tail
		})
	}
	var b strings.Builder
	for _, r := range text {
		if i := int(r - held); i >= 0 && i < len(shapes) {
			b.WriteString(shapes[i].as)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// plain brings a text to one form of each character and leaves out what cannot
// be seen: a name with a zero-width space in it is still that name.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cf, unicode.Co) {
			return -1
		}
		return r
	}, norm.NFKC.String(text))
}

// twoLetters are words that end what is no prison number: "owes a 2000 to them".
var twoLetters = []string{
	"to", "in", "of", "on", "is", "he", "me", "my", "at", "by", "we", "so", "or", "if", "it", "up", "us", "no", "do", "go", "as", "an", "am", "be", "im", "id", "pm",
}

func isPrisonNumber(found string) bool {
	letters := strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, found))
	return !strings.ContainsAny(found, " \t\n") || !slices.Contains(twoLetters, letters[1:])
}

// isPhone wants nine digits or more, written out as digits for the most part.
func isPhone(found string) bool {
	digits, others := 0, 0
	for _, r := range found {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == 'o' || r == 'O':
			others++
		}
	}
	return digits+others >= 9 && digits >= others
}

func isPostcode(found string) bool {
	f := strings.ToLower(found)
	for _, end := range []string{"st", "nd", "rd", "th", "am", "pm"} {
		if strings.HasSuffix(f, end) {
			return false
		}
	}
	return true
}
