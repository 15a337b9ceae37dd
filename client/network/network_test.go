package network

import (
	"bufio"
	"context"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// proxyServer is a real proxy for CONNECT. Names are resolved by it alone: all of them are this machine.
type proxyServer struct {
	url      *url.URL
	scheme   string             // of the login
	refused  atomic.Int32       // requests
	wrong    atomic.Int32       // logins
	hold     func(given string) // each request, before it is answered; may be nil
	mu       sync.Mutex
	password string // empty: no login is wanted
	asked    []string
}

func newProxy(t *testing.T, password, scheme string) *proxyServer {
	t.Helper()
	p := &proxyServer{password: password, scheme: scheme}
	s := httptest.NewServer(http.HandlerFunc(p.serve))
	t.Cleanup(s.Close)
	p.url, _ = url.Parse(s.URL)
	return p
}

func (p *proxyServer) serve(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked = append(p.asked, r.Method+" "+r.Host)
	password := p.password
	p.mu.Unlock()
	given := r.Header.Get("Proxy-Authorization")
	if p.hold != nil {
		p.hold(given)
	}
	if password != "" && given != "Basic "+base64.StdEncoding.EncodeToString([]byte("anne:"+password)) {
		p.refused.Add(1)
		if given != "" {
			p.wrong.Add(1)
		}
		w.Header().Set("Proxy-Authenticate", p.scheme)
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	}
	_, port, _ := net.SplitHostPort(r.Host)
	out, err := net.Dial("tcp", "127.0.0.1:"+port)
	if r.Method != http.MethodConnect || err != nil {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	in, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		out.Close()
		return
	}
	_, _ = io.WriteString(in, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() {
		_, _ = io.Copy(out, buffered) // until either side has ended
		out.Close()
	}()
	_, _ = io.Copy(in, out)
	in.Close()
}

func (p *proxyServer) change(password string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.password = password
}

func (p *proxyServer) through(*url.URL) (*url.URL, error) { return p.url, nil }

// portal is a server with TLS, which only the proxy can name.
func portal(t *testing.T, h http.HandlerFunc) (address string, roots *x509.CertPool) {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	roots = x509.NewCertPool()
	roots.AddCert(s.Certificate())
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	return "example.com:" + port, roots // the test server's certificate is for example.com
}

func get(t *testing.T, n *Network, address string) (string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+address+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	client := n.Client()
	defer client.CloseIdleConnections()
	answer, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return string(text), err
}

func TestThroughAProxy(t *testing.T) {
	address, roots := portal(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "hello by "+r.Proto) })
	with := func(p *proxyServer, ask func(context.Context, Question) (Login, error)) *Network {
		return New(Config{Proxy: p.through, Ask: ask, Roots: roots})
	}
	open := newProxy(t, "", "")
	if text, err := get(t, with(open, nil), address); err != nil || text != "hello by HTTP/2.0" {
		t.Errorf("no login: %q, %v", text, err)
	}
	if open.asked[0] != "CONNECT "+address {
		t.Errorf("the proxy was asked %v", open.asked)
	}

	var questions atomic.Int32
	closed := newProxy(t, "secret:é", `Basic realm="Company"`)
	right := with(closed, func(_ context.Context, q Question) (Login, error) {
		if q != (Question{Proxy: closed.url.Host, Realm: "Company"}) {
			t.Errorf("asked %+v", q)
		}
		questions.Add(1)
		return Login{"anne", "secret:é"}, nil
	})
	var all sync.WaitGroup
	for range 8 { // one question for all
		all.Go(func() {
			if text, err := get(t, right, address); err != nil || text != "hello by HTTP/2.0" {
				t.Errorf("with a login: %q, %v", text, err)
			}
		})
	}
	all.Wait()
	if questions.Load() != 1 {
		t.Errorf("%d questions", questions.Load())
	}

	named := newProxy(t, "secret", "Basic")
	named.url.User = url.UserPassword("anne", "secret")
	if _, err := get(t, with(named, nil), address); err != nil || named.refused.Load() != 0 {
		t.Errorf("a login in the URL: %v after %d refusals", err, named.refused.Load())
	}
}

func TestAProxyRefuses(t *testing.T) {
	address, roots := portal(t, func(http.ResponseWriter, *http.Request) {})
	if _, err := get(t, New(Config{Proxy: newProxy(t, "x", "Negotiate").through, Roots: roots}), address); !errors.Is(err, ErrScheme) {
		t.Errorf("another login: %v", err)
	}
	if _, err := get(t, New(Config{Proxy: newProxy(t, "", "").through, Roots: roots}), "example.com:1"); !errors.Is(err, ErrProxy) {
		t.Errorf("a port that is closed: %v", err)
	}
	if _, err := get(t, New(Config{Proxy: newProxy(t, "", "").through}), address); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a certificate that the system does not know: %v", err)
	}
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	if err := New(Config{Proxy: func(*url.URL) (*url.URL, error) { return url.Parse(secure.URL) }}).Pass(t.Context(), address); !errors.Is(err, ErrIdentity) || errors.Is(err, ErrSilent) {
		t.Errorf("a proxy with a certificate that the system does not know: %v", err)
	}
	if err := New(Config{Proxy: func(*url.URL) (*url.URL, error) { return url.Parse("https://127.0.0.1:1") }}).Pass(t.Context(), address); !errors.Is(err, ErrSilent) {
		t.Errorf("nobody listens: %v", err)
	}
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	n := New(Config{Proxy: func(*url.URL) (*url.URL, error) { return url.Parse("http://" + mute.Addr().String()) }})
	if conn, err := n.DialContext(ctx, "tcp", address); err == nil {
		conn.Close()
		t.Error("a proxy that says nothing")
	}
}

func TestAWebSocketThroughAProxy(t *testing.T) {
	address, roots := portal(t, func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		_ = c.Write(r.Context(), websocket.MessageText, []byte("hello"))
		c.CloseNow()
	})
	n := New(Config{Proxy: newProxy(t, "", "").through, Roots: roots})
	c, _, err := websocket.Dial(t.Context(), "wss://"+address+"/control", &websocket.DialOptions{HTTPClient: n.Client()})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	if _, text, err := c.Read(t.Context()); err != nil || string(text) != "hello" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestTURN(t *testing.T) {
	address, roots := portal(t, func(http.ResponseWriter, *http.Request) {})
	_, port, _ := net.SplitHostPort(address)
	p := newProxy(t, "", "")
	told, dial := New(Config{Proxy: p.through, Roots: roots}).TURN(t.Context(), []string{"turn:relay.example:3478?transport=udp", "turns:" + address + "?transport=tcp", "turn:" + address + "?transport=tcp", "turns:[2001:db8::1]"})
	if want := "turn:relay.example:3478?transport=udp turns:192.0.2.1:" + port + "?transport=tcp turn:192.0.2.2:" + port + "?transport=tcp turns:192.0.2.3:5349?transport=tcp"; strings.Join(told, " ") != want {
		t.Errorf("%v", told)
	}
	secure, err := dial("tcp4", "192.0.2.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer secure.Close()
	_, _ = io.WriteString(secure, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	if answer, err := http.ReadResponse(bufio.NewReader(secure), nil); err != nil || answer.StatusCode != http.StatusOK {
		t.Errorf("through TLS: %v", err)
	}
	if _, ok := secure.LocalAddr().(*net.TCPAddr); !ok {
		t.Error("pion wants a TCP address")
	}
	bare, err := dial("tcp4", "192.0.2.2:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer bare.Close()
	if _, err := dial("tcp4", "192.0.2.4:"+port); err == nil {
		t.Error("an address that was not told")
	}
	if p.asked[0] != "CONNECT "+address || len(p.asked) != 2 {
		t.Errorf("the proxy was asked %v", p.asked)
	}
}

func TestRedirects(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "file") }))
	defer other.Close()
	first := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) }))
	defer first.Close()
	n := New(Config{})
	if answer, err := n.Client().Get(first.URL); err == nil {
		answer.Body.Close()
		t.Error("followed to another origin")
	}
	answer, err := n.Downloads().Get(first.URL)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	address, roots := portal(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) })
	if answer, err := New(Config{Proxy: newProxy(t, "", "").through, Roots: roots}).Downloads().Get("https://" + address); err == nil {
		answer.Body.Close()
		t.Error("followed to an address without TLS")
	}
}

func TestSettings(t *testing.T) {
	for _, c := range []struct{ server, bypass, target, want string }{
		{"proxy.example:3128", "", "https://portal.example/", "http://proxy.example:3128"},
		{"http=web.example:80;https=proxy.example:3128", "", "https://portal.example/", "http://proxy.example:3128"},
		{"http=web.example:80", "", "https://portal.example/", ""},
		{"https://proxy.example", "", "https://portal.example/", "https://proxy.example"},
		{"proxy.example:3128", "*.example", "https://portal.example/", ""},
		{"proxy.example:3128", "portal.*.example;<local>", "https://portal.a.b.example/", ""},
		{"proxy.example:3128", "<local>", "https://portal/", ""},
		{"proxy.example:3128", "<local>", "https://portal.example/", "http://proxy.example:3128"},
		{"proxy.example:3128", "PORTAL.example", "https://portal.example:8443/", ""},
		{"", "", "https://portal.example/", ""},
	} {
		target, _ := url.Parse(c.target)
		got, err := settings{c.server, c.bypass}.proxy(target)
		text := ""
		if got != nil {
			text = got.String()
		}
		if err != nil || text != c.want {
			t.Errorf("%+v: %s, %v", c, text, err)
		}
	}
	if _, err := (settings{"http://", ""}).proxy(&url.URL{Host: "portal.example"}); err == nil {
		t.Error("no proxy at all")
	}
}
