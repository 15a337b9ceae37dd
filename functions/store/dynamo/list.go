package dynamo

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
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
	return shardName(list, h.Sum32()%shards)
}

func shardName(list string, n uint32) string { return fmt.Sprintf("%s#%d", list, n) }

// axis is what a list lies along: an index ("" is the table itself), what its shards are named by, and its order.
type axis struct{ index, hash, order string }

func byList() axis { return axis{listIndex, "list", "order"} }

func byKey() axis { return axis{"", HashKey, RangeKey} }

// shard is one of a list's shards while a page is made.
type shard struct {
	name   string
	found  []item // what fits
	looked string // the order up to which everything was seen
	last   item   // where the last query stopped
	done   bool
}

// listing is one page's search for the entries of a list between two places, the newest first.
type listing struct {
	table   table
	along   axis // the zero value is byList
	list    string
	whole   bool   // it is not in shards
	forward bool   // the oldest first
	below   string // beyond this place; "" is from the beginning
	until   string // not as far as this place; "" is to the end
	filter  expression
	limit   int
	effort  effort
}

func (l listing) axis() axis {
	if l.along == (axis{}) {
		return byList()
	}
	return l.along
}

func (l listing) order(i item) string { return i.text(l.axis().order) }

// before reports whether the place a comes before b.
func (l listing) before(a, b string) bool {
	if l.forward {
		return a < b
	}
	return a > b
}

func (l listing) shards() []*shard {
	if l.whole {
		return []*shard{{name: l.list, looked: l.below}}
	}
	var all []*shard
	for _, name := range shardsOf(l.list) {
		all = append(all, &shard{name: name, looked: l.below})
	}
	return all
}

// page returns up to limit entries, and the order after which the next page begins; "" at the end.
func (l listing) page(ctx context.Context) (entries []item, next string, err error) {
	all := l.shards()
	look := min(l.limit/shards*2+4, l.effort.most)
	if l.whole {
		look = min(l.limit+1, l.effort.most)
	}
	for round := 0; len(entries) <= l.limit; {
		if open := unseen(all); len(open) > 0 {
			if round == l.effort.rounds {
				return l.cut(entries, open, all)
			}
			round++
			if err := l.look(ctx, open, int32(look)); err != nil {
				return nil, "", err
			}
			look = min(look*4, l.effort.most)
			continue
		}
		head := l.next(all)
		if head == nil {
			return entries, "", nil
		}
		entries, head.found = append(entries, head.found[0]), head.found[1:]
	}
	entries = entries[:l.limit]
	return entries, l.order(entries[l.limit-1]), nil
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

// next is the shard that has the next entry; nil when all are empty.
func (l listing) next(all []*shard) (head *shard) {
	for _, s := range all {
		if len(s.found) > 0 && (head == nil || l.before(l.order(s.found[0]), l.order(head.found[0]))) {
			head = s
		}
	}
	return head
}

// cut ends a page where some shards were not looked through: it has what comes before all that nobody has seen.
func (l listing) cut(entries []item, open, all []*shard) ([]item, string, error) {
	edge := open[0].looked
	for _, s := range open[1:] {
		if l.before(s.looked, edge) {
			edge = s.looked
		}
	}
	for len(entries) < l.limit {
		head := l.next(all)
		if head == nil || l.before(edge, l.order(head.found[0])) {
			return entries, edge, nil
		}
		entries, head.found = append(entries, head.found[0]), head.found[1:]
	}
	return entries, l.order(entries[len(entries)-1]), nil
}

func (l listing) look(ctx context.Context, open []*shard, limit int32) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, s := range open {
		group.Go(func() error {
			asked := l.span(s.name)
			asked.limit, asked.after = limit, s.last
			items, last, err := l.table.query(ctx, asked)
			if err != nil {
				return fmt.Errorf("read list: %w", err)
			}
			s.found, s.last, s.done = items, last, last == nil
			s.looked = l.order(last)
			l.stop(s)
			return nil
		})
	}
	return group.Wait()
}

// span is what a shard has beyond the place where the page begins.
func (l listing) span(shard string) span {
	at := l.axis()
	keys := when("#"+at.hash+" = :list", item{":list": text(shard)})
	if l.below != "" {
		beyond := " < :below"
		if l.forward {
			beyond = " > :below"
		}
		keys = keys.and(when("#"+at.order+beyond, item{":below": text(l.below)}))
	}
	return span{index: at.index, keys: keys, filter: l.filter, backward: !l.forward}
}

// stop leaves out what lies as far as the end, or further.
func (l listing) stop(s *shard) {
	if l.until == "" {
		return
	}
	if end := slices.IndexFunc(s.found, func(i item) bool { return !l.before(l.order(i), l.until) }); end >= 0 {
		s.found, s.done = s.found[:end], true
	}
	s.done = s.done || !l.before(s.looked, l.until)
}

// fill returns up to limit rows that are as keep wants them. The index is a moment late, so a page of it may be of rows
// that are different by now: then there are more.
func fill[T any](ctx context.Context, l listing, keep func(*T) bool) ([]*T, error) {
	var kept []*T
	for {
		entries, next, err := l.page(ctx)
		if err != nil {
			return nil, err
		}
		rows, err := l.table.rows(ctx, entries)
		if err != nil {
			return nil, err
		}
		for _, i := range rows {
			row, err := decodeRow[T](i)
			if err != nil {
				return nil, err
			}
			if row != nil && keep(row) && len(kept) < l.limit {
				kept = append(kept, row)
			}
		}
		if l.below = next; next == "" || len(kept) == l.limit {
			return kept, nil
		}
	}
}

// order sorts a list: by time, then by id. What is before 1970 or after 2286 lies at that end.
func order(at time.Time, id string) string {
	return fmt.Sprintf("%013d.%s", min(max(at.UnixMilli(), 0), 9_999_999_999_999), id)
}

// splitOrder returns what order was made of; ok is false for anything else.
func splitOrder(s string) (at, id string, ok bool) {
	at, id, ok = strings.Cut(s, ".")
	return at, id, ok && len(at) == 13 && id != ""
}
