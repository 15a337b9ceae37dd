package sqlite

import (
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/identity"
	"github.com/coopnet/coopnet/functions/store/storetest"
)

func TestErasure(t *testing.T) {
	storetest.TestErasure(t, func(t *testing.T, now func() time.Time) (identity.Store, identity.People, conference.Store, conference.People) {
		db := openNew(t, now)
		return db.Identity(), db.Identity(), db.Conference(), db.Conference()
	})
}
