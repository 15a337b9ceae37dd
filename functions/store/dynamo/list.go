package dynamo

import (
	"context"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// A list is kept in shards, so that no partition of its index takes more than an eighth of the writes: a shard takes 1,000
// a second. A page is merged from the heads of all of them.
const shards = 8

// effort bounds what is done for one page: a filter that fits little ends the page early.
type effort struct {
	rounds int // of queries to all shards
	most   int // entries that one query looks at
}

func standardEffort() effort { return effort{rounds: 6, most: 1_000} }

func shardOf(list, id string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // never fails
	return fmt.Sprintf("%s#%d", list, h.Sum32()%shards)
}

// shard is one of a list's shards while a page is made.
type shard struct {
	name   string
	found  []item // what fits, the newest first
	looked string // the order down to which everything was seen
	last   item   // where the last query stopped
	done   bool
}

// listing is one page's search for the newest entries of a list that lie below an order.
type listing struct {
	table  table
	list   string
	below  string // "" is from the beginning
	filter expression
	limit  int
	effort effort
}

// page returns up to limit entries, and the order after which the next page begins; "" at the end.
func (l listing) page(ctx context.Context) (entries []item, next string, err error) {
	all := make([]*shard, shards)
	for i := range all {
		all[i] = &shard{name: fmt.Sprintf("%s#%d", l.list, i), looked: l.below}
	}
	look := min(l.limit/shards*2+4, l.effort.most)
	for round := 0; len(entries) <= l.limit; {
		if open := unseen(all); len(open) > 0 {
			if round == l.effort.rounds {
				return cut(entries, open, all, l.limit)
			}
			round++
			if err := l.look(ctx, open, int32(look)); err != nil {
				return nil, "", err
			}
			look = min(look*4, l.effort.most)
			continue
		}
		head := newest(all)
		if head == nil {
			return entries, "", nil
		}
		entries, head.found = append(entries, head.found[0]), head.found[1:]
	}
	entries = entries[:l.limit]
	return entries, entries[l.limit-1].text("order"), nil
}

// unseen are the shards that may have the next entry, and where nobody has looked.
func unseen(all []*shard) (open []*shard) {
	for _, s := range all {
		if len(s.found) == 0 && !s.done {
			open = append(open, s)
		}
	}
	return open
}

func newest(all []*shard) (head *shard) {
	for _, s := range all {
		if len(s.found) > 0 && (head == nil || s.found[0].text("order") > head.found[0].text("order")) {
			head = s
		}
	}
	return head
}

// cut ends a page where some shards were not looked through: it has what is newer than all that nobody has seen.
func cut(entries []item, open, all []*shard, limit int) ([]item, string, error) {
	edge := ""
	for _, s := range open {
		edge = max(edge, s.looked)
	}
	for len(entries) < limit {
		head := newest(all)
		if head == nil || head.found[0].text("order") < edge {
			return entries, edge, nil
		}
		entries, head.found = append(entries, head.found[0]), head.found[1:]
	}
	return entries, entries[len(entries)-1].text("order"), nil
}

func (l listing) look(ctx context.Context, open []*shard, limit int32) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, s := range open {
		group.Go(func() error {
			keys := when("#list = :list", item{":list": text(s.name)})
			if l.below != "" {
				keys = when("#list = :list AND #order < :below", item{":list": text(s.name), ":below": text(l.below)})
			}
			items, last, err := l.table.query(ctx, span{index: listIndex, keys: keys, filter: l.filter, backward: true, limit: limit, after: s.last})
			if err != nil {
				return fmt.Errorf("read list: %w", err)
			}
			s.found, s.last, s.done = items, last, last == nil
			s.looked = last.text("order")
			return nil
		})
	}
	return group.Wait()
}

// order sorts a list: by time, then by id.
func order(at time.Time, id string) string { return fmt.Sprintf("%013d.%s", at.UnixMilli(), id) }

// splitOrder returns what order was made of; ok is false for anything else.
func splitOrder(s string) (at, id string, ok bool) {
	at, id, ok = strings.Cut(s, ".")
	return at, id, ok && len(at) == 13 && id != ""
}
