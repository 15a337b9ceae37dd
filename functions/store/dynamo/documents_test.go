package dynamo_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/documents"
	"github.com/coopnet/coopnet/functions/store/dynamo/dynamotest"
	"github.com/coopnet/coopnet/functions/store/storetest"
)

func TestDocuments(t *testing.T) {
	e := dynamotest.Start(t)
	storetest.TestDocuments(t, func(t *testing.T, now func() time.Time) documents.Store { return open(t, e, now).Documents() })
}

// Many documents of one conference and person are found, though they share the place in the index.
func TestManyDocumentsOfAPerson(t *testing.T) {
	e := dynamotest.Start(t)
	clock := storetest.NewClock()
	s := open(t, e, clock.Now).Documents()
	for i := range 60 {
		if err := s.CreateDocument(t.Context(), storetest.NewDocument(fmt.Sprintf("D%02d", i), clock.Now())); err != nil {
			t.Fatal(err)
		}
	}
	for limit, want := range map[int]int{7: 7, 60: 60, 100: 60} {
		if list, err := s.DocumentsBy(t.Context(), "person-1", limit); err != nil || len(list) != want {
			t.Errorf("at most %d: %d, %v", limit, len(list), err)
		}
		if list, err := s.DueDocuments(t.Context(), clock.Now().Add(time.Hour), limit); err != nil || len(list) != want {
			t.Errorf("due, at most %d: %d, %v", limit, len(list), err)
		}
	}
}
