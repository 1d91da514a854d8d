package speech

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// Format tags of the WAVE registry that are read here (RFC 2361 lists them all).
const (
	tagPCM        = 0x0001
	tagFloat      = 0x0003
	tagALaw       = 0x0006
	tagMuLaw      = 0x0007
	tagExtensible = 0xFFFE
)

// subformatTail is what the GUID of an extensible header ends in when its first
// two bytes are a format tag (KSDATAFORMAT_SUBTYPE_WAVEFORMATEX).
const subformatTail = "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"

// format is how the samples of a file are written.
type format struct {
	rate, channels int
	bytes          int // of one sample of one channel
	sample         func([]byte) int16
}

// readFormat reads a fmt chunk of the given size. The header's own frame size and
// bytes a second follow from the rest and are often wrong, so they are not believed.
func readFormat(r io.Reader, size int64) (*format, error) {
	if size < 16 || size > 4096 {
		return nil, fmt.Errorf("format of %d bytes: %w", size, ErrMalformed)
	}
	b := make([]byte, size)
	if err := readFull(r, b); err != nil {
		return nil, fmt.Errorf("read format: %w", err)
	}
	tag := binary.LittleEndian.Uint16(b)
	channels := int(binary.LittleEndian.Uint16(b[2:]))
	rate := binary.LittleEndian.Uint32(b[4:])
	bits := int(binary.LittleEndian.Uint16(b[14:]))
	if tag == tagExtensible {
		if len(b) < 40 {
			return nil, fmt.Errorf("extensible format of %d bytes: %w", size, ErrMalformed)
		}
		if string(b[26:40]) == subformatTail {
			tag = binary.LittleEndian.Uint16(b[24:])
		}
	}
	f := &format{rate: int(rate), channels: channels, bytes: bits / 8}
	switch {
	case tag == tagMuLaw: // always 8 bits, whatever the header says
		f.bytes, f.sample = 1, func(b []byte) int16 { return muLaw(b[0]) }
	case tag == tagALaw:
		f.bytes, f.sample = 1, func(b []byte) int16 { return aLaw(b[0]) }
	case tag == tagPCM && bits == 8: // the one size that is written without a sign
		f.sample = func(b []byte) int16 { return int16(int(b[0])-128) << 8 }
	case tag == tagPCM && (bits == 16 || bits == 24 || bits == 32): // the upper 16 bits are the last two bytes
		low := f.bytes - 2
		f.sample = func(b []byte) int16 { return int16(binary.LittleEndian.Uint16(b[low:])) }
	case tag == tagFloat && bits == 32:
		f.sample = float32Sample
	}
	if f.sample == nil || channels < 1 || channels > 8 || rate < minRate || rate > maxRate {
		return nil, &FormatError{Tag: tag, Bits: bits, Channels: channels, Rate: int(rate)}
	}
	return f, nil
}

func float32Sample(b []byte) int16 {
	x := float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	if math.IsNaN(x) {
		return 0
	}
	return clip16(x * 32768)
}

// muLaw expands one byte of G.711 μ-law (ITU-T G.711, table 2a) to 16 bits.
func muLaw(b byte) int16 {
	b = ^b
	const bias = 0x84
	x := (int(b&0x0F)<<3+bias)<<(b>>4&7) - bias
	if b&0x80 != 0 {
		return int16(-x)
	}
	return int16(x)
}

// aLaw expands one byte of G.711 A-law (ITU-T G.711, table 1a) to 16 bits.
func aLaw(b byte) int16 {
	b ^= 0x55
	x := int(b&0x0F)<<4 + 8
	if exponent := b >> 4 & 7; exponent > 0 {
		x = (x + 0x100) << (exponent - 1)
	}
	if b&0x80 == 0 {
		return int16(-x)
	}
	return int16(x)
}
