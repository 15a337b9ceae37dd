package form

import (
	"image"
	"image/color"
	"image/draw"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"

	scaling "golang.org/x/image/draw"
)

// canvas draws.
type canvas struct {
	*Look
	img *image.RGBA
}

// part draws in a part of it only.
func (c canvas) part(r image.Rectangle) canvas {
	return canvas{c.Look, c.img.SubImage(r).(*image.RGBA)}
}

func (c canvas) fill(r image.Rectangle, with color.Color) {
	draw.Draw(c.img, r, image.NewUniform(with), image.Point{}, draw.Over)
}

// round fills a rectangle with round corners.
func (c canvas) round(r image.Rectangle, radius int, with color.Color) {
	c.rounds(with, r, radius)
}

// ring draws the edge of one, inside of it.
func (c canvas) ring(r image.Rectangle, radius, width int, with color.Color) {
	z := vector.NewRasterizer(r.Dx(), r.Dy())
	outline(z, r.Sub(r.Min), radius, false)
	outline(z, r.Sub(r.Min).Inset(width), max(radius-width, 0), true) // the other way round: a hole
	z.Draw(c.img, r, image.NewUniform(with), image.Point{})
}

func (c canvas) rounds(with color.Color, r image.Rectangle, radius int) {
	if r.Empty() {
		return
	}
	z := vector.NewRasterizer(r.Dx(), r.Dy())
	outline(z, r.Sub(r.Min), radius, false)
	z.Draw(c.img, r, image.NewUniform(with), image.Point{})
}

func outline(z *vector.Rasterizer, r image.Rectangle, radius int, hole bool) {
	x0, y0, x1, y1 := float32(r.Min.X), float32(r.Min.Y), float32(r.Max.X), float32(r.Max.Y)
	q := min(float32(radius), (x1-x0)/2, (y1-y0)/2)
	const k = 0.4477 // from the corner to where the Bézier curve of a circle is steered
	z.MoveTo(x0+q, y0)
	if !hole {
		z.LineTo(x1-q, y0)
		z.CubeTo(x1-q*k, y0, x1, y0+q*k, x1, y0+q)
		z.LineTo(x1, y1-q)
		z.CubeTo(x1, y1-q*k, x1-q*k, y1, x1-q, y1)
		z.LineTo(x0+q, y1)
		z.CubeTo(x0+q*k, y1, x0, y1-q*k, x0, y1-q)
		z.LineTo(x0, y0+q)
		z.CubeTo(x0, y0+q*k, x0+q*k, y0, x0+q, y0)
	} else {
		z.CubeTo(x0+q*k, y0, x0, y0+q*k, x0, y0+q)
		z.LineTo(x0, y1-q)
		z.CubeTo(x0, y1-q*k, x0+q*k, y1, x0+q, y1)
		z.LineTo(x1-q, y1)
		z.CubeTo(x1-q*k, y1, x1, y1-q*k, x1, y1-q)
		z.LineTo(x1, y0+q)
		z.CubeTo(x1, y0+q*k, x1-q*k, y0, x1-q, y0)
	}
	z.ClosePath()
}

// line draws strokes through points.
func (c canvas) line(points []image.Point, width float32, with color.Color) {
	for n := 1; n < len(points); n++ {
		a, b := points[n-1], points[n]
		box := image.Rectangle{Min: a, Max: b}.Canon().Inset(-int(width) - 1)
		z := vector.NewRasterizer(box.Dx(), box.Dy())
		ax, ay, bx, by := float32(a.X-box.Min.X), float32(a.Y-box.Min.Y), float32(b.X-box.Min.X), float32(b.Y-box.Min.Y)
		dx, dy := bx-ax, by-ay
		if long := max(abs(dx), abs(dy)); long > 0 {
			dx, dy = dx/long*width/2, dy/long*width/2
		}
		z.MoveTo(ax-dx-dy, ay-dy+dx)
		z.LineTo(bx+dx-dy, by+dy+dx)
		z.LineTo(bx+dx+dy, by+dy-dx)
		z.LineTo(ax-dx+dy, ay-dy-dx)
		z.ClosePath()
		z.Draw(c.img, box, image.NewUniform(with), image.Point{})
	}
}

func abs(x float32) float32 { return max(x, -x) }

// text draws one line; at is its upper left corner.
func (c canvas) text(l letters, at image.Point, with color.Color, s string) {
	d := font.Drawer{Dst: c.img, Src: image.NewUniform(with), Dot: fixed.P(at.X, at.Y+l.ascent())}
	for _, r := range s {
		d.Face = l.face(r)
		d.DrawString(string(r))
	}
}

// lines draws several.
func (c canvas) lines(l letters, at image.Point, with color.Color, lines []string) {
	for n, s := range lines {
		c.text(l, at.Add(image.Pt(0, n*l.height())), with, s)
	}
}

// picture fits an image into a rectangle, in its own proportions.
func (c canvas) picture(r image.Rectangle, img image.Image) {
	size := img.Bounds().Size()
	if size.X <= 0 || size.Y <= 0 {
		return
	}
	width, height := r.Dx(), size.Y*r.Dx()/size.X
	if height > r.Dy() {
		width, height = size.X*r.Dy()/size.Y, r.Dy()
	}
	at := r.Min.Add(image.Pt((r.Dx()-width)/2, (r.Dy()-height)/2))
	scaling.ApproxBiLinear.Scale(c.img, image.Rectangle{Min: at, Max: at.Add(image.Pt(max(width, 1), max(height, 1)))}, img, img.Bounds(), draw.Over, nil)
}

// measure is the width of a text.
func (l letters) measure(s string) int {
	var width fixed.Int26_6
	for _, r := range s {
		advance, _ := l.face(r).GlyphAdvance(r)
		width += advance
	}
	return width.Ceil()
}

// wrap breaks a text into lines of a width, at spaces if it can, and never at those that must not break.
func (l letters) wrap(s string, width int) []string {
	var lines []string
	line := ""
	add := func(word string) {
		for line == "" && l.measure(word) > width { // longer than a line: break it anywhere
			fits := 1
			for runes := []rune(word); fits < len(runes) && l.measure(string(runes[:fits+1])) <= width; fits++ {
			}
			runes := []rune(word)
			if fits >= len(runes) {
				break
			}
			lines, word = append(lines, string(runes[:fits])), string(runes[fits:])
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	for word := range strings.SplitSeq(s, " ") {
		if line != "" && l.measure(line+" "+word) > width {
			lines, line = append(lines, line), ""
		}
		add(word)
	}
	return append(lines, line)
}

// cut shortens a text to a width.
func (l letters) cut(s string, width int) string {
	if l.measure(s) <= width {
		return s
	}
	runes := []rune(s)
	for len(runes) > 0 && l.measure(string(runes)+"…") > width {
		runes = runes[:len(runes)-1]
	}
	return strings.TrimSpace(string(runes)) + "…"
}
