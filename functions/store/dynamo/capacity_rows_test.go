package dynamo_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/diagnostics"
	"github.com/coopnet/coopnet/functions/installer"
	"github.com/coopnet/coopnet/functions/relays"
	"github.com/coopnet/coopnet/functions/store/dynamo"
	"github.com/coopnet/coopnet/functions/store/dynamo/dynamotest"
	"github.com/coopnet/coopnet/functions/store/storetest"
	"github.com/coopnet/coopnet/functions/webhook"
)

// announced is a relay as the fleet has them.
func announced(id string, now time.Time) *relays.Relay {
	return &relays.Relay{ID: id, Instance: "abcdefghijklmnopqrstuvwxyz", Region: "eu-west-1", Capacity: 1000, Load: 300, HeardAt: now, Since: now, StartedAt: now,
		ExpiresAt: now.Add(time.Hour), Addresses: relays.Addresses{WHIP: "https://" + id + ".relay.example/whip", WHEP: "https://" + id + ".relay.example/whep",
			Control: "wss://" + id + ".relay.example/control", TURN: []string{"turns:" + id + ".relay.example:443?transport=tcp"}}}
}

func event(id string, now time.Time) *webhook.Delivery {
	d := delivery(id, now)
	d.Event, d.Body = "participant.joined/abcdefghijklmnopqrstuvwxyz/1234", json.RawMessage(`{"data":"`+strings.Repeat("x", 300)+`"}`)
	return d
}

func relayUses(now time.Time) []use {
	return []use{
		{"a relay announces itself: `Relay`, `SaveRelay`, `Commands`", func(ctx context.Context, open func() *dynamo.DB) error {
			s := open().Relays()
			r, err := s.Relay(ctx, "r0")
			if err != nil {
				return err
			}
			_, told := s.Commands(ctx, "r0", 50)
			return errors.Join(s.SaveRelay(ctx, r), told)
		}},
		{"and for each of its conferences: `Home`", func(ctx context.Context, open func() *dynamo.DB) error {
			_, err := open().Relays().Home(ctx, "c")
			return err
		}},
		{"`Relays`, ten, once a second in each process", func(ctx context.Context, open func() *dynamo.DB) error {
			list, err := open().Relays().Relays(ctx)
			if err == nil && len(list) != 10 {
				return fmt.Errorf("%d relays", len(list))
			}
			return err
		}},
		{"a conference gets its home: `Home`, `SaveHome`", func(ctx context.Context, open func() *dynamo.DB) error {
			s := open().Relays()
			if _, err := s.Home(ctx, "new"); !errors.Is(err, relays.ErrNotFound) {
				return fmt.Errorf("got %w", err)
			}
			return s.SaveHome(ctx, &relays.Home{Conference: "new", Relay: "r0", ExpiresAt: now.Add(time.Hour)})
		}},
		{"a join token: `Home`, `Removal`", func(ctx context.Context, open func() *dynamo.DB) error {
			s := open().Relays()
			_, at := s.Home(ctx, "c")
			if _, err := s.Removal(ctx, "c", "p"); !errors.Is(err, relays.ErrNotFound) {
				return fmt.Errorf("got %w", err)
			}
			return at
		}},
		{"somebody joins: `Attendee`, `SaveAttendee`", func(ctx context.Context, open func() *dynamo.DB) error {
			s := open().Relays()
			if _, err := s.Attendee(ctx, "c", "new"); !errors.Is(err, relays.ErrNotFound) {
				return fmt.Errorf("got %w", err)
			}
			return s.SaveAttendee(ctx, attendee("c", "new", "ada", now.Add(time.Hour)))
		}},
		{"somebody leaves: `Attendee`, `SaveAttendee`", func(ctx context.Context, open func() *dynamo.DB) error {
			s := open().Relays()
			a, err := s.Attendee(ctx, "c", "new")
			if err != nil {
				return err
			}
			a.LeftAt = now
			return s.SaveAttendee(ctx, a)
		}},
		{"`Attendees`, a page of 50", func(ctx context.Context, open func() *dynamo.DB) error {
			page, err := open().Relays().Attendees(ctx, "c", "", 50)
			if err == nil && len(page.Attendees) != 50 {
				return fmt.Errorf("%d on the page", len(page.Attendees))
			}
			return err
		}},
		{"somebody is removed: `CreateRemoval`, `CreateCommand`, `DeleteCommand`", func(ctx context.Context, open func() *dynamo.DB) error {
			s := open().Relays()
			return errors.Join(s.CreateRemoval(ctx, relays.Removal{Conference: "c", Participant: "new", ExpiresAt: now.Add(time.Hour)}),
				s.CreateCommand(ctx, relays.Command{Relay: "r0", ID: "1", ExpiresAt: now.Add(time.Hour)}), s.DeleteCommand(ctx, "r0", "1"))
		}},
		{"`EraseAttendees`, one that is found", func(ctx context.Context, open func() *dynamo.DB) error {
			n, err := open().Relays().EraseAttendees(ctx, "ada")
			if err == nil && n != 1 {
				return fmt.Errorf("%d erased", n)
			}
			return err
		}},
	}
}

func reportUses(now time.Time) []use {
	r := storetest.NewReport("NEW", now)
	r.Status = diagnostics.StatusPending
	return []use{
		{"a report is begun: the limit, `CreateReport`", func(ctx context.Context, open func() *dynamo.DB) error {
			s := open().Diagnostics()
			_, err := s.Limiter().Spend(ctx, "d:192.0.2.1", 20, 5*time.Minute)
			return errors.Join(err, s.CreateReport(ctx, r))
		}},
		{"and completed: `Report`, `UpdateReport`", func(ctx context.Context, open func() *dynamo.DB) error {
			s := open().Diagnostics()
			got, err := s.Report(ctx, "NEW")
			if err != nil {
				return err
			}
			got.Status, got.ExpiresAt = diagnostics.StatusNew, now.Add(30*24*time.Hour)
			return s.UpdateReport(ctx, got)
		}},
		{"`Reports`, a page of 50", func(ctx context.Context, open func() *dynamo.DB) error {
			page, err := open().Diagnostics().Reports(ctx, diagnostics.Query{Limit: 50})
			if err == nil && len(page.Reports) != 50 {
				return fmt.Errorf("%d on the page", len(page.Reports))
			}
			return err
		}},
		{"support pulls one: `Report`, `AddEntry`", func(ctx context.Context, open func() *dynamo.DB) error {
			s := open().Diagnostics()
			_, err := s.Report(ctx, "NEW")
			e := diagnostics.Entry{ID: "e", At: now, Actor: "k", Action: diagnostics.ActionPull, Code: "NEW", RequestID: "r", ExpiresAt: now.Add(time.Hour)}
			return errors.Join(err, s.AddEntry(ctx, e))
		}},
		{"and changes its state: `Report`, `AddEntry`, `UpdateReport`", func(ctx context.Context, open func() *dynamo.DB) error {
			s := open().Diagnostics()
			got, err := s.Report(ctx, "NEW")
			if err != nil {
				return err
			}
			got.Status = diagnostics.StatusSeen
			e := diagnostics.Entry{ID: "f", At: now, Actor: "k", Action: diagnostics.ActionChange, Code: "NEW", RequestID: "r", ExpiresAt: now.Add(time.Hour)}
			return errors.Join(s.AddEntry(ctx, e), s.UpdateReport(ctx, got))
		}},
		{"`Entries`, a page of 50 of all", func(ctx context.Context, open func() *dynamo.DB) error {
			page, err := open().Diagnostics().Entries(ctx, diagnostics.AuditQuery{Limit: 50})
			if err == nil && len(page.Entries) != 50 {
				return fmt.Errorf("%d on the page", len(page.Entries))
			}
			return err
		}},
		{"`Entries`, of one report", func(ctx context.Context, open func() *dynamo.DB) error {
			page, err := open().Diagnostics().Entries(ctx, diagnostics.AuditQuery{Limit: 50, Code: "NEW"})
			if err == nil && len(page.Entries) != 2 {
				return fmt.Errorf("%d on the page", len(page.Entries))
			}
			return err
		}},
		{"`ReportsOf`, one", func(ctx context.Context, open func() *dynamo.DB) error {
			list, err := open().Diagnostics().ReportsOf(ctx, "bob@example.org", 100)
			if err == nil && len(list) != 1 {
				return fmt.Errorf("%d of his", len(list))
			}
			return err
		}},
		{"a round of cleaning that finds nothing: `ExpiredReports`", func(ctx context.Context, open func() *dynamo.DB) error {
			_, err := open().Diagnostics().ExpiredReports(ctx, now.Add(-time.Hour), 100)
			return err
		}},
		{"`DeleteReport`", func(ctx context.Context, open func() *dynamo.DB) error {
			return open().Diagnostics().DeleteReport(ctx, "NEW")
		}},
	}
}

func otherUses(now time.Time) []use {
	return []use{
		{"`Releases` of a platform, twenty with notes, once a second in each process", func(ctx context.Context, open func() *dynamo.DB) error {
			list, err := open().Installer().Releases(ctx, "linux-amd64")
			if err == nil && len(list) != 20 {
				return fmt.Errorf("%d releases", len(list))
			}
			return err
		}},
		{"`Release`", func(ctx context.Context, open func() *dynamo.DB) error {
			_, err := open().Installer().Release(ctx, "linux-amd64", "1.0.0")
			return err
		}},
		{"`UpdateRelease`", func(ctx context.Context, open func() *dynamo.DB) error {
			return open().Installer().UpdateRelease(ctx, described("1.0.0", now))
		}},
		{"`Subscriptions`, five, every five seconds in each process", func(ctx context.Context, open func() *dynamo.DB) error {
			list, err := open().Webhook().Subscriptions(ctx)
			if err == nil && len(list) != 5 {
				return fmt.Errorf("%d subscriptions", len(list))
			}
			return err
		}},
		{"an event for one receiver: `CreateDelivery`", func(ctx context.Context, open func() *dynamo.DB) error {
			return open().Webhook().CreateDelivery(ctx, event("new", now))
		}},
		{"and its delivery: `UpdateDelivery` twice", func(ctx context.Context, open func() *dynamo.DB) error {
			s, d := open().Webhook(), event("new", now)
			d.NextAt = now.Add(time.Minute)
			taken := s.UpdateDelivery(ctx, d)
			d.State = webhook.Delivered
			return errors.Join(taken, s.UpdateDelivery(ctx, d))
		}},
		{"`Due`, nothing", func(ctx context.Context, open func() *dynamo.DB) error {
			_, err := open().Webhook().Due(ctx, "v", 50)
			return err
		}},
		{"`Due`, 50 of 100", func(ctx context.Context, open func() *dynamo.DB) error {
			list, err := open().Webhook().Due(ctx, "w", 50)
			if err == nil && len(list) != 50 {
				return fmt.Errorf("%d are due", len(list))
			}
			return err
		}},
		{"`Waiting`, 100, every ten seconds in each process", func(ctx context.Context, open func() *dynamo.DB) error {
			_, err := open().Webhook().Waiting(ctx, "w")
			return err
		}},
	}
}

func described(version string, now time.Time) *installer.Release {
	r := storetest.NewRelease("linux-amd64", version, now)
	r.Notes.EN, r.Notes.FR = strings.Repeat("What is new. ", 20), strings.Repeat("Les nouveautés. ", 20)
	return r
}

func TestCapacityOfRows(t *testing.T) {
	e := dynamotest.Start(t)
	clock := storetest.NewClock()
	m, open, plain := metered(t, e, clock.Now)
	now := clock.Now()
	err := plain.Relays().SaveHome(t.Context(), &relays.Home{Conference: "c", Relay: "r0", ExpiresAt: now.Add(time.Hour)})
	for i := range 10 {
		err = errors.Join(err, plain.Relays().SaveRelay(t.Context(), announced(fmt.Sprint("r", i), now)))
	}
	for i := range 20 {
		err = errors.Join(err, plain.Installer().CreateRelease(t.Context(), described(fmt.Sprintf("1.%d.0", i), now)))
	}
	for i := range 5 {
		w := &webhook.Subscription{ID: fmt.Sprint("abcdefghijklmnopqrstuvwxyz", i), URL: "https://hooks.example/coopnet", Events: webhook.Types(),
			Secret: "whsec_" + strings.Repeat("x", 44), CreatedBy: "k", CreatedAt: now}
		err = errors.Join(err, plain.Webhook().CreateSubscription(t.Context(), w))
	}
	for i := range 100 {
		r := storetest.NewReport(fmt.Sprint("R", i), now)
		r.ExpiresAt = now.Add(30 * 24 * time.Hour)
		if i == 0 {
			r.Email = "bob@example.org"
		}
		audited := diagnostics.Entry{ID: fmt.Sprint("a", i), At: now, Actor: "k", Action: diagnostics.ActionPull, Code: r.Code, ExpiresAt: now.Add(time.Hour)}
		err = errors.Join(err,
			plain.Relays().SaveAttendee(t.Context(), attendee("c", fmt.Sprint("p", i), "", now.Add(time.Hour))),
			plain.Diagnostics().CreateReport(t.Context(), r), plain.Diagnostics().AddEntry(t.Context(), audited),
			plain.Webhook().CreateDelivery(t.Context(), event(fmt.Sprint("d", i), now)))
	}
	if err != nil {
		t.Fatal(err)
	}
	measured := m.table(t, "capacity of relays", relayUses(now), open)
	maps.Copy(measured, m.table(t, "capacity of reports", reportUses(now), open))
	maps.Copy(measured, m.table(t, "capacity of releases and webhooks", otherUses(now), open))
	const token, joins, leaves = "a join token: `Home`, `Removal`", "somebody joins: `Attendee`, `SaveAttendee`", "somebody leaves: `Attendee`, `SaveAttendee`"
	price := func(names ...string) (sum float64) {
		for _, name := range names {
			sum += dollars(measured, name)
		}
		return sum
	}
	const event, delivered = "an event for one receiver: `CreateDelivery`", "and its delivery: `UpdateDelivery` twice"
	documented(t, "price of attendance", fmt.Sprintf("| a thousand | dollars |\n|---|---|\n"+
		"| participants who get two join tokens, come and go | %.4f |\n| of which a receiver is told | %.4f |\n| reports, until support has pulled them | %.4f |\n",
		price(token, token, joins, leaves), price(event, delivered, event, delivered),
		price("a report is begun: the limit, `CreateReport`", "and completed: `Report`, `UpdateReport`", "support pulls one: `Report`, `AddEntry`")))
}
