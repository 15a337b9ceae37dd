package dynamo

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/identity"
	sharedtext "github.com/coopnet/coopnet/shared/text"
)

var (
	_ identity.People   = (*Identity)(nil)
	_ conference.People = (*Conference)(nil)
)

// personList is the list of what is kept of a person. It is in shards as other lists are: anybody may say again and again
// that they are somebody.
func personList(email string) string {
	sum := sha256.Sum256([]byte(sharedtext.FoldEmail(email)))
	return "person#" + base64.RawURLEncoding.EncodeToString(sum[:16])
}

// of makes an item one of a person's. Without an address it is nobody's.
func (i item) of(email, id string) item {
	if email != "" {
		i["person"] = text(shardOf(personList(email), id))
	}
	return i
}

// EraseIdentities implements identity.People.
func (s *Identity) EraseIdentities(ctx context.Context, email string) (int, error) {
	return s.table.erase(ctx, email, func(ctx context.Context, k key) error { return s.table.remove(ctx, k, expression{}) })
}

// EraseInvitations implements conference.People.
func (s *Conference) EraseInvitations(ctx context.Context, email string) (int, error) {
	return s.table.erase(ctx, email, func(ctx context.Context, k key) error {
		return s.DeleteInvitation(ctx, strings.TrimPrefix(k.pk, "invitation#"))
	})
}

// erase forgets what the index has of a person, which is a moment late, however long that takes, and counts it. An item
// leaves the index only when it has gone: an erasure that is cut off can be done again.
func (t table) erase(ctx context.Context, email string, forget func(context.Context, key) error) (int, error) {
	group, ctx := errgroup.WithContext(ctx)
	var removed atomic.Int64
	for _, shard := range shardsOf(personList(email)) {
		group.Go(func() error {
			for all := (span{index: personIndex, keys: when("#person = :person", item{":person": text(shard)})}); ; {
				items, last, err := t.query(ctx, all)
				if err != nil {
					return err
				}
				for _, i := range items {
					if err := forget(ctx, key{i.text(HashKey), i.text(RangeKey)}); err != nil {
						return err
					}
					removed.Add(1)
				}
				if all.after = last; last == nil {
					return nil
				}
			}
		})
	}
	err := group.Wait()
	return int(removed.Load()), err
}
