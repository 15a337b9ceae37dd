package dynamo_test

import (
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/relays"
	"github.com/coopnet/coopnet/functions/store/dynamo/dynamotest"
	"github.com/coopnet/coopnet/functions/store/storetest"
)

func TestRelays(t *testing.T) {
	e := dynamotest.Start(t)
	storetest.TestRelays(t, func(t *testing.T, now func() time.Time) relays.Store { return open(t, e, now).Relays() })
}
