package speech

import (
	"math"
	"slices"
	"time"
)

// The thresholds of [Silent]. They lean towards hearing something: a recording
// wrongly called silent is a worry nobody listens to, one wrongly called spoken
// costs a worker ten seconds. Levels are decibels below full scale (dBFS), root
// mean square over one frame, after everything under 200 Hz is filtered out.
const (
	frameLength = 20 * time.Millisecond

	// quietest is the level under which nothing counts. People who whisper into a
	// telephone arrive around -50; an idle G.711 line is at -66 and below.
	quietest = -64.0
	// overFloor is how far above the noise floor a frame must be. The floor is the
	// level that one frame in ten stays under: even breathless speech dips that
	// often, and steady noise varies by about 1 dB. Frames under digitalSilence are
	// left out of it: no microphone was open, the network filled a gap.
	// The floor is never taken to be over loudestFloor: a short recording of which
	// even the quietest tenth is that loud is somebody shouting, not a line.
	overFloor      = 6.0
	digitalSilence = -85.0
	loudestFloor   = -30.0
	// shortestRun is how many frames in a row must be over the floor to count
	// (60 ms): a click, a key or a handset put down is shorter.
	shortestRun = 3
	// shortestSpeech is how many frames must count in all (100 ms): the loud part
	// of a "no" or a "help" said quietly is hardly longer.
	shortestSpeech = 5

	// A run of steadyFrames (500 ms) whose level stays within steadySpread dB is a
	// machine: mains hum that begins half way, a fan, a carrier. A voice moves more,
	// even one that is shouted into the limits of the line, where only its pauses show.
	steadyFrames = 25
	steadySpread = 2.5

	// A frame is tonal when a single sine explains all but toneResidual of its
	// energy; toneFrames tonal frames in a row (80 ms) at one pitch (within
	// toneDrift) between toneLow and toneHigh Hz are a beep or the exchange's tone.
	// A key that is pressed sounds two sines and counts as somebody being there.
	toneResidual = 0.01
	toneFrames   = 4
	toneDrift    = 0.02
	toneLow      = 340.0
	toneHigh     = 3400.0
)

// Silent reports that nobody speaks in a: it is empty, or holds only silence,
// line noise, hum, clicks, or tones such as the beep after a greeting. It needs no engine.
// In doubt it is false, so crying, shouting far from the telephone, music and a
// slammed door are not silent.
func Silent(a Audio) bool {
	return speechLength(a) < shortestSpeech*frameLength
}

// speechLength is for how long something like speech is heard.
func speechLength(a Audio) time.Duration {
	frames := measure(a)
	levels := make([]float64, len(frames))
	for i, f := range frames {
		levels[i] = f.level
	}
	threshold := math.Max(quietest, floorLevel(levels)+overFloor)
	machine := make([]bool, len(frames))
	markSteady(levels, machine)
	markTones(frames, machine)

	heard, run := 0, 0
	for i := range frames {
		if frames[i].level <= threshold || machine[i] {
			run = 0
			continue
		}
		if run++; run == shortestRun {
			heard += shortestRun
		} else if run > shortestRun {
			heard++
		}
	}
	return time.Duration(heard) * frameLength
}

// frame is what is measured of 20 ms of sound.
type frame struct {
	level    float64 // dBFS
	residual float64 // share of the energy that one sine does not explain, 0 to 1
	pitch    float64 // Hz of that sine, 0 when there is none
}

// measure filters a and cuts it into frames; what is left over at the end is dropped.
func measure(a Audio) []frame {
	if a.Rate > telephoneRate {
		a = Resample(a, telephoneRate)
	}
	n := int(int64(a.Rate) * int64(frameLength) / int64(time.Second))
	if n < 8 { // no rate at all, or one that holds no voice
		return nil
	}
	hp := highPass(200, float64(a.Rate))
	frames := make([]frame, 0, len(a.Samples)/n)
	x := make([]float64, n)
	for at := 0; at+n <= len(a.Samples); at += n {
		for i := range x {
			x[i] = hp.next(float64(a.Samples[at+i]))
		}
		frames = append(frames, measureFrame(x, float64(a.Rate)))
	}
	return frames
}

// measureFrame finds the sine that fits x best: x[n] = p·x[n-1] + q·x[n-2] holds
// exactly for one, with p = 2cos ω and q = -1.
func measureFrame(x []float64, rate float64) frame {
	var r00, r11, r12, r22, r01, r02, energy float64
	for i, v := range x {
		energy += v * v
		if i < 2 {
			continue
		}
		u, w := x[i-1], x[i-2]
		r00 += v * v
		r11 += u * u
		r22 += w * w
		r12 += u * w
		r01 += v * u
		r02 += v * w
	}
	f := frame{level: -120, residual: 1}
	if energy > 0 {
		rms := math.Sqrt(energy/float64(len(x))) / 32768
		f.level = math.Max(f.level, 20*math.Log10(rms))
	}
	det := r11*r22 - r12*r12
	if det <= 1e-9*r11*r22 || r00 == 0 {
		return f
	}
	p := (r01*r22 - r02*r12) / det
	q := (r02*r11 - r01*r12) / det
	f.residual = math.Max(0, (r00-p*r01-q*r02)/r00)
	if c := p / 2; q < -0.8 && math.Abs(c) < 1 {
		f.pitch = math.Acos(c) / (2 * math.Pi) * rate
	}
	return f
}

// floorLevel is the level that a tenth of the frames stays under, digital silence
// not counted, and at most loudestFloor.
func floorLevel(levels []float64) float64 {
	sorted := slices.Clone(levels)
	slices.Sort(sorted)
	first, _ := slices.BinarySearch(sorted, digitalSilence)
	if sorted = sorted[first:]; len(sorted) == 0 {
		return digitalSilence
	}
	return math.Min(loudestFloor, sorted[len(sorted)/10])
}

// markSteady marks every stretch of steadyFrames frames whose level hardly moves.
func markSteady(levels []float64, machine []bool) {
	for i := 0; i+steadyFrames <= len(levels); i++ {
		lo, hi := levels[i], levels[i]
		for _, l := range levels[i : i+steadyFrames] {
			lo, hi = math.Min(lo, l), math.Max(hi, l)
		}
		if hi-lo <= steadySpread {
			for k := i; k < i+steadyFrames; k++ {
				machine[k] = true
			}
		}
	}
}

// markTones marks runs of one pure tone and the frame on either side of them,
// where the tone begins or ends half way through.
func markTones(frames []frame, machine []bool) {
	begin := 0
	for i := 0; i <= len(frames); i++ {
		if i < len(frames) && tonal(frames[i]) &&
			(i == begin || math.Abs(frames[i].pitch-frames[i-1].pitch) <= toneDrift*frames[i-1].pitch) {
			continue
		}
		if i-begin >= toneFrames {
			for k := max(begin-1, 0); k < min(i+1, len(frames)); k++ {
				machine[k] = true
			}
		}
		begin = i
		if i < len(frames) && !tonal(frames[i]) {
			begin = i + 1
		}
	}
}

func tonal(f frame) bool {
	return f.residual <= toneResidual && f.pitch >= toneLow && f.pitch <= toneHigh
}

// biquad is a second-order filter in transposed direct form.
type biquad struct{ b0, b1, b2, a1, a2, z1, z2 float64 }

// highPass is a Butterworth high-pass filter (R. Bristow-Johnson's audio EQ cookbook).
func highPass(cutoff, rate float64) *biquad {
	w := 2 * math.Pi * cutoff / rate
	cos, alpha := math.Cos(w), math.Sin(w)/math.Sqrt2
	a0 := 1 + alpha
	return &biquad{
		b0: (1 + cos) / 2 / a0, b1: -(1 + cos) / a0, b2: (1 + cos) / 2 / a0,
		a1: -2 * cos / a0, a2: (1 - alpha) / a0,
	}
}

func (f *biquad) next(x float64) float64 {
	y := f.b0*x + f.z1
	f.z1 = f.b1*x - f.a1*y + f.z2
	f.z2 = f.b2*x - f.a2*y
	return y
}
