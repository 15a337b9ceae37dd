package dynamo_test

import (
	"context"
	"errors"
	"maps"
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

// allMethods is every method of every store.
func allMethods(db *dynamo.DB, now time.Time) map[string]method {
	all := methods(db, now)
	for _, more := range []map[string]method{relayMethods(db, now), reportMethods(db, now), releaseMethods(db, now), webhookMethods(db, now)} {
		maps.Copy(all, more)
	}
	return all
}

// prepareAll stores what the methods ask for.
func prepareAll(t *testing.T, db *dynamo.DB, now time.Time) {
	t.Helper()
	prepare(t, db, now)
	r, d := db.Relays(), db.Diagnostics()
	err := errors.Join(
		r.SaveRelay(t.Context(), &relays.Relay{ID: "a", ExpiresAt: now.Add(time.Hour)}),
		r.SaveHome(t.Context(), &relays.Home{Conference: "old", ExpiresAt: now.Add(time.Hour)}),
		r.SaveAttendee(t.Context(), attendee("old", "p", "ada", now.Add(time.Hour))),
		r.CreateRemoval(t.Context(), relays.Removal{Conference: "old", Participant: "p", ExpiresAt: now.Add(time.Hour)}),
		d.CreateReport(t.Context(), storetest.NewReport("A", now)),
		d.CreateReport(t.Context(), storetest.NewReport("B", now)),
		d.CreateSession(t.Context(), storetest.NewSession("a", now)),
		d.CreateSession(t.Context(), storetest.NewSession("b", now)),
		db.Installer().CreateRelease(t.Context(), storetest.NewRelease("linux-amd64", "1.0.0", now)),
		db.Installer().CreateRelease(t.Context(), storetest.NewRelease("linux-amd64", "1.1.0", now)),
		db.Webhook().CreateSubscription(t.Context(), &webhook.Subscription{ID: "w"}),
		db.Webhook().CreateDelivery(t.Context(), delivery("d", now)),
	)
	if err != nil {
		t.Fatal(err)
	}
}

func delivery(id string, now time.Time) *webhook.Delivery {
	return &webhook.Delivery{ID: id, Subscription: "w", State: webhook.Pending, CreatedAt: now, NextAt: now, ExpiresAt: now.Add(72 * time.Hour), Version: 1}
}

func relayMethods(db *dynamo.DB, now time.Time) map[string]method {
	s := db.Relays()
	later := now.Add(time.Hour)
	return map[string]method{
		"Relay":    func(ctx context.Context) error { _, err := s.Relay(ctx, "a"); return err },
		"Relays":   func(ctx context.Context) error { _, err := s.Relays(ctx); return err },
		"Home":     func(ctx context.Context) error { _, err := s.Home(ctx, "old"); return err },
		"Attendee": func(ctx context.Context) error { _, err := s.Attendee(ctx, "old", "p"); return err },
		"Removal":  func(ctx context.Context) error { _, err := s.Removal(ctx, "old", "p"); return err },
		"Commands": func(ctx context.Context) error { _, err := s.Commands(ctx, "a", 10); return err },
		"SaveRelay": func(ctx context.Context) error {
			return s.SaveRelay(ctx, &relays.Relay{ID: "b", ExpiresAt: later})
		},
		"SaveHome": func(ctx context.Context) error {
			return s.SaveHome(ctx, &relays.Home{Conference: "new", ExpiresAt: later})
		},
		"SaveAttendee":   func(ctx context.Context) error { return s.SaveAttendee(ctx, attendee("new", "p", "bob", later)) },
		"Attendees":      func(ctx context.Context) error { _, err := s.Attendees(ctx, "old", "", 10); return err },
		"EraseAttendees": func(ctx context.Context) error { _, err := s.EraseAttendees(ctx, "carol"); return err },
		"CreateRemoval": func(ctx context.Context) error {
			return s.CreateRemoval(ctx, relays.Removal{Conference: "new", Participant: "p", ExpiresAt: later})
		},
		"CreateCommand": func(ctx context.Context) error {
			return s.CreateCommand(ctx, relays.Command{Relay: "b", ID: "1", ExpiresAt: later})
		},
		"DeleteCommand": func(ctx context.Context) error { return s.DeleteCommand(ctx, "a", "1") },
	}
}

func reportMethods(db *dynamo.DB, now time.Time) map[string]method {
	s := db.Diagnostics()
	return map[string]method{
		"CreateReport": func(ctx context.Context) error { return s.CreateReport(ctx, storetest.NewReport("C", now)) },
		"Report":       func(ctx context.Context) error { _, err := s.Report(ctx, "A"); return err },
		"UpdateReport": func(ctx context.Context) error { return s.UpdateReport(ctx, storetest.NewReport("A", now)) },
		"DeleteReport": func(ctx context.Context) error { return s.DeleteReport(ctx, "B") },
		"Reports": func(ctx context.Context) error {
			_, err := s.Reports(ctx, diagnostics.Query{Limit: 10})
			return err
		},
		"ReportsOf":      func(ctx context.Context) error { _, err := s.ReportsOf(ctx, "ada@example.org", 10); return err },
		"ExpiredReports": func(ctx context.Context) error { _, err := s.ExpiredReports(ctx, now, 10); return err },
		"AddEntry": func(ctx context.Context) error {
			return s.AddEntry(ctx, diagnostics.Entry{ID: "e", At: now, Code: "A", ExpiresAt: now.Add(time.Hour)})
		},
		"Entries": func(ctx context.Context) error {
			_, err := s.Entries(ctx, diagnostics.AuditQuery{Limit: 10})
			return err
		},
		"CreateSession": func(ctx context.Context) error { return s.CreateSession(ctx, storetest.NewSession("c", now)) },
		"Session":       func(ctx context.Context) error { _, err := s.Session(ctx, "a"); return err },
		"UpdateSession": func(ctx context.Context) error { return s.UpdateSession(ctx, storetest.NewSession("a", now)) },
		"DeleteSession": func(ctx context.Context) error { return s.DeleteSession(ctx, "b") },
		"Spend of reports": func(ctx context.Context) error {
			_, err := s.Limiter().Spend(ctx, "k", 3, time.Second)
			return err
		},
	}
}

func releaseMethods(db *dynamo.DB, now time.Time) map[string]method {
	s := db.Installer()
	return map[string]method{
		"CreateRelease": func(ctx context.Context) error {
			return s.CreateRelease(ctx, storetest.NewRelease("linux-amd64", "2.0.0", now))
		},
		"Release": func(ctx context.Context) error { _, err := s.Release(ctx, "linux-amd64", "1.0.0"); return err },
		"UpdateRelease": func(ctx context.Context) error {
			return s.UpdateRelease(ctx, storetest.NewRelease("linux-amd64", "1.0.0", now))
		},
		"DeleteRelease": func(ctx context.Context) error { return s.DeleteRelease(ctx, "linux-amd64", "1.1.0") },
		"Releases":      func(ctx context.Context) error { _, err := s.Releases(ctx, "linux-arm64"); return err },
	}
}

func webhookMethods(db *dynamo.DB, now time.Time) map[string]method {
	s := db.Webhook()
	return map[string]method{
		"CreateSubscription": func(ctx context.Context) error { return s.CreateSubscription(ctx, &webhook.Subscription{ID: "v"}) },
		"Subscription":       func(ctx context.Context) error { _, err := s.Subscription(ctx, "w"); return err },
		"Subscriptions":      func(ctx context.Context) error { _, err := s.Subscriptions(ctx); return err },
		"DeleteSubscription": func(ctx context.Context) error { return s.DeleteSubscription(ctx, "x") },
		"CreateDelivery":     func(ctx context.Context) error { return s.CreateDelivery(ctx, delivery("e", now)) },
		"Due":                func(ctx context.Context) error { _, err := s.Due(ctx, "w", 10); return err },
		"Waiting":            func(ctx context.Context) error { _, err := s.Waiting(ctx, "w"); return err },
		"UpdateDelivery":     func(ctx context.Context) error { return s.UpdateDelivery(ctx, delivery("d", now)) },
	}
}

// The suites hold although the answer to every write is lost; see TestLostAnswers.
func TestLostAnswersOfRows(t *testing.T) {
	t.Parallel()
	e := dynamotest.Start(t)
	f := newFront(t, e)
	f.set(everyAnswer())
	at := func(t *testing.T, now func() time.Time) *dynamo.DB {
		return dynamo.Patient(openAt(t, e, f.URL, e.Tables(t), now))
	}
	t.Run("relays", func(t *testing.T) {
		storetest.TestRelays(t, func(t *testing.T, now func() time.Time) relays.Store { return at(t, now).Relays() })
	})
	t.Run("diagnostics", func(t *testing.T) {
		storetest.TestDiagnostics(t, func(t *testing.T, now func() time.Time) (diagnostics.Store, diagnostics.AuditStore) {
			s := at(t, now).Diagnostics()
			return s, s
		})
	})
	t.Run("sessions", func(t *testing.T) {
		storetest.TestSessions(t, func(t *testing.T, now func() time.Time) diagnostics.SessionStore { return at(t, now).Diagnostics() })
	})
	t.Run("installer", func(t *testing.T) {
		storetest.TestInstaller(t, func(t *testing.T, now func() time.Time) installer.Store { return at(t, now).Installer() })
	})
	t.Run("webhook", func(t *testing.T) {
		storetest.TestWebhook(t, func(t *testing.T, now func() time.Time) webhook.Store { return at(t, now).Webhook() })
	})
}
