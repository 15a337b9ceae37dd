package scenetest

import (
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

const vocabulary = `the of and to in is that for it as was with be by on not he his but at are this have from or had an they which
one you were all her she there would their we him been has when who will no more if out so up said what its about than into them
can only other time new some could these two may first then do any like my now over such our man me even most made after also did
many off before must well back through years where much your way down should because long each just state people those too mister
how little good world make very year still see own work men day get here between being both under three never know same last
another while us might great go come since against right came take used himself few house use place during high without again
home around small however found mrs part school thought went say once general upon war every left public until always away`

// author writes the same text for the same seed.
type author struct {
	words  []string
	random *rand.Rand
}

func newAuthor(seed uint64) *author {
	return &author{strings.Fields(vocabulary), rand.New(rand.NewPCG(seed, 1))} // reproducible, not secret
}

func (a *author) word() string { return a.words[a.random.IntN(len(a.words))] }

func (a *author) sentence(words int) string {
	var s strings.Builder
	for i := range words {
		if i > 0 {
			s.WriteByte(' ')
		}
		s.WriteString(a.word())
	}
	return strings.ToUpper(s.String()[:1]) + s.String()[1:] + "."
}

// logLine is a line that a build or a server prints.
func (a *author) logLine(n int) string {
	return fmt.Sprintf("%06d %02d:%02d:%02d.%03d %s/%s_%s.go:%d: %s", n, n/3600%24, n/60%60, n%60, a.random.IntN(1000),
		a.word(), a.word(), a.word(), a.random.IntN(900), a.sentence(4+a.random.IntN(14)))
}

// typeface opens one of the Go fonts at a size in pixels.
func typeface(ttf []byte, pixels float64) font.Face {
	parsed, err := opentype.Parse(ttf)
	if err != nil {
		panic(err) // the font is part of the program
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: pixels, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		panic(err)
	}
	return face
}

func mono(pixels float64) font.Face    { return typeface(gomono.TTF, pixels) }
func regular(pixels float64) font.Face { return typeface(goregular.TTF, pixels) }
func bold(pixels float64) font.Face    { return typeface(gobold.TTF, pixels) }

// write draws text whose baseline begins at a point, and returns where it ends.
func write(on *canvas, at image.Point, face font.Face, c color.RGBA, text string) int {
	d := font.Drawer{Dst: on, Src: image.NewUniform(c), Face: face, Dot: fixed.P(at.X, at.Y)}
	d.DrawString(text)
	return d.Dot.X.Ceil()
}

// paragraphs fills a column of a page from top to bottom with headings and text.
func paragraphs(on *canvas, column image.Rectangle, a *author) {
	body, heading := regular(16), bold(22)
	ink, link := color.RGBA{32, 33, 36, 255}, color.RGBA{26, 86, 190, 255}
	y := column.Min.Y + 30
	for y < column.Max.Y {
		write(on, image.Pt(column.Min.X, y), heading, ink, a.sentence(3+a.random.IntN(4)))
		y += 30
		for range 4 + a.random.IntN(8) {
			x := column.Min.X
			for {
				word, c := a.word()+" ", ink
				if a.random.IntN(25) == 0 {
					c = link
				}
				if x+font.MeasureString(body, word).Ceil() > column.Max.X {
					break
				}
				x = write(on, image.Pt(x, y), body, c, word)
			}
			y += 24
		}
		y += 20
	}
}
