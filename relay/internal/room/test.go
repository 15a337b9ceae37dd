package room

import (
	"time"

	"github.com/coopnet/coopnet/shared/jointoken"
)

// A test room is for one person who tests their way to this relay. It is no conference: nobody is told of who comes and
// goes, it is not among the Conferences, and it ends by itself. That it is one says its id, which the join token has
// signed.
const (
	testLife = 5 * time.Minute
	// maxTests bounds the test rooms of a relay: anybody may open one.
	maxTests = 100
)

func isTest(conference string) bool {
	_, test := jointoken.TestSession(conference)
	return test
}

// limitOf is how many a room may have when a token says limit.
func limitOf(conference string, limit int) int {
	if isTest(conference) {
		return 1
	}
	return limit
}

// expireTest ends a test room after its time. room.mu need not be held: nobody has the room yet.
func (r *room) expireTest() {
	r.rooms.timers.Add(1)
	r.ending = time.AfterFunc(testLife, func() {
		defer r.rooms.timers.Done()
		r.rooms.End(r.conference)
	})
}

// stopTest is called when the room is over, under room.mu.
func (r *room) stopTest() {
	if r.ending != nil && r.ending.Stop() {
		r.rooms.timers.Done()
	}
	r.ending = nil
}
