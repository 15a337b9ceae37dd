package main

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

const (
	frameSize     = 1100 // bytes of each payload of a frame
	smallest      = 500  // bytes of the smallest payload of the browser's shape
	largest       = 1150
	group         = 3 // packets of the browser's shape that leave together
	groupInterval = 5 * time.Millisecond
	clockRate     = 90000
	sentPackets   = 1 << 10 // kept for retransmission
)

// A payload is a VP8 descriptor with a picture id of 15 bits (RFC 7741 section 4.2), one byte of the VP8 header, and what
// a stamp holds.
const (
	atHeader      = 4
	atTime        = 5
	atShare       = atTime + 8
	atCount       = atShare + 4
	payloadHeader = atCount + 8
)

// stamp says of a packet what viewers want to know. RTP's numbers do not: a relay gives its own to viewers.
type stamp struct {
	sent  time.Duration
	share uint32 // which presenter; never 0
	count uint64 // packets that it has sent, this one included
}

func (s stamp) put(payload []byte) {
	binary.BigEndian.PutUint64(payload[atTime:], uint64(s.sent))
	binary.BigEndian.PutUint32(payload[atShare:], s.share)
	binary.BigEndian.PutUint64(payload[atCount:], s.count)
}

// stamped reads a payload's stamp; false when it has none.
func stamped(payload []byte) (stamp, bool) {
	if len(payload) < payloadHeader {
		return stamp{}, false
	}
	s := stamp{
		sent:  time.Duration(binary.BigEndian.Uint64(payload[atTime:])),
		share: binary.BigEndian.Uint32(payload[atShare:]), count: binary.BigEndian.Uint64(payload[atCount:]),
	}
	return s, s.share != 0
}

// presenter shares one synthetic screen. A keyframe comes first, and whenever one is asked for.
type presenter struct {
	*session
	Stream
	share    uint32 // from 1
	ssrc     uint32
	interval time.Duration // between frames
	random   *rand.Rand
	keyframe atomic.Bool
	asked    atomic.Uint64 // keyframe requests

	mu       sync.Mutex // one packet at a time is protected
	sequence uint16
	wide     uint16 // transport-wide sequence number
	count    uint64 // packets that were sent, repeated ones aside
	bytes    uint32
	sealed   []byte
	sent     [sentPackets]sentPacket
}

type sentPacket struct {
	header  rtp.Header
	payload []byte
}

func newPresenter(s *session, share uint32, stream Stream) *presenter {
	p := &presenter{
		session: s, Stream: stream, share: share, ssrc: 1000 + share, interval: time.Duration(float64(time.Second) / stream.Rate),
		random: rand.New(rand.NewPCG(uint64(share), 2)), sealed: make([]byte, 0, maxDatagram),
	}
	p.keyframe.Store(true)
	s.media, s.ticked = p.receive, func(time.Duration) {}
	return p
}

// run sends frames until ctx is done. Those whose time passed while this machine was busy are left out, as a browser
// leaves them out: sent all at once, the relay would be measured by a burst that nobody sends.
func (p *presenter) run(ctx context.Context) {
	due := p.socket.poll.now() + time.Duration(p.random.Int64N(int64(p.interval))) // rooms are not in step
	var reported time.Duration
	for n := 0; wait(ctx, due-p.socket.poll.now()); n++ {
		at := p.socket.poll.now()
		if at-reported > reportInterval {
			reported = at
			p.report(at)
		}
		if !p.frame(ctx, n, at) {
			return
		}
		due = following(due, p.interval, p.socket.poll.now())
	}
}

// following is when the next frame is due: on the beat, and not more than an interval ago.
func following(due, interval, now time.Duration) time.Duration {
	return due + max(1, (now-due)/interval)*interval
}

// wait sleeps; false when ctx is done.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (p *presenter) frame(ctx context.Context, n int, at time.Duration) bool {
	header := byte(0x01) // P=1: an interframe (RFC 7741 section 4.3)
	if p.keyframe.Swap(false) {
		header = 0
	}
	for i := range p.Packets {
		size := frameSize
		if p.Shape == Browser {
			size = smallest + p.random.IntN(largest-smallest)
			if i > 0 && i%group == 0 && !wait(ctx, groupInterval) {
				return false
			}
		}
		payload := make([]byte, size)
		payload[0], payload[1] = 0x80, 0x80 // X, I
		if i == 0 {
			payload[0] |= 0x10 // S
		}
		binary.BigEndian.PutUint16(payload[2:], uint16(n)|0x8000)
		payload[atHeader] = header
		p.sendOne(payload, uint32(at*clockRate/time.Second), i == p.Packets-1)
	}
	return true
}

// sendOne stamps a payload and sends it.
func (p *presenter) sendOne(payload []byte, timestamp uint32, marker bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count++
	stamp{sent: p.socket.poll.now(), share: p.share, count: p.count}.put(payload)
	h := rtp.Header{Version: 2, PayloadType: videoType, SequenceNumber: p.sequence, Timestamp: timestamp, SSRC: p.ssrc, Marker: marker}
	p.sent[int(p.sequence)%len(p.sent)] = sentPacket{header: h, payload: payload}
	p.sequence++
	p.bytes += uint32(len(payload))
	p.protect(h, payload)
}

// sentSoFar is how many packets were sent, repeated ones aside.
func (p *presenter) sentSoFar() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}

// protect encrypts and sends. p.mu is held.
func (p *presenter) protect(h rtp.Header, payload []byte) {
	k := p.keys.Load()
	if k == nil {
		return
	}
	if id := p.answer.sequence; id != 0 {
		if err := h.SetExtension(id, binary.BigEndian.AppendUint16(nil, p.wide)); err != nil {
			return
		}
		p.wide++
	}
	plain, err := (&rtp.Packet{Header: h, Payload: payload}).Marshal()
	if err != nil {
		return
	}
	if sealed, err := k.out.EncryptRTP(p.sealed[:0], plain, nil); err == nil {
		p.send(sealed)
	}
}

// report ties the stream's clock to the wall's (RFC 3550 section 6.4.1), from which the relay makes viewers' reports.
func (p *presenter) report(at time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	const secondsFrom1900To1970 = 2208988800
	now := time.Now()
	plain, err := rtcp.Marshal([]rtcp.Packet{&rtcp.SenderReport{
		SSRC: p.ssrc, NTPTime: uint64(now.Unix()+secondsFrom1900To1970)<<32 | uint64(now.Nanosecond())<<32/uint64(time.Second),
		RTPTime: uint32(at * clockRate / time.Second), PacketCount: uint32(p.count), OctetCount: p.bytes,
	}, rtcp.NewCNAMESourceDescription(p.ssrc, cname)})
	k := p.keys.Load()
	if err != nil || k == nil {
		return
	}
	if sealed, err := k.out.EncryptRTCP(nil, plain, nil); err == nil {
		p.send(sealed)
	}
}

// receive takes the relay's feedback on the poll's goroutine.
func (p *presenter) receive(b []byte, _ time.Duration) {
	k := p.keys.Load()
	if k == nil || len(b) < 12 || b[1] < 192 || b[1] > 223 {
		return
	}
	plain, err := k.in.DecryptRTCP(nil, b, nil)
	if err != nil {
		return
	}
	packets, err := rtcp.Unmarshal(plain)
	if err != nil {
		return
	}
	for _, packet := range packets {
		switch packet := packet.(type) {
		case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
			p.asked.Add(1)
			p.keyframe.Store(true)
		case *rtcp.TransportLayerNack:
			for _, pair := range packet.Nacks {
				pair.Range(p.again)
			}
		}
	}
}

// again repeats a packet under its own sequence number: no RTX towards the relay, as the relay wants it.
func (p *presenter) again(sequence uint16) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if kept := &p.sent[int(sequence)%len(p.sent)]; kept.payload != nil && kept.header.SequenceNumber == sequence {
		p.protect(kept.header, kept.payload)
	}
	return true
}
