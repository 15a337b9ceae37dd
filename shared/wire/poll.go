package wire

import "time"

// Polls.
const (
	TypePollOpen    Type = "poll.open"
	TypePollVote    Type = "poll.vote"
	TypePollClose   Type = "poll.close"
	TypePollDelete  Type = "poll.delete"
	TypePollUpdated Type = "poll.updated" // from here on: messages of the relay
	TypePollDeleted Type = "poll.deleted"
)

// PollOpen asks everybody. The votes of a secret poll stay hidden until it is closed, except from who opened it.
type PollOpen struct {
	Type     Type     `json:"type"`
	Key      string   `json:"key"`
	Question string   `json:"question"`
	Options  []string `json:"options"`
	Multiple bool     `json:"multiple"`
	Secret   bool     `json:"secret"`
}

// PollVote replaces the participant's earlier vote; no options take it back.
type PollVote struct {
	Type    Type   `json:"type"`
	Poll    string `json:"poll"`
	Options []int  `json:"options"`
}

// PollClose ends the voting.
type PollClose struct {
	Type Type   `json:"type"`
	Poll string `json:"poll"`
}

// PollDelete takes a poll away.
type PollDelete struct {
	Type Type   `json:"type"`
	Poll string `json:"poll"`
}

// Poll is a poll as one participant sees it: Own is that participant's vote, and where Hidden, no option tells its votes.
type Poll struct {
	ID          string       `json:"id"`
	Key         string       `json:"key"`
	Participant string       `json:"participant"`
	Name        string       `json:"name"`
	Question    string       `json:"question"`
	Options     []PollOption `json:"options"`
	Multiple    bool         `json:"multiple"`
	Secret      bool         `json:"secret"`
	Open        bool         `json:"open"`
	Hidden      bool         `json:"hidden"`
	Voters      int          `json:"voters"`
	Own         []int        `json:"own"`
	OpenedAt    time.Time    `json:"openedAt"`
}

// PollOption is one answer and how many have given it.
type PollOption struct {
	Text  string `json:"text"`
	Votes int    `json:"votes"`
}

// PollUpdated is a poll that is new or has changed; of several changes the last is told.
type PollUpdated struct {
	Type Type `json:"type"`
	Poll Poll `json:"poll"`
}

// PollDeleted names a poll that is gone.
type PollDeleted struct {
	Type Type   `json:"type"`
	ID   string `json:"id"`
}
