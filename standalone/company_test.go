//go:build linux && cgo

package standalone_test

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// company is a network of its own: there is an interface with an address and a default route, as on any workstation, but what
// goes there vanishes, as behind a firewall. All that answers is a web proxy, which wants a name and a password, lets
// nothing through but tunnels to one name, and is alone to know its address.
type company struct {
	address  string // of the proxy
	inside   chan func()
	lets     string // the name
	name     string
	password string

	mu     sync.Mutex // guards what follows
	so     sightings
	others []string // what it was asked for, and does not let through
}

// sightings are what a proxy has seen.
type sightings struct {
	denied  int      // requests without the right login
	wrong   int      // those of them that had another
	tunnels []string // that were made
	carried int64    // bytes, outwards
}

const proxyHost = "10.213.0.1"

// newCompany needs root, as the browsers' tests in networks of their own do; COOPNET_E2E_NO_NETWORK leaves both out.
func newCompany(t *testing.T, lets, name, password string) *company {
	t.Helper()
	if os.Getenv("COOPNET_E2E_NO_NETWORK") != "" {
		t.Skip("COOPNET_E2E_NO_NETWORK is set")
	}
	c := &company{inside: make(chan func()), lets: lets, name: name, password: password}
	began := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread, and its network, end with this goroutine
		began <- unix.Unshare(unix.CLONE_NEWNET)
		for do := range c.inside {
			do()
		}
	}()
	t.Cleanup(func() { close(c.inside) })
	if err := <-began; err != nil {
		t.Fatalf("a network of its own needs root: %v; COOPNET_E2E_NO_NETWORK=1 leaves these tests out", err)
	}
	var listener net.Listener
	err := c.within(func() (err error) {
		plan := exec.Command("ip", "-batch", "-")
		plan.Stdin = strings.NewReader(`link set lo up
			addr add ` + proxyHost + `/32 dev lo
			link add wire type veth peer name nowhere
			addr add 10.213.1.2/24 dev wire
			link set wire up
			link set nowhere up
			route add default via 10.213.1.1
			neigh add 10.213.1.1 lladdr 02:00:00:00:00:01 dev wire nud permanent
		`)
		if said, err := plan.CombinedOutput(); err != nil {
			return errors.New(string(said))
		}
		listener, err = net.Listen("tcp", proxyHost+":0")
		return err
	})
	if err != nil {
		t.Fatalf("make a network: %v", err)
	}
	c.address = listener.Addr().String()
	proxy := &http.Server{Handler: c, ReadHeaderTimeout: 10 * time.Second}
	var serving sync.WaitGroup
	serving.Go(func() { _ = proxy.Serve(listener) }) // until it is closed
	t.Cleanup(func() {
		_ = proxy.Close()
		serving.Wait()
	})
	return c
}

// within does something in the company's network: what is started and what listens there stays there.
func (c *company) within(do func() error) error {
	done := make(chan error)
	c.inside <- func() { done <- do() }
	return <-done
}

// reaches reports whether somebody in the company gets a connection without the proxy.
func (c *company) reaches(address string) bool {
	return c.within(func() error {
		conn, err := net.DialTimeout("tcp", address, 300*time.Millisecond)
		if err != nil {
			return err
		}
		return conn.Close()
	}) == nil
}

// vanished is how many packets somebody has tried to send past the proxy.
func (c *company) vanished(t *testing.T) (packets int) {
	t.Helper()
	err := c.within(func() error {
		said, err := exec.Command("ip", "-stats", "-oneline", "link", "show", "wire").Output()
		if err != nil {
			return err
		}
		_, sent, _ := strings.Cut(string(said), "TX:")
		fields := strings.Fields(sent[strings.Index(sent, `\`)+1:])
		packets, err = strconv.Atoi(fields[1]) // behind the bytes
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return packets
}

func (c *company) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	given := r.Header.Get("Proxy-Authorization")
	if given != "Basic "+base64.StdEncoding.EncodeToString([]byte(c.name+":"+c.password)) {
		c.note(func() {
			c.so.denied++
			if given != "" {
				c.so.wrong++
			}
		})
		w.Header().Set("Proxy-Authenticate", `Negotiate, Basic realm="Headquarters"`)
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	}
	host, port, err := net.SplitHostPort(r.Host)
	if r.Method != http.MethodConnect || err != nil || host != c.lets {
		c.note(func() { c.others = append(c.others, r.Method+" "+r.Host) })
		w.WriteHeader(http.StatusForbidden)
		return
	}
	outside, err := (&net.Dialer{}).DialContext(context.WithoutCancel(r.Context()), "tcp", "127.0.0.1:"+port)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer outside.Close()
	in, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer in.Close()
	c.note(func() { c.so.tunnels = append(c.so.tunnels, r.Host) })
	_, _ = io.WriteString(in, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() {
		_, _ = io.Copy(counted{outside, c}, buffered) // until either side has ended
		_ = outside.Close()
	}()
	_, _ = io.Copy(in, outside)
}

// counted counts what leaves the company.
type counted struct {
	io.Writer
	company *company
}

func (w counted) Write(b []byte) (int, error) {
	n, err := w.Writer.Write(b)
	w.company.note(func() { w.company.so.carried += int64(n) })
	return n, err
}

func (c *company) note(what func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	what()
}

func (c *company) seen() sightings {
	c.mu.Lock()
	defer c.mu.Unlock()
	so := c.so
	so.tunnels = slices.Clone(so.tunnels)
	return so
}

// refused is what it was asked for, and is not for it to give.
func (c *company) refused() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.others)
}
