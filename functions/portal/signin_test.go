package portal_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/portal/portaltest"
	"github.com/coopnet/coopnet/functions/signin"
	"github.com/coopnet/coopnet/functions/staff"
	"github.com/coopnet/coopnet/shared/problem"
)

// outside is the identity provider as the domains see it; a test may put the real one in.
type outside struct {
	signin.Provider
	staff.Tokens
}

// pretender answers what the tests of the cookies need. The real provider is in provider_test.go.
type pretender struct{}

func (pretender) Authorize(_ context.Context, a signin.Attempt) (string, error) {
	return "https://login.example/auth?" + url.Values{"state": {a.State}, "nonce": {a.Nonce}, "verifier": {a.Verifier}}.Encode(), nil
}

func (pretender) Redeem(_ context.Context, a signin.Attempt, answer signin.Answer) (signin.Person, error) {
	switch answer.Code {
	case "anne":
		return signin.Person{Actor: "oidc:anne", Name: "Anne\u202e Martin", Email: "anne@company.example", Internal: true}, nil
	case "plain":
		return signin.Person{Actor: "oidc:plain", Email: "plain@company.example", Internal: true}, nil
	case "nameless":
		return signin.Person{Actor: "oidc:nameless", Email: "not an address", Internal: true}, nil
	case "long":
		return signin.Person{Actor: "oidc:" + strings.Repeat("x", 64), Name: strings.Repeat("<é>", 100),
			Email: strings.Repeat("e", 240) + "@example.org", Internal: true}, nil
	case "grete":
		return signin.Person{Actor: "oidc:grete", Name: "Grete", Email: "grete@partner.example"}, nil
	case "late":
		return signin.Person{}, &problem.Error{Code: problem.Unavailable, RetryAfter: time.Second}
	}
	return signin.Person{}, problem.New(problem.Unauthenticated, fmt.Sprint("not a code of ", a.State))
}

func (pretender) Verify(context.Context, string) (staff.Person, error) {
	return staff.Person{}, problem.New(problem.Unauthenticated, "no")
}

// begin sends a browser to the provider and returns what it is asked there.
func begin(t *testing.T, c *portaltest.Client, back string) url.Values {
	t.Helper()
	resp := c.Do("GET", "/api/v1/sign-in?return="+url.QueryEscape(back), nil)
	where, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || resp.Status != 303 || where.Host == "" {
		t.Fatalf("%d %v %s", resp.Status, resp.Header, resp.Body)
	}
	return where.Query()
}

func answer(state, code string) string {
	return "/api/v1/sign-in/callback?" + url.Values{"state": {state}, "code": {code}}.Encode()
}

// signedIn signs a browser in and returns where it lands.
func signedIn(t *testing.T, c *portaltest.Client, code, back string) string {
	t.Helper()
	resp := c.Do("GET", answer(begin(t, c, back).Get("state"), code), nil)
	if resp.Status != 303 {
		t.Fatalf("%d %s", resp.Status, resp.Body)
	}
	return resp.Header.Get("Location")
}

func TestColleaguesSignInAndJoin(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		w.create(c, object{"guestPolicy": "deny"})
		if got := c.Expect(200, "GET", "/api/v1/site", nil); got["signIn"] != true || got["needsPassword"] != false {
			t.Errorf("got %v", got)
		}
		c.Refused(422, "invalid", "POST", "/api/v1/admissions", object{"name": "Team A"})
		if where := signedIn(t, c, "anne", "/?x=1"); where != "/?x=1" {
			t.Errorf("landed on %s", where)
		}
		if c.Cookies["__Host-sign-in"] != nil {
			t.Error("the attempt's cookie is still there")
		}
		session := c.Cookies["__Host-session"]
		if !session.HttpOnly || !session.Secure || session.Path != "/" || session.SameSite != http.SameSiteLaxMode || session.MaxAge != 3600 ||
			strings.Contains(session.Value, "anne") {
			t.Errorf("got %+v", session)
		}
		if got := c.Expect(200, "GET", "/api/v1/session", nil); got["name"] != "Anne Martin" || got["email"] != "anne@company.example" {
			t.Errorf("got %v", got)
		}
		identify(c) // as James BOND, which does not count
		in := c.Expect(200, "POST", "/api/v1/admissions", object{"name": "Team A"})
		who := in["identity"].(object)
		if who["name"] != "Anne Martin" || who["title"] != "" || in["signedIn"] != true || in["next"] != "software" {
			t.Errorf("got %v", in)
		}
		join := func() object { return c.Expect(200, "POST", "/api/v1/join-tokens", object{"mode": "browser"}) }
		if p := join()["participant"].(object); p["name"] != "Anne Martin" || p["role"] != "internal" {
			t.Errorf("got %v", p)
		}
		c.Refused(403, "conference-denied", "POST", "/api/v1/admissions", object{"name": "team a"})
		c.Expect(204, "DELETE", "/api/v1/session", nil)
		if resp := c.Do("GET", "/api/v1/session", nil); string(resp.Body) != "null" {
			t.Errorf("got %s", resp.Body)
		}
		c.Refused(422, "invalid", "POST", "/api/v1/admissions", object{"name": "Team A"})
		join() // who is in stays
		for _, want := range []string{`"msg":"signed in","by":"oidc:anne"`, `"msg":"colleague admitted"`} {
			if !strings.Contains(w.log.String(), want) {
				t.Errorf("the log lacks %s", want)
			}
		}
		if strings.Contains(w.log.String(), "company.example") || strings.Contains(w.log.String(), "code=") {
			t.Error("the log has an e-mail address or a code")
		}
	})
}

func TestSessionsEnd(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		w.create(c, nil)
		signedIn(t, c, "anne", "/")
		w.clock.Advance(time.Hour - time.Second)
		c.Expect(200, "POST", "/api/v1/admissions", object{"name": "Team A"})
		w.clock.Advance(time.Second)
		c.Refused(422, "invalid", "POST", "/api/v1/admissions", object{"name": "Team A"})
	})
}

// TestForgedSessions: other sealed values of ours, and values of nobody, are no sessions.
func TestForgedSessions(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		w.create(c, nil)
		enter(c)
		begin(t, c, "/")
		for what, value := range map[string]string{
			"an admission": c.Cookies["__Host-admission"].Value, "an attempt": c.Cookies["__Host-sign-in"].Value, "rubbish": "x.y", "long": strings.Repeat("x", 4000),
		} {
			other := c.Fork()
			other.Cookies = map[string]*http.Cookie{"__Host-session": {Name: "__Host-session", Value: value}}
			other.Refused(422, "invalid", "POST", "/api/v1/admissions", object{"name": "Team A"})
			if resp := other.Do("GET", "/api/v1/session", nil); string(resp.Body) != "null" {
				t.Errorf("%s: got %s", what, resp.Body)
			}
		}
	})
}

func TestSignInStaysOnThisSite(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		for _, bad := range []string{"//evil.example", "https://evil.example", `/\evil.example`, `\\evil.example`, "/\t/evil.example", "/\n/evil.example",
			"evil", "javascript:alert(1)", "/.//evil.example", "/a/../../b", "/api/v1/sign-in", "/ü", "", "/" + strings.Repeat("x", 512)} {
			c.Refused(422, "invalid", "GET", "/api/v1/sign-in?return="+url.QueryEscape(bad), nil)
		}
		c.Refused(422, "invalid", "GET", "/api/v1/sign-in?return=/&return=/x", nil)
		if where := signedIn(t, c, "anne", "/support/desk?a=b#c"); where != "/support/desk?a=b#c" {
			t.Errorf("landed on %s", where)
		}
	})
}

// TestSignInIsTiedToTheBrowser: what an attacker began, or answers, signs nobody in.
func TestSignInIsTiedToTheBrowser(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		attacker := c.Fork()
		theirs := begin(t, attacker, "/").Get("state")
		csrf := func(who *portaltest.Client, path string) {
			t.Helper()
			who.Refused(403, "csrf", "GET", path, nil)
			if who.Cookies["__Host-session"] != nil {
				t.Error("signed in")
			}
		}
		csrf(c, answer(theirs, "anne")) // login CSRF: no attempt of this browser
		mine := begin(t, c, "/").Get("state")
		csrf(c, answer(theirs, "anne")) // another's attempt
		for _, state := range []string{"", mine[:42], mine + "A", strings.ToLower(mine)} {
			csrf(c, answer(state, "anne"))
		}
		stolen := c.Fork() // a sealed value of another kind
		stolen.Cookies["__Host-sign-in"] = &http.Cookie{Name: "__Host-sign-in", Value: "x." + mine}
		csrf(stolen, answer(mine, "anne"))

		// The strangers' answers have not spoilt the attempt; it is good for one answer, for ten minutes.
		again := c.Fork()
		if resp := c.Do("GET", answer(mine, "anne"), nil); resp.Status != 303 || c.Cookies["__Host-session"] == nil {
			t.Fatalf("%d %s", resp.Status, resp.Body)
		}
		delete(c.Cookies, "__Host-session")
		csrf(c, answer(mine, "anne"))
		w.clock.Advance(10 * time.Minute)
		csrf(again, answer(mine, "anne"))

		first := begin(t, c, "/")
		second := begin(t, c, "/")
		for name := range first {
			if len(first.Get(name)) < 43 || first.Get(name) == second.Get(name) {
				t.Errorf("%s can be guessed", name)
			}
		}
		c.Refused(403, "csrf", "GET", "/api/v1/sign-in?return=/", nil, "Sec-Fetch-Site", "cross-site")
		c.Refused(403, "csrf", "DELETE", "/api/v1/session", nil, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example")
	})
}

func TestSessionIsNotFixed(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		signedIn(t, c, "anne", "/")
		planted := c.Cookies["__Host-session"].Value
		signedIn(t, c, "plain", "/")
		if c.Cookies["__Host-session"].Value == planted {
			t.Error("the session of before goes on")
		}
		if got := c.Expect(200, "GET", "/api/v1/session", nil); got["name"] != "plain" {
			t.Errorf("got %v", got)
		}
	})
}

func TestSignInIsRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		for code, want := range map[string]struct {
			status int
			code   string
		}{"grete": {403, "forbidden"}, "nameless": {403, "forbidden"}, "late": {503, "unavailable"}, "wrong": {401, "unauthenticated"}} {
			c.Refused(want.status, want.code, "GET", answer(begin(t, c, "/").Get("state"), code), nil)
			// A person sees it on our page.
			resp := c.Do("GET", answer(begin(t, c, "/x").Get("state"), code), nil, "Accept", "text/html,*/*;q=0.8")
			if resp.Status != 303 || resp.Header.Get("Location") != "/#sign-in="+want.code {
				t.Errorf("%s: %d %v", code, resp.Status, resp.Header)
			}
		}
		for said, code := range map[string]string{"access_denied": "forbidden", "server_error": "unavailable", "temporarily_unavailable": "unavailable",
			"login_required": "unauthenticated", "<script>": "unauthenticated"} {
			status := problem.Code(code).Status()
			state := begin(t, c, "/").Get("state")
			c.Refused(403, "csrf", "GET", "/api/v1/sign-in/callback?state=x&error="+url.QueryEscape(said), nil)
			c.Refused(status, code, "GET", "/api/v1/sign-in/callback?code=anne&state="+state+"&error="+url.QueryEscape(said), nil)
		}
		if c.Cookies["__Host-session"] != nil {
			t.Error("signed in")
		}
	})
}

// TestLongestPersonFits: browsers keep cookies of 4,096 bytes.
func TestLongestPersonFits(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		w.create(c, nil)
		signedIn(t, c, "long", "/")
		c.Expect(200, "POST", "/api/v1/admissions", object{"name": "Team A"})
		c.Expect(200, "POST", "/api/v1/join-tokens", object{"mode": "browser"})
		for name, cookie := range c.Cookies {
			if len(name)+len(cookie.Value) > 3072 {
				t.Errorf("%s has %d bytes", name, len(cookie.Value))
			}
		}
	})
}

func TestSignInIsLimited(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		for range 2000 {
			c.Refused(403, "csrf", "GET", "/api/v1/sign-in/callback?state=x&code=y", nil)
		}
		if resp := c.Refused(429, "rate-limited", "GET", "/api/v1/sign-in", nil); resp.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	})
}
