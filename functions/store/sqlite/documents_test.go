package sqlite

import (
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/documents"
	"github.com/coopnet/coopnet/functions/store/storetest"
)

func TestDocuments(t *testing.T) {
	storetest.TestDocuments(t, func(t *testing.T, now func() time.Time) documents.Store { return openNew(t, now).Documents() })
}

// The rows of documents name their files, so only the domain forgets them.
func TestPurgeLeavesDocuments(t *testing.T) {
	clock := storetest.NewClock()
	db := openNew(t, clock.Now)
	if err := db.Documents().CreateDocument(t.Context(), storetest.NewDocument("A", clock.Now())); err != nil {
		t.Fatal(err)
	}
	clock.Advance(1000 * time.Hour)
	if n, err := db.Purge(t.Context()); n != 0 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
}
