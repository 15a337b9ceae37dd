package dynamo_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/store/dynamo"
	"github.com/coopnet/coopnet/functions/store/dynamo/dynamotest"
	"github.com/coopnet/coopnet/functions/store/storetest"
	"github.com/coopnet/coopnet/functions/webhook"
)

func TestWebhook(t *testing.T) {
	e := dynamotest.Start(t)
	storetest.TestWebhook(t, func(t *testing.T, now func() time.Time) webhook.Store { return open(t, e, now).Webhook() })
}

// Events that come at once to one receiver are found in the order in which they are due, and counted, from shards.
func TestOutboxOfABusyReceiver(t *testing.T) {
	e := dynamotest.Start(t)
	clock := storetest.NewClock()
	s := dynamo.Patient(openAt(t, e, e.URL, e.Tables(t), clock.Now)).Webhook()
	const events = 400
	var wg sync.WaitGroup
	for i := range events {
		wg.Go(func() {
			d := delivery(fmt.Sprintf("d%03d", (i*7)%events), clock.Now())
			d.NextAt = clock.Now().Add(time.Duration(i) * time.Millisecond)
			if err := s.CreateDelivery(t.Context(), d); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	clock.Advance(299 * time.Millisecond)
	if n, err := s.Waiting(t.Context(), "w"); err != nil || n != events {
		t.Errorf("%d wait, %v", n, err)
	}
	taken := 0
	for {
		due, err := s.Due(t.Context(), "w", 50)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range due {
			if want := fmt.Sprintf("d%03d", (taken*7)%events); d.ID != want {
				t.Fatalf("number %d is %s, and should be %s", taken, d.ID, want)
			}
			taken++
			d.State = webhook.Delivered
			if err := s.UpdateDelivery(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
		if len(due) == 0 {
			break
		}
	}
	if n, err := s.Waiting(t.Context(), "w"); err != nil || taken != 300 || n != 100 {
		t.Errorf("%d were taken and %d wait, %v", taken, n, err)
	}
}
