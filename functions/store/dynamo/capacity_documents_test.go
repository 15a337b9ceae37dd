package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/diagnostics"
	"github.com/coopnet/coopnet/functions/documents"
	"github.com/coopnet/coopnet/functions/store/dynamo"
	"github.com/coopnet/coopnet/functions/store/dynamo/dynamotest"
	"github.com/coopnet/coopnet/functions/store/storetest"
)

func documentUses(now time.Time) []use {
	added := storetest.NewDocument("new", now)
	return []use{
		{"a document is begun where there are 49: the limit, `CreateDocument`, `Documents`", func(ctx context.Context, open func() *dynamo.DB) error {
			db := open()
			_, spent := db.Conference().Limiter().Spend(ctx, "da:p", 60, 10*time.Second)
			if err := errors.Join(spent, db.Documents().CreateDocument(ctx, added)); err != nil {
				return err
			}
			list, err := db.Documents().Documents(ctx, added.Conference)
			if err == nil && len(list) != 50 {
				return fmt.Errorf("%d documents", len(list))
			}
			return err
		}},
		{"and completed: `Document`, `UpdateDocument`", func(ctx context.Context, open func() *dynamo.DB) error {
			s := open().Documents()
			doc, err := s.Document(ctx, added.Conference, added.ID)
			if err != nil {
				return err
			}
			doc.Status, doc.DueAt = documents.StatusReady, now.Add(time.Hour)
			return s.UpdateDocument(ctx, doc)
		}},
		{"`Documents`, 50", func(ctx context.Context, open func() *dynamo.DB) error {
			_, err := open().Documents().Documents(ctx, added.Conference)
			return err
		}},
		{"a link to one: the limit, `Document`", func(ctx context.Context, open func() *dynamo.DB) error {
			db := open()
			_, spent := db.Conference().Limiter().Spend(ctx, "dl:p", 120, 2*time.Second)
			_, err := db.Documents().Document(ctx, added.Conference, added.ID)
			return errors.Join(spent, err)
		}},
		{"`DeleteDocument`", func(ctx context.Context, open func() *dynamo.DB) error {
			return open().Documents().DeleteDocument(ctx, added.Conference, added.ID)
		}},
		{"`DocumentsBy`, who has added none", func(ctx context.Context, open func() *dynamo.DB) error {
			_, err := open().Documents().DocumentsBy(ctx, "nobody", 100)
			return err
		}},
		{"a round of cleaning that finds nothing: `DueDocuments`", func(ctx context.Context, open func() *dynamo.DB) error {
			_, err := open().Documents().DueDocuments(ctx, now.Add(-time.Hour), 100)
			return err
		}},
	}
}

func sessionUses(now time.Time) []use {
	return []use{
		{"a test is begun: the limit, `CreateSession`", func(ctx context.Context, open func() *dynamo.DB) error {
			db := open()
			_, spent := db.Conference().Limiter().Spend(ctx, "ds:192.0.2.1", 60, 5*time.Second)
			return errors.Join(spent, db.Diagnostics().CreateSession(ctx, storetest.NewSession("new", now)))
		}},
		{"a token of it: `Session`, the limit, `Session`, `UpdateSession`", func(ctx context.Context, open func() *dynamo.DB) error {
			db := open()
			_, live := db.Diagnostics().Session(ctx, "new")
			_, spent := db.Conference().Limiter().Spend(ctx, "dt:new", 60, 15*time.Minute)
			s, err := db.Diagnostics().Session(ctx, "new")
			if err = errors.Join(live, spent, err); err != nil {
				return err
			}
			s.Requests = append(s.Requests, diagnostics.Request{At: now, RequestID: "13dc114e99395bf8a48dfe9a", Call: "POST /api/v1/diagnostics/sessions/{id}/tokens", Status: 200})
			return db.Diagnostics().UpdateSession(ctx, s)
		}},
	}
}

func TestCapacityOfDocuments(t *testing.T) {
	e := dynamotest.Start(t)
	clock := storetest.NewClock()
	m, open, plain := metered(t, e, clock.Now)
	var err error
	for i := range 49 {
		err = errors.Join(err, plain.Documents().CreateDocument(t.Context(), storetest.NewDocument(fmt.Sprint("d", i), clock.Now())))
	}
	if err != nil {
		t.Fatal(err)
	}
	m.table(t, "capacity of documents", documentUses(clock.Now()), open)
	m.table(t, "capacity of tests", sessionUses(clock.Now()), open)
}
