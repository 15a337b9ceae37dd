package app

import (
	"context"
	"errors"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/input"
	"github.com/coopnet/coopnet/client/window"
)

// errUncontrolled: nobody can be let control this desktop, so that nobody is offered to ask.
var errUncontrolled = errors.New("this desktop cannot be controlled")

// pick lets the user choose what to share: from a list, or the desktop asks them itself. Control is whether colleagues may ask for it.
func (a *app) pick(ctx context.Context, control bool) (window.Picked, bool, error) {
	asks, ok := a.Desktop.(capture.Chooser)
	if !ok {
		return a.Windows.Pick(ctx, a.choices, control)
	}
	source, err := asks.Choose(ctx)
	return window.Picked{ID: source.ID}, err == nil, err
}

// refused: the user has said no to what the desktop asked.
func refused(err error) bool {
	var why *capture.Unsupported
	return errors.As(err, &why) && why.Reason == capture.Refused
}

// uncontrolled is a desktop whose pictures can be had, and no more.
type uncontrolled struct{ capture.System }

// Injector has none.
func (uncontrolled) Injector(string) (input.Injector, error) { return nil, errUncontrolled }

// WatchPanic has nothing to end.
func (uncontrolled) WatchPanic(func()) (Panic, error) { return nil, errUncontrolled }

// chosen is one that asks the user itself.
type chosen struct {
	uncontrolled
	asks capture.Chooser
}

var _ interface {
	Desktop
	capture.Chooser
} = chosen{}

// Asking is a desktop that asks the user itself what to share, and that nobody can control.
func Asking(system capture.Chooser) Desktop { return chosen{uncontrolled{system}, system} }

// Choose has the desktop ask.
func (c chosen) Choose(ctx context.Context) (capture.Source, error) { return c.asks.Choose(ctx) }
