//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"time"

	"github.com/coopnet/coopnet/client/encode/pixel"
	"github.com/coopnet/coopnet/client/encode/scenetest"
)

const interval = time.Second / 30

// show is the scene that is on, with its canvas.
type show struct {
	canvas *canvas
	scene  *scenetest.Scene
	now    func() time.Time
}

// run obeys until its input ends:
//
//	open SCENE PICTURES  shows the first picture of a scene of scenetest.Bar: "open"
//	play                 goes through the others: "played MS DRAWN", when the last was drawn and how many were
//	luma FILE            writes the brightness of what the display shows, with whatever else is on it: "luma WIDTH HEIGHT"
func run(ctx context.Context, display string, commands io.Reader, answers io.Writer) (err error) {
	c, err := newCanvas(display)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	s := &show{canvas: c, now: time.Now}
	for lines := bufio.NewScanner(commands); lines.Scan() && ctx.Err() == nil; {
		answer, err := s.obey(ctx, lines.Text())
		if err != nil {
			return fmt.Errorf("%s: %w", lines.Text(), err)
		}
		fmt.Fprintln(answers, answer)
	}
	return nil
}

func (s *show) obey(ctx context.Context, line string) (answer string, err error) {
	var scene, pictures int
	var file string
	if n, _ := fmt.Sscanf(line, "open %d %d", &scene, &pictures); n == 2 {
		return "open", s.open(scene, pictures)
	}
	if line == "play" && s.scene != nil {
		last, drawn, err := s.play(ctx)
		return fmt.Sprintf("played %d %d", last.UnixMilli(), drawn), err
	}
	if n, _ := fmt.Sscanf(line, "luma %s", &file); n == 1 {
		size, err := s.luma(file)
		return fmt.Sprintf("luma %d %d", size.X, size.Y), err
	}
	return "", errors.New("not understood")
}

func (s *show) open(scene, pictures int) error {
	all := scenetest.Bar(s.canvas.size, pictures)
	if scene < 0 || scene >= len(all) {
		return fmt.Errorf("there are %d scenes", len(all))
	}
	s.scene = all[scene]
	// It goes on in the memory that the server reads.
	copy(s.canvas.pix, s.scene.Screen.Pix)
	s.scene.Screen.Pix = s.canvas.pix
	if err := s.canvas.front(); err != nil {
		return err
	}
	_, err := s.picture()
	return err
}

// picture draws the next one; when is zero if that changes nothing.
func (s *show) picture() (when time.Time, err error) {
	damage := s.scene.Next()
	if len(damage) == 0 {
		return time.Time{}, nil
	}
	when = s.now()
	return when, s.canvas.put(append(damage, stamp(s.canvas, when)))
}

// play draws thirty times a second. Where the machine is late, pictures come later; none is left out.
func (s *show) play(ctx context.Context) (last time.Time, drawn int, err error) {
	next := s.now()
	for range s.scene.Moves - 1 {
		next = next.Add(interval)
		if late := s.now().Sub(next); late > 0 {
			next = next.Add(late)
		}
		select {
		case <-time.After(next.Sub(s.now())):
		case <-ctx.Done():
			return last, drawn, ctx.Err()
		}
		when, err := s.picture()
		if err != nil {
			return last, drawn, err
		}
		if !when.IsZero() {
			last, drawn = when, drawn+1
		}
	}
	return last, drawn, nil
}

// luma writes the brightness of each pixel, as encoders take it, row by row.
func (s *show) luma(file string) (image.Point, error) {
	size := s.canvas.size
	screen, err := s.canvas.display()
	if err != nil {
		return size, err
	}
	picture := pixel.NewPicture(size)
	pixel.Convert(picture, pixel.BGRX{Pix: screen, Stride: 4 * size.X, Size: size}, image.Rectangle{Max: size}, pixel.NewTiles(size))
	luma := make([]byte, 0, size.X*size.Y)
	for y := range size.Y {
		luma = append(luma, picture.Y[y*picture.YStride:][:size.X]...)
	}
	return size, os.WriteFile(file, luma, 0o600)
}
