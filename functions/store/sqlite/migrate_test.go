package sqlite

import (
	"crypto/sha256"
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/store/storetest"
)

// TestInvitationsOfTheFirstSchema: what the first version has stored is listed by a later one.
func TestInvitationsOfTheFirstSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "coopnet.db")
	old, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		t.Fatal(err)
	}
	steps := migrations()
	if done, err := migrateOne(t.Context(), old, steps[:1]); done || err != nil {
		t.Fatal(done, err)
	}
	clock := storetest.NewClock()
	hash := sha256.Sum256([]byte("code"))
	expires := clock.Now().Add(time.Hour)
	body := `{"id":"i1","conference":"c1","kind":"internal","createdAt":"2026-03-02T08:59:58.123Z","expiresAt":"` + expires.Format(time.RFC3339) + `"}`
	if _, err := old.Exec("INSERT INTO invitation (id, code_hash, expires_at, body) VALUES ('i1',?,?,?)", hash[:], expires.UnixMilli(), body); err != nil {
		t.Fatal(err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	db := openAt(t, path, clock.Now)
	var created int64
	if err := db.read.QueryRow("SELECT created_at FROM invitation").Scan(&created); err != nil || created != time.Date(2026, 3, 2, 8, 59, 58, 123e6, time.UTC).UnixMilli() {
		t.Errorf("made at %d, %v", created, err)
	}
	page, err := db.Conference().Invitations(t.Context(), conference.InvitationQuery{Conference: "c1", Kind: "internal", Limit: 5})
	if err != nil || len(page.Invitations) != 1 || page.Invitations[0].ID != "i1" {
		t.Errorf("got %v, %v", page, err)
	}
}
