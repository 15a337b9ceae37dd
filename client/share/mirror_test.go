package share

import (
	"context"
	"image"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coopnet/coopnet/client/capture"
)

// The mirror shows the latest picture, once a second at most, and nothing of what is still or of what nobody looks at.
func TestMirror(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		window := &source{frames: make(chan grabbed)}
		track := NewTrack([]string{"VP9"}, time.Now, func() uint32 { return 100 })
		var mu sync.Mutex
		var shown []byte
		mirror := NewMirror(image.Pt(100, 100), func(img *image.RGBA) {
			mu.Lock()
			defer mu.Unlock()
			shown = append(shown, img.Pix[0])
		})
		ctx, cancel := context.WithCancel(t.Context())
		s := &sharing{Config: Config{Grabber: window, Track: track, Mirror: mirror, Logger: slog.New(slog.DiscardHandler)}, began: time.Now(), coder: &coder{}}
		frames, taken, done := make(chan grabbed), make(chan struct{}, 1), make(chan error)
		go func() { done <- s.run(ctx, frames, taken) }()
		is := func(when string, want ...byte) {
			t.Helper()
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if string(shown) != string(want) {
				t.Errorf("%s: %v", when, shown)
			}
		}
		take := func() {
			frames <- grabbed{frame: capture.Frame{Size: image.Pt(4, 4)}}
			<-taken
		}
		take()
		time.Sleep(time.Minute)
		is("nobody looks")
		mirror.Turn(true)
		is("somebody looks", 1)
		for range 10 {
			take()
		}
		is("right after", 1)
		time.Sleep(time.Second)
		is("a second later", 1, 11)
		time.Sleep(time.Hour)
		is("of what is still", 1, 11)
		mirror.Turn(false)
		take()
		time.Sleep(time.Minute)
		is("nobody looks any more", 1, 11)
		mirror.Turn(true)
		mirror.Turn(true)
		is("somebody looks again", 1, 11, 12)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
