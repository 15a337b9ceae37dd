package scenetest

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"

	"golang.org/x/image/font"
)

type canvas = image.RGBA

// page is a window of a browser with an article of three columns and some flat pictures.
func page(size image.Point, seed uint64) *Screen {
	a := newAuthor(seed)
	return rendered(size, color.RGBA{255, 255, 255, 255}, func(on *canvas) {
		box := func(r image.Rectangle, c color.RGBA) { draw.Draw(on, r, image.NewUniform(c), image.Point{}, draw.Src) }
		columns, gap := max(1, size.X/620), 40
		width := (size.X - gap) / columns
		for n := range columns {
			left := gap + n*width
			paragraphs(on, image.Rect(left, 100, left+width-gap, size.Y), a)
		}
		for n := 0; 700*n+900 < size.Y; n++ {
			picture := image.Rect(gap, 700*n+600, gap+width-gap, 700*n+760)
			box(picture, color.RGBA{235, 238, 244, 255})
			for bar := range 12 {
				foot := picture.Min.Add(image.Pt(20+bar*40, 150))
				box(image.Rect(foot.X, foot.Y-a.random.IntN(130), foot.X+26, foot.Y), color.RGBA{66, 133, uint8(120 + 10*bar), 255})
			}
		}
		box(image.Rect(0, 0, size.X, 84), color.RGBA{222, 225, 230, 255})
		box(image.Rect(200, 46, size.X-200, 76), color.RGBA{255, 255, 255, 255})
		write(on, image.Pt(220, 67), regular(15), color.RGBA{32, 33, 36, 255}, "https://example.org/articles/"+a.word())
		write(on, image.Pt(30, 28), bold(14), color.RGBA{32, 33, 36, 255}, a.sentence(4))
	})
}

// code is a program in an editor: numbers of lines, blocks that are indented, three colours.
func code(size image.Point, seed uint64, height int) *Screen {
	a, face := newAuthor(seed), mono(14)
	number, word, call := color.RGBA{110, 118, 129, 255}, color.RGBA{212, 212, 212, 255}, color.RGBA{156, 220, 254, 255}
	return rendered(size, color.RGBA{30, 30, 30, 255}, func(on *canvas) {
		indent := 0
		for n := 0; n*height < size.Y; n++ {
			base := n*height + height*3/4
			write(on, image.Pt(20, base), face, number, fmt.Sprintf("%5d", n+1))
			if indent = max(0, min(5, indent+a.random.IntN(3)-1)); a.random.IntN(9) == 0 {
				continue
			}
			x := write(on, image.Pt(120+indent*32, base), face, call, a.word()+"("+a.word()+")")
			write(on, image.Pt(x+8, base), face, word, a.sentence(1+a.random.IntN(9)))
		}
	})
}

// alphabet has all characters of ASCII side by side, for who draws one at a time.
type glyphs struct {
	screen        *Screen
	width, height int
}

func alphabet(face font.Face, paper, ink color.RGBA, height int) glyphs {
	advance, _ := face.GlyphAdvance('m')
	width := advance.Ceil()
	return glyphs{width: width, height: height, screen: rendered(image.Pt(128*width, height), paper, func(on *canvas) {
		for c := byte(' '); c < 127; c++ {
			write(on, image.Pt(int(c)*width, height*3/4), face, ink, string(rune(c)))
		}
	})}
}

func (g glyphs) of(c byte) image.Rectangle {
	return image.Rect(int(c)*g.width, 0, (int(c)+1)*g.width, g.height)
}
