package dynamo

import (
	"context"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/coopnet/coopnet/shared/cursor"
)

// A list is kept in shards, so that no partition of its index takes more than an eighth of the writes: a shard takes 1,000
// a second. A page is merged from the heads of all of them.
const (
	shards     = 8
	pageRounds = 6     // of queries to all shards for one page: a filter that fits little ends the page early
	lookMost   = 1_000 // entries that one query looks at
)

func shardOf(list, id string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // never fails
	return fmt.Sprintf("%s#%d", list, h.Sum32()%shards)
}

func shardsOf(list string) []string {
	names := make([]string, shards)
	for i := range names {
		names[i] = fmt.Sprintf("%s#%d", list, i)
	}
	return names
}

// listed is what makes an item an entry of a list.
func listed(list string, at time.Time, id string) item {
	return item{"list": text(shardOf(list, id)), "order": text(order(at, id))}
}

// shard is one of a list's shards while a page is made.
type shard struct {
	name   string
	found  []item // what fits, in the page's order
	looked string // the order to which everything was seen
	last   item   // where the last query stopped
	done   bool
}

// listing is one page's search for the newest entries of a list, or the oldest, beyond an order.
type listing struct {
	table  table
	shards []string
	oldest bool   // first; else the newest
	past   string // "" is from the beginning
	filter expression
	limit  int
}

// from begins where the page ended that gave this cursor of a list with that name; false for another list's.
func (l *listing) from(name, from string) bool {
	if from == "" {
		return true
	}
	place, ok := cursor.Place(name, from)
	_, _, fits := splitOrder(place)
	l.past = place
	return ok && fits
}

// before reports whether a page has one order before another.
func (l *listing) before(one, other string) bool {
	if l.oldest {
		return one < other
	}
	return one > other
}

// page returns up to limit entries, and the order after which the next page begins; "" at the end.
func (l *listing) page(ctx context.Context) (entries []item, next string, err error) {
	all := make([]*shard, len(l.shards))
	for i, name := range l.shards {
		all[i] = &shard{name: name}
	}
	look := l.limit/len(all)*2 + 4
	for round := 0; len(entries) <= l.limit; {
		if open := unseen(all); len(open) > 0 {
			if round == pageRounds {
				return l.cut(entries, open, all)
			}
			round++
			if err := l.look(ctx, open, int32(look)); err != nil {
				return nil, "", err
			}
			look = min(look*4, lookMost)
			continue
		}
		head := l.head(all)
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

func (l *listing) head(all []*shard) (head *shard) {
	for _, s := range all {
		if len(s.found) > 0 && (head == nil || l.before(s.found[0].text("order"), head.found[0].text("order"))) {
			head = s
		}
	}
	return head
}

// cut ends a page where some shards were not looked through: it has what comes before all that nobody has seen.
func (l *listing) cut(entries []item, open, all []*shard) ([]item, string, error) {
	edge := open[0].looked
	for _, s := range open[1:] {
		if l.before(s.looked, edge) {
			edge = s.looked
		}
	}
	for len(entries) < l.limit {
		head := l.head(all)
		if head == nil || l.before(edge, head.found[0].text("order")) {
			return entries, edge, nil
		}
		entries, head.found = append(entries, head.found[0]), head.found[1:]
	}
	return entries, entries[len(entries)-1].text("order"), nil
}

func (l *listing) look(ctx context.Context, open []*shard, limit int32) error {
	beyond := "<"
	if l.oldest {
		beyond = ">"
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, s := range open {
		group.Go(func() error {
			keys := when("#list = :list", item{":list": text(s.name)})
			if l.past != "" {
				keys = when("#list = :list AND #order "+beyond+" :past", item{":list": text(s.name), ":past": text(l.past)})
			}
			items, last, err := l.table.query(ctx, span{index: listIndex, keys: keys, filter: l.filter, backward: !l.oldest, limit: limit, after: s.last})
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
