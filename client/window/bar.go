package window

import (
	"image"

	"github.com/coopnet/coopnet/client/text"
	"github.com/coopnet/coopnet/client/window/form"
)

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

// Counted leaves out who they are.
func (a Audience) Counted() Audience { return Audience{Known: a.Known, Count: a.Count} }

// foreign are the texts of a status that others have written.
func (s Status) foreign() []string {
	return append([]string{s.What, s.Controller}, s.Audience.Names[:]...)
}

// watching says who watches.
func (s Status) watching(w text.Audience) string {
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
	d       *Desktop
	picture *form.Picture // its goroutine's
	mirror  bool          // the picture is there
	status  Status        // the latest
}

// barWidth is how wide the bar may be, in units of 1/96 inch: beyond that texts take more lines.
const barWidth = 860

// Bar opens it. Its button stops sharing.
func (d *Desktop) Bar(status Status) (*BarWindow, error) {
	title, page := d.bar(status, nil)
	s, err := d.strip(Bar, title, barWidth, page, status.foreign()...)
	if err != nil {
		return nil, err
	}
	return &BarWindow{Strip: s, d: d, picture: &form.Picture{}, status: status}, nil
}

// Changed has something to receive when something else is to be shared.
func (b *BarWindow) Changed() <-chan struct{} { return b.changed }

// Seen receives whether the bar can be seen, when that changes: at first it can.
func (b *BarWindow) Seen() <-chan bool { return b.v.seen }

// Bounds is where the bar is.
func (b *BarWindow) Bounds() image.Rectangle { return b.v.pane.Bounds() }

// Update says something new. It and Picture are for one goroutine.
func (b *BarWindow) Update(status Status) {
	b.status = status
	var mirror *form.Picture
	if b.mirror {
		mirror = b.picture
	}
	title, page := b.d.bar(status, mirror)
	b.update(title, page, status.foreign()...)
}

// Picture shows a small picture of what is shared; nil shows none.
func (b *BarWindow) Picture(img image.Image) {
	if was := b.mirror; was != (img != nil) {
		b.mirror = !was
		b.Update(b.status)
	}
	if img == nil {
		return
	}
	b.change(func() error {
		b.picture.Image = img
		return b.v.redraw(b.picture)
	})
}

func (d *Desktop) bar(s Status, mirror *form.Picture) (title string, page form.Page) {
	w := d.words.Bar
	what := text.Fill(w.Window, "what", text.Foreign(s.What, longestShared))
	switch {
	case s.Kind == "desktop":
		what = w.Desktop
	case s.Kind == "screen":
		what = w.Screen
	case s.What == "":
		what = w.Untitled
	}
	sharing := text.Fill(w.Sharing, "what", what)
	detail := form.Text{S: s.watching(w.Audience), Style: form.Small}
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
	if mirror != nil {
		page.Blocks = append(page.Blocks, mirror)
	}
	return d.words.Message.Title + " – " + sharing, page
}
