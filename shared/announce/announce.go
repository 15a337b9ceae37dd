// Package announce is what relays and the control plane say to each other.
//
// A relay PUTs an Announcement every few seconds; the Orders in the answer say what it must do. It POSTs a Batch when
// participants have come or gone, or a media session of a test room is over. The control plane asks at the relay's own
// address for a Proof that the relay, and not somebody else, is there. All of it is authorised by the relay's credential,
// which is bound to its id.
package announce

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"time"
)

const (
	// Interval is between two announcements.
	Interval = 5 * time.Second
	// MaxRooms bounds Announcement.Rooms.
	MaxRooms = 100
	// MaxOrders bounds Orders.Commands, and with it Announcement.Done.
	MaxOrders = 100
	// MaxVisits bounds Batch.Visits.
	MaxVisits = 200
	// ProbePath is below a relay's address; the query has nonce.
	ProbePath = "/probe"
	// MinNonce and MaxNonce bound the nonce of a probe, in bytes.
	MinNonce, MaxNonce = 16, 128
)

// Announcement is a relay as it says it is now.
type Announcement struct {
	Instance string   `json:"instance"` // another one at each start
	Region   string   `json:"region"`
	WHIP     string   `json:"whip"` // the three addresses have one base: BASE/whip, BASE/whep, BASE/control
	WHEP     string   `json:"whep"`
	Control  string   `json:"control"`
	TURN     []string `json:"turn"`     // RFC 7065, the cheapest way first; on the same host
	Capacity int      `json:"capacity"` // participants; 0: the relay does not know
	Load     int      `json:"load"`     // participants now
	Draining bool     `json:"draining"`
	Snapshot int64    `json:"snapshot"` // everybody who is in has a visit of this number or a later one
	Rooms    []string `json:"rooms"`    // some of the live conferences, each in turn: are they right here?
	Done     []string `json:"done"`     // commands that need not be said again
}

// Orders is the answer to an Announcement.
type Orders struct {
	Commands []Command `json:"commands"`
	Over     []string  `json:"over"`  // of Rooms: their conferences have ended
	Moved    []string  `json:"moved"` // of Rooms: they are at home on another relay
}

// Command is one thing to do. It is said until it is done.
type Command struct {
	ID          string `json:"id"`
	Kind        Kind   `json:"kind"`
	Conference  string `json:"conference"`
	Participant string `json:"participant"`
}

// Kind says what a command or a visit is about.
type Kind string

// Kinds of commands.
const (
	End    Kind = "end"    // the conference, for everybody
	Remove Kind = "remove" // the participant, and its join tokens until they have expired
	Drain  Kind = "drain"  // let nobody in and tell everybody to go elsewhere
)

// Kinds of visits.
const (
	Joined  Kind = "joined"
	Left    Kind = "left"
	Present Kind = "present" // is in; said of everybody after some visits were lost
	Started Kind = "started" // the first participant has come
	Emptied Kind = "emptied" // the last one has gone
)

// Visit is one change of who is in a conference. Seq counts up without gaps unless visits were lost.
type Visit struct {
	Seq         int64     `json:"seq"`
	Kind        Kind      `json:"kind"`
	Conference  string    `json:"conference"`
	Participant string    `json:"participant"` // "" for Started and Emptied
	Name        string    `json:"name"`
	Role        string    `json:"role"`
	Person      string    `json:"person,omitempty"`  // of the join token
	Removed     bool      `json:"removed,omitempty"` // of Left: by an organizer in the room, and must not come back
	At          time.Time `json:"at"`
}

// Batch is some visits in their order. A batch may come twice.
type Batch struct {
	Instance string  `json:"instance"`
	Visits   []Visit `json:"visits"`
	Media    []Media `json:"media,omitempty"` // of test rooms
}

// Answer is what a relay says to a probe.
type Answer struct {
	Proof string `json:"proof"`
}

// Proof shows that whoever answers a probe has the credential and is the instance that announced itself. A credential is
// bound to one id, so that one relay cannot answer for another.
func Proof(credential, id, instance, nonce string) string {
	mac := hmac.New(sha256.New, []byte(credential))
	for _, part := range []string{"coopnet relay probe", id, instance, nonce} {
		mac.Write([]byte(part))
		mac.Write([]byte{0})
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Proves compares in constant time.
func Proves(proof, credential, id, instance, nonce string) bool {
	return hmac.Equal([]byte(proof), []byte(Proof(credential, id, instance, nonce)))
}
