package dynamo_test

import (
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/diagnostics"
	"github.com/coopnet/coopnet/functions/store/dynamo/dynamotest"
	"github.com/coopnet/coopnet/functions/store/storetest"
)

func TestDiagnostics(t *testing.T) {
	e := dynamotest.Start(t)
	storetest.TestDiagnostics(t, func(t *testing.T, now func() time.Time) (diagnostics.Store, diagnostics.AuditStore) {
		s := open(t, e, now).Diagnostics()
		return s, s
	})
}
