package jointoken

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

func testKey(t testing.TB) Key {
	t.Helper()
	k, err := NewKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func claimsAt(now time.Time) Claims {
	return Claims{Issuer: "https://coopnet.example", Audience: "relay-1", Subject: "p-1", ID: "j-1", Conference: "c-1", Name: "Mr James BOND",
		Role: RoleGuest, Permissions: []Permission{View, Chat}, Limit: 25, IssuedAt: now, NotBefore: now, Expires: now.Add(MaxLifetime)}
}

func verifier(now time.Time, keys ...Key) *Verifier {
	return &Verifier{Issuer: "https://coopnet.example", Audience: "relay-1", Keys: NewJWKS(keys...), Now: func() time.Time { return now }}
}

func TestRoundTripWithTwoLiveKeys(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	old, current := testKey(t), testKey(t)
	for _, k := range []Key{old, current} {
		token, err := Sign(k, claimsAt(now))
		if err != nil {
			t.Fatal(err)
		}
		got, err := verifier(now, current, old).Verify(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		if got.Subject != "p-1" || got.Audience != "relay-1" || !got.Allows(View) || got.Allows(Share) || got.Limit != 25 || !got.Expires.Equal(now.Add(MaxLifetime)) {
			t.Errorf("got %+v", got)
		}
	}
}

func TestSignRefusesWhatNoRelayAccepts(t *testing.T) {
	now := time.Now()
	for name, change := range map[string]func(*Claims){
		"a guest with control": func(c *Claims) { c.Permissions = []Permission{View, Control} },
		"too long a life":      func(c *Claims) { c.Expires = now.Add(MaxLifetime + time.Second) },
		"no life":              func(c *Claims) { c.Expires = now },
		"an unknown role":      func(c *Claims) { c.Role = "root" },
		"a negative limit":     func(c *Claims) { c.Limit = -1 },
		"no conference":        func(c *Claims) { c.Conference = "" },
	} {
		c := claimsAt(now)
		change(&c)
		if token, err := Sign(testKey(t), c); err == nil {
			t.Errorf("%s: signed %q", name, token)
		}
	}
}

// forge signs anything at all, as an attacker or a broken issuer would.
func forge(t *testing.T, method jwt.SigningMethod, key any, header map[string]any, claims jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, claims)
	for k, v := range header {
		token.Header[k] = v
	}
	s, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestVerifyRefuses(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	k, other := testKey(t), testKey(t)
	public := k.Private.Public().(ed25519.PublicKey)
	good := func() jwt.MapClaims {
		return jwt.MapClaims{"iss": "https://coopnet.example", "aud": "relay-1", "sub": "p-1", "jti": "j", "conference": "c", "name": "n", "role": "guest",
			"permissions": []string{"view"}, "iat": now.Unix(), "nbf": now.Unix(), "exp": now.Unix() + 60}
	}
	with := func(name string, v any) jwt.MapClaims {
		c := good()
		if v == nil {
			delete(c, name)
		} else {
			c[name] = v
		}
		return c
	}
	head := map[string]any{"typ": tokenType, "kid": k.ID}
	tests := map[string]struct {
		token string
		want  error
	}{
		"empty":             {"", ErrInvalid},
		"very long":         {strings.Repeat("a", 5000), ErrInvalid},
		"alg none":          {forge(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, head, good()), ErrInvalid},
		"HS256, public key": {forge(t, jwt.SigningMethodHS256, []byte(public), head, good()), ErrInvalid},
		"another key":       {forge(t, jwt.SigningMethodEdDSA, other.Private, head, good()), ErrInvalid},
		"unknown kid":       {forge(t, jwt.SigningMethodEdDSA, other.Private, map[string]any{"typ": tokenType, "kid": other.ID}, good()), ErrInvalid},
		"no kid":            {forge(t, jwt.SigningMethodEdDSA, k.Private, map[string]any{"typ": tokenType}, good()), ErrInvalid},
		"wrong typ":         {forge(t, jwt.SigningMethodEdDSA, k.Private, map[string]any{"typ": "JWT", "kid": k.ID}, good()), ErrInvalid},
		"own jwk":           {forge(t, jwt.SigningMethodEdDSA, other.Private, map[string]any{"typ": tokenType, "kid": k.ID, "jku": "http://127.0.0.1:1/"}, good()), ErrInvalid},
		"no exp":            {forge(t, jwt.SigningMethodEdDSA, k.Private, head, with("exp", nil)), ErrInvalid},
		"no iat":            {forge(t, jwt.SigningMethodEdDSA, k.Private, head, with("iat", nil)), ErrInvalid},
		"long life":         {forge(t, jwt.SigningMethodEdDSA, k.Private, head, with("exp", now.Unix()+3600)), ErrInvalid},
		"another issuer":    {forge(t, jwt.SigningMethodEdDSA, k.Private, head, with("iss", "https://evil.example")), ErrInvalid},
		"another relay":     {forge(t, jwt.SigningMethodEdDSA, k.Private, head, with("aud", "relay-2")), ErrScope},
		"two relays":        {forge(t, jwt.SigningMethodEdDSA, k.Private, head, with("aud", []string{"relay-1", "relay-2"})), ErrInvalid},
		"negative limit":    {forge(t, jwt.SigningMethodEdDSA, k.Private, head, with("limit", -1)), ErrInvalid},
		"limit of text":     {forge(t, jwt.SigningMethodEdDSA, k.Private, head, with("limit", "many")), ErrInvalid},
		"guest controls":    {forge(t, jwt.SigningMethodEdDSA, k.Private, head, with("permissions", []string{"view", "control"})), ErrInvalid},
		"expired":           {forge(t, jwt.SigningMethodEdDSA, k.Private, head, with("exp", now.Unix()-40)), ErrExpired},
		"not yet valid":     {forge(t, jwt.SigningMethodEdDSA, k.Private, head, with("nbf", now.Unix()+300)), ErrTime},
		"from the future":   {forge(t, jwt.SigningMethodEdDSA, k.Private, head, with("iat", now.Unix()+300)), ErrTime},
	}
	for name, tt := range tests {
		if _, err := verifier(now, k).Verify(t.Context(), tt.token); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}

// TestClockSkew: half a minute works, five minutes are told apart from a token that is merely too old.
func TestClockSkew(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	k := testKey(t)
	token, err := Sign(k, claimsAt(now))
	if err != nil {
		t.Fatal(err)
	}
	for skew, want := range map[time.Duration]error{
		-5 * time.Minute: ErrTime, -31 * time.Second: ErrTime, -29 * time.Second: nil, 149 * time.Second: nil, 151 * time.Second: ErrExpired,
		240 * time.Second: ErrExpired, 241 * time.Second: ErrTime, 5 * time.Minute: ErrTime, time.Hour: ErrTime,
	} {
		if _, err := verifier(now.Add(skew), k).Verify(t.Context(), token); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", skew, err, want)
		}
	}
}

func TestJWKSRoundTrip(t *testing.T) {
	a, b := testKey(t), testKey(t)
	doc, err := json.Marshal(NewJWKS(a, b))
	if err != nil {
		t.Fatal(err)
	}
	set, err := ParseJWKS(doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []Key{a, b} {
		got, err := set.Key(t.Context(), k.ID)
		if err != nil || !got.Equal(k.Private.Public()) {
			t.Errorf("%s: %v", k.ID, err)
		}
	}
	if strings.Contains(string(doc), `"d"`) {
		t.Error("the private half is published")
	}
}

func BenchmarkSignAndVerify(b *testing.B) {
	now := time.Now()
	k := testKey(b)
	v := verifier(now, k)
	for b.Loop() {
		token, err := Sign(k, claimsAt(now))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := v.Verify(b.Context(), token); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	now := time.Unix(1_800_000_000, 0)
	k := testKey(f)
	token, err := Sign(k, claimsAt(now))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token)
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := verifier(now, k).Verify(t.Context(), s); err == nil && s != token {
			t.Fatalf("accepted %q", s)
		}
	})
}
