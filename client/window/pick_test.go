package window_test

import (
	"context"
	"image"
	"image/color"
	"sync/atomic"
	"testing"

	"github.com/jezek/xgb/xproto"

	"github.com/coopnet/coopnet/client/window"
	"github.com/coopnet/coopnet/client/window/form"
)

type result struct {
	picked window.Picked
	ok     bool
	err    error
}

func (d *desk) pick(control bool, sources window.Sources) <-chan result {
	results := make(chan result, 1)
	go func() {
		picked, ok, err := d.Pick(d.t.Context(), sources, control)
		results <- result{picked, ok, err}
	}()
	return results
}

// picture is of one colour.
func picture(c color.RGBA) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, 160, 90))
	for n := 0; n < len(img.Pix); n += 4 {
		copy(img.Pix[n:], []byte{c.R, c.G, c.B, c.A})
	}
	return img
}

func TestPick(t *testing.T) {
	d := newDesk(t, window.Options{})
	red, green := color.RGBA{200, 10, 20, 255}, color.RGBA{10, 150, 20, 255}
	var calls atomic.Int32
	sources := func(_ context.Context, show func([]window.Choice)) {
		choices := []window.Choice{{ID: "w1", Kind: "window", Title: "One"}, {ID: "d", Kind: "desktop", Title: "All"}, {ID: "s1", Kind: "screen", Title: "Screen 1"},
			{ID: "x", Kind: "something else"}, {ID: "w2", Kind: "window", Title: "Two", Hidden: true}}
		show(choices)
		choices[1].Preview = picture(green)
		if calls.Add(1) > 1 {
			choices = append(choices, window.Choice{ID: "s2", Kind: "screen", Title: "Screen 2", Preview: picture(red)})
		}
		show(choices)
	}
	for name, c := range map[string]struct {
		keys []string
		want result
	}{
		"the first":              {[]string{"ArrowDown", "Enter"}, result{picked: window.Picked{ID: "d", Control: true}, ok: true}},
		"by arrows":              {[]string{"ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight", "Enter"}, result{picked: window.Picked{ID: "w2", Control: true}, ok: true}},
		"without control":        {[]string{"ArrowDown", "Tab", "Space", "Enter"}, result{picked: window.Picked{ID: "d"}, ok: true}},
		"Escape":                 {[]string{"Escape"}, result{}},
		"nothing by who types":   {[]string{"Space", "Enter", "Enter", "Escape"}, result{}},
		"Share, by the keys":     {[]string{"End", "Backtab", "Enter"}, result{picked: window.Picked{ID: "w2", Control: true}, ok: true}},
		"Cancel is before Share": {[]string{"Backtab", "Enter"}, result{}},
	} {
		calls.Store(0)
		results := d.pick(true, sources)
		d.see(green)
		d.press(c.keys...)
		if got := <-results; got != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
	// Refresh: a screen appears, and is chosen by two presses.
	calls.Store(0)
	results := d.pick(false, sources)
	d.see(green)
	d.press("Tab", "Tab", "Enter")
	d.click(d.see(red))
	d.press("Enter")
	if got, want := <-results, (result{picked: window.Picked{ID: "s2"}, ok: true}); got != want {
		t.Errorf("refreshed: %+v", got)
	}
	results = d.pick(false, func(_ context.Context, show func([]window.Choice)) { show(nil) })
	d.eventually("there is no room for choices", func() bool { // and the pointer is not left beside the window
		at, err := xproto.GetGeometry(d.conn, xproto.Drawable(d.top())).Reply()
		return err == nil && at.Height < 300
	})
	d.press("Enter", "Escape")
	if got := <-results; got != (result{}) {
		t.Errorf("nothing to share: %+v", got)
	}
}

// The picker is there before anybody knows what there is, and what is chosen stays when previews come.
func TestPickOpensAtOnce(t *testing.T) {
	d := newDesk(t, window.Options{})
	red := color.RGBA{200, 10, 20, 255}
	found, drawn := make(chan struct{}), make(chan struct{})
	ended := make(chan struct{})
	results := d.pick(false, func(ctx context.Context, show func([]window.Choice)) {
		defer close(ended)
		<-found
		choices := []window.Choice{{ID: "d", Kind: "desktop", Title: "All"}, {ID: "w", Kind: "window", Title: "计算"}}
		show(choices)
		<-drawn
		choices[0].Preview = picture(red)
		show(choices)
		<-ctx.Done()
		show(nil) // after the end nobody listens
	})
	d.see(form.Light().Ground)
	close(found)
	d.eventually("a choice can be made", func() bool {
		d.press("End")
		_, selected := d.where(form.Light().Tint)
		return selected
	})
	close(drawn)
	d.see(red)
	d.press("Enter")
	if got, want := <-results, (result{picked: window.Picked{ID: "w"}, ok: true}); got != want {
		t.Errorf("got %+v", got)
	}
	<-ended
}
