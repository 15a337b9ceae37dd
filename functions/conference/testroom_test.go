package conference_test

import (
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/turncred"
)

// TestTestCredentials end soon after their session, and a relay tells them from those of conferences.
func TestTestCredentials(t *testing.T) {
	w := newWorld(t)
	servers := w.TestServers(conference.Relay{ID: "r", TURN: []string{"turn:r:3478"}}, "abc")
	if len(servers) != 1 {
		t.Fatalf("%+v", servers)
	}
	id, expires, err := turncred.Parse(servers[0].Username)
	session, test := jointoken.TestSession(id)
	if life := expires.Sub(w.clock.Now()); err != nil || !test || session != "abc" || life < 17*time.Minute || life > 30*time.Minute {
		t.Errorf("%s for %v: %v", id, life, err)
	}
}
