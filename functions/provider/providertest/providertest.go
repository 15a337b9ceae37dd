// Package providertest runs a certified OpenID provider for tests, and signs in to it as a person's browser does.
package providertest

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Provider is a running provider; .ci/tools/provider.js says who its people are.
type Provider struct {
	Issuer string
	t      testing.TB
}

// Client is what the provider knows a program as.
type Client struct {
	ID     string `json:"client_id"`
	Secret string `json:"client_secret"`
}

// Start runs a provider until the test ends. Without its packages (.ci/install) the test is skipped.
func Start(t testing.TB) *Provider {
	t.Helper()
	tools := filepath.Join(root(t), ".ci", "tools")
	if _, err := os.Stat(filepath.Join(tools, "node_modules", "oidc-provider")); err != nil {
		t.Skip("the provider is not installed: run .ci/install")
	}
	cmd := exec.CommandContext(t.Context(), "node", filepath.Join(tools, "provider.js"))
	in, err := cmd.StdinPipe() // it ends when this does, even when the test is killed
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	watchdog := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
	defer watchdog.Stop()
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatalf("the provider does not start: %v", err)
	}
	p := &Provider{t: t}
	if err := json.Unmarshal(line, p); err != nil {
		t.Fatalf("the provider says %q: %v", line, err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }() // ends with the process
	return p
}

func root(t testing.TB) string {
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			t.Fatal("the test does not run in the repository")
		}
		folder = parent
	}
}

// Rotate makes a new signing key; drop takes the former ones back.
func (p *Provider) Rotate(drop bool) {
	p.t.Helper()
	if drop {
		p.tell("rotate?drop")
	} else {
		p.tell("rotate")
	}
}

// Stop makes every answer a 502 until Resume.
func (p *Provider) Stop() { p.t.Helper(); p.tell("stop") }

// Resume ends Stop.
func (p *Provider) Resume() { p.t.Helper(); p.tell("start") }

func (p *Provider) tell(what string) {
	p.t.Helper()
	p.post("/test/"+what, "text/plain", "", http.StatusNoContent)
}

func (p *Provider) post(path, kind, body string, status int) []byte {
	p.t.Helper()
	resp, err := http.Post(p.Issuer+path, kind, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != status {
		p.t.Fatalf("%s: %s %s %v", path, resp.Status, text, err)
	}
	return text
}

// Register makes a client by dynamic registration (RFC 7591).
func (p *Provider) Register(metadata map[string]any) Client {
	p.t.Helper()
	body, err := json.Marshal(metadata)
	if err != nil {
		p.t.Fatal(err)
	}
	var c Client
	if err := json.Unmarshal(p.post("/reg", "application/json", string(body), http.StatusCreated), &c); err != nil {
		p.t.Fatal(err)
	}
	return c
}

// Program registers a program with the roles that its access tokens carry.
func (p *Provider) Program(roles ...string) Client {
	p.t.Helper()
	return p.Register(map[string]any{
		"grant_types": []string{"client_credentials"}, "response_types": []string{}, "redirect_uris": []string{}, "roles": roles,
		"token_endpoint_auth_method": "client_secret_post",
	})
}

// Site registers a web site that people sign in to.
func (p *Provider) Site(callback string) Client {
	p.t.Helper()
	return p.Register(map[string]any{"redirect_uris": []string{callback}, "grant_types": []string{"authorization_code"}, "response_types": []string{"code"}})
}

// Token fetches an access token for a program.
func (p *Provider) Token(c Client, audience string) string {
	p.t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {c.ID}, "client_secret": {c.Secret}, "resource": {audience}}
	var answer struct {
		Token string `json:"access_token"`
	}
	text := p.post("/token", "application/x-www-form-urlencoded", form.Encode(), http.StatusOK)
	if err := json.Unmarshal(text, &answer); err != nil || answer.Token == "" {
		p.t.Fatalf("%s: %v", text, err)
	}
	return answer.Token
}

// SignIn does what a person does on the provider's pages, and returns the address of the site that the provider sends
// the browser back to.
func (p *Provider) SignIn(page, login string) *url.URL {
	p.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	var back *url.URL
	browser := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if "http://"+r.URL.Host != p.Issuer {
			back = r.URL
			return http.ErrUseLastResponse
		}
		return nil
	}}
	resp, err := browser.Get(page)
	for _, form := range []url.Values{{"prompt": {"login"}, "login": {login}, "password": {"x"}}, {"prompt": {"consent"}}} {
		if err != nil {
			p.t.Fatal(err)
		}
		where := resp.Request.URL
		resp.Body.Close()
		if !strings.HasPrefix(where.Path, "/interaction/") {
			p.t.Fatalf("the provider shows %s (%s) instead of a form", where.Path, resp.Status)
		}
		resp, err = browser.PostForm(where.String(), form)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	resp.Body.Close()
	if back == nil {
		p.t.Fatalf("the provider does not send the browser back but to %s (%s)", resp.Request.URL, resp.Status)
	}
	return back
}
