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
	select {
	case s.changes <- func() error { return s.v.set(title, page, foreign...) }:
	case <-s.ended:
	}
}

// Status is what the bar says.
type Status struct {
	What       string // title of the window, for one window
	Kind       string // desktop, screen or window
	Present    int    // others in the conference
	Audience   Audience
	Controller string // name of who controls, or ""
	Connecting bool   // nothing has been sent yet
	Waiting    bool   // the connection is being made again
	Hidden     bool   // the window is minimised
	Black      bool   // nothing but black is captured
}

// Audience is who watches what is shared.
type Audience struct {
	Known bool // otherwise it is said who is there
	Count int
	Names [text.MaxNames]string // of some of them; empty ones are none
}

// foreign are the texts of a status that others have written.
func (s Status) foreign() []string {
	return append([]string{s.What, s.Controller}, s.Audience.Names[:]...)
}

// watching says who watches.
func (s Status) watching(w text.Bar) string {
	if !s.Audience.Known {
		return w.Present(s.Present)
	}
	var names []string
	for _, name := range s.Audience.Names {
		if name != "" {
			names = append(names, text.Foreign(name, longestViewer))
		}
	}
	return w.Watching(s.Audience.Count, names)
}

// BarWindow is the bar while something is shared.
type BarWindow struct {
	*Strip
	d *Desktop
}

// Bar opens it. Its button stops sharing.
func (d *Desktop) Bar(status Status) (*BarWindow, error) {
	title, page := d.bar(status)
	s, err := d.strip(Bar, title, 720, page, status.foreign()...)
	if err != nil {
		return nil, err
	}
	return &BarWindow{s, d}, nil
}

// Changed has something to receive when something else is to be shared.
func (b *BarWindow) Changed() <-chan struct{} { return b.changed }

// Update says something new.
func (b *BarWindow) Update(status Status) {
	title, page := b.d.bar(status)
	b.update(title, page, status.foreign()...)
}

func (d *Desktop) bar(s Status) (title string, page form.Page) {
	w := d.words.Bar
	what := text.Fill(w.Window, "what", text.Foreign(s.What, longestTitle))
	switch s.Kind {
	case "desktop":
		what = w.Desktop
	case "screen":
		what = w.Screen
	}
	sharing := text.Fill(w.Sharing, "what", what)
	detail := form.Text{S: s.watching(w), Style: form.Small}
	if s.Controller != "" {
		detail.S += " · " + text.Fill(w.Controlled, "name", text.Foreign(s.Controller, longestName))
	}
	switch {
	case s.Waiting:
		detail = form.Text{S: w.Waiting, Style: form.Bad}
	case s.Connecting:
		detail = form.Text{S: w.Connecting, Style: form.Small}
	case s.Hidden:
		detail = form.Text{S: w.Hidden, Style: form.Bad}
	case s.Black:
		detail = form.Text{S: w.Black, Style: form.Bad}
	}
	page = form.Page{
		Blocks:  []form.Block{form.Text{S: sharing, Style: form.Bold}, detail},
		Buttons: []form.Button{{ID: change, Label: w.Change}, {ID: stop, Label: w.Stop, Weight: form.Grave}},
		Strip:   true, Cancel: stop, Focus: stop,
	}
	return d.words.Message.Title + " – " + sharing, page
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
