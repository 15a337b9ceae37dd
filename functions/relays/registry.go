package relays

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/coopnet/coopnet/shared/announce"
	"github.com/coopnet/coopnet/shared/problem"
)

// Bounds of an announcement.
const (
	maxID       = 64
	maxRegion   = 100
	maxAddress  = 300
	maxTURN     = 8
	maxCapacity = 1_000_000
)

// Announce takes in what a relay says of itself and returns what it must do. The caller has authenticated the relay, and
// the credential is what it showed: its addresses are taken only once they have answered with a proof made of it.
func (d *Domain) Announce(ctx context.Context, id, credential string, a announce.Announcement) (announce.Orders, error) {
	base, err := d.check(a)
	if err != nil {
		return announce.Orders{}, err
	}
	return d.announce(ctx, id, a, func() error { return d.prove(ctx, id, credential, base, a.Instance) })
}

// AnnounceResident is Announce for the relay of this process, which needs no proof. It is alive though nothing can be
// stored.
func (d *Domain) AnnounceResident(ctx context.Context, a announce.Announcement) (announce.Orders, error) {
	id := d.cfg.Resident.ID()
	d.mu.Lock()
	r := Relay{ID: id}
	if d.self != nil {
		r = *d.self
	}
	d.heard(&r, a, Addresses{WHIP: a.WHIP, WHEP: a.WHEP, Control: a.Control, TURN: a.TURN})
	d.self = &r
	d.mu.Unlock()
	o, err := d.announce(ctx, id, a, func() error { return nil })
	if err != nil && problem.From(err).Code == problem.StorageFull {
		return d.orders(ctx, id, a)
	}
	return o, err
}

func (d *Domain) announce(ctx context.Context, id string, a announce.Announcement, prove func() error) (announce.Orders, error) {
	for range tries {
		r, err := d.cfg.Store.Relay(ctx, id)
		switch {
		case errors.Is(err, ErrNotFound):
			r = &Relay{ID: id}
		case err != nil:
			return announce.Orders{}, fmt.Errorf("read relay: %w", err)
		}
		at := Addresses{WHIP: a.WHIP, WHEP: a.WHEP, Control: a.Control, TURN: a.TURN}
		if r.Instance != a.Instance || !r.equal(at) {
			if err := prove(); err != nil {
				return announce.Orders{}, err
			}
		}
		d.heard(r, a, at)
		err = d.cfg.Store.SaveRelay(ctx, r)
		if errors.Is(err, ErrConflict) { // an announcement of its own that took long
			continue
		}
		if err != nil {
			return announce.Orders{}, fmt.Errorf("store relay: %w", err)
		}
		d.learn(r)
		return d.orders(ctx, id, a)
	}
	return announce.Orders{}, problem.New(problem.Conflict, "Another announcement of this relay is under way.")
}

func (a Addresses) equal(b Addresses) bool {
	return a.WHIP == b.WHIP && a.WHEP == b.WHEP && a.Control == b.Control && slices.Equal(a.TURN, b.TURN)
}

// heard brings the relay up to date.
func (d *Domain) heard(r *Relay, a announce.Announcement, at Addresses) {
	now := d.now()
	if now.Sub(r.HeardAt) > silentAfter {
		r.Since = now
	}
	if r.Instance != a.Instance {
		r.StartedAt, r.Snapshot, r.SnapshotAt = now, 0, now
	}
	if r.Snapshot != a.Snapshot {
		r.SnapshotAt = now
	}
	r.Instance, r.Region, r.Addresses, r.Capacity, r.Load = a.Instance, a.Region, at, a.Capacity, a.Load
	r.Draining, r.Snapshot, r.HeardAt = a.Draining, a.Snapshot, now
	r.ExpiresAt = now.Add(registryLife)
}

// check returns the base of the relay's addresses, or says everything that is wrong with the announcement.
func (d *Domain) check(a announce.Announcement) (base string, err error) {
	var f fields
	if !isID(a.Instance) {
		f.fail("/instance", fmt.Sprintf("must have 1 to %d letters, digits, hyphens and underscores", maxID))
	}
	if len(a.Region) > maxRegion || strings.Trim(a.Region, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		f.fail("/region", "must be lower-case letters, digits and hyphens")
	}
	base, plain := strings.CutSuffix(a.WHIP, "/whip")
	u, urlErr := url.Parse(base)
	switch {
	case !plain || urlErr != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || len(a.WHIP) > maxAddress:
		f.fail("/whip", "must be a URL that ends with /whip")
		return "", f.err()
	default:
		if err := d.cfg.Prober.Check(base); err != nil {
			f.fail("/whip", err.Error())
		}
	}
	if a.WHEP != base+"/whep" {
		f.fail("/whep", "must be beside whip, and end with /whep")
	}
	if a.Control != "ws"+strings.TrimPrefix(base, "http")+"/control" {
		f.fail("/control", "must be beside whip as wss (ws for http), and end with /control")
	}
	if len(a.TURN) > maxTURN {
		f.fail("/turn", fmt.Sprintf("has more than %d entries", maxTURN))
	}
	for i, t := range a.TURN {
		if !isTURN(t, u.Hostname()) {
			f.fail(fmt.Sprintf("/turn/%d", i), "must be a turn: or turns: URI on the host of whip")
		}
	}
	between(&f, "/capacity", a.Capacity, maxCapacity)
	between(&f, "/load", a.Load, maxCapacity)
	ids(&f, "/rooms", a.Rooms, announce.MaxRooms)
	ids(&f, "/done", a.Done, announce.MaxOrders)
	if a.Snapshot < 0 {
		f.fail("/snapshot", "is negative")
	}
	return base, f.err()
}

func between(f *fields, pointer string, n, most int) {
	if n < 0 || n > most {
		f.fail(pointer, fmt.Sprintf("must be between 0 and %d", most))
	}
}

func ids(f *fields, pointer string, list []string, most int) {
	if len(list) > most {
		f.fail(pointer, fmt.Sprintf("has more than %d entries", most))
		return
	}
	for i, id := range list {
		if !isID(id) {
			f.fail(fmt.Sprintf("%s/%d", pointer, i), "is not an id")
		}
	}
}

func isID(s string) bool {
	return s != "" && len(s) <= maxID && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}

// isTURN knows the form of RFC 7065 that relays use. No other host was proven to be the relay's.
func isTURN(uri, host string) bool {
	scheme, rest, ok := strings.Cut(uri, ":")
	at, transport, hasTransport := strings.Cut(rest, "?transport=")
	if !ok || len(uri) > maxAddress || scheme != "turn" && scheme != "turns" || hasTransport && transport != "udp" && transport != "tcp" {
		return false
	}
	name, _, err := net.SplitHostPort(at)
	if err != nil {
		name = strings.Trim(at, "[]")
	}
	return strings.EqualFold(name, host)
}

// prove asks at the address for a proof. Why it failed is for the log: who may announce relays must not learn from us
// what else answers in our network.
func (d *Domain) prove(ctx context.Context, id, credential, base, instance string) error {
	nonce, err := d.newID()
	if err != nil {
		return err
	}
	proof, err := d.cfg.Prober.Probe(ctx, base, nonce)
	if err == nil && !announce.Proves(proof, credential, id, instance, nonce) {
		err = errors.New("the proof is not this relay's")
	}
	if err == nil {
		d.cfg.Logger.InfoContext(ctx, "relay proven", "relay", id, "address", base)
		return nil
	}
	d.cfg.Logger.WarnContext(ctx, "relay not proven", "relay", id, "address", base, "error", err)
	var f fields
	f.fail("/whip", "does not answer with this relay's proof")
	return f.err()
}

// fleet returns the relays as they were at most fleetAge ago.
func (d *Domain) fleet(ctx context.Context) (fleet, error) {
	now := d.now()
	d.mu.Lock()
	known, fresh, self := d.known, now.Sub(d.knownAt) < fleetAge && !now.Before(d.knownAt), d.self
	d.mu.Unlock()
	if fresh {
		return fleet{with(known, self), known, now}, nil
	}
	read, err := d.cfg.Store.Relays(ctx)
	if err != nil {
		return fleet{}, fmt.Errorf("read relays: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.known, d.knownAt = read, now
	return fleet{with(read, d.self), read, now}, nil
}

// with puts the relay in the place of what was stored of it; nil changes nothing.
func with(known []*Relay, r *Relay) []*Relay {
	if r == nil {
		return known
	}
	return append(slices.DeleteFunc(slices.Clone(known), func(other *Relay) bool { return other.ID == r.ID }), r)
}

// learn makes joins see what this process has just heard: a relay that drains gets nobody any more.
func (d *Domain) learn(r *Relay) {
	heard := *r
	d.mu.Lock()
	defer d.mu.Unlock()
	d.known = with(d.known, &heard)
}

// orders says what the relay must do, and forgets what it has done.
func (d *Domain) orders(ctx context.Context, id string, a announce.Announcement) (announce.Orders, error) {
	o := announce.Orders{Commands: []announce.Command{}, Over: []string{}, Moved: []string{}}
	for _, done := range a.Done {
		if err := d.cfg.Store.DeleteCommand(ctx, id, done); err != nil {
			return o, fmt.Errorf("delete command: %w", err)
		}
	}
	commands, err := d.cfg.Store.Commands(ctx, id, announce.MaxOrders)
	if err != nil {
		return o, fmt.Errorf("read commands: %w", err)
	}
	for _, c := range commands {
		o.Commands = append(o.Commands, announce.Command{ID: c.ID, Kind: announce.Kind(c.Kind), Conference: c.Conference, Participant: c.Participant})
	}
	over, moved := make([]bool, len(a.Rooms)), make([]bool, len(a.Rooms))
	err = atOnce(a.Rooms, func(i int, room string) (err error) {
		if over[i], moved[i], err = d.lives(ctx, id, room); err == nil && over[i] {
			d.cfg.Over(ctx, room)
		}
		return err
	})
	if err != nil {
		return o, err
	}
	for i, room := range a.Rooms {
		switch {
		case over[i]:
			o.Over = append(o.Over, room)
		case moved[i]:
			o.Moved = append(o.Moved, room)
		}
	}
	return o, nil
}

// lives tells whether a conference goes on, and whether somewhere else. Only a home that works is worth moving to.
func (d *Domain) lives(ctx context.Context, relay, conference string) (over, moved bool, err error) {
	c, err := d.cfg.Conferences.Conference(ctx, conference)
	if errors.Is(err, ErrNotFound) {
		return true, false, nil
	}
	if err != nil {
		return false, false, fmt.Errorf("read conference: %w", err)
	}
	if c.Over {
		return true, false, nil
	}
	home, err := d.cfg.Store.Home(ctx, conference)
	if errors.Is(err, ErrNotFound) {
		return false, false, nil
	}
	if err != nil {
		return false, false, fmt.Errorf("read home: %w", err)
	}
	if home.Relay == relay {
		return false, false, d.renew(ctx, home)
	}
	f, err := d.fleet(ctx)
	if err != nil {
		return false, false, err
	}
	at := f.relay(home.Relay)
	return false, at != nil && f.heard(at) && !at.Draining, nil
}

// renew keeps the home of a conference that is live for months.
func (d *Domain) renew(ctx context.Context, home *Home) error {
	now := d.now()
	if home.ExpiresAt.Sub(now) > homeLife/2 {
		return nil
	}
	home.ExpiresAt = now.Add(homeLife)
	if err := d.cfg.Store.SaveHome(ctx, home); err != nil && !errors.Is(err, ErrConflict) {
		return fmt.Errorf("store home: %w", err)
	}
	return nil
}
