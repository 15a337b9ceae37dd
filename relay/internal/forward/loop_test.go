package forward

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
)

// thinLine is a way to a viewer who reports as browsers do: what arrives each 50 ms, and what is missing each 20 ms.
type thinLine struct {
	t      *testing.T
	viewer *viewer
	rate   float64
	buffer int
	loss   float64
	random *rand.Rand

	start    time.Time
	free     time.Time // when what is in the line's queue has left it
	flying   []onWire
	recorder *twcc.Recorder
	got      map[uint16]received // by sequence number of the picture's stream
	missing  map[uint16]int      // how often it was asked for
	highest  uint16
	begun    bool
	bytes    int
}

type onWire struct {
	received
	at time.Time
}

func (s *stage) thin(v *viewer, rate float64, buffer int, loss float64) *thinLine {
	return &thinLine{
		t: s.t.(*testing.T), viewer: v, rate: rate, buffer: buffer, loss: loss, random: rand.New(rand.NewPCG(5, 6)), start: s.clock, free: s.clock,
		recorder: twcc.NewRecorder(1), got: map[uint16]received{}, missing: map[uint16]int{},
	}
}

// step carries what was sent since the last one.
func (l *thinLine) step(now time.Time) {
	for _, p := range l.viewer.take() {
		size := len(p.payload) + 12 + wireOverhead
		if l.free.Before(now) {
			l.free = now
		}
		if l.random.Float64() < l.loss || l.rate/8*l.free.Sub(now).Seconds()+float64(size) > float64(l.buffer) {
			continue
		}
		l.free = l.free.Add(time.Duration(float64(8*size) / l.rate * float64(time.Second)))
		l.flying = append(l.flying, onWire{p, l.free})
	}
	for len(l.flying) > 0 && !l.flying[0].at.After(now) {
		l.arrive(l.flying[0])
		l.flying = l.flying[1:]
	}
	if now.Sub(l.start)%(50*time.Millisecond) < paceInterval {
		if reports := l.recorder.BuildFeedbackPacket(); len(reports) > 0 {
			l.viewer.says(reports...)
		}
	}
	if now.Sub(l.start)%(100*time.Millisecond) < paceInterval {
		l.ask()
	}
}

func (l *thinLine) arrive(p onWire) {
	l.recorder.Record(p.SSRC, uint16(p.transport), p.at.Sub(l.start).Microseconds())
	l.bytes += len(p.payload) + 12 + wireOverhead
	sequence, payload := p.Sequence, p.payload
	if p.SSRC == rtxSSRC {
		sequence, payload = uint16(p.payload[0])<<8|uint16(p.payload[1]), p.payload[2:]
	}
	p.Sequence, p.payload = sequence, payload
	l.got[sequence] = p.received
	delete(l.missing, sequence)
	if !l.begun {
		l.begun, l.highest = true, sequence
	}
	for ; int16(sequence-l.highest) > 0; l.highest++ {
		if l.highest+1 != sequence {
			l.missing[l.highest+1] = 0
		}
	}
}

// ask asks for what is missing, each packet ten times at most.
func (l *thinLine) ask() {
	var pairs []rtcp.NackPair
	for sequence, times := range l.missing {
		if l.missing[sequence]++; times == 10 {
			delete(l.missing, sequence)
			continue
		}
		pairs = append(pairs, rtcp.NackPair{PacketID: sequence})
	}
	if len(pairs) > 0 {
		l.viewer.says(nack(videoSSRC, pairs...))
	}
}

// TestAThinLine closes the circle: what is sent, lost and reported decides what is sent.
func TestAThinLine(t *testing.T) {
	for _, tt := range []struct {
		name         string
		rate         float64
		buffer       int
		loss         float64
		sizes        [3]int
		first, limit time.Duration // until the first whole keyframe; what may wait later
		used         float64       // part of the rate that arrives in the long run
	}{
		// The share is 7.5 cycles a second of 3, 1, 2 and 1 packets, 440 kbit/s, and keyframes of 60 KB.
		{"300 kbit/s", 300e3, 15_000, 0, [3]int{3, 2, 1}, 5 * time.Second, 400 * time.Millisecond, 0.75},
		{"300 kbit/s with 5 % loss", 300e3, 15_000, 0.05, [3]int{3, 2, 1}, 6 * time.Second, 500 * time.Millisecond, 0.75},
		{"1 Mbit/s with a share of 2", 1e6, 50_000, 0, [3]int{12, 8, 6}, 3 * time.Second, 500 * time.Millisecond, 0.75},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t)
			p, v, other := s.layers(tt.sizes), s.view(), s.view()
			other.Switch(p.Publication)
			v.Switch(p.Publication)
			line := s.thin(v, tt.rate, tt.buffer, tt.loss)
			start, picture, longest := s.clock, time.Duration(0), time.Duration(0)
			counted, keyframes := 0, 0
			for s.clock.Sub(start) < 40*time.Second {
				packets := 0
				if p.Video.wanted.Load() {
					packets = 60
					keyframes++
				}
				p.frame(packets > 0, packets)
				for range pictureTime / paceInterval {
					p.video.drain()
					s.clock = s.clock.Add(paceInterval)
					line.step(s.clock)
				}
				if picture == 0 && line.keyframe() {
					picture = s.clock.Sub(start)
				}
				if s.clock.Sub(start) < 10*time.Second {
					counted = line.bytes
				} else if v.fitting != nil {
					longest = max(longest, v.fitting.delay())
				}
			}
			used := float64(8*(line.bytes-counted)) / 30
			t.Logf("first keyframe after %v, %d keyframes in all, %.0f kbit/s arrive, up to %v wait, %d of %d packets missing", picture, keyframes, used/1000, longest, len(line.missing), len(line.got))
			if picture == 0 || picture > tt.first {
				t.Errorf("the first keyframe took %v", picture)
			}
			if used < tt.used*tt.rate || longest > tt.limit || keyframes > 3 || len(line.missing) > 8 {
				t.Errorf("%.0f bit/s arrive, up to %v wait, %d keyframes, %d packets missing", used, longest, keyframes, len(line.missing))
			}
			wantDecodable(t, pictures(t, other.take()))
		})
	}
}

// keyframe reports whether all of a keyframe has arrived.
func (l *thinLine) keyframe() bool {
	for sequence, p := range l.got {
		if p.payload[0]&0x10 == 0 || p.payload[6] != 0 {
			continue
		}
		for next, ok := p, true; ok && next.Timestamp == p.Timestamp; next, ok = l.got[sequence] {
			if next.Marker {
				return true
			}
			sequence++
		}
	}
	return false
}
