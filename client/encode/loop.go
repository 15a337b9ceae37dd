package encode

import (
	"context"
	"errors"
	"image"
	"sync"
	"time"

	"github.com/coopnet/coopnet/client/encode/pixel"
)

// Source is a screen that is captured.
type Source interface {
	// Next waits until something has changed, thirty times a second at most. What it returns is valid until the next call.
	// When the context ends first, it returns the context's error, and the change is not lost.
	Next(ctx context.Context) (screen pixel.BGRX, damage []image.Rectangle, err error)
}

// Loop is a running share: a screen, the text that it shows, and where the frames go. It waits for the screen; while that is
// still, it does nothing.
type Loop struct {
	source Source
	text   *Text
	send   func(Frame) error
	since  func() time.Duration

	mutex    sync.Mutex
	bitrate  int // what the network wants of the next picture; 0: nothing new
	keyframe bool
	wake     context.CancelCauseFunc // ends the waiting; nil: nobody waits
}

// NewLoop is given a clock that says how long the share has lasted. What send is given is valid until it returns.
func NewLoop(source Source, text *Text, since func() time.Duration, send func(Frame) error) *Loop {
	return &Loop{source: source, text: text, since: since, send: send}
}

// SetBitrate is what the line carries, in bits per second. Any goroutine may call it.
func (l *Loop) SetBitrate(bits int) {
	l.order(func() { l.bitrate = max(1, bits) })
}

// RequestKeyframe is for a viewer who cannot decode what comes. Any goroutine may call it.
func (l *Loop) RequestKeyframe() {
	l.order(func() { l.keyframe = true })
}

func (l *Loop) order(note func()) {
	l.mutex.Lock()
	note()
	wake := l.wake
	l.mutex.Unlock()
	if wake != nil {
		wake(errWake)
	}
}

// errWake: there is something to do before the screen changes.
var errWake = errors.New("something is due")

// Run shares until the context ends, or something fails: that error it returns.
func (l *Loop) Run(ctx context.Context) error {
	for {
		if err := l.obey(); err != nil {
			return err
		}
		frame, made, err := l.text.Encode(l.since())
		if err == nil && made {
			err = l.send(frame)
		}
		if err != nil {
			return err
		}
		screen, damage, err := l.next(ctx)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, errWake):
			continue
		case err != nil:
			return err
		}
		if err := l.text.Take(screen, damage, l.since()); err != nil {
			return err
		}
	}
}

// next waits for a change, but not longer than until something is due or ordered.
func (l *Loop) next(ctx context.Context) (pixel.BGRX, []image.Rectangle, error) {
	waiting, wake := context.WithCancelCause(ctx)
	defer wake(nil)
	l.mutex.Lock()
	l.wake = wake
	ordered := l.bitrate != 0 || l.keyframe
	l.mutex.Unlock()
	if ordered {
		return pixel.BGRX{}, nil, errWake
	}
	if at, ever := l.text.Due(); ever {
		timer := time.AfterFunc(at-l.since(), func() { wake(errWake) })
		defer timer.Stop()
	}
	screen, damage, err := l.source.Next(waiting)
	if err != nil && waiting.Err() != nil && errors.Is(context.Cause(waiting), errWake) {
		err = errWake
	}
	return screen, damage, err
}

// obey carries out what was ordered.
func (l *Loop) obey() error {
	l.mutex.Lock()
	bitrate, keyframe := l.bitrate, l.keyframe
	l.bitrate, l.keyframe = 0, false
	l.mutex.Unlock()
	if keyframe {
		l.text.RequestKeyframe()
	}
	if bitrate == 0 {
		return nil
	}
	return l.text.SetBitrate(bitrate, l.since())
}
