// Package controltoken signs and verifies the control token, by which the installed software sees for itself who asks for
// control of its desktop: not the relay's word counts, but that of the portal that it trusts.
//
// A control token is a JWS (RFC 7515) with EdDSA over Ed25519 (RFC 8037), header typ "control+jwt", signed with the keys of
// join tokens and no join token: no relay takes it. It lives at most 120 seconds and is for one presenter, in one
// conference, about one participant, who is of the company.
package controltoken

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// MaxLifetime bounds exp - iat.
	MaxLifetime = 120 * time.Second
	// Leeway is how far two clocks may be apart.
	Leeway = 30 * time.Second

	tokenType = "control+jwt"
	maxLength = 4096 // bytes; a token of ours has about 600
)

// Roles that may ask for control: a guest never does.
const (
	roleInternal  = "internal"
	roleOrganizer = "organizer"
)

// ErrInvalid is wrapped by every refusal of Verify, that the keys could not be had among them: do not believe it.
var ErrInvalid = errors.New("control token is not valid")

// Claims is what a control token says.
type Claims struct {
	Issuer     string
	Presenter  string // aud: the participant who is asked
	Controller string // sub: the participant who asks
	ID         string // jti
	Conference string // the conference's id
	Name       string // the asker's display name
	Role       string // internal or organizer
	IssuedAt   time.Time
	Expires    time.Time
}

func (c Claims) validate() error {
	switch {
	case c.Issuer == "" || c.Presenter == "" || c.Controller == "" || c.ID == "" || c.Conference == "":
		return errors.New("issuer, audience, subject, id and conference are required")
	case c.Presenter == c.Controller:
		return errors.New("nobody asks himself")
	case c.Role != roleInternal && c.Role != roleOrganizer:
		return fmt.Errorf("role %q never gets control", c.Role)
	case c.Expires.Sub(c.IssuedAt) > MaxLifetime || !c.Expires.After(c.IssuedAt):
		return fmt.Errorf("lifetime %s is not within %s", c.Expires.Sub(c.IssuedAt), MaxLifetime)
	}
	return nil
}

// payload is the wire form of Claims.
type payload struct {
	jwt.RegisteredClaims
	Conference string `json:"conference"`
	Name       string `json:"name"`
	Role       string `json:"role"`
}

func (p payload) claims() Claims {
	c := Claims{Issuer: p.Issuer, Controller: p.Subject, ID: p.ID, Conference: p.Conference, Name: p.Name, Role: p.Role}
	if len(p.Audience) == 1 { // one presenter, not a list of them
		c.Presenter = p.Audience[0]
	}
	if p.IssuedAt != nil {
		c.IssuedAt = p.IssuedAt.Time
	}
	if p.ExpiresAt != nil {
		c.Expires = p.ExpiresAt.Time
	}
	return c
}

// Sign signs the claims as they are, with the key of that id; it refuses claims that no software would believe.
func Sign(kid string, key ed25519.PrivateKey, c Claims) (string, error) {
	if err := c.validate(); err != nil {
		return "", fmt.Errorf("sign control token: %w", err)
	}
	issued := jwt.NewNumericDate(c.IssuedAt)
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, payload{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: c.Issuer, Audience: jwt.ClaimStrings{c.Presenter}, Subject: c.Controller, ID: c.ID,
			IssuedAt: issued, NotBefore: issued, ExpiresAt: jwt.NewNumericDate(c.Expires),
		},
		Conference: c.Conference, Name: c.Name, Role: c.Role,
	})
	token.Header["typ"], token.Header["kid"] = tokenType, kid
	signed, err := token.SignedString(key)
	if err != nil {
		return "", fmt.Errorf("sign control token: %w", err)
	}
	return signed, nil
}

// Keys finds the issuer's public keys; jointoken.Remote reads them from the portal's key set.
type Keys interface {
	Key(ctx context.Context, kid string) (ed25519.PublicKey, error)
}

// Verifier checks the control tokens that one presenter's software is shown. The issuer and the address of its keys are the
// software's own, never what a relay or a token says.
type Verifier struct {
	Issuer     string
	Presenter  string // the participant that the software is
	Conference string
	Keys       Keys
	Now        func() time.Time
}

// Verify returns the claims of a token that is good now and about the participant who asks.
func (v *Verifier) Verify(ctx context.Context, token, asker string) (Claims, error) {
	if len(token) > maxLength {
		return Claims{}, fmt.Errorf("%w: too long", ErrInvalid)
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithIssuer(v.Issuer), jwt.WithAudience(v.Presenter), jwt.WithSubject(asker), jwt.WithLeeway(Leeway), jwt.WithTimeFunc(v.Now))
	var p payload
	_, err := parser.ParseWithClaims(token, &p, func(t *jwt.Token) (any, error) { return v.key(ctx, t) })
	if err != nil {
		return Claims{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	c := p.claims()
	if err := c.validate(); err != nil {
		return Claims{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	// The library checks no issuer, audience or subject that it is told to be "".
	if c.Conference != v.Conference || c.Issuer != v.Issuer || c.Presenter != v.Presenter || c.Controller != asker {
		return Claims{}, fmt.Errorf("%w: it is for another conference, or about somebody else", ErrInvalid)
	}
	return c, nil
}

// key never looks at jku, jwk and x5u: the key comes from the issuer's set alone.
func (v *Verifier) key(ctx context.Context, t *jwt.Token) (ed25519.PublicKey, error) {
	if t.Header["typ"] != tokenType {
		return nil, errors.New("typ is not " + tokenType)
	}
	kid, _ := t.Header["kid"].(string)
	return v.Keys.Key(ctx, kid)
}
