package relays

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/coopnet/coopnet/shared/problem"
)

// Place returns the relay on which the conference lives, and one more to fall back to if there is one. The home is
// chosen once and read from then on: a join writes nothing. It moves when its relay is gone or drains.
func (d *Domain) Place(ctx context.Context, conference, region string) ([]*Relay, error) {
	f, err := d.fleet(ctx)
	if err != nil {
		return nil, err
	}
	for range tries {
		home, err := d.cfg.Store.Home(ctx, conference)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, fmt.Errorf("read home: %w", err)
		}
		var at *Relay
		if home != nil {
			at = f.relay(home.Relay)
		}
		if at != nil && !at.Draining && !f.gone(at) {
			return f.with(at, conference, region), nil
		}
		to, err := d.choose(f, home, conference, region)
		if err != nil {
			return nil, err
		}
		if to == nil && at != nil && !at.Draining {
			return []*Relay{at}, nil // nobody else is there: perhaps it comes back
		}
		if to == nil {
			return nil, unavailable("No relay is free at the moment. Try again.")
		}
		err = d.settle(ctx, home, conference, to)
		if errors.Is(err, ErrConflict) { // somebody else was first
			continue
		}
		if err != nil {
			return nil, err
		}
		return f.with(to, conference, region), nil
	}
	return nil, unavailable("The conference is being moved. Try again.")
}

// choose returns the home for a conference that has none, or none that works; nil when no relay is free. Who lost the
// home has gone to the one to fall back to.
func (d *Domain) choose(f fleet, home *Home, conference, region string) (*Relay, error) {
	if home != nil {
		return f.second(conference, region, home.Relay), nil
	}
	var b [8]byte
	if _, err := io.ReadFull(d.cfg.Rand, b[:]); err != nil {
		return nil, fmt.Errorf("read random bytes: %w", err)
	}
	return f.pick(region, binary.BigEndian.Uint32(b[:4]), binary.BigEndian.Uint32(b[4:])), nil
}

func (d *Domain) settle(ctx context.Context, home *Home, conference string, to *Relay) error {
	next := Home{Conference: conference}
	if home != nil {
		next = *home
	}
	next.Relay, next.PlacedAt = to.ID, d.now()
	next.ExpiresAt = next.PlacedAt.Add(homeLife)
	err := d.cfg.Store.SaveHome(ctx, &next)
	switch {
	case errors.Is(err, ErrConflict):
		return err
	case err != nil && problem.From(err).Code == problem.StorageFull && d.resident(to.ID):
		return nil // joining goes on; should the conference find another home later, this one is told
	case err != nil:
		return fmt.Errorf("store home: %w", err)
	}
	if home != nil {
		d.cfg.Logger.InfoContext(ctx, "conference moved", "conference", conference, "from", home.Relay, "to", to.ID)
	}
	return nil
}

// fleet is the relays at a moment. Its methods are pure.
type fleet struct {
	relays    []*Relay
	witnesses []*Relay // as they were stored: that the resident is alive does not say that others could be heard
	now       time.Time
}

func (f fleet) relay(id string) *Relay {
	for _, r := range f.relays {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// heard reports whether the relay was heard in time to get conferences.
func (f fleet) heard(r *Relay) bool { return f.now.Sub(r.HeardAt) <= silentAfter }

// gone reports whether the relay was silent for too long while another one was heard. Without a witness it is perhaps we
// who hear nothing; and a witness counts from when it is heard without a gap, because before that it was perhaps we too.
func (f fleet) gone(r *Relay) bool {
	return slices.ContainsFunc(f.witnesses, func(w *Relay) bool {
		if w.ID == r.ID || !f.heard(w) {
			return false
		}
		from := r.HeardAt
		if w.Since.After(from) {
			from = w.Since
		}
		return f.now.Sub(from) > silentAfter
	})
}

func (f fleet) usable(r *Relay) bool {
	return f.heard(r) && !r.Draining && (r.Capacity == 0 || r.Load < r.Capacity)
}

// Regions returns one relay of every region that gets conferences at the moment, the least filled, in the order of their
// regions. None is no error.
func (d *Domain) Regions(ctx context.Context) ([]*Relay, error) {
	f, err := d.fleet(ctx)
	if err != nil {
		return nil, err
	}
	return f.regions(), nil
}

func (f fleet) regions() []*Relay {
	best := make(map[string]*Relay)
	for _, r := range f.relays {
		if other := best[r.Region]; f.usable(r) && (other == nil || r.fill() < other.fill() || r.fill() == other.fill() && r.ID < other.ID) {
			best[r.Region] = r
		}
	}
	return slices.SortedFunc(maps.Values(best), func(a, b *Relay) int { return cmp.Compare(a.Region, b.Region) })
}

// near returns the usable relays of the nearest circle that has any: the region, its continent (what is before the
// first hyphen), everywhere.
func (f fleet) near(region, except string) []*Relay {
	circles := []func(*Relay) bool{func(*Relay) bool { return true }}
	if region != "" {
		continent, _, _ := strings.Cut(region, "-")
		circles = []func(*Relay) bool{
			func(r *Relay) bool { return r.Region == region },
			func(r *Relay) bool { first, _, _ := strings.Cut(r.Region, "-"); return first == continent },
			circles[0],
		}
	}
	for _, inside := range circles {
		var found []*Relay
		for _, r := range f.relays {
			if r.ID != except && f.usable(r) && inside(r) {
				found = append(found, r)
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

// pick takes the less loaded of two that chance names: the least loaded of all would get every conference until it
// reports again.
func (f fleet) pick(region string, one, other uint32) *Relay {
	near := f.near(region, "")
	if len(near) == 0 {
		return nil
	}
	slices.SortFunc(near, func(a, b *Relay) int { return cmp.Compare(a.ID, b.ID) })
	i, j := int(one%uint32(len(near))), 0
	if len(near) > 1 {
		j = (i + 1 + int(other%uint32(len(near)-1))) % len(near)
	}
	if near[j].fill() < near[i].fill() {
		return near[j]
	}
	return near[i]
}

// fill compares relays of different sizes. One that does not know its capacity counts as a common one.
func (r *Relay) fill() float64 {
	const common = 1000
	return float64(r.Load) / float64(cmp.Or(r.Capacity, common))
}

// second is where a conference goes when its home is gone. Everybody comes to the same answer without asking.
func (f fleet) second(conference, region, home string) *Relay {
	var best *Relay
	var most uint64
	for _, r := range f.near(region, home) {
		h := fnv.New64a() // rendezvous hashing: another relay changes the answer for its own share only
		_, _ = io.WriteString(h, r.ID+"\x00"+conference)
		if rank := mix(h.Sum64()); best == nil || rank > most || rank == most && r.ID < best.ID {
			best, most = r, rank
		}
	}
	return best
}

// mix spreads the last characters over all bits (the finalizer of MurmurHash3): FNV alone ranks by the relay's id.
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

func (f fleet) with(home *Relay, conference, region string) []*Relay {
	if second := f.second(conference, region, home.ID); second != nil {
		return []*Relay{home, second}
	}
	return []*Relay{home}
}
