package share

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v3"
)

const (
	clockRate = 90_000
	// maxPayload leaves room in an Ethernet frame for tunnels, and for the relay's own header on the way to a viewer.
	maxPayload = 1140
	// A large frame leaves in runs, faster than the way carries on average, but not all at once.
	paceRun       = 16                     // packets
	paceThinRun   = 4                      // on a thin way, whose buffer does not hold more
	paceThin      = 1_000_000              // bits per second
	paceOver      = 2.5                    // of the limit
	paceUnlimited = 25_000_000             // bits per second, where there is no limit
	longestPace   = 250 * time.Millisecond // between two runs
)

// Track carries frames to the relay, over one session after the other: the share goes on while its sessions are lost and
// made again. It is session.Media.
type Track struct {
	codecs []string // MIME types, the best first
	random func() uint32
	now    func() time.Time
	began  time.Time

	wanted    chan struct{}  // a keyframe is wanted, or something else of State has changed
	listening sync.WaitGroup // to connections: each ends with its own

	mu       sync.Mutex
	live     bool   // media gets through
	keyframe bool   // wanted
	codec    string // MIME type, agreed with the relay; empty: no session
	bound    binding
	rate     rate
}

// binding is one session's part.
type binding struct {
	id        string
	payloader rtp.Payloader
	header    rtp.Header
	extension uint8 // of transport-wide numbers; 0: the relay wants none
	timestamp uint32
	writer    webrtc.TrackLocalWriter
}

// NewTrack makes one that offers these codecs ("VP9", "VP8"), the best first.
func NewTrack(names []string, now func() time.Time, random func() uint32) *Track {
	t := &Track{random: random, now: now, began: now(), wanted: make(chan struct{}, 1)}
	for _, name := range names {
		t.codecs = append(t.codecs, "video/"+name)
	}
	return t
}

// Codecs are those to offer.
func (t *Track) Codecs() []webrtc.RTPCodecCapability {
	var all []webrtc.RTPCodecCapability
	for _, mime := range t.codecs {
		c := webrtc.RTPCodecCapability{MimeType: mime, ClockRate: clockRate}
		if mime == webrtc.MimeTypeVP9 {
			c.SDPFmtpLine = "profile-id=0"
		}
		all = append(all, c)
	}
	return all
}

// Attach adds the track to a new connection.
func (t *Track) Attach(pc *webrtc.PeerConnection) error {
	transceiver, err := pc.AddTransceiverFromTrack(t, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		return fmt.Errorf("add the track: %w", err)
	}
	t.listening.Go(func() { t.listen(transceiver.Sender()) })
	return nil
}

// Wait returns once nothing of the connections is left; they have been closed.
func (t *Track) Wait() { t.listening.Wait() }

// ID is webrtc.TrackLocal.
func (t *Track) ID() string { return "screen" }

// RID is webrtc.TrackLocal.
func (t *Track) RID() string { return "" }

// StreamID is webrtc.TrackLocal.
func (t *Track) StreamID() string { return "share" }

// Kind is webrtc.TrackLocal.
func (t *Track) Kind() webrtc.RTPCodecType { return webrtc.RTPCodecTypeVideo }

// Bind begins a session; it takes the codec that the relay has chosen.
func (t *Track) Bind(ctx webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	for _, c := range ctx.CodecParameters() {
		payloader := payloaderFor(c.MimeType)
		if payloader == nil {
			continue
		}
		b := binding{id: ctx.ID(), payloader: payloader, writer: ctx.WriteStream(), timestamp: t.random()}
		b.header = rtp.Header{Version: 2, PayloadType: uint8(c.PayloadType), SSRC: uint32(ctx.SSRC()), SequenceNumber: uint16(t.random())}
		for _, e := range ctx.HeaderExtensions() {
			if e.URI == sdp.TransportCCURI {
				b.extension = uint8(e.ID)
			}
		}
		t.mu.Lock()
		t.bound, t.codec, t.live, t.rate = b, c.MimeType, false, rate{}
		t.mu.Unlock()
		return c, nil
	}
	return webrtc.RTPCodecParameters{}, errors.New("the relay takes no codec of ours")
}

// Unbind ends a session.
func (t *Track) Unbind(ctx webrtc.TrackLocalContext) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bound.id == ctx.ID() {
		t.bound, t.codec, t.live = binding{}, "", false
	}
	return nil
}

func payloaderFor(mime string) rtp.Payloader {
	switch {
	case strings.EqualFold(mime, webrtc.MimeTypeVP9):
		return &codecs.VP9Payloader{}
	case strings.EqualFold(mime, webrtc.MimeTypeVP8):
		return &codecs.VP8Payloader{EnablePictureID: true}
	}
	return nil
}

// Live says whether media gets through; when it begins to, whoever watches needs a keyframe.
func (t *Track) Live(live bool) {
	t.mu.Lock()
	if live && !t.live {
		t.keyframe = true
	}
	t.live = live
	t.mu.Unlock()
	t.wake()
}

// AskKeyframe makes the next frame one that a viewer can begin with.
func (t *Track) AskKeyframe() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.keyframe = true
}

func (t *Track) wake() {
	select {
	case t.wanted <- struct{}{}:
	default:
	}
}

// State is what a coder must know.
type State struct {
	Live     bool
	Codec    string  // "VP9", "VP8"; empty: no session
	Keyframe bool    // wanted
	Limit    float64 // bits per second on the wire; 0: none is known
}

// State returns the present state; the wish for a keyframe is taken with it.
func (t *Track) State() State {
	t.mu.Lock()
	defer t.mu.Unlock()
	limit, _ := t.rate.limit()
	s := State{Live: t.live, Codec: strings.TrimPrefix(t.codec, "video/"), Keyframe: t.keyframe, Limit: limit}
	t.keyframe = false
	return s
}

// Wanted has something to receive when State has something new to say that cannot wait.
func (t *Track) Wanted() <-chan struct{} { return t.wanted }

// Write sends a frame of the share's time at. Nothing is sent while nothing gets through. It takes as long as the way
// needs for a large frame, and ends early with ctx.
func (t *Track) Write(ctx context.Context, frame []byte, at time.Duration) error {
	t.mu.Lock()
	b, live := t.bound, t.live
	t.mu.Unlock()
	if !live || b.writer == nil {
		return nil
	}
	run, pause := t.pace()
	payloads := b.payloader.Payload(maxPayload, frame)
	for i, payload := range payloads {
		if i > 0 && i%run == 0 {
			select {
			case <-time.After(pause):
			case <-ctx.Done():
				return nil
			}
		}
		header, ok := t.next(b.id, len(payload), at, i == len(payloads)-1)
		if !ok {
			return nil // the session has ended meanwhile
		}
		if _, err := b.writer.WriteRTP(&header, payload); err != nil && !errors.Is(err, io.ErrClosedPipe) {
			return fmt.Errorf("send the share: %w", err)
		}
	}
	return nil
}

// next makes the next packet's header.
func (t *Track) next(id string, size int, at time.Duration, last bool) (rtp.Header, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := &t.bound
	if b.id != id {
		return rtp.Header{}, false
	}
	h := b.header
	b.header.SequenceNumber++
	h.Timestamp = b.timestamp + uint32(int64(at/time.Microsecond)*9/100) // 90 kHz
	h.Marker = last
	if b.extension != 0 {
		n := t.rate.sending(h.MarshalSize()+8+size, t.now().Sub(t.began))
		extension, _ := rtp.TransportCCExtension{TransportSequence: n}.Marshal() // cannot fail
		if err := h.SetExtension(b.extension, extension); err != nil {
			return rtp.Header{}, false
		}
	}
	return h, true
}

// pace is how many packets leave at once, and the pause after them.
func (t *Track) pace() (run int, pause time.Duration) {
	t.mu.Lock()
	limit, limited := t.rate.limit()
	t.mu.Unlock()
	if !limited {
		return paced(paceUnlimited, paceRun)
	}
	if limit < paceThin {
		return paced(paceOver*limit, paceThinRun)
	}
	return paced(paceOver*limit, paceRun)
}

func paced(bits float64, run int) (int, time.Duration) {
	return run, min(time.Duration(float64(run*8*(maxPayload+wireOverhead))/bits*float64(time.Second)), longestPace)
}

// listen reads what the relay says of the share until the session ends.
func (t *Track) listen(sender *webrtc.RTPSender) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			switch p := p.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				t.AskKeyframe()
				t.wake()
			case *rtcp.TransportLayerCC:
				t.mu.Lock()
				t.rate.reported(p, t.now().Sub(t.began))
				t.mu.Unlock()
			}
		}
	}
}
