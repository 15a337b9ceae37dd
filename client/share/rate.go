// Package share runs one share: it takes the pictures of a source, has them encoded, and sends them to the relay, at the rate
// that the way there carries.
package share

import (
	"time"

	"github.com/pion/rtcp"

	"github.com/coopnet/coopnet/shared/congestion"
)

const (
	// wireOverhead is what a packet takes on the wire beside its RTP header and payload: IPv4, UDP and SRTP's tag.
	wireOverhead = 20 + 8 + 10
	// forgotten: a way that has carried everything for so long has no limit any more.
	forgotten = 30 * time.Second
	// roomy is how far below the limit "everything" is.
	roomy = 0.5

	referenceUnit = 64 * time.Millisecond // of draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1
	referenceBits = 24
)

// rate is what the way to the relay carries, from the relay's transport-wide reports. Times count from the share's
// begin. It has no limit until the way shows one.
type rate struct {
	history   congestion.History
	estimator congestion.Estimator
	sent      congestion.Meter

	heard     bool
	reference uint32        // of the latest report
	clock     time.Duration // the same on the relay's clock, without wraps
}

// sending numbers a packet.
func (r *rate) sending(size int, at time.Duration) uint16 {
	r.sent.Add(size+wireOverhead, at)
	return r.history.Add(size+wireOverhead, at)
}

// reported takes a report.
func (r *rate) reported(f *rtcp.TransportLayerCC, now time.Duration) {
	if r.heard {
		step := int32((f.ReferenceTime-r.reference)<<(32-referenceBits)) >> (32 - referenceBits) // signed, over the wrap
		r.clock += time.Duration(step) * referenceUnit
	}
	r.heard, r.reference = true, f.ReferenceTime
	received, arrival, deltas := 0, r.clock, f.RecvDeltas
	sequence := f.BaseSequenceNumber
	each(f, func(arrived bool) {
		if arrived && len(deltas) > 0 {
			arrival += time.Duration(deltas[0].Delta) * time.Microsecond
			deltas = deltas[1:]
			if at, size, known := r.history.Arrived(sequence); known {
				r.estimator.Arrived(at, arrival, size)
				received++
			}
		}
		sequence++
	})
	expected := r.history.Covered(f.BaseSequenceNumber, int(f.PacketStatusCount))
	if expected+received == 0 {
		return
	}
	r.estimator.Reported(now, expected, received, r.sent.Rate(now))
	if limit, limited := r.estimator.Rate(); limited && now-r.estimator.Decreased() > forgotten && r.sent.Rate(now) < roomy*limit {
		r.estimator.Release()
	}
}

// each goes through the packets that a report is about.
func each(f *rtcp.TransportLayerCC, one func(arrived bool)) {
	left := int(f.PacketStatusCount)
	tell := func(status uint16) {
		if left > 0 {
			left--
			one(status == rtcp.TypeTCCPacketReceivedSmallDelta || status == rtcp.TypeTCCPacketReceivedLargeDelta)
		}
	}
	for _, chunk := range f.PacketChunks {
		switch c := chunk.(type) {
		case *rtcp.RunLengthChunk:
			for range c.RunLength {
				tell(c.PacketStatusSymbol)
			}
		case *rtcp.StatusVectorChunk:
			for _, status := range c.SymbolList {
				tell(status)
			}
		}
	}
}

// limit is in bits per second on the wire; false while there is none.
func (r *rate) limit() (float64, bool) { return r.estimator.Rate() }
