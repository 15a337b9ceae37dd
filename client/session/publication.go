package session

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/pion/logging"
	"github.com/pion/webrtc/v3"

	"github.com/coopnet/coopnet/shared/whip"
)

// Publishing is a share to be carried to the relay.
type Publishing struct {
	Label   string
	Control bool // the others may ask to control it
	Media   Media
	Phase   func(SharePhase) // hears of it from one goroutine; must not block
	Named   func(id string)  // likewise, of each publication that the share is for the others, before it begins
}

const (
	byeTimeout = 2 * time.Second
	// partTimeout is how long an end waits for pion, which waits for servers that do not answer.
	partTimeout = 3 * time.Second
)

// ErrLost: it did not come back in time. What kept it from coming back is wrapped as well, where that is known.
var ErrLost = errors.New("the network was away for too long")

// Publish carries a share until ctx ends (nil), or it cannot go on: a *Refusal, or ErrLost.
// Each session of it has a ticket of its own.
func (s *Session) Publish(ctx context.Context, p Publishing) error {
	w := &publisher{session: s, publishing: p, link: newLink(time.Now()), states: make(chan webrtc.PeerConnectionState, 16)}
	defer w.part()
	return w.run(ctx)
}

// part ends the last session.
func (w *publisher) part() {
	w.drop()
	parted := make(chan struct{})
	go func() {
		w.releases.Wait()
		close(parted)
	}()
	select {
	case <-parted:
	case <-time.After(partTimeout): // nothing more is sent; it ends by itself
	}
}

// publisher does what link says, in one goroutine.
type publisher struct {
	session    *Session
	publishing Publishing
	link       *link
	told       SharePhase

	pc      *webrtc.PeerConnection // nil: none
	cancel  context.CancelFunc     // of its dials
	states  chan webrtc.PeerConnectionState
	whip    *whip.Session // nil: none
	refusal *Refusal      // the latest
	failure error         // of the latest attempt to make a session
	turned  failing       // of the latest dial to a TURN server

	releases sync.WaitGroup // of lost sessions, which are given back meanwhile
}

func (w *publisher) run(ctx context.Context) error {
	_, renewed := w.session.renew.wait()
	do := connect
	for {
		w.tell()
		switch do {
		case finish:
			if w.refusal != nil {
				return w.refusal
			}
			return w.lost()
		case connect:
			w.drop()
			do = w.connect(ctx)
			if ctx.Err() != nil {
				return nil
			}
			continue
		}
		var due <-chan time.Time
		if !w.link.due.IsZero() {
			due = time.After(time.Until(w.link.due))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-due:
			do = w.link.look(time.Now())
		case state := <-w.states:
			do = w.changed(state)
		case <-renewed:
			var at time.Time
			at, renewed = w.session.renew.wait()
			do = w.renew(at)
		}
	}
}

// lost is ErrLost with its cause.
func (w *publisher) lost() error {
	cause := w.failure
	if cause == nil { // the relay answers, and no media gets to it
		cause = w.turned.latest()
	}
	if cause == nil {
		return ErrLost
	}
	return fmt.Errorf("%w: %w", ErrLost, cause)
}

func (w *publisher) tell() {
	if w.told == w.link.phase {
		return
	}
	w.told = w.link.phase
	w.session.cfg.Logger.Info("share", "phase", w.told)
	if w.publishing.Phase != nil {
		w.publishing.Phase(w.told)
	}
}

// renew gives nothing back: the relay that answers knows nothing of the session.
func (w *publisher) renew(at time.Time) act {
	do := w.link.renew(time.Now(), at)
	if w.link.begun.Before(at) {
		w.whip = nil
	}
	return do
}

// changed judges the connection's state.
func (w *publisher) changed(state webrtc.PeerConnectionState) act {
	switch state {
	case webrtc.PeerConnectionStateConnected:
		w.link.live()
	case webrtc.PeerConnectionStateDisconnected:
		w.link.interrupted(time.Now())
	case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
		if !w.link.waiting {
			return w.link.failed(time.Now(), nil, w.session.cfg.Chance())
		}
	}
	return rest
}

// connect makes a session. The relay names its candidates in the answer and needs none of ours, so nothing is waited for.
func (w *publisher) connect(ctx context.Context) act {
	allowed := w.link.begin(time.Now())
	ctx, cancel := context.WithTimeout(ctx, allowed)
	defer cancel()
	err := w.offer(ctx)
	w.failure = err
	if err == nil {
		return rest
	}
	w.session.cfg.Logger.Warn("share not connected", "error", err)
	w.session.client.CloseIdleConnections()
	w.refusal = nil
	var refused *whip.Refused
	switch {
	case errors.As(err, &w.refusal):
	case errors.As(err, &refused):
		w.refusal = &Refusal{Status: refused.Status, Code: refused.Code, Detail: refused.Detail}
	}
	return w.link.failed(time.Now(), w.refusal, w.session.cfg.Chance())
}

func (w *publisher) offer(ctx context.Context) error {
	s := w.session
	ticket, err := s.reach.ticket(ctx, patience(w.link.attempt))
	if err != nil {
		return err
	}
	dialing, cancel := context.WithCancel(context.Background()) // for as long as the connection lives
	pc, err := newPeer(dialing, noting{s.cfg.Network, &w.turned}, ticket, w.publishing.Media, s.cfg.RelayOnly, quiet())
	if err != nil {
		cancel()
		return err
	}
	w.pc, w.cancel, w.states = pc, cancel, make(chan webrtc.PeerConnectionState, 16)
	states := w.states
	pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		select {
		case states <- state:
		default: // nobody listens any more
		}
	})
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		return fmt.Errorf("make the offer: %w", err)
	}
	if err := pc.SetLocalDescription(offer); err != nil {
		return fmt.Errorf("set the offer: %w", err)
	}
	address, err := w.address(ticket)
	if err != nil {
		return err
	}
	w.whip, err = whip.Open(ctx, whip.Endpoint{URL: address, Token: ticket.Token, HTTP: s.client}, offer.SDP)
	if err != nil {
		return withoutURL(err) // which has the share's name in it
	}
	if w.publishing.Named != nil {
		w.publishing.Named(w.whip.Publication)
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: w.whip.Answer}); err != nil {
		return fmt.Errorf("set the answer: %w", err)
	}
	return nil
}

func (w *publisher) address(t *Ticket) (string, error) {
	u, err := url.Parse(t.Relay.WHIP)
	if err != nil {
		return "", fmt.Errorf("read the relay's address: %w", err)
	}
	q := u.Query()
	q.Set("label", w.publishing.Label)
	if w.publishing.Control {
		q.Set("control", "1")
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// drop gives the session back to the relay, and ends the connection, without waiting.
func (w *publisher) drop() {
	if lost := w.whip; lost != nil {
		w.whip = nil
		w.releases.Go(func() { // perhaps into a dead network
			ctx, cancel := context.WithTimeout(context.Background(), byeTimeout)
			defer cancel()
			if err := lost.Close(ctx); err != nil {
				w.session.cfg.Logger.Info("session not given back", "error", err)
			}
		})
	}
	if lost := w.pc; lost != nil {
		w.pc = nil
		w.cancel()
		w.releases.Go(func() { // pion waits for what it does at the moment
			if err := lost.Close(); err != nil {
				w.session.cfg.Logger.Info("connection not closed", "error", err)
			}
		})
	}
}

// quiet keeps what pion says to itself: it is about candidates, which say where somebody is.
func quiet() logging.LoggerFactory {
	f := logging.NewDefaultLoggerFactory()
	f.DefaultLogLevel = logging.LogLevelDisabled
	return f
}
