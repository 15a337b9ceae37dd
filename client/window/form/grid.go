package form

import (
	"image"
	"image/draw"
	"slices"
	"time"
)

// twice is how quickly a second press must follow.
const twice = 400 * time.Millisecond

// Choice is one of a grid.
type Choice struct {
	ID, Title string
	Note      string // a second line, small
	Group     string // choices of one group stand together below its name
	Picture   image.Image
}

// Grid is choices with pictures, of which one is selected; it scrolls where they are too many.
type Grid struct {
	ID       string
	Choices  []Choice
	Selected string
	Rows     int    // height in units of 1/96 inch
	Note     string // what is said where there is no choice

	cells   []image.Rectangle // in the content
	heads   []place           // names of the groups
	columns int
	content int
	room    image.Point // what is seen of it
	scroll  int
	pressed time.Time
}

func (g *Grid) id() string { return g.ID }

func (g *Grid) ready() bool { return g.selected() >= 0 }

// SetChoices replaces the choices; the selected one stays if it is still there, and so does what is seen. Nothing is selected
// that the person has not selected.
func (g *Grid) SetChoices(choices []Choice) {
	g.Choices = choices
	if g.selected() < 0 {
		g.Selected = ""
	}
}

func (g *Grid) selected() int {
	for n, c := range g.Choices {
		if c.ID == g.Selected {
			return n
		}
	}
	return -1
}

func (g *Grid) lay(l *Look, width int) int {
	gap := l.px(12)
	inside := width - l.px(12) // the scroll bar
	g.columns = max((inside+gap)/(l.px(200)+gap), 1)
	cell := image.Pt((inside-(g.columns-1)*gap)/g.columns, 0)
	cell.Y = cell.X*9/16 + l.body.height() + g.note(l) + l.px(12)
	g.cells, g.heads = g.cells[:0], g.heads[:0]
	y, column := 0, 0
	for n, c := range g.Choices {
		if n == 0 || c.Group != g.Choices[n-1].Group {
			if column > 0 {
				y += cell.Y + gap
			}
			column = 0
			if c.Group != "" {
				g.heads = append(g.heads, place{image.Rect(0, y, inside, y+l.bold.height()), c.Group})
				y += l.bold.height() + l.px(6)
			}
		}
		if column == g.columns {
			column, y = 0, y+cell.Y+gap
		}
		at := image.Pt(column*(cell.X+gap), y)
		g.cells = append(g.cells, image.Rectangle{Min: at, Max: at.Add(cell)})
		column++
	}
	if column > 0 {
		y += cell.Y
	}
	g.content, g.room = y, image.Pt(width, l.px(g.Rows))
	g.scrollTo(g.scroll)
	return g.room.Y
}

// note is the height of the second lines; where no choice has one there is none.
func (g *Grid) note(l *Look) int {
	if slices.ContainsFunc(g.Choices, func(c Choice) bool { return c.Note != "" }) {
		return l.small.height()
	}
	return 0
}

func (g *Grid) scrollTo(y int) bool {
	before := g.scroll
	g.scroll = max(min(y, g.content-g.room.Y), 0)
	return g.scroll != before
}

func (g *Grid) wheel(lines int) bool { return g.scrollTo(g.scroll + lines*g.room.Y/6) }

func (g *Grid) press(at image.Point, when time.Time) bool {
	for n, cell := range g.cells {
		if at.Add(image.Pt(0, g.scroll)).In(cell) {
			again := g.Selected == g.Choices[n].ID && when.Sub(g.pressed) < twice
			g.Selected, g.pressed = g.Choices[n].ID, when
			return again
		}
	}
	return false
}

func (g *Grid) key(k Key) {
	at := g.selected()
	if len(g.cells) == 0 {
		return
	}
	switch k {
	case Left:
		at--
	case Right:
		at++
	case Up, Down, PageUp, PageDown:
		at = g.below(at, map[Key]int{Up: -1, Down: 1, PageUp: -2, PageDown: 2}[k])
	case Home:
		at = 0
	case End:
		at = len(g.cells) - 1
	default: // somebody who types something else selects nothing
		return
	}
	at = max(min(at, len(g.cells)-1), 0)
	g.Selected = g.Choices[at].ID
	top := g.cells[at].Min.Y
	if at < g.columns {
		top = 0 // with the name of the group
	}
	if cell := g.cells[at]; top < g.scroll {
		g.scrollTo(top)
	} else if cell.Max.Y > g.scroll+g.room.Y {
		g.scrollTo(cell.Max.Y - g.room.Y)
	}
}

// below is the choice some lines below or above, in the same column or the last before it.
func (g *Grid) below(at, lines int) int {
	if at < 0 {
		return 0
	}
	for ; lines != 0; lines -= sign(lines) {
		best := -1
		for n, cell := range g.cells {
			from := g.cells[at]
			ahead := (cell.Min.Y - from.Min.Y) * sign(lines)
			if ahead <= 0 || cell.Min.X > from.Min.X {
				continue
			}
			if best < 0 || ahead < (g.cells[best].Min.Y-from.Min.Y)*sign(lines) ||
				cell.Min.Y == g.cells[best].Min.Y && cell.Min.X > g.cells[best].Min.X {
				best = n
			}
		}
		if best < 0 {
			return at
		}
		at = best
	}
	return at
}

func sign(n int) int {
	if n < 0 {
		return -1
	}
	return 1
}

// draw draws what is seen, over an image of its own: what reaches over the edge is cut.
func (g *Grid) draw(c canvas, r image.Rectangle, at attention) {
	margin := c.px(400)
	seen := image.Rect(0, g.scroll, r.Dx(), g.scroll+r.Dy())
	content := canvas{c.Look, image.NewRGBA(seen.Inset(-margin))}
	draw.Draw(content.img, content.img.Bounds(), image.NewUniform(c.Theme.Ground), image.Point{}, draw.Src)
	for _, head := range g.heads {
		if head.r.Overlaps(seen) {
			content.text(c.bold, head.r.Min, c.Theme.Soft, head.id)
		}
	}
	pointer := at.pointer.Sub(r.Min).Add(image.Pt(0, g.scroll))
	for n, cell := range g.cells {
		if cell.Overlaps(seen) {
			g.drawCell(content, g.Choices[n], cell, at, at.hover == g.ID && pointer.In(cell))
		}
	}
	draw.Draw(c.img, r, content.img, seen.Min, draw.Src)
	if len(g.cells) == 0 {
		note := c.body.cut(g.Note, r.Dx())
		c.text(c.body, r.Min.Add(image.Pt((r.Dx()-c.body.measure(note))/2, (r.Dy()-c.body.height())/2)), c.Theme.Soft, note)
	}
	if at.focus == g.ID && at.active && g.selected() < 0 {
		c.ring(r.Inset(-c.px(6)), c.px(8), c.px(2), c.Theme.Accent)
	}
	if g.content > g.room.Y {
		bar := image.Rect(r.Max.X-c.px(6), r.Min.Y, r.Max.X, r.Max.Y)
		c.round(bar, c.px(3), c.Theme.Line)
		bar.Min.Y = r.Min.Y + r.Dy()*g.scroll/g.content
		bar.Max.Y = bar.Min.Y + r.Dy()*g.room.Y/g.content
		c.round(bar, c.px(3), c.Theme.Edge)
	}
}

func (g *Grid) drawCell(c canvas, choice Choice, cell image.Rectangle, at attention, over bool) {
	radius, selected := c.px(8), choice.ID == g.Selected
	switch {
	case selected:
		c.round(cell, radius, c.Theme.Tint)
	case over:
		c.round(cell, radius, c.Theme.Hover)
	}
	picture := image.Rect(cell.Min.X+c.px(8), cell.Min.Y+c.px(8), cell.Max.X-c.px(8), cell.Max.Y-c.body.height()-g.note(c.Look)-c.px(8))
	c.fill(picture, c.Theme.Line)
	if choice.Picture != nil {
		c.picture(picture, choice.Picture)
	}
	title := c.body.cut(choice.Title, cell.Dx()-2*c.px(8))
	c.text(c.body, image.Pt(cell.Min.X+c.px(8), picture.Max.Y+c.px(3)), c.Theme.Ink, title)
	note := c.small.cut(choice.Note, cell.Dx()-2*c.px(8))
	c.text(c.small, image.Pt(cell.Min.X+c.px(8), picture.Max.Y+c.px(3)+c.body.height()), c.Theme.Soft, note)
	switch {
	case selected && at.focus == g.ID && at.active:
		c.ring(cell, radius, c.px(3), c.Theme.Accent)
	case selected:
		c.ring(cell, radius, c.px(2), c.Theme.Accent)
	default:
		c.ring(cell, radius, c.px(1), c.Theme.Line)
	}
}
