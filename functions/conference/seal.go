package conference

import (
	"context"
	"errors"
	"io"
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
	Invited     *Identity      `json:"v,omitempty"` // whom the personal link is for; who they say to be comes first
	Software    bool           `json:"s,omitempty"` // a launch code has shown that it is the software
	Name        string         `json:"n,omitempty"` // shown in the list, for the software, which has no identity of its own
	Person      string         `json:"e,omitempty"` // see jointoken.Person; for the software too, so that erasing finds its attendance
	Site        string         `json:"a,omitempty"` // where it was given, for limits
	Password    string         `json:"k,omitempty"` // the id of the one that was right, so that another one ends the admission
	Expires     time.Time      `json:"x"`
}

const (
	admissionCookie = "__Host-admission"
	admissionLife   = 12 * time.Hour
	maxCookie       = 3072 // bytes; one of ours has about 300, and with a long name in it about 1,700
)

// Sealer encrypts what the control plane alone may read, under the keys of the cookies.
type Sealer struct {
	Keys Keys
	Rand io.Reader
}

// maxSealed bounds what Open looks at.
const maxSealed = 256 << 10

// Seal encrypts for a purpose.
func (s Sealer) Seal(ctx context.Context, purpose string, plain []byte) (string, error) {
	return s.box(purpose, maxSealed).Seal(ctx, plain)
}

// Open decrypts. sealed.ErrNotOurs is the answer to anything that was not sealed for this purpose, or too long ago.
func (s Sealer) Open(ctx context.Context, purpose, value string) (plain []byte, err error) {
	return plain, s.box(purpose, maxSealed).Open(ctx, value, &plain)
}

func (s Sealer) box(purpose string, longest int) sealed.Box {
	return sealed.Box{Purpose: purpose, Max: longest, Rand: s.Rand, Keys: func(ctx context.Context, id string) (sealed.Key, error) {
		key, err := s.Keys.Sealing(ctx, id)
		if errors.Is(err, ErrNotFound) {
			err = sealed.ErrUnknownKey
		}
		return sealed.Key{ID: key.ID, Value: key.Value}, err
	}}
}

// box seals admissions.
func (d *Domain) box() sealed.Box {
	return Sealer{Keys: d.cfg.Keys, Rand: d.cfg.Rand}.box(admissionCookie, maxCookie)
}

// seal makes the value of an admission's cookie.
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
