package standalone_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"
)

// meeting is a conference, and both ways into it.
type meeting struct {
	address    string // of its guests' company
	password   map[string]string
	invitation map[string]string
}

// announce makes n conferences, each with a password of its own.
func announce(t testing.TB, s *server, n int) []meeting {
	t.Helper()
	organizer := s.organizer()
	defer organizer.close()
	meetings := make([]meeting, n)
	for i := range meetings {
		m := meeting{
			address:  fmt.Sprintf("127.1.%d.%d", i/250, i%250+1),
			password: map[string]string{"name": fmt.Sprintf("Team %d", i), "password": fmt.Sprintf("correct horse %d", i)},
		}
		var made struct{ ID string }
		if err := organizer.call(t.Context(), http.MethodPost, "/conferences", m.password, &made); err != nil {
			t.Fatal(err)
		}
		var invitation struct{ Code string }
		if err := organizer.call(t.Context(), http.MethodPost, "/conferences/"+made.ID+"/invitations", map[string]string{"kind": "guest"}, &invitation); err != nil {
			t.Fatal(err)
		}
		m.invitation = map[string]string{"invitation": invitation.Code}
		meetings[i] = m
	}
	return meetings
}

// rush is how guests come: in any order, but in the same one each time.
type rush struct {
	guests   int           // of each conference
	within   time.Duration // evenly spread; 0: as fast as atOnce of them go through
	atOnce   int
	invited  bool // by their link: no password is hashed
	meetings []meeting
}

// arrival is what a rush has come to.
type arrival struct {
	joins     int
	seconds   float64
	processor float64 // seconds of the server's
	p50, p99  time.Duration
	slowest   time.Duration
	failures  []error
	seats     map[string]bool
}

// run lets everybody come, and waits for them.
func (r rush) run(t testing.TB, s *server) arrival {
	t.Helper()
	total := len(r.meetings) * r.guests
	a := arrival{joins: total, seats: make(map[string]bool, total)}
	var mu sync.Mutex
	took := make([]time.Duration, 0, total)
	before, began := s.processor(t), time.Now()
	order := rand.New(rand.NewPCG(4, uint64(total))).Perm(total)
	atOnce := cmp.Or(r.atOnce, total)
	places := make(chan struct{}, atOnce)
	var coming sync.WaitGroup
	for i, n := range order {
		if r.within > 0 {
			time.Sleep(time.Until(began.Add(r.within * time.Duration(i) / time.Duration(total))))
		}
		places <- struct{}{}
		coming.Go(func() {
			defer func() { <-places }()
			m := r.meetings[n%len(r.meetings)]
			entry := m.password
			if r.invited {
				entry = m.invitation
			}
			guest, start := newCaller(s.API, m.address), time.Now()
			defer guest.close()
			seat, err := guest.join(context.WithoutCancel(t.Context()), entry)
			mu.Lock()
			defer mu.Unlock()
			took = append(took, time.Since(start))
			if err != nil {
				a.failures = append(a.failures, err)
				return
			}
			a.seats[seat.Participant.ID] = true
		})
	}
	coming.Wait()
	a.seconds, a.processor = time.Since(began).Seconds(), (s.processor(t) - before).Seconds()
	slices.Sort(took)
	a.p50, a.p99, a.slowest = took[total/2], took[min(total-1, total*99/100)], took[total-1]
	return a
}

// check is the law of every rush: nobody is refused, and nobody has another's seat.
func (a arrival) check(t testing.TB) {
	t.Helper()
	for i, err := range a.failures {
		if i == 5 {
			t.Errorf("and %d more", len(a.failures)-i)
			break
		}
		t.Error(err)
	}
	if len(a.seats) != a.joins {
		t.Errorf("%d seats for %d guests", len(a.seats), a.joins)
	}
}

// TestRush is a small BenchmarkJoins: everybody who comes gets in, however they come.
func TestRush(t *testing.T) {
	t.Parallel()
	s := startServer(t, "coopnet", filepath.Join(t.TempDir(), "data"))
	meetings := announce(t, s, 6)
	for name, r := range map[string]rush{
		"evenly spread": {guests: 4, within: time.Second},
		"all at once":   {guests: 8},
		"invited":       {guests: 8, invited: true},
	} {
		r.meetings = meetings
		a := r.run(t, s)
		a.check(t)
		t.Logf("%s: %d joins in %.1f s, p99 %v, %.2f s of the processor", name, a.joins, a.seconds, a.p99, a.processor)
	}
	if peak := s.peak(t); peak > 400 {
		t.Errorf("the server has taken %.0f MB", peak)
	}
	s.stop(t)
}

// bareArgon2 is how many passwords a core hashes in a second when it does nothing else, on as many cores as the server
// has: the parameters are those of functions/conference.
func bareArgon2() float64 {
	const each = 60
	began := ownProcessor()
	var hashing sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		hashing.Go(func() {
			for range each {
				argon2.IDKey([]byte("correct horse"), make([]byte, 16), 2, 19*1024, 1, 32)
			}
		})
	}
	hashing.Wait()
	return float64(each*runtime.GOMAXPROCS(0)) / (ownProcessor() - began).Seconds()
}

func ownProcessor() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail with these arguments
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

const joinsFormat = "%-35s | %6s | %8s | %8s | %11s | %11s | %9s | %14s | %5s"

// BenchmarkJoins is the top of an hour: 500 conferences, and eight guests of each within a minute; then as fast as they
// go through, by password and by link. One process of the real program, its database on a disk, HTTP. The first guest of
// a conference has a password to be hashed, the others profit by that for five minutes; who comes by link needs none.
func BenchmarkJoins(b *testing.B) {
	program := filepath.Join(b.TempDir(), "coopnet")
	if out, err := exec.Command("go", "build", "-o", program, "./cmd/coopnet").CombinedOutput(); err != nil {
		b.Fatalf("build the server: %v\n%s", err, out)
	}
	data := filepath.Join(b.TempDir(), "data")
	s := startServer(b, program, data)
	meetings := announce(b, s, 500)
	s.stop(b)

	fmt.Printf("\n| "+joinsFormat+" |", "guests come", "joins", "seconds", "joins/s", "joins/s of", "ms of a core", "bare", "join ms", "MB")
	fmt.Printf("\n| "+joinsFormat+" |", "", "", "", "", "a core", "for a join", "argon2id", "p50 / p99", "")
	for _, run := range []struct {
		name   string
		hashed int // passwords in it
		rush   rush
	}{
		{"by password, within 60 s", 500, rush{guests: 8, within: time.Minute}},
		{"by link, within 60 s", 0, rush{guests: 8, within: time.Minute, invited: true}},
		{"the first by password, 48 at a time", 500, rush{guests: 1, atOnce: 48}},
		{"by password, 48 at a time", 500, rush{guests: 8, atOnce: 48}},
		{"by link, 48 at a time", 0, rush{guests: 8, atOnce: 48, invited: true}},
	} {
		s := startServer(b, program, data) // a new one remembers no password
		bare := bareArgon2()
		run.rush.meetings = meetings
		a := run.rush.run(b, s)
		a.check(b)
		perJoin := a.processor / float64(a.joins)
		share := "-"
		if run.hashed > 0 {
			share = fmt.Sprintf("%.0f %%", 100*float64(run.hashed)/bare/a.processor)
		}
		fmt.Printf("\n| "+joinsFormat+" |", run.name, fmt.Sprint(a.joins), fmt.Sprintf("%.1f", a.seconds), fmt.Sprintf("%.0f", float64(a.joins)/a.seconds),
			fmt.Sprintf("%.0f", 1/perJoin), fmt.Sprintf("%.2f", 1000*perJoin), share,
			fmt.Sprintf("%d / %d", a.p50.Milliseconds(), a.p99.Milliseconds()), fmt.Sprintf("%.0f", s.peak(b)))
		if run.rush.guests == 1 {
			b.ReportMetric(1/perJoin/bare, "joins/hash")
		}
		s.stop(b)
	}
	fmt.Println()
}
