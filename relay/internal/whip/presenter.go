package whip

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/coopnet/coopnet/relay/internal/egress"
	"github.com/coopnet/coopnet/relay/internal/forward"
	"github.com/coopnet/coopnet/relay/internal/gate"
	"github.com/coopnet/coopnet/relay/internal/packet"
	"github.com/coopnet/coopnet/relay/internal/peer"
	"github.com/coopnet/coopnet/relay/internal/room"
)

const maxLabel = 80 // characters of a share's name

// share is a presenter's session from its offer to its end.
type share struct {
	server   *Server
	presence *room.Presence
	session  *session
	id       string
	label    string
	ctx      context.Context
	cancel   context.CancelFunc
	ready    chan struct{} // closed once publication is set

	publish     sync.Once
	publication *forward.Publication
	presenter   *peer.Presenter // set before any track can arrive
	opened      chan struct{}
}

// present opens a presenter's session.
func (s *Server) present(r *http.Request, admitted gate.Admitted, offer string) (*session, string, error) {
	presence, err := s.join(admitted.Claims)
	if err != nil {
		return nil, "", err
	}
	sh := &share{server: s, presence: presence, id: publicationID(), label: clean(r.URL.Query().Get("label")), ready: make(chan struct{}), opened: make(chan struct{})}
	sh.ctx, sh.cancel = context.WithCancel(s.base)
	sh.session = &session{presence: presence}
	presenter, answer, err := s.peers.Present(offer, peer.PresenterEvents{Track: sh.track, Report: sh.report, Closed: sh.cancel})
	if err != nil {
		sh.cancel()
		presence.Leave()
		return nil, "", err
	}
	sh.presenter = presenter
	close(sh.opened)
	sh.session.restart, sh.session.close = presenter.Restart, presenter.Close
	s.running.Go(sh.watch)
	return sh.session, answer, nil
}

// clean makes a label safe to show: no control, format or bidirectional characters, and not too long.
func clean(label string) string {
	label = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, label))
	if label == "" {
		return "Screen"
	}
	if runes := []rune(label); len(runes) > maxLabel {
		label = string(runes[:maxLabel])
	}
	return label
}

// watch ends the share when its session, its participant's presence, or the patience for its first media ends.
func (sh *share) watch() {
	start := time.NewTimer(startTimeout)
	defer start.Stop()
	ready := sh.ready
	for running := true; running; {
		select {
		case <-ready:
			ready = nil
			start.Stop()
		case <-start.C:
			running = false
		case <-sh.presence.Ended():
			running = false
		case <-sh.ctx.Done():
			running = false
		}
	}
	sh.presenter.Close()
	sh.cancel()
	sh.server.remove(sh.session)
	sh.presence.Unpublish(sh.id)
	sh.server.unpublish(sh.id)
	sh.presence.Leave()
}

// track reads one track until the session ends. The picture makes the publication; sound waits for it.
func (sh *share) track(in peer.Incoming) {
	<-sh.opened
	var track *forward.Track
	if in.Codec == packet.Opus {
		select {
		case <-sh.ready:
			track = sh.publication.Audio
		case <-sh.ctx.Done():
			return
		}
	} else {
		sh.publish.Do(func() {
			sh.begin(in)
			if sh.publication != nil {
				track = sh.publication.Video
			}
		})
	}
	var b [egress.MaxDatagram]byte
	for {
		n, err := in.Read(b[:])
		if err != nil {
			return
		}
		if track != nil { // a second picture in one session is read and dropped
			track.Write(b[:n])
		}
	}
}

// begin makes the publication and announces it.
func (sh *share) begin(in peer.Incoming) {
	s := sh.server
	cfg := forward.Config{
		Video: in.Codec, Counters: s.counters, Now: s.now, Keyframe: func() { sh.presenter.RequestKeyframe(in.SSRC) },
	}
	if sh.presenter.Audio() {
		cfg.Audio = packet.Opus
	}
	publication := forward.New(cfg)
	for _, t := range []*forward.Track{publication.Video, publication.Audio} {
		if t == nil {
			continue
		}
		s.running.Go(func() { t.Run(sh.ctx, s.socket.NewBatch()) })
	}
	sh.publication = publication
	s.publishAs(sh.id, publication)
	err := sh.presence.Publish(room.Publication{ID: sh.id, Label: sh.label, Video: string(cfg.Video), Audio: string(cfg.Audio)})
	if err != nil {
		s.logger.Info("share refused", "error", err)
		sh.cancel()
		return
	}
	close(sh.ready)
}

// report ties the presenter's clock to ours, for sound in step with the picture.
func (sh *share) report(codec packet.Codec, timestamp uint32) {
	select {
	case <-sh.ready:
	default:
		return
	}
	if t := sh.publication.Audio; codec == packet.Opus && t != nil {
		t.Clock(timestamp)
	} else if codec == sh.publication.Video.Codec() {
		sh.publication.Video.Clock(timestamp)
	}
}

func (s *Server) publishAs(id string, p *forward.Publication) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.publications[id] = p
}

func (s *Server) unpublish(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.publications, id)
}

func (s *Server) publication(id string) *forward.Publication {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.publications[id]
}
