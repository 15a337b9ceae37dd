//go:build linux && cgo

package standalone_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/client/encode"
	"github.com/coopnet/coopnet/client/encode/vpx/vpxtest"
	"github.com/coopnet/coopnet/client/share/viewtest"
	"github.com/coopnet/coopnet/shared/whip"
)

const (
	portalName    = "portal.coopnet.test" // nobody but the proxy knows where that is
	proxyName     = "j.doe42"
	proxyPassword = "p@ss:wörd €7"
)

// certificate is for the portal's name, and its own authority.
func certificate(t *testing.T) (certFile, keyFile string, roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: portalName}, DNSNames: []string{portalName},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	made, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made})
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	folder := t.TempDir()
	certFile, keyFile = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	for path, text := range map[string][]byte{certFile: text, keyFile: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile, roots
}

// outside is how everybody outside of the company reaches the portal: they know where it is.
func outside(roots *x509.CertPool) *http.Client {
	return &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			_, port, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			return (&net.Dialer{}).DialContext(ctx, network, "127.0.0.1:"+port)
		},
	}}
}

// TestTheSoftwareBehindAProxy: the program in a company's network, out of which leads nothing but a proxy with a login.
func TestTheSoftwareBehindAProxy(t *testing.T) {
	t.Parallel()
	certFile, keyFile, roots := certificate(t)
	port := freePort(t)
	origin := "https://" + net.JoinHostPort(portalName, port)
	s := startServer(t, "coopnet", filepath.Join(t.TempDir(), "data"), "--listen", "127.0.0.1:"+port, "--public-url", origin,
		"--tls-cert", certFile, "--tls-key", keyFile, "--turns", "127.0.0.1:0")
	s.client = outside(roots)
	var made struct{ ID string }
	if err := s.organizer().call(t.Context(), "POST", "/conferences", map[string]string{"name": "Team A", "password": "correct horse"}, &made); err != nil {
		t.Fatal(err)
	}
	program := builtFor(t, origin)
	for name, happens := range map[string]func(t *testing.T, w *workstation, software behind){"no login": noLogin, "a login": aLogin, "a login in the URL": loginInURL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCompany(t, portalName, proxyName, proxyPassword)
			for _, address := range []string{"127.0.0.1:" + port, s.Turn, s.Turns, net.JoinHostPort(portalName, port)} {
				if c.reaches(address) {
					t.Fatalf("the company has another way to %s", address)
				}
			}
			happens(t, newWorkstation(t, c), behind{s, made.ID, program, certFile})
			if refused := c.refused(); len(refused) > 0 {
				t.Errorf("the proxy was asked for %v", refused)
			}
		})
	}
}

// behind is the program, and the server that it wants to reach from behind the proxy.
type behind struct {
	*server
	conference string // ID
	program    string
	certFile   string
}

// launches starts it with a new code.
func (b behind) launches(t *testing.T, w *workstation, login *url.Userinfo) (r *running, page *caller, code string) {
	t.Helper()
	page, code = launchCode(t, b.server, "Team A")
	proxy := url.URL{Scheme: "http", User: login, Host: w.company.address}
	return w.start(b.program, code, proxy.String(), b.certFile), page, code
}

// noLogin: nothing gets through, and the person is told.
func noLogin(t *testing.T, w *workstation, software behind) {
	r, page, code := software.launches(t, w, nil)
	w.answers("Sign in to the proxy "+w.company.address, surprise, "="+proxyName, "Tab", "=wr0ng", "Enter")
	w.answers("did not accept", surprise, "Escape")
	w.answers("Coopnet", deaf, "Enter")
	if code := r.ends(); code != 1 {
		t.Errorf("it ends with %d", code)
	}
	if !strings.Contains(r.log(), w.company.address) {
		t.Errorf("the proxy is not named: %s", r.log())
	}
	var state struct{ Status string }
	if err := page.call(t.Context(), "GET", "/launch-codes/"+code, nil, &state); err != nil || state.Status != "waiting" {
		t.Errorf("the code is %q, %v", state.Status, err)
	}
	// Once without, and once with what was typed: nothing tries by itself.
	if seen := w.company.seen(); len(seen.tunnels) > 0 || seen.denied != 2 || seen.wrong != 1 {
		t.Errorf("%+v", seen)
	}
	hides(t, r, "wr0ng", proxyName)
}

// aLogin: one in the URL is wrong, another is typed, and the picture comes.
func aLogin(t *testing.T, w *workstation, software behind) {
	paint(t, w.display, w.size, 0x808080)
	r, _, _ := software.launches(t, w, url.UserPassword(proxyName, "of last year"))
	w.answers("did not accept", surprise, "="+proxyPassword, "Enter") // the name is there
	w.answers("Share in Team A", surprise, "Enter")
	w.answers("Choose what to share", deaf, "Home", "Enter")
	w.sees("You are sharing")

	anne := newColleague(t, software.server, software.conference)
	decoder := vpxtest.NewDecoder(t, encode.VP9) // closes after the reading
	picture := viewtest.Watch(t, whip.Endpoint{URL: anne.ticket.Relay.WHEP, Token: anne.ticket.Token, HTTP: anne.client}, decoder)
	until(t, 15*time.Second, func() bool { return near(picture, 126) }, "grey picture")
	before := w.company.seen()
	paint(t, w.display, w.size, 0xffffff)
	until(t, 5*time.Second, func() bool { return near(picture, 235) }, "white picture")
	after := w.company.seen()
	if after.carried == before.carried {
		t.Error("the picture does not go through the proxy")
	}
	_, turns, err := net.SplitHostPort(software.Turns)
	if err != nil || !slices.Contains(after.tunnels, net.JoinHostPort(portalName, turns)) {
		t.Errorf("no tunnel to TURN over TLS, but to %v", after.tunnels)
	}
	if after.denied != 1 || after.wrong != 1 { // by the one in the URL
		t.Errorf("%+v", after)
	}
	t.Logf("%d tunnels, %d bytes; %d packets went past the proxy, and nowhere", len(after.tunnels), after.carried, w.company.vanished(t))
	r.crashes()
	hides(t, r, "of last year", proxyPassword)
}

// loginInURL: nobody is asked.
func loginInURL(t *testing.T, w *workstation, software behind) {
	r, _, _ := software.launches(t, w, url.UserPassword(proxyName, proxyPassword))
	w.answers("Share in Team A", surprise, "Escape")
	if code := r.ends(); code != 0 {
		t.Errorf("it ends with %d", code)
	}
	if seen := w.company.seen(); seen.denied != 0 || len(seen.tunnels) == 0 {
		t.Errorf("%+v", seen)
	}
	hides(t, r, proxyPassword, proxyName+":")
}

// hides: no part of a login is in what the software has said, as it is or as it is sent. Its command line has the launch
// URL and nothing else.
func hides(t *testing.T, r *running, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		for _, form := range []string{secret, base64.StdEncoding.EncodeToString([]byte(proxyName + ":" + secret)), url.QueryEscape(secret), url.PathEscape(secret)} {
			if strings.Contains(r.log(), form) {
				t.Errorf("%q is in what it said: %s", form, r.log())
			}
		}
	}
	if len(r.command.Args) != 2 {
		t.Errorf("it was started with %q", r.command.Args)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}
