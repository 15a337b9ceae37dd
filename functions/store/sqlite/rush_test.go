package sqlite

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/identity"
	"github.com/coopnet/coopnet/functions/store/storetest"
)

// TestARushOfWrites: a thousand writes at once are all done in time, though some among them fail.
func TestARushOfWrites(t *testing.T) {
	clock := storetest.NewClock()
	db := openNew(t, clock.Now)
	var writing sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for i := range 1000 {
		writing.Go(func() {
			if i%100 == 0 { // ten want the same name
				err := db.Conference().CreateConference(t.Context(), storetest.NewConference(fmt.Sprint(i), "Team", clock.Now()))
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won++
				} else if !errors.Is(err, conference.ErrNameTaken) {
					t.Error(err)
				}
				return
			}
			hash := [32]byte{byte(i), byte(i >> 8)}
			if err := db.Identity().SaveIdentity(t.Context(), hash, identity.Identity{Name: "Ada"}, clock.Now().Add(time.Hour)); err != nil {
				t.Error(err)
			}
		})
	}
	writing.Wait()
	if won != 1 {
		t.Errorf("%d conferences of one name", won)
	}
	for i := range 1000 {
		if _, err := db.Identity().Identity(t.Context(), [32]byte{byte(i), byte(i >> 8)}); i%100 != 0 && err != nil {
			t.Errorf("person %d: %v", i, err)
		}
	}
}
