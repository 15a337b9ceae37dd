// Package form is what a small window holds, without a toolkit: texts, choices with pictures, a box to tick, buttons. It
// lays them out, draws them into an image, and answers to pointer and keys; the window around it is somebody else's.
package form

import (
	"fmt"
	"image/color"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
)

// Theme has the colours, those of the portal.
type Theme struct {
	Ground, Ink, Soft, Line, Edge color.RGBA
	Accent, AccentOver, OnAccent  color.RGBA
	Tint, Hover                   color.RGBA
	Bad, BadOver, OnBad           color.RGBA
}

func rgb(hex uint32) color.RGBA {
	return color.RGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 255}
}

// Light is the theme for people who have not asked for a dark one.
func Light() Theme {
	return Theme{
		Ground: rgb(0xffffff), Ink: rgb(0x13212a), Soft: rgb(0x4d5e69), Line: rgb(0xd8dfe3), Edge: rgb(0x7a8993),
		Accent: rgb(0x0f5c6b), AccentOver: rgb(0x0b4854), OnAccent: rgb(0xffffff),
		Tint: rgb(0xe2eff1), Hover: rgb(0xeaeef0),
		Bad: rgb(0x9c241d), BadOver: rgb(0x7d1b15), OnBad: rgb(0xffffff),
	}
}

// Dark is the other.
func Dark() Theme {
	return Theme{
		Ground: rgb(0x18222a), Ink: rgb(0xe9eff2), Soft: rgb(0xa7b6bf), Line: rgb(0x2c3943), Edge: rgb(0x73848f),
		Accent: rgb(0x6cc8d6), AccentOver: rgb(0x8ad8e4), OnAccent: rgb(0x06242b),
		Tint: rgb(0x16323a), Hover: rgb(0x26333d),
		Bad: rgb(0xffa198), BadOver: rgb(0xffbab3), OnBad: rgb(0x3a1f1d),
	}
}

// Look is how a form is drawn: colours, scale and letters. It belongs to one goroutine.
type Look struct {
	Theme Theme
	scale float64

	body, bold, small, heading letters
}

// letters are those of one size: the first font that has a character draws it.
type letters struct {
	fonts []*sfnt.Font
	faces []font.Face
	buf   *sfnt.Buffer
}

// NewLook loads the letters for a scale, 1 for 96 dots an inch. More are fonts (TrueType, OpenType or collections of
// them) for characters that the built-in ones do not have.
func NewLook(theme Theme, scale float64, more ...[]byte) (*Look, error) {
	if !(scale >= 1) {
		scale = 1
	}
	l := &Look{Theme: theme, scale: min(scale, 4)}
	for _, size := range []struct {
		letters *letters
		file    []byte
		pixels  float64
	}{{&l.body, goregular.TTF, 15}, {&l.bold, gobold.TTF, 15}, {&l.small, goregular.TTF, 13}, {&l.heading, gobold.TTF, 20}} {
		var err error
		if *size.letters, err = newLetters(size.pixels*l.scale, size.file, more); err != nil {
			return nil, fmt.Errorf("load a font: %w", err)
		}
	}
	return l, nil
}

func newLetters(pixels float64, file []byte, more [][]byte) (letters, error) {
	l := letters{buf: &sfnt.Buffer{}}
	for n, file := range append([][]byte{file}, more...) {
		fonts, err := sfnt.ParseCollection(file)
		if err != nil && n > 0 {
			continue // a font of the system that we cannot read is none
		}
		if err != nil {
			return l, err
		}
		f, err := fonts.Font(0)
		if err != nil {
			return l, err
		}
		face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: pixels, DPI: 72, Hinting: font.HintingNone})
		if err != nil {
			return l, err
		}
		l.fonts, l.faces = append(l.fonts, f), append(l.faces, face)
	}
	return l, nil
}

// px are pixels on this screen.
func (l *Look) px(n int) int { return int(math.Round(float64(n) * l.scale)) }

// face is the one that draws a character.
func (l letters) face(r rune) font.Face {
	for n, f := range l.fonts {
		if at, err := f.GlyphIndex(l.buf, r); err == nil && at != 0 {
			return l.faces[n]
		}
	}
	return l.faces[0]
}

// height is the distance of two lines.
func (l letters) height() int {
	return l.faces[0].Metrics().Height.Ceil() * 6 / 5
}

// ascent is how far the baseline is below the top of a line.
func (l letters) ascent() int {
	m := l.faces[0].Metrics()
	return m.Ascent.Ceil() + (l.height()-m.Ascent.Ceil()-m.Descent.Ceil())/2
}

// Lacks reports whether a text has a character that no font has.
func (l *Look) Lacks(s string) bool {
	for _, r := range s {
		has := false
		for _, f := range l.body.fonts {
			at, err := f.GlyphIndex(l.body.buf, r)
			has = has || err == nil && at != 0
		}
		if !has && r > ' ' {
			return true
		}
	}
	return false
}
