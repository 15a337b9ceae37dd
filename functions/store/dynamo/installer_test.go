package dynamo_test

import (
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/installer"
	"github.com/coopnet/coopnet/functions/store/dynamo"
	"github.com/coopnet/coopnet/functions/store/dynamo/dynamotest"
	"github.com/coopnet/coopnet/functions/store/storetest"
)

func TestInstaller(t *testing.T) {
	e := dynamotest.Start(t)
	storetest.TestInstaller(t, func(t *testing.T, now func() time.Time) installer.Store { return open(t, e, now).Installer() })
}

// However many start the software, a process reads the releases once a second. What another process has published is
// seen then.
func TestReleasesAreRemembered(t *testing.T) {
	e := dynamotest.Start(t)
	clock := storetest.NewClock()
	tables := e.Tables(t)
	f := newFront(t, e)
	publisher := dynamo.Patient(openAt(t, e, e.URL, tables, clock.Now)).Installer()
	reader := dynamo.Patient(openAt(t, e, f.URL, tables, clock.Now)).Installer()
	if err := publisher.CreateRelease(t.Context(), storetest.NewRelease("linux-amd64", "1.0.0", clock.Now())); err != nil {
		t.Fatal(err)
	}
	reads := 0
	f.set(func(string, []byte) fault { reads++; return none })
	count := func() int {
		t.Helper()
		releases, err := reader.Releases(t.Context(), "linux-amd64")
		if err != nil {
			t.Fatal(err)
		}
		if len(releases) > 0 {
			releases[0].Rollout = -1 // everybody has a copy
		}
		return len(releases)
	}
	for range 1000 {
		count()
	}
	if reads != 1 {
		t.Errorf("%d reads for a thousand who ask", reads)
	}
	if err := publisher.CreateRelease(t.Context(), storetest.NewRelease("linux-amd64", "1.1.0", clock.Now())); err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Second)
	if n := count(); n != 2 {
		t.Errorf("a second later: %d", n)
	}
	if releases, err := reader.Releases(t.Context(), "linux-amd64"); err != nil || releases[0].Rollout != 50 {
		t.Errorf("what was handed out has changed what is remembered: %v", err)
	}
}
