package control

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/relay/internal/room"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/wire"
)

// everybody is one of each: who may do what is known by their signed claims.
type everybody struct {
	s                      *stand
	guest, colleague, boss jointoken.Claims
}

func (s *stand) everybody() everybody {
	internal := []jointoken.Permission{jointoken.View, jointoken.Share, jointoken.Control, jointoken.Chat, jointoken.Annotate}
	return everybody{
		s: s, guest: s.claims("guest", jointoken.RoleGuest, jointoken.View, jointoken.Chat, jointoken.Annotate),
		colleague: s.claims("colleague", jointoken.RoleInternal, internal...),
		boss:      s.claims("boss", jointoken.RoleOrganizer, append(internal, jointoken.Moderate)...),
	}
}

// again are the same claims in a token of their own.
func (e everybody) again(c jointoken.Claims) jointoken.Claims {
	c.ID = fmt.Sprint(c.ID, "-", e.s.serial.Add(1))
	return c
}

// until passes over messages to one of this type.
func until[M any](c *caller, want wire.Type) M {
	c.t.Helper()
	for {
		var m M
		if name, frame := c.next(); name == want {
			if err := wire.Decode(frame, &m); err != nil {
				c.t.Fatal(err)
			}
			return m
		} else if name == wire.TypeError {
			c.t.Fatalf("waiting for %s: %s", want, frame)
		}
	}
}

// quiet reads what comes until everything before has been handled; the answer to a probe marks that. It returns all of it.
func (c *caller) quiet() (all []string) {
	c.t.Helper()
	c.raw(`{"type":"view.select","publication":"probe"}`)
	for {
		name, frame := c.next()
		if name == wire.TypeError && bytes.Contains(frame, []byte(`"view.select"`)) {
			return all
		}
		all = append(all, string(frame))
	}
}

func (c *caller) say(key, text, to string) {
	c.t.Helper()
	c.send(wire.ChatSend{Type: wire.TypeChatSend, Key: key, Text: text, To: to})
}

// refusedWith reads to the next error.
func (c *caller) refusedWith(code string, re wire.Type, key string) {
	c.t.Helper()
	for {
		name, frame := c.next()
		if name != wire.TypeError {
			continue
		}
		var e wire.Error
		if err := wire.Decode(frame, &e); err != nil || e.Code != code || e.Re != re || e.Key != key || e.Detail == "" {
			c.t.Errorf("got %s, want %s re %s of %q", frame, code, re, key)
		}
		return
	}
}

func TestChatReachesWhomItIsFor(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		s := newStand(t, over, nil)
		e := s.everybody()
		guest, _ := s.join(e.guest)
		colleague, _ := s.join(e.colleague)
		boss, _ := s.join(e.boss)
		guest.say("k-1", "hello\u202e everybody", "")
		for _, c := range []*caller{guest, colleague, boss} {
			m := until[wire.ChatEvent](c, wire.TypeChatMessage).Message
			if m.Text != "hello everybody" || m.Participant != "guest" || m.Name != "name of guest" || m.Role != "guest" || m.Key != "k-1" || m.To != "" {
				t.Errorf("got %+v", m)
			}
		}
		guest.say("k-2", "for you alone", "colleague")
		private := until[wire.ChatEvent](colleague, wire.TypeChatMessage).Message
		if private.Text != "for you alone" || private.ToName != "name of colleague" {
			t.Errorf("got %+v", private)
		}
		until[wire.ChatEvent](guest, wire.TypeChatMessage)
		if heard := strings.Join(boss.quiet(), "\n"); strings.Contains(heard, "alone") {
			t.Errorf("the organizer hears %s", heard)
		}
		boss.send(wire.ChatDelete{Type: wire.TypeChatDelete, ID: private.ID})
		boss.refusedWith("not-found", wire.TypeChatDelete, "")

		// Everybody comes back, and a late one comes: each finds what it may read, oldest first.
		for _, c := range []*caller{guest, colleague, boss} {
			c.line.hangUp()
		}
		for claims, want := range map[string]string{"guest": "k-1 k-2", "colleague": "k-1 k-2", "boss": "k-1", "late": "k-1"} {
			of := map[string]jointoken.Claims{"guest": e.guest, "colleague": e.colleague, "boss": e.boss, "late": s.claims("late", jointoken.RoleGuest, jointoken.View)}[claims]
			c, _ := s.join(e.again(of))
			var keys []string
			for _, m := range until[wire.ChatHistory](c, wire.TypeChatHistory).Messages {
				keys = append(keys, m.Key)
			}
			if got := strings.Join(keys, " "); got != want {
				t.Errorf("%s finds %s", claims, got)
			}
		}
	})
}

// What a page sends again after a reconnection is there once, and is answered.
func TestTheSameKeyAgain(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		s := newStand(t, over, nil)
		e := s.everybody()
		boss, _ := s.join(e.boss)
		ask := wire.PollOpen{Type: wire.TypePollOpen, Key: "k-2", Question: "Tea?", Options: []string{"Yes", "No"}}
		boss.say("k-1", "once", "")
		boss.send(ask)
		m, v := until[wire.ChatEvent](boss, wire.TypeChatMessage).Message, until[wire.PollUpdated](boss, wire.TypePollUpdated).Poll
		boss.line.hangUp()
		boss, _ = s.join(e.again(e.boss))
		until[wire.ChatHistory](boss, wire.TypeChatHistory)
		if again := until[wire.PollUpdated](boss, wire.TypePollUpdated).Poll; again.ID != v.ID {
			t.Errorf("found %+v", again)
		}
		boss.say("k-1", "twice", "")
		boss.send(ask)
		if again := until[wire.ChatEvent](boss, wire.TypeChatMessage).Message; again != m {
			t.Errorf("again %+v, was %+v", again, m)
		}
		if again := until[wire.PollUpdated](boss, wire.TypePollUpdated).Poll; again.ID != v.ID {
			t.Errorf("again %+v", again)
		}
		boss.send(wire.ChatDelete{Type: wire.TypeChatDelete, ID: m.ID})
		until[wire.ChatDeleted](boss, wire.TypeChatDeleted)
		boss.say("k-1", "once", "")
		boss.refusedWith("not-found", wire.TypeChatSend, "k-1")
	})
}

// TestRights: what a participant may not do is refused, whatever the message says, and changes nothing.
func TestRights(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		s := newStand(t, over, nil)
		e := s.everybody()
		boss, _ := s.join(e.boss)
		presence, err := s.rooms.Join("c-1", 0, room.ParticipantOf(e.boss))
		if err != nil {
			t.Fatal(err)
		}
		if err := presence.Publish(room.Publication{ID: "s-1"}); err != nil {
			t.Fatal(err)
		}
		boss.say("k", "mine", "")
		m := until[wire.ChatEvent](boss, wire.TypeChatMessage).Message
		boss.send(wire.ChatSend{Type: wire.TypeChatSend, Key: "q", Text: "why?", Question: true})
		question := until[wire.ChatEvent](boss, wire.TypeChatMessage).Message
		boss.send(wire.PollOpen{Type: wire.TypePollOpen, Key: "p", Question: "Tea?", Options: []string{"Yes", "No"}, Secret: true})
		poll := until[wire.PollUpdated](boss, wire.TypePollUpdated).Poll
		boss.raw(`{"type":"board.draw","surface":"board","shape":{"key":"d","tool":"pen","colour":"#000000","width":1,"points":[1,2],"text":""}}`)
		drawn := until[wire.BoardShape](boss, wire.TypeBoardShape).Shape

		guest, _ := s.join(e.guest)
		bare, _ := s.join(s.claims("bare", jointoken.RoleGuest, jointoken.View))
		colleague, _ := s.join(e.colleague)
		shape := `"shape":{"key":"x","tool":"pen","colour":"#000000","width":1,"points":[1,2],"text":""}`
		for _, tt := range []struct {
			who           *caller
			message, code string
		}{
			{guest, `{"type":"poll.open","key":"x","question":"?","options":["a","b"],"multiple":false,"secret":false}`, "forbidden"},
			{guest, `{"type":"poll.close","poll":"` + poll.ID + `"}`, "forbidden"},
			{guest, `{"type":"poll.delete","poll":"` + poll.ID + `"}`, "forbidden"},
			{guest, `{"type":"chat.delete","id":"` + m.ID + `"}`, "forbidden"},
			{guest, `{"type":"chat.answer","id":"` + question.ID + `","answered":true}`, "forbidden"},
			{guest, `{"type":"board.draw","surface":"share/s-1",` + shape + `}`, "forbidden"},
			{guest, `{"type":"board.draw","surface":"page/d/1",` + shape + `}`, "forbidden"},
			{guest, `{"type":"board.erase","surface":"board","shapes":["` + drawn.ID + `"]}`, "forbidden"},
			{guest, `{"type":"board.clear","surface":"board"}`, "forbidden"},
			{guest, `{"type":"stage.show","kind":"board","id":"","name":"","page":0,"pages":0}`, "forbidden"},
			{guest, `{"type":"stage.offer","participant":"colleague"}`, "forbidden"},
			{guest, `{"type":"stage.decline","participant":"boss"}`, "not-found"},
			{guest, `{"type":"document.changed"}`, "forbidden"},
			{guest, `{"type":"moderate.lock","locked":true}`, "forbidden"},
			{guest, `{"type":"moderate.mute","participant":"boss","muted":true}`, "forbidden"},
			{guest, `{"type":"moderate.mute","participant":"","muted":true}`, "forbidden"},
			{guest, `{"type":"moderate.hand","participant":"boss"}`, "forbidden"},
			{guest, `{"type":"moderate.remove","participant":"boss"}`, "forbidden"},
			{bare, `{"type":"chat.send","key":"x","text":"a","to":"","replyTo":"","question":false}`, "forbidden"},
			{bare, `{"type":"board.draw","surface":"board",` + shape + `}`, "forbidden"},
			{bare, `{"type":"pointer.move","surface":"board","x":1,"y":1}`, "forbidden"},
			{colleague, `{"type":"poll.close","poll":"` + poll.ID + `"}`, "forbidden"},
			{colleague, `{"type":"chat.delete","id":"` + m.ID + `"}`, "forbidden"},
			{colleague, `{"type":"moderate.lock","locked":true}`, "forbidden"},
			{colleague, `{"type":"moderate.mute","participant":"guest","muted":true}`, "forbidden"},
			{colleague, `{"type":"stage.offer","participant":"guest"}`, "forbidden"},
			{colleague, `{"type":"stage.show","kind":"share","id":"s-2","name":"","page":0,"pages":0}`, "not-found"},
		} {
			name, err := wire.TypeOf([]byte(tt.message))
			if err != nil {
				t.Fatal(err)
			}
			key := ""
			if strings.Contains(tt.message, `"key":"x"`) {
				key = "x"
			}
			tt.who.raw(tt.message)
			tt.who.refusedWith(tt.code, name, key)
		}
		boss.send(wire.PollVote{Type: wire.TypePollVote, Poll: poll.ID, Options: []int{0}})
		if v := until[wire.PollUpdated](boss, wire.TypePollUpdated).Poll; v.Hidden || v.Options[0].Votes != 1 {
			t.Errorf("who asks sees %+v", v)
		}
		if v := until[wire.PollUpdated](guest, wire.TypePollUpdated).Poll; !v.Hidden || v.Options[0].Votes != 0 || v.Voters != 1 || len(v.Own) != 0 {
			t.Errorf("the guest sees %+v", v)
		}
		for _, frame := range boss.quiet() {
			t.Errorf("something has changed: %s", frame)
		}
		// And what they may do.
		for _, tt := range []struct {
			who     *caller
			message string
			told    wire.Type
		}{
			{guest, `{"type":"pointer.move","surface":"share/s-1","x":1,"y":10000}`, wire.TypePointerMoved},
			{guest, `{"type":"board.draw","surface":"board",` + shape + `}`, wire.TypeBoardShape},
			{colleague, `{"type":"board.draw","surface":"share/s-1",` + shape + `}`, wire.TypeBoardShape},
			{colleague, `{"type":"chat.answer","id":"` + question.ID + `","answered":true}`, wire.TypeChatUpdated},
			{colleague, `{"type":"board.clear","surface":"board"}`, wire.TypeBoardCleared},
			{colleague, `{"type":"stage.show","kind":"board","id":"","name":"","page":0,"pages":0}`, wire.TypeStageShown},
			{colleague, `{"type":"stage.offer","participant":"boss"}`, wire.TypeStageOffered},
			{colleague, `{"type":"document.changed"}`, wire.TypeDocumentChanged},
		} {
			tt.who.raw(tt.message)
			until[any](boss, tt.told)
		}
	})
}

func TestALockedRoomLetsInWhoWasThere(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		s := newStand(t, over, nil)
		e := s.everybody()
		boss, _ := s.join(e.boss)
		guest, _ := s.join(e.guest)
		boss.send(wire.ModerateLock{Type: wire.TypeModerateLock, Locked: true})
		if u := until[wire.RoomUpdated](guest, wire.TypeRoomUpdated); !u.Locked || u.Muted {
			t.Errorf("the guest hears %+v", u)
		}
		stranger := s.dial()
		stranger.raw(s.helloOf(s.claims("stranger", jointoken.RoleGuest, jointoken.View)))
		stranger.refused("forbidden", wire.TypeHello)
		stranger.closed(CloseLocked)
		guest.line.hangUp()
		_, state := s.join(e.again(e.guest))
		if !state.Locked {
			t.Errorf("the guest is back: %+v", state)
		}
		s.join(s.claims("another organizer", jointoken.RoleOrganizer, jointoken.View, jointoken.Moderate))
		boss.send(wire.ModerateLock{Type: wire.TypeModerateLock})
		until[wire.RoomUpdated](boss, wire.TypeRoomUpdated)
		for unlocked := false; !unlocked; { // the first was of the locking
			unlocked = !until[wire.RoomUpdated](boss, wire.TypeRoomUpdated).Locked
		}
		s.join(s.claims("stranger", jointoken.RoleGuest, jointoken.View))
	})
}

func TestAMutedParticipantWritesNothing(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		s := newStand(t, over, nil)
		e := s.everybody()
		boss, _ := s.join(e.boss)
		guest, _ := s.join(e.guest)
		boss.send(wire.ModerateMute{Type: wire.TypeModerateMute, Participant: "guest", Muted: true})
		if p := until[wire.ParticipantEvent](guest, wire.TypeUpdated).Participant; p.ID != "guest" || !p.Muted {
			t.Errorf("the guest hears %+v", p)
		}
		guest.say("k-1", "a", "")
		guest.refusedWith("forbidden", wire.TypeChatSend, "k-1")
		guest.say("k-1", "a", "boss")
		guest.refusedWith("forbidden", wire.TypeChatSend, "k-1")
		guest.line.hangUp()
		guest, state := s.join(e.again(e.guest))
		if len(state.Participants) != 2 || !state.Participants[1].Muted {
			t.Errorf("after coming back %+v", state.Participants)
		}
		boss.send(wire.ModerateMute{Type: wire.TypeModerateMute, Participant: "guest"})
		boss.send(wire.ModerateMute{Type: wire.TypeModerateMute, Muted: true})
		if u := until[wire.RoomUpdated](guest, wire.TypeRoomUpdated); !u.Muted {
			t.Errorf("the guest hears %+v", u)
		}
		guest.say("k-1", "a", "")
		guest.refusedWith("forbidden", wire.TypeChatSend, "k-1")
		boss.say("k-1", "who presents may", "")
		until[wire.ChatEvent](guest, wire.TypeChatMessage)
	})
}

// A flood of words is refused word by word; it neither ends the channel nor reaches anybody.
func TestFloods(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		s := newStand(t, over, nil)
		e := s.everybody()
		guest, _ := s.join(e.guest)
		refused, said := 0, 0
		for i := range 15 {
			guest.say(fmt.Sprint("k-", i), "x", "")
		}
		for refused+said < 15 {
			switch name, frame := guest.next(); name {
			case wire.TypeChatMessage:
				said++
			case wire.TypeError:
				if refused++; !bytes.Contains(frame, []byte("rate-limited")) {
					t.Errorf("got %s", frame)
				}
			}
		}
		if said < 5 || said > 7 {
			t.Errorf("said %d of 15", said)
		}
		big := wire.BoardDraw{Type: wire.TypeBoardDraw, Surface: "board", Shape: wire.Drawing{Key: "big", Tool: "pen", Colour: "#000000", Width: 1}}
		for range 1000 {
			big.Shape.Points = append(big.Shape.Points, 10_000, 10_000)
		}
		guest.send(big)
		if shape := until[wire.BoardShape](guest, wire.TypeBoardShape).Shape; len(shape.Points) != 2000 {
			t.Errorf("%d coordinates", len(shape.Points))
		}
		big.Shape.Points = append(big.Shape.Points, 0, 0)
		guest.send(big)
		guest.refusedWith("invalid", wire.TypeBoardDraw, "big")
		for _, bad := range []string{
			`{"type":"chat.send","key":"` + strings.Repeat("k", 65) + `","text":"a","to":"","replyTo":"","question":false}`,
			`{"type":"board.draw","surface":"../board","shape":{"key":"bad","tool":"pen","colour":"#000000","width":1,"points":[1,2],"text":""}}`,
			`{"type":"stage.show","kind":"document","id":"d","name":"x","page":1,"pages":9999}`,
		} {
			guest.raw(bad)
			name, _ := wire.TypeOf([]byte(bad))
			key := ""
			if strings.Contains(bad, `"bad"`) {
				key = "bad"
			}
			code := "invalid"
			if name == wire.TypeStageShow {
				code = "forbidden"
			}
			guest.refusedWith(code, name, key)
		}
	})
}

// Bytes that are no text become nothing that is shown.
func TestInvalidTextIsStripped(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		s := newStand(t, over, nil)
		guest, _ := s.join(s.everybody().guest)
		guest.raw("{\"type\":\"chat.send\",\"key\":\"k\",\"text\":\"a\xff\xfe\\u0000\\u2066b\",\"to\":\"\",\"replyTo\":\"\",\"question\":false}")
		if m := until[wire.ChatEvent](guest, wire.TypeChatMessage).Message; m.Text != "ab" {
			t.Errorf("said %q", m.Text)
		}
	})
}

// TestHandOver: who is asked and declines is heard by who asked.
func TestHandOver(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		s := newStand(t, over, func(c *Config) { c.Rooms = room.New(room.Config{LeaveGrace: time.Minute}) })
		e := s.everybody()
		boss, _ := s.join(e.boss)
		colleague, _ := s.join(e.colleague)
		boss.send(wire.StageOffer{Type: wire.TypeStageOffer, Participant: "colleague"})
		if o := until[wire.StageReply](colleague, wire.TypeStageOffered); o.Participant != "boss" || o.Name != "name of boss" {
			t.Errorf("offered %+v", o)
		}
		colleague.line.hangUp()
		colleague, _ = s.join(e.again(e.colleague))
		until[wire.StageReply](colleague, wire.TypeStageOffered) // it waits
		colleague.send(wire.StageDecline{Type: wire.TypeStageDecline, Participant: "boss"})
		if d := until[wire.StageReply](boss, wire.TypeStageDeclined); d.Participant != "colleague" {
			t.Errorf("declined %+v", d)
		}
		colleague.send(wire.StageDecline{Type: wire.TypeStageDecline, Participant: "boss"})
		colleague.refusedWith("not-found", wire.TypeStageDecline, "")
	})
}
