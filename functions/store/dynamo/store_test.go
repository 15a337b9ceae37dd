package dynamo_test

import (
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/identity"
	"github.com/coopnet/coopnet/functions/staff"
	"github.com/coopnet/coopnet/functions/store/dynamo"
	"github.com/coopnet/coopnet/functions/store/dynamo/dynamotest"
	"github.com/coopnet/coopnet/functions/store/storetest"
	"github.com/coopnet/coopnet/shared/idempotency"
)

func open(t *testing.T, e *dynamotest.Endpoint, now func() time.Time) *dynamo.DB {
	t.Helper()
	return dynamo.Patient(openAt(t, e, e.URL, e.Tables(t), now))
}

func openAt(t *testing.T, e *dynamotest.Endpoint, url string, tables dynamo.Tables, now func() time.Time) *dynamo.DB {
	t.Helper()
	db, err := dynamo.New(dynamo.Config{Client: e.Client(url), Tables: tables, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func TestConference(t *testing.T) {
	e := dynamotest.Start(t)
	storetest.TestConference(t, func(t *testing.T, now func() time.Time) conference.Store { return open(t, e, now).Conference() })
}

func TestLobby(t *testing.T) {
	e := dynamotest.Start(t)
	storetest.TestLobby(t, func(t *testing.T, now func() time.Time) conference.LobbyStore { return open(t, e, now).Conference() })
}

func TestLaunches(t *testing.T) {
	e := dynamotest.Start(t)
	storetest.TestLaunches(t, func(t *testing.T, now func() time.Time) conference.Launches { return open(t, e, now).Conference() })
}

func TestErasure(t *testing.T) {
	e := dynamotest.Start(t)
	storetest.TestErasure(t, func(t *testing.T, now func() time.Time) (identity.Store, identity.People, conference.Store, conference.People) {
		db := open(t, e, now)
		return db.Identity(), db.Identity(), db.Conference(), db.Conference()
	})
}

func TestIdempotency(t *testing.T) {
	e := dynamotest.Start(t)
	storetest.TestIdempotency(t, func(t *testing.T, now func() time.Time) idempotency.Store { return open(t, e, now).Idempotency() })
}

func TestSecrets(t *testing.T) {
	e := dynamotest.Start(t)
	storetest.TestSecrets(t, func(t *testing.T, now func() time.Time) conference.Secrets { return open(t, e, now).Secrets() })
}

func TestIdentity(t *testing.T) {
	e := dynamotest.Start(t)
	storetest.TestIdentity(t, func(t *testing.T, now func() time.Time) identity.Store { return open(t, e, now).Identity() })
}

func TestStaff(t *testing.T) {
	e := dynamotest.Start(t)
	storetest.TestStaff(t, func(t *testing.T, now func() time.Time) staff.Store { return open(t, e, now).Staff() })
}

func TestLimiter(t *testing.T) {
	e := dynamotest.Start(t)
	storetest.TestLimiter(t, func(t *testing.T, now func() time.Time) conference.Limiter {
		return open(t, e, now).Conference().Limiter()
	})
}
