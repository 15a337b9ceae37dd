package conference_test

import (
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/store/storetest"
)

func TestLimiter(t *testing.T) {
	storetest.TestLimiter(t, func(_ *testing.T, now func() time.Time) conference.Limiter { return conference.NewLimiter(now) })
}
