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
	pinned := target{id: r.URL.Query().Get("publication")}
	if id := pinned.id; id != "" {
		if pinned.Publication = s.publication(id); pinned.Publication == nil || !live(presence, id) {
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

// target is what a viewer sees; none has neither.
type target struct {
	id string
	*forward.Publication
}

// target is what a session that pins nothing is to see now.
func (s *Server) target(presence *room.Presence) target {
	id := presence.Target()
	if p := s.publication(id); p != nil {
		return target{id, p}
	}
	return target{}
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
func (s *Server) follow(created *session, viewer *peer.Viewer, sub *forward.Subscription, pinned target, test *test) {
	presence := created.presence
	start := time.NewTimer(startTimeout)
	defer start.Stop()
	connected := viewer.Connected()
	var stopped <-chan struct{}
	if pinned.Publication != nil {
		stopped = pinned.Done()
	}
	var shown target
	show := func() {
		now := pinned
		if now.Publication == nil {
			now = s.target(presence)
		}
		if now.Publication == shown.Publication {
			return
		}
		if shown = now; !sub.Switch(now.Publication) {
			s.logger.Info("viewer cannot decode the share", "codec", string(now.Video.Codec()))
			now.id = ""
		}
		presence.Watch(now.id)
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
