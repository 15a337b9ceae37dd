// Package jointoken signs and verifies the join token, the only thing that ties the control plane to a relay.
//
// A join token is a JWS (RFC 7515) with EdDSA over Ed25519 (RFC 8037), header typ "join+jwt". It lives at most 120
// seconds and names one relay, one conference and one participant. Relays hold public keys only, so a stolen relay
// cannot mint tokens.
package jointoken

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Role says what a participant is to the company that hosts the conference.
type Role string

// The roles.
const (
	RoleGuest     Role = "guest"
	RoleInternal  Role = "internal"
	RoleOrganizer Role = "organizer"
)

// Permission is one thing that the holder may do.
type Permission string

// The permissions.
const (
	View     Permission = "view"
	Share    Permission = "share"
	Control  Permission = "control"
	Chat     Permission = "chat"
	Annotate Permission = "annotate"
	Moderate Permission = "moderate"
)

const (
	// MaxLifetime bounds exp - iat.
	MaxLifetime = 120 * time.Second
	// Leeway is how far two clocks may be apart.
	Leeway = 30 * time.Second

	tokenType = "join+jwt"
	maxLength = 4096 // bytes; a token of ours has about 600
)

// Verification refusals. Every error of Verify wraps one of them.
var (
	ErrInvalid = errors.New("join token is not valid")
	ErrExpired = errors.New("join token has expired")
	ErrTime    = errors.New("join token is from another time: check the clocks")
	ErrScope   = errors.New("join token is for another relay")
)

// Claims is what a join token says.
type Claims struct {
	Issuer      string
	Audience    string // the relay's id
	Subject     string // the participant's id
	ID          string // jti
	Conference  string // the conference's id
	Name        string // the participant's display name
	Role        Role
	Permissions []Permission
	Person      string // see Person; "" without an e-mail address
	Limit       int    // how many participants the conference may have, this one included; 0 is no limit of its own
	Software    bool   // held by the installed software, beside the page of the same participant
	IssuedAt    time.Time
	NotBefore   time.Time
	Expires     time.Time
}

// Allows reports whether the claims carry the permission. A guest never controls, whatever the token says.
func (c Claims) Allows(p Permission) bool {
	if p == Control && c.Role != RoleInternal && c.Role != RoleOrganizer {
		return false
	}
	return slices.Contains(c.Permissions, p)
}

// Person is a pseudonym for who has an e-mail address. By it what relays report of somebody can be found and erased, and
// no relay and no list of attendance learns the address. It hides nothing from who can guess the address.
func Person(email string) string {
	if email = strings.ToLower(strings.TrimSpace(email)); email == "" {
		return ""
	}
	hash := sha256.Sum256([]byte("coopnet person\x00" + email))
	return base64.RawURLEncoding.EncodeToString(hash[:16])
}

func (c Claims) validate() error {
	switch {
	case c.Issuer == "" || c.Audience == "" || c.Subject == "" || c.ID == "" || c.Conference == "":
		return errors.New("issuer, audience, subject, id and conference are required")
	case c.Role != RoleGuest && c.Role != RoleInternal && c.Role != RoleOrganizer:
		return fmt.Errorf("unknown role %q", c.Role)
	case c.Role == RoleGuest && slices.Contains(c.Permissions, Control):
		return errors.New("a guest never gets control")
	case c.Limit < 0:
		return fmt.Errorf("limit %d is negative", c.Limit)
	case c.Expires.Sub(c.IssuedAt) > MaxLifetime || !c.Expires.After(c.IssuedAt):
		return fmt.Errorf("lifetime %s is not within %s", c.Expires.Sub(c.IssuedAt), MaxLifetime)
	}
	return nil
}

// payload is the wire form of Claims.
type payload struct {
	jwt.RegisteredClaims
	Conference  string       `json:"conference"`
	Name        string       `json:"name"`
	Role        Role         `json:"role"`
	Permissions []Permission `json:"permissions"`
	Person      string       `json:"person,omitempty"`
	Limit       int          `json:"limit,omitempty"`
	Software    bool         `json:"software,omitempty"`
}

// Key is a private signing key and its id.
type Key struct {
	ID      string
	Private ed25519.PrivateKey
}

// NewKey makes a key from random bytes. Its id is the RFC 7638 thumbprint of the public key.
func NewKey(random io.Reader) (Key, error) {
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(random, seed); err != nil {
		return Key{}, fmt.Errorf("read random bytes: %w", err)
	}
	return KeyFromSeed(seed)
}

// KeyFromSeed restores a stored key from its 32-byte seed.
func KeyFromSeed(seed []byte) (Key, error) {
	if len(seed) != ed25519.SeedSize {
		return Key{}, fmt.Errorf("a seed has %d bytes, not %d", ed25519.SeedSize, len(seed))
	}
	private := ed25519.NewKeyFromSeed(seed)
	return Key{ID: thumbprint(private.Public().(ed25519.PublicKey)), Private: private}, nil
}

// thumbprint follows RFC 7638 section 3 with the members of RFC 8037 section 2.
func thumbprint(public ed25519.PublicKey) string {
	x := base64.RawURLEncoding.EncodeToString(public)
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + x + `"}`))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Sign signs the claims as they are; it refuses claims that no relay would accept.
func Sign(k Key, c Claims) (string, error) {
	if err := c.validate(); err != nil {
		return "", fmt.Errorf("sign join token: %w", err)
	}
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, payload{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: c.Issuer, Subject: c.Subject, Audience: jwt.ClaimStrings{c.Audience}, ID: c.ID,
			IssuedAt: jwt.NewNumericDate(c.IssuedAt), NotBefore: jwt.NewNumericDate(c.NotBefore), ExpiresAt: jwt.NewNumericDate(c.Expires),
		},
		Conference: c.Conference, Name: c.Name, Role: c.Role, Permissions: c.Permissions, Person: c.Person, Limit: c.Limit,
		Software: c.Software,
	})
	t.Header["typ"] = tokenType
	t.Header["kid"] = k.ID
	s, err := t.SignedString(k.Private)
	if err != nil {
		return "", fmt.Errorf("sign join token: %w", err)
	}
	return s, nil
}

// KeySource finds a public key by its id. It returns ErrUnknownKey for an id that the issuer does not publish.
type KeySource interface {
	Key(ctx context.Context, kid string) (ed25519.PublicKey, error)
}

// Verifier checks join tokens for one relay, offline but for the keys.
type Verifier struct {
	Issuer   string
	Audience string // the relay's id
	Keys     KeySource
	Now      func() time.Time
}

// Verify returns the claims of a token that is good now. Its errors wrap ErrInvalid, ErrExpired, ErrTime or ErrScope;
// any other error means that the keys could not be had.
func (v *Verifier) Verify(ctx context.Context, token string) (Claims, error) {
	if len(token) > maxLength {
		return Claims{}, fmt.Errorf("%w: too long", ErrInvalid)
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithIssuer(v.Issuer), jwt.WithAudience(v.Audience), jwt.WithLeeway(Leeway), jwt.WithTimeFunc(v.Now))
	var p payload
	var keyErr error
	_, err := parser.ParseWithClaims(token, &p, func(t *jwt.Token) (any, error) {
		// jku, jwk and x5u are never looked at: the key comes from the issuer's set alone.
		if t.Header["typ"] != tokenType {
			return nil, errors.New("typ is not " + tokenType)
		}
		kid, _ := t.Header["kid"].(string)
		key, err := v.Keys.Key(ctx, kid)
		keyErr = err
		return key, err
	})
	if keyErr != nil && !errors.Is(keyErr, ErrUnknownKey) {
		return Claims{}, fmt.Errorf("read the issuer's keys: %w", keyErr)
	}
	if err != nil {
		return Claims{}, refusal(err, v.Now().Sub(p.claims().Expires))
	}
	c := p.claims()
	if err := c.validate(); err != nil {
		return Claims{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return c, nil
}

func (p payload) claims() Claims {
	c := Claims{
		Issuer: p.Issuer, Subject: p.Subject, ID: p.ID, Conference: p.Conference, Name: p.Name, Role: p.Role, Permissions: p.Permissions,
		Person: p.Person, Limit: p.Limit, Software: p.Software,
	}
	if len(p.Audience) == 1 { // one relay, not a list of them
		c.Audience = p.Audience[0]
	}
	if p.IssuedAt != nil {
		c.IssuedAt = p.IssuedAt.Time
	}
	if p.NotBefore != nil {
		c.NotBefore = p.NotBefore.Time
	}
	if p.ExpiresAt != nil {
		c.Expires = p.ExpiresAt.Time
	}
	return c
}

// refusal maps the library's errors to ours. A bad signature outranks the claims: nothing of an unsigned token is
// believed. Nobody keeps a token for longer than it lives: one that is older by more than that says that a clock is wrong.
func refusal(err error, past time.Duration) error {
	switch {
	case errors.Is(err, jwt.ErrTokenUnverifiable), errors.Is(err, jwt.ErrTokenMalformed), errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	case errors.Is(err, jwt.ErrTokenInvalidIssuer), errors.Is(err, jwt.ErrTokenRequiredClaimMissing):
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	case errors.Is(err, jwt.ErrTokenInvalidAudience):
		return fmt.Errorf("%w: %w", ErrScope, err)
	case errors.Is(err, jwt.ErrTokenNotValidYet), errors.Is(err, jwt.ErrTokenUsedBeforeIssued):
		return fmt.Errorf("%w: %w", ErrTime, err)
	case errors.Is(err, jwt.ErrTokenExpired) && past > MaxLifetime:
		return fmt.Errorf("%w: %w", ErrTime, err)
	case errors.Is(err, jwt.ErrTokenExpired):
		return fmt.Errorf("%w: %w", ErrExpired, err)
	}
	return fmt.Errorf("%w: %w", ErrInvalid, err)
}
