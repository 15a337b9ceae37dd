package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/pion/dtls/v2/pkg/crypto/selfsign"

	"github.com/coopnet/coopnet/shared/whip"
)

const (
	settleTime  = 2 * time.Second        // after the last join
	drainTime   = 600 * time.Millisecond // after the last frame: what is missing by then is lost
	viewersRead = 500                    // by one goroutine
)

// load is what participants share: tokens, sockets, a certificate.
type load struct {
	cfg        Config
	tokens     *tokens
	identity   identity
	polls      []*poll
	reading    sync.WaitGroup
	stop       func() // once all participants have left
	presenting sync.WaitGroup
	presenters []*presenter
	viewers    []*viewer
	joins      delays
	delays     delays
}

// Run shares, watches and measures. Everything is closed when it returns.
func Run(ctx context.Context, cfg Config) (Result, error) {
	if err := cfg.Validate(); err != nil {
		return Result{}, err
	}
	if _, err := usageOf(cfg.PID); err != nil {
		return Result{}, err
	}
	l, err := newLoad(cfg)
	if err != nil {
		return Result{}, err
	}
	defer l.stop()
	defer l.close()
	presenting, stopPresenting := context.WithCancel(ctx)
	defer l.presenting.Wait()
	defer stopPresenting()
	for room := range cfg.Rooms {
		p, err := l.present(ctx, room, uint32(room+1))
		if p != nil {
			l.presenters = append(l.presenters, p)
		}
		if err != nil {
			return Result{}, fmt.Errorf("share in room %d: %w", room, advised(err))
		}
		l.presenting.Go(func() { p.run(presenting) })
	}
	before, err := usageOf(cfg.PID)
	if err != nil {
		return Result{}, err
	}
	if err := l.watch(ctx); err != nil {
		return Result{}, err
	}
	if !wait(ctx, settleTime) {
		return Result{}, ctx.Err()
	}
	return l.measure(ctx, before, stopPresenting)
}

// newLoad makes a load and begins to read its sockets and to serve its key; stop must be called.
func newLoad(cfg Config) (*load, error) {
	l := &load{cfg: cfg}
	var err error
	if l.tokens, err = newTokens(cfg.Tokens, cfg.Rooms, cfg.Viewers); err != nil {
		return nil, err
	}
	certificate, err := selfsign.GenerateSelfSigned()
	if err != nil {
		return nil, fmt.Errorf("make DTLS certificate: %w", err)
	}
	l.identity = identity{
		certificate: certificate, fingerprint: fingerprint(certificate.Certificate[0]),
		client: &http.Client{Timeout: joinTimeout, Transport: &http.Transport{
			MaxIdleConnsPerHost: cfg.Joins, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
		}},
	}
	stopServing, err := l.tokens.serve(cfg.Tokens.JWKS)
	if err != nil {
		return nil, err
	}
	reading, stopReading := context.WithCancel(context.Background())
	l.stop = func() {
		stopReading()
		l.reading.Wait()
		l.identity.client.CloseIdleConnections()
		stopServing()
	}
	since := time.Now()
	for range 1 + cfg.Rooms*cfg.Viewers/viewersRead {
		p, err := newPoll(since)
		if err != nil {
			l.stop()
			return nil, err
		}
		l.polls = append(l.polls, p)
		l.reading.Go(func() { p.run(reading) })
	}
	return l, nil
}

// present opens a share in a room. The caller lets the presenter run, and closes it, also one that comes with an error.
func (l *load) present(ctx context.Context, room int, share uint32) (*presenter, error) {
	token, err := l.tokens.presenter(room)
	if err != nil {
		return nil, err
	}
	s, err := newSession(l.polls[room%len(l.polls)])
	if err != nil {
		return nil, err
	}
	p := newPresenter(s, share, l.cfg.Stream)
	endpoint := whip.Endpoint{URL: l.cfg.WHIP, Token: token, HTTP: l.identity.client}
	// Never GCM: a packet that is sent again has another header extension, and two headers under one nonce give GCM's
	// authentication key away.
	return p, s.open(ctx, &l.identity, endpoint, s.offer(l.identity.fingerprint, p.ssrc), CM)
}

// watch lets all viewers join, cfg.Joins at a time, and waits until each has a packet.
func (l *load) watch(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	turns := make(chan struct{}, l.cfg.Joins)
	var joining sync.WaitGroup
	for n := range l.cfg.Rooms * l.cfg.Viewers {
		s, err := newSession(l.polls[n%len(l.polls)])
		if err != nil {
			cancel(err)
			break
		}
		v := newViewer(s, n, l.cfg.Loss, &l.delays)
		l.viewers = append(l.viewers, v)
		select {
		case turns <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		joining.Go(func() {
			defer func() { <-turns }()
			token, err := l.tokens.viewer(n%l.cfg.Rooms, n/l.cfg.Rooms)
			if err == nil {
				_, err = l.join(ctx, v, token)
			}
			if err != nil {
				cancel(fmt.Errorf("viewer %d of room %d: %w", n/l.cfg.Rooms, n%l.cfg.Rooms, advised(err)))
			}
		})
	}
	joining.Wait()
	return context.Cause(ctx)
}

// advised adds to a refusal what is to be done about it.
func advised(err error) error {
	var refused *whip.Refused
	if !errors.As(err, &refused) {
		return err
	}
	switch refused.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("%w: join tokens come from --issuer and --relay-id, which must be the relay's own, or from --share-tokens and --view-tokens", err)
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return fmt.Errorf("%w: are --whip and --whep the relay's?", err)
	case http.StatusConflict:
		return fmt.Errorf("%w: each token of --share-tokens and --view-tokens works once", err)
	}
	return err
}

// join opens a view, waits for its first packet, and returns how long that took.
func (l *load) join(ctx context.Context, v *viewer, token string) (took time.Duration, err error) {
	began := v.socket.poll.now()
	endpoint := whip.Endpoint{URL: l.cfg.WHEP, Token: token, HTTP: l.identity.client}
	if err := v.open(ctx, &l.identity, endpoint, v.offer(l.identity.fingerprint, 0), l.cfg.Profile); err != nil {
		return 0, err
	}
	select {
	case at := <-v.firstAt:
		l.joins.add(at - began)
		return at - began, nil
	case <-time.After(joinTimeout):
		return 0, fmt.Errorf("connected, but no packet came within %s", joinTimeout)
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// measure watches the relay for cfg.Duration.
func (l *load) measure(ctx context.Context, before usage, stopPresenting func()) (Result, error) {
	r := Result{Viewers: len(l.viewers), Rooms: l.cfg.Rooms, Stream: l.cfg.Shape, SRTP: l.cfg.Profile, Join: l.joins.spread()}
	l.delays.reset()
	began, start := time.Now(), l.totals()
	cpu, err := usageOf(l.cfg.PID)
	own, err2 := usageOf(os.Getpid())
	if err := errors.Join(err, err2); err != nil {
		return Result{}, err
	}
	if !wait(ctx, l.cfg.Duration) {
		return Result{}, ctx.Err()
	}
	end := l.totals()
	cpuEnd, err := usageOf(l.cfg.PID)
	ownEnd, err2 := usageOf(os.Getpid())
	if err := errors.Join(err, err2); err != nil {
		return Result{}, err
	}
	elapsed := time.Since(began)
	stopPresenting()
	l.presenting.Wait()
	if !wait(ctx, drainTime) {
		return Result{}, ctx.Err()
	}
	final := l.totals()
	final.lost += l.unheard()
	r.Seconds, r.Packets = elapsed.Seconds(), end.got-start.got
	r.Lost, r.Recovered = max(final.lost, start.lost)-start.lost, final.recovered-start.recovered
	r.Dropped, r.Broken, r.Strange = final.dropped-start.dropped, final.broken, final.strange
	r.Delay = l.delays.spread()
	packets := float64(max(r.Packets, 1))
	r.Cost.OwnMicroseconds = float64((ownEnd.CPU - own.CPU).Microseconds()) / packets
	if l.cfg.PID != 0 {
		r.Cost.MicrosecondsPerPacket = float64((cpuEnd.CPU - cpu.CPU).Microseconds()) / packets
		r.Cost.Cores = (cpuEnd.CPU - cpu.CPU).Seconds() / elapsed.Seconds()
		r.Cost.BytesPerViewer = float64(cpuEnd.RSS-before.RSS) / float64(max(len(l.viewers), 1))
		r.Cost.ResidentBytes = cpuEnd.RSS
	}
	return r, nil
}

// totals are sums over viewers.
type totals struct{ got, lost, recovered, dropped, broken, strange uint64 }

// totals stops the polls for a moment: what they count is theirs alone while they run.
func (l *load) totals() totals {
	defer l.hold()()
	var t totals
	for _, v := range l.viewers {
		t.add(v)
	}
	return t
}

// hold stops the polls until the returned function is called.
func (l *load) hold() (release func()) {
	for _, p := range l.polls {
		p.turn.Lock()
	}
	return func() {
		for _, p := range l.polls {
			p.turn.Unlock()
		}
	}
}

func (t *totals) add(v *viewer) {
	t.got += v.video.got
	t.lost += v.video.lost() + v.share.skipped
	t.recovered += v.video.recovered
	t.broken += v.broken
	t.strange += v.strange
	t.dropped += v.socket.dropped()
}

// unheard is what viewers miss at the end without knowing it: a viewer to whom nothing comes any more sees no gap. Nothing
// may be under way.
func (l *load) unheard() uint64 {
	defer l.hold()()
	var all uint64
	for n, v := range l.viewers {
		of := l.presenters[n%l.cfg.Rooms]
		if known := v.share.latest.share; known != 0 && known <= uint32(len(l.presenters)) {
			of = l.presenters[known-1]
		}
		all += v.share.unheard(of.sentSoFar(), v.video.highest)
	}
	return all
}

// close ends all sessions, several at a time.
func (l *load) close() {
	ctx, cancel := context.WithTimeout(context.Background(), joinTimeout)
	defer cancel()
	sessions := make(chan *session)
	var closing sync.WaitGroup
	for range l.cfg.Joins {
		closing.Go(func() {
			for s := range sessions {
				s.close(ctx)
			}
		})
	}
	for _, v := range l.viewers {
		sessions <- v.session
	}
	for _, p := range l.presenters {
		sessions <- p.session
	}
	close(sessions)
	closing.Wait()
}
