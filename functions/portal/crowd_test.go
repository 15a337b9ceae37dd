package portal_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/portal/portaltest"
)

// crowd is people who join at the same moment.
type crowd struct {
	t *testing.T

	mu      sync.Mutex
	seats   map[any]bool
	took    []time.Duration
	refused []string
}

// TestAWholeCompanyBehindOneAddressInTime: 500 people (100 with -short) join at the same moment. None of them is slowed down,
// 99 of 100 are in within 2 s, and each has one seat. A process that does not get a processor cannot promise the time:
// then some may be told to ask again, and are in when they do.
func TestAWholeCompanyBehindOneAddressInTime(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		w.create(c, nil)
		people := 500
		if testing.Short() { // the race detector makes SQLite twenty times slower
			people = 100
		}
		processor := watchProcessor()
		a := crowd{t: t, seats: make(map[any]bool)}
		var joining sync.WaitGroup
		for range people {
			guest := c.Fork()
			joining.Go(func() { a.join(guest) })
		}
		joining.Wait()
		had, wait := processor()
		if len(a.seats) != people {
			t.Errorf("%d seats for %d people", len(a.seats), people)
		}
		slices.Sort(a.took)
		p99 := a.took[len(a.took)*99/100]
		t.Logf("p99 %v, %d refusals; had %.1f processors and waited up to %v for one", p99, len(a.refused), had, wait)
		if had < 0.5 && wait > 50*time.Millisecond {
			return
		}
		if len(a.refused) > 0 {
			t.Errorf("%d were told to ask again, the first one: %s", len(a.refused), a.refused[0])
		}
		if p99 > 2*time.Second && !testing.Short() {
			t.Errorf("p99 is %v", p99)
		}
	})
}

func (a *crowd) join(guest *portaltest.Client) {
	began := time.Now()
	a.ask(guest, "POST", "/api/v1/admissions", object{"name": "Team A", "password": "correct horse"})
	a.ask(guest, "PUT", "/api/v1/identity", object{"name": "James BOND", "email": "james@example.org"})
	got := a.ask(guest, "POST", "/api/v1/join-tokens", object{"mode": "browser"})
	a.mu.Lock()
	defer a.mu.Unlock()
	a.took = append(a.took, time.Since(began))
	if participant, ok := got["participant"].(object); ok {
		a.seats[participant["id"]] = true
	}
}

// ask asks again where that is all the answer says.
func (a *crowd) ask(guest *portaltest.Client, method, path string, body object) object {
	for range 20 {
		answer := guest.Do(method, path, body)
		after, err := strconv.Atoi(answer.Header.Get("Retry-After"))
		if answer.Status == 503 && err == nil && after <= 5 {
			a.mu.Lock()
			a.refused = append(a.refused, string(answer.Body))
			a.mu.Unlock()
			time.Sleep(time.Duration(after) * time.Second)
			continue
		}
		var got object
		if err := json.Unmarshal(answer.Body, &got); err != nil || answer.Status != 200 {
			a.t.Errorf("%s %s: %d %s", method, path, answer.Status, answer.Body)
		}
		return got
	}
	a.t.Errorf("%s %s: refused twenty times", method, path)
	return nil
}

// watchProcessor measures until it is asked: how many processors the process had on average, and the longest time for
// which a goroutine that could go on had to wait for one. A process that waits for anything else waits for no processor.
func watchProcessor() (stop func() (had float64, wait time.Duration)) {
	const pause = 2 * time.Millisecond
	began, before := time.Now(), used()
	done, result := make(chan struct{}), make(chan time.Duration)
	go func() {
		var longest time.Duration
		for {
			asleep := time.Now()
			select {
			case <-done:
				result <- longest
				return
			case <-time.After(pause):
				longest = max(longest, time.Since(asleep)-pause)
			}
		}
	}()
	return func() (float64, time.Duration) {
		had := (used() - before).Seconds() / time.Since(began).Seconds()
		close(done)
		return had, <-result
	}
}

func used() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail with these arguments
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
