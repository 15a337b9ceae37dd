package encode

import (
	"errors"
	"fmt"
	"image"
	"time"

	"github.com/coopnet/coopnet/client/encode/pixel"
)

// The rhythm of a share.
const (
	interval    = time.Second / 30       // between two pictures of something that moves, at least
	tolerance   = 3 * time.Millisecond   // a capture that comes thirty times a second is not quite regular
	settled     = 80 * time.Millisecond  // what has not changed for so long is made sharper
	between     = 150 * time.Millisecond // from one refinement of a tile to the next
	keyInterval = 500 * time.Millisecond // between two keyframes, at least: more requests in that time are one
	backlog     = 150 * time.Millisecond // no frame is made while more than the line carries in this time waits for it
	burst       = 300 * time.Millisecond // what changes after such a pause is something new
	onlooker    = 500 * time.Millisecond // what has rested for so long, or twice that, beside something that moves is made sharper, once
	stopped     = 2 * interval           // without a picture: what moved has stopped
	alive       = 2 * time.Second        // libwebrtc takes three without a frame for a loss, and asks for a keyframe, again and again
)

// What frames may cost, in what the line carries in a time.
const (
	keyBudget   = 700 * time.Millisecond
	burstBudget = 350 * time.Millisecond
	fineBudget  = 400 * time.Millisecond
	// calm: text that moves needs no more than this, in bits per second. Nobody reads the finest details of it.
	calm = 380_000
)

// Quantizers, from 0 (fine) to 63.
const (
	movingFinest   = 16
	movingCoarsest = 40 // text is legible: on a thin line there are fewer pictures instead
	smallFinest    = 2  // of changes of a few tiles, as by typing
	keyFinest      = 14
	keyCoarsest    = 52 // the first picture should not take seconds; it is made sharper at once
)

// refinements are the quantizers with which a tile is sharpened once it rests, the first one last.
func refinements() []int { return []int{1, 2, 6} }

// Frame is something to send.
type Frame struct {
	Bytes    []byte // valid until the next call
	Keyframe bool
	At       time.Duration // when the picture was taken, since the share began
}

// Text makes frames of a screen on which there is text. It has no clock: all times are those of the caller, since the share
// began. Not for several goroutines at once.
//
// What changes is encoded at once, thirty times a second at most, as sharp as the line allows and never illegibly: when the
// line is too thin there are fewer frames. What has come to rest is made sharper in three steps. Nothing is encoded of what
// is sharp already: a screen on which nothing happens costs a frame of nothing now and then, which tells viewers that all is well.
type Text struct {
	open    Open
	encoder Encoder // nil before the first picture
	picture Picture
	changed pixel.Tiles     // since the last frame
	coarse  []byte          // refinements that each tile still needs
	moved   []time.Duration // when each tile changed, or was refined
	line    line
	moving  density
	still   density
	resized bool // the encoder has another size
	wantKey bool
	hasKey  bool
	lastKey time.Duration
	last    time.Duration // the last frame of something that moved
	large   bool          // much did
}

// Open makes an encoder for pictures of a size, and for a line that carries so many bits per second.
type Open func(size image.Point, bits int) (Encoder, error)

// NewText begins a share. bits is what the line is believed to carry. Close ends it.
func NewText(open Open, bits int) *Text {
	return &Text{open: open, line: line{bitrate: max(leastBitrate, float64(bits))}, moving: density{fresh}, still: density{sharper}, lastKey: -keyInterval}
}

// Bits for a tile of dense text at the reference quantizer: when it is new, and when it is made sharper.
const (
	fresh   = 5800
	sharper = 2300
)

// Take brings the picture up to date. The screen is not kept.
func (t *Text) Take(screen pixel.BGRX, damage []image.Rectangle, now time.Duration) error {
	if screen.Size != t.picture.Size {
		if err := t.resize(screen.Size); err != nil {
			return err
		}
		damage = []image.Rectangle{{Max: screen.Size}}
	}
	for _, r := range damage {
		pixel.Convert(t.picture, screen, r, t.changed)
	}
	for i, changed := range t.changed.Changed {
		if changed != 0 {
			t.moved[i] = now
		}
	}
	return nil
}

func (t *Text) resize(size image.Point) error {
	if size.X < 1 || size.Y < 1 {
		return fmt.Errorf("a screen of %v", size)
	}
	if t.encoder == nil {
		encoder, err := t.open(size, int(t.line.bitrate))
		if err != nil {
			return err
		}
		t.encoder = encoder
	} else {
		t.resized = true // once for a key, however often it changes until then
	}
	t.picture, t.changed = pixel.NewPicture(size), pixel.NewTiles(size)
	t.coarse, t.moved = make([]byte, len(t.changed.Changed)), make([]time.Duration, len(t.changed.Changed))
	t.wantKey, t.hasKey = true, false
	return nil
}

// Picture is what is sent, valid until the next call; its size is zero before there is one.
func (t *Text) Picture() Picture { return t.picture }

// Adopt goes on with the picture of another one, for another encoder. That one is only closed.
func (t *Text) Adopt(from *Text) error {
	if from.picture.Size == (image.Point{}) {
		return nil
	}
	if err := t.resize(from.picture.Size); err != nil {
		return err
	}
	t.picture = from.picture
	return nil
}

// RequestKeyframe: a viewer cannot decode what comes. Requests that come close upon each other are one.
func (t *Text) RequestKeyframe() { t.wantKey = true }

// SetBitrate is what the line carries now, in bits per second.
func (t *Text) SetBitrate(bits int, now time.Duration) error {
	t.line.setBitrate(bits, now)
	if t.encoder == nil {
		return nil
	}
	return t.encoder.SetBitrate(int(t.line.bitrate))
}

// Due is when Encode has something to do, if nothing is taken before. It is never when there is no picture.
func (t *Text) Due() (at time.Duration, ever bool) {
	if t.picture.Size == (image.Point{}) {
		return 0, false
	}
	ready := t.line.ready(backlog)
	switch {
	case !t.hasKey: // of a window that is being resized not each size
		return max(ready, t.lastKey+keyInterval), true
	case t.wantKey:
		at, ever = max(ready, t.lastKey+keyInterval), true
	}
	if t.changed.Any() {
		if moves := max(ready, t.last+interval-tolerance); !ever || moves < at {
			at, ever = moves, true
		}
	} else if refines, any := t.refinesAt(); any {
		if refines = max(ready, refines); !ever || refines < at {
			at, ever = refines, true
		}
	}
	if quiet := max(ready, t.line.sent+alive); !ever || quiet < at {
		at = quiet
	}
	return at, true
}

// Encode makes the frame that is due, if one is.
func (t *Text) Encode(now time.Duration) (frame Frame, made bool, err error) {
	due, ever := t.Due()
	if !ever || now < due {
		return Frame{}, false, nil
	}
	t.line.pass(now)
	switch {
	case !t.hasKey || t.wantKey && now >= t.lastKey+keyInterval:
		return t.encodeKey(now)
	case t.changed.Any():
		return t.encodeMoving(now)
	}
	if frame, made, err := t.encodeStill(now); made || err != nil {
		return frame, made, err
	}
	return t.encodeNothing(now)
}

func (t *Text) encodeKey(now time.Duration) (Frame, bool, error) {
	if t.resized {
		if err := t.encoder.Resize(t.picture.Size); err != nil {
			return Frame{}, false, fmt.Errorf("encode pictures of %v: %w", t.picture.Size, err)
		}
		t.resized = false
	}
	all := len(t.coarse)
	prior := density{fresh}
	q := prior.quantizer(all, t.line.within(keyBudget), keyFinest, keyCoarsest)
	frame, err := t.encode(Task{At: now, Keyframe: true, Finest: q, Coarsest: q})
	if err != nil {
		return Frame{}, false, err
	}
	for i := range t.coarse {
		t.coarse[i], t.moved[i] = lacking(q), now
	}
	t.changed.Clear()
	t.still = density{sharper}
	t.wantKey, t.hasKey, t.lastKey, t.last, t.large = false, true, now, now, false
	return frame, true, nil
}

func (t *Text) encodeMoving(now time.Duration) (Frame, bool, error) {
	tiles := t.changed.Count()
	budget := min(t.line.bitrate, calm) * interval.Seconds()
	if now-t.last > burst {
		t.moving, t.still = density{fresh}, density{sharper}
		budget = t.line.within(burstBudget)
	}
	finest := movingFinest
	t.large = tiles*32 > len(t.coarse)
	if !t.large {
		finest, budget = smallFinest, 3*budget
	}
	q := t.moving.quantizer(tiles, budget, finest, movingCoarsest)
	frame, err := t.encode(Task{At: now, Finest: q, Coarsest: q, Tiles: t.changed})
	if err != nil {
		return Frame{}, false, err
	}
	t.moving.learn(tiles, len(frame.Bytes), q)
	for i, changed := range t.changed.Changed {
		if changed != 0 {
			t.coarse[i] = lacking(q)
		}
	}
	t.changed.Clear()
	t.last = now
	return frame, true, nil
}

func (t *Text) encode(task Task) (Frame, error) {
	bytes, key, err := t.encoder.Encode(t.picture, task)
	if err != nil {
		return Frame{}, err
	}
	if len(bytes) == 0 {
		return Frame{}, errors.New("the encoder made nothing of a picture")
	}
	t.line.send(len(bytes), task.At)
	return Frame{Bytes: bytes, Keyframe: key, At: task.At}, nil
}

// Close closes the encoder.
func (t *Text) Close() error {
	if t.encoder == nil {
		return nil
	}
	return t.encoder.Close()
}
