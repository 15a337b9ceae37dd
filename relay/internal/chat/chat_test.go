package chat

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func at(second int) time.Time { return time.Unix(1_800_000_000+int64(second), 0) }

// say makes a message with the id "m" + key.
func say(t *testing.T, c *Chat, from, to, key, text string) *Message {
	t.Helper()
	m, fresh, err := c.Say(Message{ID: "m" + key, Key: key, Participant: from, Name: from, Role: "guest", To: to, Text: text, SentAt: at(0)})
	if err != nil || !fresh {
		t.Fatalf("%s says %q: %v, fresh %v", from, text, err, fresh)
	}
	return m
}

func heard(c *Chat, reader string) []string {
	var texts []string
	for _, m := range c.History(reader) {
		texts = append(texts, m.Text)
	}
	return texts
}

func TestPrivateMessagesReachTwo(t *testing.T) {
	c := New()
	say(t, c, "ann", "", "1", "all")
	say(t, c, "ann", "bob", "2", "secret")
	for who, want := range map[string][]string{"ann": {"all", "secret"}, "bob": {"all", "secret"}, "eve": {"all"}, "": {"all"}} {
		if got := heard(c, who); !slices.Equal(got, want) {
			t.Errorf("%q reads %q", who, got)
		}
	}
	if _, err := c.Delete("m2", "eve", true); !errors.Is(err, ErrNotFound) {
		t.Errorf("eve learns of it: %v", err)
	}
	if m, _, err := c.Say(Message{ID: "m3", Key: "3", Participant: "eve", Text: "re", ReplyTo: "m2"}); err != nil || m.ReplyTo != "" {
		t.Errorf("eve replies to it: %+v, %v", m, err)
	}
	if m, _, err := c.Say(Message{ID: "m4", Key: "4", Participant: "bob", Text: "re", ReplyTo: "m2", To: "ann"}); err != nil || m.ReplyTo != "m2" {
		t.Errorf("bob replies to it: %+v, %v", m, err)
	}
}

func TestRefused(t *testing.T) {
	for name, m := range map[string]Message{
		"no key":             {Text: "a"},
		"a key with a space": {Key: "a b", Text: "a"},
		"nothing":            {Key: "1"},
		"nothing to see":     {Key: "1", Text: " \u202e\n\u200d"},
		"too long":           {Key: "1", Text: strings.Repeat("é", maxText+1)},
		"a private question": {Key: "1", Text: "a", To: "bob", Question: true},
	} {
		c := New()
		m.Participant, m.ID = "ann", "m"
		if _, _, err := c.Say(m); !errors.Is(err, ErrInvalid) || len(c.messages) != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	c := New()
	if m := say(t, c, "ann", "", "1", strings.Repeat("é", maxText)+"\u202e "); utf8.RuneCountInString(m.Text) != maxText {
		t.Errorf("%d characters", utf8.RuneCountInString(m.Text))
	}
}

func TestTheSameKeyIsTheSameMessage(t *testing.T) {
	c := New()
	first := say(t, c, "ann", "", "1", "once")
	again, fresh, err := c.Say(Message{ID: "other", Key: "1", Participant: "ann", Text: "twice"})
	if again != first || fresh || err != nil {
		t.Errorf("%+v, %v, %v", again, fresh, err)
	}
	say(t, c, "bob", "", "1", "his own")
	if _, err := c.Delete("m1", "ann", false); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Say(Message{ID: "other", Key: "1", Participant: "ann", Text: "once"}); !errors.Is(err, ErrNotFound) {
		t.Errorf("a deleted message comes back: %v", err)
	}
	if got := heard(c, "ann"); !slices.Equal(got, []string{"his own"}) {
		t.Errorf("%q", got)
	}
}

func TestDeleteAndAnswer(t *testing.T) {
	c := New()
	if _, _, err := c.Say(Message{ID: "q", Key: "1", Participant: "ann", Text: "why?", Question: true, Answered: true}); err != nil {
		t.Fatal(err)
	}
	say(t, c, "ann", "", "2", "a remark")
	for _, tt := range []struct {
		id, by             string
		answered, anybodys bool
		changed            bool
		want               error
	}{
		{"q", "bob", true, false, false, ErrDenied},
		{"q", "bob", true, true, true, nil},
		{"q", "bob", true, true, false, nil},
		{"q", "ann", false, false, true, nil},
		{"m2", "ann", true, false, false, ErrInvalid},
		{"none", "ann", true, true, false, ErrNotFound},
	} {
		m, changed, err := c.Answer(tt.id, tt.by, tt.answered, tt.anybodys)
		if changed != tt.changed || !errors.Is(err, tt.want) || err == nil && m.Answered != tt.answered {
			t.Errorf("%+v: %+v, %v, %v", tt, m, changed, err)
		}
	}
	if _, err := c.Delete("m2", "bob", false); !errors.Is(err, ErrDenied) {
		t.Errorf("bob deletes ann's: %v", err)
	}
	if _, err := c.Delete("m2", "bob", true); err != nil {
		t.Error(err)
	}
	if _, err := c.Delete("m2", "ann", true); !errors.Is(err, ErrNotFound) {
		t.Errorf("deleted twice: %v", err)
	}
}

func TestChatIsBounded(t *testing.T) {
	c := New()
	for i := range 3 * maxMessages {
		text := "short"
		if i > 2*maxMessages {
			text = strings.Repeat("€", maxText)
		}
		say(t, c, "ann", "", strconv.Itoa(i), text)
		size := 0
		for _, m := range c.messages {
			size += m.size()
		}
		if len(c.messages) > maxMessages || c.size > maxSize || c.size != size {
			t.Fatalf("%d messages of %d bytes, counted %d", len(c.messages), size, c.size)
		}
	}
	if last := c.messages[len(c.messages)-1]; last.Key != strconv.Itoa(3*maxMessages-1) {
		t.Errorf("the last is %s", last.Key)
	}
}

// FuzzSay: whatever is written, what is kept has no hidden characters and fits.
func FuzzSay(f *testing.F) {
	f.Add("k", "hello \u202e world", "", false)
	f.Add("k", "\xff\xfe", "bob", true)
	f.Fuzz(func(t *testing.T, key, text, to string, question bool) {
		c := New()
		m, _, err := c.Say(Message{ID: "m", Key: key, Participant: "ann", Text: text, To: to, Question: question})
		if err != nil {
			return
		}
		if !utf8.ValidString(m.Text) || strings.ContainsAny(m.Text, "\x00\r\t\u202e\u2066\u200b") || utf8.RuneCountInString(m.Text) > maxText || m.Text == "" {
			t.Fatalf("kept %q", m.Text)
		}
	})
}
