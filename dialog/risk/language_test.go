package risk_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gopkg.in/yaml.v3"

	"helpline/dialog"
	"helpline/dialog/risk/labelled"
)

// Five sentences of each language, and of each script it is written in. They
// hold none of the phrases of languages.yaml word for word; the last of each is
// harmless, and still a person reads it.
func TestSentencesOfEachLanguage(t *testing.T) {
	a := load(t)
	const (
		none, concern, urgent, immediate = dialog.LevelNone, dialog.LevelConcern, dialog.LevelUrgent, dialog.LevelImmediate
		suicide, violence, food          = dialog.SuicideSelfHarm, dialog.ViolenceDebt, dialog.FoodRefusal
		mind, body, silence, child       = dialog.MentalHealth, dialog.PhysicalHealth, dialog.NoContact, dialog.ChildSafety
		other                            = dialog.OtherRisk
	)
	for _, c := range []struct {
		language string
		least    dialog.Level
		category dialog.Category
		text     string
	}{
		{"cy", urgent, suicide, "dywedodd fy mrawd ddoe nad ydy o ddim isio byw ragor"},
		{"cy", urgent, violence, "mae'r hogia eraill yn bygwth fy mab ac mae o mewn dyled"},
		{"cy", urgent, food, "tydi hi ddim yn bwyta na chysgu ers pythefnos"},
		{"cy", concern, other, "plis helpwch fi, dwi'n poeni gymaint amdano fo"},
		{"cy", none, "", "faint o'r gloch mae'r ymweliad dydd Sul"},

		{"gd", urgent, suicide, "thuirt mo bhrathair nach eil e ag iarraidh a bhith beo"},
		{"gd", urgent, violence, "tha na fir eile a' bagairt air a h-uile latha"},
		{"gd", urgent, food, "chan eil e ag ithe no ag ol bho Dhiluain"},
		{"gd", concern, other, "cuidichibh mi, tha uallach mor orm mu dheidhinn mo mhac"},
		{"gd", none, "", "cuin a dh'fhaodas mi bruidhinn ri mo mhac air a' fòn"},

		{"pl", urgent, suicide, "moj tata powiedzial przez telefon ze nie ma juz po co zyc"},
		{"pl", immediate, suicide, "siostra wziela jakies tabletki i zegna sie z nami"},
		{"pl", urgent, violence, "chlopaki z celi groza mojemu bratu bo ma u nich dlugi"},
		{"pl", urgent, food, "on od soboty nic nie jadl, bardzo sie martwie"},
		{"pl", none, "", "o ktorej godzinie sa widzenia w niedziele"},

		{"ro", urgent, suicide, "sotul meu zice ca nu mai poate si ca vrea sa moara"},
		{"ro", immediate, body, "colegul de celula spune ca fratele meu nu mai respira"},
		{"ro", urgent, violence, "ceilalti detinuti il ameninta pentru ca are datorii"},
		{"ro", concern, silence, "de doua saptamani nu ne-a mai sunat si nu stim ce face"},
		{"ro", none, "", "ce acte trebuie sa aduc cand vin in vizita"},

		{"ur", urgent, suicide, "mere bhai ne kaha ke wo ab marna chahta hai"},
		{"ur", urgent, violence, "jail mein larke usko dhamkiyan de rahe hain aur paise mangte hain"},
		{"ur", urgent, food, "do din se us ne khana nahin khaya"},
		{"ur", concern, other, "meri madad karein, main bohat pareshan hoon apne bete ke liye"},
		{"ur", none, "", "mujhe batao ke mulaqat ka time kya hai"},
		{"ur", urgent, suicide, "میرے شوہر کہتے ہیں کہ وہ اب زندہ نہیں رہنا چاہتے"},
		{"ur", urgent, violence, "قیدی میرے بیٹے کو دھمکیاں دیتے ہیں"},
		{"ur", urgent, food, "بھائی نے تین دن سے کھانا نہیں کھایا"},
		{"ur", concern, silence, "ایک ہفتے سے اس کا فون نہیں آیا، مجھے فکر ہے"},
		{"ur", none, "", "میں اپنے بیٹے سے کب مل سکتی ہوں"},

		{"pa", urgent, suicide, "mera bhra kehnda hai ki oh hun jeena nai chaunda"},
		{"pa", urgent, violence, "munde ohnu dhamkiyan dinde ne te paise mangde ne"},
		{"pa", urgent, food, "tin dina ton ohne roti nahi khadi"},
		{"pa", concern, other, "mainu bahut fikar hai, meri madad karo"},
		{"pa", none, "", "main apne puttar nu kado mil sakdi han"},
		{"pa", urgent, suicide, "ਮੇਰਾ ਭਰਾ ਕਹਿੰਦਾ ਉਹ ਹੁਣ ਮਰਨਾ ਚਾਹੁੰਦਾ ਹੈ"},
		{"pa", urgent, violence, "ਜੇਲ੍ਹ ਵਿੱਚ ਮੁੰਡੇ ਉਸਨੂੰ ਬਹੁਤ ਕੁੱਟਦੇ ਹਨ"},
		{"pa", urgent, food, "ਉਸਨੇ ਦੋ ਦਿਨਾਂ ਤੋਂ ਕੁਝ ਨਹੀਂ ਖਾਧਾ"},
		{"pa", concern, silence, "ਇੱਕ ਹਫ਼ਤੇ ਤੋਂ ਉਸਦਾ ਫੋਨ ਨਹੀਂ ਆਇਆ"},
		{"pa", none, "", "ਮੁਲਾਕਾਤ ਦਾ ਸਮਾਂ ਕੀ ਹੈ"},

		{"ar", urgent, suicide, "زوجي قال انه ما عاد بده يعيش"},
		{"ar", immediate, suicide, "أخي ودعنا جميعا في المكالمة وبكى كثيرا"},
		{"ar", urgent, violence, "السجناء هددوه بالسكين لانه مديون لهم"},
		{"ar", urgent, food, "منذ ثلاثة أيام وهو يرفض الطعام"},
		{"ar", none, "", "متى موعد الزيارة يوم السبت"},
		{"ar", urgent, suicide, "ibni 2alli inno bado ymout"},
		{"ar", immediate, suicide, "akhi akhad kteer hboub wa huwa fi el sijn"},
		{"ar", urgent, food, "zawji ma byakol shi min yomein"},
		{"ar", urgent, suicide, "habibi la yurid an ya3ish ba3d"},
		{"ar", none, "", "kif mumkin shouf ibni fi el sijn"},

		{"pt", urgent, suicide, "o meu pai disse ao telefone que ja nao aguenta e so quer morrer"},
		{"pt", urgent, violence, "os outros presos ameacam o meu marido por causa de uma divida"},
		{"pt", urgent, food, "a minha irma parou de comer ha quatro dias"},
		{"pt", urgent, mind, "ele anda a ouvir vozes que lhe dizem coisas horriveis"},
		{"pt", none, "", "posso levar roupa para o meu filho na visita"},

		{"lt", urgent, suicide, "tetis pasake kad jam nebera prasmes toliau gyventi"},
		{"lt", immediate, suicide, "sesuo isgere daug vaistu ir atsisveikino su mumis"},
		{"lt", urgent, violence, "kiti kaliniai sumuse mano suna, jis skolingas pinigu"},
		{"lt", urgent, food, "vyras jau savaite atsisako valgyti"},
		{"lt", none, "", "kada galiu aplankyti savo broli kalejime"},

		{"sq", urgent, suicide, "burri im me tha ne telefon qe nuk don me jetu ma"},
		{"sq", urgent, violence, "te tjeret po e kercenojne djalin tim se ka borxhe"},
		{"sq", urgent, food, "babai nuk ka ngrene asgje qe te henen"},
		{"sq", urgent, child, "burri i saj i rreh femijet cdo nate"},
		{"sq", none, "", "kur mund ta vizitoj vellain tim ne burg"},
	} {
		got := a.Assess(c.text, nil)
		if got.Language != c.language || got.Level < c.least || !got.Review {
			t.Errorf("%q: language %q, %s, review %v; want %q, at least %s (%v)", c.text, got.Language, got.Level, got.Review, c.language, c.least, got.Evidence)
		}
		if c.category != "" && !slices.Contains(got.Categories, c.category) {
			t.Errorf("%q: %v, want %s (%v)", c.text, got.Categories, c.category, got.Evidence)
		}
	}
}

// What people type without accents, inflected, shouted, or with a word between.
func TestPhrasesAsTheyAreTyped(t *testing.T) {
	a := load(t)
	for _, text := range []string{
		"nie chce już żyć", "nie chce zyc", "NIE CHCE MI SIE ZYC", "to koniec", "Nie chcial dalej zyć.",
		"vrea să moară", "vrea sa moara", "não quer mais viver", "nao quer viver", "nebenori gyventi", "nebenorėjo gyventi",
		"s'do të jetojë më", "sdo te jetoje", "ddim eisiau byw", "ddim isho byw", "لا يريد أن يعيش", "لا يريد ان يعيش", "ولا يريد العيش", "jeena nahi chahta", "jina nhi chahti",
	} {
		if got := a.Assess(text, nil); got.Level < dialog.LevelUrgent || got.Language == "en" || !slices.Contains(got.Categories, dialog.SuicideSelfHarm) || len(got.Evidence) == 0 {
			t.Errorf("%q: %+v", text, got)
		}
	}
	if got := a.Assess("nic nie je", nil); !slices.Equal(got.Categories, []dialog.Category{dialog.FoodRefusal}) {
		t.Errorf("eats nothing: %v", got.Categories)
	}
	if got := a.Assess("chyba", []string{"brat mówi że nie chce żyć"}); got.Level != dialog.LevelUrgent || len(got.Evidence) == 0 {
		t.Errorf("a worry in Polish is forgotten: %+v", got)
	}
	if got := a.Assess("tomei os comprimidos todos", nil); got.Who != dialog.WhoCaller {
		t.Errorf("the writer took tablets: %s", got.Who)
	}
}

// A language that cannot be named is not English either.
func TestAnUnknownLanguageIsRead(t *testing.T) {
	a := load(t)
	for _, text := range []string{
		"wann kann ich meinen sohn besuchen bitte", "je ne sais pas comment joindre mon fils", "waxaan rabaa inaan la hadlo wiilkayga",
		"wo ai ni men dou hen hao", "quiero hablar con mi hijo cuanto antes", "oğlumu ne zaman görebilirim", "Добрый день, мой сын в тюрьме", "我儿子在监狱里",
	} {
		if got := a.Assess(text, nil); got.Language == "en" || !got.Review {
			t.Errorf("%q: language %q, review %v", text, got.Language, got.Review)
		}
	}
	for _, text := range []string{
		"ok", "hiya", "when's he gettin oot", "ma wean's no weel", "hw do i bk a visit 4 sat", "my son's name is Krzysztof Wiśniewski and hes in wandsworth",
		"Mateusz Kowalski", "A1234BC", "stoke heath", "07700 900123", "Señora Núñez is his nan", "👍", "",
	} {
		if got := a.Assess(text, nil); got.Language != "en" {
			t.Errorf("%q: language %q", text, got.Language)
		}
	}
}

// English, however it is spelt, is not taken for another language, and holds
// no phrase of one.
func TestEnglishStaysEnglish(t *testing.T) {
	a := load(t)
	files, err := filepath.Glob("labelled/risk-train-*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	lines, strange := 0, 0
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := labelled.Read(f)
		_ = f.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range got {
			lines++
			if x := a.Assess(l.Text, nil); x.Language != "en" {
				strange++
				t.Logf("%s is %q: %v", l.ID, x.Language, x.Evidence)
			}
		}
	}
	if strange*1000 > lines {
		t.Errorf("%d of %d English messages are not", strange, lines)
	}
}

func TestEachLanguageHasPhrasesAndCategories(t *testing.T) {
	raw, err := os.ReadFile("../../content/risk/languages.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Languages []struct {
			Code    string `yaml:"code"`
			Phrases []struct {
				Categories []string `yaml:"categories"`
				Say        []string `yaml:"say"`
			} `yaml:"phrases"`
		} `yaml:"languages"`
	}
	if err := yaml.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	for _, l := range d.Languages {
		n, of := 0, map[string]bool{}
		for _, g := range l.Phrases {
			n += len(g.Say)
			for _, c := range g.Categories {
				of[c] = true
			}
			if len(g.Categories) == 0 {
				t.Errorf("%s: %v have no category", l.Code, g.Say)
			}
		}
		if l.Code != "en" && (n < 40 || len(of) < 8) {
			t.Errorf("%s: %d phrases of %d categories", l.Code, n, len(of))
		}
	}
}
