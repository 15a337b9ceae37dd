package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	shortestSampling = 200 * time.Millisecond // between two looks at the relay
	longestSampling  = 10 * time.Second
	samplings        = 180         // about so many in a soak
	settling         = time.Second // between two looks when everybody has left
	retryInterval    = time.Second
	// leaveLimit is how long a relay may remember those who vanished: consent lasts 30 s (RFC 7675 section 5.1).
	leaveLimit = 60 * time.Second
	// idleSlack are goroutines that a relay may keep when everybody has left.
	idleSlack = 2
)

// SoakConfig says how participants come and go.
type SoakConfig struct {
	Stay    Stay          // of each viewer; zero: this is no soak
	Vanish  float64       // share of viewers that leave without a word
	Restart time.Duration // mean time between two changes of each presenter; 0: none
	Metrics string        // URL of the relay's metrics
	Report  time.Duration // between two lines
	Growth  float64       // over the second half, that still counts as flat
}

// Stay is how long a viewer stays: evenly spread between the two.
type Stay struct{ Min, Max time.Duration }

func (c *SoakConfig) flags(set *flag.FlagSet) {
	set.Func("stay", "soak: `MIN..MAX` that each viewer stays, for example 20s..60s; then it leaves and another one joins", c.Stay.parse)
	set.Float64Var(&c.Vanish, "vanish", 0.2, "soak: `fraction` of viewers that leave without a word")
	set.DurationVar(&c.Restart, "restart", 45*time.Second, "soak: mean `time` between two changes of each presenter: restarts ICE, shares anew, vanishes and shares anew; 0 for none")
	set.StringVar(&c.Metrics, "metrics", "", "soak: `URL` of the relay's metrics (relay serve --metrics)")
	set.DurationVar(&c.Report, "report", time.Minute, "soak: `time` between two lines")
	set.Float64Var(&c.Growth, "growth", 0.05, "soak: `fraction` by which memory, goroutines and files may grow over the second half and count as flat")
}

// parse reads "20s..60s", or "30s" for a stay that is always the same.
func (s *Stay) parse(text string) error {
	from, to, ranged := strings.Cut(text, "..")
	if !ranged {
		to = from
	}
	var err, err2 error
	s.Min, err = time.ParseDuration(from)
	s.Max, err2 = time.ParseDuration(to)
	return errors.Join(err, err2)
}

// Validate says what is missing or wrong, and what to do.
func (c SoakConfig) Validate() error {
	switch {
	case c.Stay.Min < time.Second || c.Stay.Max < c.Stay.Min || c.Stay.Max > maxDuration:
		return errors.New("--stay needs at least a second, for example 20s..60s")
	case c.Metrics == "":
		return errors.New("a soak looks at the relay: give --metrics, the URL of relay serve --metrics")
	case !(c.Vanish >= 0 && c.Vanish <= 1):
		return errors.New("--vanish must be between 0 and 1")
	case c.Restart != 0 && c.Restart < time.Second || c.Restart > maxDuration:
		return errors.New("--restart must be 0, or at least a second")
	case c.Report <= 0 || !(c.Growth >= 0):
		return errors.New("--report must be above 0, and --growth not below")
	}
	return nil
}

// soak is a run in which participants come and go.
type soak struct {
	*load
	turns  chan struct{}               // as many may join at a time
	shares atomic.Uint32               // numbers them
	views  atomic.Uint32               // likewise
	shown  []atomic.Pointer[presenter] // in each room
	ghosts sync.WaitGroup
	tally
	samples []sample
	began   time.Time
}

// Soak lets viewers come and go for cfg.Duration, prints a line now and then, and says whether the relay stays as it is.
func Soak(ctx context.Context, cfg Config, out io.Writer) (Verdict, error) {
	if err := cfg.Validate(); err != nil {
		return Verdict{}, err
	}
	client := &http.Client{Transport: &http.Transport{}} // the load's own closes its connections at the end
	defer client.CloseIdleConnections()
	look := func() (gauges, error) { return scrape(ctx, client, cfg.Soak.Metrics) }
	idle, err := look()
	if err != nil {
		return Verdict{}, err
	}
	l, err := newLoad(cfg)
	if err != nil {
		return Verdict{}, err
	}
	s := &soak{load: l, turns: make(chan struct{}, cfg.Joins), tally: newTally(), shown: make([]atomic.Pointer[presenter], cfg.Rooms), began: time.Now()}
	err = s.run(ctx, look, out)
	l.stop()
	if err != nil {
		return Verdict{}, err
	}
	verdict := s.verdict(idle)
	return verdict, s.settle(ctx, &verdict, look)
}

// run lets everybody in and looks at the relay until the time is over; everybody has left when it returns.
func (s *soak) run(ctx context.Context, look func() (gauges, error), out io.Writer) error {
	here, leave := context.WithCancel(ctx)
	var people sync.WaitGroup
	defer s.ghosts.Wait()
	defer people.Wait()
	defer leave()
	for room := range s.cfg.Rooms {
		first, err := s.share(here, room)
		if err != nil {
			return fmt.Errorf("share in room %d: %w", room, advised(err))
		}
		people.Go(func() { s.presents(here, room, first) })
	}
	for room := range s.cfg.Rooms {
		for seat := range s.cfg.Viewers {
			people.Go(func() { s.visits(here, room, seat) })
		}
	}
	fmt.Fprintln(out, rowHeader)
	sampling := time.NewTicker(min(max(s.cfg.Duration/samplings, shortestSampling), longestSampling))
	defer sampling.Stop()
	end := time.NewTimer(s.cfg.Duration)
	defer end.Stop()
	for told, over := time.Duration(0), false; !over; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-end.C:
			over = true
		case <-sampling.C:
		}
		g, err := look()
		if err != nil {
			return err
		}
		now := time.Since(s.began)
		s.samples = append(s.samples, sample{now, g})
		if now >= told+s.cfg.Soak.Report || over && now > told+s.cfg.Soak.Report/2 {
			told = now.Truncate(s.cfg.Soak.Report)
			fmt.Fprintln(out, s.row())
		}
	}
	return nil
}

// verdict is about the time before everybody left.
func (s *soak) verdict(idle gauges) Verdict {
	v := Verdict{Minutes: time.Since(s.began).Minutes(), Growth: growths(s.samples), Idle: idle.Goroutines, Delay: s.delays.spread(), Join: s.joins.spread()}
	s.mu.Lock()
	defer s.mu.Unlock()
	v.Counts, v.LossPercent, v.Strange = s.Counts, s.gone.lossPercent(), s.gone.strange
	if v.Growth == nil {
		v.Problems = append(v.Problems, "too short to tell")
	}
	for _, g := range v.Growth {
		if !g.Flat(s.cfg.Soak.Growth) {
			v.Problems = append(v.Problems, "not flat: "+g.Name)
		}
	}
	for _, p := range []struct {
		count uint64
		what  string
	}{
		{v.Counts.Failures, "joins, shares or restarts failed"}, {v.Counts.Deaf, "viewers heard nothing for a while"},
		{v.Counts.Kept, "silent control channels were kept"}, {s.gone.broken, "sampled packets were not what was sent"},
	} {
		if p.count > 0 {
			v.Problems = append(v.Problems, fmt.Sprintf("%d %s", p.count, p.what))
		}
	}
	for _, err := range s.failures {
		v.Problems = append(v.Problems, err.Error())
	}
	return v
}

// settle waits until the relay is as idle as it was before anybody came.
func (s *soak) settle(ctx context.Context, v *Verdict, look func() (gauges, error)) error {
	for left := time.Now(); ; {
		g, err := look()
		if err != nil {
			return err
		}
		v.Left, v.LeftAfter = g.Goroutines, time.Since(left).Seconds()
		switch {
		case g.Views == 0 && g.Channels == 0 && g.Participants == 0 && g.Goroutines <= v.Idle+idleSlack:
			return nil
		case time.Since(left) > leaveLimit:
			v.Problems = append(v.Problems, fmt.Sprintf("%.0f goroutines, %.0f viewers, %.0f control channels and %.0f participants are left %s after everybody left",
				g.Goroutines-v.Idle, g.Views, g.Channels, g.Participants, leaveLimit))
			return nil
		case !wait(ctx, settling):
			return errors.New("interrupted")
		}
	}
}

const rowHeader = "  min | resident MB |  live |  heap | goroutines | files | viewers | control |  joins | failed | join ms p50/p99 | lost % | cores"

// row is a line about the latest sample and what happened since the line before.
func (s *soak) row() string {
	now := s.samples[len(s.samples)-1]
	join := s.lately.spread()
	s.lately.reset()
	t := s.sum()
	s.mu.Lock()
	defer s.mu.Unlock()
	lately := totals{got: t.got - s.told.got, lost: max(t.lost, s.told.lost) - s.told.lost}
	cores := (now.ProcessorSeconds - s.toldAt.ProcessorSeconds) / (now.at - s.toldAt.at).Seconds()
	s.told, s.toldAt = t, now
	return fmt.Sprintf("%5.1f | %11.1f | %5.1f | %5.1f | %10.0f | %5.0f | %7.0f | %7.0f | %6d | %6d | %7.0f /%6.0f | %6.3f | %5.2f",
		now.at.Minutes(), now.Resident/1e6, now.Live/1e6, now.InUse/1e6, now.Goroutines, now.Files, now.Views, now.Channels,
		s.Joins, s.Failures, join.P50, join.P99, lately.lossPercent(), cores)
}
