package app

import (
	"context"
	"errors"
	"image"
	"strings"
	"sync"
	"time"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/grant"
	"github.com/coopnet/coopnet/client/input"
	"github.com/coopnet/coopnet/client/session"
	"github.com/coopnet/coopnet/client/share"
	"github.com/coopnet/coopnet/client/window"
)

// tick is how often it is looked whether something is over.
const tick = time.Second

// errStopped is the user's end of a share.
var errStopped = errors.New("stopped")

// previewSize is how large the pictures are from which people choose.
func previewSize() image.Point { return image.Pt(320, 200) }

const (
	maxPreviews = 40 // people look at the first, and know the others by their titles
	previewers  = 4  // at the same time: each waits for a program to draw
)

// choices shows what can be shared, and then again with each preview that comes.
func (a *app) choices(ctx context.Context, show func([]window.Choice)) {
	sources, err := a.Desktop.Sources(ctx)
	if err != nil {
		a.Logger.Warn("nothing can be listed", "error", err)
	}
	all := make([]window.Choice, len(sources))
	for n, s := range sources {
		all[n] = window.Choice{ID: s.ID, Kind: string(s.Kind), Title: s.Title, Program: s.Program, Hidden: s.Minimised}
		if s.Kind != capture.Window {
			all[n].Size = s.Bounds.Size()
		}
	}
	show(all)
	next := make(chan int)
	var mu sync.Mutex // guards all, and has them shown one after the other
	var previewing sync.WaitGroup
	for range previewers {
		previewing.Go(func() {
			for n := range next {
				small, err := a.Desktop.Preview(ctx, all[n].ID, previewSize())
				if err != nil {
					continue
				}
				mu.Lock()
				all[n].Preview = small
				show(all)
				mu.Unlock()
			}
		})
	}
	for n := range min(len(all), maxPreviews) {
		if ctx.Err() == nil {
			next <- n
		}
	}
	close(next)
	previewing.Wait()
}

func title(s capture.Source) string {
	if s.Title != "" {
		return s.Title
	}
	return s.Program
}

// sharing is one share, from the choice to its end.
type sharing struct {
	app     *app
	source  capture.Source
	control bool // colleagues may ask for it

	grabber  capture.Grabber
	injector input.Injector // nil without control
	track    *share.Track
	looking

	news     chan struct{}      // what the bar says has changed
	choosing chan struct{}      // holds one while something else is being picked
	picks    chan window.Picked // what that is

	mu     sync.Mutex
	status share.Status
	phase  session.SharePhase
	id     string // of the publication; "" while the relay has not said it
}

// open begins to capture what was picked.
func (a *app) open(ctx context.Context, picked window.Picked) (*sharing, error) {
	sources, err := a.Desktop.Sources(ctx)
	if err != nil {
		return nil, err
	}
	sh := &sharing{app: a, control: picked.Control, track: share.NewTrack(a.Codecs, a.Now, a.Random), phase: session.ShareConnecting,
		news: make(chan struct{}, 1), choosing: make(chan struct{}, 1), picks: make(chan window.Picked, 1)}
	for _, s := range sources {
		if s.ID == picked.ID {
			sh.source = s
		}
	}
	if sh.source.ID == "" {
		return nil, capture.ErrGone
	}
	sh.looking = newLooking(sh.source.Kind)
	if sh.control {
		if sh.injector, err = a.Desktop.Injector(picked.ID); err != nil {
			return nil, err
		}
	}
	if sh.grabber, err = a.Desktop.Open(ctx, picked.ID); err != nil {
		return nil, errors.Join(err, sh.close())
	}
	return sh, nil
}

func (sh *sharing) close() error {
	if sh.injector == nil {
		return nil
	}
	return sh.injector.Close()
}

// run shares until the user stops it, picks something else (other), or it cannot go on. The windows belong to this goroutine.
func (sh *sharing) run(ctx context.Context, s *session.Session, c *controls) (other *window.Picked, err error) {
	ctx, end := context.WithCancelCause(ctx)
	var running sync.WaitGroup
	if sh.control {
		c.begin(grant.New(sh.injector, sh.grabber.Bounds, sh.app.Now), sh.source)
		running.Go(func() { c.inject(ctx) })
	}
	running.Go(func() {
		end(share.Run(ctx, share.Config{Grabber: sh.grabber, Track: sh.track, Code: sh.app.Code, Status: sh.captured, Mirror: sh.mirror, Logger: sh.app.Logger}))
	})
	running.Go(func() {
		end(s.Publish(ctx, session.Publishing{Label: sh.label(), Control: sh.control, Media: sh.track, Phase: sh.published, Named: sh.named}))
	})
	choose := func() { running.Go(func() { sh.choose(ctx) }) }
	defer func() {
		end(errStopped)
		err = errors.Join(err, c.end())
		running.Wait()
		sh.track.Wait()
		err = errors.Join(err, sh.close())
	}()
	if other, err = sh.stay(ctx, c, choose); err != nil || other != nil {
		return other, err
	}
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return nil, cause
	}
	return nil, nil
}

// choose has the user pick something else, while the others still see what there was.
func (sh *sharing) choose(ctx context.Context) {
	select {
	case sh.choosing <- struct{}{}:
	default:
		return // the window is there
	}
	defer func() { <-sh.choosing }()
	picked, ok, err := sh.app.pick(ctx, sh.control)
	switch {
	case refused(err): // what there was goes on
	case err != nil && ctx.Err() == nil:
		sh.app.Logger.Warn("nothing else can be picked", "error", err)
		if _, err := sh.app.Windows.Message(ctx, window.Message{Text: sh.app.explain(err)}); err != nil && ctx.Err() == nil {
			sh.app.Logger.Warn("that cannot be said", "error", err)
		}
	case err == nil && ok:
		offer(sh.picks, picked)
	}
}

// label names the share for the others: what the window is called, or nothing, which the relay knows as a screen.
func (sh *sharing) label() string {
	if sh.source.Kind != capture.Window {
		return "Screen"
	}
	return strings.TrimSpace(title(sh.source))
}

// stay keeps the bar, and the banner while somebody controls. other is what the user has picked in place of this.
func (sh *sharing) stay(ctx context.Context, c *controls, choose func()) (other *window.Picked, err error) {
	shown := sh.state(c) // what changes while the bar is being opened is news
	bar, err := sh.app.Windows.Bar(shown)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, bar.Close()) }()
	sh.look(bar, sh.grabber.Bounds)
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil, nil
		case <-bar.Pressed():
			return nil, nil
		case <-bar.Changed():
			choose()
		case picked := <-sh.picks:
			return &picked, nil
		case seen := <-bar.Seen():
			sh.seen = seen
		case img := <-sh.pictures:
			sh.show(bar, img)
		case <-sh.news:
		case <-c.news:
		case r := <-c.asked:
			c.consider(ctx, r)
		case g := <-c.granted:
			c.give(g)
		case id := <-c.over:
			c.revoke(id)
		case <-c.stopped():
			c.stop(grant.Stopped)
		case <-ticker.C:
			c.due()
		}
		if err := c.tidy(); err != nil {
			return nil, err
		}
		sh.look(bar, sh.grabber.Bounds)
		if now := sh.state(c); now != shown {
			shown = now
			bar.Update(now)
		}
	}
}

// state is what the bar says.
func (sh *sharing) state(c *controls) window.Status {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	s := window.Status{Kind: string(sh.source.Kind), Controller: c.controller(), Connecting: sh.phase == session.ShareConnecting,
		Waiting: sh.waiting(), Hidden: sh.status.Hidden, Black: sh.status.Black}
	s.Present, s.Audience = c.around(sh.id)
	if sh.source.Kind == capture.Window {
		s.What = title(sh.source)
	}
	if sh.public { // who watches is for the presenter alone
		s.Audience = s.Audience.Counted()
	}
	return s
}

func (sh *sharing) captured(s share.Status) {
	sh.mu.Lock()
	sh.status = s
	sh.mu.Unlock()
	wake(sh.news)
}

func (sh *sharing) published(p session.SharePhase) {
	sh.track.Live(p == session.ShareLive)
	sh.mu.Lock()
	sh.phase = p
	sh.mu.Unlock()
	wake(sh.news)
}

// named hears which publication this is: of others of the same participant, the browser's for one, the bar says nothing.
func (sh *sharing) named(id string) {
	sh.mu.Lock()
	sh.id = id
	sh.mu.Unlock()
	wake(sh.news)
}

// waiting: what was sent is not any more, for the moment.
func (sh *sharing) waiting() bool {
	return sh.phase == session.ShareInterrupted || sh.phase == session.ShareReconnecting
}

func wake(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
