package gsm7

// basic is the default alphabet in table order, without the escape at 0x1B.
const basic = "@£$¥èéùìòÇ\nØø\rÅå" +
	"Δ_ΦΓΛΩΠΨΣΘΞÆæßÉ" +
	" !\"#¤%&'()*+,-./0123456789:;<=>?" +
	"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§" +
	"¿abcdefghijklmnopqrstuvwxyzäöñüà"

// extension holds the characters that are sent as an escape and a second septet.
const extension = "\f^{}\\[~]|€"

// firstPage has the septet count (0, 1 or 2) of the characters below U+0100,
// which is nearly everything that is ever written here.
var firstPage = func() (t [256]uint8) {
	for _, r := range basic {
		if r < 256 {
			t[r] = 1
		}
	}
	for _, r := range extension {
		if r < 256 {
			t[r] = 2
		}
	}
	return t
}()

// width is the number of septets that r takes, or 0 when the alphabet lacks it.
func width(r rune) int {
	if r >= 0 && r < 256 {
		return int(firstPage[r])
	}
	switch r {
	case 'Δ', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ':
		return 1
	case '€':
		return 2
	}
	return 0
}

// Septets counts the septets of s. When a character is outside the alphabet, ok
// is false and n counts the rest. Invalid UTF-8 is outside the alphabet.
func Septets(s string) (n int, ok bool) {
	ok = true
	for _, r := range s {
		w := width(r)
		if w == 0 {
			ok = false
			continue
		}
		n += w
	}
	return n, ok
}

// Outside returns the first character of s that the alphabet lacks, and its byte
// offset; the offset is -1 when there is none.
func Outside(s string) (r rune, at int) {
	for i, c := range s {
		if width(c) == 0 {
			return c, i
		}
	}
	return 0, -1
}
