package dynamo

import (
	"context"
	"encoding/base64"
	"fmt"

	"github.com/coopnet/coopnet/shared/idempotency"
)

// Idempotency is the store of idempotency keys.
type Idempotency struct {
	db    *DB
	table table
}

var _ idempotency.Store = (*Idempotency)(nil)

// Idempotency returns the store of idempotency keys, in the table of conferences.
func (db *DB) Idempotency() *Idempotency { return &Idempotency{db, db.table(db.cfg.Tables.Conference)} }

func claimKey(id string) key { return key{"claim#" + id, "claim"} }

func decodeClaim(id string, i item) (idempotency.Claim, error) {
	c := idempotency.Claim{ID: id, Seed: i.text("seed"), Answer: i.text("answer"), ExpiresAt: i.time("expires")}
	request, err := base64.RawURLEncoding.DecodeString(i.text("request"))
	if err != nil || len(request) != len(c.Request) {
		return idempotency.Claim{}, fmt.Errorf("decode claim %s: its request cannot be read", id)
	}
	c.Request = [32]byte(request)
	return c, nil
}

// Claim implements idempotency.Store.
func (s *Idempotency) Claim(ctx context.Context, c idempotency.Claim) (have idempotency.Claim, made bool, err error) {
	ctx, cancel := s.db.change(ctx)
	defer cancel()
	nonce, err := s.db.nonce()
	if err != nil {
		return idempotency.Claim{}, false, err
	}
	k := claimKey(c.ID)
	i := k.item().expire(c.ExpiresAt)
	i["request"], i["seed"], i["nonce"] = text(base64.RawURLEncoding.EncodeToString(c.Request[:])), text(c.Seed), text(nonce)
	for range tries {
		now := s.db.cfg.Now()
		made, err := s.table.put(ctx, i, free(now))
		if err != nil {
			return idempotency.Claim{}, false, err
		}
		if made {
			return c, true, nil
		}
		there, err := s.table.get(ctx, k)
		if err != nil {
			return idempotency.Claim{}, false, err
		}
		if there != nil && !there.expired(now) {
			have, err := decodeClaim(c.ID, there)
			return have, false, err
		}
	}
	return idempotency.Claim{}, false, crowded("claim")
}

// Answer implements idempotency.Store.
func (s *Idempotency) Answer(ctx context.Context, id, sealed string) (string, error) {
	nonce, err := s.db.nonce()
	if err != nil {
		return "", err
	}
	answer := edit{set: item{"nonce": text(nonce)}, first: item{"answer": text(sealed)}}
	i, err := s.table.update(ctx, claimKey(id), answer, when("#expires > :now", item{":now": millis(s.db.cfg.Now())}))
	if err != nil {
		return "", err
	}
	if i == nil {
		return "", idempotency.ErrGone
	}
	return i.text("answer"), nil
}

// Release implements idempotency.Store.
func (s *Idempotency) Release(ctx context.Context, id string) error {
	return s.table.remove(ctx, claimKey(id), when("attribute_not_exists(#answer)", nil))
}
