//go:build cgo

package vpx_test

import (
	"bytes"
	"image"
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/client/encode"
	"github.com/coopnet/coopnet/client/encode/pixel"
	"github.com/coopnet/coopnet/client/encode/scenetest"
	"github.com/coopnet/coopnet/client/encode/vpx"
	"github.com/coopnet/coopnet/client/encode/vpx/vpxtest"
)

func codecs() []encode.Codec { return []encode.Codec{encode.VP9, encode.VP8} }

func open(t *testing.T, codec encode.Codec, size image.Point) *vpx.Encoder {
	t.Helper()
	e, err := vpx.New(codec, vpx.Config{Size: size, Bitrate: 1_000_000, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// shown is the first picture of a scene.
func shown(scene *scenetest.Scene) encode.Picture {
	p := pixel.NewPicture(scene.Screen.Size)
	take(p, scene)
	return p
}

func take(p encode.Picture, scene *scenetest.Scene) pixel.Tiles {
	tiles := pixel.NewTiles(p.Size)
	for _, r := range scene.Next() {
		pixel.Convert(p, pixel.BGRX(*scene.Screen), r, tiles)
	}
	return tiles
}

func encoded(t *testing.T, e *vpx.Encoder, d *vpxtest.Decoder, p encode.Picture, task encode.Task) (encode.Picture, bool) {
	t.Helper()
	frame, key, err := e.Encode(p, task)
	if err != nil {
		t.Fatal(err)
	}
	seen, err := d.Decode(frame)
	if err != nil {
		t.Fatal(err)
	}
	if seen.Size != p.Size {
		t.Fatalf("the viewer sees %v, not %v", seen.Size, p.Size)
	}
	return seen, key
}

func TestWhatIsEncodedCanBeSeen(t *testing.T) {
	for _, codec := range codecs() {
		for _, size := range []image.Point{{1, 1}, {2, 3}, {17, 33}, {640, 360}, {641, 361}} {
			e, d := open(t, codec, size), vpxtest.NewDecoder(t, codec)
			p := shown(scenetest.Still(size))
			for n := range 3 {
				seen, key := encoded(t, e, d, p, encode.Task{At: time.Duration(n) * time.Second, Finest: 2, Coarsest: 2})
				if key != (n == 0) {
					t.Errorf("%s %v: frame %d is a keyframe: %v", codec, size, n, key)
				}
				if psnr := vpxtest.PSNRAll(p, seen); psnr < 40 {
					t.Errorf("%s %v: frame %d is at %.1f dB", codec, size, n, psnr)
				}
			}
		}
	}
}

func TestKeyframesOnRequestOnly(t *testing.T) {
	size := image.Pt(320, 192)
	for _, codec := range codecs() {
		e, d := open(t, codec, size), vpxtest.NewDecoder(t, codec)
		scene := scenetest.Flood(size)
		p := shown(scene)
		for n := range 60 {
			want := n == 0 || n == 40
			take(p, scene)
			_, key := encoded(t, e, d, p, encode.Task{At: time.Duration(n) * 33 * time.Millisecond, Finest: 20, Coarsest: 40, Keyframe: n == 40})
			if key != want {
				t.Errorf("%s: frame %d is a keyframe: %v", codec, n, key)
			}
		}
		// Who begins with the keyframe sees everything.
		frame, key, err := e.Encode(p, encode.Task{At: 10 * time.Second, Finest: 4, Coarsest: 4, Keyframe: true})
		if err != nil || !key {
			t.Fatalf("%s: %v %v", codec, key, err)
		}
		if seen, err := vpxtest.NewDecoder(t, codec).Decode(frame); err != nil || vpxtest.PSNR(p, seen) < 45 {
			t.Errorf("%s: a late viewer sees nothing: %v", codec, err)
		}
	}
}

// What lies outside of the tiles stays as the viewer has it, even if it is another now: it will be told later.
func TestOnlyTheTilesAreEncoded(t *testing.T) {
	size := image.Pt(320, 192)
	for _, codec := range codecs() {
		e, d := open(t, codec, size), vpxtest.NewDecoder(t, codec)
		p := shown(scenetest.Still(size))
		for n := range 4 {
			encoded(t, e, d, p, encode.Task{At: time.Duration(n) * 100 * time.Millisecond, Finest: 2, Coarsest: 2})
		}
		before := pixel.NewPicture(size)
		copy(before.Y, p.Y)
		tiles := pixel.NewTiles(size)
		tiles.Changed[1] = 1 // the second of five by three
		for y := range size.Y {
			for x := range size.X {
				p.Y[y*p.YStride+x] = byte(16 + (x*7+y*5)%200)
			}
		}
		seen, _ := encoded(t, e, d, p, encode.Task{At: time.Second, Finest: 2, Coarsest: 2, Tiles: tiles})
		part := func(p encode.Picture, r image.Rectangle) encode.Picture {
			return encode.Picture{Y: p.Y[r.Min.Y*p.YStride+r.Min.X:], YStride: p.YStride, Size: r.Size()}
		}
		inside, outside := image.Rect(64, 0, 128, 64), image.Rect(192, 64, 320, 192)
		if psnr := vpxtest.PSNR(part(p, inside), part(seen, inside)); psnr < 35 {
			t.Errorf("%s: the tile that changed is at %.1f dB", codec, psnr)
		}
		if psnr := vpxtest.PSNR(part(before, outside), part(seen, outside)); psnr < 35 {
			t.Errorf("%s: what is not in the tiles is at %.1f dB of what was there", codec, psnr)
		}
		// The next frame without tiles has all of it.
		for n := range 3 {
			seen, _ = encoded(t, e, d, p, encode.Task{At: time.Duration(2+n) * time.Second, Finest: 2, Coarsest: 2})
		}
		if psnr := vpxtest.PSNR(p, seen); psnr < 35 {
			t.Errorf("%s: at %.1f dB once all was encoded", codec, psnr)
		}
	}
}

// libvpx's own choice of what to refine (VP9E_SET_AQ_MODE) would do so wherever it likes.
func TestNothingElseIsRefinedAmidMotion(t *testing.T) {
	size := image.Pt(960, 540)
	e, d, scene := open(t, encode.VP9, size), vpxtest.NewDecoder(t, encode.VP9), scenetest.Scrolling(size)
	p := shown(scene)
	encoded(t, e, d, p, encode.Task{Finest: 30, Coarsest: 30})
	one := pixel.NewTiles(size)
	one.Changed[len(one.Changed)-1] = 1
	for at := time.Duration(0); at < time.Second; {
		var before encode.Picture
		for range 3 {
			at += 33 * time.Millisecond
			before, _ = encoded(t, e, d, p, encode.Task{At: at, Finest: 30, Coarsest: 30, Tiles: take(p, scene)})
		}
		rows := bytes.Clone(before.Y[:before.YStride*8*pixel.TileSize]) // the last tile is below
		at += 10 * time.Millisecond
		if seen, _ := encoded(t, e, d, p, encode.Task{At: at, Finest: 6, Coarsest: 6, Tiles: one}); !bytes.Equal(rows, seen.Y[:len(rows)]) {
			t.Fatalf("at %v it changes what is outside of its tile", at)
		}
	}
}

func TestResize(t *testing.T) {
	for _, codec := range codecs() {
		e, d := open(t, codec, image.Pt(64, 64)), vpxtest.NewDecoder(t, codec)
		for _, size := range []image.Point{{320, 200}, {100, 75}, {641, 361}} {
			if err := e.Resize(size); err != nil {
				t.Fatal(err)
			}
			p := shown(scenetest.Still(size))
			if seen, key := encoded(t, e, d, p, encode.Task{Finest: 2, Coarsest: 2}); !key || vpxtest.PSNR(p, seen) < 40 {
				t.Errorf("%s: %v: a keyframe %v, at %.1f dB", codec, size, key, vpxtest.PSNR(p, seen))
			}
		}
		if err := e.Resize(image.Point{}); err == nil {
			t.Error("no size at all was taken")
		}
	}
}

// Within the quantizers that it may choose from. (VP8 finds no scrolling: this scene needs all that it may have.)
func TestBitrateIsFollowed(t *testing.T) {
	size := image.Pt(640, 384)
	e, scene := open(t, encode.VP9, size), scenetest.Flood(size)
	p, at := shown(scene), time.Duration(0)
	rate := func(bits int) (sent int) {
		if err := e.SetBitrate(bits); err != nil {
			t.Fatal(err)
		}
		for range 60 {
			take(p, scene)
			frame, _, err := e.Encode(p, encode.Task{At: at, Finest: 4, Coarsest: 60})
			if err != nil {
				t.Fatal(err)
			}
			at += 33 * time.Millisecond
			sent += 8 * len(frame)
		}
		return sent / 2
	}
	low, high := rate(200_000), rate(2_000_000)
	if low > 600_000 || high < 2*low {
		t.Errorf("%d bit/s for 200,000, %d for 2,000,000", low, high)
	}
	if err := e.SetBitrate(0); err == nil {
		t.Error("a bitrate of nothing was taken")
	}
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	for name, config := range map[string]vpx.Config{
		"no size":     {Bitrate: 1_000_000},
		"a huge size": {Size: image.Pt(20_000, 10), Bitrate: 1_000_000},
		"no bitrate":  {Size: image.Pt(10, 10)},
	} {
		if _, err := vpx.New(encode.VP9, config); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if _, err := vpx.New("H264", vpx.Config{Size: image.Pt(10, 10), Bitrate: 1_000_000}); err == nil || !strings.Contains(err.Error(), "H264") {
		t.Errorf("H264: %v", err)
	}
	size := image.Pt(64, 64)
	e := open(t, encode.VP9, size)
	short := pixel.NewPicture(size)
	short.V = short.V[:100]
	for name, p := range map[string]encode.Picture{"of another size": pixel.NewPicture(image.Pt(65, 64)), "with a short plane": short} {
		if _, _, err := e.Encode(p, encode.Task{}); err == nil {
			t.Errorf("a picture %s was encoded", name)
		}
	}
	wrong := encode.Task{Finest: 50, Coarsest: 10}
	if _, _, err := e.Encode(pixel.NewPicture(size), wrong); err == nil || !strings.Contains(err.Error(), "quantizer") {
		t.Errorf("quantizers the wrong way round: %v", err)
	}
	for range 2 {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
	_, _, err := e.Encode(pixel.NewPicture(size), encode.Task{})
	if err == nil || e.SetBitrate(100_000) == nil || e.Resize(size) == nil {
		t.Error("a closed encoder works")
	}
}
