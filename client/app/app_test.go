package app

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"image"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/launch"
	"github.com/coopnet/coopnet/client/network"
	"github.com/coopnet/coopnet/client/session"
	"github.com/coopnet/coopnet/client/text"
	"github.com/coopnet/coopnet/client/window"
	"github.com/coopnet/coopnet/shared/release"
)

const code = "Abcdefghij_klmnopqr-01"

// person reads messages, presses the buttons that the test says, and confirms nothing.
type person struct {
	Windows
	said      []string
	answers   []string // to messages, in order; "" afterwards
	confirmed []window.Confirm
	progress  int
	impatient bool // with whatever takes its time
}

func (p *person) Message(ctx context.Context, m window.Message) (string, error) {
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	p.said = append(p.said, m.Text)
	if len(p.answers) == 0 {
		return "", nil
	}
	answer := p.answers[0]
	p.answers = p.answers[1:]
	return answer, nil
}

func (p *person) Confirm(_ context.Context, c window.Confirm) (bool, error) {
	p.confirmed = append(p.confirmed, c)
	return false, nil
}

func (p *person) Progress(string) (Progress, error) {
	p.progress++
	shown := &shownProgress{pressed: make(chan struct{})}
	if p.impatient {
		return shown, shown.Close()
	}
	return shown, nil
}

// shownProgress counts as pressed when it is closed, as a window does.
type shownProgress struct {
	once    sync.Once
	pressed chan struct{}
}

func (s *shownProgress) Pressed() <-chan struct{} { return s.pressed }
func (s *shownProgress) Update(string, float64)   {}
func (s *shownProgress) Close() error {
	s.once.Do(func() { close(s.pressed) })
	return nil
}

// started runs the software against a portal.
func started(t *testing.T, h http.Handler, change func(*Config)) (*person, error) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	p := &person{}
	cfg := Config{Arguments: []string{"coopnet://join/" + code}, Version: "1.0.0", Platform: "linux-amd64", Origins: []launch.Origin{launch.Origin(s.URL)},
		Network: network.New(network.Config{}), Windows: p, Language: "en", Now: time.Now, Logger: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&cfg)
	}
	return p, Run(t.Context(), cfg)
}

func refusing(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestRefusalsAreSaid(t *testing.T) {
	said, faults := text.EndingsFor("en"), text.FaultsFor("en")
	for name, tt := range map[string]struct {
		portal http.Handler
		change func(*Config)
		want   string
	}{
		"no launch":   {http.NotFoundHandler(), func(c *Config) { c.Arguments = []string{"coopnet://join/" + code + "?x"} }, said.Code},
		"nothing":     {http.NotFoundHandler(), func(c *Config) { c.Arguments = nil }, said.Code},
		"unknown":     {http.NotFoundHandler(), nil, said.Used},
		"used":        {refusing(http.StatusConflict, `{"code":"conflict"}`), nil, said.Used},
		"busy":        {refusing(http.StatusServiceUnavailable, `{"code":"unavailable"}`), nil, said.Unavailable},
		"refused":     {refusing(http.StatusForbidden, `{"code":"conference-denied"}`), nil, said.Denied},
		"too old":     {refusing(http.StatusUpgradeRequired, `{"code":"upgrade-required"}`), nil, faults.NoUpdate},
		"unreachable": {http.NotFoundHandler(), func(c *Config) { c.Origins = []launch.Origin{"http://127.0.0.1:1"} }, said.Unreachable},
	} {
		p, err := started(t, tt.portal, tt.change)
		if err == nil || len(p.said) != 1 || p.said[0] != tt.want {
			t.Errorf("%s: %v, said %q", name, err, p.said)
		}
		if err != nil && strings.Contains(err.Error(), code) {
			t.Errorf("%s: the code is in %v", name, err)
		}
	}
}

// TestHostileLaunches: whoever writes the URL makes the software connect to nobody.
func TestHostileLaunches(t *testing.T) {
	asked := 0
	_, err := started(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }), func(c *Config) {
		c.Arguments = []string{"coopnet://join/" + code + "/../" + code}
		c.Updates = Updates{Allowed: true, Publishers: []ed25519.PublicKey{make([]byte, ed25519.PublicKeySize)}}
	})
	if err == nil || asked != 0 {
		t.Errorf("%v after %d requests", err, asked)
	}
}

// TestNothingIsSharedUnasked: a no ends it, without a word.
func TestNothingIsSharedUnasked(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/launch-codes/"+code+"/redeem", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"token":"t","permissions":["share"],"participant":{"id":"p-1","name":"James BOND","role":"guest"}}`)
	})
	mux.HandleFunc("GET /api/v1/admissions", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"conference":{"id":"c-1","name":"Team A"}}`)
	})
	p, err := started(t, mux, nil)
	if err != nil || len(p.said) != 0 || len(p.confirmed) != 1 {
		t.Fatalf("%v, said %q, confirmed %+v", err, p.said, p.confirmed)
	}
	if c := p.confirmed[0]; c.Conference != "Team A" || c.Name != "James BOND" || c.Role != "guest" || !strings.HasPrefix(c.Portal, "http://127.0.0.1:") {
		t.Errorf("%+v", c)
	}
}

// published is a portal with a release that its publisher has signed, for a software that is too old.
func published(t *testing.T, content []byte, expires time.Time) (http.Handler, ed25519.PublicKey) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	m := release.Manifest{Platform: "linux-amd64", Version: "1.4.0", MinimumVersion: "1.2.0", Filename: "coopnet.deb",
		Size: int64(len(content)), SHA256: sha256.Sum256(content), Expires: expires}
	mux := http.NewServeMux()
	mux.HandleFunc("/file", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(content) })
	mux.HandleFunc("/api/v1/launch-codes/", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUpgradeRequired)
		_ = json.NewEncoder(w).Encode(map[string]any{"code": "upgrade-required", "release": map[string]string{"version": "1.4.0", "manifest": m.Text(),
			"signature": base64.StdEncoding.EncodeToString(release.Sign(private, m)), "url": "http://" + r.Host + "/file"}})
	})
	return mux, public
}

func TestAnOldVersionIsUpdated(t *testing.T) {
	content := []byte("the installer")
	tomorrow := time.Now().Add(24 * time.Hour).Truncate(time.Second)
	portal, key := published(t, content, tomorrow)
	var installed []byte
	updates := Updates{Allowed: true, Publishers: []ed25519.PublicKey{key}, Folder: t.TempDir(), Start: func(ctx context.Context, path string) (err error) {
		if ctx.Err() == nil {
			installed, err = os.ReadFile(path)
		}
		return errors.Join(err, ctx.Err())
	}}
	with := func(u Updates, answers ...string) func(*Config) {
		return func(c *Config) {
			c.Updates = u
			c.Windows.(*person).answers = answers
		}
	}
	said := text.EndingsFor("en")
	p, err := started(t, portal, with(updates, yes))
	if err != nil || !bytes.Equal(installed, content) || len(p.said) != 2 || p.said[1] != said.Updated || !strings.Contains(p.said[0], "1.4.0") {
		t.Errorf("%v, installed %q, said %q", err, installed, p.said)
	}
	installed = nil
	if p, err := started(t, portal, with(updates, no)); err != nil || installed != nil || len(p.said) != 1 {
		t.Errorf("the user's no: %v, said %q", err, p.said)
	}
	strange, _ := published(t, content, tomorrow)
	if p, err := started(t, strange, with(updates, yes)); err == nil || installed != nil || p.progress != 0 {
		t.Errorf("somebody else's release: %v, installed %q", err, installed)
	}
	stale, key := published(t, content, time.Now().Add(-time.Hour).Truncate(time.Second))
	updates.Publishers = []ed25519.PublicKey{key}
	if _, err := started(t, stale, with(updates, yes)); err == nil || installed != nil {
		t.Errorf("a release that has expired: %v", err)
	}
	portal, key = published(t, content, tomorrow)
	updates.Publishers, updates.Start = []ed25519.PublicKey{key}, func(_ context.Context, path string) error { return &ErrByHand{path} }
	if p, err := started(t, portal, with(updates, yes)); err == nil || !strings.Contains(p.said[len(p.said)-1], "sudo dpkg") {
		t.Errorf("by hand: %v, said %q", err, p.said)
	}
}

// TestAnUpdateThatDoesNotWork says so, and so does one that is the administrator's.
func TestAnUpdateThatDoesNotWork(t *testing.T) {
	content := []byte("the installer")
	tomorrow := time.Now().Add(24 * time.Hour).Truncate(time.Second)
	portal, key := published(t, content, tomorrow)
	gone := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/file" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		portal.ServeHTTP(w, r)
	})
	updates := Updates{Allowed: true, Publishers: []ed25519.PublicKey{key}, Folder: t.TempDir(), Start: func(context.Context, string) error {
		t.Error("started")
		return nil
	}}
	words := text.For("en").Message
	if p, err := started(t, gone, func(c *Config) { c.Updates, c.Windows.(*person).answers = updates, []string{yes} }); err == nil || p.said[len(p.said)-1] != words.Failed {
		t.Errorf("no file: %v, said %q", err, p.said)
	}
	if p, err := started(t, portal, func(c *Config) {
		c.Updates, c.Windows.(*person).answers, c.Windows.(*person).impatient = updates, []string{yes}, true
	}); err != nil || len(p.said) != 1 {
		t.Errorf("the user does not wait: %v, said %q", err, p.said)
	}
	updates.Allowed = false
	if p, err := started(t, portal, func(c *Config) { c.Updates, c.Windows.(*person).answers = updates, []string{yes} }); err == nil || len(p.said) != 1 ||
		p.said[0] != text.Fill(text.FaultsFor("en").AskFor, "version", "1.4.0") {
		t.Errorf("the administrator's: %v, said %q", err, p.said)
	}
}

// TestAnUpdateKeepsNobodyFromJoining: one that is only offered, whatever becomes of it.
func TestAnUpdateKeepsNobodyFromJoining(t *testing.T) {
	content := []byte("the installer")
	portal, key := published(t, content, time.Now().Add(24*time.Hour).Truncate(time.Second))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/software", func(w http.ResponseWriter, r *http.Request) { // as a version that is too old is told
		answer := httptest.NewRecorder()
		portal.ServeHTTP(answer, httptest.NewRequest("POST", "http://"+r.Host+"/api/v1/launch-codes/x/redeem", http.NoBody))
		var told struct{ Release json.RawMessage }
		if err := json.Unmarshal(answer.Body.Bytes(), &told); err != nil {
			t.Error(err)
		}
		_, _ = w.Write(told.Release)
	})
	mux.Handle("/file", portal)
	mux.HandleFunc("POST /api/v1/launch-codes/", refusing(http.StatusNotFound, "{}"))
	started := func(impatient bool, start error) (*person, error) {
		return started(t, mux, func(c *Config) {
			c.Updates = Updates{Allowed: true, Publishers: []ed25519.PublicKey{key}, Folder: t.TempDir(), Start: func(context.Context, string) error { return start }}
			c.Windows.(*person).answers, c.Windows.(*person).impatient = []string{yes}, impatient
		})
	}
	used := text.EndingsFor("en").Used // the code was redeemed
	if p, _ := started(false, errors.New("no")); len(p.said) != 3 || p.said[1] != text.For("en").Message.Failed || p.said[2] != used {
		t.Errorf("it fails: said %q", p.said)
	}
	if p, _ := started(true, nil); len(p.said) != 2 || p.said[1] != used {
		t.Errorf("the user does not wait: said %q", p.said)
	}
	if p, err := started(false, nil); err != nil || len(p.said) != 2 || p.said[1] != text.EndingsFor("en").Updated {
		t.Errorf("it works: %v, said %q", err, p.said)
	}
}

// TestWhoseProgram: an administrator's is not replaced by one for a single user.
func TestWhoseProgram(t *testing.T) {
	local := filepath.Join("C:", "Users", "anne", "AppData", "Local")
	if !own("windows", filepath.Join(local, "Programs", "Coopnet", "coopnet-client.exe"), local) || !own("windows", strings.ToUpper(filepath.Join(local, "x.exe")), local) ||
		own("windows", filepath.Join("C:", "Program Files", "Coopnet", "coopnet-client.exe"), local) || own("windows", local+"2", local) || !own("linux", "/usr/bin/coopnet-client", "/home/anne/.cache") {
		t.Error("somebody else's")
	}
	for pixels, want := range map[image.Point]int{image.Pt(1920, 1080): 1, image.Pt(2560, 1440): 2, image.Pt(3840, 2160): 4, {}: 1} {
		if n := threads(pixels, 8); n != want {
			t.Errorf("%v: %d threads", pixels, n)
		}
	}
	if n := threads(image.Pt(3840, 2160), 2); n != 2 {
		t.Errorf("%d threads of two", n)
	}
}

// TestEveryEndIsExplained: each reason for which the software ends has words of its own, in both languages.
func TestEveryEndIsExplained(t *testing.T) {
	for _, language := range []string{"en", "fr-CA"} {
		a := newApp(Config{Language: language})
		for _, reason := range []session.Reason{session.Ended, session.Removed, session.Replaced, session.Locked} {
			if a.explain(&closed{reason: reason}) == "" {
				t.Errorf("%s: nothing is said for %s", language, reason)
			}
		}
		for _, reason := range []capture.Reason{capture.NoDisplay, capture.NoXWayland, capture.NoPortal, capture.NoPipeWire, capture.Refused, capture.NoPermission, capture.MacOS, capture.Format} {
			if a.explain(&capture.Unsupported{Reason: reason, Err: io.EOF}) == "" {
				t.Errorf("%s: nothing is said for %s", language, reason)
			}
		}
		if a.explain(&closed{session.Refused, &session.Refusal{Status: http.StatusForbidden}}) != a.said.Denied || a.explain(errNoShare) != a.said.NoShare ||
			a.explain(&session.Refusal{Status: http.StatusForbidden, Code: "publish-denied"}) != a.said.NoShare || a.explain(capture.ErrGone) != a.said.Gone ||
			a.explain(session.ErrLost) != a.said.Lost || a.explain(io.EOF) != a.faults.Broken ||
			a.explain(&session.Refusal{Status: http.StatusConflict, Code: "conflict"}) != a.faults.Crowded {
			t.Errorf("%s: something is explained in other words", language)
		}
	}
}
