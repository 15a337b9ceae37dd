// Package conference holds Coopnet's conferences: names and passwords, who is admitted, invitations, and the join
// tokens that let a participant onto a relay.
//
// A guest is admitted with the exact name and the password, or with an invitation's code. The admission lives in a
// sealed cookie; with it and an identity the guest gets join tokens (see shared/jointoken), one for each purpose.
package conference

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/coopnet/coopnet/shared/idempotency"
	"github.com/coopnet/coopnet/shared/opaque"
	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/turncred"
)

// Conference is one durable conference.
type Conference struct {
	ID string `json:"id"`
	Settings
	PasswordHash string    `json:"passwordHash"` // PHC string; answers never carry it (see view)
	PasswordID   string    `json:"passwordId"`   // of this password; an admission by a former one is not good any more
	CreatedBy    string    `json:"createdBy"`    // "key:" and its id, "oidc:" and the subject, or "first start"
	CreatedAt    time.Time `json:"createdAt"`
	UpdatedAt    time.Time `json:"updatedAt,omitzero"` // zero for a conference from before this was kept
	EndedAt      time.Time `json:"endedAt,omitzero"`   // zero while nobody ended it
	Version      int64     `json:"version"`            // for compare-and-swap; the store counts it
}

// Settings is what an organizer decides. The fields are those of the contract.
type Settings struct {
	Name        string `json:"name"` // exact: case and spaces count
	Title       string `json:"title"`
	Description string `json:"description"`
	ExternalID  string `json:"externalId"`
	Schedule
	Bridges []Bridge `json:"bridges"`
	Guests
	Region        string `json:"region"`
	RetentionDays int    `json:"retentionDays"` // how long the record outlives the conference
}

// Schedule says when the conference can be joined: from OpenBefore minutes before StartsAt until EndsAt.
// Without StartsAt it is open at once, without EndsAt until somebody ends it.
type Schedule struct {
	StartsAt   *time.Time `json:"startsAt"`
	EndsAt     *time.Time `json:"endsAt"`
	Timezone   string     `json:"timezone"` // IANA name, for display
	OpenBefore int        `json:"openBefore"`
}

// Guests says what people from outside meet.
type Guests struct {
	MaxParticipants int         `json:"maxParticipants"` // 0 is no limit of the conference's own
	GuestPolicy     string      `json:"guestPolicy"`
	Permissions     Permissions `json:"permissions"`
	Welcome         string      `json:"welcome"`
	SupportContact  string      `json:"supportContact"`
}

// Permissions of guests. Control of somebody's desktop is never among them.
type Permissions struct {
	GuestShare string `json:"guestShare"`
	Chat       bool   `json:"chat"`
	Annotate   bool   `json:"annotate"`
}

// Bridge is an audio or video bridge that the conference page recalls.
type Bridge struct {
	Kind    string `json:"kind"`
	Label   string `json:"label"`
	Country string `json:"country"`
	Number  string `json:"number"`
	Code    string `json:"code"`
}

// Values of Permissions.GuestShare, Guests.GuestPolicy, Bridge.Kind and Status.
const (
	ShareNone     = "none"
	ShareSoftware = "software"
	ShareBrowser  = "browser"

	PolicyAccept = "accept"
	PolicyLobby  = "lobby"
	PolicyDeny   = "deny"

	BridgeAudio = "audio"
	BridgeVideo = "video"

	StatusScheduled = "scheduled"
	StatusOpen      = "open"
	StatusEnded     = "ended"
)

// OpensAt is when guests may join; zero means from the beginning.
func (c *Conference) OpensAt() time.Time {
	if c.StartsAt == nil {
		return time.Time{}
	}
	return c.StartsAt.Add(-time.Duration(c.OpenBefore) * time.Minute)
}

// Until is when the conference ended or will end; zero means that nobody knows yet.
func (c *Conference) Until() time.Time {
	if !c.EndedAt.IsZero() {
		return c.EndedAt
	}
	if c.EndsAt != nil {
		return *c.EndsAt
	}
	return time.Time{}
}

// Expires is when the record must be forgotten; zero means not before it has an end.
func (c *Conference) Expires() time.Time {
	until := c.Until()
	if until.IsZero() {
		return until
	}
	return until.AddDate(0, 0, c.RetentionDays)
}

// Status says whether the conference can be joined at now.
func (c *Conference) Status(now time.Time) string {
	if until := c.Until(); !until.IsZero() && !now.Before(until) {
		return StatusEnded
	}
	if now.Before(c.OpensAt()) {
		return StatusScheduled
	}
	return StatusOpen
}

// Staff knows who may organize.
type Staff interface {
	// Organizer returns who holds the bearer key or token. Its errors are problems: unauthenticated or forbidden.
	Organizer(ctx context.Context, bearer string) (actor string, err error)
	// Reader is Organizer for calls that change nothing.
	Reader(ctx context.Context, bearer string) (actor string, err error)
}

// Identities knows who is asking.
type Identities interface {
	// Identity returns nil when the request carries no live identity.
	Identity(r *http.Request) (*Identity, error)
	// Colleague returns nil when nobody of the company has signed in.
	Colleague(r *http.Request) (*Colleague, error)
}

// Colleague is an internal participant who has signed in with the company's identity provider.
type Colleague struct {
	Actor         string // for the log
	Identity      Identity
	NeedsPassword bool // else a conference's exact name is enough
}

// Identity is who a participant says to be.
type Identity struct {
	Title string `json:"title"`
	Name  string `json:"name"`
	Email string `json:"email"`
}

// DisplayName is what the list of participants shows.
func (i *Identity) DisplayName() string { return strings.TrimSpace(i.Title + " " + i.Name) }

// Config is what a Domain needs.
type Config struct {
	Store      Store
	Keys       Keys
	Hasher     Hasher
	Limiter    Limiter
	Relays     Relays
	Identities Identities
	Staff      Staff
	Client     func(*http.Request) Client // whose failures are counted together
	Software   Software                   // zero: nobody joins with the software
	TurnSecret turncred.Secret            // shared with the relays; zero: nobody gets TURN credentials
	PublicURL  string                     // issuer of join tokens and base of invitation links; no slash at its end
	Organizing Organizing
	Now        func() time.Time // nil is time.Now
	Rand       io.Reader        // nil is crypto/rand
	Logger     *slog.Logger     // nil discards
}

// Organizing is what the organizers' calls need besides. All of it is optional.
type Organizing struct {
	Repeats Repeats                   // nil: an Idempotency-Key is not looked at
	Events  Events                    // nil: nobody is told
	Ended   func(conferenceID string) // called once a conference has ended, to tell its relay
}

// Repeats does a call once; see idempotency.Keeper.
type Repeats interface {
	Serve(w http.ResponseWriter, r *http.Request, actor string, h idempotency.Handler) error
}

func (c *Config) validate() error {
	if c.Store == nil || c.Keys == nil || c.Hasher == nil || c.Limiter == nil || c.Relays == nil ||
		c.Identities == nil || c.Staff == nil || c.Client == nil {
		return errors.New("conference: a required field of Config is missing")
	}
	if c.PublicURL == "" || strings.HasSuffix(c.PublicURL, "/") {
		return fmt.Errorf("conference: PublicURL %q is empty or ends with a slash", c.PublicURL)
	}
	return nil
}

// Domain is the conferences and what can be done with them.
type Domain struct{ cfg Config }

// New checks the configuration.
func New(cfg Config) (*Domain, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	return &Domain{cfg: cfg}, nil
}

// Issuer is the `iss` of this domain's join tokens.
func (d *Domain) Issuer() string { return d.cfg.PublicURL }

// Conference returns one by its id.
func (d *Domain) Conference(ctx context.Context, id string) (*Conference, error) {
	c, err := d.cfg.Store.Conference(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil, problem.New(problem.NotFound, "There is no such conference.")
	}
	if err != nil {
		return nil, fmt.Errorf("read conference: %w", err)
	}
	return c, nil
}

// maxPage bounds a page of a list.
const maxPage = 100

// List returns a page of conferences, the newest first.
func (d *Domain) List(ctx context.Context, q Query) (Page, error) {
	var v check
	if q.Status != "" {
		v.oneOf("/status", q.Status, StatusScheduled, StatusOpen, StatusEnded)
	}
	q.Limit = v.limit(q.Limit)
	if err := v.err(); err != nil {
		return Page{}, err
	}
	page, err := d.cfg.Store.Conferences(ctx, q)
	if errors.Is(err, ErrCursor) {
		return Page{}, invalid("/cursor", "is not a cursor of this list")
	}
	if err != nil {
		return Page{}, fmt.Errorf("list conferences: %w", err)
	}
	return page, nil
}

// newID makes an id of 128 random bits without characters that a shell, a URL or a flag parser would notice.
func newID(random io.Reader) (string, error) { return opaque.Random(random, 16) }
