package control

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/coopnet/coopnet/relay/internal/ballot"
	"github.com/coopnet/coopnet/relay/internal/board"
	"github.com/coopnet/coopnet/relay/internal/chat"
	"github.com/coopnet/coopnet/relay/internal/room"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/wire"
)

// FuzzReceive puts arbitrary messages through the entry of a guest's channel: it never panics, and whatever it says,
// the guest's rights stay those of its token.
func FuzzReceive(f *testing.F) {
	files, err := filepath.Glob("../../../shared/wire/testdata/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte(`{"type":"control.request","role":"internal"}`))
	f.Add([]byte(`{"type":"moderate.remove","participant":"mod"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		rooms := room.New(room.Config{})
		defer rooms.Close()
		mod, err := rooms.Join("c-1", 0, room.Participant{ID: "mod", Role: jointoken.RoleOrganizer})
		if err != nil {
			t.Fatal(err)
		}
		eve, err := rooms.Join("c-1", 0, room.Participant{ID: "eve", Role: jointoken.RoleGuest})
		if err != nil {
			t.Fatal(err)
		}
		before := mod.State()
		c := &channel{server: New(Config{Rooms: rooms}), presence: eve, claims: jointoken.Claims{Subject: "eve", Role: jointoken.RoleGuest}}
		name, err := wire.TypeOf(data)
		if err != nil {
			return
		}
		p := c.obey(name, data)
		after := mod.State()
		if p == nil && name == wire.TypeStatusSet {
			after.Participants[1].Status, after.Participants[1].StatusAt = "", before.Participants[1].StatusAt
		} else if p == nil && name != wire.TypeRoomHeartbeat {
			t.Fatalf("accepted %s", data)
		}
		if !slices.Equal(before.Participants, after.Participants) || before.Current != after.Current || before.Stage != after.Stage || before.Locked != after.Locked || before.Muted != after.Muted {
			t.Fatalf("%s changed the room to %+v", data, after)
		}
		if echoed := echo(name); len(echoed) > 64 {
			t.Fatalf("echoes %d bytes", len(echoed))
		}
	})
}

// FuzzGuest does the same for a guest who may write and point: what others have, and what an organizer decides, stays.
func FuzzGuest(f *testing.F) {
	files, err := filepath.Glob("../../../shared/wire/testdata/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte(`{"type":"chat.delete","id":"m-1"}`))
	f.Add([]byte(`{"type":"board.erase","surface":"board","shapes":["d-3"]}`))
	f.Add([]byte(`{"type":"poll.vote","poll":"v-2","options":[1]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		made := 0
		rooms := room.New(room.Config{NewID: func() string { made++; return strconv.Itoa(made) }})
		defer rooms.Close()
		join := func(id string, role jointoken.Role) *room.Presence {
			p, err := rooms.Join("c-1", 0, room.Participant{ID: id, Role: role})
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		mod, eve := join("mod", jointoken.RoleOrganizer), join("eve", jointoken.RoleGuest)
		said, _, err1 := mod.Say(chat.Message{Key: "k", Text: "mine"})
		_, _, err2 := mod.OpenPoll(ballot.Draft{Key: "k", Question: "?", Options: []string{"a", "b"}})
		err3 := mod.Draw(board.Surface{Kind: board.Whiteboard}, board.Drawing{Key: "k", Tool: "pen", Colour: "#000000", Width: 1, Points: []int{1, 2}})
		if err := errors.Join(err1, err2, err3); err != nil {
			t.Fatal(err)
		}
		before := mod.State()
		c := &channel{server: New(Config{Rooms: rooms}), presence: eve, claims: jointoken.Claims{
			Subject: "eve", Role: jointoken.RoleGuest, Permissions: []jointoken.Permission{jointoken.View, jointoken.Chat, jointoken.Annotate},
		}}
		name, err := wire.TypeOf(data)
		if err != nil {
			return
		}
		_ = c.obey(name, data)
		after := mod.State()
		for i := range after.Participants { // a guest may raise its hand
			after.Participants[i].Status, after.Participants[i].StatusAt = "", before.Participants[i].StatusAt
		}
		if !slices.Equal(before.Participants, after.Participants) || before.Stage != after.Stage || before.Locked != after.Locked || before.Muted != after.Muted {
			t.Fatalf("%s changed the room to %+v", data, after)
		}
		var drawn, polls int
		events, err := mod.Events().Next(t.Context())
		if err != nil || len(events) != 4 || events[1].Messages[0] != said {
			t.Fatalf("%s: %+v, %v", data, events, err)
		}
		for _, e := range events {
			drawn += len(e.Shapes)
			if e.Poll != nil && e.Poll.Open {
				polls++
			}
		}
		if drawn == 0 || polls != 1 {
			t.Fatalf("%s left %d shapes and %d polls", data, drawn, polls)
		}
	})
}
