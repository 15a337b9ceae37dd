package darwin

import (
	"context"
	"errors"
	"image"
	"testing"
	"time"

	"github.com/coopnet/coopnet/client/capture"
)

// TestScreens is to be run on a Mac, by somebody who looks: docs/testing-software.md.
func TestScreens(t *testing.T) {
	s, err := Open()
	var why *capture.Unsupported
	if errors.As(err, &why) && why.Reason == capture.NoPermission {
		t.Skip("allow the terminal to record the screen (System Settings, Privacy & Security), and start it again")
	}
	if err != nil {
		t.Fatal(err)
	}
	sources, err := s.Sources(t.Context())
	if err != nil || len(sources) == 0 {
		t.Fatalf("%v, %v", sources, err)
	}
	for _, source := range sources {
		small, err := s.Preview(t.Context(), source.ID, image.Pt(320, 200))
		if err != nil || small.Bounds().Empty() {
			t.Errorf("%+v: %v", source, err)
		}
		g, err := s.Open(t.Context(), source.ID)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		f, err := g.Next(ctx)
		cancel()
		if err != nil || f.Size.X < source.Bounds.Dx() || f.Black {
			t.Errorf("%+v: %v, black %v, %v", source, f.Size, f.Black, err)
		}
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Open(t.Context(), "screen:12345678"); !errors.Is(err, capture.ErrGone) {
		t.Errorf("a screen that is not there: %v", err)
	}
}
