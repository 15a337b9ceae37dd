package whip

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coopnet/coopnet/relay/internal/egress"
	"github.com/coopnet/coopnet/relay/internal/forward"
	"github.com/coopnet/coopnet/relay/internal/gate"
	"github.com/coopnet/coopnet/relay/internal/packet"
	"github.com/coopnet/coopnet/relay/internal/peer"
	"github.com/coopnet/coopnet/relay/internal/room"
	"github.com/coopnet/coopnet/shared/announce"
	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/text"
)

const (
	maxLabel = 80 // characters of a share's name
	// lowLinger is how long the low picture is sent after the last viewer who needed it: its way may be narrow again.
	lowLinger = 10 * time.Second
)

// share is a presenter's session from its offer to its end.
type share struct {
	server   *Server
	presence *room.Presence
	session  *session
	id       string
	asked    room.Publication // what the request says of it
	ctx      context.Context
	cancel   context.CancelFunc

	presenter *peer.Presenter
	test      *test              // nil in a conference
	claimed   [3]atomic.Bool     // kinds of which a track has come
	low       atomic.Uint32      // the low picture's SSRC, once it has come
	picture   chan peer.Incoming // on its way to watch
	state     chan struct{}      // the presenter's network may have gone or come back, or the need for the low picture

	ready       chan struct{} // closed once publication is set
	publication *forward.Publication
}

// present opens a presenter's session. Its place among the conference's shares is taken now, so that the presenter hears
// of it when there is none.
func (s *Server) present(r *http.Request, admitted gate.Admitted, offer string) (*session, string, error) {
	presence, err := s.join(admitted.Claims)
	if err != nil {
		return nil, "", err
	}
	switch err := presence.Reserve(); {
	case errors.Is(err, room.ErrLimit):
		presence.Leave()
		return nil, "", problem.Wrap(problem.Conflict, "The conference has as many shares as it can have. Another one has to stop first.", err)
	case err != nil:
		presence.Leave()
		return nil, "", outside(err)
	}
	sh := &share{
		server: s, presence: presence, id: publicationID(),
		asked:   room.Publication{Label: clean(r.URL.Query().Get("label")), Control: r.URL.Query().Get("control") == "1"},
		picture: make(chan peer.Incoming), state: make(chan struct{}, 1), ready: make(chan struct{}),
	}
	sh.ctx, sh.cancel = context.WithCancel(s.base)
	sh.test = s.test(admitted.Claims.Conference, announce.RoleShare)
	presenter, answer, err := s.peers.Present(offer, r.URL.Query().Get("low"), peer.PresenterEvents{Track: sh.track, Report: sh.report, State: sh.changed, Closed: sh.cancel})
	if err != nil {
		sh.cancel()
		sh.test.abandon()
		presence.Leave()
		return nil, "", err
	}
	sh.presenter = presenter
	sh.session = &session{share: sh.id, presence: presence, transport: presenter, run: sh.watch}
	return sh.session, answer, nil
}

// clean makes a label safe to show: no character that nobody sees, not too long, and with something to be called by.
func clean(label string) string {
	label = strings.TrimSpace(strings.Map(func(r rune) rune {
		if text.Hidden(r) {
			return -1
		}
		return r
	}, label))
	if runes := []rune(label); len(runes) > maxLabel {
		label = string(runes[:maxLabel])
	}
	if !text.Named(label) {
		return "Screen"
	}
	return label
}

// watch publishes the picture when it comes, and ends the share when its session, its participant's presence, or the
// patience for its first media ends. Whatever was begun ends here too.
func (sh *share) watch() {
	start := time.NewTimer(startTimeout)
	defer start.Stop()
	linger := time.NewTimer(lowLinger)
	defer linger.Stop()
	for running := true; running; {
		select {
		case in := <-sh.picture:
			start.Stop()
			sh.test.by(sh.presenter.Way())
			running = sh.begin(in)
		case <-sh.state:
			sh.presence.Interrupt(sh.id, sh.presenter.Interrupted())
			if sh.needsLow() {
				sh.presence.Low(sh.id, true)
				linger.Stop()
			} else {
				linger.Reset(lowLinger)
			}
		case <-linger.C:
			sh.presence.Low(sh.id, sh.needsLow())
		case <-start.C:
			running = false
		case <-sh.presence.Ended():
			running = false
		case <-sh.ctx.Done():
			running = false
		}
	}
	sh.test.by(sh.presenter.Way()) // as it is now: it may have changed
	sh.presenter.Close()
	sh.cancel()
	sh.server.remove(sh.session)
	sh.presence.Unpublish(sh.id)
	sh.server.unpublish(sh.id)
	sh.presence.Leave()
	sh.test.shared(sh.presenter.NACKs())
}

// needsLow reports whether the way to somebody carries only the low picture.
func (sh *share) needsLow() bool {
	return sh.publication != nil && sh.publication.Low != nil && sh.publication.Low.Needed()
}

// changed wakes watch; one token says all.
func (sh *share) changed() {
	select {
	case sh.state <- struct{}{}:
	default:
	}
}

// track reads one track until it or the session ends. The picture makes the publication; sound waits for it.
func (sh *share) track(in peer.Incoming) {
	track := sh.attach(in)
	var b [egress.MaxDatagram]byte
	for {
		n, err := in.Read(b[:])
		if err != nil {
			if track == nil {
				return
			}
			if sh.ctx.Err() == nil {
				sh.server.logger.Info("share cannot go on", "publication", sh.id, "error", err)
			}
			sh.cancel() // a share without its track would stay live and show nothing
			return
		}
		if track == nil || sh.test != nil && !sh.test.passes(in.Kind, b[:n], track.Viewers()) {
			continue
		}
		track.Write(b[:n])
	}
}

// attach returns where the packets of an incoming track go: nowhere for a second one of its kind, or sound beside none.
func (sh *share) attach(in peer.Incoming) *forward.Track {
	if sh.claimed[in.Kind].Swap(true) {
		return nil
	}
	if in.Kind == peer.Picture {
		select {
		case sh.picture <- in:
		case <-sh.ctx.Done():
			return nil
		}
	}
	select {
	case <-sh.ready:
	case <-sh.ctx.Done():
		return nil
	}
	if in.Kind == peer.LowPicture {
		sh.low.Store(in.SSRC)
	}
	return sh.destination(in.Kind)
}

// destination is the publication's track of a kind; nil where it has none.
func (sh *share) destination(kind peer.Kind) *forward.Track {
	switch kind {
	case peer.Sound:
		return sh.publication.Audio
	case peer.LowPicture:
		return sh.publication.Low
	}
	return sh.publication.Video
}

// begin makes the publication and announces it, on watch's goroutine.
func (sh *share) begin(in peer.Incoming) bool {
	s := sh.server
	cfg := forward.Config{
		Video: in.Codec, Counters: s.counters, Now: s.now, Keyframe: func() {
			sh.test.asked()
			sh.presenter.RequestKeyframe(in.SSRC)
		},
	}
	if sh.presenter.Audio() {
		cfg.Audio = packet.Opus
	}
	if cfg.Low = sh.presenter.Low(); cfg.Low != "" {
		cfg.LowNeed = sh.changed
		cfg.LowKeyframe = func() {
			if ssrc := sh.low.Load(); ssrc != 0 { // asked again until it comes
				sh.presenter.RequestKeyframe(ssrc)
			}
		}
	}
	publication := forward.New(cfg)
	for _, t := range []*forward.Track{publication.Video, publication.Low, publication.Audio} {
		if t == nil {
			continue
		}
		s.running.Go(func() { t.Run(sh.ctx, s.socket.NewBatch()) })
	}
	s.publishAs(sh.id, publication)
	shared := sh.asked
	shared.ID, shared.Video, shared.Audio = sh.id, string(cfg.Video), string(cfg.Audio)
	err := sh.presence.Publish(shared)
	if err != nil {
		s.logger.Info("share refused", "publication", sh.id, "error", err)
		return false
	}
	sh.publication = publication
	close(sh.ready)
	return true
}

// report ties the presenter's clock to ours, for sound in step with the picture.
func (sh *share) report(kind peer.Kind, timestamp uint32) {
	select {
	case <-sh.ready:
	default:
		return
	}
	if t := sh.destination(kind); t != nil {
		t.Clock(timestamp)
	}
}

func (s *Server) publishAs(id string, p *forward.Publication) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.publications[id] = p
}

func (s *Server) unpublish(id string) {
	s.mu.Lock()
	ended := s.publications[id]
	delete(s.publications, id)
	s.mu.Unlock()
	if ended != nil {
		ended.End()
	}
}

func (s *Server) publication(id string) *forward.Publication {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.publications[id]
}
