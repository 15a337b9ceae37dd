package sqlite

import (
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/store/storetest"
)

func TestLaunches(t *testing.T) {
	storetest.TestLaunches(t, func(t *testing.T, now func() time.Time) conference.Launches { return openNew(t, now).Conference() })
}
