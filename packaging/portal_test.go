package packaging_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// portal is a server of Coopnet in a process of its own, whose address is known before it runs: the software has it built
// in. It speaks as the browser of a guest does.
type portal struct {
	t          *testing.T
	origin     string
	key        string // an organizer's
	conference string
	cookies    map[string]string
}

// freeOrigin is one that nobody listens at.
func freeOrigin(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

func startPortal(t *testing.T, origin string) *portal {
	t.Helper()
	folder := t.TempDir()
	program, ready := filepath.Join(folder, "coopnet"), filepath.Join(folder, "ready.json")
	must(t, []string{"CGO_ENABLED=0"}, "go", "build", "-o", program, "../standalone/cmd/coopnet")
	server := exec.Command(program, "serve", "--listen", strings.TrimPrefix(origin, "http://"), "--media", "127.0.0.1:0", "--turn", "127.0.0.1:0",
		"--data", filepath.Join(folder, "data"), "--ready-file", ready)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	var told struct{ OrganizerKey string }
	until(t, "the server answers", func() bool {
		text, err := os.ReadFile(ready)
		return err == nil && json.Unmarshal(text, &told) == nil
	})
	p := &portal{t: t, origin: origin, key: told.OrganizerKey, cookies: map[string]string{}}
	var made struct{ ID string }
	p.call("POST", "/conferences", map[string]string{"name": "Team A", "password": "correct horse"}, &made)
	p.conference = made.ID
	p.call("POST", "/admissions", map[string]string{"name": "Team A", "password": "correct horse"}, nil)
	p.call("PUT", "/identity", map[string]any{"title": "Mr", "name": "James BOND", "email": "james@example.org", "remember": false}, nil)
	return p
}

// colleague is an internal participant's browser.
func (p *portal) colleague() *portal {
	p.t.Helper()
	var invitation struct{ Code string }
	p.call("POST", "/conferences/"+p.conference+"/invitations", map[string]string{"kind": "internal", "name": "Anne Martin", "email": "anne@example.com"}, &invitation)
	anne := *p
	anne.cookies = map[string]string{}
	anne.call("POST", "/admissions", map[string]string{"invitation": invitation.Code}, nil)
	return &anne
}

// ticket opens one thing of a relay.
type ticket struct {
	Token string
	Relay struct{ WHEP, Control string }
}

func (p *portal) join() (made ticket) {
	p.t.Helper()
	p.call("POST", "/join-tokens", map[string]string{"mode": "browser"}, &made)
	return made
}

// vouch is the portal's word for a colleague who asks a presenter for control.
func (p *portal) vouch(presenter string) string {
	p.t.Helper()
	var made struct{ Token string }
	p.call("POST", "/control-tokens", map[string]string{"participant": presenter}, &made)
	return made.Token
}

// launch is a fresh launch code.
func (p *portal) launch() (code string) {
	p.t.Helper()
	var made struct{ URL string }
	p.call("POST", "/launch-codes", struct{}{}, &made)
	return strings.TrimPrefix(made.URL, "coopnet://join/")
}

// redeemed says what has become of a code, and which version of the software has used it.
func (p *portal) redeemed(code string) string {
	p.t.Helper()
	var launch struct{ Status, Version string }
	p.call("GET", "/launch-codes/"+code, nil, &launch)
	return launch.Status + " " + launch.Version
}

func (p *portal) call(method, path string, body, answer any) {
	p.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.origin+"/api/v1"+path, bytes.NewReader(text))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if strings.HasPrefix(path, "/conferences") {
		r.Header.Set("Authorization", "Bearer "+p.key)
	}
	for name, value := range p.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 300 {
		p.t.Fatalf("%s %s: %s %s, %v", method, path, response.Status, said, err)
	}
	for _, c := range response.Cookies() {
		p.cookies[c.Name] = c.Value
	}
	if answer != nil {
		if err := json.Unmarshal(said, answer); err != nil {
			p.t.Fatal(err)
		}
	}
}
