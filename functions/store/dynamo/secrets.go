package dynamo

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/coopnet/coopnet/functions/conference"
)

// Secrets is the store of the control plane's own keys. All of a kind are one item: the newest is compared and replaced
// in one write, and there are never more than a few.
type Secrets struct {
	db    *DB
	table table
}

var _ conference.Secrets = (*Secrets)(nil)

// Secrets returns the store of the control plane's own keys, in the table of conferences.
func (db *DB) Secrets() *Secrets { return &Secrets{db, db.table(db.cfg.Tables.Conference)} }

func secretKey(kind string) key { return key{"secret#" + kind, "secret"} }

// Secrets implements conference.Secrets.
func (s *Secrets) Secrets(ctx context.Context, kind string) ([]conference.Secret, error) {
	secrets, _, err := s.read(ctx, kind)
	return secrets, err
}

func (s *Secrets) read(ctx context.Context, kind string) (secrets []conference.Secret, nonce string, err error) {
	i, err := s.table.get(ctx, secretKey(kind))
	if err != nil || i == nil {
		return nil, "", err
	}
	if err := json.Unmarshal([]byte(i.text("body")), &secrets); err != nil {
		return nil, "", fmt.Errorf("decode secrets: %w", err)
	}
	return secrets, i.text("nonce"), nil
}

// write replaces all of a kind if they are as the write with the nonce was left them.
func (s *Secrets) write(ctx context.Context, kind string, secrets []conference.Secret, was string) (done bool, err error) {
	body, err := json.Marshal(secrets)
	if err != nil {
		return false, fmt.Errorf("encode secrets: %w", err)
	}
	nonce, err := s.db.nonce()
	if err != nil {
		return false, err
	}
	i := secretKey(kind).item()
	i["body"], i["nonce"] = text(string(body)), text(nonce)
	where := absent()
	if was != "" {
		where = written(was)
	}
	return s.table.put(ctx, i, where)
}

// CreateSecret implements conference.Secrets.
func (s *Secrets) CreateSecret(ctx context.Context, secret conference.Secret, previous string) error {
	ctx, cancel := s.db.change(ctx)
	defer cancel()
	for range tries {
		have, was, err := s.read(ctx, secret.Kind)
		if err != nil {
			return err
		}
		newest := ""
		if len(have) > 0 {
			newest = have[0].ID
		}
		if newest != previous || slices.ContainsFunc(have, func(other conference.Secret) bool { return other.ID == secret.ID }) {
			return conference.ErrConflict
		}
		if done, err := s.write(ctx, secret.Kind, append([]conference.Secret{secret}, have...), was); done || err != nil {
			return err
		}
	}
	return crowded("create secret")
}

// DeleteSecret implements conference.Secrets.
func (s *Secrets) DeleteSecret(ctx context.Context, kind, id string) error {
	ctx, cancel := s.db.change(ctx)
	defer cancel()
	for range tries {
		have, was, err := s.read(ctx, kind)
		if err != nil {
			return err
		}
		left := slices.DeleteFunc(slices.Clone(have), func(secret conference.Secret) bool { return secret.ID == id })
		if len(left) == len(have) {
			return nil
		}
		if done, err := s.write(ctx, kind, left, was); done || err != nil {
			return err
		}
	}
	return crowded("delete secret")
}
