package controltoken

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// keySet is the issuer's.
type keySet map[string]ed25519.PublicKey

func (s keySet) Key(_ context.Context, kid string) (ed25519.PublicKey, error) {
	if key, ok := s[kid]; ok {
		return key, nil
	}
	return nil, errors.New("no such key")
}

func newKey(t testing.TB) (ed25519.PublicKey, ed25519.PrivateKey) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return public, private
}

func claimsAt(now time.Time) Claims {
	return Claims{
		Issuer: "https://coopnet.example", Presenter: "p-bob", Controller: "p-ann", ID: "j-1", Conference: "c-1", Name: "Anne Martin", Role: "internal",
		IssuedAt: now, Expires: now.Add(MaxLifetime),
	}
}

func verifier(now time.Time, keys keySet) *Verifier {
	return &Verifier{Issuer: "https://coopnet.example", Presenter: "p-bob", Conference: "c-1", Keys: keys, Now: func() time.Time { return now }}
}

func TestRoundTrip(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	public, private := newKey(t)
	for _, role := range []string{"internal", "organizer"} {
		want := claimsAt(now)
		want.Role = role
		token, err := Sign("k-1", private, want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := verifier(now.Add(Leeway), keySet{"k-1": public}).Verify(t.Context(), token, "p-ann")
		if err != nil || got != want {
			t.Errorf("got %+v, %v", got, err)
		}
	}
}

func TestSignRefusesWhatNobodyBelieves(t *testing.T) {
	now := time.Now()
	_, private := newKey(t)
	for name, change := range map[string]func(*Claims){
		"a guest":         func(c *Claims) { c.Role = "guest" },
		"no role":         func(c *Claims) { c.Role = "" },
		"oneself":         func(c *Claims) { c.Presenter = c.Controller },
		"nobody":          func(c *Claims) { c.Presenter = "" },
		"no conference":   func(c *Claims) { c.Conference = "" },
		"too long a life": func(c *Claims) { c.Expires = now.Add(MaxLifetime + time.Second) },
		"no life":         func(c *Claims) { c.Expires = now },
	} {
		c := claimsAt(now)
		change(&c)
		if token, err := Sign("k-1", private, c); err == nil {
			t.Errorf("%s: signed %q", name, token)
		}
	}
}

// forge signs anything at all, as an attacker would.
func forge(t *testing.T, method jwt.SigningMethod, key any, header map[string]any, claims jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, claims)
	for name, value := range header {
		token.Header[name] = value
	}
	signed, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestVerifyRefuses(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	public, private := newKey(t)
	_, other := newKey(t)
	head := map[string]any{"typ": tokenType, "kid": "k-1"}
	with := func(name string, value any) string {
		claims := jwt.MapClaims{"iss": "https://coopnet.example", "aud": "p-bob", "sub": "p-ann", "jti": "j", "conference": "c-1", "name": "n", "role": "internal",
			"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Unix() + 60}
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
		return forge(t, jwt.SigningMethodEdDSA, private, head, claims)
	}
	good := jwt.MapClaims{"iss": "https://coopnet.example", "aud": "p-bob", "sub": "p-ann", "jti": "j", "conference": "c-1", "role": "internal", "iat": now.Unix(), "exp": now.Unix() + 60}
	if _, err := verifier(now, keySet{"k-1": public}).Verify(t.Context(), with("name", "n"), "p-ann"); err != nil {
		t.Fatalf("the good one: %v", err)
	}
	for name, token := range map[string]string{
		"empty":              "",
		"very long":          strings.Repeat("a", maxLength+1),
		"alg none":           forge(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, head, good),
		"HS256, public key":  forge(t, jwt.SigningMethodHS256, []byte(public), head, good),
		"another key":        forge(t, jwt.SigningMethodEdDSA, other, head, good),
		"a key of its own":   forge(t, jwt.SigningMethodEdDSA, other, map[string]any{"typ": tokenType, "kid": "k-2", "jku": "http://127.0.0.1:1/"}, good),
		"no kid":             forge(t, jwt.SigningMethodEdDSA, private, map[string]any{"typ": tokenType}, good),
		"a join token":       forge(t, jwt.SigningMethodEdDSA, private, map[string]any{"typ": "join+jwt", "kid": "k-1"}, good),
		"no exp":             with("exp", nil),
		"no iat":             with("iat", nil),
		"no jti":             with("jti", nil),
		"a long life":        with("exp", now.Unix()+3600),
		"expired":            with("exp", now.Unix()-40),
		"not yet":            with("nbf", now.Unix()+300),
		"from the future":    with("iat", now.Unix()+300),
		"another issuer":     with("iss", "https://evil.example"),
		"another presenter":  with("aud", "p-eve"),
		"every presenter":    with("aud", []string{"p-bob", "p-eve"}),
		"another asker":      with("sub", "p-eve"),
		"the presenter":      with("sub", "p-bob"),
		"another conference": with("conference", "c-2"),
		"no conference":      with("conference", nil),
		"a guest":            with("role", "guest"),
		"no role":            with("role", nil),
	} {
		if _, err := verifier(now, keySet{"k-1": public}).Verify(t.Context(), token, "p-ann"); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, asker := range []string{"p-eve", "p-bob", ""} {
		if _, err := verifier(now, keySet{"k-1": public}).Verify(t.Context(), with("name", "n"), asker); !errors.Is(err, ErrInvalid) {
			t.Errorf("shown by %q: %v", asker, err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	now := time.Unix(1_800_000_000, 0)
	public, private := newKey(f)
	token, err := Sign("k-1", private, claimsAt(now))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token[:len(token)-4] + "AAAA")
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, some string) {
		if c, err := verifier(now, keySet{"k-1": public}).Verify(t.Context(), some, "p-ann"); err == nil && c != claimsAt(now) {
			t.Fatalf("%q says %+v", some, c)
		}
	})
}
