package provider_test

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/coopnet/coopnet/functions/provider"
	"github.com/coopnet/coopnet/shared/problem"
)

func TestRotation(t *testing.T) {
	s := newStub(t)
	p := s.provider(nil)
	verify := func(token string) error {
		_, err := p.Verify(t.Context(), token)
		return err
	}
	if err := verify(s.token(nil)); err != nil {
		t.Fatal(err)
	}
	next, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	s.publish(jwk("r2", "", next.Public()))
	rotated := func() string { return s.sign(jose.RS256, next, "r2", s.claims(nil)) }
	wantCode(t, "asked a moment ago", verify(rotated()), problem.Unauthenticated)
	s.advance(10 * time.Second)
	if err := verify(rotated()); err != nil {
		t.Errorf("a new key: %v", err)
	}
	wantCode(t, "a key that was taken back", verify(s.token(nil)), problem.Unauthenticated)
	if n := s.count("/keys"); n != 2 {
		t.Errorf("asked %d times", n)
	}
	for i := range 100 { // strangers' tokens do not make us ask
		wantCode(t, "unknown", verify(s.sign(jose.RS256, next, fmt.Sprint("x", i), s.claims(nil))), problem.Unauthenticated)
	}
	if n := s.count("/keys"); n != 2 {
		t.Errorf("asked %d times", n)
	}
}

func TestTakenBackKeyDies(t *testing.T) {
	s := newStub(t)
	p := s.provider(nil)
	if _, err := p.Verify(t.Context(), s.token(nil)); err != nil {
		t.Fatal(err)
	}
	s.publish(jwk("e1", "", s.ec.Public()))
	s.advance(10 * time.Minute)
	_, err := p.Verify(t.Context(), s.token(nil))
	wantCode(t, "no key asks for it", err, problem.Unauthenticated)
}

// TestProviderDown: known keys go on for as long as it takes; what would have to be asked is refused in time.
func TestProviderDown(t *testing.T) {
	s := newStub(t)
	p := s.provider(nil)
	if _, err := p.Verify(t.Context(), s.token(nil)); err != nil {
		t.Fatal(err)
	}
	s.change(func() { s.fails = true })
	for _, later := range []time.Duration{time.Minute, time.Hour, 24 * time.Hour} {
		s.advance(later)
		if _, err := p.Verify(t.Context(), s.token(nil)); err != nil {
			t.Errorf("a known key after %v: %v", later, err)
		}
	}
	unknown := func() error {
		_, err := p.Verify(t.Context(), s.sign(jose.RS256, s.rsa, "x", s.claims(nil)))
		return err
	}
	err := unknown()
	wantCode(t, "unknown", err, problem.Unavailable)
	if problem.From(err).RetryAfter <= 0 {
		t.Error("no Retry-After")
	}
	asked := s.count("/.well-known/openid-configuration") + s.count("/keys")
	for range 50 {
		wantCode(t, "unknown, again", unknown(), problem.Unavailable)
	}
	if n := s.count("/.well-known/openid-configuration") + s.count("/keys"); n != asked {
		t.Errorf("a provider that is down was asked %d more times", n-asked)
	}
	s.change(func() { s.fails = false })
	s.advance(5 * time.Second)
	wantCode(t, "unknown, answered", unknown(), problem.Unauthenticated)
}

func TestProviderHangs(t *testing.T) {
	s := newStub(t)
	p := s.provider(nil)
	hangs := make(chan struct{})
	s.change(func() { s.hangs = hangs })
	defer close(hangs)
	start := time.Now()
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			_, err := p.Verify(t.Context(), s.token(nil))
			wantCode(t, "hangs", err, problem.Unavailable)
		})
	}
	all.Wait()
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("refused after %v", took)
	}
	if n := s.count("/.well-known/openid-configuration"); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// TestManyAtOnce: one asks, the others wait for its answer.
func TestManyAtOnce(t *testing.T) {
	s := newStub(t)
	p := s.provider(nil)
	token := s.token(nil)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if _, err := p.Verify(t.Context(), token); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := s.count("/keys"); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestDiscoveryIsChecked(t *testing.T) {
	for what, change := range map[string]func(object){
		"another issuer":  func(d object) { d["issuer"] = "https://evil.example" },
		"keys over HTTP":  func(d object) { d["jwks_uri"] = "http://evil.example/keys" },
		"no keys":         func(d object) { delete(d, "jwks_uri") },
		"tokens to HTTP":  func(d object) { d["token_endpoint"] = "http://evil.example/token" },
		"endless":         func(d object) { d["pad"] = strings.Repeat("x", 600<<10) },
		"keys of a file":  func(d object) { d["jwks_uri"] = "file:///etc/passwd" },
		"keys elsewhere":  func(d object) { d["jwks_uri"] = d["issuer"].(string) + "/moved" },
		"keys of nothing": func(d object) { d["jwks_uri"] = d["issuer"].(string) + "/.well-known/openid-configuration" },
	} {
		s := newStub(t)
		s.change(func() { s.discovery = change })
		_, err := s.provider(nil).Verify(t.Context(), s.token(nil))
		wantCode(t, what, err, problem.Unavailable)
	}
}

// TestUnfitKeysAreLeftOut: one that nobody understands hinders no other, and weak or secret ones verify nothing.
func TestUnfitKeysAreLeftOut(t *testing.T) {
	s := newStub(t)
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	forEncryption := jwk("enc", "", s.rsa.Public())
	forEncryption.Use = "enc"
	s.publish(jwk("weak", "", weak.Public()), jose.JSONWebKey{KeyID: "h", Key: []byte("a shared secret of 32 bytes, or so")},
		forEncryption, jwk("r1", "RS256", s.rsa.Public()))
	p := s.provider(nil)
	if _, err := p.Verify(t.Context(), s.token(nil)); err != nil {
		t.Error(err)
	}
	for what, token := range map[string]string{
		"weak":              s.sign(jose.RS256, weak, "weak", s.claims(nil)),
		"secret":            s.sign(jose.HS256, []byte("a shared secret of 32 bytes, or so"), "h", s.claims(nil)),
		"for encryption":    s.sign(jose.RS256, s.rsa, "enc", s.claims(nil)),
		"for another's alg": s.sign(jose.PS256, s.rsa, "r1", s.claims(nil)),
	} {
		_, err := p.Verify(t.Context(), token)
		wantCode(t, what, err, problem.Unauthenticated)
	}
}

func TestTokenWithoutKeyID(t *testing.T) {
	s := newStub(t)
	s.publish(jwk("", "", s.rsa.Public()))
	if _, err := s.provider(nil).Verify(t.Context(), s.sign(jose.RS256, s.rsa, "", s.claims(nil))); err != nil {
		t.Errorf("a provider with one key: %v", err)
	}
}

func TestNoAudience(t *testing.T) {
	s := newStub(t)
	p := s.provider(func(cfg *provider.Config) { cfg.Audience = "" })
	_, err := p.Verify(t.Context(), s.token(object{"aud": ""}))
	wantCode(t, "no audience", err, problem.Unauthenticated)
}
