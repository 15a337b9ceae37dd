package webhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/store/sqlite"
	"github.com/coopnet/coopnet/functions/store/sqlite/sqlitetest"
	"github.com/coopnet/coopnet/functions/store/storetest"
	"github.com/coopnet/coopnet/functions/webhook"
	"github.com/coopnet/coopnet/shared/problem"
)

type anybody struct{}

func (anybody) Reader(context.Context, string) (string, error)    { return "tester", nil }
func (anybody) Organizer(context.Context, string) (string, error) { return "tester", nil }

// world is webhooks on a real store, with a clock that the test moves.
type world struct {
	*webhook.Domain
	t     *testing.T
	clock *storetest.Clock
	db    *sqlite.DB
	roots *x509.CertPool
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clock: storetest.NewClock(), roots: x509.NewCertPool()}
	w.db = sqlitetest.Open(t, sqlite.Config{Now: w.clock.Now})
	w.Domain = w.another(w.db.Webhook(), "127.0.0.0/8")
	return w
}

// another is one more process on the same database.
func (w *world) another(store webhook.Store, networks ...string) *webhook.Domain {
	w.t.Helper()
	cfg := webhook.Config{Store: store, Staff: anybody{}, Roots: w.roots, Patience: 500 * time.Millisecond, Now: w.clock.Now}
	for _, n := range networks {
		cfg.Networks = append(cfg.Networks, netip.MustParsePrefix(n))
	}
	d, err := webhook.New(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

// receiver is a system that is told of events, over HTTPS.
type receiver struct {
	*httptest.Server
	*webhook.Subscription
	mu     sync.Mutex
	got    []string // ids of events, with the status that was answered
	answer func(w http.ResponseWriter, r *http.Request)
}

func (w *world) receiver(events ...string) *receiver {
	w.t.Helper()
	r := &receiver{answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }}
	r.Server = httptest.NewTLSServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		r.mu.Lock()
		r.got = append(r.got, in.Header.Get("Webhook-Id"))
		answer := r.answer
		r.mu.Unlock()
		answer(out, in)
	}))
	w.t.Cleanup(r.Server.Close)
	w.roots.AddCert(r.Certificate())
	var err error
	if r.Subscription, err = w.Subscribe(w.t.Context(), "tester", webhook.Draft{URL: r.Server.URL + "/hook?key=1", Events: events}); err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (r *receiver) says(answer func(w http.ResponseWriter, r *http.Request)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

func (r *receiver) status(status int) {
	r.says(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
}

// events are the ids that came since the last call.
func (r *receiver) events() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got = nil
	return got
}

func (w *world) emit(ids ...string) {
	w.t.Helper()
	for _, id := range ids {
		e := webhook.Event{ID: id, Type: webhook.ConferenceEnded, At: w.clock.Now(), Data: map[string]string{"conference": "c1"}}
		if err := w.Emit(w.t.Context(), e); err != nil {
			w.t.Fatal(err)
		}
		w.clock.Advance(time.Millisecond)
	}
}

func (w *world) round() {
	w.t.Helper()
	if err := w.Deliver(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) expect(r *receiver, ids ...string) {
	w.t.Helper()
	w.round()
	if got := r.events(); !slices.Equal(got, ids) {
		w.t.Fatalf("got %q, want %q", got, ids)
	}
}

func (w *world) waiting(r *receiver) int {
	w.t.Helper()
	n, err := w.db.Webhook().Waiting(w.t.Context(), r.Subscription.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// TestDelivers checks a request as a receiver does that follows Standard Webhooks.
func TestDelivers(t *testing.T) {
	w := newWorld(t)
	r := w.receiver(webhook.ConferenceEnded)
	other := w.receiver(webhook.ReportReceived)
	checked := make(chan string, 1)
	r.says(func(out http.ResponseWriter, in *http.Request) {
		body, err := io.ReadAll(in.Body)
		if err != nil {
			t.Error(err)
		}
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(r.Secret, "whsec_"))
		if err != nil || len(key) != 32 {
			t.Error(len(key), err)
		}
		h := in.Header
		m := hmac.New(sha256.New, key)
		fmt.Fprintf(m, "%s.%s.%s", h.Get("Webhook-Id"), h.Get("Webhook-Timestamp"), body)
		if want := "v1," + base64.StdEncoding.EncodeToString(m.Sum(nil)); h.Get("Webhook-Signature") != want {
			t.Errorf("signature %s, want %s", h.Get("Webhook-Signature"), want)
		}
		if h.Get("Webhook-Timestamp") != fmt.Sprint(w.clock.Now().Unix()) || h.Get("Content-Type") != "application/json" || in.Method != "POST" || in.URL.RawQuery != "key=1" {
			t.Errorf("%s %s %v", in.Method, in.URL, h)
		}
		checked <- string(body)
	})
	w.emit("e1")
	w.expect(r, "e1")
	var said struct {
		ID, Type  string
		Timestamp time.Time
		Data      map[string]string
	}
	if err := json.Unmarshal([]byte(<-checked), &said); err != nil || said.ID != "e1" || said.Type != "conference.ended" || said.Data["conference"] != "c1" || said.Timestamp.IsZero() {
		t.Errorf("got %+v, %v", said, err)
	}
	if got := other.events(); len(got) > 0 {
		t.Errorf("what was not subscribed to came: %v", got)
	}
	w.expect(r) // once
	w.emit("e1")
	w.expect(r) // the same event again is nothing new
}

func TestInOrder(t *testing.T) {
	w := newWorld(t)
	r := w.receiver()
	var ids []string
	for i := range 60 { // more than a round
		ids = append(ids, fmt.Sprintf("e%02d", i))
	}
	w.emit(ids...)
	w.expect(r, ids[:50]...)
	w.expect(r, ids[50:]...)
}

func TestRetries(t *testing.T) {
	w := newWorld(t)
	r := w.receiver()
	w.emit("e1", "e2")
	r.status(http.StatusInternalServerError)
	w.expect(r, "e1", "e2") // an error of one is not one of the next
	w.expect(r)
	w.clock.Advance(7 * time.Second)
	r.status(http.StatusNoContent)
	w.emit("e3")
	w.expect(r, "e1", "e2", "e3")
	if n := w.waiting(r); n != 0 {
		t.Errorf("%d wait", n)
	}
}

// A receiver that is down is asked about one event only, and gets all of them when it is back.
func TestDown(t *testing.T) {
	w := newWorld(t)
	r := w.receiver()
	hang := func(out http.ResponseWriter, _ *http.Request) {
		connection, _, err := out.(http.Hijacker).Hijack()
		if err == nil {
			connection.Close()
		}
	}
	r.says(hang)
	w.emit("e1", "e2", "e3")
	w.round()
	if got := r.events(); len(got) == 0 || slices.Contains(got, "e2") {
		t.Fatalf("got %v", got)
	}
	r.status(http.StatusOK)
	w.expect(r, "e2", "e3")
	w.clock.Advance(7 * time.Second)
	w.expect(r, "e1")
}

func TestGivesUpAfterADay(t *testing.T) {
	w := newWorld(t)
	r := w.receiver()
	r.status(http.StatusBadGateway)
	w.emit("e1")
	attempts, pauses := 0, time.Duration(0)
	for range 30 * 60 {
		w.round()
		if n := len(r.events()); n > 0 {
			attempts += n
		} else {
			pauses++
		}
		w.clock.Advance(time.Minute)
	}
	if attempts < 8 || attempts > 20 || w.waiting(r) != 0 {
		t.Errorf("%d attempts, %d wait", attempts, w.waiting(r))
	}
	r.status(http.StatusOK)
	w.expect(r)
}

// What is settled has nothing of people any more.
func TestBodiesAreForgotten(t *testing.T) {
	w := newWorld(t)
	r := w.receiver()
	w.emit("e1")
	kept := &keeping{Store: w.db.Webhook()}
	if err := w.another(kept, "127.0.0.0/8").Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := r.events(); len(got) != 1 || len(kept.bodies) != 2 || !strings.Contains(kept.bodies[0], "c1") || kept.bodies[1] != "null" {
		t.Errorf("got %v, stored %q", got, kept.bodies)
	}
}

// keeping notes what is stored of deliveries.
type keeping struct {
	webhook.Store
	bodies []string
}

func (k *keeping) UpdateDelivery(ctx context.Context, d *webhook.Delivery) error {
	k.bodies = append(k.bodies, string(d.Body))
	return k.Store.UpdateDelivery(ctx, d)
}

func TestGone(t *testing.T) {
	w := newWorld(t)
	r := w.receiver()
	r.status(http.StatusGone)
	w.emit("e1")
	w.expect(r, "e1")
	if n := w.waiting(r); n != 0 {
		t.Errorf("%d wait", n)
	}
}

// canary is a server that must stay silent.
func canary(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("the canary sang: %s %s", r.Method, r.URL) }))
	t.Cleanup(s.Close)
	return s
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	w := newWorld(t)
	bird := canary(t)
	r := w.receiver()
	for _, status := range []int{301, 302, 303, 307, 308} {
		r.says(func(out http.ResponseWriter, in *http.Request) { http.Redirect(out, in, bird.URL, status) })
		w.emit(fmt.Sprint("e", status))
		w.round()
	}
	if n := w.waiting(r); n != 5 { // a redirect is a failure
		t.Errorf("%d wait", n)
	}
}

func TestSlow(t *testing.T) {
	w := newWorld(t)
	r := w.receiver()
	enough := make(chan struct{})
	t.Cleanup(func() { close(enough) }) // before the server waits for its handlers
	r.says(func(_ http.ResponseWriter, in *http.Request) {
		select {
		case <-enough:
		case <-in.Context().Done():
		}
	})
	w.emit("e1")
	started := time.Now()
	w.round()
	if took := time.Since(started); took > 5*time.Second || w.waiting(r) != 1 {
		t.Errorf("took %v, %d wait", took, w.waiting(r))
	}
}

func TestHugeAnswers(t *testing.T) {
	w := newWorld(t)
	r := w.receiver()
	r.says(func(out http.ResponseWriter, _ *http.Request) {
		chunk := make([]byte, 64<<10)
		for range 1 << 14 { // a gigabyte, which nobody reads
			if _, err := out.Write(chunk); err != nil {
				return
			}
		}
	})
	w.emit("e1")
	w.expect(r, "e1")
	if n := w.waiting(r); n != 0 {
		t.Errorf("%d wait", n)
	}
	r.says(func(out http.ResponseWriter, _ *http.Request) {
		for i := range 1000 {
			out.Header().Set(fmt.Sprint("X-", i), strings.Repeat("x", 1000))
		}
	})
	w.emit("e2")
	w.round()
	if n := w.waiting(r); n != 1 {
		t.Errorf("a megabyte of headers was taken")
	}
}

func TestUnknownCertificates(t *testing.T) {
	w := newWorld(t)
	r := w.receiver()
	w.roots = x509.NewCertPool()
	w.Domain = w.another(w.db.Webhook(), "127.0.0.0/8")
	w.emit("e1")
	w.expect(r)
	if n := w.waiting(r); n != 1 {
		t.Errorf("%d wait", n)
	}
}

// TestPrivateAddresses: whatever a webhook's address says, and however it got into the store, nothing that is not public
// is asked.
func TestPrivateAddresses(t *testing.T) {
	w := newWorld(t)
	bird := canary(t)
	port := bird.URL[strings.LastIndex(bird.URL, ":"):]
	strict := w.another(w.db.Webhook())
	for i, host := range []string{
		"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "2130706433", "0x7f000001", "0177.0.0.1", "127.1",
		"0.0.0.0", "[::]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "localhost.",
	} {
		for _, scheme := range []string{"http", "https"} {
			s := &webhook.Subscription{ID: fmt.Sprint(scheme, i), URL: scheme + "://" + host + port, Events: webhook.Types(), Secret: "whsec_AAAA", CreatedAt: w.clock.Now()}
			if err := w.db.Webhook().CreateSubscription(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := strict.Emit(t.Context(), webhook.Event{ID: "e1", Type: webhook.ConferenceEnded, At: w.clock.Now()}); err != nil {
		t.Fatal(err)
	}
	if err := strict.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"169.254.169.254", "10.0.0.1", "192.168.1.1", "[fd00:ec2::254]", "[fe80::1]", "100.64.0.1", "localhost", "127.0.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255"} {
		for _, scheme := range []string{"http", "https"} {
			if scheme == "https" && host == "localhost" {
				continue // a name is looked at when it is dialled
			}
			if _, err := strict.Subscribe(t.Context(), "tester", webhook.Draft{URL: scheme + "://" + host + "/"}); problem.From(err).Code != problem.Invalid {
				t.Errorf("%s://%s: %v", scheme, host, err)
			}
		}
	}
}
