package speech

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// chunk is one chunk of a WAV file with the padding that the format asks for.
func chunk(id string, body []byte) []byte {
	b := append([]byte(id), binary.LittleEndian.AppendUint32(nil, uint32(len(body)))...)
	b = append(b, body...)
	if len(body)%2 == 1 {
		b = append(b, 0)
	}
	return b
}

func fmtChunk(tag, channels uint16, rate uint32, bits uint16, extra ...byte) []byte {
	b := binary.LittleEndian.AppendUint16(nil, tag)
	b = binary.LittleEndian.AppendUint16(b, channels)
	b = binary.LittleEndian.AppendUint32(b, rate)
	frame := channels * (bits / 8)
	b = binary.LittleEndian.AppendUint32(b, rate*uint32(frame))
	b = binary.LittleEndian.AppendUint16(b, frame)
	b = binary.LittleEndian.AppendUint16(b, bits)
	return chunk("fmt ", append(b, extra...))
}

func riff(chunks ...[]byte) []byte {
	body := slices.Concat(append([][]byte{[]byte("WAVE")}, chunks...)...)
	return append(append([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, uint32(len(body)))...), body...)
}

// withSize sets the size of the last chunk, whose body is n bytes long, and of the whole file.
func withSize(wav []byte, n int, data, whole uint32) []byte {
	wav = slices.Clone(wav)
	binary.LittleEndian.PutUint32(wav[len(wav)-n-4:], data)
	binary.LittleEndian.PutUint32(wav[4:], whole)
	return wav
}

func samples(s ...int16) []byte {
	var b []byte
	for _, x := range s {
		b = binary.LittleEndian.AppendUint16(b, uint16(x))
	}
	return b
}

var extensiblePCM = append([]byte{22, 0, 16, 0, 4, 0, 0, 0, 1, 0}, subformatTail...)

func TestDecodeReadsWhatProvidersWrite(t *testing.T) {
	telephone := fmtChunk(tagPCM, 1, 8000, 16)
	four := samples(1, -2, 300, -32768)
	want := Audio{Rate: 8000, Samples: []int16{1, -2, 300, -32768}}
	plain := riff(telephone, chunk("data", four))
	for name, c := range map[string]struct {
		wav  []byte
		want Audio
	}{
		"as Twilio delivers it":            {plain, want},
		"extensible header":                {riff(fmtChunk(tagExtensible, 1, 8000, 16, extensiblePCM...), chunk("data", four)), want},
		"size left at 0":                   {withSize(plain, 8, 0, 0), want},
		"size of a stream":                 {withSize(plain, 8, 0xFFFFFFFF, 0xFFFFFFFF), want},
		"size beyond the end":              {withSize(plain, 8, 0x7FFFFFF0, 0x7FFFFFFF), want},
		"cut in the middle of a sample":    {plain[:len(plain)-1], Audio{Rate: 8000, Samples: []int16{1, -2, 300}}},
		"other chunks, one of odd size":    {riff(chunk("LIST", []byte("abc")), telephone, chunk("fact", samples(4, 0)), chunk("data", four)), want},
		"odd size without its padding":     {riff(telephone, chunk("note", []byte("abc"))[:11], chunk("data", four)), want},
		"chunks after the data":            {riff(telephone, chunk("data", four), chunk("LIST", []byte("more"))), want},
		"frame size and byte rate missing": {append(slices.Clone(plain[:28]), append([]byte{0, 0, 0, 0, 0, 0}, plain[34:]...)...), want},
		"no samples":                       {riff(telephone, chunk("data", nil)), Audio{Rate: 8000}},
		"two channels are averaged":        {riff(fmtChunk(tagPCM, 2, 8000, 16), chunk("data", samples(100, 200, -32768, -32768, 7, 0))), Audio{Rate: 8000, Samples: []int16{150, -32768, 3}}},
		"8 bits":                           {riff(fmtChunk(tagPCM, 1, 11025, 8), chunk("data", []byte{0, 128, 255})), Audio{Rate: 11025, Samples: []int16{-32768, 0, 32512}}},
		"24 bits":                          {riff(fmtChunk(tagPCM, 1, 48000, 24), chunk("data", []byte{9, 1, 0, 9, 0, 0x80})), Audio{Rate: 48000, Samples: []int16{1, -32768}}},
		"32 bits":                          {riff(fmtChunk(tagPCM, 1, 16000, 32), chunk("data", []byte{9, 9, 0xFF, 0xFF})), Audio{Rate: 16000, Samples: []int16{-1}}},
		"float": {riff(fmtChunk(tagFloat, 1, 44100, 32), chunk("data", slices.Concat(
			binary.LittleEndian.AppendUint32(nil, math.Float32bits(-0.5)), binary.LittleEndian.AppendUint32(nil, math.Float32bits(7)),
			binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(math.NaN())))))), Audio{Rate: 44100, Samples: []int16{-16384, 32767, 0}}},
		// The ends and the middle of G.711's tables.
		"μ-law": {riff(fmtChunk(tagMuLaw, 1, 8000, 8, 0, 0), chunk("data", []byte{0x00, 0x80, 0xFF, 0x7F, 0xF0})), Audio{Rate: 8000, Samples: []int16{-32124, 32124, 0, 0, 120}}},
		"A-law": {riff(fmtChunk(tagALaw, 1, 8000, 8, 0, 0), chunk("data", []byte{0x2A, 0xAA, 0xD5, 0x55, 0x80})), Audio{Rate: 8000, Samples: []int16{-32256, 32256, 8, -8, 5504}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Decode(iotest.HalfReader(bytes.NewReader(c.wav)))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	telephone := fmtChunk(tagPCM, 1, 8000, 16)
	data := chunk("data", samples(1))
	broken := errors.New("connection reset")
	for name, c := range map[string]struct {
		wav  io.Reader
		want error
	}{
		"nothing":               {bytes.NewReader(nil), ErrNotWAV},
		"an MP3":                {bytes.NewReader([]byte("ID3\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")), ErrNotWAV},
		"a web page":            {bytes.NewReader([]byte("<html><body>not found</body></html>")), ErrNotWAV},
		"another RIFF file":     {bytes.NewReader([]byte("RIFF\x10\x00\x00\x00AVI LIST\x00\x00\x00\x00")), ErrNotWAV},
		"the header breaks off": {bytes.NewReader(riff(telephone)[:25]), ErrMalformed},
		"no data":               {bytes.NewReader(riff(telephone)), ErrMalformed},
		"data without a format": {bytes.NewReader(riff(data, telephone)), ErrMalformed},
		"a format too short":    {bytes.NewReader(riff(chunk("fmt ", make([]byte, 14)), data)), ErrMalformed},
		"a format too long":     {bytes.NewReader(riff(chunk("fmt ", make([]byte, 1<<16)), data)), ErrMalformed},
		"extensible, too short": {bytes.NewReader(riff(fmtChunk(tagExtensible, 1, 8000, 16), data)), ErrMalformed},
		"endless other chunks":  {bytes.NewReader(withSize(riff(telephone, chunk("junk", nil)), 0, 0xFFFFFFFF, 36)), ErrMalformed},
		"the reader fails":      {io.MultiReader(bytes.NewReader(riff(telephone, data)[:45]), iotest.ErrReader(broken)), broken},
		"it fails at once":      {iotest.ErrReader(broken), broken},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Decode(c.wav); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	for name, f := range map[string][]byte{
		"ADPCM":              fmtChunk(2, 1, 8000, 4),
		"MP3 in WAV":         fmtChunk(0x55, 1, 8000, 16),
		"12 bits":            fmtChunk(tagPCM, 1, 8000, 12),
		"no channels":        fmtChunk(tagPCM, 0, 8000, 16),
		"too many channels":  fmtChunk(tagPCM, 9, 8000, 16),
		"rate of nothing":    fmtChunk(tagPCM, 1, 0, 16),
		"rate of everything": fmtChunk(tagPCM, 1, 0xFFFFFFFF, 16),
		"foreign subformat":  fmtChunk(tagExtensible, 1, 8000, 16, append([]byte{22, 0, 16, 0, 4, 0, 0, 0, 1, 0}, "abcdefghijklmn"...)...),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Decode(bytes.NewReader(riff(f, data)))
			var format *FormatError
			if !errors.As(err, &format) {
				t.Errorf("got %v, want a FormatError", err)
			}
		})
	}
}

// endless is a reader that never ends; it counts what was taken from it.
type endless struct{ taken int }

func (e *endless) Read(b []byte) (int, error) {
	e.taken += len(b)
	return len(b), nil
}

func TestDecodeKeepsTheBeginningOfWhatIsTooLong(t *testing.T) {
	header := withSize(riff(fmtChunk(tagPCM, 1, 8000, 16), chunk("data", nil)), 0, 0xFFFFFFFF, 0xFFFFFFFF)
	var rest endless
	a, err := Decoder{MaxLength: 3 * time.Second}.Decode(io.MultiReader(bytes.NewReader(header), &rest))
	if !errors.Is(err, ErrTooLong) {
		t.Errorf("got %v, want ErrTooLong", err)
	}
	if got := Duration(a); got != 3*time.Second {
		t.Errorf("kept %v, want 3s", got)
	}
	if rest.taken > 3*16000+128<<10 {
		t.Errorf("read %d bytes for 3 seconds", rest.taken)
	}
	exact := riff(fmtChunk(tagPCM, 1, 8000, 16), chunk("data", make([]byte, 3*16000)))
	if a, err := (Decoder{MaxLength: 3 * time.Second}).Decode(bytes.NewReader(exact)); err != nil || Duration(a) != 3*time.Second {
		t.Errorf("exactly as long as allowed: %v, %v", Duration(a), err)
	}
}

func TestEncodeIsReadBackAndReadBySox(t *testing.T) {
	a := synth(t, "synth 5 sine 100-3000 vol 0.7")
	var wav bytes.Buffer
	if err := Encode(&wav, a); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, decoded(t, wav.Bytes())); diff != "" {
		t.Error("read back:", diff)
	}
	if diff := cmp.Diff(a, decoded(t, sox(t, wav.Bytes(), "-t wav - -t wav -"))); diff != "" {
		t.Error("through sox:", diff)
	}
	if err := Encode(io.Discard, Audio{Samples: a.Samples}); !errors.Is(err, ErrMalformed) {
		t.Errorf("without a rate: %v", err)
	}
	if err := Encode(failing{}, a); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("into a full disk: %v", err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

// What sox writes in each encoding is what sox itself makes of it as 16-bit PCM.
func TestDecodeAgreesWithSox(t *testing.T) {
	source := sox(t, nil, "-n -r 8000 -c 2 -b 16 -t wav - synth 2 sine 300-3000 vol 0.9 fade 0 2 1")
	for _, encoding := range []string{"-e mu-law", "-e a-law", "-b 8 -e unsigned", "-b 24 -e signed", "-b 32 -e signed", "-b 32 -e float"} {
		t.Run(encoding, func(t *testing.T) {
			file := sox(t, source, "-t wav - "+encoding+" -t wav -")
			got := decoded(t, file)
			want := decoded(t, sox(t, file, "-D --ignore-length -t wav - -b 16 -e signed -t wav -"))
			if len(got.Samples) != 16000 || len(want.Samples) != 16000 {
				t.Fatalf("%d and %d samples, want 16000", len(got.Samples), len(want.Samples))
			}
			for i := range got.Samples {
				if d := int(got.Samples[i]) - int(want.Samples[i]); d < -1 || d > 1 { // the last bit is rounding
					t.Fatalf("sample %d: got %d, sox %d", i, got.Samples[i], want.Samples[i])
				}
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(riff(fmtChunk(tagPCM, 1, 8000, 16), chunk("data", samples(1, 2, 3))))
	f.Add(riff(fmtChunk(tagMuLaw, 2, 8000, 8, 0, 0), chunk("data", []byte("abc"))))
	f.Add(riff(fmtChunk(tagFloat, 1, 44100, 32), chunk("LIST", []byte("x")), chunk("data", []byte("abcdefgh"))))
	f.Add(riff(fmtChunk(tagExtensible, 1, 8000, 24, extensiblePCM...), chunk("data", []byte("abc"))))
	f.Add([]byte("RIFF\xff\xff\xff\xffWAVE"))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := Decoder{MaxLength: time.Second}.Decode(bytes.NewReader(b))
		if err != nil && !errors.Is(err, ErrTooLong) {
			var format *FormatError
			if !errors.Is(err, ErrNotWAV) && !errors.Is(err, ErrMalformed) && !errors.As(err, &format) {
				t.Fatalf("an error of no known kind: %v", err)
			}
			return
		}
		if a.Rate < minRate || a.Rate > maxRate || Duration(a) > time.Second || len(a.Samples) > len(b) {
			t.Fatalf("%d samples at %d Hz out of %d bytes", len(a.Samples), a.Rate, len(b))
		}
		Silent(a)
		var wav bytes.Buffer
		if err := Encode(&wav, a); err != nil {
			t.Fatal(err)
		}
		again, err := Decode(&wav)
		if err != nil || !slices.Equal(a.Samples, again.Samples) || a.Rate != again.Rate {
			t.Fatalf("changed by writing and reading: %v", err)
		}
	})
}
