package whip

import (
	"crypto/rand"
	"encoding/binary"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/coopnet/coopnet/relay/internal/forward"
	"github.com/coopnet/coopnet/relay/internal/gate"
	"github.com/coopnet/coopnet/relay/internal/peer"
	"github.com/coopnet/coopnet/relay/internal/room"
	"github.com/coopnet/coopnet/shared/announce"
	"github.com/coopnet/coopnet/shared/problem"
)

// view opens a viewer's session. It follows the conference's screen, or stays with the publication that the query pins.
func (s *Server) view(r *http.Request, admitted gate.Admitted, offer string) (*session, string, error) {
	presence, err := s.join(admitted.Claims)
	if err != nil {
		return nil, "", err
	}
	var pinned *forward.Publication
	if id := r.URL.Query().Get("publication"); id != "" {
		if pinned = s.publication(id); pinned == nil || !live(presence, id) {
			presence.Leave()
			return nil, "", problem.New(problem.NotFound, "There is no such share in this conference.")
		}
	}
	var subscription atomic.Pointer[forward.Subscription]
	viewer, answer, err := s.peers.View(offer, func(compound []byte) {
		if sub := subscription.Load(); sub != nil {
			sub.Feedback(compound)
		}
	})
	if err != nil {
		presence.Leave()
		return nil, "", err
	}
	var first [4]byte
	_, _ = rand.Read(first[:]) // never fails (crypto/rand)
	sub := forward.NewSubscription(forward.SubscriptionConfig{
		Transport: viewer, Formats: viewer.Formats, VideoSSRC: viewer.VideoSSRC, RTXSSRC: viewer.RTXSSRC, AudioSSRC: viewer.AudioSSRC,
		CNAME: "coopnet", First: binary.BigEndian.Uint32(first[:]), Answers: s.answers, Counters: s.counters,
		CongestionControl: forward.CongestionControl{Video: viewer.VideoCC, Audio: viewer.AudioCC, Now: s.now},
	})
	subscription.Store(sub)
	created := &session{presence: presence, transport: viewer}
	test := s.test(admitted.Claims.Conference, announce.RoleView)
	created.run = func() {
		s.follow(created, viewer, sub, pinned, test)
		test.viewed(sub.Stats())
	}
	return created, answer, nil
}

// live reports whether the conference has this publication now. Another conference's is as good as none.
func live(p *room.Presence, id string) bool {
	for _, publication := range p.State().Publications {
		if publication.ID == id {
			return true
		}
	}
	return false
}

// follow keeps the subscription on the room's target, or on the pinned publication until that ends. It wakes only when
// something changes.
func (s *Server) follow(created *session, viewer *peer.Viewer, sub *forward.Subscription, pinned *forward.Publication, test *test) {
	presence := created.presence
	start := time.NewTimer(startTimeout)
	defer start.Stop()
	connected := viewer.Connected()
	var stopped <-chan struct{}
	if pinned != nil {
		stopped = pinned.Done()
	}
	var shown *forward.Publication
	show := func() {
		target := pinned
		if target == nil {
			target = s.publication(presence.Target())
		}
		if target == shown {
			return
		}
		if shown = target; !sub.Switch(target) {
			s.logger.Info("viewer cannot decode the share", "codec", string(target.Video.Codec()))
		}
	}
	for running := true; running; {
		select {
		case <-connected: // nothing is asked of the presenter before the viewer can take it
			connected = nil
			start.Stop()
			test.by(viewer.Way())
			show()
		case <-presence.TargetChanged():
			if connected == nil {
				show()
			}
		case <-stopped: // the browser is told by DTLS, and by 404 afterwards
			running = false
		case <-start.C:
			running = false
		case <-presence.Ended():
			running = false
		case <-viewer.Closed():
			running = false
		}
	}
	test.by(viewer.Way()) // as it is now: it may have changed
	sub.Close()
	viewer.Close()
	s.remove(created)
	presence.Leave()
}
