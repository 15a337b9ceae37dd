// Package chat keeps what the participants of one room write to each other: the last messages, who may read each, which
// questions are answered. Pure state, without a lock.
package chat

import (
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/coopnet/coopnet/relay/internal/once"
	"github.com/coopnet/coopnet/shared/text"
)

// Refusals.
var (
	ErrInvalid  = errors.New("chat: not a message")
	ErrNotFound = errors.New("chat: no such message")
	ErrDenied   = errors.New("chat: somebody else's message")
)

const (
	maxText     = 2000 // characters
	maxMessages = 500
	maxSize     = 512 << 10 // bytes
	overhead    = 300       // bytes of a message beside its texts, about
)

// Message is something that was said. It never changes: what is changed is another Message with its ID.
type Message struct {
	ID, Key                 string
	Participant, Name, Role string
	To, ToName              string // "": everybody
	Text, ReplyTo           string
	Question, Answered      bool
	SentAt                  time.Time
}

// Private reports whether only two people read it.
func (m *Message) Private() bool { return m.To != "" }

// ReadBy reports whether the participant may read it.
func (m *Message) ReadBy(participant string) bool {
	return !m.Private() || participant == m.Participant || participant == m.To
}

// Clean makes m safe to show, and reports whether it can be said.
func (m Message) Clean() (Message, bool) {
	m.Text = text.Lines(m.Text)
	return m, once.Valid(m.Key) && !text.Blank(m.Text) && utf8.RuneCountInString(m.Text) <= maxText && !(m.Question && m.Private())
}

func (m *Message) size() int { return overhead + len(m.Text) + len(m.Name) + len(m.ToName) }

func (m *Message) key() once.Key { return once.Key{Participant: m.Participant, Key: m.Key} }

// Chat is what was said in one room. The oldest is forgotten when there is too much.
type Chat struct {
	messages []*Message // the oldest first
	size     int        // of messages, in bytes
	keys     *once.Keys
}

// New returns an empty chat.
func New() *Chat { return &Chat{keys: once.New()} }

// Say adds a message, of which the caller has filled in who says it, to whom, the ID and the time. Under a key that was
// used before it gives the message of then, and fresh is false. It refuses with ErrInvalid, and with ErrNotFound where the
// message of then is gone.
func (c *Chat) Say(m Message) (said *Message, fresh bool, err error) {
	m, ok := m.Clean()
	if !ok {
		return nil, false, ErrInvalid
	}
	if said, err := c.Said(m.Participant, m.Key); said != nil || err != nil {
		return said, false, err
	}
	if i := c.find(m.ReplyTo); i < 0 || !c.messages[i].ReadBy(m.Participant) {
		m.ReplyTo = ""
	}
	m.Answered = false
	c.keys.Make(m.key(), m.ID)
	c.messages = append(c.messages, &m)
	c.size += m.size()
	for len(c.messages) > maxMessages || c.size > maxSize {
		c.drop(0)
	}
	return &m, true, nil
}

// Said is what the participant has said under the key, nil for nothing yet. It refuses with ErrNotFound where that is gone.
func (c *Chat) Said(participant, key string) (*Message, error) {
	switch id, spent := c.keys.Find(once.Key{Participant: participant, Key: key}); {
	case spent:
		return nil, ErrNotFound
	case id != "":
		return c.messages[c.find(id)], nil
	}
	return nil, nil
}

// Delete takes a message away: one's own, or anybody's that one may read. It refuses with ErrNotFound and ErrDenied.
func (c *Chat) Delete(id, by string, anybodys bool) (*Message, error) {
	i, err := c.reach(id, by, anybodys)
	if err != nil {
		return nil, err
	}
	m := c.messages[i]
	c.drop(i)
	return m, nil
}

// Answer marks a question, one's own or anybody's; changed is false when it was so before. It refuses with ErrInvalid
// where there is no question, ErrNotFound and ErrDenied.
func (c *Chat) Answer(id, by string, answered, anybodys bool) (m *Message, changed bool, err error) {
	i, err := c.reach(id, by, anybodys)
	if err != nil {
		return nil, false, err
	}
	now := *c.messages[i]
	if !now.Question {
		return nil, false, ErrInvalid
	}
	if now.Answered == answered {
		return c.messages[i], false, nil
	}
	now.Answered = answered
	c.messages[i] = &now
	return &now, true, nil
}

// History is what the participant may read, the oldest first.
func (c *Chat) History(reader string) []*Message {
	var all []*Message
	for _, m := range c.messages {
		if m.ReadBy(reader) {
			all = append(all, m)
		}
	}
	return all
}

// Size is about what the chat holds, in bytes.
func (c *Chat) Size() int { return c.size + c.keys.Size() }

func (c *Chat) find(id string) int {
	return slices.IndexFunc(c.messages, func(m *Message) bool { return m.ID == id })
}

// reach finds a message that the participant may change. Who may not read one does not learn that it is there.
func (c *Chat) reach(id, by string, anybodys bool) (int, error) {
	i := c.find(id)
	switch {
	case i < 0 || !c.messages[i].ReadBy(by):
		return 0, ErrNotFound
	case c.messages[i].Participant != by && !anybodys:
		return 0, ErrDenied
	}
	return i, nil
}

func (c *Chat) drop(i int) {
	m := c.messages[i]
	c.keys.Spend(m.key())
	c.size -= m.size()
	c.messages = slices.Delete(c.messages, i, i+1)
}
