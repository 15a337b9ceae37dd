package dynamo

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/shared/cursor"
)

func invitationKey(id string) key { return key{"invitation#" + id, "invitation"} }

// invitationsOf is the list of a conference's.
func invitationsOf(conferenceID string) string { return "invitation#" + conferenceID }

func codeKey(hash [32]byte) key {
	return key{"code#" + base64.RawURLEncoding.EncodeToString(hash[:]), "code"}
}

// CreateInvitation implements conference.Store. The code is taken first, then the invitation is stored: that decides. A
// code whose writer stopped leads nowhere and expires; the same invitation may take it again.
func (s *Conference) CreateInvitation(ctx context.Context, inv *conference.Invitation) error {
	ctx, cancel := s.db.change(ctx)
	defer cancel()
	nonce, err := s.db.nonce()
	if err != nil {
		return err
	}
	i, err := invitationItem(inv, nonce)
	if err != nil {
		return err
	}
	code := codeKey(inv.CodeHash).item().expire(inv.ExpiresAt)
	code["invitation"], code["nonce"] = text(inv.ID), text(nonce)
	done, err := s.table.put(ctx, code, when("attribute_not_exists(#pk) OR #invitation = :id", item{":id": text(inv.ID)}))
	s.recent.forget(codeKey(inv.CodeHash))
	if err != nil {
		return err
	}
	if !done {
		return conference.ErrConflict
	}
	if done, err = s.table.put(ctx, i, absent()); err != nil {
		return err
	}
	if !done {
		s.giveCodeBack(ctx, inv, nonce)
		return conference.ErrConflict
	}
	return nil
}

func invitationItem(inv *conference.Invitation, nonce string) (item, error) {
	body, err := json.Marshal(inv)
	if err != nil {
		return nil, fmt.Errorf("encode invitation: %w", err)
	}
	i := invitationKey(inv.ID).item().expire(inv.ExpiresAt).of(inv.Email, inv.ID)
	maps.Copy(i, entry(invitationsOf(inv.Conference), inv.CreatedAt, inv.ID))
	i["body"], i["nonce"], i["kind"] = text(string(body)), text(nonce), text(string(inv.Kind))
	if !inv.RevokedAt.IsZero() {
		i["revoked"] = millis(inv.RevokedAt)
	}
	return i, nil
}

// giveCodeBack is tidiness, where an invitation of that id exists: its own code stays.
func (s *Conference) giveCodeBack(ctx context.Context, inv *conference.Invitation, nonce string) {
	there, err := s.Invitation(ctx, inv.ID)
	if err == nil && there.CodeHash != inv.CodeHash {
		_ = s.table.remove(ctx, codeKey(inv.CodeHash), written(nonce))
	}
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

// Invitations implements conference.Store, as Conferences does.
func (s *Conference) Invitations(ctx context.Context, q conference.InvitationQuery) (conference.InvitationPage, error) {
	ctx, cancel := s.db.change(ctx)
	defer cancel()
	l := listing{table: s.table, list: invitationsOf(q.Conference), filter: live(s.db.cfg.Now()), limit: q.Limit}
	var ok bool
	if l.below, ok = placeAfter(invitationList(q), q.Cursor); !ok {
		return conference.InvitationPage{}, conference.ErrCursor
	}
	if q.Kind != "" {
		l.filter = l.filter.and(when("#kind = :kind", item{":kind": text(string(q.Kind))}))
	}
	switch q.Status {
	case conference.InvitationLive:
		l.filter = l.filter.and(when("attribute_not_exists(#revoked)", nil))
	case conference.InvitationRevoked:
		l.filter = l.filter.and(when("attribute_exists(#revoked)", nil))
	}
	entries, next, err := l.page(ctx)
	if err != nil {
		return conference.InvitationPage{}, err
	}
	var page conference.InvitationPage
	if next != "" {
		page.Next = cursor.Make(invitationList(q), next)
	}
	rows, err := s.table.rows(ctx, entries)
	if err != nil {
		return conference.InvitationPage{}, err
	}
	for _, row := range rows {
		inv, err := s.invitation(row)
		if errors.Is(err, conference.ErrNotFound) {
			continue
		}
		if err != nil {
			return conference.InvitationPage{}, err
		}
		if q.Status == "" || inv.RevokedAt.IsZero() == (q.Status == conference.InvitationLive) {
			page.Invitations = append(page.Invitations, inv)
		}
	}
	return page, nil
}

func invitationList(q conference.InvitationQuery) string {
	return fmt.Sprintf("invitations %q %q %q", q.Conference, q.Kind, q.Status)
}

// DeleteInvitation implements conference.Store. The code goes first: a deletion that is cut off leaves an invitation,
// which is found again to be deleted.
func (s *Conference) DeleteInvitation(ctx context.Context, id string) error {
	ctx, cancel := s.db.change(ctx)
	defer cancel()
	k := invitationKey(id)
	i, err := s.table.get(ctx, k)
	if err != nil || i == nil {
		return err
	}
	var inv conference.Invitation
	if err := json.Unmarshal([]byte(i.text("body")), &inv); err != nil {
		return fmt.Errorf("decode invitation: %w", err)
	}
	code := codeKey(inv.CodeHash)
	err = s.table.remove(ctx, code, when("#invitation = :id", item{":id": text(id)}))
	s.recent.forget(code)
	if err != nil {
		return err
	}
	err = s.table.remove(ctx, k, expression{})
	s.recent.forget(k)
	return err
}
