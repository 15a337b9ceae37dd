package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/identity"
	"github.com/coopnet/coopnet/functions/staff"
	"github.com/coopnet/coopnet/functions/store/dynamo"
	"github.com/coopnet/coopnet/functions/store/dynamo/dynamotest"
	"github.com/coopnet/coopnet/functions/store/storetest"
)

// typical is a conference as an organizer's system makes it.
func typical(id, name string, now time.Time) *conference.Conference {
	c := storetest.NewConference(id, name, now)
	starts, ends := now.Add(-time.Minute), now.Add(2*time.Hour)
	c.StartsAt, c.EndsAt, c.Timezone = &starts, &ends, "Europe/Paris"
	c.Title, c.Description = "Quarterly review with the suppliers", strings.Repeat("What is on the agenda. ", 8)
	for _, country := range []string{"FR", "DE", "GB"} {
		c.Bridges = append(c.Bridges, conference.Bridge{Kind: "audio", Label: "Dial in", Country: country, Number: "+33 1 23 45 67 89", Code: "123456#"})
	}
	c.PasswordHash = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQxMjM0NTY3OA$" + strings.Repeat("x", 43)
	return c
}

// use is one row of the table in docs/data-model.md.
type use struct {
	name string
	run  func(ctx context.Context, open func() *dynamo.DB) error // open is another process, which remembers nothing
}

func uses(now time.Time) []use {
	c := typical("new", "New", now)
	ada := identity.Identity{Title: "Ms", Name: "Ada Lovelace", Email: "ada@example.org"}
	peeks := func(ctx context.Context, db *dynamo.DB) error { // what guests of an IPv4 address who have not failed are asked
		_, _, a := db.Conference().Limiter().Peek(ctx, "p:192.0.2.1:x", 8, 15*time.Second)
		_, _, b := db.Conference().Limiter().Peek(ctx, "a:192.0.2.1", 30, 4*time.Second)
		return errors.Join(a, b)
	}
	token := func(ctx context.Context, db *dynamo.DB) error {
		_, who := db.Identity().Identity(ctx, [32]byte{1})
		_, which := db.Conference().RecentConference(ctx, "old")
		return errors.Join(who, which)
	}
	return []use{
		{"an organizer's key is checked", func(ctx context.Context, open func() *dynamo.DB) error {
			_, err := open().Staff().KeyByHash(ctx, [32]byte{1})
			return err
		}},
		{"`CreateConference`, a new name", func(ctx context.Context, open func() *dynamo.DB) error {
			return open().Conference().CreateConference(ctx, c)
		}},
		{"`CreateConference`, a name whose holder's end has passed", func(ctx context.Context, open func() *dynamo.DB) error {
			return open().Conference().CreateConference(ctx, typical("next", "Past", now))
		}},
		{"`CreateConference`, a taken name", func(ctx context.Context, open func() *dynamo.DB) error {
			err := open().Conference().CreateConference(ctx, typical("third", "Old", now))
			if !errors.Is(err, conference.ErrNameTaken) {
				return fmt.Errorf("got %w", err)
			}
			return nil
		}},
		{"`Conference`", func(ctx context.Context, open func() *dynamo.DB) error {
			_, err := open().Conference().Conference(ctx, "old")
			return err
		}},
		{"`Conferences`, a page of 50", func(ctx context.Context, open func() *dynamo.DB) error {
			page, err := open().Conference().Conferences(ctx, conference.Query{Limit: 50})
			if err == nil && len(page.Conferences) != 50 {
				return fmt.Errorf("%d on the page", len(page.Conferences))
			}
			return err
		}},
		{"`UpdateConference`", func(ctx context.Context, open func() *dynamo.DB) error {
			c.Title = "Another title"
			return open().Conference().UpdateConference(ctx, c)
		}},
		{"`UpdateConference`, to ended", func(ctx context.Context, open func() *dynamo.DB) error {
			c.EndedAt = now
			return open().Conference().UpdateConference(ctx, c)
		}},
		{"`CreateInvitation`", func(ctx context.Context, open func() *dynamo.DB) error {
			return open().Conference().CreateInvitation(ctx, &conference.Invitation{ID: "i", CodeHash: [32]byte{1}, Name: "Ada", ExpiresAt: now.Add(time.Hour)})
		}},
		{"`InvitationByCode`", func(ctx context.Context, open func() *dynamo.DB) error {
			_, err := open().Conference().InvitationByCode(ctx, [32]byte{1})
			return err
		}},
		{"`RevokeInvitation`", func(ctx context.Context, open func() *dynamo.DB) error {
			return open().Conference().RevokeInvitation(ctx, "i", now)
		}},
		{"`POST /admissions`, admitted", func(ctx context.Context, open func() *dynamo.DB) error {
			db := open()
			_, name := db.Conference().ConferenceByName(ctx, "Old")
			_, who := db.Identity().Identity(ctx, [32]byte{1})
			return errors.Join(peeks(ctx, db), name, peeks(ctx, db), who)
		}},
		{"`POST /admissions`, refused", func(ctx context.Context, open func() *dynamo.DB) error {
			db := open()
			if _, err := db.Conference().ConferenceByName(ctx, "Unknown"); !errors.Is(err, conference.ErrNotFound) {
				return fmt.Errorf("got %w", err)
			}
			err := peeks(ctx, db)
			for _, key := range []string{"a:192.0.2.2", "p:192.0.2.2:y", "c:y"} {
				_, spent := db.Conference().Limiter().Spend(ctx, key, 8, 15*time.Second)
				err = errors.Join(err, spent)
			}
			return err
		}},
		{"`PUT /identity`", func(ctx context.Context, open func() *dynamo.DB) error {
			db := open()
			_, err := db.Identity().Limiter().Spend(ctx, "192.0.2.1", 2000, 2*time.Second)
			return errors.Join(err, db.Identity().SaveIdentity(ctx, [32]byte{2}, ada, now.Add(time.Hour)))
		}},
		{"`POST /join-tokens`", func(ctx context.Context, open func() *dynamo.DB) error { return token(ctx, open()) }},
		{"`POST /join-tokens`, ten in one process within a second", func(ctx context.Context, open func() *dynamo.DB) (err error) {
			c, i := open().Conference(), open().Identity()
			for range 10 {
				_, who := i.Identity(ctx, [32]byte{1})
				_, which := c.RecentConference(ctx, "old")
				err = errors.Join(err, who, which)
			}
			return err
		}},
		{"`POST /control-tokens`", func(ctx context.Context, open func() *dynamo.DB) error {
			db := open()
			_, spent := db.Conference().Limiter().Spend(ctx, "k:p-6Jp5", 20, 10*time.Second)
			return errors.Join(token(ctx, db), spent)
		}},
		{"the control plane's own keys, once a minute in each process", func(ctx context.Context, open func() *dynamo.DB) error {
			_, a := open().Secrets().Secrets(ctx, "signing")
			_, b := open().Secrets().Secrets(ctx, "sealing")
			return errors.Join(a, b)
		}},
	}
}

func TestCapacity(t *testing.T) {
	e := dynamotest.Start(t)
	clock := storetest.NewClock()
	m, open, plain := metered(t, e, clock.Now)
	now := clock.Now()
	old, past := typical("old", "Old", now), typical("past", "Past", now)
	soon := now.Add(time.Minute)
	past.EndsAt = &soon
	err := errors.Join(
		plain.Conference().CreateConference(t.Context(), old),
		plain.Conference().CreateConference(t.Context(), past),
		plain.Identity().SaveIdentity(t.Context(), [32]byte{1}, identity.Identity{Name: "Ada Lovelace", Email: "ada@example.org"}, now.Add(time.Hour)),
		plain.Staff().CreateKey(t.Context(), staff.Key{ID: "a", Hash: [32]byte{1}}),
		plain.Secrets().CreateSecret(t.Context(), conference.Secret{Kind: "signing", ID: "a", Value: make([]byte, 32)}, ""),
		plain.Secrets().CreateSecret(t.Context(), conference.Secret{Kind: "sealing", ID: "a", Value: make([]byte, 32)}, ""),
	)
	for i := range 100 {
		err = errors.Join(err, plain.Conference().CreateConference(t.Context(), typical(fmt.Sprint("c", i), fmt.Sprint("Team ", i), now.Add(time.Duration(i)*time.Second))))
	}
	if err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Minute)
	measured := m.table(t, "capacity", uses(now), open)
	documented(t, "price", prices(measured))
}

// table measures, and compares what came out with the documented table.
func (m *meter) table(t *testing.T, mark string, uses []use, open func() *dynamo.DB) map[string]meter {
	t.Helper()
	measured := map[string]meter{}
	var table strings.Builder
	table.WriteString("| what | calls | read units | write units |\n|---|---|---|---|\n")
	for _, u := range uses {
		m.reset()
		if err := u.run(t.Context(), open); err != nil {
			t.Fatalf("%s: %v", u.name, err)
		}
		fmt.Fprintf(&table, "| %s | %v |\n", u.name, m)
		measured[u.name] = meter{reads: m.reads, writes: m.writes}
	}
	documented(t, mark, table.String())
	return measured
}

// prices is what DynamoDB asks on demand in us-east-1, in dollars for a million units.
func prices(measured map[string]meter) string {
	price := func(names ...string) float64 {
		sum := 0.0
		for _, name := range names {
			sum += dollars(measured, name)
		}
		return sum
	}
	const admitted, token, identity = "`POST /admissions`, admitted", "`POST /join-tokens`", "`PUT /identity`"
	return fmt.Sprintf("| a thousand | dollars |\n|---|---|\n"+
		"| joins of guests who are remembered | %.4f |\n| joins of guests who say who they are | %.4f |\n| refused attempts | %.4f |\n| conferences, from creation to end | %.4f |\n",
		price(admitted, token, token), price(admitted, identity, token, token), price("`POST /admissions`, refused"),
		price("an organizer's key is checked", "`CreateConference`, a new name", "an organizer's key is checked", "`Conference`", "`UpdateConference`, to ended"))
}

// dollars is for a thousand of one thing.
func dollars(measured map[string]meter, name string) float64 {
	const read, write = 0.125, 0.625
	m, ok := measured[name]
	if !ok {
		panic("nobody measured " + name)
	}
	return (m.reads*read + m.writes*write) / 1000
}

// documented compares a part of docs/data-model.md.
func documented(t *testing.T, mark, want string) {
	t.Helper()
	doc, err := os.ReadFile("../../../docs/data-model.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(doc), "<!-- "+mark+" -->\n")
	have, _, closed := strings.Cut(rest, "<!-- end of "+mark+" -->")
	if !found || !closed || have != want {
		t.Errorf("docs/data-model.md has another table of %s; it should be:\n%s", mark, want)
	}
}
