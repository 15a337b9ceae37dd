package forward

import (
	"time"

	"github.com/coopnet/coopnet/relay/internal/congestion"
	"github.com/coopnet/coopnet/relay/internal/packet"
)

// wireOverhead is what a packet takes on the wire beside its RTP header and payload: IPv4, UDP and SRTP's tag.
const wireOverhead = 20 + 8 + 16

// CongestionControl is what a viewer negotiated about transport-wide sequence numbers: the ids of their header extension,
// 0 where a stream has none.
type CongestionControl struct {
	Video, Audio uint8
	Now          func() time.Time
}

// way is what is known of the way to one viewer, over all of its streams. The subscription's lock guards it.
type way struct {
	now     func() time.Time
	start   time.Time           // where its times count from
	history *congestion.History // nil where nothing is numbered
}

func newWay(cfg CongestionControl) way {
	w := way{now: cfg.Now, start: cfg.Now()}
	if cfg.Video|cfg.Audio != 0 {
		w.history = &congestion.History{}
	}
	return w
}

// number gives the steps the transport-wide sequence numbers under which they are sent now; the first is returned.
func (w *way) number(h packet.Header, steps []step) uint16 {
	if h.Extension == 0 || len(steps) == 0 {
		return 0
	}
	at := w.now().Sub(w.start)
	first := w.history.Add(h.Size()+len(steps[0].packet.Payload())+wireOverhead, at)
	for _, s := range steps[1:] {
		w.history.Add(h.Size()+len(s.packet.Payload())+wireOverhead, at)
	}
	return first
}

// arrived takes a transport-wide report. It costs no more than the report's bytes.
func (s *Subscription) arrived(f packet.Feedback) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.way.history == nil {
		return
	}
	walk := f.Arrivals()
	for a, ok := walk.Next(); ok; a, ok = walk.Next() {
		s.way.history.Arrived(a.Sequence)
	}
	s.way.history.Covered(walk.Base, walk.Count)
}
