package wire

import "encoding/json"

// Batch is what one HTTP body carries where the control channel goes without a WebSocket: messages of one direction, in
// order. After counts the messages of this direction before them, so that what comes twice is known, and nothing is lost
// with an answer.
type Batch struct {
	After    uint64            `json:"after"`
	Messages []json.RawMessage `json:"messages"`
	End      *End              `json:"end,omitempty"` // of the relay: nothing comes after these messages
}

// End is what closes a WebSocket, for a channel without one.
type End struct {
	Code   int    `json:"code"`
	Reason string `json:"reason"`
}
