package provider_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/coopnet/coopnet/functions/provider"
	"github.com/coopnet/coopnet/shared/problem"
)

func TestGoodTokens(t *testing.T) {
	s := newStub(t)
	public, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s.publish(jwk("r1", "", s.rsa.Public()), jwk("e1", "ES256", s.ec.Public()), jwk("d1", "", public))
	p := s.provider(nil)
	now := s.clock()
	for what, token := range map[string]string{
		"no typ":                   s.token(nil),
		"RFC 9068":                 s.token(nil, "typ", "at+jwt"),
		"RFC 9068, long":           s.token(object{"nonce": "n"}, "typ", "application/at+jwt"),
		"JWT":                      s.token(nil, "typ", "JWT"),
		"Keycloak":                 s.token(object{"typ": "Bearer", "nonce": "n"}, "typ", "JWT"),
		"PS512":                    s.sign(jose.PS512, s.rsa, "r1", s.claims(nil)),
		"ES256":                    s.sign(jose.ES256, s.ec, "e1", s.claims(nil)),
		"EdDSA":                    s.sign(jose.EdDSA, ed, "d1", s.claims(nil)),
		"one of several audiences": s.token(object{"aud": []string{"other", "api"}}),
		"expired within leeway":    s.token(object{"exp": now.Add(-29 * time.Second).Unix()}),
		"early within leeway":      s.token(object{"nbf": now.Add(29 * time.Second).Unix(), "iat": now.Add(29 * time.Second).Unix()}),
	} {
		who, err := p.Verify(t.Context(), token)
		if err != nil || who.Actor() != "oidc:anne" || !reflect.DeepEqual(who.Roles, []string{"organizer"}) {
			t.Errorf("%s: got %+v, %v", what, who, err)
		}
	}
	if n := s.count("/keys") + s.count("/.well-known/openid-configuration"); n != 2 {
		t.Errorf("asked %d times", n)
	}
}

// publicAsSecret is the classic confusion: HMAC with the public key, which everybody has, as the secret.
func (s *stub) publicAsSecret() string {
	der, err := x509.MarshalPKIXPublicKey(s.rsa.Public())
	if err != nil {
		s.t.Fatal(err)
	}
	return s.sign(jose.HS256, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), "r1", s.claims(nil))
}

func (s *stub) unsigned(alg string) string {
	body, err := json.Marshal(s.claims(nil))
	if err != nil {
		s.t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"`+alg+`","kid":"r1"}`)) + "." + encode(body) + "."
}

func TestBadTokens(t *testing.T) {
	s := newStub(t)
	p := s.provider(nil)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	now := s.clock()
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	good := s.token(nil)
	for what, token := range map[string]string{
		"nothing":                   "",
		"dots":                      "..",
		"rubbish":                   "a.b.c",
		"a JWS in JSON":             `{"payload":"e30","signatures":[{"protected":"e30","signature":""}]}`,
		"HMAC with the public key":  s.publicAsSecret(),
		"alg none":                  s.unsigned("none"),
		"alg None":                  s.unsigned("None"),
		"alg RS256, no signature":   s.unsigned("RS256"),
		"RSA key, ES256 header":     s.sign(jose.ES256, s.ec, "r1", s.claims(nil)),
		"EC key id, RS256 header":   s.sign(jose.RS256, s.rsa, "e1", s.claims(nil)),
		"another key, known id":     s.sign(jose.RS256, other, "r1", s.claims(nil)),
		"unknown id":                s.sign(jose.RS256, other, "x", s.claims(nil)),
		"no id, several keys":       s.sign(jose.RS256, s.rsa, "", s.claims(nil)),
		"its own key in the header": s.signWithEmbeddedKey(other),
		"payload changed":           changed(t, good),
		"cut":                       good[:len(good)-10],
		"critical header":           s.token(nil, "crit", "x"),
		"another issuer":            s.token(object{"iss": "https://evil.example"}),
		"issuer with a slash":       s.token(object{"iss": s.server.URL + "/"}),
		"no issuer":                 s.token(object{"iss": nil}),
		"another audience":          s.token(object{"aud": "other"}),
		"audience of other case":    s.token(object{"aud": "API"}),
		"no audience":               s.token(object{"aud": nil}),
		"expired":                   s.token(object{"exp": at(-31 * time.Second)}),
		"no exp":                    s.token(object{"exp": nil}),
		"exp as text":               s.token(object{"exp": "tomorrow"}),
		"exp beyond time":           s.token(object{"exp": 1e300}),
		"not yet":                   s.token(object{"nbf": at(31 * time.Second)}),
		"issued in the future":      s.token(object{"iat": at(31 * time.Second)}),
		"ID token by audience":      s.token(object{"aud": "portal", "nonce": "n"}),
		"ID token by nonce":         s.token(object{"aud": []string{"portal", "api"}, "nonce": "n"}),
		"ID token by at_hash":       s.token(object{"at_hash": "h"}, "typ", "JWT"),
		"ID token of Keycloak":      s.token(object{"typ": "ID"}, "typ", "JWT"),
		"refresh token of Keycloak": s.token(object{"typ": "Refresh"}, "typ", "JWT"),
		"logout token":              s.token(object{"events": object{}}, "typ", "logout+jwt"),
		"our own join token's typ":  s.token(nil, "typ", "join+jwt"),
		"proof of possession":       s.token(object{"cnf": object{"jkt": "x"}}, "typ", "at+jwt"),
		"huge":                      s.token(object{"pad": strings.Repeat("x", 9000)}),
	} {
		_, err := p.Verify(t.Context(), token)
		wantCode(t, what, err, problem.Unauthenticated)
	}
	log := s.log.String()
	if strings.Contains(log, "anne") || strings.Contains(log, good[:30]) || !strings.Contains(log, "expected audience") {
		t.Errorf("the log has a token or a person, or no reason:\n%s", log)
	}
	if s.count("/keys") > 2 { // the cold start, and once for an unknown id
		t.Errorf("asked %d times for keys", s.count("/keys"))
	}
}

func (s *stub) signWithEmbeddedKey(key *rsa.PrivateKey) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, &jose.SignerOptions{EmbedJWK: true})
	if err != nil {
		s.t.Fatal(err)
	}
	body, _ := json.Marshal(s.claims(nil))
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

// changed makes another person of a signed token.
func changed(t *testing.T, token string) string {
	t.Helper()
	parts := strings.Split(token, ".")
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	parts[1] = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(body), "anne", "boss", 1)))
	return strings.Join(parts, ".")
}

func TestRoles(t *testing.T) {
	s := newStub(t)
	of := map[string][]string{"org": {"organizer"}, "desk": {"support"}, "two words": {"publisher"}, "*": {"internal"}}
	for what, c := range map[string]struct {
		claim  string
		claims object
		want   []string
	}{
		"a list":               {"roles", object{"roles": []any{"desk", 7, "org", "desk"}}, []string{"support", "organizer", "internal"}},
		"one text":             {"roles", object{"roles": "org"}, []string{"organizer", "internal"}},
		"words":                {"scope", object{"scope": "openid org desk"}, []string{"organizer", "support", "internal"}},
		"a value with a space": {"roles", object{"roles": []any{"two words"}}, []string{"publisher", "internal"}},
		"from the outside in":  {"realm_access.roles", object{"realm_access": object{"roles": []any{"org"}}}, []string{"organizer", "internal"}},
		"a name with dots":     {"https://company.example/roles", object{"https://company.example/roles": []any{"org"}}, []string{"organizer", "internal"}},
		"none":                 {"roles", object{"roles": nil}, []string{"internal"}},
		"not a text":           {"roles", object{"roles": object{"org": true}}, []string{"internal"}},
		"other case":           {"roles", object{"roles": []any{"ORG"}}, []string{"internal"}},
	} {
		p := s.provider(func(cfg *provider.Config) { cfg.Roles = provider.Roles{Claim: c.claim, Of: of} })
		who, err := p.Verify(t.Context(), s.token(c.claims))
		if err != nil || !reflect.DeepEqual(who.Roles, c.want) {
			t.Errorf("%s: got %v, %v, want %v", what, who.Roles, err, c.want)
		}
	}
}

func TestActor(t *testing.T) {
	for subject, want := range map[string]string{
		"4f1c": "oidc:4f1c", "auth0|5f": "oidc:auth0|5f", "anne@company.example": "oidc:sha256-", "a b": "oidc:sha256-",
		"é": "oidc:sha256-", strings.Repeat("x", 65): "oidc:sha256-", "a\nb": "oidc:sha256-",
	} {
		got := provider.Person{Subject: subject}.Actor()
		if got != want && !(strings.HasSuffix(want, "-") && strings.HasPrefix(got, want) && len(got) == len(want)+16) {
			t.Errorf("%q: got %q", subject, got)
		}
	}
}

func TestConfig(t *testing.T) {
	for what, cfg := range map[string]provider.Config{
		"plain HTTP":       {Issuer: "http://login.example.com", Audience: "api"},
		"no address":       {Issuer: "login", Audience: "api"},
		"a query":          {Issuer: "https://login.example.com/?x=1", Audience: "api"},
		"nothing to do":    {Issuer: "https://login.example.com"},
		"ID tokens as API": {Issuer: "https://login.example.com", Audience: "x", Client: provider.Client{ID: "x"}},
	} {
		if _, err := provider.New(cfg); err == nil {
			t.Errorf("%s: was accepted", what)
		}
	}
}
