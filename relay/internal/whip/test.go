package whip

import (
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/coopnet/coopnet/relay/internal/egress"
	"github.com/coopnet/coopnet/relay/internal/forward"
	"github.com/coopnet/coopnet/relay/internal/peer"
	"github.com/coopnet/coopnet/relay/internal/trial"
	"github.com/coopnet/coopnet/shared/announce"
	"github.com/coopnet/coopnet/shared/jointoken"
)

// tests is what is known of test rooms.
type tests struct {
	record  *trial.Record
	budgets *trial.Budgets
}

// test is one session in a test room. A session of a conference has none: its methods do nothing on nil, and nothing of a
// conference is measured.
type test struct {
	server *Server
	media  announce.Media
	budget *trial.Budget // of a share

	came      trial.Share
	keyframes atomic.Int64 // asked of the presenter
	connected time.Time    // on the goroutine of the session's run
}

// test is nil for a session of a conference.
func (s *Server) test(conference, role string) *test {
	if _, yes := jointoken.TestSession(conference); !yes {
		return nil
	}
	t := &test{server: s, media: announce.Media{ID: random(9), Conference: conference, At: s.now(), Role: role}}
	if role == announce.RoleShare {
		t.budget = s.tests.budgets.Take(conference)
	}
	return t
}

// by notes the way of the session once there is one; it may change.
func (t *test) by(way egress.Way, at netip.Addr) {
	if t == nil || way == "" {
		return
	}
	if t.connected.IsZero() {
		t.connected = t.server.now()
	}
	t.media.Way, t.media.Family = string(way), announce.FamilyIPv4
	if at.Unmap().Is6() {
		t.media.Family = announce.FamilyIPv6
	}
}

// passes counts a packet of the presenter, and says whether the room may have it forwarded to so many viewers.
func (t *test) passes(kind peer.Kind, packet []byte, viewers int) bool {
	t.came.Count(int(kind), packet)
	return t.budget.Spend(len(packet) * max(viewers, 1))
}

// asked counts a keyframe request to the presenter.
func (t *test) asked() {
	if t != nil {
		t.keyframes.Add(1)
	}
}

// viewed ends a viewer's session.
func (t *test) viewed(s forward.Stats) {
	if t == nil {
		return
	}
	t.end(announce.Traffic{
		PacketsIn: int64(s.Reports), BytesIn: int64(s.ReportBytes), PacketsOut: int64(s.Packets), BytesOut: int64(s.Bytes),
		NACKs: int64(s.NACKs), Retransmissions: int64(s.Retransmitted), KeyframeRequests: int64(s.KeyframeRequests),
		Lost: s.Lost, RTT: float64(s.Trip.Microseconds()) / 1000, Estimate: int64(s.Estimate),
	})
}

// shared ends a presenter's session. Its way back carries no report of ours from which a round trip could be read.
func (t *test) shared(nacks uint64) {
	if t == nil {
		return
	}
	t.budget.Give()
	traffic := t.came.Traffic()
	traffic.NACKs, traffic.KeyframeRequests = int64(nacks), t.keyframes.Load()
	t.end(traffic)
}

func (t *test) end(traffic announce.Traffic) {
	t.media.Traffic = traffic
	if !t.connected.IsZero() {
		t.media.Seconds = max(0, t.server.now().Sub(t.connected).Seconds())
	}
	t.server.tests.record.Add(t.media)
}

// abandon ends a session that never came to be.
func (t *test) abandon() {
	if t != nil && t.budget != nil {
		t.budget.Give()
	}
}
