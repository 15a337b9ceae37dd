package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"testing"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/text"
	"github.com/coopnet/coopnet/client/window"
)

// asking is a desktop whose user says what the test says.
type asking struct {
	capture.System
	source capture.Source
	err    error
}

func (a asking) Choose(context.Context) (capture.Source, error) { return a.source, a.err }

// list is our own window; it counts how often it was shown.
type list struct {
	Windows
	shown int
}

func (l *list) Pick(context.Context, window.Sources, bool) (window.Picked, bool, error) {
	l.shown++
	return window.Picked{ID: "listed", Control: true}, true, nil
}

// TestTheDesktopAsks: where the desktop asks the user itself, no list of ours is shown, and nobody is offered to control.
func TestTheDesktopAsks(t *testing.T) {
	windows := &list{}
	a := newApp(Config{Windows: windows, Desktop: uncontrolled{nothing{io.EOF}}})
	if picked, ok, err := a.pick(t.Context(), false); picked.ID != "listed" || !ok || err != nil {
		t.Errorf("a list: %v %v %v", picked, ok, err)
	}
	system := asking{nothing{io.EOF}, capture.Source{ID: "chosen:1"}, nil}
	a.Desktop = Asking(system)
	if picked, ok, err := a.pick(t.Context(), true); picked != (window.Picked{ID: "chosen:1"}) || !ok || err != nil {
		t.Errorf("a yes: %v %v %v", picked, ok, err)
	}
	system.err = &capture.Unsupported{Reason: capture.Refused, Err: io.EOF}
	a.Desktop = Asking(system)
	if _, ok, err := a.pick(t.Context(), true); ok || !refused(err) || a.explain(err) == "" {
		t.Errorf("a no: %v %v", ok, err)
	}
	if windows.shown != 1 {
		t.Errorf("the list was shown %d times", windows.shown)
	}
}

// TestSomethingElse: why nothing else can be picked is said, but for a no, and what there was goes on.
func TestSomethingElse(t *testing.T) {
	ended, end := context.WithCancel(t.Context())
	end()
	said := text.EndingsFor("en").Unsupported
	for name, tt := range map[string]struct {
		ctx    context.Context
		reason capture.Reason
		want   []string
	}{
		"no portal":         {t.Context(), capture.NoPortal, []string{said["no-portal"]}},
		"no":                {t.Context(), capture.Refused, nil},
		"the share is over": {ended, capture.NoPortal, nil},
	} {
		p := &person{}
		a := newApp(Config{Windows: p, Language: "en", Logger: slog.New(slog.DiscardHandler),
			Desktop: Asking(asking{nothing{io.EOF}, capture.Source{}, &capture.Unsupported{Reason: tt.reason, Err: io.EOF}})})
		sh := &sharing{app: a, choosing: make(chan struct{}, 1), picks: make(chan window.Picked, 1)}
		if sh.choose(tt.ctx); !slices.Equal(p.said, tt.want) {
			t.Errorf("%s: it is said %q", name, p.said)
		}
		if len(sh.picks) > 0 || len(sh.choosing) > 0 {
			t.Errorf("%s: something was picked, or is still being chosen", name)
		}
	}
}

// TestUncontrolled: what injects into X11 would reach windows of XWayland only, and not what is shared. There is none.
func TestUncontrolled(t *testing.T) {
	u := uncontrolled{nothing{io.EOF}}
	if _, err := u.Injector("chosen:1"); !errors.Is(err, errUncontrolled) {
		t.Error(err)
	}
	if _, err := u.WatchPanic(func() {}); !errors.Is(err, errUncontrolled) {
		t.Error(err)
	}
}
