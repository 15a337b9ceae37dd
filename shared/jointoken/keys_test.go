package jointoken

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestRemoteRotatesAndOutlivesItsIssuer(t *testing.T) {
	first, second := testKey(t), testKey(t)
	var set atomic.Pointer[JWKS]
	publish := func(keys ...Key) { s := NewJWKS(keys...); set.Store(&s) }
	var down atomic.Bool
	var reads atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reads.Add(1)
		if down.Load() {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		_ = json.NewEncoder(w).Encode(set.Load())
	}))
	defer server.Close()
	now := time.Unix(1_800_000_000, 0)
	remote := NewRemote(server.URL, server.Client(), func() time.Time { return now })
	defer remote.Close()
	must := func(id string, want error) {
		t.Helper()
		if _, err := remote.Key(context.Background(), id); !errors.Is(err, want) {
			t.Fatalf("key %s: %v, want %v", id, err, want)
		}
	}
	publish(first)
	must(first.ID, nil)
	must(second.ID, ErrUnknownKey) // too early to ask again
	publish(second, first)
	now = now.Add(retryAge)
	must(second.ID, nil)
	down.Store(true)
	now = now.Add(time.Hour)
	must(first.ID, nil)
	for range 100 {
		must("random", ErrUnknownKey)
	}
	if reads.Load() != 3 {
		t.Errorf("%d reads", reads.Load())
	}
}

// issuer answers key sets without a network, so that a test can stop the clock.
type issuer struct {
	set     JWKS
	hanging atomic.Bool // until the reader gives up
	slow    time.Duration
	reads   atomic.Int32
}

func (i *issuer) RoundTrip(r *http.Request) (*http.Response, error) {
	i.reads.Add(1)
	if i.hanging.Load() {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	select {
	case <-time.After(i.slow):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	doc, err := json.Marshal(i.set)
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(doc)), Request: r}, err
}

func newRemote(i *issuer) *Remote {
	return NewRemote("http://issuer", &http.Client{Transport: i}, time.Now)
}

func TestRemoteOutlivesTheCallerThatHangsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := testKey(t)
		i := &issuer{set: NewJWKS(k), slow: time.Second}
		remote := newRemote(i)
		defer remote.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := remote.Key(ctx, k.ID); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("the first caller: %v", err)
		}
		if _, err := remote.Key(t.Context(), k.ID); err != nil {
			t.Errorf("the next caller: %v", err)
		}
		if i.reads.Load() != 1 {
			t.Errorf("%d reads", i.reads.Load())
		}
	})
}

// TestRemoteWithAHangingIssuer: who holds a known key never waits, others wait once and together.
func TestRemoteWithAHangingIssuer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := testKey(t)
		i := &issuer{set: NewJWKS(k)}
		remote := newRemote(i)
		defer remote.Close()
		many := func(kid string) (slowest time.Duration, failed int32) {
			start, failures := time.Now(), atomic.Int32{}
			var calls sync.WaitGroup
			for range 50 {
				calls.Go(func() {
					if _, err := remote.Key(t.Context(), kid); err != nil {
						failures.Add(1)
					}
				})
			}
			calls.Wait()
			return time.Since(start), failures.Load()
		}
		i.hanging.Store(true)
		if took, failed := many(k.ID); took != 1500*time.Millisecond || failed != 50 {
			t.Errorf("nothing known: %d refused after %v", failed, took)
		}
		i.hanging.Store(false)
		if _, failed := many(k.ID); failed != 0 {
			t.Errorf("the issuer is back: %d refused", failed)
		}
		i.hanging.Store(true)
		for range 3 {
			time.Sleep(refreshAge + time.Second) // on the test's own clock
			if took, failed := many(k.ID); took != 0 || failed != 0 {
				t.Errorf("a known key: %d refused after %v", failed, took)
			}
			if took, failed := many("unknown"); took > 1500*time.Millisecond || failed != 50 {
				t.Errorf("an unknown key: %d refused after %v", failed, took)
			}
			if took, failed := many("unknown"); took != 0 || failed != 50 {
				t.Errorf("an unknown key again: %d refused after %v", failed, took)
			}
		}
		if i.reads.Load() != 2+3 {
			t.Errorf("%d reads", i.reads.Load())
		}
	})
}

func TestRemoteCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		i.hanging.Store(true)
		remote := newRemote(i)
		start := time.Now()
		var asking sync.WaitGroup
		asking.Go(func() {
			if _, err := remote.Key(t.Context(), "x"); err == nil {
				t.Error("a key without a set")
			}
		})
		synctest.Wait()
		remote.Close()
		asking.Wait()
		if _, err := remote.Key(t.Context(), "x"); err == nil || time.Since(start) > 0 || i.reads.Load() != 1 {
			t.Errorf("after Close: %v, %v, %d reads", err, time.Since(start), i.reads.Load())
		}
	})
}
