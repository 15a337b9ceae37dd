package packet

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
)

// stored makes a VP8 packet as the ring holds it; wide chooses a picture id of 15 bits. It carries a TL0PICIDX.
func stored(t testing.TB, index uint64, timestamp uint32, id uint16, wide bool, tl0 uint8) *Packet {
	t.Helper()
	payload := []byte{0x90, 0xc0, byte(id & 0x7f), tl0, 0, 'x'}
	if wide {
		payload = []byte{0x90, 0xc0, byte(id>>8) | 0x80, byte(id), tl0, 0, 'x'}
	}
	p := &Packet{}
	if !p.Fill(index, Header{Timestamp: timestamp, Marker: index%3 == 0}, payload, Describe(VP8, payload)) {
		t.Fatal("the packet does not fit")
	}
	return p
}

// sent is what a viewer reads.
type sent struct {
	Header
	id  uint16
	tl0 uint8
}

// send maps a packet, composes it and reads it as the viewer would.
func send(t testing.TB, m *Mapping, p *Packet) (sent, Place, bool) {
	t.Helper()
	place, ok := m.Map(p)
	if !ok {
		return sent{}, place, false
	}
	return read(t, place, p), place, true
}

func read(t testing.TB, place Place, p *Packet) sent {
	t.Helper()
	var b [MaxSize]byte
	n := Write(b[:], Header{PayloadType: 96, SSRC: 7}, place, p)
	h, payload, err := Parse(b[:n])
	if err != nil {
		t.Fatal(err)
	}
	if h.Sequence != uint16(place.Index) || h.Timestamp != place.Timestamp || h.Marker != p.Marker || h.PayloadType != 96 || h.SSRC != 7 {
		t.Fatalf("composed %+v at %+v", h, place)
	}
	d := Describe(VP8, payload)
	return sent{h, d.PictureID, d.TL0}
}

func TestMappingIsContinuousOverASwitch(t *testing.T) {
	m := NewMapping(100, 5000)
	if m.Active() {
		t.Error("active before the first epoch")
	}
	a := stored(t, 70000, 1_000_000, 42, true, 250)
	if _, ok := m.Map(a); ok {
		t.Error("mapped before the first epoch")
	}
	m.Begin(a, 0)
	first, _, ok := send(t, &m, a)
	if !ok || first.Sequence != 101 || first.Timestamp != 5000 || first.id != 42 || first.tl0 != 250 {
		t.Errorf("first packet %+v", first)
	}
	second, _, _ := send(t, &m, stored(t, 70001, 1_003_000, 43, true, 251))
	if second.Sequence != 102 || second.Timestamp != 8000 || second.id != 43 || second.tl0 != 251 {
		t.Errorf("second packet %+v", second)
	}
	b := stored(t, 9, 77, 3, true, 9)
	m.Begin(b, 90)
	third, _, _ := send(t, &m, b)
	if third.Sequence != 103 || third.Timestamp != 8090 || third.id != 44 || third.tl0 != 252 {
		t.Errorf("first packet after the switch %+v", third)
	}
	m.Begin(a, 0)
	if fourth, _, _ := send(t, &m, a); fourth.Timestamp != 8091 {
		t.Errorf("a switch without delay repeats the timestamp: %+v", fourth)
	}
}

func TestMappingWraps(t *testing.T) {
	m := NewMapping(0x7fff, 0xffff_fff0)
	m.Begin(stored(t, 0x1fffe, 0xffff_fff0, 0x7fff, true, 255), 0)
	var got []sent
	for i := range uint64(4) {
		s, _, ok := send(t, &m, stored(t, 0x1fffe+i, 0xffff_fff0+uint32(i)*16, uint16(0x7ffe+i)&0x7fff, true, uint8(254+i)))
		if !ok {
			t.Fatal("refused")
		}
		got = append(got, s)
	}
	for i, want := range []sent{
		{Header{Sequence: 0x8000, Timestamp: 0xffff_fff0}, 0x7ffe, 254}, {Header{Sequence: 0x8001, Timestamp: 0}, 0x7fff, 255},
		{Header{Sequence: 0x8002, Timestamp: 16}, 0, 0}, {Header{Sequence: 0x8003, Timestamp: 32}, 1, 1},
	} {
		if g := got[i]; g.Sequence != want.Sequence || g.Timestamp != want.Timestamp || g.id != want.id || g.tl0 != want.tl0 {
			t.Errorf("packet %d: %+v, want %+v", i, g, want)
		}
	}
}

func TestMappingOverTheRolloverOfTheViewersSequence(t *testing.T) {
	m := NewMapping(0x7fff, 0)
	p := stored(t, 1000, 0, 0, true, 0)
	m.Begin(p, 0)
	last, _ := m.Map(p)
	for i := uint64(1); i < 0x18000; i++ {
		p := Packet{Index: 1000 + i}
		place, ok := m.Map(&p)
		if !ok || place.Index != last.Index+1 {
			t.Fatalf("packet %d goes to %d after %d", i, place.Index, last.Index)
		}
		if source, ok := m.Source(uint16(place.Index)); !ok || source != p.Index {
			t.Fatalf("source of %d is %d %v, want %d", place.Index, source, ok, p.Index)
		}
		last = place
	}
	if last.Index>>16 != 1 {
		t.Errorf("no rollover: %#x", last.Index)
	}
}

func TestMappingReordersAtAnEpochsStart(t *testing.T) {
	m := NewMapping(100, 0)
	m.Begin(stored(t, 50, 0, 0, true, 0), 0)
	m.Map(stored(t, 50, 0, 0, true, 0))
	m.Begin(stored(t, 2000, 0, 0, true, 0), 90)
	for _, tt := range []struct {
		index    uint64
		sequence uint16
		ok       bool
	}{
		{2002, 104, true}, {2000, 102, true}, {2001, 103, true}, // the first packet itself comes late
		{1999, 0, false}, {50, 0, false}, {51, 0, false}, // what belongs before the switch
		{2001, 103, true}, // the same place again
	} {
		place, ok := m.Map(stored(t, tt.index, 0, 0, true, 0))
		if ok != tt.ok || ok && uint16(place.Index) != tt.sequence {
			t.Errorf("packet %d: %+v %v, want %d %v", tt.index, place, ok, tt.sequence, tt.ok)
		}
	}
	for sequence, want := range map[uint16]uint64{102: 2000, 103: 2001, 104: 2002, 101: 0, 100: 0, 105: 0} {
		if source, ok := m.Source(sequence); ok != (want != 0) || source != want {
			t.Errorf("source of %d: %d %v, want %d", sequence, source, ok, want)
		}
	}
	m.End()
	if _, ok := m.Source(102); ok {
		t.Error("an ended epoch has a source")
	}
	if _, ok := m.Map(stored(t, 2003, 0, 0, true, 0)); ok {
		t.Error("an ended epoch maps")
	}
	if _, ok := m.Timestamp(5); ok {
		t.Error("an ended epoch has timestamps")
	}
}

func TestMappingKeepsPictureIDsOverAPublicationWithoutThem(t *testing.T) {
	m := NewMapping(0, 0)
	with := func(index uint64, id uint16) *Packet { return stored(t, index, 0, id, true, uint8(id)) }
	without := &Packet{Index: 500}
	m.Begin(with(1, 300), 0)
	send(t, &m, with(1, 300))
	m.Map(&Packet{Index: 2}) // padding only: it has no descriptor
	m.Begin(without, 1)
	m.Map(without)
	m.Begin(with(9000, 20), 1)
	if s, _, _ := send(t, &m, with(9000, 20)); s.id != 301 || s.tl0 != uint8(300%256+1) {
		t.Errorf("picture id %d, TL0 %d after 300 and %d", s.id, s.tl0, uint8(300%256))
	}
}

func TestWriteRTX(t *testing.T) {
	m := NewMapping(200, 0)
	m.Begin(stored(t, 1, 0, 5, true, 5), 0)
	m.Map(stored(t, 1, 0, 5, true, 5))
	p := stored(t, 3000, 90, 77, true, 1)
	m.Begin(p, 3)
	place, _ := m.Map(p)
	var original, repeated [1500]byte
	n := Write(original[:], Header{PayloadType: 96, SSRC: 7}, place, p)
	k := WriteRTX(repeated[:], Header{PayloadType: 97, SSRC: 8, Extension: 3}, 0x12345, m.Again(p), p)
	h, payload, err := Parse(repeated[:k])
	if err != nil || h.Sequence != 0x2345 || h.PayloadType != 97 || h.SSRC != 8 || h.Timestamp != place.Timestamp || h.Marker != p.Marker {
		t.Fatalf("%+v %v", h, err)
	}
	if osn := binary.BigEndian.Uint16(payload); osn != uint16(place.Index) { // RFC 4588 section 4
		t.Errorf("original sequence number %d, want %d", osn, uint16(place.Index))
	}
	if !bytes.Equal(payload[2:], original[HeaderSize:n]) {
		t.Errorf("payload %x, want %x", payload[2:], original[HeaderSize:n])
	}
}

func TestTheLargestPacketFits(t *testing.T) {
	p := &Packet{}
	if !p.Fill(1, Header{}, make([]byte, MaxSize-HeaderSize), Descriptor{}) {
		t.Fatal("refused")
	}
	if p.Fill(1, Header{}, make([]byte, MaxSize-HeaderSize+1), Descriptor{}) {
		t.Error("a larger one is accepted")
	}
	var b [1500]byte
	if n := WriteRTX(b[:], Header{Extension: 3}, 1, Place{}, p); n != MaxSize+extensionSize+2 {
		t.Errorf("%d bytes, want %d", n, MaxSize+extensionSize+2)
	}
}

// FuzzMapping lets publications, losses, late packets and switches come in any order, beside a plain model of what the
// viewer must see.
func FuzzMapping(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0x81, 1, 0x41, 0, 0xc3, 0, 0, 0x42, 1, 2, 3}, uint16(0x7fff), uint32(0xffff_ff00), uint16(0xfff0))
	f.Add([]byte{0xc0, 0, 0x41, 0, 0x43, 0xc1, 0x7f, 0x7f, 0x80, 0, 0xff, 0}, uint16(0), uint32(0), uint16(0))
	f.Add(bytes.Repeat([]byte{0x3f, 0x3f, 0xc7}, 200), uint16(0x7000), uint32(1), uint16(0x7fff))
	f.Fuzz(func(t *testing.T, steps []byte, first uint16, timestamp uint32, id uint16) {
		v := &model{t: t, mapping: NewMapping(first, timestamp), highest: uint64(first & 0x7fff), latest: latest{last: timestamp}, places: map[uint64]uint64{}}
		v.begin(uint64(id), timestamp*3, id, true, 0)
		for _, step := range steps {
			n := step & 0x3f
			switch step >> 6 {
			case 0: // packets go on, some lost, some left out
				if n&0x30 == 0x30 {
					v.skip(v.newest + uint64(n%4) + 1)
					continue
				}
				v.packet(v.newest+uint64(n%8)+1, v.stamp+uint32(n))
			case 1: // a late or repeated one
				v.packet(v.newest-min(uint64(n), v.newest), v.stamp-uint32(n))
			case 2: // the picture stops
				v.mapping.End()
				v.active = false
				v.packet(v.newest+1, v.stamp)
			case 3: // another publication, whose numbers are anywhere
				v.begin(uint64(n)<<12|uint64(id), uint32(n)<<26, uint16(n)<<9, n&1 == 0, uint32(n>>1))
			}
		}
	})
}

// model is a viewer's stream in the plainest words.
type model struct {
	t       *testing.T
	mapping Mapping
	active  bool
	wide    bool

	first, newest uint64 // the publication's indices
	stamp         uint32
	id            uint16 // of the publication's newest packet

	highest  uint64 // the viewer's
	outFirst uint64
	latest
	started bool
	places  map[uint64]uint64 // where the packets of this epoch went
	left    []uint64          // packets of this epoch that were left out, in order
}

// latest is what the viewer saw last.
type latest struct {
	last     uint32
	lastSeen sent
	lastWide bool
}

// skip leaves a packet out, of a picture of its own.
func (v *model) skip(index uint64) {
	v.mapping.Skip(index, true)
	if v.active {
		v.left = append(v.left, index)
	}
	v.id += uint16(index - v.newest)
	v.newest = index
}

// leftBefore counts what was left out before a packet; false for one that was, or that is older than the known gaps.
func (v *model) leftBefore(index uint64) (uint64, bool) {
	gaps, oldest := 0, len(v.left)
	for i := len(v.left) - 1; i >= 0 && gaps < maxGaps; i-- {
		if oldest = i; i == 0 || v.left[i-1]+1 != v.left[i] {
			gaps++
		}
	}
	n, found := slices.BinarySearch(v.left, index)
	if oldest > 0 && index < v.left[oldest] {
		return 0, false
	}
	return uint64(n), !found
}

func (v *model) begin(index uint64, stamp uint32, id uint16, wide bool, elapsed uint32) {
	p := stored(v.t, index, stamp, id, wide, uint8(id))
	v.mapping.Begin(p, elapsed)
	v.first, v.newest, v.stamp, v.id, v.wide, v.active = index, index, stamp, p.Descriptor.PictureID, wide, true
	v.outFirst = v.highest + 1
	clear(v.places)
	v.left = v.left[:0]
	got, place, ok := send(v.t, &v.mapping, p)
	if !ok || place.Index != v.outFirst {
		v.t.Fatalf("the epoch begins at %d %v, want %d", place.Index, ok, v.outFirst)
	}
	if v.started {
		mask := uint16(0x7f)
		if wide && v.lastWide {
			mask = 0x7fff
		}
		if got.Timestamp != v.last+max(elapsed, 1) || got.tl0 != v.lastSeen.tl0+1 || (got.id^(v.lastSeen.id+1))&mask != 0 {
			v.t.Fatalf("the switch from %+v to %+v after %d ticks is seen", v.lastSeen, got, elapsed)
		}
	}
	v.started = true
	v.saw(index, place, got)
}

func (v *model) packet(index uint64, stamp uint32) {
	p := stored(v.t, index, stamp, v.id+uint16(index-v.newest), v.wide, uint8(index))
	got, place, ok := send(v.t, &v.mapping, p)
	left, known := v.leftBefore(index)
	if want := v.active && index >= v.first && known; ok != want {
		v.t.Fatalf("packet %d of an epoch from %d without %v is mapped: %v", index, v.first, v.left, ok)
	}
	if ok {
		if place.Index-v.outFirst != index-v.first-left {
			v.t.Fatalf("packet %d goes to %d; the epoch is from %d to %d without %v", index, place.Index, v.first, v.outFirst, v.left)
		}
		v.saw(index, place, got)
	}
	if index > v.newest {
		v.newest, v.stamp, v.id = index, stamp, p.Descriptor.PictureID
	}
}

// saw checks that Source is the inverse of Map and knows nothing else.
func (v *model) saw(index uint64, place Place, got sent) {
	v.places[place.Index] = index
	if again := read(v.t, v.mapping.Again(stored(v.t, index, got.Timestamp, v.id, v.wide, 0)), stored(v.t, index, 0, v.id, v.wide, 0)); again.Sequence != got.Sequence {
		v.t.Fatalf("repeated at %d, sent at %d", again.Sequence, got.Sequence)
	}
	if place.Index > v.highest {
		v.highest, v.last, v.lastSeen, v.lastWide = place.Index, got.Timestamp, got, v.wide
	}
	for _, out := range []uint64{place.Index, v.highest, v.outFirst, v.outFirst - 1, v.highest + 1} {
		source, ok := v.mapping.Source(uint16(out))
		inside := out >= v.outFirst && out <= v.highest && v.highest-out < 0x8000
		if ok && !inside || !ok && inside && len(v.left) <= maxGaps {
			v.t.Fatalf("source of %d is %d %v; the epoch is from %d to %d, at %d", out, source, ok, v.first, v.outFirst, v.highest)
		}
		if left, known := v.leftBefore(source); ok && (!known || source-v.first-left != out-v.outFirst) {
			v.t.Fatalf("source of %d is %d; the epoch is from %d to %d without %v", out, source, v.first, v.outFirst, v.left)
		}
		if want, known := v.places[out]; known && ok && source != want {
			v.t.Fatalf("source of %d is %d, %d was sent there", out, source, want)
		}
	}
}
