package dynamo

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/coopnet/coopnet/functions/staff"
)

// Staff is the store of staff keys. There are few: all lie together, so that a list misses none.
type Staff struct {
	db    *DB
	table table
}

var _ staff.Store = (*Staff)(nil)

// Staff returns the store of staff keys.
func (db *DB) Staff() *Staff { return &Staff{db, db.table(db.cfg.Tables.Staff)} }

func staffKey(hash string) key { return key{"key", hash} }

func staffID(id string) key { return key{"id", id} }

// CreateKey implements staff.Store. The id is taken first, then the key is stored: that decides. An id whose writer
// stopped is taken by the same key when it comes again.
func (s *Staff) CreateKey(ctx context.Context, k staff.Key) error {
	ctx, cancel := s.db.change(ctx)
	defer cancel()
	body, err := json.Marshal(k)
	if err != nil {
		return fmt.Errorf("encode key: %w", err)
	}
	nonce, err := s.db.nonce()
	if err != nil {
		return err
	}
	hash := base64.RawURLEncoding.EncodeToString(k.Hash[:])
	id := staffID(k.ID).item()
	id["hash"], id["nonce"] = text(hash), text(nonce)
	done, err := s.table.put(ctx, id, when("attribute_not_exists(#pk) OR #hash = :hash", item{":hash": text(hash)}))
	if err != nil {
		return err
	}
	if !done {
		return staff.ErrExists
	}
	i := staffKey(hash).item()
	i["body"], i["nonce"] = text(string(body)), text(nonce)
	if !k.RevokedAt.IsZero() {
		i["revoked"], i["revoker"] = millis(k.RevokedAt), text(k.RevokedBy)
	}
	if !k.UsedAt.IsZero() {
		i["used"] = millis(k.UsedAt)
	}
	if done, err = s.table.put(ctx, i, absent()); err != nil {
		return err
	}
	if !done {
		return s.existing(ctx, k, hash, nonce)
	}
	return nil
}

// existing takes the id back from a key that was there under another one.
func (s *Staff) existing(ctx context.Context, k staff.Key, hash, nonce string) error {
	i, err := s.table.get(ctx, staffKey(hash))
	if err != nil {
		return err
	}
	if there, err := decodeKey(i); err == nil && there.ID != k.ID {
		_ = s.table.remove(ctx, staffID(k.ID), written(nonce)) // tidiness
	}
	return staff.ErrExists
}

// KeyByHash implements staff.Store.
func (s *Staff) KeyByHash(ctx context.Context, hash [32]byte) (staff.Key, error) {
	i, err := s.table.get(ctx, staffKey(base64.RawURLEncoding.EncodeToString(hash[:])))
	if err != nil {
		return staff.Key{}, err
	}
	if i == nil {
		return staff.Key{}, staff.ErrNotFound
	}
	return decodeKey(i)
}

func decodeKey(i item) (staff.Key, error) {
	var k staff.Key
	if err := json.Unmarshal([]byte(i.text("body")), &k); err != nil {
		return staff.Key{}, fmt.Errorf("decode key: %w", err)
	}
	hash, err := base64.RawURLEncoding.DecodeString(i.text(RangeKey))
	if err != nil || len(hash) != len(k.Hash) {
		return staff.Key{}, fmt.Errorf("decode key %s: its hash cannot be read", k.ID)
	}
	k.Hash, k.UsedAt = [32]byte(hash), i.time("used")
	k.RevokedAt, k.RevokedBy = i.time("revoked"), i.text("revoker")
	return k, nil
}

// Keys implements staff.Store.
func (s *Staff) Keys(ctx context.Context) ([]staff.Key, error) {
	ctx, cancel := s.db.change(ctx)
	defer cancel()
	var keys []staff.Key
	for all := (span{keys: when("#pk = :pk", item{":pk": text("key")})}); ; {
		items, last, err := s.table.query(ctx, all)
		if err != nil {
			return nil, fmt.Errorf("list keys: %w", err)
		}
		for _, i := range items {
			k, err := decodeKey(i)
			if err != nil {
				return nil, err
			}
			keys = append(keys, k)
		}
		if all.after = last; last == nil {
			break
		}
	}
	slices.SortFunc(keys, func(a, b staff.Key) int {
		if c := a.CreatedAt.Compare(b.CreatedAt); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return keys, nil
}

// RevokeKey implements staff.Store.
func (s *Staff) RevokeKey(ctx context.Context, id string, at time.Time, by string) error {
	ctx, cancel := s.db.change(ctx)
	defer cancel()
	nonce, err := s.db.nonce()
	if err != nil {
		return err
	}
	revoke := edit{set: item{"nonce": text(nonce)}, first: item{"revoked": millis(at), "revoker": text(by)}}
	i, err := s.edit(ctx, id, revoke, when("attribute_exists(#pk)", nil))
	if err == nil && i == nil {
		return staff.ErrNotFound
	}
	return err
}

// UseKey implements staff.Store.
func (s *Staff) UseKey(ctx context.Context, id string, at, since time.Time) error {
	ctx, cancel := s.db.change(ctx)
	defer cancel()
	_, err := s.edit(ctx, id, edit{set: item{"used": millis(at)}},
		when("attribute_exists(#pk) AND (attribute_not_exists(#used) OR #used < :since)", item{":since": millis(since)}))
	return err
}

// edit returns nil where there is no such key or the condition does not hold.
func (s *Staff) edit(ctx context.Context, id string, e edit, where expression) (item, error) {
	named, err := s.table.get(ctx, staffID(id))
	if err != nil || named == nil {
		return nil, err
	}
	return s.table.update(ctx, staffKey(named.text("hash")), e, where)
}
