// Package gate decides who enters: it verifies a join token, checks the permission that the purpose needs, and sees to
// it that a token is used once for each purpose.
//
// Used tokens are remembered until they would be refused as expired anyway. The memory is bounded: when it is full of
// live entries the gate refuses instead of forgetting, so that a flood never makes a replay possible.
package gate

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"time"

	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/problem"
)

// Purpose is what a token is used for. Each purpose may use the same token once.
type Purpose string

// The purposes.
const (
	View    Purpose = "view"
	Share   Purpose = "share"
	Control Purpose = "control" // the control channel, which needs no permission of its own
)

const (
	standardMaxBurned = 1_000_000
	// bucketSpan: entries expire together when their bucket does. A token lives 120 s and two clocks may be 30 s apart,
	// so about 20 buckets are alive, whatever comes.
	bucketSpan = 10 * time.Second
	retryAfter = 2 * time.Second
)

// Config is what a Gate needs.
type Config struct {
	Verifier  *jointoken.Verifier
	Now       func() time.Time // nil: time.Now
	MaxBurned int              // used tokens that are remembered; 0: 1,000,000
}

// Gate admits the holders of join tokens.
type Gate struct {
	cfg Config

	mu      sync.Mutex // guards what follows
	buckets map[int64]map[entry]struct{}
	burned  int
	swept   int64 // every bucket before this one is gone
}

// entry is a used token: a digest, so that a long jti takes no more room than a short one.
type entry [sha256.Size]byte

// Admitted is a token that was accepted.
type Admitted struct {
	Claims  jointoken.Claims
	release func()
}

// Release lets the token be used again. It is for the case that no session came to be; calling it again does nothing.
func (a Admitted) Release() {
	if a.release != nil {
		a.release()
	}
}

// New returns a Gate that remembers nothing yet.
func New(cfg Config) *Gate {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.MaxBurned <= 0 {
		cfg.MaxBurned = standardMaxBurned
	}
	return &Gate{cfg: cfg, buckets: make(map[int64]map[entry]struct{})}
}

// Admit accepts a token for a purpose. Its errors are *problem.Error with the code token-invalid, token-expired,
// token-time, token-scope, view-denied, publish-denied, token-replayed or unavailable.
func (g *Gate) Admit(ctx context.Context, token string, purpose Purpose) (Admitted, error) {
	claims, err := g.cfg.Verifier.Verify(ctx, token)
	if err != nil {
		return Admitted{}, refusal(err)
	}
	if err := permit(claims, purpose); err != nil {
		return Admitted{}, err
	}
	e := entry(sha256.Sum256([]byte(string(purpose) + "\x00" + claims.ID)))
	bucket := bucketOf(claims.Expires.Add(jointoken.Leeway))
	if err := g.burn(e, bucket); err != nil {
		return Admitted{}, err
	}
	return Admitted{Claims: claims, release: sync.OnceFunc(func() { g.unburn(e, bucket) })}, nil
}

func permit(c jointoken.Claims, purpose Purpose) error {
	switch {
	case purpose == View && !c.Allows(jointoken.View):
		return problem.New(problem.ViewDenied, "This join token does not permit viewing.")
	case purpose == Share && !c.Allows(jointoken.Share):
		return problem.New(problem.PublishDenied, "This join token does not permit sharing.")
	}
	return nil
}

func refusal(err error) error {
	switch {
	case errors.Is(err, jointoken.ErrInvalid):
		return problem.Wrap(problem.TokenInvalid, "Fetch a new join token.", err)
	case errors.Is(err, jointoken.ErrExpired):
		return problem.Wrap(problem.TokenExpired, "Fetch a new join token.", err)
	case errors.Is(err, jointoken.ErrTime):
		return problem.Wrap(problem.TokenTime, "Fetch a new join token. If that is refused too, the clocks of the portal and of the relay differ.", err)
	case errors.Is(err, jointoken.ErrScope):
		return problem.Wrap(problem.TokenScope, "This join token is for another relay.", err)
	}
	p := problem.Wrap(problem.Unavailable, "Join tokens cannot be verified at the moment.", err)
	p.RetryAfter = retryAfter
	return p
}

// bucketOf returns the first bucket that ends at t or later.
func bucketOf(t time.Time) int64 { return t.Unix()/int64(bucketSpan/time.Second) + 1 }

// burn marks the token as used, until its bucket expires.
func (g *Gate) burn(e entry, bucket int64) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sweep()
	for _, used := range g.buckets {
		if _, replayed := used[e]; replayed {
			return problem.New(problem.TokenReplayed, "This join token was used already. Fetch a new one.")
		}
	}
	if g.burned >= g.cfg.MaxBurned {
		p := problem.New(problem.Unavailable, "Too many people are joining. Try again in a moment.")
		p.RetryAfter = retryAfter
		return p
	}
	if g.buckets[bucket] == nil {
		g.buckets[bucket] = make(map[entry]struct{})
	}
	g.buckets[bucket][e] = struct{}{}
	g.burned++
	return nil
}

func (g *Gate) unburn(e entry, bucket int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, used := g.buckets[bucket][e]; used {
		delete(g.buckets[bucket], e)
		g.burned--
	}
}

// sweep drops whole buckets whose tokens have all expired. Gate.mu is held.
func (g *Gate) sweep() {
	now := g.cfg.Now().Unix() / int64(bucketSpan/time.Second)
	if now <= g.swept {
		return
	}
	g.swept = now
	for bucket, used := range g.buckets {
		if bucket < now {
			g.burned -= len(used)
			delete(g.buckets, bucket)
		}
	}
}
