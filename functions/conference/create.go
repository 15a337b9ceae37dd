package conference

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/coopnet/coopnet/shared/problem"
)

// Draft is a conference before it exists. An empty Password asks for a generated one.
type Draft struct {
	Settings
	Password string `json:"password"`
}

// NewDraft has the contract's defaults.
func NewDraft() Draft {
	return Draft{Settings: Settings{
		Schedule:      Schedule{OpenBefore: 15},
		Bridges:       []Bridge{},
		Guests:        Guests{GuestPolicy: PolicyAccept, Permissions: Permissions{GuestShare: ShareSoftware, Chat: true, Annotate: true}},
		RetentionDays: 30,
	}}
}

// Create stores a new conference. The password is returned only when it was generated here: it is never shown again.
func (d *Domain) Create(ctx context.Context, actor string, draft Draft) (c *Conference, generated string, err error) {
	return d.create(ctx, d.cfg.Rand, actor, draft)
}

// create takes everything that is random from random: the same bytes once more find what they have made.
func (d *Domain) create(ctx context.Context, random io.Reader, actor string, draft Draft) (c *Conference, generated string, err error) {
	if err := draft.normalise(d.cfg.Now()); err != nil {
		return nil, "", err
	}
	id, err := newID(random)
	if err != nil {
		return nil, "", err
	}
	word, err := d.newPassword(random, draft.Password)
	if err != nil {
		return nil, "", err
	}
	hash, err := d.cfg.Hasher.Hash(ctx, word.password)
	if err != nil {
		return nil, "", fmt.Errorf("hash the conference's password: %w", err)
	}
	now := d.now()
	c = &Conference{
		ID: id, Settings: draft.Settings, PasswordHash: hash, PasswordID: word.id, CreatedBy: actor,
		CreatedAt: now, UpdatedAt: now, Version: 1,
	}
	err = d.cfg.Store.CreateConference(ctx, c)
	if errors.Is(err, ErrNameTaken) || errors.Is(err, ErrConflict) {
		made, readErr := d.cfg.Store.Conference(ctx, id)
		if readErr == nil { // by the same request
			return made, word.generated, nil
		}
		if !errors.Is(readErr, ErrNotFound) {
			return nil, "", fmt.Errorf("read conference: %w", readErr)
		}
	}
	if errors.Is(err, ErrNameTaken) {
		return nil, "", problem.New(problem.Conflict, "A conference with this name exists and has not ended.")
	}
	if err != nil {
		return nil, "", fmt.Errorf("store conference: %w", err)
	}
	return c, word.generated, nil
}

// newWord is a conference's password before it is hashed.
type newWord struct {
	id        string
	password  string
	generated string // the password when it is to be shown, which is once
}

func (d *Domain) newPassword(random io.Reader, given string) (newWord, error) {
	id, err := newID(random)
	if err != nil || given != "" {
		return newWord{id: id, password: given}, err
	}
	generated, err := GeneratePassword(random)
	return newWord{id: id, password: generated, generated: generated}, err
}

// now is the time as it is stored.
func (d *Domain) now() time.Time { return d.cfg.Now().UTC().Truncate(time.Millisecond) }
