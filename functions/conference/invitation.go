package conference

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"time"

	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/text"
)

// Invitation is a personal link into one conference. Its code is known only to who got it; the store has its SHA-256.
type Invitation struct {
	ID         string         `json:"id"`
	Conference string         `json:"conference"`
	Kind       jointoken.Role `json:"kind"` // any role
	Name       string         `json:"name"`
	Email      string         `json:"email"`
	CodeHash   [32]byte       `json:"codeHash"`
	CreatedAt  time.Time      `json:"createdAt"`
	ExpiresAt  time.Time      `json:"expiresAt"` // when it is forgotten; with an end it admits no longer than that, see Until
	RevokedAt  time.Time      `json:"revokedAt,omitzero"`
}

// Live reports whether the invitation admits at now.
func (i *Invitation) Live(now time.Time) bool { return i.RevokedAt.IsZero() && now.Before(i.ExpiresAt) }

// Until is when the link stops admitting: with its conference, whose end may move.
func (i *Invitation) Until(c *Conference) time.Time {
	if until := c.Until(); !until.IsZero() && until.Before(i.ExpiresAt) {
		return until
	}
	return i.ExpiresAt
}

// person is whom the link is for; nil when it does not say all that an identity needs.
func (i *Invitation) person() *Identity {
	if i.Email == "" || !text.Named(i.Name) {
		return nil
	}
	return &Identity{Name: i.Name, Email: i.Email}
}

// Invite asks for an invitation. Name and Email say whom it is for; both may be empty.
type Invite struct {
	Kind  string `json:"kind"`
	Name  string `json:"name"`
	Email string `json:"email"`
}

const (
	invitationLife = 30 * 24 * time.Hour // for a conference without an end
	codeBytes      = 24                  // 192 bits
)

// roles are the kinds of invitations: what one gives.
func roles() []string {
	return []string{string(jointoken.RoleGuest), string(jointoken.RoleInternal), string(jointoken.RoleOrganizer)}
}

func (in *Invite) normalise() error {
	var v check
	v.oneOf("/kind", in.Kind, roles()...)
	in.Name = v.text("/name", in.Name, maxShort, false)
	in.Email = v.text("/email", in.Email, maxTitle, false)
	if in.Email != "" {
		if a, err := mail.ParseAddress(in.Email); err != nil || a.Address != in.Email {
			v.fail("/email", "is not an e-mail address")
		}
	}
	return v.err()
}

// Invite makes a personal link. The code is returned once and cannot be had again.
func (d *Domain) Invite(ctx context.Context, conferenceID string, in Invite) (inv *Invitation, code string, err error) {
	_, inv, code, err = d.invite(ctx, d.cfg.Rand, conferenceID, in)
	return inv, code, err
}

// invite takes everything that is random from random: the same bytes once more find what they have made.
func (d *Domain) invite(ctx context.Context, random io.Reader, conferenceID string, in Invite) (c *Conference, inv *Invitation, code string, err error) {
	if err := in.normalise(); err != nil {
		return nil, nil, "", err
	}
	c, err = d.Conference(ctx, conferenceID)
	if err != nil {
		return nil, nil, "", err
	}
	now := d.now()
	if c.Status(now) == StatusEnded {
		return nil, nil, "", over()
	}
	secret := make([]byte, codeBytes)
	if _, err := io.ReadFull(random, secret); err != nil {
		return nil, nil, "", fmt.Errorf("read random bytes: %w", err)
	}
	code = base64.RawURLEncoding.EncodeToString(secret)
	id, err := newID(random)
	if err != nil {
		return nil, nil, "", err
	}
	inv = &Invitation{
		ID: id, Conference: c.ID, Kind: jointoken.Role(in.Kind), Name: in.Name, Email: in.Email,
		CodeHash: sha256.Sum256([]byte(code)), CreatedAt: now, ExpiresAt: c.Expires(),
	}
	if inv.ExpiresAt.IsZero() {
		inv.ExpiresAt = now.Add(invitationLife)
	}
	err = d.cfg.Store.CreateInvitation(ctx, inv)
	if errors.Is(err, ErrConflict) { // by the same request
		inv, err = d.cfg.Store.Invitation(ctx, id)
	}
	if err != nil {
		return nil, nil, "", fmt.Errorf("store invitation: %w", err)
	}
	return c, inv, code, nil
}

// Invitations returns a page of a conference's invitations, the newest first.
func (d *Domain) Invitations(ctx context.Context, q InvitationQuery) (*Conference, InvitationPage, error) {
	var v check
	if q.Kind != "" {
		v.oneOf("/kind", string(q.Kind), roles()...)
	}
	if q.Status != "" {
		v.oneOf("/status", q.Status, InvitationLive, InvitationRevoked)
	}
	q.Limit = v.limit(q.Limit)
	if err := v.err(); err != nil {
		return nil, InvitationPage{}, err
	}
	c, err := d.Conference(ctx, q.Conference)
	if err != nil {
		return nil, InvitationPage{}, err
	}
	page, err := d.cfg.Store.Invitations(ctx, q)
	if errors.Is(err, ErrCursor) {
		return nil, InvitationPage{}, invalid("/cursor", "is not a cursor of this list")
	}
	if err != nil {
		return nil, InvitationPage{}, fmt.Errorf("list invitations: %w", err)
	}
	return c, page, nil
}

// RevokeInvitation ends an invitation and the admissions that it gave; who is on a relay already stays.
func (d *Domain) RevokeInvitation(ctx context.Context, conferenceID, invitationID string) error {
	inv, err := d.cfg.Store.Invitation(ctx, invitationID)
	if err == nil && inv.Conference != conferenceID {
		err = ErrNotFound
	}
	if err == nil {
		err = d.cfg.Store.RevokeInvitation(ctx, invitationID, d.cfg.Now().UTC().Truncate(time.Millisecond))
	}
	if errors.Is(err, ErrNotFound) {
		return problem.New(problem.NotFound, "There is no such invitation.")
	}
	if err != nil {
		return fmt.Errorf("revoke invitation: %w", err)
	}
	return nil
}

// InvitationURL is the link for a code. The code is in the fragment, which browsers do not send to any server.
func (d *Domain) InvitationURL(code string) string { return d.cfg.PublicURL + "/#invitation=" + code }
