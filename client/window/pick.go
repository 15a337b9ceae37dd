package window

import (
	"context"
	"errors"
	"image"
	"slices"

	"github.com/coopnet/coopnet/client/text"
	"github.com/coopnet/coopnet/client/window/form"
)

// Choice is something that can be shared.
type Choice struct {
	ID      string
	Kind    string // desktop, screen or window
	Title   string
	Hidden  bool // minimised
	Preview image.Image
}

// Picked is what was chosen.
type Picked struct {
	ID      string
	Control bool // colleagues may ask to control it
}

// maxChoices bounds what is drawn; nobody finds a window among more.
const maxChoices = 200

// Pick lets the person choose among what sources returns; ok is whether they did. Sources is called again, in a goroutine
// of its own, when they refresh, and must end when its context does. Control is whether the box is ticked at first.
func (d *Desktop) Pick(ctx context.Context, sources func(context.Context) []Choice, control bool) (picked Picked, ok bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	fetching := make(chan struct{}, 1) // one at a time
	defer func() {
		cancel()
		fetching <- struct{}{}
	}()
	p := &picker{d: d, grid: &form.Grid{ID: gridID, Rows: 384}, box: &form.Box{ID: boxID, Label: d.words.Picker.Control, On: control}}
	choices := sources(ctx)
	p.fill(choices)
	v, err := d.open(Dialog, d.words.Picker.Title, 760, p.page(), titles(choices)...)
	if err != nil {
		return Picked{}, false, err
	}
	changes := make(chan func() error)
	for {
		pressed, err := v.await(ctx, changes)
		switch {
		case err != nil:
			return Picked{}, false, errors.Join(err, v.pane.Close())
		case pressed == no:
			return Picked{}, false, v.pane.Close()
		case pressed == yes && p.grid.Selected != "":
			return Picked{p.grid.Selected, p.box.On}, true, v.pane.Close()
		case pressed == again:
			select {
			case fetching <- struct{}{}:
			default:
				continue
			}
			go func() {
				defer func() { <-fetching }()
				choices := sources(ctx)
				select {
				case changes <- func() error { p.fill(choices); return v.set(d.words.Picker.Title, p.page()) }:
				case <-ctx.Done():
				}
			}()
		}
	}
}

type picker struct {
	d    *Desktop
	grid *form.Grid
	box  *form.Box
}

func (p *picker) page() form.Page {
	w := p.d.words.Picker
	page := form.Page{
		Blocks:  []form.Block{form.Text{S: w.Heading, Style: form.Heading}, p.grid, p.box},
		Buttons: []form.Button{{ID: again, Label: w.Refresh}, {ID: no, Label: w.Cancel}, {ID: yes, Label: w.Share, Weight: form.Primary}},
		Default: yes, Cancel: no, Focus: gridID,
	}
	if len(p.grid.Choices) == 0 {
		page.Blocks = []form.Block{page.Blocks[0], form.Text{S: w.Empty}}
		page.Buttons, page.Default, page.Focus = page.Buttons[:2], again, again
	}
	return page
}

// fill groups the choices by kind.
func (p *picker) fill(choices []Choice) {
	w := p.d.words.Picker
	kinds := []string{"desktop", "screen", "window"}
	names := []string{w.Desktop, w.Screens, w.Windows}
	choices = slices.DeleteFunc(slices.Clone(choices), func(c Choice) bool { return !slices.Contains(kinds, c.Kind) })
	slices.SortStableFunc(choices, func(a, b Choice) int { return slices.Index(kinds, a.Kind) - slices.Index(kinds, b.Kind) })
	var cells []form.Choice
	for _, c := range choices[:min(len(choices), maxChoices)] {
		title := text.Foreign(c.Title, longestTitle)
		if c.Hidden {
			title += " (" + w.Minimise + ")"
		}
		cells = append(cells, form.Choice{ID: c.ID, Title: title, Group: names[slices.Index(kinds, c.Kind)], Picture: c.Preview})
	}
	p.grid.SetChoices(cells)
}

func titles(choices []Choice) (titles []string) {
	for _, c := range choices {
		titles = append(titles, c.Title)
	}
	return titles
}
