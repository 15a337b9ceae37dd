package window

import (
	"context"
	"errors"
	"sync"

	"github.com/coopnet/coopnet/client/text"
	"github.com/coopnet/coopnet/client/window/form"
)

// Strip is a small window that stays: the bar while something is shared, the banner while somebody controls, the progress
// of something. Its owner calls Close, which waits.
type Strip struct {
	changes chan func() error
	pressed chan struct{}
	changed chan struct{} // of the bar: something else
	cancel  context.CancelFunc
	done    sync.WaitGroup
	err     error // of the window, after done
	v       *view
	ended   <-chan struct{}
}

// change is the button for something else.
const change = "change"

// Pressed is closed when its button has been pressed, or its window was closed or is gone: whatever it stands for must end.
func (s *Strip) Pressed() <-chan struct{} { return s.pressed }

// Close takes it away.
func (s *Strip) Close() error {
	s.cancel()
	s.done.Wait()
	return s.err
}

func (d *Desktop) strip(kind Kind, title string, width int, page form.Page, foreign ...string) (*Strip, error) {
	v, err := d.open(kind, title, width, page, foreign...)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Strip{changes: make(chan func() error), pressed: make(chan struct{}), changed: make(chan struct{}, 1), cancel: cancel, v: v, ended: ctx.Done()}
	s.done.Go(func() {
		defer cancel()
		id, err := v.await(ctx, s.changes)
		for ; id == change && err == nil; id, err = v.await(ctx, s.changes) {
			select {
			case s.changed <- struct{}{}:
			default: // pressed before
			}
		}
		if errors.Is(err, context.Canceled) {
			err = nil
		}
		close(s.pressed)
		s.err = errors.Join(err, v.pane.Close())
	})
	return s, nil
}

// update changes what it says; after the window has ended it does nothing.
func (s *Strip) update(title string, page form.Page, foreign ...string) {
	s.change(func() error { return s.v.set(title, page, foreign...) })
}

// change is done by the window's goroutine.
func (s *Strip) change(do func() error) {
	select {
	case s.changes <- do:
	case <-s.ended:
	}
}

// Banner is what stands above everything while somebody controls.
type Banner struct {
	Name     string
	PanicKey string // KeyboardEvent.code, with Ctrl and Shift
}

// Banner opens it. Its button ends the control.
func (d *Desktop) Banner(b Banner) (*Strip, error) {
	w, name := d.words.Banner, text.Foreign(b.Name, longestName)
	page := form.Page{
		Blocks: []form.Block{
			form.Text{S: text.Fill(w.Controls, "name", name), Style: form.Bold},
			form.Text{S: text.Fill(w.Ends, "key", d.words.Key.Panic(b.PanicKey)), Style: form.Small},
		},
		Buttons: []form.Button{{ID: stop, Label: w.Stop, Weight: form.Grave}},
		Strip:   true, Cancel: stop, Focus: stop,
	}
	return d.strip(Overlay, text.Fill(w.Title, "name", name), 640, page, name)
}

// ProgressWindow shows how far something is.
type ProgressWindow struct {
	*Strip
	d *Desktop
}

// Progress opens it. Its button cancels.
func (d *Desktop) Progress(what string) (*ProgressWindow, error) {
	s, err := d.strip(Dialog, d.words.Message.Title, 460, d.progress(what, 0), what)
	if err != nil {
		return nil, err
	}
	return &ProgressWindow{s, d}, nil
}

// Update says how far it is, from 0 to 1.
func (p *ProgressWindow) Update(what string, share float64) {
	p.update(p.d.words.Message.Title, p.d.progress(what, share))
}

func (d *Desktop) progress(what string, share float64) form.Page {
	return form.Page{
		Blocks:  []form.Block{form.Text{S: d.words.Message.Title, Style: form.Heading}, form.Text{S: what}, form.Progress(share)},
		Buttons: []form.Button{{ID: stop, Label: d.words.Message.Cancel}},
		Cancel:  stop, Focus: stop,
	}
}
