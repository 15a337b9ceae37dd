package gate

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/problem"
)

// issuer mints tokens and keeps the clock of a test.
type issuer struct {
	t   testing.TB
	key jointoken.Key
	now time.Time
}

func newIssuer(t testing.TB) *issuer {
	t.Helper()
	key, err := jointoken.NewKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &issuer{t: t, key: key, now: time.Unix(1_800_000_000, 0)}
}

func (i *issuer) gate(maxBurned int) *Gate {
	now := func() time.Time { return i.now }
	return New(Config{MaxBurned: maxBurned, Now: now, Verifier: &jointoken.Verifier{
		Issuer: "https://coopnet.example", Audience: "relay-1", Keys: jointoken.NewJWKS(i.key), Now: now,
	}})
}

func (i *issuer) token(id string, permissions ...jointoken.Permission) string {
	i.t.Helper()
	token, err := jointoken.Sign(i.key, jointoken.Claims{
		Issuer: "https://coopnet.example", Audience: "relay-1", Subject: "p-1", ID: id, Conference: "c-1", Name: "Mr James BOND",
		Role: jointoken.RoleGuest, Permissions: permissions, IssuedAt: i.now, NotBefore: i.now, Expires: i.now.Add(jointoken.MaxLifetime),
	})
	if err != nil {
		i.t.Fatal(err)
	}
	return token
}

// forge signs what Sign refuses to.
func (i *issuer) forge(method jwt.SigningMethod, key any, header, claims map[string]any) string {
	i.t.Helper()
	all := jwt.MapClaims{
		"iss": "https://coopnet.example", "aud": "relay-1", "sub": "p-1", "jti": "forged", "conference": "c-1", "name": "n", "role": "guest",
		"permissions": []string{"view"}, "iat": i.now.Unix(), "nbf": i.now.Unix(), "exp": i.now.Unix() + 60,
	}
	for name, value := range claims {
		if all[name] = value; value == nil {
			delete(all, name)
		}
	}
	token := jwt.NewWithClaims(method, all)
	token.Header["typ"], token.Header["kid"] = "join+jwt", i.key.ID
	for name, value := range header {
		token.Header[name] = value
	}
	signed, err := token.SignedString(key)
	if err != nil {
		i.t.Fatal(err)
	}
	return signed
}

func codeOf(err error) problem.Code {
	var p *problem.Error
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}

func TestEachPurposeNeedsItsPermissionAndUsesTheTokenOnce(t *testing.T) {
	i := newIssuer(t)
	g := i.gate(0)
	all, none := i.token("all", jointoken.View, jointoken.Share), i.token("none")
	for _, step := range []struct {
		token   string
		purpose Purpose
		want    problem.Code
	}{
		{all, View, ""}, {all, View, problem.TokenReplayed}, {all, Share, ""}, {all, Control, ""},
		{all, Share, problem.TokenReplayed}, {all, Control, problem.TokenReplayed},
		{none, View, problem.ViewDenied}, {none, Share, problem.PublishDenied}, {none, Control, ""},
	} {
		admitted, err := g.Admit(t.Context(), step.token, step.purpose)
		if codeOf(err) != step.want || (err == nil) != (step.want == "") {
			t.Errorf("%s: %v, want %q", step.purpose, err, step.want)
		}
		if err == nil && admitted.Claims.Subject != "p-1" {
			t.Errorf("%s: claims %+v", step.purpose, admitted.Claims)
		}
	}
}

func TestRefusals(t *testing.T) {
	i := newIssuer(t)
	var visits atomic.Int32
	canary := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits.Add(1) }))
	defer canary.Close()
	stranger := newIssuer(t)
	eddsa := jwt.SigningMethodEdDSA
	for name, tt := range map[string]struct {
		token string
		want  problem.Code
	}{
		"empty":       {"", problem.TokenInvalid},
		"no token":    {"not a token", problem.TokenInvalid},
		"alg none":    {i.forge(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil, nil), problem.TokenInvalid},
		"HS256":       {i.forge(jwt.SigningMethodHS256, []byte(i.key.Private.Public().(ed25519.PublicKey)), nil, nil), problem.TokenInvalid},
		"another key": {i.forge(eddsa, stranger.key.Private, nil, nil), problem.TokenInvalid},
		"wrong typ":   {i.forge(eddsa, i.key.Private, map[string]any{"typ": "JWT"}, nil), problem.TokenInvalid},
		"wrong kid":   {i.forge(eddsa, i.key.Private, map[string]any{"kid": "other"}, nil), problem.TokenInvalid},
		"jku":         {i.forge(eddsa, stranger.key.Private, map[string]any{"kid": stranger.key.ID, "jku": canary.URL, "x5u": canary.URL}, nil), problem.TokenInvalid},
		"no exp":      {i.forge(eddsa, i.key.Private, nil, map[string]any{"exp": nil}), problem.TokenInvalid},
		"long life":   {i.forge(eddsa, i.key.Private, nil, map[string]any{"exp": i.now.Unix() + 3600}), problem.TokenInvalid},
		"foreign aud": {i.forge(eddsa, i.key.Private, nil, map[string]any{"aud": "relay-2"}), problem.TokenScope},
		"expired":     {i.forge(eddsa, i.key.Private, nil, map[string]any{"iat": i.now.Unix() - 120, "exp": i.now.Unix() - 31}), problem.TokenExpired},
		"future":      {i.forge(eddsa, i.key.Private, nil, map[string]any{"iat": i.now.Unix() + 300, "nbf": i.now.Unix() + 300, "exp": i.now.Unix() + 360}), problem.TokenTime},
	} {
		if _, err := i.gate(0).Admit(t.Context(), tt.token, Control); codeOf(err) != tt.want {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
	// The same header on a token that is otherwise good is ignored, not followed.
	good := i.forge(eddsa, i.key.Private, map[string]any{"jku": canary.URL}, nil)
	if _, err := i.gate(0).Admit(t.Context(), good, View); err != nil {
		t.Errorf("jku on a good token: %v", err)
	}
	if visits.Load() != 0 {
		t.Error("the canary was visited")
	}
}

func TestOneOfAHundredWins(t *testing.T) {
	i := newIssuer(t)
	g, token := i.gate(0), i.token("t", jointoken.View)
	var admitted, replayed atomic.Int32
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			switch _, err := g.Admit(t.Context(), token, View); codeOf(err) {
			case "":
				admitted.Add(1)
			case problem.TokenReplayed:
				replayed.Add(1)
			}
		})
	}
	all.Wait()
	if admitted.Load() != 1 || replayed.Load() != 99 {
		t.Errorf("%d admitted, %d replayed", admitted.Load(), replayed.Load())
	}
}

func TestReleaseOnlyUndoesItsOwnUse(t *testing.T) {
	i := newIssuer(t)
	g, token := i.gate(0), i.token("t", jointoken.View)
	first, err := g.Admit(t.Context(), token, View)
	if err != nil {
		t.Fatal(err)
	}
	first.Release()
	if _, err := g.Admit(t.Context(), token, View); err != nil {
		t.Fatalf("after the release: %v", err)
	}
	first.Release()
	if _, err := g.Admit(t.Context(), token, View); codeOf(err) != problem.TokenReplayed {
		t.Errorf("a second release freed somebody else's use: %v", err)
	}
	Admitted{}.Release() // what a refused caller may defer
}

func TestFullOfLiveEntriesRefuses(t *testing.T) {
	i := newIssuer(t)
	g := i.gate(3)
	admit := func(id string, want problem.Code) {
		t.Helper()
		_, err := g.Admit(t.Context(), i.token(id), Control)
		if codeOf(err) != want {
			t.Errorf("%s: %v, want %q", id, err, want)
		}
		if want == problem.Unavailable && problem.From(err).RetryAfter <= 0 {
			t.Error("no Retry-After")
		}
	}
	admit("1", "")
	i.now = i.now.Add(time.Minute)
	admit("2", "")
	admit("3", "")
	admit("4", problem.Unavailable)
	admit("3", problem.TokenReplayed)
	i.now = i.now.Add(2 * time.Minute) // the first is forgotten, the others are not
	admit("5", "")
	admit("6", problem.Unavailable)
	i.now = i.now.Add(time.Hour)
	admit("7", "")
	if g.burned != 1 || len(g.buckets) != 1 {
		t.Errorf("remembers %d in %d buckets", g.burned, len(g.buckets))
	}
}

// A used token stays refused, one way or the other, at every second of its life and after.
func TestNoReplayAtAnySecond(t *testing.T) {
	for offset := range 8 {
		i := newIssuer(t)
		i.now = i.now.Add(time.Duration(offset) * 1300 * time.Millisecond)
		g, token := i.gate(0), i.token("t")
		if _, err := g.Admit(t.Context(), token, Control); err != nil {
			t.Fatal(err)
		}
		for second := range 200 {
			if _, err := g.Admit(t.Context(), token, Control); err == nil {
				t.Fatalf("offset %d: admitted again after %d s", offset, second)
			}
			i.now = i.now.Add(time.Second)
		}
	}
}

func TestUnreachableKeysAreNotTheGuestsFault(t *testing.T) {
	i := newIssuer(t)
	g := i.gate(0)
	g.cfg.Verifier.Keys = brokenKeys{}
	_, err := g.Admit(t.Context(), i.token("t"), Control)
	if p := problem.From(err); p.Code != problem.Unavailable || p.RetryAfter <= 0 {
		t.Errorf("got %v", err)
	}
}

type brokenKeys struct{}

func (brokenKeys) Key(context.Context, string) (ed25519.PublicKey, error) {
	return nil, errors.New("connection refused")
}

func BenchmarkBurn(b *testing.B) {
	i := newIssuer(b)
	g := i.gate(0)
	for n := range b.N {
		_ = g.burn(entry([]byte(strconv.Itoa(1_000_000_000+n)+"0123456789012345678901")), bucketOf(i.now)+int64(n%20))
	}
}
