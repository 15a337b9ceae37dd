package dynamo

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
)

func invitationKey(id string) key { return key{"invitation#" + id, "invitation"} }

func codeKey(hash [32]byte) key {
	return key{"code#" + base64.RawURLEncoding.EncodeToString(hash[:]), "code"}
}

// CreateInvitation implements conference.Store. The code is taken first, then the invitation is stored: that decides. A
// code whose writer stopped leads nowhere and expires; codes are random, so nobody wants it again.
func (s *Conference) CreateInvitation(ctx context.Context, inv *conference.Invitation) error {
	ctx, cancel := s.db.change(ctx)
	defer cancel()
	body, err := json.Marshal(inv)
	if err != nil {
		return fmt.Errorf("encode invitation: %w", err)
	}
	nonce, err := s.db.nonce()
	if err != nil {
		return err
	}
	code := codeKey(inv.CodeHash).item().expire(inv.ExpiresAt)
	code["invitation"], code["nonce"] = text(inv.ID), text(nonce)
	done, err := s.table.put(ctx, code, absent())
	if err != nil {
		return err
	}
	if !done {
		return conference.ErrConflict
	}
	i := invitationKey(inv.ID).item().expire(inv.ExpiresAt)
	i["body"], i["nonce"] = text(string(body)), text(nonce)
	if !inv.RevokedAt.IsZero() {
		i["revoked"] = millis(inv.RevokedAt)
	}
	if done, err = s.table.put(ctx, i, absent()); err != nil {
		return err
	}
	if !done {
		_ = s.table.remove(ctx, codeKey(inv.CodeHash), written(nonce)) // tidiness
		return conference.ErrConflict
	}
	return nil
}

// Invitation implements conference.Store.
func (s *Conference) Invitation(ctx context.Context, id string) (*conference.Invitation, error) {
	i, err := s.lately(ctx, invitationKey(id))
	if err != nil {
		return nil, err
	}
	return s.invitation(i)
}

// InvitationByCode implements conference.Store.
func (s *Conference) InvitationByCode(ctx context.Context, hash [32]byte) (*conference.Invitation, error) {
	ctx, cancel := s.db.change(ctx)
	defer cancel()
	code, err := s.lately(ctx, codeKey(hash))
	if err != nil {
		return nil, err
	}
	if code == nil {
		return nil, conference.ErrNotFound
	}
	inv, err := s.Invitation(ctx, code.text("invitation"))
	if err == nil && inv.CodeHash != hash {
		return nil, conference.ErrNotFound
	}
	return inv, err
}

// lately reads an item, or remembers it as it was at most a second ago.
func (s *Conference) lately(ctx context.Context, k key) (item, error) {
	if i, ok := s.recent.item(k); ok {
		return i, nil
	}
	i, err := s.table.get(ctx, k)
	if err == nil && i != nil {
		s.recent.remember(k, i)
	}
	return i, err
}

func (s *Conference) invitation(i item) (*conference.Invitation, error) {
	if i == nil || i.expired(s.db.cfg.Now()) {
		return nil, conference.ErrNotFound
	}
	var inv conference.Invitation
	if err := json.Unmarshal([]byte(i.text("body")), &inv); err != nil {
		return nil, fmt.Errorf("decode invitation: %w", err)
	}
	inv.RevokedAt = i.time("revoked")
	return &inv, nil
}

// RevokeInvitation implements conference.Store.
func (s *Conference) RevokeInvitation(ctx context.Context, id string, at time.Time) error {
	k := invitationKey(id)
	nonce, err := s.db.nonce()
	if err != nil {
		return err
	}
	revoke := edit{set: item{"nonce": text(nonce)}, first: item{"revoked": millis(at)}}
	i, err := s.table.update(ctx, k, revoke, when("#expires > :now", item{":now": millis(s.db.cfg.Now())}))
	if err != nil {
		return err
	}
	if i == nil {
		return conference.ErrNotFound
	}
	s.recent.remember(k, i)
	return nil
}
