package form

import "image"

// Picture stands at the left of a strip, in a place of its own size; what is in it may change without anything else.
type Picture struct{ Image image.Image }

func (p *Picture) size(l *Look) image.Point { return image.Pt(l.px(112), l.px(63)) }

func (p *Picture) lay(l *Look, _ int) int { return p.size(l).Y }

func (p *Picture) draw(c canvas, r image.Rectangle, _ attention) {
	c.fill(r, c.Theme.Line)
	if p.Image != nil {
		c.picture(r, p.Image)
	}
	c.ring(r, 0, c.px(1), c.Theme.Edge)
}

// strip lays out one line.
func (f *Form) strip(widest int) image.Point {
	edge, key, height := f.look.px(16), f.look.px(40), f.look.px(40)
	f.buttons(0, 0, key)
	buttons := 0
	if len(f.keys) > 0 {
		buttons = -f.keys[0].r.Min.X
	}
	text, longest, left := 0, 0, edge
	for _, b := range f.page.Blocks {
		switch b := b.(type) {
		case Text:
			longest = max(longest, b.letters(f.look).measure(b.S))
		case *Picture: // left of the texts
			left += b.size(f.look).X + edge
			height = max(height, b.size(f.look).Y)
		}
	}
	room := min(longest, widest-2*edge-left-buttons)
	for _, b := range f.page.Blocks {
		if p, ok := b.(*Picture); ok {
			f.places = append(f.places, place{r: image.Rectangle{Max: p.size(f.look)}.Add(image.Pt(edge, 0))})
			continue
		}
		rows := b.lay(f.look, room)
		f.places = append(f.places, place{r: image.Rect(left, text, left+room, text+rows)})
		text += rows
	}
	size := image.Pt(left+room+buttons+2*edge, max(text, height)+2*f.look.px(10))
	for n := range f.places {
		rows := text
		if _, ok := f.page.Blocks[n].(*Picture); ok {
			rows = f.places[n].r.Dy()
		}
		f.places[n].r = f.places[n].r.Add(image.Pt(0, (size.Y-rows)/2))
	}
	for n := range f.keys {
		f.keys[n].r = f.keys[n].r.Add(image.Pt(size.X-edge, (size.Y-key)/2))
	}
	return size
}
