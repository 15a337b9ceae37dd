package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

const (
	reportInterval     = time.Second
	congestionInterval = 100 * time.Millisecond
	sampleEvery        = 8 // frames, of which one is decrypted
	cname              = "load"
)

// viewer watches one share. All but its join happens on the poll's goroutine.
type viewer struct {
	*session
	ssrc     uint32 // of its reports
	video    track
	share    share
	loss     float64
	random   *rand.Rand
	frames   int
	delays   *delays
	firstAt  chan time.Duration // when the first packet came
	plain    [maxDatagram]byte
	broken   uint64 // sampled packets that could not be decrypted, or have no stamp
	fault    error  // of the first of these
	strange  uint64 // packets that the relay's answer did not announce
	reported report
	feedback congestion
}

// share ties a share's own count of packets to the numbers in the viewer's stream.
type share struct {
	latest  stamp // 0 until one was read
	index   uint64
	skipped uint64 // packets that the relay left out without leaving a gap in its numbers
}

// learn takes the stamp of the packet with this number.
func (s *share) learn(from stamp, index uint64) {
	if from.share == s.latest.share {
		if index <= s.index {
			return // late
		}
		if sent, numbered := from.count-s.latest.count, index-s.index; from.count > s.latest.count && sent > numbered {
			s.skipped += sent - numbered
		}
	}
	s.latest, s.index = from, index
}

// unheard is how many packets of the share are beyond the viewer's newest one, when it has sent so many.
func (s *share) unheard(sent, highest uint64) uint64 {
	if s.latest.share == 0 {
		return sent
	}
	heard := s.latest.count + highest - s.index
	return max(sent, heard) - heard
}

// missed is how many packets of the share p are beyond the viewer's newest one, when that may be another share's.
func (s *share) missed(p *presenter, highest uint64) uint64 {
	if s.latest.share != p.share {
		return p.sentSoFar()
	}
	return s.unheard(p.sentSoFar(), highest)
}

// report is what receiver reports need between two of them.
type report struct {
	next          time.Duration
	expected, got uint64
	senderReport  uint32 // middle 32 bits of the latest one's NTP time
	senderAt      time.Duration
}

// congestion is transport-wide feedback; recorder is nil until such a sequence number came.
type congestion struct {
	recorder *twcc.Recorder
	next     time.Duration
}

func newViewer(s *session, n int, loss float64, d *delays) *viewer {
	v := &viewer{session: s, ssrc: uint32(n) + 1, loss: loss, random: rand.New(rand.NewPCG(uint64(n), 1)), delays: d, firstAt: make(chan time.Duration, 1)}
	// Viewers' timers are spread evenly.
	v.reported.next = time.Duration(v.random.Int64N(int64(reportInterval)))
	v.frames = v.random.IntN(sampleEvery)
	s.media, s.ticked = v.receive, v.tick
	return v
}

func (v *viewer) receive(b []byte, at time.Duration) {
	if len(b) < 12 {
		return
	}
	if b[1] >= 192 && b[1] <= 223 { // RFC 5761 section 4
		if v.expects(b[4:]) {
			v.control(b, at)
		}
		return
	}
	if !v.expects(b[8:]) {
		return
	}
	if v.loss > 0 && v.random.Float64() < v.loss {
		return
	}
	v.congestion(b, at)
	switch b[1] & 0x7f {
	case rtxType:
		v.retransmitted(b, at)
	case videoType:
		if !v.video.started {
			v.video.ssrc = binary.BigEndian.Uint32(b[8:])
			v.firstAt <- at
		}
		if index, fresh := v.video.add(binary.BigEndian.Uint16(b[2:]), at); fresh && v.samples(b) {
			if payload, ok := v.decrypt(b); ok {
				v.sample(b, payload, index, at)
			}
		}
	}
}

// expects reports whether the answer announced the packet's SSRC.
func (v *viewer) expects(ssrc []byte) bool {
	if !v.answer.announces(binary.BigEndian.Uint32(ssrc)) {
		v.strange++
		return false
	}
	return true
}

// spoilt notes a sampled packet that is not what was sent.
func (v *viewer) spoilt(b []byte, what error) {
	v.broken++
	if v.fault == nil {
		v.fault = fmt.Errorf("viewer %d: type %d, SSRC %x, number %d, %d bytes, after %d packets, %d recovered: %w",
			v.ssrc-1, b[1], binary.BigEndian.Uint32(b[8:]), binary.BigEndian.Uint16(b[2:]), len(b), v.video.got, v.video.recovered, what)
	}
}

// samples decides whether a packet is decrypted: the last one of some frames, and whichever can be the first.
func (v *viewer) samples(b []byte) bool {
	due := v.share.latest.share == 0
	if b[1]&0x80 != 0 {
		v.frames++
		due = due || v.frames%sampleEvery == 0
	}
	return due
}

// decrypt returns the payload; false while there are no keys, or when the packet is not what its tag says.
func (v *viewer) decrypt(b []byte) ([]byte, bool) {
	k := v.keys.Load()
	if k == nil {
		return nil, false
	}
	var h rtp.Header
	plain, err := k.in.DecryptRTP(v.plain[:0], b, &h)
	if err != nil {
		v.spoilt(b, err)
		return nil, false
	}
	n, err := h.Unmarshal(plain)
	if err != nil {
		v.spoilt(b, err)
		return nil, false
	}
	return plain[n:], true
}

// sample reads the packet's stamp, and how long a frame's last packet was under way.
func (v *viewer) sample(b, payload []byte, index uint64, at time.Duration) {
	stamp, ok := stamped(payload)
	if !ok {
		v.spoilt(b, errors.New("no presenter's payload"))
		return
	}
	v.share.learn(stamp, index)
	if b[1]&0x80 != 0 {
		v.delays.add(at - stamp.sent)
	}
}

// retransmitted takes a packet that was asked for (RFC 4588 section 4): the payload begins with its sequence number. That
// a frame had to wait for it belongs to the frame's latency.
func (v *viewer) retransmitted(b []byte, at time.Duration) {
	payload, ok := v.decrypt(b)
	if !ok || len(payload) < 2 || !v.video.started {
		return
	}
	index, fresh := v.video.add(binary.BigEndian.Uint16(payload), at)
	if !fresh {
		return
	}
	v.video.recovered++
	if v.samples(b) {
		v.sample(b, payload[2:], index, at)
	}
}

// congestion notes the packet's transport-wide sequence number, a one-byte extension (RFC 8285 section 4.2).
func (v *viewer) congestion(b []byte, at time.Duration) {
	id := v.answer.sequence
	if id == 0 || b[0]&0x10 == 0 {
		return
	}
	rest := b[min(12+4*int(b[0]&0x0f), len(b)):]
	if len(rest) < 4 || binary.BigEndian.Uint16(rest) != 0xBEDE {
		return
	}
	size := 4 * int(binary.BigEndian.Uint16(rest[2:]))
	if rest = rest[4:]; len(rest) < size {
		return
	}
	for rest = rest[:size]; len(rest) > 0; {
		if rest[0] == 0 { // padding
			rest = rest[1:]
			continue
		}
		width := int(rest[0]&0x0f) + 1
		if len(rest) < 1+width {
			return
		}
		if rest[0]>>4 == id && width >= 2 {
			if v.feedback.recorder == nil {
				v.feedback.recorder = twcc.NewRecorder(v.ssrc)
			}
			v.feedback.recorder.Record(binary.BigEndian.Uint32(b[8:]), binary.BigEndian.Uint16(rest[1:]), at.Microseconds())
			return
		}
		rest = rest[1+width:]
	}
}

// control reads sender reports; the next receiver report answers the latest one.
func (v *viewer) control(b []byte, at time.Duration) {
	k := v.keys.Load()
	if k == nil {
		return
	}
	plain, err := k.in.DecryptRTCP(v.plain[:0], b, nil)
	if err != nil {
		v.spoilt(b, err)
		return
	}
	packets, err := rtcp.Unmarshal(plain)
	if err != nil {
		return
	}
	for _, p := range packets {
		if sr, ok := p.(*rtcp.SenderReport); ok && sr.SSRC == v.video.ssrc {
			v.reported.senderReport, v.reported.senderAt = uint32(sr.NTPTime>>16), at
		}
	}
}

// tick sends what is due: NACKs, receiver reports, transport-wide feedback.
func (v *viewer) tick(at time.Duration) {
	if !v.video.started {
		return
	}
	if missing := v.video.due(at); len(missing) > 0 {
		v.sendControl(nack(v.ssrc, v.video.ssrc, missing))
	}
	if at >= v.reported.next {
		v.reported.next = at + reportInterval
		v.sendControl(v.receiverReport(at), rtcp.NewCNAMESourceDescription(v.ssrc, cname))
	}
	if v.feedback.recorder != nil && at >= v.feedback.next {
		v.feedback.next = at + congestionInterval
		for _, p := range v.feedback.recorder.BuildFeedbackPacket() {
			v.sendControl(p)
		}
	}
}

func (v *viewer) sendControl(packets ...rtcp.Packet) {
	k := v.keys.Load()
	plain, err := rtcp.Marshal(packets)
	if k == nil || err != nil {
		return
	}
	if sealed, err := k.out.EncryptRTCP(nil, plain, nil); err == nil {
		v.send(sealed)
	}
}

// receiverReport follows RFC 3550 section 6.4.2.
func (v *viewer) receiverReport(at time.Duration) *rtcp.ReceiverReport {
	r := &v.reported
	expected, got := v.video.expected()-r.expected, v.video.got-r.got
	r.expected, r.got = v.video.expected(), v.video.got
	block := rtcp.ReceptionReport{
		SSRC: v.video.ssrc, TotalLost: uint32(v.video.lost()), LastSequenceNumber: uint32(v.video.highest - 1<<16), LastSenderReport: r.senderReport,
	}
	if expected > got {
		block.FractionLost = uint8((expected - got) * 256 / expected)
	}
	if r.senderReport != 0 {
		block.Delay = uint32((at - r.senderAt) * 65536 / time.Second)
	}
	return &rtcp.ReceiverReport{SSRC: v.ssrc, Reports: []rtcp.ReceptionReport{block}}
}
