package speech

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// DefaultMaxLength is how much of a recording [Decode] reads: ten minutes.
const DefaultMaxLength = 10 * time.Minute

// The rates that are read. Below and above lies nothing a telephone or a browser records.
const (
	minRate = 4000
	maxRate = 48000
)

// maxSkipped bounds the bytes of chunks other than fmt and data, which are read and thrown away.
const maxSkipped = 16 << 20

var (
	// ErrNotWAV means that the bytes are no RIFF/WAVE file at all: an MP3, a web page, nothing.
	ErrNotWAV = errors.New("not a WAV file")
	// ErrMalformed means a WAV file whose header breaks off or contradicts itself.
	ErrMalformed = errors.New("malformed WAV file")
	// ErrTooLong means that the recording goes on after the longest length. The
	// audio returned with it is good and holds the beginning.
	ErrTooLong = errors.New("recording longer than the limit")
)

// FormatError is a WAV file in an encoding that is not read here.
type FormatError struct {
	Tag      uint16 // the format tag; 1 PCM, 3 float, 6 A-law, 7 μ-law
	Bits     int
	Channels int
	Rate     int
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("WAV encoding not supported: format %d, %d bits, %d channels, %d Hz", e.Tag, e.Bits, e.Channels, e.Rate)
}

// Decode reads a WAV file of at most [DefaultMaxLength]; see [Decoder.Decode].
func Decode(r io.Reader) (Audio, error) { return Decoder{}.Decode(r) }

// Decoder reads WAV files.
type Decoder struct {
	MaxLength time.Duration // how much is kept; 0 is DefaultMaxLength
}

// Decode reads a RIFF/WAVE file as providers deliver it: PCM of 8, 16, 24 or 32
// bits, float of 32 bits, G.711 μ-law and A-law, plain or with the extensible
// header, 4 to 48 kHz, up to eight channels, which are averaged into one (a dual-channel
// recording has the caller on one side and the line on the other).
//
// A recording is worth more than its header: a data size that was never filled in
// (0 in a file whose own size is 0 too, or 0xFFFFFFFF) or that reaches beyond the
// end of the file reads what is there, without an error. A header followed by
// nothing gives no samples and no error.
//
// Errors are [ErrNotWAV], [ErrMalformed], [*FormatError], [ErrTooLong] (with the
// beginning of the audio) or what the reader returned, each to be found with
// errors.Is or errors.As. At most MaxLength of samples is held in memory.
//
// The layout is Microsoft's "Multimedia Programming Interface and Data
// Specifications 1.0" and the WAVEFORMATEXTENSIBLE page of its driver documentation.
func (d Decoder) Decode(r io.Reader) (Audio, error) {
	br := bufio.NewReaderSize(r, 32<<10)
	var head [12]byte
	if err := readFull(br, head[:]); err != nil {
		if errors.Is(err, ErrMalformed) {
			return Audio{}, ErrNotWAV // too short for a header
		}
		return Audio{}, err
	}
	if string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
		return Audio{}, ErrNotWAV
	}
	riffSize := binary.LittleEndian.Uint32(head[4:])

	var f *format
	skipped := int64(0)
	for {
		var chunk [8]byte
		if err := readFull(br, chunk[:]); err != nil {
			return Audio{}, fmt.Errorf("read chunk header: %w", err)
		}
		id, size := string(chunk[:4]), int64(binary.LittleEndian.Uint32(chunk[4:]))
		switch id {
		case "fmt ":
			var err error
			if f, err = readFormat(br, size); err != nil {
				return Audio{}, err
			}
		case "data":
			if f == nil {
				return Audio{}, fmt.Errorf("data before format: %w", ErrMalformed)
			}
			unfilled := size == 0xFFFFFFFF || size == 0 && (riffSize == 0 || riffSize == 0xFFFFFFFF)
			if unfilled {
				size = -1
			}
			return d.readData(br, f, size)
		default:
			if skipped += size; skipped > maxSkipped {
				return Audio{}, fmt.Errorf("too much before the data: %w", ErrMalformed)
			}
			if err := skip(br, size); err != nil {
				return Audio{}, fmt.Errorf("skip chunk: %w", err)
			}
		}
		if err := skipPadding(br, size); err != nil {
			return Audio{}, err
		}
	}
}

// skipPadding passes over the zero byte after a chunk of odd size. Some writers
// leave it out, so a byte that is not zero belongs to the next chunk.
func skipPadding(br *bufio.Reader, size int64) error {
	if size%2 == 0 {
		return nil
	}
	b, err := br.Peek(1)
	if err == nil && b[0] == 0 {
		_, err = br.Discard(1)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read padding: %w", err)
	}
	return nil
}

// readFull fills b; an early end is ErrMalformed, any other failure is the reader's own.
func readFull(r io.Reader, b []byte) error {
	_, err := io.ReadFull(r, b)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrMalformed
	}
	return err
}

func skip(r io.Reader, n int64) error {
	got, err := io.CopyN(io.Discard, r, n)
	if errors.Is(err, io.EOF) && got < n {
		return ErrMalformed
	}
	return err
}

// readData reads size bytes of samples, or all there are when size is below 0.
func (d Decoder) readData(r io.Reader, f *format, size int64) (Audio, error) {
	longest := d.MaxLength
	if longest <= 0 {
		longest = DefaultMaxLength
	}
	limit := int64(longest.Seconds() * float64(f.rate))
	if size >= 0 {
		r = io.LimitReader(r, size)
	}
	a := Audio{Rate: f.rate}
	frame := f.channels * f.bytes
	buf := make([]byte, 4096*frame)
	for {
		n, err := io.ReadFull(r, buf)
		for at := 0; at+frame <= n; at += frame {
			if int64(len(a.Samples)) == limit {
				return a, ErrTooLong
			}
			sum := 0
			for c := 0; c < frame; c += f.bytes {
				sum += int(f.sample(buf[at+c:]))
			}
			a.Samples = append(a.Samples, int16(sum/f.channels))
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return a, nil // shorter than announced: the call ended or the copy did
		case err != nil:
			return a, fmt.Errorf("read samples: %w", err)
		}
	}
}

// Encode writes a as a WAV file of one channel and 16 bits, the shape in which
// Twilio delivers a recording and every recogniser takes one.
func Encode(w io.Writer, a Audio) error {
	const header = 44
	size := 2 * len(a.Samples)
	if int64(size) > 0xFFFFFFFF-header || a.Rate <= 0 {
		return fmt.Errorf("encode WAV of %d samples at %d Hz: %w", len(a.Samples), a.Rate, ErrMalformed)
	}
	b := make([]byte, 0, min(header+size, 64<<10))
	b = append(b, "RIFF"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(header-8+size))
	b = append(b, "WAVEfmt "...)
	b = binary.LittleEndian.AppendUint32(b, 16)
	b = binary.LittleEndian.AppendUint16(b, tagPCM)
	b = binary.LittleEndian.AppendUint16(b, 1)
	b = binary.LittleEndian.AppendUint32(b, uint32(a.Rate))
	b = binary.LittleEndian.AppendUint32(b, uint32(2*a.Rate))
	b = binary.LittleEndian.AppendUint16(b, 2)
	b = binary.LittleEndian.AppendUint16(b, 16)
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(size))
	for _, s := range a.Samples {
		if len(b) >= 64<<10-2 {
			if _, err := w.Write(b); err != nil {
				return fmt.Errorf("write WAV: %w", err)
			}
			b = b[:0]
		}
		b = binary.LittleEndian.AppendUint16(b, uint16(s))
	}
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("write WAV: %w", err)
	}
	return nil
}
