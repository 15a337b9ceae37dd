package encode_test

import (
	"image"
	"testing"
	"time"

	"github.com/coopnet/coopnet/client/encode"
	"github.com/coopnet/coopnet/client/encode/pixel"
)

// recorder is an encoder whose frames are as large as a test says. It notes what it was asked for.
type recorder struct {
	size    image.Point
	tasks   []encode.Task
	bitrate int
	resized int
	closed  bool
	bytes   func(encode.Task) int
}

func (r *recorder) Encode(p encode.Picture, t encode.Task) ([]byte, bool, error) {
	tiles := t.Tiles
	tiles.Changed = append([]byte(nil), tiles.Changed...)
	t.Tiles = tiles
	r.tasks = append(r.tasks, t)
	n := 1000
	if r.bytes != nil {
		n = r.bytes(t)
	}
	return make([]byte, n), t.Keyframe, nil
}

func (r *recorder) SetBitrate(bits int) error { r.bitrate = bits; return nil }

func (r *recorder) Resize(size image.Point) error { r.size = size; r.resized++; return nil }

func (r *recorder) Close() error { r.closed = true; return nil }

// stage is a screen and the text on it, on a clock that a test moves.
type stage struct {
	t        *testing.T
	now      time.Duration
	screen   pixel.BGRX
	text     *encode.Text
	recorder *recorder
	frames   []encode.Frame
	shade    byte
}

func newStage(t *testing.T, bits int) *stage {
	s := &stage{t: t, recorder: &recorder{}, now: time.Second}
	s.resize(image.Pt(640, 384)) // ten by six tiles
	s.text = encode.NewText(func(size image.Point, bits int) (encode.Encoder, error) {
		s.recorder.size, s.recorder.bitrate = size, bits
		return s.recorder, nil
	}, bits)
	return s
}

func (s *stage) resize(size image.Point) {
	s.screen = pixel.BGRX{Pix: make([]byte, 4*size.X*size.Y), Stride: 4 * size.X, Size: size}
}

// paint changes a rectangle and lets the text take it.
func (s *stage) paint(r image.Rectangle) {
	s.t.Helper()
	s.shade += 40
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			s.screen.Pix[y*s.screen.Stride+4*x] = s.shade
		}
	}
	if err := s.text.Take(s.screen, []image.Rectangle{r}, s.now); err != nil {
		s.t.Fatal(err)
	}
}

// pass lets time go by and encodes whatever is due, when it is due.
func (s *stage) pass(d time.Duration) {
	s.t.Helper()
	end := s.now + d
	for range 10_000 {
		at, ever := s.text.Due()
		if !ever || at > end {
			s.now = end
			return
		}
		s.now = max(s.now, at)
		frame, made, err := s.text.Encode(s.now)
		if err != nil || !made {
			s.t.Fatalf("at %v something was due: made %v, %v", s.now, made, err)
		}
		s.frames = append(s.frames, frame)
	}
	s.t.Fatal("it never comes to an end")
}

// begun has shown everything and come to rest.
func begun(t *testing.T, bits int) *stage {
	t.Helper()
	s := newStage(t, bits)
	s.paint(image.Rectangle{Max: s.screen.Size})
	s.pass(10 * time.Second)
	s.forget()
	return s
}

func (s *stage) forget() { s.frames, s.recorder.tasks = nil, nil }
