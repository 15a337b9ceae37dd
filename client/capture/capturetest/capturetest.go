// Package capturetest takes and reads pictures in the tests of what captures.
package capturetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/coopnet/coopnet/client/capture"
)

// Patience is how long a busy machine may take to show a change.
const Patience = 20 * time.Second

// Next is the next frame.
func Next(tb testing.TB, g capture.Grabber) capture.Frame {
	tb.Helper()
	return Until(tb, g, "a frame", func(capture.Frame) bool { return true })
}

// Until takes frames until one is as wanted.
func Until(tb testing.TB, g capture.Grabber, what string, wanted func(capture.Frame) bool) capture.Frame {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), Patience)
	defer cancel()
	for {
		f, err := g.Next(ctx)
		if err != nil {
			tb.Fatalf("%s: %v", what, err)
		}
		if len(f.Damage) == 0 {
			tb.Fatalf("%s: a frame without damage", what)
		}
		if wanted(f) {
			return f
		}
	}
}

// Quiet takes frames until none comes for a while.
func Quiet(tb testing.TB, g capture.Grabber, while time.Duration) {
	tb.Helper()
	for deadline := time.Now().Add(Patience); time.Now().Before(deadline); {
		ctx, cancel := context.WithTimeout(tb.Context(), while)
		_, err := g.Next(ctx)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			return
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	tb.Fatal("it is never quiet")
}

// ColourAt is 0xRRGGBB.
func ColourAt(f capture.Frame, x, y int) uint32 {
	p := f.Pix[y*f.Stride+4*x:]
	return uint32(p[2])<<16 | uint32(p[1])<<8 | uint32(p[0])
}

// Plain reports whether all of a frame has one colour.
func Plain(f capture.Frame, colour uint32) bool {
	for y := range f.Size.Y {
		for x := range f.Size.X {
			if ColourAt(f, x, y) != colour {
				return false
			}
		}
	}
	return true
}
