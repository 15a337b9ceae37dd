package sqlite

import (
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/diagnostics"
	"github.com/coopnet/coopnet/functions/store/storetest"
)

func TestDiagnostics(t *testing.T) {
	storetest.TestDiagnostics(t, func(t *testing.T, now func() time.Time) (diagnostics.Store, diagnostics.AuditStore) {
		s := openNew(t, now).Diagnostics()
		return s, s
	})
}

func TestSessions(t *testing.T) {
	storetest.TestSessions(t, func(t *testing.T, now func() time.Time) diagnostics.SessionStore {
		return openNew(t, now).Diagnostics()
	})
}

// The rows of reports name their files, so only the domain forgets them; the audit goes with everything else.
func TestPurgeLeavesReports(t *testing.T) {
	clock := storetest.NewClock()
	db := openNew(t, clock.Now)
	expires := clock.Now().Add(time.Hour)
	if err := db.Diagnostics().CreateReport(t.Context(), &diagnostics.Report{Code: "A", ExpiresAt: expires}); err != nil {
		t.Fatal(err)
	}
	if err := db.Diagnostics().AddEntry(t.Context(), diagnostics.Entry{ID: "a", ExpiresAt: expires}); err != nil {
		t.Fatal(err)
	}
	clock.Advance(2 * time.Hour)
	if n, err := db.Purge(t.Context()); n != 1 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	if expired, err := db.Diagnostics().ExpiredReports(t.Context(), clock.Now(), 10); len(expired) != 1 || err != nil {
		t.Errorf("%v, %v", expired, err)
	}
}
