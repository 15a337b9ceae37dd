package dynamo_test

import (
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/store/dynamo/dynamotest"
	"github.com/coopnet/coopnet/functions/store/storetest"
	"github.com/coopnet/coopnet/functions/webhook"
)

func TestWebhook(t *testing.T) {
	e := dynamotest.Start(t)
	storetest.TestWebhook(t, func(t *testing.T, now func() time.Time) webhook.Store { return open(t, e, now).Webhook() })
}
