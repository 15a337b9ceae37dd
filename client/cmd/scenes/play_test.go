//go:build linux

package main

import (
	"bytes"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/client/capture/x11/xvfbtest"
	"github.com/coopnet/coopnet/client/encode/pixel"
	"github.com/coopnet/coopnet/client/encode/scenetest"
)

// read is the time in a picture of the display, as a viewer reads it.
func read(t *testing.T, luma []byte, width int) uint32 {
	t.Helper()
	var bits [64]bool
	for i := range bits {
		x, y := stampX+i%columns*block+block/2, stampY+i/columns*block+block/2
		bits[i] = luma[y*width+x] < 128
	}
	var time uint32
	for _, bit := range bits[16:48] {
		time <<= 1
		if bit {
			time |= 1
		}
	}
	if bits != code(tag, time) {
		t.Fatal("the checksum is wrong")
	}
	return time
}

func TestScenesAreOnTheDisplay(t *testing.T) {
	size, pictures := image.Pt(640, 360), 4
	display, file := xvfbtest.Start(t, size), filepath.Join(t.TempDir(), "luma")
	began := uint32(time.Now().UnixMilli())
	for n, scene := range scenetest.Bar(size, pictures) {
		var answers bytes.Buffer
		commands := strings.NewReader(fmt.Sprintf("open %d %d\nplay\nluma %s\n", n, pictures, file))
		if err := run(t.Context(), display, commands, &answers); err != nil {
			t.Fatal(err)
		}
		var last uint32
		var drawn, width, height int
		if _, err := fmt.Sscanf(answers.String(), "open\nplayed %d %d\nluma %d %d\n", new(int64), &drawn, &width, &height); err != nil || image.Pt(width, height) != size {
			t.Fatalf("%s: %q: %v", scene.Name, answers.String(), err)
		}
		shown, err := os.ReadFile(file)
		if err != nil || len(shown) != size.X*size.Y {
			t.Fatalf("%s: %d bytes, %v", scene.Name, len(shown), err)
		}
		if last = read(t, shown, size.X); last < began {
			t.Errorf("%s: the time goes back from %d to %d", scene.Name, began, last)
		}
		began = last
		for range pictures {
			scene.Next()
		}
		want := pixel.NewPicture(size)
		pixel.Convert(want, pixel.BGRX(*scene.Screen), image.Rectangle{Max: size}, pixel.NewTiles(size))
		for y := stampY + len(code(0, 0))/columns*block; y < size.Y; y++ { // below the time
			if !bytes.Equal(shown[y*size.X:][:size.X], want.Y[y*want.YStride:][:size.X]) {
				t.Fatalf("%s: row %d is another", scene.Name, y)
			}
		}
		if expected := map[string]int{"still page": 0, "typing": 1, "scrolling text": 3, "moving window": 3}[scene.Name]; drawn != expected {
			t.Errorf("%s: %d pictures were drawn, not %d", scene.Name, drawn, expected)
		}
	}
}

func TestWhatIsNotUnderstood(t *testing.T) {
	display := xvfbtest.Start(t, image.Pt(320, 200))
	for _, command := range []string{"", "play", "open 4 9", "open -1 9", "sing"} {
		if err := run(t.Context(), display, strings.NewReader(command+"\n"), new(bytes.Buffer)); err == nil {
			t.Errorf("%q was obeyed", command)
		}
	}
}

// The bits are those that web/e2e/code.ts makes.
func TestTheCodeIsTheBrowsers(t *testing.T) {
	var said strings.Builder
	for _, black := range code(1201, 0xdeadbeef) {
		said.WriteByte("01"[map[bool]int{true: 1}[black]])
	}
	if want := "0000010010110001110111101010110110111110111011110100100010001001"; said.String() != want {
		t.Errorf("it is %s", said.String())
	}
}
