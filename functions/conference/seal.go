package conference

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/sealed"
)

// Admission is the right to join one conference as one participant. Only this domain can make or read its cookie.
type Admission struct {
	Conference  string         `json:"c"`
	Participant string         `json:"p"`
	Role        jointoken.Role `json:"r"`
	Invitation  string         `json:"i,omitempty"` // its id, so that revoking it ends the admission
	Who         *Identity      `json:"w,omitempty"` // whom the identity provider vouches for; nil: who the participant says to be
	Software    bool           `json:"s,omitempty"` // a launch code has shown that it is the software
	Name        string         `json:"n,omitempty"` // shown in the list, for the software, which has no identity of its own
	Expires     time.Time      `json:"x"`
}

const (
	admissionCookie = "__Host-admission"
	admissionLife   = 12 * time.Hour
	maxCookie       = 3072 // bytes; one of ours has about 300, and with a long name in it about 1,700
)

// box seals admissions.
func (d *Domain) box() sealed.Box {
	return sealed.Box{Purpose: admissionCookie, Max: maxCookie, Rand: d.cfg.Rand, Keys: func(ctx context.Context, id string) (sealed.Key, error) {
		key, err := d.cfg.Keys.Sealing(ctx, id)
		if errors.Is(err, ErrNotFound) {
			err = sealed.ErrUnknownKey
		}
		return sealed.Key{ID: key.ID, Value: key.Value}, err
	}}
}

func (d *Domain) seal(ctx context.Context, a Admission) (string, error) { return d.box().Seal(ctx, a) }

// open returns the admission in a cookie's value, or sealed.ErrNotOurs when it is not ours, or not any more.
func (d *Domain) open(ctx context.Context, value string) (a Admission, err error) {
	if err := d.box().Open(ctx, value, &a); err != nil {
		return Admission{}, err
	}
	if !d.cfg.Now().Before(a.Expires) {
		return Admission{}, sealed.ErrNotOurs
	}
	return a, nil
}

// newCookie follows the rules of RFC 6265bis for the __Host- prefix: Secure, Path=/, no Domain.
func newCookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: admissionCookie, Value: value, Path: "/", MaxAge: maxAge,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}
