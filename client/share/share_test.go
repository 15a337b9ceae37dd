package share

import (
	"context"
	"errors"
	"image"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v3"

	"github.com/coopnet/coopnet/client/capture"
)

// source is a window of which the test says what it shows.
type source struct {
	frames chan grabbed
	closed bool
}

func (s *source) Next(ctx context.Context) (capture.Frame, error) {
	select {
	case g := <-s.frames:
		return g.frame, g.err
	case <-ctx.Done():
		return capture.Frame{}, ctx.Err()
	}
}

func (s *source) Bounds() image.Rectangle { return image.Rect(0, 0, 4, 4) }

func (s *source) Close() error {
	s.closed = true
	return nil
}

// coder encodes a picture as one byte, 0 for a keyframe, and refines it once.
type coder struct {
	took    int
	pending bool
	refined bool
}

func (c *coder) Take(capture.Frame, time.Duration) error {
	c.took++
	c.pending, c.refined = true, false
	return nil
}

func (c *coder) Encode(at time.Duration, keyframe bool) ([]byte, time.Duration, error) {
	switch {
	case keyframe:
		c.pending = false
		return []byte{0, 'k'}, at + time.Millisecond, nil
	case c.pending:
		c.pending = false
		return []byte{1, 'p'}, at + time.Millisecond, nil
	case !c.refined:
		c.refined = true
		return []byte{1, 'r'}, -1, nil
	}
	return nil, -1, nil
}

func (c *coder) SetBitrate(int, time.Duration) error { return nil }

func (c *coder) Small(image.Point) *image.RGBA {
	small := image.NewRGBA(image.Rect(0, 0, 1, 1))
	small.Pix[0] = byte(c.took)
	return small
}

func (c *coder) Adopt(Coder) error { return nil }

func (c *coder) Close() error { return nil }

// wire is a session of which the test sees the packets.
type wire struct {
	id      string
	packets chan rtp.Packet
}

func (w *wire) CodecParameters() []webrtc.RTPCodecParameters {
	return []webrtc.RTPCodecParameters{{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}, PayloadType: 97}}
}

func (w *wire) HeaderExtensions() []webrtc.RTPHeaderExtensionParameter {
	return []webrtc.RTPHeaderExtensionParameter{{URI: sdp.TransportCCURI, ID: 5}}
}

func (w *wire) SSRC() webrtc.SSRC                    { return 1234 }
func (w *wire) WriteStream() webrtc.TrackLocalWriter { return w }
func (w *wire) ID() string                           { return w.id }
func (w *wire) RTCPReader() interceptor.RTCPReader   { return nil }
func (w *wire) Write([]byte) (int, error)            { return 0, errors.New("not used") }
func (w *wire) WriteRTP(h *rtp.Header, p []byte) (int, error) {
	w.packets <- rtp.Packet{Header: h.Clone(), Payload: slices.Clone(p)}
	return len(p), nil
}

func (w *wire) next(t *testing.T) rtp.Packet {
	t.Helper()
	select {
	case p := <-w.packets:
		return p
	case <-time.After(10 * time.Second):
		t.Fatal("no packet")
	}
	return rtp.Packet{}
}

func kind(p rtp.Packet) string { return string(p.Payload[len(p.Payload)-1]) }

func TestShare(t *testing.T) {
	window, made := &source{frames: make(chan grabbed)}, &coder{}
	track := NewTrack([]string{"VP9", "VP8"}, time.Now, func() uint32 { return 100 })
	var said []Status
	done := make(chan error, 1)
	go func() {
		done <- Run(t.Context(), Config{Grabber: window, Track: track, Logger: slog.New(slog.DiscardHandler), Status: func(s Status) { said = append(said, s) },
			Code: func(codec string, _ int) (Coder, error) {
				if codec != "VP8" {
					t.Error(codec)
				}
				return made, nil
			}})
	}()
	picture := capture.Frame{Pix: make([]byte, 64), Stride: 16, Size: image.Pt(4, 4)}
	window.frames <- grabbed{frame: picture} // before there is a session

	first := &wire{"a", make(chan rtp.Packet, 100)}
	if _, err := track.Bind(first); err != nil {
		t.Fatal(err)
	}
	track.Live(true)
	p := first.next(t)
	if kind(p) != "k" || p.SSRC != 1234 || p.PayloadType != 97 || !p.Marker || p.GetExtension(5) == nil {
		t.Errorf("the first is %s: %+v", kind(p), p.Header)
	}
	if p := first.next(t); kind(p) != "r" {
		t.Errorf("then %s", kind(p))
	}
	window.frames <- grabbed{frame: picture}
	if a, b := first.next(t), first.next(t); kind(a) != "p" || kind(b) != "r" || b.SequenceNumber != a.SequenceNumber+1 || b.Timestamp == a.Timestamp {
		t.Errorf("after a change %s %+v, then %s %+v", kind(a), a.Header, kind(b), b.Header)
	}
	window.frames <- grabbed{err: capture.ErrHidden}
	black := picture
	black.Black = true
	window.frames <- grabbed{frame: black}
	if a, b := first.next(t), first.next(t); kind(a) != "p" || kind(b) != "r" {
		t.Errorf("%s, %s", kind(a), kind(b))
	}

	// The session is lost: nothing is sent, what changes is taken. The next one begins with a keyframe.
	track.Live(false)
	window.frames <- grabbed{frame: picture}
	second := &wire{"b", make(chan rtp.Packet, 100)}
	if _, err := track.Bind(second); err != nil {
		t.Fatal(err)
	}
	if err := track.Unbind(first); err != nil {
		t.Fatal(err)
	}
	track.Live(true)
	if p := second.next(t); kind(p) != "k" {
		t.Errorf("the second session begins with %s", kind(p))
	}
	if len(first.packets) != 0 {
		t.Error("sent into a lost session")
	}
	window.frames <- grabbed{err: capture.ErrGone}
	if err := <-done; !errors.Is(err, capture.ErrGone) || !window.closed {
		t.Errorf("%v, closed %v", err, window.closed)
	}
	if want := []Status{{Hidden: true}, {Black: true}, {}}; !slices.Equal(said, want) {
		t.Errorf("said %v", said)
	}
}

func TestLargeFramesLeaveInRuns(t *testing.T) {
	track := NewTrack([]string{"VP8"}, time.Now, func() uint32 { return 100 })
	w := &wire{"a", make(chan rtp.Packet, 1000)}
	if _, err := track.Bind(w); err != nil {
		t.Fatal(err)
	}
	if err := track.Write(t.Context(), make([]byte, 100), 0); err != nil || len(w.packets) != 0 {
		t.Errorf("%d packets before anything gets through: %v", len(w.packets), err)
	}
	track.Live(true)
	began := time.Now()
	_, pause := track.pace()
	if err := track.Write(t.Context(), make([]byte, 100_000), time.Second); err != nil {
		t.Fatal(err)
	}
	packets, took := len(w.packets), time.Since(began)
	if packets < 80 || packets > 100 || took < 5*pause*9/10 {
		t.Errorf("%d packets in %v", packets, took)
	}
	for i := range packets {
		if p := <-w.packets; p.Marker != (i == packets-1) || p.SequenceNumber != 100+uint16(i) || p.Timestamp != 90_100 || p.MarshalSize() > 1200 {
			t.Fatalf("%d: %+v", i, p.Header)
		}
	}
}

// busy is a coder that is encoding when the share is stopped.
type busy struct {
	coder
	encoding chan struct{}
	release  chan struct{}
}

func (b *busy) Encode(time.Duration, bool) ([]byte, time.Duration, error) {
	b.encoding <- struct{}{}
	<-b.release
	return []byte{0, 'k'}, -1, nil
}

// TestStopWhileEncoding: on a moving screen that is where a stop comes.
func TestStopWhileEncoding(t *testing.T) {
	window, made := &source{frames: make(chan grabbed, 1)}, &busy{encoding: make(chan struct{}), release: make(chan struct{})}
	track := NewTrack([]string{"VP8"}, time.Now, func() uint32 { return 100 })
	w := &wire{"a", make(chan rtp.Packet, 100)}
	if _, err := track.Bind(w); err != nil {
		t.Fatal(err)
	}
	track.Live(true)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- Run(ctx, Config{Grabber: window, Track: track, Logger: slog.New(slog.DiscardHandler), Code: func(string, int) (Coder, error) { return made, nil }})
	}()
	window.frames <- grabbed{frame: capture.Frame{Pix: make([]byte, 64), Stride: 16, Size: image.Pt(4, 4)}}
	<-made.encoding
	stop()
	close(made.release)
	select {
	case err := <-done:
		if err != nil || !window.closed {
			t.Errorf("%v, closed %v", err, window.closed)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the share does not end")
	}
}

// TestAThinWay: a run that its buffer does not hold is lost.
func TestAThinWay(t *testing.T) {
	run, pause := paced(paceOver*300_000, paceThinRun)
	if bits := float64(run*8*maxPayload) / pause.Seconds(); run != 4 || bits > 800_000 {
		t.Errorf("%d packets each %v are %.0f bit/s", run, pause, bits)
	}
}

// TestAnotherCodec: what is shared does not change, and yet the new session has its picture.
func TestAnotherCodec(t *testing.T) {
	window := &source{frames: make(chan grabbed, 1)}
	track := NewTrack([]string{"VP9", "VP8"}, time.Now, func() uint32 { return 100 })
	var adopted []Coder
	s := &sharing{Config: Config{Grabber: window, Track: track, Code: func(string, int) (Coder, error) { return &adopting{all: &adopted}, nil }}}
	if err := errors.Join(s.begin(State{Codec: "VP9"}), s.begin(State{Codec: "VP8"})); err != nil || len(adopted) != 1 || s.codec != "VP8" {
		t.Errorf("%v, adopted %d, %s", err, len(adopted), s.codec)
	}
}

type adopting struct {
	coder
	all *[]Coder
}

func (a *adopting) Adopt(from Coder) error {
	*a.all = append(*a.all, from)
	return nil
}
