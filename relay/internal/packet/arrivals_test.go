package packet

import (
	"slices"
	"testing"

	"github.com/pion/rtcp"
)

func arrivals(f Feedback) []Arrival {
	var list []Arrival
	for a := f.Arrivals(); ; {
		arrival, ok := a.Next()
		if !ok {
			return list
		}
		list = append(list, arrival)
	}
}

func TestArrivals(t *testing.T) {
	const small, large, lost = rtcp.TypeTCCPacketReceivedSmallDelta, rtcp.TypeTCCPacketReceivedLargeDelta, rtcp.TypeTCCPacketNotReceived
	report := &rtcp.TransportLayerCC{
		Header:             rtcp.Header{Count: rtcp.FormatTCC, Type: rtcp.TypeTransportSpecificFeedback},
		BaseSequenceNumber: 65530, PacketStatusCount: 40, ReferenceTime: 5,
		PacketChunks: []rtcp.PacketStatusChunk{
			&rtcp.RunLengthChunk{PacketStatusSymbol: small, RunLength: 3},
			&rtcp.RunLengthChunk{PacketStatusSymbol: lost, RunLength: 9},
			&rtcp.StatusVectorChunk{SymbolSize: rtcp.TypeTCCSymbolSizeTwoBit, SymbolList: []uint16{large, lost, small, lost, lost, large, lost}},
			&rtcp.StatusVectorChunk{SymbolSize: rtcp.TypeTCCSymbolSizeOneBit, SymbolList: []uint16{0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
			&rtcp.RunLengthChunk{PacketStatusSymbol: large, RunLength: 7},
		},
		RecvDeltas: []*rtcp.RecvDelta{
			{Type: small, Delta: 250}, {Type: small, Delta: 0}, {Type: small, Delta: 255 * 250}, {Type: large, Delta: -1000}, {Type: small, Delta: 500},
			{Type: large, Delta: 8000 * 250}, {Type: small, Delta: 250}, {Type: small, Delta: 250},
			{Type: large, Delta: 250}, {Type: large, Delta: 250}, {Type: large, Delta: 250}, {Type: large, Delta: 250}, {Type: large, Delta: 250}, {Type: large, Delta: 250}, {Type: large, Delta: 250},
		},
	}
	report.Header.Length, report.Header.Padding = uint16(report.MarshalSize()/4-1), true
	b, err := report.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	found := all(b)
	if len(found) != 1 || found[0].Kind != Transport {
		t.Fatalf("found %+v", found)
	}
	if a := found[0].Arrivals(); a.Base != 65530 || a.Count != 40 {
		t.Errorf("from %d, %d packets", a.Base, a.Count)
	}
	const start = 5 * arrivalUnit
	want := []Arrival{
		{65530, start + 1}, {65531, start + 1}, {65532, start + 256}, {6, start + 252}, {8, start + 254}, {11, start + 8254}, {14, start + 8255},
		{26, start + 8256}, {27, start + 8257}, {28, start + 8258}, {29, start + 8259}, {30, start + 8260}, {31, start + 8261}, {32, start + 8262}, {33, start + 8263},
	}
	if got := arrivals(found[0]); !slices.Equal(got, want) {
		t.Errorf("arrived\n%v, want\n%v", got, want)
	}
	if n := len(arrivals(Feedback{Kind: NACK})); n != 0 {
		t.Errorf("%d packets have come, says a NACK", n)
	}
}

func TestArrivalsOverAWrapOfTheClock(t *testing.T) {
	for _, tt := range []struct{ at, earlier, want int64 }{
		{100, 40, 60}, {40, 100, -60}, {10, arrivalWrap - 10, 20}, {arrivalWrap - 10, 10, -20},
	} {
		if got := (Arrival{At: tt.at}).Since(tt.earlier); got != tt.want {
			t.Errorf("%d since %d is %d, want %d", tt.at, tt.earlier, got, tt.want)
		}
	}
}

// TestAHostileReportIsWalkedInFewSteps: 40 bytes that claim 65,535 packets, none of which has come.
func TestAHostileReportIsWalkedInFewSteps(t *testing.T) {
	for name, chunk := range map[string][2]byte{"lost": {0x1f, 0xff}, "come without times": {0x3f, 0xff}, "reserved": {0x7f, 0xff}, "runs of nothing": {0, 0}} {
		b := hostile()
		for i := 20; i < 38; i += 2 {
			b[i], b[i+1] = chunk[0], chunk[1]
		}
		a := all(b)[0].Arrivals()
		for steps := 0; ; steps++ {
			if _, ok := a.Next(); !ok {
				break
			}
			if steps > len(b) {
				t.Fatalf("%s: more packets than bytes", name)
			}
		}
	}
}

func TestReportsOfLoss(t *testing.T) {
	b := marshal(t,
		&rtcp.SenderReport{SSRC: 1, Reports: []rtcp.ReceptionReport{{SSRC: 6, FractionLost: 1}}},
		&rtcp.ReceiverReport{SSRC: 1, Reports: []rtcp.ReceptionReport{{SSRC: 7, FractionLost: 26}, {SSRC: 8, FractionLost: 255}}},
		&rtcp.ReceiverReport{SSRC: 1})
	found := all(b)
	if len(found) != 2 || found[0].Kind != Report || found[1].Kind != Report {
		t.Fatalf("found %+v", found)
	}
	for ssrc, want := range map[uint32]int{6: 1, 7: 26, 8: 255, 1: -1, 9: -1} {
		got := -1
		for _, f := range found {
			if loss, ok := f.Loss(ssrc); ok {
				got = int(loss)
			}
		}
		if got != want {
			t.Errorf("stream %d lost %d, want %d", ssrc, got, want)
		}
	}
	b[0] |= 0x1f // more blocks than there are
	if found := all(b); len(found) != 1 {
		t.Errorf("found %+v", found)
	}
}

// FuzzArrivals holds the walk to pion's decoder where that accepts the report, and to the report's own bytes everywhere.
func FuzzArrivals(f *testing.F) {
	f.Add(hostile())
	f.Add([]byte{0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 1, 0, 3, 0, 0, 1, 0, 0x20, 3, 4, 8})
	f.Add([]byte{0x8f, 205, 0, 6, 0, 0, 0, 1, 0, 0, 0, 2, 0, 1, 0, 7, 0, 0, 1, 0, 0xd5, 0x1b, 1, 2, 0xff, 0xf0, 7, 9})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, message := range all(b) {
			walk := message.Arrivals()
			base, count := walk.Base, walk.Count
			got := arrivals(message)
			if len(got) > len(b) {
				t.Fatalf("%d packets in %d bytes", len(got), len(b))
			}
			for i, a := range got {
				if int(a.Sequence-base) >= count || i > 0 && a.Sequence-base <= got[i-1].Sequence-base {
					t.Fatalf("packet %d of %d from %d: %v", i, count, base, got)
				}
			}
		}
		var report rtcp.TransportLayerCC
		if len(b) > 1500 || report.Unmarshal(b) != nil || len(all(b)) != 1 {
			return
		}
		at, i := int64(report.ReferenceTime)*arrivalUnit, 0
		got := arrivals(all(b)[0])
		for _, d := range report.RecvDeltas {
			at += d.Delta / rtcp.TypeTCCDeltaScaleFactor
			if i < len(got) && got[i].At != at {
				t.Fatalf("packet %d came at %d, want %d", i, got[i].At, at)
			}
			i++
		}
	})
}
