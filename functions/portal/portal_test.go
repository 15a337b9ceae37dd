package portal_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/portal"
	"github.com/coopnet/coopnet/functions/portal/portaltest"
)

// rude is a domain that does everything that the two transports treat differently.
func rude() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/rude/panic", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Half", "done")
		w.WriteHeader(http.StatusOK)
		_, _ = io.WriteString(w, "half an answer")
		panic("secret of the inside")
	})
	mux.HandleFunc("GET /api/v1/rude/silent", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /api/v1/rude/twice", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		w.WriteHeader(http.StatusTeapot)
		w.Header().Set("X-Late", "yes")
		_, _ = io.WriteString(w, "{}")
	})
	mux.HandleFunc("GET /api/v1/rude/header", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Seen", r.Header.Get("X-Golambdaproxy-Apigw-Context"))
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}

func TestAnswersOnceOnBothTransports(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		resp := c.Refused(500, "internal", "GET", "/api/v1/rude/panic", nil)
		if strings.Contains(string(resp.Body), "secret") || resp.Header.Get("X-Half") != "" {
			t.Errorf("%v %s", resp.Header, resp.Body)
		}
		if !strings.Contains(w.log.String(), "secret of the inside") {
			t.Error("the panic is not in the log")
		}
		c.Refused(500, "internal", "GET", "/api/v1/rude/silent", nil)
		if resp := c.Do("GET", "/api/v1/rude/twice", nil); resp.Status != 202 || resp.Header.Get("X-Late") != "" || string(resp.Body) != "{}" {
			t.Errorf("got %d %v %s", resp.Status, resp.Header, resp.Body)
		}
		resp = c.Do("GET", "/api/v1/rude/header", nil, "X-GoLambdaProxy-ApiGw-Context", `{"accountId":"forged"}`)
		if resp.Status != 204 || resp.Header.Get("X-Seen") != "" {
			t.Errorf("got %d %q", resp.Status, resp.Header.Get("X-Seen"))
		}
		c.Expect(200, "GET", "/healthz", nil)
	}, rude)
}

func TestGuards(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		body := `{"name":"x","password":"yyyyyyyy"}`
		c.Refused(403, "csrf", "POST", "/api/v1/admissions", body, "Origin", "https://evil.example")
		c.Refused(403, "csrf", "POST", "/api/v1/admissions", body, "Sec-Fetch-Site", "cross-site")
		c.Refused(403, "csrf", "DELETE", "/api/v1/identity", nil, "Sec-Fetch-Site", "same-site")
		c.Refused(403, "conference-denied", "POST", "/api/v1/admissions", body, "Origin", publicURL)
		c.Refused(403, "conference-denied", "POST", "/api/v1/admissions", body, "Sec-Fetch-Site", "same-origin")
		for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx", "", "a/b/c"} {
			c.Refused(415, "unsupported-media-type", "POST", "/api/v1/admissions", body, "Content-Type", kind)
		}
		c.Refused(403, "conference-denied", "POST", "/api/v1/admissions", body, "Content-Type", "Application/JSON; charset=utf-8")
		c.Refused(413, "body-too-large", "POST", "/api/v1/admissions", `{"name":"`+strings.Repeat("x", 64<<10)+`"}`)
		for _, bad := range []string{"{", "[]", `"x"`, `{"NAME":"x"}`, `{"nme":"x"}`, body + body, body + "x", "\x00", `{"name":"x"} {}`} {
			c.Refused(400, "malformed", "POST", "/api/v1/admissions", bad)
		}
		c.Refused(400, "malformed", "POST", "/api/v1/admissions", nil)
		c.Refused(422, "invalid", "POST", "/api/v1/admissions", "{}")
		resp := c.Refused(422, "invalid", "POST", "/api/v1/admissions", `{"name":1}`)
		if !strings.Contains(string(resp.Body), `"errors":[{"pointer":"/name","detail":"must be text"}]`) {
			t.Errorf("got %s", resp.Body)
		}
	})
}

func TestRouting(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		for _, path := range []string{"/api", "/api/", "/api/v1", "/api/v1/nothing", "/api/v1/identity/", "/api/v1//identity", "/.well-known/nothing", "/missing.js"} {
			c.Refused(404, "not-found", "GET", path, nil)
		}
		for path, allow := range map[string]string{
			"/api/v1/identity": "GET, HEAD, PUT, DELETE", "/api/v1/admissions": "GET, HEAD, POST, DELETE", "/healthz": "GET, HEAD", "/": "GET, HEAD", "/assets/app-1a2b.js": "GET, HEAD",
		} {
			resp := c.Refused(405, "method-not-allowed", "PATCH", path, nil)
			if got := resp.Header.Get("Allow"); got != allow {
				t.Errorf("%s: Allow %q, want %q", path, got, allow)
			}
		}
		c.Refused(404, "not-found", "GET", "/api/v1/software?platform=windows-amd64", nil)
		if resp := c.Do("GET", "/api/v1/software", nil); string(resp.Body) != `{"releases":[]}` {
			t.Errorf("got %s", resp.Body)
		}
	})
}

func TestSecurityHeaders(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		for _, path := range []string{"/", "/api/v1/software", "/api/v1/nothing"} {
			h := c.Do("GET", path, nil).Header
			for name, part := range map[string]string{
				"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY", "Permissions-Policy": "display-capture=(self)",
				"Strict-Transport-Security": "max-age=31536000", "Content-Security-Policy": "frame-ancestors 'none'",
			} {
				if !strings.Contains(h.Get(name), part) {
					t.Errorf("%s: %s is %q", path, name, h.Get(name))
				}
			}
			if strings.HasPrefix(path, "/api") && h.Get("Cache-Control") != "no-store" {
				t.Errorf("%s may be stored", path)
			}
		}
		csp := c.Do("GET", "/", nil).Header.Get("Content-Security-Policy")
		if strings.Contains(csp, "unsafe") || !strings.Contains(csp, "connect-src 'self' wss://relay.example;") || !strings.Contains(csp, "media-src 'self' blob: mediastream:") {
			t.Error(csp)
		}
	})
}

func TestNoHSTSWithoutTLS(t *testing.T) {
	h, err := portal.New(portal.Config{PublicURL: "http://localhost:8080"})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/healthz", nil))
	if w.Code != 200 || w.Header().Get("Strict-Transport-Security") != "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	for _, bad := range []portal.Config{{}, {PublicURL: "x"}, {PublicURL: "http://a", Connect: []string{"https://a; script-src *"}}} {
		if _, err := portal.New(bad); err == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
}

func TestReadiness(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		c.Expect(200, "GET", "/readyz", nil)
		if err := w.db.Close(); err != nil {
			t.Fatal(err)
		}
		c.Refused(503, "unavailable", "GET", "/readyz", nil)
		c.Expect(200, "GET", "/healthz", nil)
	})
}

// TestLogsHaveNoSecrets goes through every call and looks for what must not be there.
func TestLogsHaveNoSecrets(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		id := w.create(c, nil)
		code := c.Expect(201, "POST", "/api/v1/conferences/"+id+"/invitations", object{"kind": "guest"}, "Authorization", "Bearer "+w.organizerKey)["code"].(string)
		enter(c)
		identify(c)
		token := c.Expect(200, "POST", "/api/v1/join-tokens", object{"mode": "browser"})["token"].(string)
		c.Do("GET", "/api/v1/conferences?cursor=querysecret", nil, "Authorization", "Bearer "+w.organizerKey)
		c.Do("POST", "/api/v1/admissions", object{"name": "Team A", "password": "wrong guess"})
		admission, who := c.Cookies["__Host-admission"].Value, c.Cookies["__Host-identity"].Value
		if err := w.db.Close(); err != nil {
			t.Fatal(err)
		}
		c.Do("PUT", "/api/v1/identity", object{"name": "James BOND", "email": "james@example.org"}) // fails inside
		c.Do("POST", "/api/v1/join-tokens", object{"mode": "browser"})
		log := w.log.String()
		if strings.Count(log, `"msg":"request"`) != 9 || !strings.Contains(log, `"route":"POST /api/v1/conferences/{id}/invitations"`) ||
			!strings.Contains(log, "request failed") {
			t.Errorf("the log is %s", log)
		}
		for _, secret := range []string{"correct horse", "wrong guess", "james@", "BOND", "Team A", "querysecret", w.organizerKey, token, code, admission, who, id, "127.0.0.1", "192.0.2.1"} {
			if strings.Contains(log, secret) {
				t.Errorf("the log has %q", secret)
			}
		}
	})
}

func TestClientAddress(t *testing.T) {
	clients := portal.Clients{Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	for _, c := range []struct{ remote, forwarded, want string }{
		{"192.0.2.1:5", "", "192.0.2.1"},
		{"192.0.2.1", "198.51.100.1", "192.0.2.1"}, // not a proxy of ours: the header is a lie
		{"10.0.0.1:5", "198.51.100.1", "198.51.100.1"},
		{"10.0.0.1:5", "1.1.1.1, 198.51.100.1", "198.51.100.1"}, // only the last hop was written by our proxy
		{"10.0.0.1:5", "198.51.100.1, 10.0.0.2", "198.51.100.1"},
		{"10.0.0.1:5", "nonsense", "10.0.0.1"},
		{"10.0.0.1:5", "", "10.0.0.1"},
		{"[::ffff:192.0.2.1]:5", "", "192.0.2.1"},
		{"nonsense", "", "::"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.remote
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := clients.Address(r).String(); got != c.want {
			t.Errorf("%+v: got %s", c, got)
		}
	}
}

func TestClientOfLimits(t *testing.T) {
	var clients portal.Clients
	for remote, want := range map[string]conference.Client{
		"192.0.2.1:5":              {Site: "192.0.2.1", Network: "192.0.2.1"},
		"[::ffff:192.0.2.1]:5":     {Site: "192.0.2.1", Network: "192.0.2.1"},
		"[2001:db8:1:2:3:4:5:6]:5": {Site: "2001:db8:1:2::/64", Network: "2001:db8:1::/48"},
		"2001:db8:1:ffff::1":       {Site: "2001:db8:1:ffff::/64", Network: "2001:db8:1::/48"},
		"[fe80:0:0:1::1%25eth0]:5": {Site: "fe80:0:0:1::/64", Network: "fe80::/48"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = remote
		if got := clients.Client(r); got != want || clients.Site(r) != want.Site {
			t.Errorf("%s: got %+v and %s", remote, got, clients.Site(r))
		}
	}
}
