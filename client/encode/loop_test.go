package encode_test

import (
	"context"
	"errors"
	"image"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coopnet/coopnet/client/encode"
	"github.com/coopnet/coopnet/client/encode/pixel"
)

// changes is a source that changes when a test says so.
type changes chan pixel.BGRX

func (c changes) Next(ctx context.Context) (pixel.BGRX, []image.Rectangle, error) {
	select {
	case screen, more := <-c:
		if !more {
			return pixel.BGRX{}, nil, errGone
		}
		return screen, []image.Rectangle{{Max: screen.Size}}, nil
	case <-ctx.Done():
		return pixel.BGRX{}, nil, ctx.Err()
	}
}

var errGone = errors.New("the window was closed")

func TestLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		recorder, source, sent := &recorder{}, make(changes), 0
		text := encode.NewText(func(image.Point, int) (encode.Encoder, error) { return recorder, nil }, 2_000_000)
		loop := encode.NewLoop(source, text, func() time.Duration { return time.Since(begin) }, func(encode.Frame) error { sent++; return nil })
		ended := make(chan error, 1)
		go func() { ended <- loop.Run(t.Context()) }()

		screen := pixel.BGRX{Pix: make([]byte, 4*64*64), Stride: 4 * 64, Size: image.Pt(64, 64)}
		source <- screen
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if sent != 4 {
			t.Errorf("%d frames of a page: a keyframe and three refinements are due", sent)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if sent != 4 {
			t.Errorf("%d frames, although nothing happened for an hour", sent)
		}

		loop.RequestKeyframe()
		loop.RequestKeyframe()
		synctest.Wait()
		if sent != 5 || !recorder.tasks[4].Keyframe {
			t.Errorf("%d frames: a keyframe was requested", sent)
		}
		loop.SetBitrate(123_000)
		synctest.Wait()
		if recorder.bitrate != 123_000 {
			t.Errorf("the encoder has %d bit/s", recorder.bitrate)
		}

		close(source)
		if err := <-ended; !errors.Is(err, errGone) {
			t.Errorf("the share ended with %v", err)
		}
	})
}

func TestLoopEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancelCause(t.Context())
		text := encode.NewText(func(image.Point, int) (encode.Encoder, error) { return &recorder{}, nil }, 2_000_000)
		loop := encode.NewLoop(make(changes), text, func() time.Duration { return 0 }, func(encode.Frame) error { return nil })
		ended := make(chan error, 1)
		go func() { ended <- loop.Run(ctx) }()
		synctest.Wait()
		stop(errGone)
		if err := <-ended; !errors.Is(err, errGone) {
			t.Errorf("ended with %v", err)
		}
	})
}

func TestLoopEndsWhenNothingCanBeSent(t *testing.T) {
	source := make(changes, 1)
	source <- pixel.BGRX{Pix: make([]byte, 4), Stride: 4, Size: image.Pt(1, 1)}
	text := encode.NewText(func(image.Point, int) (encode.Encoder, error) { return &recorder{}, nil }, 2_000_000)
	loop := encode.NewLoop(source, text, func() time.Duration { return 0 }, func(encode.Frame) error { return errGone })
	if err := loop.Run(t.Context()); !errors.Is(err, errGone) {
		t.Errorf("ended with %v", err)
	}
}
