package provider_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/coopnet/coopnet/functions/provider"
	"github.com/coopnet/coopnet/shared/problem"
)

// stub signs what no honest provider would. The real one is in real_test.go.
type stub struct {
	t      testing.TB
	server *httptest.Server
	rsa    *rsa.PrivateKey
	ec     *ecdsa.PrivateKey

	mu        sync.Mutex
	now       time.Time
	published []jose.JSONWebKey
	discovery func(object) // changes the document
	tokens    object       // of the token endpoint
	userinfo  object       // nil: there is none
	fails     bool
	hangs     chan struct{} // not nil: nothing is answered before it is closed
	asked     map[string]int
	log       bytes.Buffer
}

type object = map[string]any

func newStub(t testing.TB) *stub {
	t.Helper()
	s := &stub{t: t, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), asked: make(map[string]int)}
	var err error
	if s.rsa, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	if s.ec, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	s.publish(jwk("r1", "", s.rsa.Public()), jwk("e1", "ES256", s.ec.Public()))
	s.server = httptest.NewServer(s)
	t.Cleanup(s.server.Close)
	return s
}

func jwk(id, alg string, key crypto.PublicKey) jose.JSONWebKey {
	return jose.JSONWebKey{KeyID: id, Algorithm: alg, Key: key}
}

func (s *stub) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *stub) publish(keys ...jose.JSONWebKey) { s.change(func() { s.published = keys }) }

func (s *stub) advance(d time.Duration) { s.change(func() { s.now = s.now.Add(d) }) }

func (s *stub) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *stub) count(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[path]
}

// Write collects the log.
func (s *stub) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(b)
}

func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked[r.URL.Path]++
	fails, hangs, keys, change, tokens, person := s.fails, s.hangs, s.published, s.discovery, s.tokens, s.userinfo
	s.mu.Unlock()
	if hangs != nil {
		<-hangs
	}
	switch {
	case fails:
		http.Error(w, "down", http.StatusBadGateway)
	case r.URL.Path == "/.well-known/openid-configuration":
		document := object{
			"issuer": s.server.URL, "jwks_uri": s.server.URL + "/keys", "authorization_endpoint": s.server.URL + "/auth",
			"token_endpoint": s.server.URL + "/token", "id_token_signing_alg_values_supported": []string{"RS256", "none", "HS256"},
		}
		if change != nil {
			change(document)
		}
		_ = json.NewEncoder(w).Encode(document)
	case r.URL.Path == "/keys":
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: keys})
	case r.URL.Path == "/token":
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(tokens)
	case r.URL.Path == "/person" && person != nil:
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(person)
	default:
		http.NotFound(w, r)
	}
}

// provider opens a Provider as an organizer's program meets it.
func (s *stub) provider(change func(*provider.Config)) *provider.Provider {
	s.t.Helper()
	cfg := provider.Config{
		Issuer: s.server.URL, Audience: "api", Client: provider.Client{ID: "portal"},
		Roles: provider.Roles{Claim: "roles", Of: map[string][]string{"Coopnet-Organizers": {"organizer"}, "Desk": {"support", "internal"}}},
		Now:   s.clock, Logger: slog.New(slog.NewTextHandler(s, nil)),
	}
	if change != nil {
		change(&cfg)
	}
	p, err := provider.New(cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// claims are those of a good access token.
func (s *stub) claims(change object) object {
	now := s.clock()
	c := object{
		"iss": s.server.URL, "aud": "api", "sub": "anne", "roles": []string{"Coopnet-Organizers"},
		"iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(), "email": "anne@company.example",
	}
	maps.Copy(c, change)
	for name, value := range c {
		if value == nil {
			delete(c, name)
		}
	}
	return c
}

// sign makes a token; headers come in pairs.
func (s *stub) sign(alg jose.SignatureAlgorithm, key any, kid string, claims object, headers ...string) string {
	s.t.Helper()
	options := &jose.SignerOptions{ExtraHeaders: map[jose.HeaderKey]any{}}
	for i := 0; i+1 < len(headers); i += 2 {
		options.ExtraHeaders[jose.HeaderKey(headers[i])] = headers[i+1]
	}
	if kid != "" {
		options.ExtraHeaders["kid"] = kid
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, options)
	if err != nil {
		s.t.Fatal(err)
	}
	body, err := json.Marshal(claims)
	if err != nil {
		s.t.Fatal(err)
	}
	signed, err := signer.Sign(body)
	if err != nil {
		s.t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}

// token is a good one with some claims changed; nil takes one out.
func (s *stub) token(change object, headers ...string) string {
	return s.sign(jose.RS256, s.rsa, "r1", s.claims(change), headers...)
}

func wantCode(t *testing.T, what string, err error, code problem.Code) {
	t.Helper()
	if err == nil || problem.From(err).Code != code {
		t.Errorf("%s: got %v, want %s", what, err, code)
	}
}
