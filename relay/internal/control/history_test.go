package control

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/relay/internal/room"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/wire"
)

// Long histories come in pieces of 32 KiB, on a carrier that takes 256 KiB at a time too, and none is lost.
func TestLongHistories(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		s := newStand(t, over, nil)
		e := s.everybody()
		const shapes = 45
		for who := range 5 { // each may draw so much at once
			p, err := s.rooms.Join("c-1", 0, room.ParticipantOf(s.claims(fmt.Sprint("drawer", who), jointoken.RoleInternal, jointoken.Annotate)))
			if err != nil {
				t.Fatal(err)
			}
			c := &channel{server: s.server, presence: p, claims: s.claims("drawer", jointoken.RoleInternal, jointoken.Annotate, jointoken.Chat)}
			for i := range shapes / 5 {
				draw := wire.BoardDraw{Type: wire.TypeBoardDraw, Surface: "page/d/1", Shape: wire.Drawing{Key: fmt.Sprint(i), Tool: "marker", Colour: "#ffff00", Width: 9}}
				for j := range 2000 {
					draw.Shape.Points = append(draw.Shape.Points, (1000*i+7*j)%10_000)
				}
				data, _ := json.Marshal(draw)
				if p := c.obey(wire.TypeBoardDraw, data); p != nil {
					t.Fatal(p)
				}
			}
			for i := range 5 {
				data, _ := json.Marshal(wire.ChatSend{Type: wire.TypeChatSend, Key: fmt.Sprint("t", i), Text: strings.Repeat("<", 2000)})
				if p := c.obey(wire.TypeChatSend, data); p != nil {
					t.Fatal(p)
				}
			}
		}
		guest, _ := s.join(e.guest)
		said, drawn := map[string]bool{}, map[string]bool{}
		for len(said) < 25 || len(drawn) < shapes {
			name, frame := guest.next()
			if len(frame) > wire.MaxHistory {
				t.Fatalf("%s of %d bytes", name, len(frame))
			}
			var some struct {
				Messages []wire.ChatMessage `json:"messages"`
				Shapes   []wire.Shape       `json:"shapes"`
			}
			if err := json.Unmarshal(frame, &some); err != nil {
				t.Fatal(err)
			}
			for _, m := range some.Messages {
				said[m.ID] = true
			}
			for _, d := range some.Shapes {
				drawn[d.ID] = len(d.Points) == 2000
			}
		}
	})
}

// TestASlowReaderGetsTheLastState: somebody points and draws for as long as nobody reads; then what came only once is
// there, and of the rest the end.
func TestASlowReaderGetsTheLastState(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		s := newStand(t, over, func(c *Config) { c.Heartbeat, c.Silence, c.WriteTimeout = time.Hour, time.Hour, time.Minute })
		e := s.everybody()
		slow, _ := s.join(e.guest)
		p, err := s.rooms.Join("c-1", 0, room.ParticipantOf(e.colleague))
		if err != nil {
			t.Fatal(err)
		}
		c := &channel{server: s.server, presence: p, claims: e.colleague}
		obey := func(message any) {
			data, err := json.Marshal(message)
			if err != nil {
				t.Fatal(err)
			}
			name, _ := wire.TypeOf(data)
			if p := c.obey(name, data); p != nil {
				t.Fatal(p)
			}
		}
		obey(wire.ChatSend{Type: wire.TypeChatSend, Key: "k", Text: "once"})
		const moves = 20_000
		for i := range moves {
			obey(wire.PointerMove{Type: wire.TypePointerMove, Surface: "board", X: i % 9000, Y: 1})
		}
		obey(wire.PointerMove{Type: wire.TypePointerMove, Surface: "board", X: 9999, Y: 1})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		told, heard := 0, false
		for {
			frame, err := slow.line.read(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if told++; bytes.Contains(frame, []byte(`"once"`)) {
				heard = true
			}
			if bytes.Contains(frame, []byte(`"x":9999`)) {
				break
			}
		}
		if !heard || told > 200 {
			t.Errorf("told %d times; heard the message: %v", told, heard)
		}
	})
}
