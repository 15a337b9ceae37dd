package dynamo_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/store/dynamo"
	"github.com/coopnet/coopnet/functions/store/dynamo/dynamotest"
	"github.com/coopnet/coopnet/functions/store/storetest"
)

// tally counts what goes to each item, and to each shard of an index.
type tally struct {
	mu     sync.Mutex
	reads  map[string]int
	writes map[string]int
}

func (c *tally) count(call string, body []byte) fault {
	type value struct{ S string }
	var in struct {
		Key, Item, ExpressionAttributeValues map[string]value
	}
	_ = json.Unmarshal(body, &in) // the client wrote it
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case call == "Query":
		c.reads[in.ExpressionAttributeValues[":list"].S]++
	case writes(call):
		c.writes[in.Key["pk"].S+in.Item["pk"].S]++
		if shard := in.Item["list"].S; shard != "" {
			c.writes[shard]++
		}
	default:
		c.reads[in.Key["pk"].S]++
	}
	return none
}

// busiest is the largest number for anything, and all of them together.
func busiest(counts map[string]int) (top, all int) {
	for _, n := range counts {
		top, all = max(top, n), all+n
	}
	return top, all
}

// crowd is many people at one conference, whom a few processes serve.
type crowd struct {
	front  *front
	stores []*dynamo.Conference
}

// each lets everybody do something, and counts what that asked.
func (c *crowd) each(t *testing.T, people int, do func(s *dynamo.Conference, i int) error) *tally {
	t.Helper()
	n := &tally{reads: map[string]int{}, writes: map[string]int{}}
	c.front.set(n.count)
	var wg sync.WaitGroup
	for p, s := range c.stores {
		wg.Go(func() {
			for i := p; i < people; i += len(c.stores) {
				if err := do(s, i); err != nil {
					t.Errorf("%d: %v", i, err)
				}
			}
		})
	}
	wg.Wait()
	return n
}

// Five hundred wait at one conference and ask every three seconds, and a hundred look who is there: no item and no shard of
// the index is asked more than a partition can bear, and who waits costs one read.
func TestCrowdInTheLobby(t *testing.T) {
	t.Parallel()
	const guests, colleagues, processes = 500, 100, 5
	e := dynamotest.Start(t)
	clock, tables := storetest.NewClock(), e.Tables(t)
	c := &crowd{front: newFront(t, e)}
	for range processes {
		c.stores = append(c.stores, conferencesAt(t, e, c.front.URL, tables, clock))
	}
	knock := func(i int) *conference.Knock { return knockOf(fmt.Sprint("p", i), clock.Now()) }
	n := c.each(t, guests, func(s *dynamo.Conference, i int) error { return s.CreateKnock(t.Context(), knock(i)) })
	if top, all := busiest(n.writes); top > guests/4 || all != 2*guests {
		t.Errorf("they arrive: %d writes, %d to one", all, top)
	}
	clock.Advance(3 * time.Second)
	n = c.each(t, guests, func(s *dynamo.Conference, i int) error {
		k, err := s.Knock(t.Context(), "old", fmt.Sprint("p", i))
		if err == nil && k.Status != conference.KnockWaiting {
			return fmt.Errorf("got %+v", k)
		}
		return err
	})
	if top, all := busiest(n.reads); top != 1 || all != guests || len(n.writes) > 0 {
		t.Errorf("they ask: %d reads, %d of one, and writes: %v", all, top, n.writes)
	}
	n = c.each(t, colleagues, func(s *dynamo.Conference, _ int) error {
		page, err := s.Knocks(t.Context(), conference.KnockQuery{Conference: "old", Status: conference.KnockWaiting, Limit: 50})
		waiting, countErr := s.Waiting(t.Context(), "old")
		if err != nil || countErr != nil || waiting != guests || len(page.Knocks) != 50 || page.Next == "" {
			return fmt.Errorf("%d on the page, %d wait, %w, %w", len(page.Knocks), waiting, err, countErr)
		}
		return nil
	})
	if top, _ := busiest(n.reads); top > 2*colleagues+processes { // mostly one for a page
		t.Errorf("colleagues look: %d reads of one shard", top)
	}
	clock.Advance(45 * time.Second)
	n = c.each(t, guests, func(s *dynamo.Conference, i int) error { return s.TouchKnock(t.Context(), knock(i)) })
	if top, all := busiest(n.writes); top > guests/4 || all != 2*guests {
		t.Errorf("they stay: %d writes, %d to one", all, top)
	}
}
