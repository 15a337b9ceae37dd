package whip

import (
	"crypto/rand"
	"encoding/binary"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"

	"github.com/coopnet/coopnet/relay/internal/forward"
	"github.com/coopnet/coopnet/relay/internal/gate"
	"github.com/coopnet/coopnet/relay/internal/peer"
	"github.com/coopnet/coopnet/relay/internal/room"
	"github.com/coopnet/coopnet/shared/problem"
)

// view opens a viewer's session. It follows the conference's screen, or stays with the publication that the query pins.
func (s *Server) view(r *http.Request, admitted gate.Admitted, offer string) (*session, string, error) {
	presence, err := s.join(admitted.Claims)
	if err != nil {
		return nil, "", err
	}
	pinned := r.URL.Query().Get("publication")
	if pinned != "" && !live(presence, pinned) {
		presence.Leave()
		return nil, "", problem.New(problem.NotFound, "There is no such share in this conference.")
	}
	var subscription atomic.Pointer[forward.Subscription]
	viewer, answer, err := s.peers.View(offer, func(packets []rtcp.Packet) {
		if sub := subscription.Load(); sub != nil {
			sub.Feedback(packets)
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
	})
	subscription.Store(sub)
	created := &session{
		presence: presence, close: viewer.Close,
		restart: func(ufrag, _ string) (string, string, error) { return viewer.Restart(ufrag) },
	}
	s.running.Go(func() { s.follow(created, viewer, sub, pinned) })
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

// follow keeps the subscription on the room's target. It wakes only when that changes.
func (s *Server) follow(created *session, viewer *peer.Viewer, sub *forward.Subscription, pinned string) {
	presence := created.presence
	start := time.NewTimer(startTimeout)
	defer start.Stop()
	connected := viewer.Connected()
	shown := ""
	for running := true; running; {
		select {
		case <-connected: // nothing is asked of the presenter before the viewer can take it
			connected = nil
			start.Stop()
			shown = s.retarget(presence, sub, pinned, shown)
		case <-presence.TargetChanged():
			if connected == nil {
				shown = s.retarget(presence, sub, pinned, shown)
			}
		case <-start.C:
			running = false
		case <-presence.Ended():
			running = false
		case <-viewer.Closed():
			running = false
		}
	}
	sub.Close()
	viewer.Close()
	s.remove(created)
	presence.Leave()
}

func (s *Server) retarget(presence *room.Presence, sub *forward.Subscription, pinned, shown string) string {
	target := presence.Target()
	if pinned != "" {
		target = pinned
	}
	publication := s.publication(target)
	if publication == nil {
		target = ""
	}
	if target == shown {
		return shown
	}
	if !sub.Switch(publication) {
		s.logger.Info("viewer cannot decode the share", "codec", string(publication.Video.Codec()))
	}
	return target
}
