package network

import (
	"context"
	"errors"
	"net/url"
	"sync/atomic"
	"testing"
	"time"
)

// TestProxiesAreRemembered: a script is not run for each connection, and nobody waits for it longer than they want.
func TestProxiesAreRemembered(t *testing.T) {
	var asked atomic.Int32
	now := time.Now()
	release := make(chan struct{})
	p := &proxies{now: func() time.Time { return now }, find: func(*url.URL) (*url.URL, error) {
		asked.Add(1)
		<-release
		return url.Parse("http://proxy.example:3128")
	}}
	portal := &url.URL{Scheme: "https", Host: "portal.example:443"}
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.of(impatient, portal); !errors.Is(err, context.Canceled) {
		t.Errorf("who does not wait: %v", err)
	}
	close(release)
	for range 3 {
		if proxy, err := p.of(t.Context(), portal); err != nil || proxy.Host != "proxy.example:3128" {
			t.Errorf("%v, %v", proxy, err)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
	now = now.Add(proxyLife)
	_, _ = p.of(t.Context(), portal)
	p.forget() // where nothing can be reached, the system is not asked for each attempt
	_, _ = p.of(t.Context(), portal)
	if asked.Load() != 2 {
		t.Errorf("asked %d times at once", asked.Load())
	}
	now = now.Add(proxyRest)
	p.forget()
	_, _ = p.of(t.Context(), portal)
	if asked.Load() != 3 {
		t.Errorf("asked %d times after a while, and in another network", asked.Load())
	}
}

// TestErrorsAreNotRemembered: a system that was busy is asked again, though not for each connection.
func TestErrorsAreNotRemembered(t *testing.T) {
	now, asked := time.Now(), 0
	p := &proxies{now: func() time.Time { return now }, find: func(*url.URL) (*url.URL, error) {
		asked++
		if asked == 1 {
			now = now.Add(2 * proxyRest) // it takes its time
			return nil, ErrUnread
		}
		return nil, nil
	}}
	portal := &url.URL{Scheme: "https", Host: "portal.example:443"}
	for range 2 {
		if _, err := p.of(t.Context(), portal); !errors.Is(err, ErrUnread) || asked != 1 {
			t.Errorf("at once: %v, asked %d times", err, asked)
		}
	}
	now = now.Add(proxyRest)
	for range 2 {
		if _, err := p.of(t.Context(), portal); err != nil || asked != 2 {
			t.Errorf("after a while: %v, asked %d times", err, asked)
		}
		now = now.Add(proxyRest)
	}
}

// TestAFailedPassForgets which proxy there was: the network may be another one.
func TestAFailedPassForgets(t *testing.T) {
	asked, now := 0, time.Now()
	n := New(Config{Proxy: func(*url.URL) (*url.URL, error) {
		asked++
		return url.Parse("http://127.0.0.1:1")
	}})
	n.proxies.now = func() time.Time { return now }
	if err := n.Pass(t.Context(), "portal.example:443"); !errors.Is(err, ErrSilent) {
		t.Errorf("%v", err)
	}
	now = now.Add(proxyRest)
	_ = n.Pass(t.Context(), "portal.example:443")
	if _ = n.Pass(t.Context(), "portal.example:443"); asked != 2 {
		t.Errorf("asked %d times", asked)
	}
}
