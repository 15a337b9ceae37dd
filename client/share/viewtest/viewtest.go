// Package viewtest is somebody who looks at a share in tests: it decodes what a relay sends.
package viewtest

import (
	"image"
	"sync"
	"testing"

	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v3"

	"github.com/coopnet/coopnet/client/encode"
	"github.com/coopnet/coopnet/shared/whip"
)

// Decoder decodes frames of VP9; that of client/encode/vpx/vpxtest is one.
type Decoder interface {
	Decode(frame []byte) (encode.Picture, error)
}

// Viewer keeps the latest picture.
type Viewer struct {
	mu     sync.Mutex
	size   image.Point
	luma   []byte // a row after the other
	frames int
}

// Watch views a conference's share until the test ends.
func Watch(tb testing.TB, e whip.Endpoint, decoder Decoder) *Viewer {
	tb.Helper()
	pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		tb.Fatal(err)
	}
	v := &Viewer{}
	var reading sync.WaitGroup
	tb.Cleanup(reading.Wait)
	tb.Cleanup(func() { _ = pc.Close() })
	if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		tb.Fatal(err)
	}
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		reading.Add(1)
		defer reading.Done()
		v.read(track, decoder)
	})
	if _, err := whip.Connect(tb.Context(), e, pc); err != nil {
		tb.Fatal(err)
	}
	return v
}

func (v *Viewer) read(track *webrtc.TrackRemote, decoder Decoder) {
	var frame []byte
	for {
		p, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		var vp9 codecs.VP9Packet
		part, err := vp9.Unmarshal(p.Payload)
		if err != nil {
			continue // padding
		}
		frame = append(frame, part...)
		if !p.Marker {
			continue
		}
		if picture, err := decoder.Decode(frame); err == nil {
			v.keep(picture)
		}
		frame = frame[:0]
	}
}

func (v *Viewer) keep(p encode.Picture) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.size, v.luma = p.Size, v.luma[:0]
	for y := range p.Size.Y {
		v.luma = append(v.luma, p.Y[y*p.YStride:][:p.Size.X]...)
	}
	v.frames++
}

// Size is the latest picture's; nothing before the first.
func (v *Viewer) Size() image.Point {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.size
}

// Frames is how many have been decoded.
func (v *Viewer) Frames() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.frames
}

// Brightness is the lowest and the highest of a part of the latest picture (BT.601, limited range: 16 is black, 235 is
// white); -1 before the first, and beside it.
func (v *Viewer) Brightness(part image.Rectangle) (lowest, highest int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if part = part.Intersect(image.Rectangle{Max: v.size}); part.Empty() {
		return -1, -1
	}
	lowest = 255
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for _, luma := range v.luma[y*v.size.X+part.Min.X : y*v.size.X+part.Max.X] {
			lowest, highest = min(lowest, int(luma)), max(highest, int(luma))
		}
	}
	return lowest, highest
}
