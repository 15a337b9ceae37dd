package staff

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/coopnet/coopnet/shared/problem"
)

const (
	// usedEvery is how exact a key's last use is: a busy key costs one write in that time.
	usedEvery = time.Hour
	// restAfter a note that failed nobody tries again for so long.
	restAfter = time.Minute
)

// Authenticate returns who holds the bearer key or token, if it may do all that the role may. Whoever has another role,
// or may only read, is forbidden; anything else is unauthenticated.
func (d *Domain) Authenticate(ctx context.Context, bearer string, role Role) (Actor, error) {
	a, err := d.AuthenticateReader(ctx, bearer, role)
	if err == nil && a.ReadOnly {
		return Actor{}, problem.New(problem.Forbidden, "This key may only read.")
	}
	return a, err
}

// AuthenticateReader is Authenticate for calls that change nothing.
func (d *Domain) AuthenticateReader(ctx context.Context, bearer string, role Role) (Actor, error) {
	// A key has no dot, a JWT has two (RFC 7515 section 3.1).
	if d.cfg.Tokens != nil && strings.Count(bearer, ".") == 2 {
		return d.byToken(ctx, bearer, role)
	}
	return d.byKey(ctx, bearer, role)
}

func (d *Domain) byToken(ctx context.Context, token string, role Role) (Actor, error) {
	who, err := d.cfg.Tokens.Verify(ctx, token)
	if err != nil {
		return Actor{}, err
	}
	if !slices.Contains(who.Roles, role) {
		return Actor{}, forbidden(role)
	}
	return Actor{ID: who.ID, Role: role}, nil
}

// byKey costs one hash and one indexed read of that hash for every bearer, so the time tells nothing about stored keys.
func (d *Domain) byKey(ctx context.Context, plain string, role Role) (Actor, error) {
	k, err := d.cfg.Store.KeyByHash(ctx, sha256.Sum256([]byte(plain)))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Actor{}, fmt.Errorf("read key: %w", err)
	}
	now := d.cfg.Now()
	if err != nil || !k.Live(now) {
		return Actor{}, problem.New(problem.Unauthenticated, "The key is not known, has expired or was revoked.")
	}
	if k.Role != role {
		return Actor{}, forbidden(role)
	}
	d.noteUse(ctx, k, now)
	return Actor{ID: "key:" + k.ID, Role: role, ReadOnly: k.ReadOnly, Label: k.Label}, nil
}

func forbidden(role Role) error {
	return problem.New(problem.Forbidden, "This needs the role "+string(role)+".")
}

// noteUse never fails a request: who looks for unused keys can live with a gap.
func (d *Domain) noteUse(ctx context.Context, k Key, now time.Time) {
	since := now.Add(-usedEvery)
	if k.UsedAt.After(since) || now.Unix() < d.restUntil.Load() {
		return
	}
	if err := d.cfg.Store.UseKey(ctx, k.ID, now.UTC().Truncate(time.Minute), since); err != nil {
		d.restUntil.Store(now.Add(restAfter).Unix())
		d.cfg.Logger.WarnContext(ctx, "the use of a staff key was not noted", "key", k.ID, "error", err)
	}
}
