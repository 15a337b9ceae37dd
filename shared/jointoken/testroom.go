package jointoken

import "strings"

// testPrefix begins the id of a test room, and of no conference: an issuer makes those of letters and digits.
const testPrefix = "test-"

// TestRoom is the conference of a join token with which somebody tests their own way to a relay. A relay knows it by the
// id, which is signed like all of the token: such a room is for one participant and some minutes, and is no conference.
func TestRoom(session string) string { return testPrefix + session }

// TestSession is whose test room a conference is; false for a conference.
func TestSession(conference string) (session string, ok bool) {
	return strings.CutPrefix(conference, testPrefix)
}
