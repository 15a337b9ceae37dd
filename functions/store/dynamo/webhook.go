package dynamo

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/coopnet/coopnet/functions/webhook"
)

// Webhook is the store of webhooks and their outbox. Subscriptions are few and lie together. A delivery is an item of its
// own; while it waits it is in its subscription's list by the moment at which it is due, in shards, so that a thousand
// events a second to one receiver are written to eight places.
type Webhook struct {
	db    *DB
	table table
}

var _ webhook.Store = (*Webhook)(nil)

// Webhook returns the store of webhooks and their outbox.
func (db *DB) Webhook() *Webhook { return &Webhook{db, db.table(db.cfg.Tables.Webhook)} }

func subscriptionKey(id string) key { return key{"webhook", id} }

func deliveryKey(id string) key { return key{"delivery#" + id, "delivery"} }

func outbox(subscription string) string { return "due#" + subscription }

// CreateSubscription implements webhook.Store.
func (s *Webhook) CreateSubscription(ctx context.Context, w *webhook.Subscription) error {
	done, err := s.table.save(ctx, subscriptionKey(w.ID), w, nil, absent())
	if err == nil && !done {
		return webhook.ErrConflict
	}
	return err
}

// Subscription implements webhook.Store.
func (s *Webhook) Subscription(ctx context.Context, id string) (*webhook.Subscription, error) {
	i, err := s.table.get(ctx, subscriptionKey(id))
	if err != nil {
		return nil, err
	}
	w, err := decodeRow[webhook.Subscription](i)
	if err == nil && w == nil {
		return nil, webhook.ErrNotFound
	}
	return w, err
}

// Subscriptions implements webhook.Store.
func (s *Webhook) Subscriptions(ctx context.Context) ([]*webhook.Subscription, error) {
	ctx, cancel := s.db.change(ctx)
	defer cancel()
	all, err := some[webhook.Subscription](ctx, s.table, span{keys: when("#pk = :pk", item{":pk": text("webhook")})}, 0)
	slices.SortFunc(all, func(a, b *webhook.Subscription) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return all, err
}

// DeleteSubscription implements webhook.Store. What waits for it expires.
func (s *Webhook) DeleteSubscription(ctx context.Context, id string) error {
	return s.table.remove(ctx, subscriptionKey(id), expression{})
}

// deliveryItem is what conditions and the index need of a delivery.
func deliveryItem(d *webhook.Delivery) item {
	i := item{"version": number(d.Version)}
	if d.State == webhook.Pending {
		maps.Copy(i, entry(outbox(d.Subscription), d.NextAt, d.ID))
	}
	return i.expire(d.ExpiresAt)
}

// CreateDelivery implements webhook.Store.
func (s *Webhook) CreateDelivery(ctx context.Context, d *webhook.Delivery) error {
	return s.save(ctx, d, free(s.db.cfg.Now()))
}

func (s *Webhook) save(ctx context.Context, d *webhook.Delivery, where expression) error {
	done, err := s.table.save(ctx, deliveryKey(d.ID), d, deliveryItem(d), where)
	if err == nil && !done {
		return webhook.ErrConflict
	}
	return err
}

// Due implements webhook.Store. The list is a moment late; the rows themselves are read as they are, so that nobody is
// given what another process has just taken.
func (s *Webhook) Due(ctx context.Context, subscription string, limit int) ([]*webhook.Delivery, error) {
	ctx, cancel := s.db.change(ctx)
	defer cancel()
	now := s.db.cfg.Now()
	l := listing{
		table: s.table, list: outbox(subscription), forward: true, until: order(now.Add(time.Millisecond), ""), filter: live(now), limit: limit,
		effort: s.db.effort,
	}
	due, err := fill(ctx, l, func(d *webhook.Delivery) bool {
		return d.State == webhook.Pending && !d.NextAt.After(now) && d.ExpiresAt.After(now)
	})
	slices.SortStableFunc(due, func(a, b *webhook.Delivery) int { return a.NextAt.Compare(b.NextAt) })
	return due, err
}

// Waiting implements webhook.Store. It looks at all that waits: whoever asks remembers the answer for a while.
func (s *Webhook) Waiting(ctx context.Context, subscription string) (int, error) {
	ctx, cancel := s.db.change(ctx)
	defer cancel()
	l := listing{table: s.table, list: outbox(subscription), filter: live(s.db.cfg.Now())}
	var n atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for _, shard := range shardsOf(l.list) {
		group.Go(func() error {
			m, err := s.table.tally(ctx, l.span(shard))
			n.Add(int64(m))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return 0, fmt.Errorf("count deliveries: %w", err)
	}
	return int(n.Load()), nil
}

// UpdateDelivery implements webhook.Store.
func (s *Webhook) UpdateDelivery(ctx context.Context, d *webhook.Delivery) error {
	next := *d
	next.Version++
	err := s.save(ctx, &next, unchanged(d.Version).and(when("#expires > :now", item{":now": millis(s.db.cfg.Now())})))
	if err == nil {
		d.Version = next.Version
	}
	return err
}
