// Package wire holds the messages of the control channel, WebSocket subprotocol "coopnet.control.v1".
//
// Each message is one JSON object in a text frame; "type" names it as area.verb. The files in
// testdata are one example of each message; the relay, the portal and docs/protocol.md are all tested against them.
package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Subprotocol is the WebSocket subprotocol of the control channel.
const Subprotocol = "coopnet.control.v1"

// MaxHistory is the size in bytes that one message of what was before (chat.history, board.history) has at most.
const MaxHistory = 32 << 10

// MaxMessage is the size limit in bytes of what a participant sends; a room.state of the relay may be larger.
const MaxMessage = 16 << 10

// Type is the name of a message.
type Type string

// Messages about who is in the room and what is shared. Those about what is said, voted, drawn and shown are in chat.go,
// poll.go, board.go and stage.go, those of remote control in control.go.
const (
	TypeHello              Type = "hello"
	TypeViewSelect         Type = "view.select"
	TypeStatusSet          Type = "status.set"
	TypeModerateRemove     Type = "moderate.remove"
	TypeModerateHand       Type = "moderate.hand"
	TypeModerateLock       Type = "moderate.lock"
	TypeModerateMute       Type = "moderate.mute"
	TypeRoomHeartbeat      Type = "room.heartbeat" // both ways
	TypeRoomState          Type = "room.state"     // from here on: messages of the relay
	TypeRoomUpdated        Type = "room.updated"
	TypeRoomEnded          Type = "room.ended"
	TypeJoined             Type = "participant.joined"
	TypeUpdated            Type = "participant.updated"
	TypeLeft               Type = "participant.left"
	TypePublicationStart   Type = "publication.started"
	TypePublicationSet     Type = "publication.updated"
	TypePublicationStop    Type = "publication.stopped"
	TypePublicationWatched Type = "publication.watched"
	TypeError              Type = "error"
)

// Hello opens the channel; the token is a join token.
type Hello struct {
	Type  Type   `json:"type"`
	Token string `json:"token"`
}

// Heartbeat is sent by the relay each second and answered by the participant.
type Heartbeat struct {
	Type Type `json:"type"`
}

// ViewSelect pins a publication; an empty id follows the conference's screen.
type ViewSelect struct {
	Type        Type   `json:"type"`
	Publication string `json:"publication"`
}

// StatusSet changes the participant's own status: "", "away" or "hand".
type StatusSet struct {
	Type   Type   `json:"type"`
	Status string `json:"status"`
}

// ModerateRemove removes a participant from the room.
type ModerateRemove struct {
	Type        Type   `json:"type"`
	Participant string `json:"participant"`
}

// ModerateHand lowers a participant's hand.
type ModerateHand struct {
	Type        Type   `json:"type"`
	Participant string `json:"participant"`
}

// ModerateLock lets nobody new into the room, or everybody again. Organizers always get in.
type ModerateLock struct {
	Type   Type `json:"type"`
	Locked bool `json:"locked"`
}

// ModerateMute takes the chat from a participant, or gives it back; an empty id means everybody who does not present.
type ModerateMute struct {
	Type        Type   `json:"type"`
	Participant string `json:"participant"`
	Muted       bool   `json:"muted"`
}

// Participant is somebody in the room.
type Participant struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Role     string    `json:"role"` // guest, internal or organizer
	Status   string    `json:"status"`
	StatusAt time.Time `json:"statusAt"` // hands are raised in this order
	JoinedAt time.Time `json:"joinedAt"`
	Presents bool      `json:"presents"` // may share, or moderate
	Muted    bool      `json:"muted"`    // may not chat, whatever the room says
}

// Publication is one live share. Video and Audio name codecs ("VP9", "opus"); Audio is empty for a silent share.
// Interrupted: the presenter's network is silent; the share goes on when it comes back, or ends. Low: the way to somebody
// carries only the low picture, which the presenter has to send now. Control: its presenter's software can be asked for
// control; Controller is the id of the participant who has it now, or "".
type Publication struct {
	ID          string    `json:"id"`
	Participant string    `json:"participant"`
	Name        string    `json:"name"`
	Label       string    `json:"label"`
	Video       string    `json:"video"`
	Audio       string    `json:"audio"`
	StartedAt   time.Time `json:"startedAt"`
	Interrupted bool      `json:"interrupted"`
	Low         bool      `json:"low"`
	Control     bool      `json:"control"`
	Controller  string    `json:"controller"`
}

// RoomState is the whole truth: the first message, and again when the relay had to drop events for a slow reader. After
// it come chat.history, poll.updated, board.history and stage.offered for whatever there is of them; what is not told
// again is gone.
// Instance names this run of the relay: another one knows nothing of the sessions that were made before.
type RoomState struct {
	Type         Type          `json:"type"`
	Instance     string        `json:"instance"`
	Conference   string        `json:"conference"`
	Self         string        `json:"self"`
	Current      string        `json:"current"`  // publication that the conference shows, or ""
	Selected     string        `json:"selected"` // publication that this participant pinned, or ""
	Stage        Stage         `json:"stage"`
	Locked       bool          `json:"locked"` // nobody new gets in, organizers apart
	Muted        bool          `json:"muted"`  // only who presents may chat
	Participants []Participant `json:"participants"`
	Publications []Publication `json:"publications"`
}

// RoomUpdated says what an organizer has changed for everybody.
type RoomUpdated struct {
	Type   Type `json:"type"`
	Locked bool `json:"locked"`
	Muted  bool `json:"muted"`
}

// RoomEnded precedes the close: "ended", "removed" or "draining".
type RoomEnded struct {
	Type   Type   `json:"type"`
	Reason string `json:"reason"`
}

// ParticipantEvent is participant.joined or participant.updated.
type ParticipantEvent struct {
	Type        Type        `json:"type"`
	Participant Participant `json:"participant"`
}

// ParticipantLeft names who left.
type ParticipantLeft struct {
	Type Type   `json:"type"`
	ID   string `json:"id"`
}

// PublicationStarted announces a share and what the conference shows now.
type PublicationStarted struct {
	Type        Type        `json:"type"`
	Publication Publication `json:"publication"`
	Current     string      `json:"current"`
}

// PublicationUpdated is a share that changed.
type PublicationUpdated struct {
	Type        Type        `json:"type"`
	Publication Publication `json:"publication"`
}

// PublicationStopped names a share that ended and what the conference shows now.
type PublicationStopped struct {
	Type    Type   `json:"type"`
	ID      string `json:"id"`
	Current string `json:"current"`
}

// PublicationWatched tells the presenter of a share, and nobody else, how many others its pictures go to: at first, and when
// that has changed, at most once with each heartbeat. Viewers are the ids of at most 50 of them. After a room.state it is
// told again.
type PublicationWatched struct {
	Type    Type     `json:"type"`
	ID      string   `json:"id"`
	Count   int      `json:"count"`
	Viewers []string `json:"viewers"`
}

// Error refuses a message; Re is the type of the refused one, Key its key if it had one.
type Error struct {
	Type   Type   `json:"type"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Re     Type   `json:"re"`
	Key    string `json:"key"`
}

// ErrMalformed is returned for bytes that are not a message at all.
var ErrMalformed = errors.New("not a control message")

// TypeOf reads only the message's type.
func TypeOf(frame []byte) (Type, error) {
	var head struct {
		Type Type `json:"type"`
	}
	if err := json.Unmarshal(frame, &head); err != nil || head.Type == "" {
		return "", ErrMalformed
	}
	return head.Type, nil
}

// Decode reads a whole message into m, which has the shape of the type that TypeOf returned; unknown members are refused.
func Decode(frame []byte, m any) error {
	d := json.NewDecoder(bytes.NewReader(frame))
	d.DisallowUnknownFields()
	if err := d.Decode(m); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return nil
}
