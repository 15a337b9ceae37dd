package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/coopnet/coopnet/shared/jointoken"
)

const (
	maxFailures  = 5   // that are told in words
	restartShare = 0.1 // of viewers that restart ICE halfway
	deafAfter    = 5   // seconds' worth of packets; a change of presenters takes less
)

// Counts is what happened so far.
type Counts struct {
	Joins          uint64 `json:"joins"`
	Failures       uint64 `json:"failures"` // of joins, shares and restarts
	Vanished       uint64 `json:"vanished"`
	VanishedShares uint64 `json:"vanishedShares"`
	Shares         uint64 `json:"shares"`
	Restarts       uint64 `json:"restarts"` // of ICE
	Deaf           uint64 `json:"deaf"`     // viewers who had heard nothing for a while when they left
	Kept           uint64 `json:"kept"`     // silent control channels that the relay did not close
}

// tally is what the participants report.
type tally struct {
	mu sync.Mutex // taken before a poll's turn
	Counts
	failures []error // the first ones
	here     map[*viewer]struct{}
	gone     totals // of viewers that have left
	told     totals // at the latest line
	toldAt   sample // likewise
	lately   delays // of joins since then
}

func newTally() tally { return tally{here: make(map[*viewer]struct{})} }

func (t *tally) count(field *uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	*field++
}

func (t *tally) failed(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.Failures++; len(t.failures) < maxFailures {
		t.failures = append(t.failures, advised(err))
	}
}

// sum is about all viewers, those who have left too.
func (s *soak) sum() totals {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.hold()()
	t := s.gone
	for v := range s.here {
		t.add(v)
	}
	return t
}

// fold makes a viewer of the room one of those who have left.
func (s *soak) fold(v *viewer, room int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	turn := &v.socket.poll.turn
	turn.Lock()
	defer turn.Unlock()
	s.gone.add(v)
	delete(s.here, v)
	if v.fault != nil && len(s.failures) < maxFailures {
		s.failures = append(s.failures, v.fault)
	}
	if p := s.shown[room].Load(); float64(v.share.missed(p, v.video.highest)) > deafAfter*p.Rate*float64(p.Packets) {
		s.Deaf++
	}
}

// visits lets one person after the other take a seat in the room, until ctx is done.
func (s *soak) visits(ctx context.Context, room, seat int) {
	random := rand.New(rand.NewPCG(uint64(room), uint64(seat)))
	for n := 0; ctx.Err() == nil; n++ {
		name := fmt.Sprintf("viewer-%d-%d-%d", room, seat, n/2) // everybody comes twice
		if err := s.visit(ctx, room, name, random); err != nil && ctx.Err() == nil {
			s.failed(err)
			wait(ctx, retryInterval)
		}
	}
}

// visit is one stay, from joining to leaving.
func (s *soak) visit(ctx context.Context, room int, name string, random *rand.Rand) error {
	select {
	case s.turns <- struct{}{}:
	case <-ctx.Done():
		return nil
	}
	v, control, err := s.enter(ctx, room, name)
	<-s.turns
	if err != nil {
		return err
	}
	stay := s.cfg.Soak.Stay.Min + time.Duration(random.Int64N(int64(s.cfg.Soak.Stay.Max-s.cfg.Soak.Stay.Min)+1))
	vanishes := random.Float64() < s.cfg.Soak.Vanish
	if random.Float64() < restartShare && wait(ctx, stay/2) {
		stay -= stay / 2
		if err = v.restart(ctx); err == nil {
			s.count(&s.Restarts)
		}
	}
	stayed := err == nil && wait(ctx, stay)
	s.fold(v, room)
	if stayed && vanishes {
		s.count(&s.Vanished)
		s.vanish(ctx, v.session, control)
		return nil
	}
	if control != nil {
		if stayed && control.over() {
			err = fmt.Errorf("%s: the relay ended the control channel", name)
		}
		control.close()
	}
	s.farewell(v.session)
	return err
}

// enter joins as a page does: the control channel first, then the view. Both fit one token.
func (s *soak) enter(ctx context.Context, room int, name string) (*viewer, *channel, error) {
	token, err := s.tokens.mint(room, name, jointoken.View)
	if err != nil {
		return nil, nil, err
	}
	socket, err := newSession(s.polls[int(s.views.Load())%len(s.polls)])
	if err != nil {
		return nil, nil, err
	}
	v := newViewer(socket, int(s.views.Add(1)), s.cfg.Loss, &s.delays)
	var control *channel
	if s.cfg.Control != "" {
		control, err = openControl(ctx, s.cfg.Control, s.identity.client, token)
	}
	if err == nil {
		var took time.Duration
		if took, err = s.join(ctx, v, token); err == nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.Joins++
			s.here[v] = struct{}{}
			s.lately.add(took)
			return v, control, nil
		}
	}
	if control != nil {
		control.close()
	}
	s.farewell(v.session)
	return nil, nil, fmt.Errorf("%s: %w", name, err)
}

// farewell ends a session as it should be ended, also when the soak is over.
func (s *soak) farewell(of *session) {
	ctx, cancel := context.WithTimeout(context.Background(), joinTimeout)
	defer cancel()
	of.close(ctx)
}

// vanish leaves a session, and a control channel if it has one, to the relay, which has to notice.
func (s *soak) vanish(ctx context.Context, of *session, control *channel) {
	of.vanish()
	s.ghosts.Go(func() {
		if control != nil && !control.forsake(leaveLimit) {
			s.count(&s.Kept)
		}
		wait(ctx, leaveLimit) // who gets the port next would get the former one's packets too
		of.socket.close()
	})
}

// sharing is a presenter and the goroutine on which it sends.
type sharing struct {
	*presenter
	stop context.CancelFunc
	done chan struct{}
}

// share opens a share in the room and begins to send.
func (s *soak) share(ctx context.Context, room int) (*sharing, error) {
	p, err := s.present(ctx, room, s.shares.Add(1))
	if err != nil {
		if p != nil {
			s.farewell(p.session)
		}
		return nil, err
	}
	sending, stop := context.WithCancel(context.Background())
	sh := &sharing{presenter: p, stop: stop, done: make(chan struct{})}
	go func() { defer close(sh.done); p.run(sending) }()
	s.shown[room].Store(p)
	s.count(&s.Shares)
	return sh, nil
}

func (sh *sharing) halt() {
	sh.stop()
	<-sh.done
}

// presents keeps something shared in the room until ctx is done. By turns the presenter restarts ICE, stops and shares
// anew, and vanishes and shares anew.
func (s *soak) presents(ctx context.Context, room int, sh *sharing) {
	random := rand.New(rand.NewPCG(uint64(room), 1<<32))
	defer func() {
		sh.halt()
		s.farewell(sh.session)
	}()
	if s.cfg.Soak.Restart == 0 {
		<-ctx.Done()
		return
	}
	for n := 0; wait(ctx, s.cfg.Soak.Restart/2+time.Duration(random.Int64N(int64(s.cfg.Soak.Restart)))); n++ {
		if n%3 == 0 {
			if err := sh.restart(ctx); err == nil {
				s.count(&s.Restarts)
			} else if ctx.Err() == nil {
				s.failed(err)
			}
			continue
		}
		sh.halt()
		if n%3 == 1 {
			s.farewell(sh.session)
		} else {
			s.count(&s.VanishedShares)
			s.vanish(ctx, sh.session, nil)
		}
		for {
			next, err := s.share(ctx, room)
			if err == nil {
				sh = next
				break
			}
			if ctx.Err() != nil {
				return
			}
			s.failed(err)
			wait(ctx, retryInterval)
		}
	}
}

// lossPercent is the share of packets that did not come.
func (t totals) lossPercent() float64 {
	return 100 * float64(t.lost) / float64(max(t.got+t.lost, 1))
}
