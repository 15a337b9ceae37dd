package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/wire"
)

func said(b wire.Batch) string {
	var all []string
	for _, m := range b.Messages {
		all = append(all, string(m))
	}
	return fmt.Sprintf("%d: %s", b.After, strings.Join(all, " "))
}

func put(t *testing.T, o *outlet, messages ...string) {
	t.Helper()
	for _, m := range messages {
		if o.put(json.RawMessage(m)) != nil {
			t.Fatalf("no room for %s", m)
		}
	}
}

func next(t *testing.T, o *outlet, after uint64, want string) {
	t.Helper()
	b, err := o.next(t.Context(), after)
	if err != nil || said(b) != want {
		t.Errorf("after %d: %q, %v; want %q", after, said(b), err, want)
	}
}

func TestOutletKeepsWhatHasNotArrived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOutlet(time.Now)
		put(t, o, "1", "2")
		next(t, o, 0, "0: 1 2")
		next(t, o, 0, "0: 1 2") // the answer was lost
		put(t, o, "3")
		next(t, o, 1, "1: 2 3")
		for _, after := range []uint64{0, 4, 1 << 63} { // acknowledged already, or never written
			var p *problem.Error
			if _, err := o.next(t.Context(), after); !errors.As(err, &p) || p.Code != problem.Conflict {
				t.Errorf("after %d: %v", after, err)
			}
		}
		o.beat()
		next(t, o, 3, "3: ")
		if o.size != 0 || len(o.messages) != 0 {
			t.Errorf("%d bytes, %d messages are left", o.size, len(o.messages))
		}
	})
}

func TestOutletAnswersAtOnceAndThenPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOutlet(time.Now)
		start := time.Now()
		go func() {
			time.Sleep(300 * time.Millisecond)
			put(t, o, "1")
			time.Sleep(10 * time.Millisecond)
			put(t, o, "2")
			time.Sleep(10 * time.Millisecond)
			put(t, o, "3")
			time.Sleep(100 * time.Millisecond)
			put(t, o, "4")
			o.finish(wire.End{Code: 1001})
		}()
		for after, at := range []time.Duration{0: 300, 1: 350, 3: 420} {
			if at == 0 {
				continue
			}
			b, err := o.next(t.Context(), uint64(after))
			if took := time.Since(start); err != nil || took != at*time.Millisecond {
				t.Errorf("after %d: %s, %v, at %s and not %d ms", after, said(b), err, took, at)
			}
		}
		// The end waits for no pause.
		b, err := o.next(t.Context(), 4)
		if took := time.Since(start); err != nil || b.End == nil || took != 420*time.Millisecond {
			t.Errorf("the end: %+v, %v, at %s", b, err, took)
		}
	})
}

func TestOutletOnlyTheLatestVisitCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOutlet(time.Now)
		first := make(chan string)
		go func() {
			b, err := o.next(t.Context(), 0)
			first <- fmt.Sprint(said(b), err)
		}()
		synctest.Wait()
		second := make(chan string)
		go func() {
			b, err := o.next(t.Context(), 0)
			second <- fmt.Sprint(said(b), err)
		}()
		if got := <-first; got != "0: <nil>" {
			t.Errorf("the first visit got %s", got)
		}
		put(t, o, "1")
		if got := <-second; got != "0: 1<nil>" {
			t.Errorf("the second visit got %s", got)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := o.next(ctx, 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a visit that was given up: %v", err)
		}
	})
}

func TestOutletIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOutlet(time.Now)
		put(t, o, strings.Repeat("x", maxWaitingBytes+1)) // one may be larger
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if err := o.write(ctx, []byte("y"), nil); !errors.Is(err, errLost) {
			t.Errorf("a full outlet: %v", err)
		}
		gone := make(chan struct{})
		close(gone)
		if err := o.write(t.Context(), []byte("y"), gone); !errors.Is(err, errLost) {
			t.Errorf("a participant that has left: %v", err)
		}
		written := make(chan error)
		go func() { written <- o.write(t.Context(), []byte("y"), nil) }()
		synctest.Wait()
		o.beat()
		next(t, o, 1, "1: ")
		if err := <-written; err != nil {
			t.Errorf("after an acknowledgment: %v", err)
		}
		next(t, o, 1, "1: y")
		for range maxWaiting - 1 {
			put(t, o, "z")
		}
		if o.put([]byte("z")) == nil {
			t.Errorf("%d messages wait", len(o.messages))
		}
	})
}

func TestOutletThatIsShutStillTellsTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOutlet(time.Now)
		waiting := make(chan error)
		go func() {
			_, err := o.next(t.Context(), 0)
			waiting <- err
		}()
		synctest.Wait()
		o.close()
		if err := <-waiting; !errors.Is(err, errShut) {
			t.Errorf("got %v", err)
		}
		o.finish(wire.End{Code: 4410})
		if b, err := o.next(t.Context(), 0); err != nil || b.End == nil || b.End.Code != 4410 {
			t.Errorf("%+v, %v", b, err)
		}
	})
}
