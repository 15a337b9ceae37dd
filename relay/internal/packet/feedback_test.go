package packet

import (
	"slices"
	"testing"

	"github.com/pion/rtcp"
)

// hostile is a valid transport-wide report of 40 bytes that claims 65,535 packets in run-length chunks.
func hostile() []byte {
	b := []byte{0x8f, 205, 0, 9, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0xff, 0xff, 0, 0, 0, 0}
	for range 9 {
		b = append(b, 0x3f, 0xff) // 001 and 8,191
	}
	return append(b, 0, 0)
}

func marshal(t testing.TB, packets ...rtcp.Packet) []byte {
	t.Helper()
	b, err := rtcp.Marshal(packets)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func everything(t testing.TB) []byte {
	t.Helper()
	b := marshal(t, &rtcp.ReceiverReport{SSRC: 1, Reports: []rtcp.ReceptionReport{{SSRC: 2}}}, rtcp.NewCNAMESourceDescription(1, "viewer"))
	b = append(b, hostile()...)
	return append(b, marshal(t,
		&rtcp.TransportLayerNack{SenderSSRC: 1, MediaSSRC: 7, Nacks: []rtcp.NackPair{{PacketID: 65534, LostPackets: 0x8005}, {PacketID: 100}}},
		&rtcp.PictureLossIndication{SenderSSRC: 1, MediaSSRC: 8},
		&rtcp.ReceiverEstimatedMaximumBitrate{SenderSSRC: 1, Bitrate: 1e6, SSRCs: []uint32{7}},
		&rtcp.FullIntraRequest{SenderSSRC: 1, FIR: []rtcp.FIREntry{{SSRC: 9}, {SSRC: 10, SequenceNumber: 3}}},
		&rtcp.Goodbye{Sources: []uint32{1}})...)
}

func all(compound []byte) []Feedback {
	var found []Feedback
	for {
		f, rest, ok := NextFeedback(compound)
		if !ok {
			return found
		}
		found, compound = append(found, f), rest
	}
}

func TestFeedbackOfACompound(t *testing.T) {
	found := all(everything(t))
	if len(found) != 5 || found[0].Kind != Report || found[1].Kind != Transport || found[2].Kind != NACK || found[3].Kind != PLI || found[4].Kind != FIR {
		t.Fatalf("found %+v", found)
	}
	found = found[2:]
	if lost := slices.Collect(found[0].Lost()); !slices.Equal(lost, []uint16{65534, 65535, 1, 14, 100}) {
		t.Errorf("lost %v", lost)
	}
	for i, ssrcs := range [][]uint32{{7}, {8}, {9, 10}} {
		for ssrc := range uint32(12) {
			if got := found[i].Names(ssrc); got != slices.Contains(ssrcs, ssrc) {
				t.Errorf("message %d names %d: %v", i, ssrc, got)
			}
		}
	}
	if lost := slices.Collect(found[1].Lost()); lost != nil {
		t.Errorf("a keyframe request lost %v", lost)
	}
}

func TestFeedbackPadding(t *testing.T) {
	nack := []byte{0xa1, 205, 0, 4, 0, 0, 0, 1, 0, 0, 0, 7, 0, 5, 0, 0, 0, 0, 0, 4}
	if f := all(nack); len(f) != 1 || !slices.Equal(slices.Collect(f[0].Lost()), []uint16{5}) {
		t.Errorf("%+v: the padding is not part of the list", f)
	}
	for _, n := range []byte{0, 1, 3, 20, 255} {
		nack[len(nack)-1] = n
		if f := all(nack); f != nil {
			t.Errorf("padding of %d bytes: %+v", n, f)
		}
	}
}

func TestFeedbackCostsNothing(t *testing.T) {
	compound, sum := everything(t), uint16(0)
	if n := testing.AllocsPerRun(100, func() {
		for b := compound; ; {
			f, rest, ok := NextFeedback(b)
			if !ok {
				return
			}
			b = rest
			for lost := range f.Lost() {
				sum += lost
			}
			for walk := f.Arrivals(); ; {
				a, ok := walk.Next()
				if !ok {
					break
				}
				sum += a.Sequence
			}
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzFeedback(f *testing.F) {
	f.Add(everything(f))
	f.Add(hostile())
	f.Add([]byte{0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2})
	f.Add([]byte{0xa1, 205, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, compound []byte) {
		found := all(compound)
		if len(found) > len(compound)/rtcpHeader {
			t.Fatalf("%d messages in %d bytes", len(found), len(compound))
		}
		lost := 0
		for _, m := range found {
			m.Names(1)
			m.Loss(1)
			for range m.Lost() {
				lost++
			}
		}
		if lost > len(compound)/4*17 {
			t.Fatalf("%d losses in %d bytes", lost, len(compound))
		}
		compare(t, compound, found)
	})
}

// compare checks a message that pion reads too. What takes pion long is left out.
func compare(t *testing.T, compound []byte, found []Feedback) {
	t.Helper()
	if len(found) != 1 || len(compound) > 256 || compound[0] != 0x81 || compound[1] != typeTransport {
		return
	}
	packets, err := rtcp.Unmarshal(compound)
	if err != nil || len(packets) != 1 {
		return
	}
	nack := packets[0].(*rtcp.TransportLayerNack)
	var want []uint16
	for _, pair := range nack.Nacks {
		want = append(want, pair.PacketID)
		for i := range uint16(16) {
			if pair.LostPackets>>i&1 != 0 {
				want = append(want, pair.PacketID+1+i)
			}
		}
	}
	if got := slices.Collect(found[0].Lost()); !slices.Equal(got, want) || !found[0].Names(nack.MediaSSRC) {
		t.Fatalf("lost %v, pion reads %v", got, want)
	}
}
