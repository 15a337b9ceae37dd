package measure

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/coopnet/coopnet/relay/internal/leaktest"
)

func ask(t *testing.T, client *http.Client, method, url string, header http.Header) (*http.Response, Answer) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var a Answer
	if resp.StatusCode == 200 {
		if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
			t.Fatal(err)
		}
	}
	return resp, a
}

// wrapped is a connection as the port that HTTP shares with TURN hands it on.
type wrapped struct{ net.Conn }

func (w wrapped) NetConn() net.Conn { return w.Conn }

type wrapping struct{ net.Listener }

func (w wrapping) Accept() (net.Conn, error) {
	conn, err := w.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return wrapped{conn}, nil
}

func TestMeasure(t *testing.T) {
	leaktest.Check(t)
	for name, start := range map[string]func(*httptest.Server){
		"plain": (*httptest.Server).Start, "TLS": (*httptest.Server).StartTLS,
		"TLS on a shared port": func(s *httptest.Server) { s.Listener = wrapping{s.Listener}; s.StartTLS() },
		"TLS, HTTP/2":          func(s *httptest.Server) { s.EnableHTTP2 = true; s.StartTLS() },
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewUnstartedServer(New(time.Now))
			s.Config.ConnContext = WithConnection
			start(s)
			defer s.Close()
			resp, a := ask(t, s.Client(), "GET", s.URL, nil)
			if a.Address != "127.0.0.1" || a.Family != "ipv4" || a.Proxied || time.Since(a.ServerTime).Abs() > time.Minute {
				t.Errorf("got %+v", a)
			}
			if runtime.GOOS == "linux" && (a.MSS < 536 || a.MSS > 65535) {
				t.Errorf("mss %d", a.MSS)
			}
			if h := resp.Header; h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Cache-Control") != "no-store" {
				t.Errorf("headers %v", h)
			}
			for name, value := range map[string]string{"Forwarded": "for=192.0.2.1", "X-Forwarded-For": "192.0.2.1", "Via": "1.1 squid"} {
				if _, a := ask(t, s.Client(), "GET", s.URL, http.Header{name: {value}}); !a.Proxied || a.Address != "127.0.0.1" {
					t.Errorf("%s: %+v", name, a)
				}
			}
			if resp, _ := ask(t, s.Client(), "OPTIONS", s.URL, nil); resp.StatusCode != 204 {
				t.Errorf("OPTIONS: %s", resp.Status)
			}
			if resp, _ := ask(t, s.Client(), "POST", s.URL, nil); resp.StatusCode != 405 || resp.Header.Get("Allow") != "GET, OPTIONS" {
				t.Errorf("POST: %s", resp.Status)
			}
		})
	}
}

func TestSegmentOfWhatIsNoTCP(t *testing.T) {
	one, other := net.Pipe()
	defer one.Close()
	defer other.Close()
	if n := segment(tls.Server(one, &tls.Config{})); n != 0 {
		t.Errorf("%d bytes", n)
	}
}

func TestAskedIsLimited(t *testing.T) {
	now := time.Unix(1_000, 0)
	a := newAsked(func() time.Time { return now })
	home := netip.MustParseAddr("192.0.2.1")
	for i := range burst {
		if wait := a.spend(home); wait != 0 {
			t.Fatalf("request %d waits %s", i, wait)
		}
	}
	if wait := a.spend(home); wait != every {
		t.Errorf("one more waits %s", wait)
	}
	if wait := a.spend(netip.MustParseAddr("192.0.2.2")); wait != 0 {
		t.Errorf("somebody else waits %s", wait)
	}
	now = now.Add(every)
	if a.spend(home) != 0 || a.spend(home) == 0 {
		t.Error("one a second")
	}
	for i := range maxSources + 10 {
		a.spend(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}))
	}
	if len(a.paid) > maxSources {
		t.Errorf("%d sources are remembered", len(a.paid))
	}
	now = now.Add(2 * burst * every)
	if wait := a.spend(netip.MustParseAddr("192.0.2.3")); wait != 0 || len(a.paid) != 1 {
		t.Errorf("waits %s beside %d", wait, len(a.paid))
	}
}

func TestLimitOfASource(t *testing.T) {
	h := New(time.Now)
	for i := range burst + 1 {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/measure", nil)
		r.RemoteAddr = fmt.Sprintf("[2001:db8::%x]:5000", i+1) // one home
		h.ServeHTTP(w, r)
		if want := map[bool]int{false: 200, true: 429}[i == burst]; w.Code != want {
			t.Fatalf("request %d: %d", i, w.Code)
		}
	}
}
