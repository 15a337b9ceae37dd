package standalone_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// diary is what one writer was told that it is stored.
type diary struct {
	caller    *caller
	stored    []string // ids of conferences, or values of identity cookies
	unsettled string   // the name of the conference that no answer came for
}

func identityCookie() string { return "__Host-identity" }

// organize makes conferences until an answer stays out. Each creation has an Idempotency-Key of its own: the name.
func (d *diary) organize(ctx context.Context, n int, written *atomic.Int64) {
	for i := 0; ; i++ {
		d.unsettled = fmt.Sprintf("Team %d of %d", i, n)
		id, err := d.create(ctx, d.unsettled)
		if err != nil {
			return
		}
		d.stored = append(d.stored, id)
		written.Add(1)
	}
}

func (d *diary) create(ctx context.Context, name string) (id string, err error) {
	var made struct{ ID string }
	body := map[string]string{"name": name, "password": "correct horse"}
	err = d.caller.call(ctx, http.MethodPost, "/conferences", body, &made, "Idempotency-Key", strings.ReplaceAll(name, " ", "-"))
	return made.ID, err
}

// introduce says who a guest is, again and again: each time it is another identity.
func (d *diary) introduce(ctx context.Context, written *atomic.Int64) {
	for {
		delete(d.caller.cookies, identityCookie())
		if d.caller.identify(ctx) != nil {
			return
		}
		d.stored = append(d.stored, d.caller.cookies[identityCookie()])
		written.Add(1)
	}
}

// TestKilledDuringWrites kills the server (-9) while several write over HTTP. Whatever had an answer is there when it
// starts again, and what had none can be asked for again: then it is there once.
func TestKilledDuringWrites(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	for round := range 2 {
		s := startServer(t, "coopnet", data)
		var organizers, guests []*diary
		var written atomic.Int64
		var writing sync.WaitGroup
		for n := range 3 {
			o, g := &diary{caller: s.organizer()}, &diary{caller: newCaller(s.API, fmt.Sprintf("127.2.0.%d", n+1))}
			organizers, guests = append(organizers, o), append(guests, g)
			writing.Go(func() { o.organize(t.Context(), 10*round+n, &written) })
			writing.Go(func() { g.introduce(t.Context(), &written) })
		}
		for deadline := time.Now().Add(20 * time.Second); written.Load() < int64(60+37*round); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("only %d writes", written.Load())
			}
		}
		s.kill()
		writing.Wait()

		s = startServer(t, "coopnet", data)
		for n := range organizers {
			organizers[n].caller.close()
			organizers[n].caller = s.organizer()
			organizers[n].check(t)
			guests[n].caller.close()
			guests[n].caller = newCaller(s.API, "127.2.0.1")
			guests[n].recognize(t)
		}
		s.stop(t)
	}
}

func (d *diary) check(t *testing.T) {
	t.Helper()
	defer d.caller.close()
	for _, id := range d.stored {
		if err := d.caller.call(t.Context(), http.MethodGet, "/conferences/"+id, nil, nil); err != nil {
			t.Errorf("a conference that was acknowledged: %v", err)
		}
	}
	first, err := d.create(t.Context(), d.unsettled)
	if err != nil {
		t.Fatalf("asked for again: %v", err)
	}
	if again, err := d.create(t.Context(), d.unsettled); err != nil || again != first {
		t.Errorf("%q is %s and then %s, %v", d.unsettled, first, again, err)
	}
}

func (d *diary) recognize(t *testing.T) {
	t.Helper()
	defer d.caller.close()
	for _, value := range d.stored {
		d.caller.cookies[identityCookie()] = value
		var who *struct{ Name string }
		if err := d.caller.call(t.Context(), http.MethodGet, "/identity", nil, &who); err != nil || who == nil {
			t.Fatalf("somebody whose identity was acknowledged is %v, %v", who, err)
		}
	}
}
