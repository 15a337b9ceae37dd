// Package relays knows the relays: which there are, on which one each conference lives, who is in it, and what a relay
// must do.
//
// A relay announces itself every few seconds (see shared/announce) and is taken for gone only when it was silent while
// others were heard: trouble of the database never moves a conference. One conference lives on one relay.
package relays

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/coopnet/coopnet/shared/announce"
	"github.com/coopnet/coopnet/shared/opaque"
	"github.com/coopnet/coopnet/shared/problem"
)

const (
	// silentAfter is how long a relay that is not heard still gets conferences, and keeps those that it has.
	silentAfter = 15 * time.Second
	// fleetAge bounds how old the relays' state may be that a join is decided with.
	fleetAge = time.Second
	// homeLife is renewed while the conference is live.
	homeLife = 30 * 24 * time.Hour
	// registryLife is how long a relay that is silent is still known.
	registryLife = 30 * 24 * time.Hour
	// admissionLife: nobody who was removed has an admission that is older.
	admissionLife = 13 * time.Hour
	tries         = 5 // of a change that others make at the same time
)

// Staff knows whose credential somebody shows. Its errors are problems: unauthenticated or forbidden.
type Staff interface {
	// Organizer returns who holds the bearer key or token.
	Organizer(ctx context.Context, bearer string) (actor string, err error)
	// Reader is Organizer for calls that change nothing.
	Reader(ctx context.Context, bearer string) (actor string, err error)
	// Relay returns the id that a relay's credential is bound to; a star at its end stands for the rest of a fleet's ids.
	Relay(ctx context.Context, bearer string) (relayID string, err error)
}

// Conference is what this domain must know of one.
type Conference struct {
	Over          bool
	RetentionDays int
}

// Conferences knows the conferences.
type Conferences interface {
	// Conference returns one, or ErrNotFound.
	Conference(ctx context.Context, id string) (Conference, error)
}

// Prober asks a relay at its own address for its proof.
type Prober interface {
	// Check says what is wrong with the address of a relay, without asking there.
	Check(base string) error
	// Probe returns what the relay at that address answers to the nonce.
	Probe(ctx context.Context, base, nonce string) (proof string, err error)
}

// Event is something that others may want to hear of. An event that comes again has the same ID.
type Event struct {
	ID          string
	Kind        string
	At          time.Time
	Conference  string
	Participant string // "" when the event is the conference's
	Name        string
	Role        string
}

// Kinds of events.
const (
	ConferenceStarted = "conference.started"
	ParticipantJoined = "participant.joined"
	ParticipantLeft   = "participant.left"
)

// Events takes what has happened to those who want to hear of it.
type Events interface {
	Emit(ctx context.Context, e Event) error
}

// Measurements keeps what media sessions of test rooms did.
type Measurements interface {
	// Measured may be told the same again, and of what nobody knows.
	Measured(ctx context.Context, relay string, media []announce.Media) error
}

// Resident is a relay in this process. It is told what to do at once.
type Resident interface {
	ID() string
	EndConference(conference string)
	Remove(conference, participant string)
}

// Config is what a Domain needs.
type Config struct {
	Store       Store
	Staff       Staff
	Conferences Conferences
	Prober      Prober
	Events      Events           // nil: nobody wants to hear
	Media       Measurements     // nil: nobody wants to know
	Resident    Resident         // nil: there is none
	Now         func() time.Time // nil is time.Now
	Rand        io.Reader        // nil is crypto/rand
	Logger      *slog.Logger     // nil discards

	// Over is told of a conference that is over while a relay still has somebody in it: nobody may have asked for its end.
	// It may be told of the same again and again, and of several at once. Nil: nobody is told.
	Over func(ctx context.Context, conference string)
}

// Domain is the relays and what can be done with them.
type Domain struct {
	cfg Config

	mu      sync.Mutex // guards what follows
	known   []*Relay   // read only
	knownAt time.Time
	self    *Relay // the resident, as it is; read only
}

// New checks the configuration.
func New(cfg Config) (*Domain, error) {
	if cfg.Store == nil || cfg.Staff == nil || cfg.Conferences == nil || cfg.Prober == nil {
		return nil, errors.New("relays: a required field of Config is missing")
	}
	if cfg.Events == nil {
		cfg.Events = nobody{}
	}
	if cfg.Media == nil {
		cfg.Media = nobody{}
	}
	if cfg.Over == nil {
		cfg.Over = func(context.Context, string) {}
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
	return &Domain{cfg: cfg}, nil
}

type nobody struct{}

func (nobody) Emit(context.Context, Event) error { return nil }

func (nobody) Measured(context.Context, string, []announce.Media) error { return nil }

// now is rounded as the stores keep it.
func (d *Domain) now() time.Time { return d.cfg.Now().UTC().Truncate(time.Millisecond) }

func (d *Domain) resident(id string) bool { return d.cfg.Resident != nil && d.cfg.Resident.ID() == id }

// newID makes an id of 128 random bits.
func (d *Domain) newID() (string, error) { return opaque.Random(d.cfg.Rand, 16) }

func unavailable(detail string) error {
	return &problem.Error{Code: problem.Unavailable, Detail: detail, RetryAfter: 2 * time.Second}
}

// fields collects what is wrong, so that one answer tells everything.
type fields []problem.Field

func (f *fields) fail(pointer, detail string) {
	*f = append(*f, problem.Field{Pointer: pointer, Detail: detail})
}

func (f fields) err() error {
	if len(f) == 0 {
		return nil
	}
	return &problem.Error{Code: problem.Invalid, Detail: "Some fields are not valid.", Fields: f}
}
