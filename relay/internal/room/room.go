// Package room keeps the live state of conferences on one relay: who is in, what is shared, what each participant looks at,
// what is said, asked, drawn and shown, and who controls what (chat, ballot, board, stage and grant have the rules of that).
//
// It is pure state. It opens no socket, verifies no token and starts no goroutine; the only timers are those of
// Config.LeaveGrace, which Rooms owns and Close stops. WHIP, WHEP and the control channel each hold a Presence, which
// is one live session of one participant; a participant is in the room as long as one of its presences is.
//
// Locks: Rooms.mu guards the table of rooms, room.mu one room. Rooms.mu is never held while room.mu is taken, nor the
// reverse. What has to be told to others is collected under the lock and delivered after it (notices).
package room

import (
	"crypto/rand"
	"errors"
	"time"

	"github.com/coopnet/coopnet/relay/internal/stage"
	"github.com/coopnet/coopnet/shared/jointoken"
)

// Refusals. What is said, asked, drawn and shown is also refused by chat, ballot and board.
var (
	ErrFull      = errors.New("room: full")
	ErrRemoved   = errors.New("room: participant was removed")
	ErrEnded     = errors.New("room: conference has ended")
	ErrDraining  = errors.New("room: relay is draining")
	ErrLimit     = errors.New("room: too many publications")
	ErrDuplicate = errors.New("room: publication id is empty or already live")
	ErrNotFound  = errors.New("room: not found")
	ErrGone      = errors.New("room: presence has left")
	ErrLocked    = errors.New("room: locked")
	ErrMuted     = errors.New("room: participant may not chat")
	ErrDenied    = errors.New("room: participant may not share")
	ErrPace      = errors.New("room: too much at once")
	ErrControl   = errors.New("room: no control of this share")
	ErrAbsent    = errors.New("room: presenter has no control channel")

	ErrInterrupted = errors.New("room: nobody sees this share at the moment")
)

// Reasons for which a presence ends without having left.
const (
	ReasonEnded    = "ended"
	ReasonRemoved  = "removed"
	ReasonDraining = "draining"
	ReasonReplaced = "replaced" // the participant shares anew; only presences that published
)

// StatusHand is the status of a raised hand.
const StatusHand = "hand"

// Participant is a person in the room. Join fills in JoinedAt, StatusAt and Muted; SetStatus changes Status. What somebody may
// do is what the tokens of all their presences allow; Software is only about the one that joins.
type Participant struct {
	ID, Name string
	Role     jointoken.Role
	Status   string
	StatusAt time.Time // since when
	Person   string    // the join token's pseudonym; others never see it
	JoinedAt time.Time
	Presents bool // may share, or moderate
	Shares   bool // may share
	Controls bool // may ask for control of what others share
	Software bool // the installed software
	Muted    bool // may not chat
}

// ParticipantOf is who the claims say.
func ParticipantOf(c jointoken.Claims) Participant {
	shares := c.Allows(jointoken.Share)
	return Participant{
		ID: c.Subject, Name: c.Name, Role: c.Role, Person: c.Person,
		Presents: shares || c.Allows(jointoken.Moderate), Shares: shares, Controls: c.Allows(jointoken.Control),
		Software: c.Software,
	}
}

// Publication is one live share.
type Publication struct {
	ID, Participant, Name, Label, Video, Audio string
	StartedAt                                  time.Time
	Interrupted                                bool // the presenter's network is silent
	Low                                        bool // somebody's way carries only the low picture
	Control                                    bool // the presenter's software can be asked for control
	Controller                                 string
}

// State is a copy of a room as one participant sees it: only Selected depends on who asks.
// Participants are in the order of their joining, publications in the order of their start.
type State struct {
	Conference, Current, Selected string
	Stage                         stage.View
	Locked                        bool // only who was in before gets in
	Muted                         bool // only who presents may chat
	Participants                  []Participant
	Publications                  []Publication
}

// Stats counts what is live now.
type Stats struct {
	Rooms, Participants, Publications int
}

// Config bounds the rooms; a zero limit means the default.
type Config struct {
	Now             func() time.Time // nil: time.Now
	MaxRooms        int              // 10,000
	MaxParticipants int              // 2,000 in a room
	MaxPublications int              // 16 in a room
	QueueLength     int              // 256 events that a Queue may be behind before it starts afresh
	Attendance      int              // visits that are kept for who wants to know; 0: nobody does
	LeaveGrace      time.Duration    // how long a participant without presence stays listed; 0: not at all
	MaxKept         int              // 64 MiB of what was said in rooms that are empty; the oldest goes first
	NewID           func() string    // nil: random ones, for messages, polls and shapes
}

const (
	// maxPresences bounds the sessions of one participant: control, view and share, each with leftovers of lost connections.
	maxPresences = 32
	// pastFor is how long a relay remembers an ended conference, and of an empty room what an organizer has decided and what
	// was said. Longer than any join token lives, so that a token from before cannot undo the first two.
	pastFor = 10 * time.Minute
)

func (c Config) withDefaults() Config {
	if c.Now == nil {
		c.Now = time.Now
	}
	fill := func(limit *int, standard int) {
		if *limit <= 0 {
			*limit = standard
		}
	}
	fill(&c.MaxRooms, 10_000)
	fill(&c.MaxParticipants, 2_000)
	fill(&c.MaxPublications, 16)
	fill(&c.QueueLength, 256)
	fill(&c.MaxKept, 64<<20)
	if c.NewID == nil {
		c.NewID = func() string { return rand.Text()[:12] }
	}
	return c
}
