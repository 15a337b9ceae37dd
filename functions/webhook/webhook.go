// Package webhook tells other systems what happens: each event goes, signed, to everybody who has subscribed to its type.
//
// An event is first written into an outbox, one row for each subscription, and delivered by rounds until the receiver has
// taken it or a day has passed. So nothing is lost when a process ends, and a receiver may get an event twice: the
// header webhook-id tells. Requests follow the Standard Webhooks specification.
package webhook

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coopnet/coopnet/shared/idempotency"
	"github.com/coopnet/coopnet/shared/opaque"
	"github.com/coopnet/coopnet/shared/problem"
)

// The types of events.
const (
	ConferenceStarted = "conference.started"
	ConferenceEnded   = "conference.ended"
	ParticipantJoined = "participant.joined"
	ParticipantLeft   = "participant.left"
	ReportReceived    = "report.received"
)

// Types are all that can be subscribed to.
func Types() []string {
	return []string{ConferenceStarted, ConferenceEnded, ParticipantJoined, ParticipantLeft, ReportReceived}
}

// Event is something that has happened. The same ID is the same event: it may be emitted again and is delivered once
// more only where it was not before.
type Event struct {
	ID   string
	Type string
	At   time.Time
	Data any // rendered as JSON
}

// Subscription is a receiver of events.
type Subscription struct {
	ID        string    `json:"id"`
	URL       string    `json:"url"`
	Events    []string  `json:"events"`
	Secret    string    `json:"secret"` // "whsec_" and base64; answers show it once
	CreatedBy string    `json:"createdBy"`
	CreatedAt time.Time `json:"createdAt"`
}

// Delivery is an event on its way to one receiver.
type Delivery struct {
	ID           string          `json:"id"`
	Subscription string          `json:"subscription"`
	Event        string          `json:"event"`
	Body         json.RawMessage `json:"body"` // null once it is delivered or dead
	State        string          `json:"state"`
	Attempts     int             `json:"attempts"`
	CreatedAt    time.Time       `json:"createdAt"`
	NextAt       time.Time       `json:"nextAt"` // not before; while it is under way, when it counts as lost
	ExpiresAt    time.Time       `json:"expiresAt"`
	Version      int64           `json:"version"` // for compare-and-swap; the store counts it
}

// Values of Delivery.State.
const (
	Pending   = "pending"
	Delivered = "delivered"
	Dead      = "dead"
)

// Errors of the store. Any other error is a fault; a fault with an HTTP meaning is a *problem.Error.
var (
	ErrNotFound = errors.New("not found")
	ErrConflict = errors.New("exists, or was changed by somebody else")
)

// Store keeps subscriptions and the outbox. A delivery that has expired is as if it had never been.
type Store interface {
	// CreateSubscription stores a new one. ErrConflict when the id exists.
	CreateSubscription(ctx context.Context, s *Subscription) error
	// Subscription returns one, or ErrNotFound.
	Subscription(ctx context.Context, id string) (*Subscription, error)
	// Subscriptions returns all, the oldest first.
	Subscriptions(ctx context.Context) ([]*Subscription, error)
	// DeleteSubscription forgets one; a missing one is fine.
	DeleteSubscription(ctx context.Context, id string) error

	// CreateDelivery stores a new one. ErrConflict when the id exists, whatever its state.
	CreateDelivery(ctx context.Context, d *Delivery) error
	// Due returns pending ones of a subscription whose NextAt has come, at most limit, those due longest first.
	Due(ctx context.Context, subscription string, limit int) ([]*Delivery, error)
	// Waiting counts the pending ones of a subscription.
	Waiting(ctx context.Context, subscription string) (int, error)
	// UpdateDelivery replaces the row if it still has d.Version, and counts d.Version up; else ErrConflict.
	UpdateDelivery(ctx context.Context, d *Delivery) error
}

// Staff knows who may organize; see conference.Staff.
type Staff interface {
	Organizer(ctx context.Context, bearer string) (actor string, err error)
	// Reader is Organizer for calls that change nothing.
	Reader(ctx context.Context, bearer string) (actor string, err error)
}

// Repeats does a call once; see idempotency.Keeper.
type Repeats interface {
	Serve(w http.ResponseWriter, r *http.Request, actor string, h idempotency.Handler) error
}

// Config is what a Domain needs.
type Config struct {
	Store    Store
	Staff    Staff
	Repeats  Repeats          // nil: an Idempotency-Key is not looked at
	Networks []netip.Prefix   // that receivers may be in although they are not public
	Roots    *x509.CertPool   // nil: those of the system
	Patience time.Duration    // for a receiver; 0 is 10 s
	Now      func() time.Time // nil is time.Now
	Rand     io.Reader        // nil is crypto/rand
	Logger   *slog.Logger     // nil discards
}

// Domain is the webhooks.
type Domain struct {
	cfg    Config
	client *http.Client

	mu      sync.Mutex
	known   []*Subscription
	knownAt time.Time
	waiting map[string]backlog // by subscription
}

// backlog is how many deliveries wait, as of a moment.
type backlog struct {
	n  int
	at time.Time
}

// New checks the configuration.
func New(cfg Config) (*Domain, error) {
	if cfg.Store == nil || cfg.Staff == nil {
		return nil, errors.New("webhook: a required field of Config is missing")
	}
	if cfg.Patience <= 0 {
		cfg.Patience = 10 * time.Second
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Domain{cfg: cfg, client: newClient(guard{cfg.Networks}, cfg.Roots, cfg.Patience), waiting: make(map[string]backlog)}, nil
}

// Bounds.
const (
	mostSubscriptions = 20
	maxURL            = 2000
	secretBytes       = 32
	mostWaiting       = 10_000           // of one subscription; what happens beyond is not told
	keep              = 72 * time.Hour   // of a delivery, so that an event that is emitted again is not delivered again
	fresh             = 5 * time.Second  // of what a process knows of subscriptions
	freshBacklog      = 10 * time.Second // and of how many deliveries wait
)

// now is the time as it is stored.
func (d *Domain) now() time.Time { return d.cfg.Now().UTC().Truncate(time.Millisecond) }

// Draft is a subscription before it exists. Without Events it gets all.
type Draft struct {
	URL    string   `json:"url"`
	Events []string `json:"events"`
}

func (in *Draft) normalise(g guard) error {
	var fields []problem.Field
	fail := func(pointer, detail string) { fields = append(fields, problem.Field{Pointer: pointer, Detail: detail}) }
	if err := g.checkURL(in.URL); err != nil {
		fail("/url", err.Error())
	}
	for i, e := range in.Events {
		if !slices.Contains(Types(), e) {
			fail(fmt.Sprintf("/events/%d", i), "must be one of "+strings.Join(Types(), ", "))
		}
	}
	if len(in.Events) > len(Types()) {
		fail("/events", fmt.Sprintf("has more than %d entries", len(Types())))
	}
	if len(fields) > 0 {
		return &problem.Error{Code: problem.Invalid, Detail: "Some fields are not valid.", Fields: fields}
	}
	if len(in.Events) == 0 {
		in.Events = Types()
	}
	slices.Sort(in.Events)
	in.Events = slices.Compact(in.Events)
	return nil
}

// Subscribe makes a subscription. Its secret is shown once.
func (d *Domain) Subscribe(ctx context.Context, actor string, in Draft) (*Subscription, error) {
	return d.subscribe(ctx, d.cfg.Rand, actor, in)
}

// subscribe takes everything that is random from random: the same bytes once more find what they have made.
func (d *Domain) subscribe(ctx context.Context, random io.Reader, actor string, in Draft) (*Subscription, error) {
	if err := in.normalise(guard{d.cfg.Networks}); err != nil {
		return nil, err
	}
	bytes := make([]byte, 16+secretBytes)
	if _, err := io.ReadFull(random, bytes); err != nil {
		return nil, fmt.Errorf("read random bytes: %w", err)
	}
	s := &Subscription{
		ID: opaque.Text(bytes[:16]), URL: in.URL, Events: in.Events, Secret: secretPrefix + base64.StdEncoding.EncodeToString(bytes[16:]),
		CreatedBy: actor, CreatedAt: d.now(),
	}
	have, err := d.cfg.Store.Subscriptions(ctx)
	if err != nil {
		return nil, fmt.Errorf("list subscriptions: %w", err)
	}
	if i := slices.IndexFunc(have, func(h *Subscription) bool { return h.ID == s.ID }); i >= 0 { // by the same request
		return have[i], nil
	}
	if len(have) >= mostSubscriptions {
		return nil, problem.New(problem.Conflict, fmt.Sprintf("There are %d webhooks already. Delete one that is not needed any more.", len(have)))
	}
	err = d.cfg.Store.CreateSubscription(ctx, s)
	if errors.Is(err, ErrConflict) {
		s, err = d.cfg.Store.Subscription(ctx, s.ID)
	}
	if err != nil {
		return nil, fmt.Errorf("store subscription: %w", err)
	}
	d.forget()
	return s, nil
}

// Unsubscribe ends a subscription; what is on its way to it is not delivered any more.
func (d *Domain) Unsubscribe(ctx context.Context, id string) error {
	if _, err := d.Subscription(ctx, id); err != nil {
		return err
	}
	if err := d.cfg.Store.DeleteSubscription(ctx, id); err != nil {
		return fmt.Errorf("delete subscription: %w", err)
	}
	d.forget()
	return nil
}

// Subscription returns one by its id.
func (d *Domain) Subscription(ctx context.Context, id string) (*Subscription, error) {
	s, err := d.cfg.Store.Subscription(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil, problem.New(problem.NotFound, "There is no such webhook.")
	}
	if err != nil {
		return nil, fmt.Errorf("read subscription: %w", err)
	}
	return s, nil
}

func (d *Domain) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.knownAt = time.Time{}
}

// subscriptions are those that this process has read lately: events come often, and subscriptions hardly ever change.
func (d *Domain) subscriptions(ctx context.Context) ([]*Subscription, error) {
	now := d.cfg.Now()
	d.mu.Lock()
	known, recent := d.known, now.Sub(d.knownAt) < fresh
	d.mu.Unlock()
	if recent {
		return known, nil
	}
	known, err := d.cfg.Store.Subscriptions(ctx)
	if err != nil {
		return nil, fmt.Errorf("list subscriptions: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.known, d.knownAt = known, now
	return known, nil
}

// Emit writes an event into the outbox. It may be called again for the same event.
func (d *Domain) Emit(ctx context.Context, e Event) error {
	subscriptions, err := d.subscriptions(ctx)
	if err != nil {
		return err
	}
	var body []byte
	var errs []error
	for _, s := range subscriptions {
		if !slices.Contains(s.Events, e.Type) {
			continue
		}
		if body == nil {
			if body, err = render(e); err != nil {
				return err
			}
		}
		errs = append(errs, d.enqueue(ctx, s, e, body))
	}
	return errors.Join(errs...)
}

func render(e Event) ([]byte, error) {
	body, err := json.Marshal(struct {
		ID        string    `json:"id"`
		Type      string    `json:"type"`
		Timestamp time.Time `json:"timestamp"`
		Data      any       `json:"data"`
	}{e.ID, e.Type, e.At.UTC(), e.Data})
	if err != nil {
		return nil, fmt.Errorf("encode event: %w", err)
	}
	return body, nil
}

func (d *Domain) enqueue(ctx context.Context, s *Subscription, e Event, body []byte) error {
	full, err := d.full(ctx, s.ID)
	if err != nil {
		return err
	}
	if full {
		d.cfg.Logger.ErrorContext(ctx, "an event is dropped: too many wait for this webhook", "webhook", s.ID, "event", e.ID, "type", e.Type)
		return nil
	}
	now := d.now()
	id := sha256.Sum256([]byte(e.ID + "\x00" + s.ID))
	err = d.cfg.Store.CreateDelivery(ctx, &Delivery{
		ID: opaque.Text(id[:16]), Subscription: s.ID, Event: e.ID, Body: body, State: Pending,
		CreatedAt: now, NextAt: now, ExpiresAt: now.Add(keep), Version: 1,
	})
	if errors.Is(err, ErrConflict) { // it was emitted before
		return nil
	}
	if err != nil {
		return fmt.Errorf("store delivery: %w", err)
	}
	return nil
}

// full reports whether a receiver has let too much pile up. It is counted now and then, and estimated in between.
func (d *Domain) full(ctx context.Context, subscription string) (bool, error) {
	now := d.cfg.Now()
	d.mu.Lock()
	b, ok := d.waiting[subscription]
	recent := ok && now.Sub(b.at) < freshBacklog
	if recent {
		b.n++
		d.waiting[subscription] = b
	}
	d.mu.Unlock()
	if recent {
		return b.n > mostWaiting, nil
	}
	n, err := d.cfg.Store.Waiting(ctx, subscription)
	if err != nil {
		return false, fmt.Errorf("count deliveries: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.waiting) > 2*mostSubscriptions { // of those that are gone
		clear(d.waiting)
	}
	d.waiting[subscription] = backlog{n + 1, now}
	return n >= mostWaiting, nil
}
