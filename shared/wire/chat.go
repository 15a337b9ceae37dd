package wire

import "time"

// What people write to each other. A key is made by the sender, 1 to 64 of [A-Za-z0-9_-], and never used twice: the same
// key again is the same message, so that a page may send again what was not answered.
const (
	TypeChatSend    Type = "chat.send"
	TypeChatDelete  Type = "chat.delete"
	TypeChatAnswer  Type = "chat.answer"
	TypeChatMessage Type = "chat.message" // from here on: messages of the relay
	TypeChatUpdated Type = "chat.updated"
	TypeChatDeleted Type = "chat.deleted"
	TypeChatHistory Type = "chat.history"
)

// ChatSend says something to everybody, or to the participant To.
type ChatSend struct {
	Type     Type   `json:"type"`
	Key      string `json:"key"`
	Text     string `json:"text"`
	To       string `json:"to"`
	ReplyTo  string `json:"replyTo"`  // a message's id, or ""
	Question bool   `json:"question"` // to be answered by who presents; only to everybody
}

// ChatDelete takes one's own message back; an organizer may take back anybody's.
type ChatDelete struct {
	Type Type   `json:"type"`
	ID   string `json:"id"`
}

// ChatAnswer marks a question as answered, or not.
type ChatAnswer struct {
	Type     Type   `json:"type"`
	ID       string `json:"id"`
	Answered bool   `json:"answered"`
}

// ChatMessage is something that was said. Only its sender and To hear of it, unless To is empty.
type ChatMessage struct {
	ID          string    `json:"id"`
	Key         string    `json:"key"`
	Participant string    `json:"participant"`
	Name        string    `json:"name"`
	Role        string    `json:"role"`
	To          string    `json:"to"`
	ToName      string    `json:"toName"`
	Text        string    `json:"text"`
	ReplyTo     string    `json:"replyTo"`
	Question    bool      `json:"question"`
	Answered    bool      `json:"answered"`
	SentAt      time.Time `json:"sentAt"`
}

// ChatEvent is chat.message or chat.updated.
type ChatEvent struct {
	Type    Type        `json:"type"`
	Message ChatMessage `json:"message"`
}

// ChatDeleted names a message that is gone.
type ChatDeleted struct {
	Type Type   `json:"type"`
	ID   string `json:"id"`
}

// ChatHistory is what was said before, the oldest first; a long one comes in several.
type ChatHistory struct {
	Type     Type          `json:"type"`
	Messages []ChatMessage `json:"messages"`
}
