package risk_test

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"helpline/dialog"
	"helpline/dialog/risk"
)

func load(t testing.TB) *risk.Assessor {
	t.Helper()
	a, err := risk.Load(os.DirFS("../../content/risk"))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestTheMessageThatMustNeverBeMissed(t *testing.T) {
	got := load(t).Assess("he's given his trainers away and said bye to the kids, he's in Stoke Heath", nil)
	if got.Level != dialog.LevelImmediate || got.Who != dialog.WhoPrisoner || !slices.Contains(got.Categories, dialog.SuicideSelfHarm) || !got.Review {
		t.Errorf("got %+v", got)
	}
	var signs []string
	for _, e := range got.Evidence {
		signs = append(signs, e.Sign)
	}
	if !slices.Contains(signs, "gives-things-away") || !slices.Contains(signs, "goodbye-family") {
		t.Errorf("evidence %v, want both signs", got.Evidence)
	}
}

// Words that no written set holds, because nobody would call them hard.
func TestPlainWordsAreAlwaysHeard(t *testing.T) {
	a := load(t)
	for _, c := range []struct {
		least dialog.Level
		text  string
	}{
		{dialog.LevelImmediate, "hes going to kill himself tonight"},
		{dialog.LevelImmediate, "my son says he is going to hang himself tonight please help"},
		{dialog.LevelImmediate, "i have just taken an overdose"},
		{dialog.LevelImmediate, "he is not breathing"},
		{dialog.LevelImmediate, "he cant breathe and his lips are blue"},
		{dialog.LevelImmediate, "he has collapsed in his cell and no one is coming"},
		{dialog.LevelImmediate, "they are going to stab him tomorrow morning at unlock"},
		{dialog.LevelImmediate, "theyre beating him up right now"},
		{dialog.LevelImmediate, "im going to kill myself tonight"},
		{dialog.LevelImmediate, "he rang to say goodbye to the kids"},
		{dialog.LevelImmediate, "he is refusing food and water for three days"},
		{dialog.LevelUrgent, "he wants to die"},
		{dialog.LevelUrgent, "he doesnt want to live any more"},
		{dialog.LevelUrgent, "my brother is suicidal"},
		{dialog.LevelUrgent, "i think he might kill himself"},
		{dialog.LevelUrgent, "hes been self harming"},
		{dialog.LevelUrgent, "she has cut her wrists"},
		{dialog.LevelUrgent, "he tried to hang himself last week"},
		{dialog.LevelUrgent, "i dont want to be here anymore"},
		{dialog.LevelUrgent, "i want to die"},
		{dialog.LevelUrgent, "i cant go on"},
		{dialog.LevelUrgent, "hes stopped eating, not eaten for 4 days"},
		{dialog.LevelUrgent, "he hasnt had his insulin for two days"},
		{dialog.LevelUrgent, "hes hearing voices telling him to hurt people"},
		{dialog.LevelUrgent, "he got beaten up by three lads in the showers"},
		{dialog.LevelUrgent, "they said they will stab him if he doesnt pay"},
		{dialog.LevelUrgent, "he owes money to people on the wing"},
		{dialog.LevelUrgent, "they want me to send money to a strangers bank account"},
		{dialog.LevelUrgent, "he says he will kill me when he gets out"},
		{dialog.LevelUrgent, "my ex keeps ringing me from prison and there is a restraining order"},
		{dialog.LevelUrgent, "he is going to attack an officer"},
		{dialog.LevelUrgent, "my stepdad hits the kids"},
		{dialog.LevelUrgent, "his cellmate raped him"},
		{dialog.LevelUrgent, "he is in fear of his life"},
		{dialog.LevelConcern, "hes really low"},
		{dialog.LevelConcern, "he was crying on the phone"},
		{dialog.LevelConcern, "im worried sick about my son"},
		{dialog.LevelConcern, "i have not heard from my son in three weeks"},
		{dialog.LevelConcern, "his nan died this morning"},
		{dialog.LevelConcern, "hes being bullied"},
		{dialog.LevelConcern, "hes back on spice"},
		{dialog.LevelConcern, "she wont come out of her cell"},
		{dialog.LevelConcern, "i cant cope"},
		{dialog.LevelConcern, "can someone check on him please i am scared for him"},
	} {
		if got := a.Assess(c.text, nil); got.Level < c.least {
			t.Errorf("%q is %s, want at least %s (%v)", c.text, got.Level, c.least, got.Evidence)
		}
	}
}

func TestTrapsAreHarmless(t *testing.T) {
	a := load(t)
	for _, text := range []string{
		"dying to see him on saturday, what time do doors open",
		"this queue is killing me",
		"i could murder whoever runs the booking line",
		"he'll kill me if i forget his trainers",
		"what is ACCT?",
		"do you have a leaflet about suicide prevention?",
		"he was convicted of murder, which category will he be?",
		"how do i book a visit",
		"thanks so much for your help",
		"what is a case conference",
		"can i bring the kids on a visit",
		"what do i need to bring as id",
	} {
		if got := a.Assess(text, nil); got.Level != dialog.LevelNone {
			t.Errorf("%q is %s (%v)", text, got.Level, got.Evidence)
		}
	}
}

func TestHistoryKeepsAWorryOpen(t *testing.T) {
	a := load(t)
	worry := "he says he wants to die and he has been saving up his tablets"
	for _, text := range []string{"ok thanks", "what time are visits", "forget it", "hello?"} {
		if got := a.Assess(text, []string{worry}); got.Level != dialog.LevelImmediate {
			t.Errorf("%q after a worry is %s", text, got.Level)
		} else if len(got.Evidence) == 0 {
			t.Errorf("%q after a worry: no evidence", text)
		}
	}
	if got := a.Assess("all good he rang after, he is fine, false alarm", []string{"not heard from him in two weeks"}); got.Level > dialog.LevelConcern {
		t.Errorf("a worry that is over is %s", got.Level)
	}
	before := a.Assess("he said bye to the kids on the phone", []string{"hes given his trainers away to his padmate"})
	if before.Level != dialog.LevelImmediate {
		t.Errorf("signs over two messages: %s", before.Level)
	}
}

func TestOtherLanguages(t *testing.T) {
	a := load(t)
	for _, c := range []struct {
		text, language string
		least          dialog.Level
	}{
		{"mae fy mab eisiau marw", "cy", dialog.LevelUrgent},
		{"mae e'n mynd i ladd ei hun heno", "cy", dialog.LevelImmediate},
		{"chan eil e ag iarraidh a bhith beò", "gd", dialog.LevelUrgent},
		{"Mój syn nie chce żyć, boję się o niego", "pl", dialog.LevelUrgent},
		{"moj brat jest w wiezieniu i nie wiem co mam robic", "pl", dialog.LevelNone},
		{"fiul meu vrea să moară", "ro", dialog.LevelUrgent},
		{"mera beta khudkushi karna chahta hai", "ur", dialog.LevelUrgent},
		{"میرا بیٹا خودکشی کرنا چاہتا ہے", "ur", dialog.LevelUrgent},
		{"ਮੇਰਾ ਪੁੱਤਰ ਖੁਦਕੁਸ਼ੀ ਕਰਨਾ ਚਾਹੁੰਦਾ ਹੈ", "pa", dialog.LevelUrgent},
		{"ابني يريد أن يموت", "ar", dialog.LevelUrgent},
		{"o meu filho quer morrer", "pt", dialog.LevelUrgent},
		{"mano sūnus nori mirti", "lt", dialog.LevelUrgent},
		{"djali im dëshiron të vdesë", "sq", dialog.LevelUrgent},
		{"Добрый день, мой сын в тюрьме", "", dialog.LevelNone},
		{"how do i book a visit for saturday", "en", dialog.LevelNone},
	} {
		got := a.Assess(c.text, nil)
		if got.Language != c.language || got.Level < c.least {
			t.Errorf("%q: language %q level %s, want %q and at least %s", c.text, got.Language, got.Level, c.language, c.least)
		}
		if c.language != "en" && !got.Review {
			t.Errorf("%q: no person reads it", c.text)
		}
	}
}

func TestEmptyAndOddInput(t *testing.T) {
	a := load(t)
	for _, text := range []string{"", " ", "\x00\xff", "👍", "?", "ok"} {
		if got := a.Assess(text, nil); got.Level != dialog.LevelNone {
			t.Errorf("%q is %s", text, got.Level)
		}
	}
}

func BenchmarkAssess(b *testing.B) {
	a := load(b)
	short := "he's given his trainers away and said bye to the kids, he's in Stoke Heath. can someone please go and check on him tonight because i am worried sick about him"
	long := ""
	for len(long) < 1600-len(short) {
		long += short + ". "
	}
	var ten []string
	for i := range 10 {
		ten = append(ten, strings.Repeat("he rang on sunday and he was not himself at all. ", 1+i%4)+strconv.Itoa(i))
	}
	for _, c := range []struct {
		name, text string
		history    []string
	}{
		{"160", short, nil},
		{"160-history-3", short, []string{"hiya", "what time is visits on sunday", "hes not himself"}},
		{"160-history-10", short, ten},
		{"1600", long, nil},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				// a message is new, what was written before it is not
				a.Assess(c.text+" "+c.name+strconv.Itoa(i), c.history)
			}
		})
	}
}
