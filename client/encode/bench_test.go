//go:build cgo && linux

package encode_test

import (
	"fmt"
	"image"
	"syscall"
	"testing"
	"time"

	"github.com/coopnet/coopnet/client/encode"
	"github.com/coopnet/coopnet/client/encode/pixel"
	"github.com/coopnet/coopnet/client/encode/scenetest"
	"github.com/coopnet/coopnet/client/encode/vpx"
	"github.com/coopnet/coopnet/client/encode/vpx/vpxtest"
)

// viewing is a scene that is shared, and what a viewer of it sees.
type viewing struct {
	t       testing.TB
	scene   *scenetest.Scene
	source  encode.Picture // what should be seen
	decoder *vpxtest.Decoder
	seen    encode.Picture
	now     time.Duration
	shown   figures
}

// figures of what was sent since they were cleared.
type figures struct {
	frames, bytes int
	cpu           time.Duration // of conversion and encoding
	psnr          float64       // sum over the pictures
	pictures      int
}

func newViewing(t testing.TB, codec encode.Codec, scene *scenetest.Scene) *viewing {
	return &viewing{t: t, scene: scene, source: pixel.NewPicture(scene.Screen.Size), decoder: vpxtest.NewDecoder(t, codec)}
}

func (v *viewing) next() []image.Rectangle {
	damage := v.scene.Next()
	tiles := pixel.NewTiles(v.source.Size)
	for _, r := range damage {
		pixel.Convert(v.source, pixel.BGRX(*v.scene.Screen), r, tiles)
	}
	return damage
}

func (v *viewing) see(frame []byte) {
	v.t.Helper()
	if len(frame) == 0 {
		return // dropped
	}
	seen, err := v.decoder.Decode(frame)
	if err != nil {
		v.t.Fatal(err)
	}
	v.seen = seen
	v.shown.frames++
	v.shown.bytes += len(frame)
}

// psnr is what the viewer has now.
func (v *viewing) psnr() float64 { return vpxtest.PSNR(v.source, v.seen) }

func (v *viewing) measured(f func()) {
	begin := processorTime()
	f()
	v.shown.cpu += processorTime() - begin
}

func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

const step = time.Second / 30

// text shares so many pictures with our policy.
func (v *viewing) text(text *encode.Text, pictures int) {
	v.t.Helper()
	for range pictures {
		damage := v.next()
		if damage != nil {
			v.measured(func() {
				if err := text.Take(pixel.BGRX(*v.scene.Screen), damage, v.now); err != nil {
					v.t.Fatal(err)
				}
			})
		}
		for end := v.now + step; ; {
			at, ever := text.Due()
			if !ever || at >= end {
				v.now = end
				break
			}
			v.now = max(v.now, at)
			var frame encode.Frame
			v.measured(func() {
				var err error
				if frame, _, err = text.Encode(v.now); err != nil {
					v.t.Fatal(err)
				}
			})
			v.see(frame.Bytes)
		}
		v.judge()
	}
}

// plain shares every picture with VP8 as it is set for cameras.
func (v *viewing) plain(encoder *vpxtest.Plain, pictures int) {
	v.t.Helper()
	for range pictures {
		v.next()
		var frame []byte
		v.measured(func() { frame = encoder.Encode(v.t, v.source, v.now) })
		v.see(frame)
		v.judge()
		v.now += step
	}
}

// judge looks at each tenth picture: looking takes longer than encoding.
func (v *viewing) judge() {
	if v.now/step%10 == 0 {
		v.shown.psnr += v.psnr()
		v.shown.pictures++
	}
}

// outcome is what a scene came to.
type outcome struct {
	start, moving         figures
	first, soon, settled  float64 // dB: at first, 0.4 s after the motion, 2 s after it
	seconds               float64
	restFrames, restBytes int
}

// watch shows a scene: three seconds at rest, its motion, and two seconds more.
func (v *viewing) watch(share func(pictures int)) (o outcome) {
	v.t.Helper()
	motion := v.scene
	pause := *motion
	pause.Moves = 1
	v.scene = &pause
	share(90)
	o.start, o.first = v.shown, v.psnr()
	v.shown, v.scene = figures{}, motion
	motion.Next() // the picture that is shown already
	share(motion.Moves - 1)
	o.moving, o.seconds = v.shown, float64(motion.Moves-1)/30
	v.shown = figures{}
	share(12)
	o.soon = v.psnr()
	share(48)
	o.settled = v.psnr()
	o.restFrames, o.restBytes = v.shown.frames, v.shown.bytes
	return o
}

func share(t testing.TB, codec encode.Codec, scene *scenetest.Scene, bits int) outcome {
	v := newViewing(t, codec, scene)
	text := encode.NewText(func(size image.Point, bits int) (encode.Encoder, error) {
		return vpx.New(codec, vpx.Config{Size: size, Bitrate: bits, Threads: 1})
	}, bits)
	defer text.Close()
	return v.watch(func(pictures int) { v.text(text, pictures) })
}

// The bar at a quarter of the size, where tests have time for it; the benchmark has it at full size.
func TestTheBar(t *testing.T) {
	size := image.Pt(960, 540)
	scroll := share(t, encode.VP9, scenetest.Scrolling(size), 2_000_000)
	rate, pictures := float64(8*scroll.moving.bytes)/scroll.seconds/1000, float64(scroll.moving.frames)/scroll.seconds
	t.Logf("scrolling: %.1f fps, %.0f kbit/s, %.1f dB 0.4 s and %.1f dB 2 s after", pictures, rate, scroll.soon, scroll.settled)
	if pictures < 25 || rate > 400 || scroll.soon < 50 || scroll.settled < 55 {
		t.Error("below the bar: 25 fps, 400 kbit/s, 50 dB, 55 dB")
	}
	still := share(t, encode.VP9, scenetest.Still(size), 2_000_000)
	if still.restFrames > 1 || still.restBytes > 200 {
		t.Errorf("%d frames of a still screen in two seconds, %d bytes", still.restFrames, still.restBytes)
	}
}

func BenchmarkText(b *testing.B) {
	const bits = 2_000_000
	size := image.Pt(1920, 1080)
	fmt.Printf("| %-16s | %-11s | %9s | %5s | %7s | %9s | %9s | %8s | %8s |\n", "scene", "encoder", "ms/frame", "fps", "kbit/s", "dB moving", "dB 0.4 s", "dB 2 s", "kB first")
	for n := range scenetest.Scenes(image.Pt(64, 64)) {
		for _, way := range []string{"ours, VP9", "ours, VP8", "plain VP8"} {
			b.Run(fmt.Sprint(n, way), func(b *testing.B) {
				for b.Loop() {
					var o outcome
					scene := scenetest.Scenes(size)[n]
					switch way {
					case "ours, VP9":
						o = share(b, encode.VP9, scene, bits)
					case "ours, VP8":
						o = share(b, encode.VP8, scene, bits)
					default:
						v, plain := newViewing(b, encode.VP8, scene), vpxtest.NewPlain(b, size.X, size.Y, 400_000)
						o = v.watch(func(pictures int) { v.plain(plain, pictures) })
					}
					o.print(scene.Name, way)
				}
			})
		}
	}
}

func (o outcome) print(scene, way string) {
	per := func(sum float64, n int) float64 { return sum / float64(max(1, n)) }
	seconds := max(o.seconds, 0.001)
	fmt.Printf("| %-16s | %-11s | %9.1f | %5.1f | %7.0f | %9.1f | %9.1f | %8.1f | %8d |\n", scene, way,
		per(o.moving.cpu.Seconds()*1000, o.moving.frames), float64(o.moving.frames)/seconds, 8*float64(o.moving.bytes)/seconds/1000,
		per(o.moving.psnr, o.moving.pictures), o.soon, o.settled, o.start.bytes/1000)
}
