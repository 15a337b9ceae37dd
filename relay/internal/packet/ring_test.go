package packet

import (
	"bytes"
	"encoding/binary"
	"sync"
	"testing"
)

func TestRing(t *testing.T) {
	r := NewRing(2) // four packets
	put := func(index uint64, text string) bool {
		return r.Put(index, Header{Timestamp: uint32(index)}, []byte(text), Descriptor{})
	}
	var p Packet
	has := func(index uint64, text string) bool {
		return r.Read(index, &p) && p.Index == index && p.Timestamp == uint32(index) && string(p.Payload()) == text
	}
	if r.Size() != 4 || r.Read(0, &p) || r.Read(8, &p) {
		t.Error("a new ring holds something")
	}
	if !put(8, "first") || !has(8, "first") {
		t.Error("what was stored is not there")
	}
	if put(8, "again") || !has(8, "first") {
		t.Error("a duplicate was stored")
	}
	if put(4, "too old") || !has(8, "first") || r.Read(4, &p) {
		t.Error("a packet older than the ring was stored")
	}
	if !put(10, "ten") || !put(9, "late") || !has(9, "late") || !has(10, "ten") {
		t.Error("a late packet was not stored")
	}
	if !put(12, "twelve") || !has(12, "twelve") || r.Read(8, &p) {
		t.Error("an overwritten packet is still there")
	}
	if r.Put(13, Header{}, make([]byte, MaxSize), Descriptor{}) || !has(9, "late") {
		t.Error("a packet that is too large displaced another")
	}
	if !put(0x10000_0000, "far ahead") || !has(0x10000_0000, "far ahead") || r.Read(12, &p) {
		t.Error("a jump ahead was not stored")
	}
	if !put(13, "") || !has(13, "") {
		t.Error("an empty payload was not stored")
	}
}

// TestRingUnderConcurrentReaders is for the race detector: no reader may see half of one packet and half of another.
func TestRingUnderConcurrentReaders(t *testing.T) {
	r := NewRing(4)
	const packets = 20000
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 3 {
		readers.Go(func() {
			var p Packet
			for index := uint64(0); ; index++ {
				select {
				case <-done:
					return
				default:
				}
				if r.Read(index%packets, &p) && !intact(&p, index%packets) {
					t.Errorf("packet %d is torn: %d %d", index%packets, p.Index, p.Timestamp)
					return
				}
			}
		})
	}
	for index := range uint64(packets) {
		if !r.Put(index, Header{Timestamp: uint32(index)}, body(index), Descriptor{}) {
			t.Fatalf("packet %d refused", index)
		}
	}
	close(done)
	readers.Wait()
}

// body is a payload whose size and content name the packet.
func body(index uint64) []byte {
	return bytes.Repeat(binary.BigEndian.AppendUint64(nil, index), 1+int(index%100))
}

func intact(p *Packet, index uint64) bool {
	return p.Index == index && p.Timestamp == uint32(index) && bytes.Equal(p.Payload(), body(index))
}

func BenchmarkWrite(b *testing.B) {
	p := &Packet{}
	payload := append([]byte{0x90, 0x80, 0x81, 0x02, 0}, make([]byte, 1100)...)
	p.Fill(1, Header{}, payload, Describe(VP8, payload))
	m := NewMapping(1, 1)
	m.Begin(p, 0)
	var out [MaxSize]byte
	b.ReportAllocs()
	for b.Loop() {
		place, _ := m.Map(p)
		Write(out[:], Header{PayloadType: 96, SSRC: 1}, place, p)
	}
}
