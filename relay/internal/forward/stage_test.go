package forward

import (
	"bytes"
	"encoding/binary"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/coopnet/coopnet/relay/internal/egress"
	"github.com/coopnet/coopnet/relay/internal/packet"
)

const (
	videoSSRC, rtxSSRC, audioSSRC = 1001, 1003, 1002
	vp8, vp8RTX, opus             = 96, 97, 111
)

// stage is the packet path without a network and with a clock that tests move. Bursts go out when a test says so.
type stage struct {
	t        testing.TB
	batch    *egress.Batch
	answers  *Answers
	counters *Counters
	clock    time.Time
}

func newStage(t testing.TB) *stage {
	t.Helper()
	socket, err := egress.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	return &stage{t: t, batch: socket.NewBatch(), answers: NewAnswers(socket.NewBatch()), counters: &Counters{}, clock: time.Unix(1_700_000_000, 0)}
}

func (s *stage) now() time.Time { return s.clock }

// publisher shares a synthetic VP8 picture.
type publisher struct {
	*Publication
	stage     *stage
	video     fanout
	audio     fanout
	mark      byte // stands in each payload
	sequence  uint16
	timestamp uint32
	id        uint16
	ticks     uint32 // of the sound
	asked     int    // keyframe requests
}

// publish begins a share whose numbers start anywhere.
func (s *stage) publish(mark byte) *publisher {
	p := &publisher{stage: s, mark: mark, sequence: 65530 + uint16(mark), timestamp: uint32(mark) << 25, id: uint16(mark) << 7}
	p.Publication = New(Config{Video: packet.VP8, Audio: packet.Opus, Keyframe: func() { p.asked++ }, Counters: s.counters, Now: s.now})
	p.video = fanout{burst: burst{track: p.Video}, sender: sender{batch: s.batch}}
	p.audio = fanout{burst: burst{track: p.Audio}, sender: sender{batch: s.batch}}
	return p
}

// payload begins with the VP8 descriptor of RFC 7741: start of a frame or not, picture id; then keyframe or not.
func (p *publisher) payload(first, keyframe bool) []byte {
	b := []byte{0x80, 0x80, byte(p.id>>8) | 0x80, byte(p.id), 1, p.mark}
	if first {
		b[0] |= 0x10
	}
	if keyframe {
		b[4] = 0
	}
	return append(b, bytes.Repeat([]byte{byte(p.sequence)}, 100)...)
}

func raw(h packet.Header, payload []byte) []byte {
	b := make([]byte, packet.HeaderSize, packet.HeaderSize+len(payload))
	h.Put(b)
	return append(b, payload...)
}

// next composes the frame's packets without writing them.
func (p *publisher) next(keyframe bool, packets int) [][]byte {
	p.timestamp += 6000
	p.id = (p.id + 1) & 0x7fff
	var frame [][]byte
	for i := range packets {
		p.sequence++
		h := packet.Header{PayloadType: 100, Sequence: p.sequence, Timestamp: p.timestamp, SSRC: 7, Marker: i == packets-1}
		frame = append(frame, raw(h, p.payload(i == 0, keyframe && i == 0)))
	}
	return frame
}

func (p *publisher) write(packets ...[]byte) {
	for _, b := range packets {
		p.Video.Write(b)
	}
}

// frame writes a frame and sends what waits.
func (p *publisher) frame(keyframe bool, packets int) {
	p.write(p.next(keyframe, packets)...)
	p.video.run()
}

// sound writes one packet of sound and sends it.
func (p *publisher) sound(sequence uint16) {
	p.ticks += 960
	p.Audio.Write(raw(packet.Header{PayloadType: 100, Sequence: sequence, Timestamp: p.ticks, SSRC: 8}, []byte{p.mark, 'o'}))
	p.audio.run()
}

// received is one packet at a viewer.
type received struct {
	packet.Header
	index     uint64 // of SRTP
	transport int    // the transport-wide sequence number; -1 where there is none
	payload   []byte
}

func (r received) id() uint16     { return binary.BigEndian.Uint16(r.payload[2:]) & 0x7fff }
func (r received) mark() byte     { return r.payload[5] }
func (r received) keyframe() bool { return r.payload[0]&0x10 != 0 && r.payload[4] == 0 }

// viewer is a subscription whose transport keeps what it is given, unencrypted.
type viewer struct {
	t testing.TB
	*Subscription
	switched bool // by another goroutine meanwhile
	moves    atomic.Uint32

	mu      sync.Mutex
	gone    bool // not connected
	packets []received
	reports []rtcp.Packet
}

// Moves implements Transport.
func (v *viewer) Moves() uint32 { return v.moves.Load() }

// Protect implements Transport. Nothing may be sent while the subscription's lock is held.
func (v *viewer) Protect(_ *egress.Batch, reserved []byte, n int, index uint64) bool {
	v.mustBeUnlocked()
	v.mu.Lock()
	defer v.mu.Unlock()
	h, payload, err := packet.Parse(bytes.Clone(reserved[:n]))
	if v.gone || err != nil {
		return false
	}
	transport := -1
	if packet.SizeOf(reserved) > packet.HeaderSize {
		transport = int(binary.BigEndian.Uint16(reserved[packet.HeaderSize+5:]))
	}
	v.packets = append(v.packets, received{h, index, transport, payload})
	return true
}

// Feedback implements Transport.
func (v *viewer) Feedback(packets []rtcp.Packet) {
	v.mustBeUnlocked()
	v.mu.Lock()
	defer v.mu.Unlock()
	v.reports = append(v.reports, packets...)
}

// says gives the viewer's RTCP to the subscription.
func (v *viewer) says(packets ...rtcp.Packet) {
	v.t.Helper()
	v.Subscription.Feedback(compound(v.t, packets...))
}

func compound(t testing.TB, packets ...rtcp.Packet) []byte {
	t.Helper()
	b, err := rtcp.Marshal(packets)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (v *viewer) mustBeUnlocked() {
	if v.switched {
		return
	}
	if !v.Subscription.mu.TryLock() {
		panic("something is sent under the subscription's lock")
	}
	v.Subscription.mu.Unlock()
}

// take returns what came since the last time.
func (v *viewer) take() []received {
	v.mu.Lock()
	defer v.mu.Unlock()
	p := v.packets
	v.packets = nil
	return p
}

// view makes a viewer that knows VP8, with RTX, and Opus.
func (s *stage) view() *viewer {
	return s.viewWith(map[packet.Codec]packet.Format{packet.VP8: {PayloadType: vp8, RTX: vp8RTX}, packet.Opus: {PayloadType: opus}})
}

func (s *stage) viewWith(formats map[packet.Codec]packet.Format) *viewer {
	return s.viewOf(SubscriptionConfig{Formats: formats, CongestionControl: CongestionControl{Video: 3, Audio: 3}})
}

// viewOf completes what a viewer negotiated.
func (s *stage) viewOf(cfg SubscriptionConfig) *viewer {
	v := &viewer{t: s.t}
	cfg.Transport, cfg.VideoSSRC, cfg.RTXSSRC, cfg.AudioSSRC = v, videoSSRC, rtxSSRC, audioSSRC
	cfg.CNAME, cfg.First, cfg.Answers, cfg.Counters, cfg.Now = "coopnet", 0x12347ffe, s.answers, s.counters, s.now
	v.Subscription = NewSubscription(cfg)
	return v
}

// wantContinuous checks that packets are one RTP stream in order: nothing in it tells that the source changed.
func wantContinuous(t testing.TB, packets []received) {
	t.Helper()
	for i, p := range packets {
		if p.SSRC != videoSSRC || p.PayloadType != vp8 || p.Sequence != uint16(p.index) {
			t.Fatalf("packet %d: %+v at %d", i, p.Header, p.index)
		}
		if i == 0 {
			continue
		}
		before, frame := packets[i-1], uint16(0)
		if p.payload[0]&0x10 != 0 {
			frame = 1
		}
		if p.index != before.index+1 || p.id() != (before.id()+frame)&0x7fff || (int32(p.Timestamp-before.Timestamp) > 0) != (frame == 1) || (frame == 0 && p.Timestamp != before.Timestamp) {
			t.Fatalf("packet %d: %+v id %d at %d after %+v id %d at %d", i, p.Header, p.id(), p.index, before.Header, before.id(), before.index)
		}
	}
}

// marks lists whose pictures came, in order, without repeats.
func marks(packets []received) string {
	var seen []byte
	for _, p := range packets {
		if len(seen) == 0 || seen[len(seen)-1] != p.mark() {
			seen = append(seen, p.mark())
		}
	}
	return string(seen)
}
