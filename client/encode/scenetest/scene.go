package scenetest

import (
	"image"
	"image/color"
	"math"
)

// Scene is a screen on which something happens at 30 pictures a second.
type Scene struct {
	Name   string
	Screen *Screen
	Moves  int                                                 // so many pictures change; after them the screen is still
	draw   func(screen *Screen, picture int) []image.Rectangle // what it changed
	drawn  int
}

// Next draws the next picture into Screen and says what differs from the one before: everything at first, and nothing once
// all has been drawn.
func (s *Scene) Next() []image.Rectangle {
	n := s.drawn
	s.drawn++
	if n >= s.Moves && n > 0 {
		return nil
	}
	damage := s.draw(s.Screen, n)
	if n == 0 {
		return []image.Rectangle{s.Screen.bounds()}
	}
	return damage
}

// usual is how many pictures of a scene change: five seconds.
const usual = 150

// Bar are the scenes of the project's bar: a still page, and for so many pictures typing, scrolling text, a window that is moved.
func Bar(size image.Point, moves int) []*Scene {
	return []*Scene{Still(size), typing(size, moves), scrolling(size, moves), window(size, moves)}
}

// Scenes are those of the bar and two that are harder: a page that is scrolled with the wheel, and a flood of lines.
func Scenes(size image.Point) []*Scene {
	return append(Bar(size, usual), Reading(size), Flood(size))
}

// Still is a page of text that somebody reads.
func Still(size image.Point) *Scene {
	return &Scene{Name: "still page", Screen: page(size, 1), Moves: 1,
		draw: func(*Screen, int) []image.Rectangle { return nil }}
}

// typing is an editor in which ten characters appear each second.
func typing(size image.Point, moves int) *Scene {
	const each, left, top, height = 3, 120, 140, 20
	paper, face, a := color.RGBA{30, 30, 30, 255}, mono(15), newAuthor(2)
	glyphs := alphabet(face, paper, color.RGBA{212, 212, 212, 255}, height)
	editor := code(size, 2, height)
	editor.fill(image.Rect(left, top, size.X, top+8*height), paper)
	text := a.sentence(400)
	return &Scene{Name: "typing", Screen: editor, Moves: moves, draw: func(screen *Screen, picture int) []image.Rectangle {
		if picture%each != 0 {
			return nil
		}
		n := picture / each
		width, columns := glyphs.width, min(100, (size.X-2*left)/glyphs.width)
		at := image.Pt(left+n%columns*width, top+n/columns*height)
		screen.put(at, glyphs.screen, glyphs.of(text[n]))
		caret := image.Rect(at.X+width, at.Y, at.X+width+2, at.Y+height)
		screen.fill(caret, color.RGBA{220, 220, 220, 255})
		return []image.Rectangle{image.Rect(at.X, at.Y, caret.Max.X, caret.Max.Y)}
	}}
}

// Scrolling is a program that somebody skims: it glides by ten lines a second, and each picture is six pixels further.
func Scrolling(size image.Point) *Scene { return scrolling(size, usual) }

func scrolling(size image.Point, moves int) *Scene {
	const height, step = 18, 6
	roll := code(image.Pt(size.X, size.Y+step*moves), 3, height)
	return &Scene{Name: "scrolling text", Screen: newScreen(size), Moves: moves, draw: func(screen *Screen, picture int) []image.Rectangle {
		screen.put(image.Point{}, roll, screen.bounds().Add(image.Pt(0, step*picture)))
		return []image.Rectangle{screen.bounds()}
	}}
}

// Flood is the output of a build, more than anybody can read: each picture has a line more than the one before.
func Flood(size image.Point) *Scene {
	const height, moves = 18, usual
	paper, face, a := color.RGBA{12, 12, 16, 255}, mono(14), newAuthor(7)
	inks := []color.RGBA{{204, 204, 204, 255}, {204, 204, 204, 255}, {204, 204, 204, 255}, {22, 198, 12, 255}, {249, 241, 165, 255}}
	lines := size.Y/height + moves
	roll := rendered(image.Pt(size.X, height*lines), paper, func(canvas *canvas) {
		for n := range lines {
			write(canvas, image.Pt(6, n*height+14), face, inks[a.random.IntN(len(inks))], a.logLine(n))
		}
	})
	return &Scene{Name: "flood of lines", Screen: newScreen(size), Moves: moves, draw: func(screen *Screen, picture int) []image.Rectangle {
		screen.put(image.Point{}, roll, screen.bounds().Add(image.Pt(0, height*picture)))
		return []image.Rectangle{screen.bounds()}
	}}
}

// Reading is a page in a browser that glides on by two notches of the wheel, again and again, as browsers do it.
func Reading(size image.Point) *Scene {
	const top, notches, glide, pause = 84, 200, 10, 8 // pixels of the window's head, pixels and pictures of a step
	window := page(image.Pt(size.X, size.Y+10*notches), 4)
	return &Scene{Name: "page scroll", Screen: page(size, 4), Moves: usual, draw: func(screen *Screen, picture int) []image.Rectangle {
		step, within := picture/(glide+pause), picture%(glide+pause)
		if within > glide {
			return nil
		}
		eased := 1 - math.Pow(1-float64(within)/glide, 3)
		at := step*notches + int(math.Round(eased*notches))
		body := image.Rect(0, top, size.X, size.Y)
		screen.put(body.Min, window, body.Add(image.Pt(0, at)))
		return []image.Rectangle{body}
	}}
}

// window is one with text that is dragged over a desktop.
func window(size image.Point, moves int) *Scene {
	desktop, window := page(size, 5), page(image.Pt(size.X*2/5, size.Y/2), 6)
	window.fill(image.Rect(0, 0, window.Size.X, 30), color.RGBA{60, 90, 150, 255})
	free := size.Sub(window.Size)
	where := func(picture int) image.Rectangle {
		at := image.Pt(free.X/2, free.Y/2).Add(image.Pt(
			int(float64(free.X)*0.45*math.Sin(float64(picture)/24)), int(float64(free.Y)*0.4*math.Sin(float64(picture)/15))))
		return window.bounds().Add(at)
	}
	screen := page(size, 5)
	return &Scene{Name: "moving window", Screen: screen, Moves: moves, draw: func(screen *Screen, picture int) []image.Rectangle {
		before, now := where(max(0, picture-1)), where(picture)
		screen.put(before.Min, desktop, before)
		screen.put(now.Min, window, window.bounds())
		return []image.Rectangle{before, now}
	}}
}
