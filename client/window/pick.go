package window

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"strconv"
	"sync"

	"github.com/coopnet/coopnet/client/text"
	"github.com/coopnet/coopnet/client/window/form"
)

// Choice is something that can be shared.
type Choice struct {
	ID      string
	Kind    string      // desktop, screen or window
	Title   string      // of a window
	Program string      // whose window it is
	Size    image.Point // of the desktop and of screens, in pixels
	Hidden  bool        // minimised
	Preview image.Image
}

// Picked is what was chosen.
type Picked struct {
	ID      string
	Control bool // colleagues may ask to control it
}

// maxChoices bounds what is drawn; nobody finds a window among more.
const maxChoices = 200

// Sources finds what can be shared, and shows it: once it knows what there is, and again as previews come. Each time all of
// it is shown anew. It must end when its context does.
type Sources func(ctx context.Context, show func([]Choice))

// Pick lets the person choose among sources; ok is whether they did. The window opens at once, and nothing is selected in it.
// Sources is called in a goroutine of its own, and again when they refresh. Control is whether the box is ticked at first.
func (d *Desktop) Pick(ctx context.Context, sources Sources, control bool) (picked Picked, ok bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	p := &picker{d: d, grid: &form.Grid{ID: gridID, Rows: 420, Note: d.words.Picker.Looking}, box: &form.Box{ID: boxID, Label: d.words.Picker.Control, On: control}}
	defer func() {
		cancel()
		p.looking.Wait()
	}()
	v, err := d.open(Dialog, d.words.Picker.Title, 760, p.page())
	if err != nil {
		return Picked{}, false, err
	}
	changes := make(chan func() error)
	p.look(ctx, v, sources, changes)
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
			p.look(ctx, v, sources, changes)
		}
	}
}

// look has the sources found in a goroutine, instead of one that still looks.
func (p *picker) look(ctx context.Context, v *view, sources Sources, changes chan<- func() error) {
	if p.stop != nil {
		p.stop()
		p.looking.Wait()
	}
	ctx, p.stop = context.WithCancel(ctx)
	p.looking.Go(func() {
		sources(ctx, func(choices []Choice) {
			choices = slices.Clone(choices)
			select {
			case changes <- func() error { return p.show(v, choices) }:
			case <-ctx.Done():
			}
		})
	})
}

// show is done by the window's goroutine.
func (p *picker) show(v *view, choices []Choice) error {
	p.known = true
	p.fill(choices)
	return v.set(p.d.words.Picker.Title, p.page(), titles(choices)...)
}

type picker struct {
	d       *Desktop
	grid    *form.Grid
	box     *form.Box
	known   bool // what there is
	stop    context.CancelFunc
	looking sync.WaitGroup
}

func (p *picker) page() form.Page {
	w := p.d.words.Picker
	page := form.Page{
		Blocks:  []form.Block{form.Text{S: w.Heading, Style: form.Heading}, p.grid, p.box},
		Buttons: []form.Button{{ID: again, Label: w.Refresh}, {ID: no, Label: w.Cancel}, {ID: yes, Label: w.Share, Weight: form.Primary, Needs: gridID}},
		Default: yes, Cancel: no, Focus: gridID,
	}
	if p.known && len(p.grid.Choices) == 0 {
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
	screens := 0
	for _, c := range choices[:min(len(choices), maxChoices)] {
		if c.Kind == "screen" {
			screens++
		}
		cell := form.Choice{ID: c.ID, Group: names[slices.Index(kinds, c.Kind)], Picture: c.Preview}
		cell.Title, cell.Note = p.name(c, screens)
		cells = append(cells, cell)
	}
	p.grid.SetChoices(cells)
}

// name says what a choice is: of windows the title and the program, of screens the how manieth it is and its size. What the
// system calls a screen is the name of a socket.
func (p *picker) name(c Choice, screen int) (title, note string) {
	w := p.d.words.Picker
	if c.Size != (image.Point{}) {
		note = fmt.Sprintf("%d\u00a0×\u00a0%d", c.Size.X, c.Size.Y)
	}
	switch c.Kind {
	case "desktop":
		return w.All, note
	case "screen":
		return text.Fill(w.Screen, "number", strconv.Itoa(screen)), note
	}
	title, program := text.Foreign(c.Title, longestTitle), text.Foreign(c.Program, longestName)
	if title == "" {
		title = program
	}
	if c.Hidden {
		title += " (" + w.Minimise + ")"
	}
	return title, program
}

func titles(choices []Choice) (titles []string) {
	for _, c := range choices {
		titles = append(titles, c.Title, c.Program)
	}
	return titles
}
