package forward

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/coopnet/coopnet/relay/internal/packet"
)

// layers is what a browser sends in mode L1T3: layers 0 2 1 2 (RFC 7741), 30 pictures a second.
type layers struct {
	*publisher
	at    int // in the cycle
	tl0   byte
	sizes [3]int // packets in a picture of each layer
}

const (
	pictureTime = 33 * time.Millisecond
	packetBytes = 1000
)

func (p *layers) layer() byte { return []byte{0, 2, 1, 2}[p.at%4] }

// frame writes one picture; keyframes begin a cycle.
func (p *layers) frame(keyframe bool, packets int) {
	if keyframe {
		p.at = 0
	}
	layer := p.layer()
	if layer == 0 {
		p.tl0++
	}
	if packets == 0 {
		packets = p.sizes[layer]
	}
	sync := byte(0)
	if p.at%4 == 1 || p.at%4 == 2 { // need layer 0 alone
		sync = 0x20
	}
	p.timestamp += uint32(pictureTime.Milliseconds()) * 90
	p.id = (p.id + 1) & 0x7fff
	for i := range packets {
		p.sequence++
		b := []byte{0x80, 0xe0, byte(p.id>>8) | 0x80, byte(p.id), p.tl0, layer<<6 | sync, 1, p.mark, byte(p.at)}
		if i == 0 {
			b[0] |= 0x10
			if keyframe {
				b[6] = 0
			}
		}
		b = append(b, bytes.Repeat([]byte{1}, packetBytes-len(b))...)
		p.Video.Write(raw(packet.Header{Sequence: p.sequence, Timestamp: p.timestamp, Marker: i == packets-1}, b))
	}
	p.video.run()
	p.at++
}

// run shares for a while; what waits is sent in between. Each picture is handed to see.
func (p *layers) run(span time.Duration, see func()) {
	for end := p.stage.clock.Add(span); p.stage.clock.Before(end); {
		p.frame(p.Video.wanted.Load(), 0)
		for range pictureTime / paceInterval {
			p.video.drain()
			p.stage.clock = p.stage.clock.Add(paceInterval)
		}
		p.stage.clock = p.stage.clock.Add(pictureTime % paceInterval)
		if see != nil {
			see()
		}
	}
}

func (s *stage) layers(sizes [3]int) *layers {
	return &layers{publisher: s.publish('L'), sizes: sizes}
}

// limit makes the viewer's way carry so many bits per second.
func (v *viewer) limit(rate float64) {
	v.Subscription.mu.Lock()
	defer v.Subscription.mu.Unlock()
	v.fitting = &fitting{trial: firstTrial, filled: v.way.time()}
	v.fitting.begin(v.video.track, v.video.format)
	v.fitting.rate = rate
}

// picture is what a viewer got of one.
type shownPicture struct {
	id, tl0, layer, at byte
	keyframe, whole    bool
	packets            int
	timestamp          uint32
}

// pictures checks that packets are one stream without a gap, and puts them together to pictures.
func pictures(t *testing.T, packets []received) []shownPicture {
	t.Helper()
	var list []shownPicture
	for i, p := range packets {
		if i > 0 && p.index != packets[i-1].index+1 {
			t.Fatalf("packet %d goes to %d after %d", i, p.index, packets[i-1].index)
		}
		first := p.payload[0]&0x10 != 0
		if first {
			id := p.id()
			if i > 0 && id != (packets[i-1].id()+1)&0x7fff {
				t.Fatalf("packet %d: picture %d after %d", i, id, packets[i-1].id())
			}
			list = append(list, shownPicture{id: byte(id), tl0: p.payload[4], layer: p.payload[5] >> 6, at: p.payload[8], keyframe: p.payload[6] == 0, timestamp: p.Timestamp})
		}
		if len(list) == 0 || p.Timestamp != list[len(list)-1].timestamp {
			t.Fatalf("packet %d is of a picture whose beginning is missing", i)
		}
		list[len(list)-1].packets++
		list[len(list)-1].whole = p.Marker
	}
	return list
}

// wantDecodable checks that nothing is missing that a picture needs.
func wantDecodable(t *testing.T, list []shownPicture) {
	t.Helper()
	var base, middle byte // TL0PICIDX of the latest picture of layers 0 and 1
	for i, p := range list {
		ok := p.whole || i == len(list)-1
		switch {
		case i == 0 || p.keyframe:
			ok = ok && p.keyframe
			base = p.tl0
		case p.layer == 0:
			ok = ok && p.tl0 == base+1
			base = p.tl0
		case p.at%4 == 3: // needs layer 1
			ok = ok && p.tl0 == base && middle == base
		default:
			ok = ok && p.tl0 == base
		}
		if p.layer == 1 {
			middle = p.tl0
		}
		if !ok {
			t.Fatalf("picture %d of %d cannot be decoded: %+v", i, len(list), p)
		}
	}
}

func count(list []shownPicture, is func(shownPicture) bool) int {
	n := 0
	for _, p := range list {
		if is(p) {
			n++
		}
	}
	return n
}

func TestUpperLayersGiveWay(t *testing.T) {
	for _, tt := range []struct {
		name  string
		rate  float64
		least [3]int // pictures of each layer in 20 s, of 150, 150 and 300
		most  [3]int
	}{
		// 7.5 cycles a second of 4, 1, 2 and 1 packets: 500 kbit/s
		{"everything fits", 600e3, [3]int{150, 150, 300}, [3]int{152, 152, 310}},
		{"layer 2 gives way", 420e3, [3]int{150, 130, 0}, [3]int{152, 155, 250}},
		{"layer 0 alone", 270e3, [3]int{150, 0, 0}, [3]int{152, 50, 50}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t)
			p, slow, other := s.layers([3]int{4, 2, 1}), s.view(), s.view()
			slow.Switch(p.Publication)
			other.Switch(p.Publication)
			p.run(time.Second, nil)
			slow.take()
			other.take()
			p.frame(true, 0)
			slow.take()
			slow.limit(tt.rate)
			asked := s.counters.KeyframesAsked.Load()
			var longest time.Duration
			p.at = 0
			p.run(20*time.Second, func() { longest = max(longest, slow.fitting.delay()) })
			p.run(time.Second, nil) // what still waits
			got := slow.take()
			list := pictures(t, got)
			for layer := range tt.least {
				n := count(list, func(p shownPicture) bool { return int(p.layer) == layer })
				if n < tt.least[layer] || n > tt.most[layer]+10 {
					t.Errorf("%d pictures of layer %d, want %d to %d", n, layer, tt.least[layer], tt.most[layer])
				}
			}
			if sent := float64(8 * len(got) * (packetBytes + wireOverhead + 12)); sent > 1.05*21*tt.rate {
				t.Errorf("%.0f bit/s are sent", sent/21)
			}
			if longest > 400*time.Millisecond || s.counters.KeyframesAsked.Load() != asked {
				t.Errorf("up to %v wait; %d keyframes asked for", longest, s.counters.KeyframesAsked.Load()-asked)
			}
			if n := len(pictures(t, other.take())); n < 636 || n > 640 {
				t.Errorf("the other viewer got %d pictures", n)
			}
		})
	}
}

// TestWholePicturesWhereTheBaseDoesNotFit: the viewer is stopped between two pictures, and goes on at a keyframe.
func TestWholePicturesWhereTheBaseDoesNotFit(t *testing.T) {
	s := newStage(t)
	p, slow, other := s.layers([3]int{4, 2, 1}), s.view(), s.view()
	slow.Switch(p.Publication)
	other.Switch(p.Publication)
	p.frame(true, 0)
	slow.take()
	p.Video.wanted.Store(false)
	slow.limit(120e3)
	asked := s.counters.KeyframesAsked.Load()
	var longest time.Duration
	p.run(40*time.Second, func() { longest = max(longest, slow.fitting.delay()) })
	n := s.counters.KeyframesAsked.Load() - asked
	if n < 5 || n > 10 {
		t.Errorf("%d keyframes in 40 s", n)
	}
	if longest > pictureWait+time.Second {
		t.Errorf("up to %v wait", longest)
	}
	list := pictures(t, slow.take())
	if keyframes := count(list, func(p shownPicture) bool { return p.keyframe }); keyframes < int(n)-1 {
		t.Errorf("%d keyframes came, %d were asked for", keyframes, n)
	}
	list[0].keyframe = true // goes on from the one before the limit
	wantDecodable(t, list)
	wantDecodable(t, pictures(t, other.take()))
	if s.counters.Thinned.Load() == 0 {
		t.Error("nothing is counted")
	}
}

// TestPaddingBehindWhatWaits: behind each of a hundred pictures while the queue takes three seconds.
func TestPaddingBehindWhatWaits(t *testing.T) {
	s := newStage(t)
	p, slow := s.layers([3]int{1, 1, 1}), s.view()
	slow.Switch(p.Publication)
	p.frame(true, 2)
	slow.limit(240e3)
	p.frame(true, 85)
	if delay := slow.fitting.delay(); delay < 2500*time.Millisecond {
		t.Fatalf("%v wait", delay)
	}
	for range 100 {
		p.at = 0
		p.frame(false, 1)
		for range 17 {
			p.sequence++
			p.write(raw(packet.Header{Sequence: p.sequence, Timestamp: p.timestamp}, nil))
		}
		p.video.run()
		for range pictureTime / paceInterval {
			p.video.drain()
			s.clock = s.clock.Add(paceInterval)
		}
	}
	for slow.fitting.first < slow.fitting.ready {
		p.video.drain()
		s.clock = s.clock.Add(paceInterval)
	}
	if list := pictures(t, slow.take()); len(list) != 102 {
		t.Errorf("%d pictures of 102", len(list))
	}
}

// TestAQueueIsNotGivenUpForAKeyframeThatTakesLonger: on a way that other traffic has made narrow for a while.
func TestAQueueIsNotGivenUpForAKeyframeThatTakesLonger(t *testing.T) {
	s := newStage(t)
	p, slow := s.layers([3]int{1, 1, 1}), s.view()
	slow.Switch(p.Publication)
	p.frame(true, 34) // before anything shows that the way is narrow
	slow.take()
	slow.limit(100e3) // a keyframe takes 2.9 s
	asked := s.counters.KeyframesAsked.Load()
	for range 12 { // the base alone, 24 KB in all
		p.at = 0
		p.frame(false, 2)
		p.video.drain()
		s.clock = s.clock.Add(pictureTime)
	}
	if slow.fitting.holding || s.counters.KeyframesAsked.Load() != asked {
		t.Errorf("%v wait, and are given up for a keyframe of %d bytes", slow.fitting.delay(), p.Video.keyframeBytes.Load())
	}
	if delay := slow.fitting.delay(); delay < pictureWait {
		t.Errorf("only %v wait: the test shows nothing", delay)
	}
}

// TestAnotherPage: a large picture takes its time, and the pictures that build on it wait for it.
func TestAnotherPage(t *testing.T) {
	s := newStage(t)
	p, slow := s.layers([3]int{2, 1, 1}), s.view()
	slow.Switch(p.Publication)
	p.frame(true, 0)
	slow.take()
	slow.limit(300e3)
	p.run(2*time.Second, nil)
	p.at = 1
	p.frame(false, 70) // on layer 2, where it is of no use
	if delay := slow.fitting.delay(); delay > 2*layerWait {
		t.Errorf("a page on an upper layer waits: %v", delay)
	}
	p.at = 0
	start := s.clock
	p.frame(false, 70) // 70 KB: 2 s
	id := p.id
	var after time.Duration
	asked := s.counters.KeyframesAsked.Load()
	p.run(6*time.Second, func() {
		if list := slow.packets; after == 0 && list[len(list)-1].Timestamp != 0 && slow.fitting.delay() < raiseWait {
			after = s.clock.Sub(start)
		}
	})
	if s.counters.KeyframesAsked.Load() != asked || slow.fitting.holding {
		t.Error("a keyframe was needed")
	}
	if after == 0 || after > 4*time.Second {
		t.Errorf("the page took %v", after)
	}
	list := pictures(t, slow.take())
	if n := count(list, func(p shownPicture) bool { return p.packets == 70 && p.whole }); n != 1 {
		t.Errorf("the page of picture %d came %d times", id, n)
	}
	list[0].keyframe = true
	wantDecodable(t, list)
	if last := list[len(list)-1]; count(list[len(list)-40:], func(p shownPicture) bool { return p.layer == 2 }) < 15 {
		t.Errorf("the upper layers do not come back: %+v", last)
	}
}

func TestRetransmissionsCountAgainstTheRate(t *testing.T) {
	s := newStage(t)
	p, v := s.layers([3]int{4, 2, 1}), s.view()
	v.Switch(p.Publication)
	p.frame(true, 40)
	sent := v.take()
	v.limit(200e3)
	lost := nack(videoSSRC, rtcp.NackPair{PacketID: sent[10].Sequence, LostPackets: 0xffff}, rtcp.NackPair{PacketID: sent[30].Sequence, LostPackets: 7})
	v.says(lost)
	v.says(lost)
	if n := len(v.take()); n != 0 {
		t.Errorf("%d packets at once", n)
	}
	p.at = 0
	p.frame(false, 4)
	var got []received
	for range 40 {
		s.clock = s.clock.Add(paceInterval)
		p.video.drain()
		got = append(got, v.take()...)
	}
	// 200 ms at 200 kbit/s are 5,000 bytes, and the burst is within them.
	if len(got) < 4 || len(got) > 6 {
		t.Errorf("%d packets in 200 ms", len(got))
	}
	for range 300 {
		s.clock = s.clock.Add(paceInterval)
		p.video.drain()
	}
	got = append(got, v.take()...)
	if len(got) != 21+4 {
		t.Fatalf("%d packets, want 21 again and 4 new ones", len(got))
	}
	for i, r := range got {
		if again := r.SSRC == rtxSSRC; again != (i < 21) || r.transport != i+int(sent[39].transport)+1 {
			t.Errorf("packet %d: stream %d, number %d", i, r.SSRC, r.transport)
		}
	}
	if first := binary.BigEndian.Uint16(got[0].payload); first != sent[10].Sequence {
		t.Errorf("the first one again is %d", first)
	}
	v.says(lost) // long after
	for range 300 {
		s.clock = s.clock.Add(paceInterval)
		p.video.drain()
	}
	if n := len(v.take()); n != 21 {
		t.Errorf("%d packets when asked again", n)
	}
	for range 2 {
		v.says(nack(videoSSRC, one(sent[33].Sequence)))
		s.clock = s.clock.Add(10 * paceInterval)
		p.video.drain()
	}
	if n := len(v.take()); n != 1 {
		t.Errorf("a packet that is asked for again at once is sent %d times", n)
	}
}

// TestASlowViewersKeyframes: its own requests cost the others no more than what the relay asks for its sake.
func TestASlowViewersKeyframes(t *testing.T) {
	s := newStage(t)
	p, v := s.layers([3]int{1, 1, 1}), s.view()
	v.Switch(p.Publication)
	p.frame(true, 0)
	v.limit(100e3)
	before := s.counters.KeyframesAsked.Load()
	for range 100 { // for ten seconds
		v.says(&rtcp.PictureLossIndication{MediaSSRC: videoSSRC})
		s.clock = s.clock.Add(100 * time.Millisecond)
	}
	if n := s.counters.KeyframesAsked.Load() - before; n != 3 {
		t.Errorf("%d keyframes in ten seconds", n)
	}
}

func TestPacingDoesNotAllocate(t *testing.T) {
	s := newStage(t)
	p, v := s.layers([3]int{4, 2, 1}), s.view()
	v.Switch(p.Publication)
	p.frame(true, 0)
	v.limit(400e3)
	v.gone = true // what it would receive is not ours to count
	f := &p.video
	if n := testing.AllocsPerRun(200, func() {
		s.clock = s.clock.Add(paceInterval)
		p.timestamp += 450
		p.sequence++
		f.copies[0].Index = uint64(p.sequence) + 1<<16
		f.packets = f.copies[:1]
		v.plan(&f.burst)
		f.drain()
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestTimePassesInWhatIsGivenUp: a viewer's timestamps keep up with the presenter's, however much is left out.
func TestTimePassesInWhatIsGivenUp(t *testing.T) {
	s := newStage(t)
	p, slow := s.layers([3]int{4, 2, 1}), s.view()
	slow.Switch(p.Publication)
	p.frame(true, 0)
	distance := slow.take()[0].Timestamp - p.timestamp
	slow.limit(120e3)
	for range 20 {
		p.run(time.Second/2, nil)
		p.frame(true, 0) // somebody else needs one
	}
	slow.Subscription.mu.Lock()
	mapped, _ := slow.video.mapping.Timestamp(p.timestamp)
	slow.Subscription.mu.Unlock()
	if lag := time.Duration(int32(p.timestamp+distance-mapped)) * time.Second / 90_000; lag.Abs() > 200*time.Millisecond {
		t.Errorf("timestamps are %v behind", lag)
	}
}
