package share

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// report says that packets first to first+n-1 arrived, each gap after the one before.
func report(first uint16, n int, reference uint32, gap time.Duration) *rtcp.TransportLayerCC {
	f := &rtcp.TransportLayerCC{BaseSequenceNumber: first, PacketStatusCount: uint16(n), ReferenceTime: reference,
		PacketChunks: []rtcp.PacketStatusChunk{&rtcp.RunLengthChunk{PacketStatusSymbol: rtcp.TypeTCCPacketReceivedSmallDelta, RunLength: uint16(n)}}}
	for range n {
		f.RecvDeltas = append(f.RecvDeltas, &rtcp.RecvDelta{Type: rtcp.TypeTCCPacketReceivedSmallDelta, Delta: gap.Microseconds()})
	}
	return f
}

// send sends n packets in a moment, and reports them at the pace of a way that carries bits per second.
func send(r *rate, at *time.Duration, relay *time.Duration, n int, bits float64) {
	const size = 1200
	first := uint16(0)
	for i := range n {
		if number := r.sending(size, *at); i == 0 {
			first = number
		}
		*at += 4 * time.Millisecond // 2.4 Mbit/s
	}
	gap := time.Duration((size + wireOverhead) * 8 / bits * float64(time.Second))
	gap = max(gap, 4*time.Millisecond)
	// Delays of a report count from its reference, which has a coarse unit: the first has the rest.
	reference := uint32(*relay / referenceUnit)
	f := report(first, n, reference, gap)
	f.RecvDeltas[0].Delta = (*relay - time.Duration(reference)*referenceUnit + gap).Microseconds()
	*relay += time.Duration(n) * gap
	r.reported(f, *at)
}

func TestRateFindsANarrowWay(t *testing.T) {
	var wide, narrow rate
	var at, relay time.Duration
	for range 100 {
		send(&wide, &at, &relay, 25, 10e6)
	}
	if limit, limited := wide.limit(); limited {
		t.Errorf("a wide way has the limit %.0f", limit)
	}
	at, relay = 0, 0
	for range 40 {
		send(&narrow, &at, &relay, 25, 1e6)
	}
	limit, limited := narrow.limit()
	if !limited || limit > 1.3e6 || limit < minBitrate {
		t.Errorf("1 Mbit/s is taken for %.0f, %v", limit, limited)
	}
	if bits := bitrateFor(limit); bits > int(limit) {
		t.Errorf("%d are encoded for a way of %.0f", bits, limit)
	}
}

// TestReportsOfAnyKind: what is lost, what was never sent, and a reference time that wraps harm nothing.
func TestReportsOfAnyKind(t *testing.T) {
	var r rate
	for i := range 30 {
		r.sending(1000, time.Duration(i)*time.Millisecond)
	}
	r.reported(report(0, 5, 1<<24-1, time.Millisecond), 50*time.Millisecond)
	r.reported(report(5, 5, 0, time.Millisecond), 60*time.Millisecond)
	if r.clock != referenceUnit {
		t.Errorf("after the wrap it is %v later", r.clock)
	}
	r.reported(&rtcp.TransportLayerCC{BaseSequenceNumber: 10, PacketStatusCount: 7, PacketChunks: []rtcp.PacketStatusChunk{
		&rtcp.StatusVectorChunk{SymbolList: []uint16{rtcp.TypeTCCPacketNotReceived, rtcp.TypeTCCPacketReceivedSmallDelta, rtcp.TypeTCCPacketReceivedLargeDelta, 3, 0, 0, 0}},
	}}, 70*time.Millisecond) // fewer times than packets
	r.reported(report(40_000, 1000, 9, time.Millisecond), 80*time.Millisecond)
	r.reported(&rtcp.TransportLayerCC{}, 90*time.Millisecond)
	if _, limited := r.limit(); limited {
		t.Error("limited by nothing")
	}
}
