package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/coopnet/coopnet/relay/internal/room"
	"github.com/coopnet/coopnet/relay/internal/stage"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/wire"
)

func TestNoHelloInTime(t *testing.T) {
	s := newStand(t, overSocket, func(c *Config) { c.HelloTimeout = 50 * time.Millisecond })
	s.dial().closed(CloseSilent)
}

func TestHeartbeatsKeepTheChannelAndSilenceEndsIt(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		s := newStand(t, over, func(c *Config) { c.Heartbeat, c.Silence = 20*time.Millisecond, 200*time.Millisecond })
		eve, _ := s.guest("eve")
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		start := time.Now()
		for time.Since(start) < 600*time.Millisecond { // three silences long
			frame, err := eve.line.read(ctx)
			if err != nil || string(frame) != heartbeat {
				t.Fatalf("%s, %v", frame, err)
			}
			if err := eve.line.write(ctx, string(frame)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(40 * time.Millisecond) // a calm pace, well below the limit
		}
		if over == overHTTP { // fetching is a sign of life
			s.until("eve is gone", func() bool { return s.rooms.Stats().Participants == 0 })
		}
		for {
			if _, err := eve.line.read(ctx); err != nil {
				if websocket.CloseStatus(err) != CloseSilent {
					t.Errorf("closed with %v", err)
				}
				return
			}
		}
	})
}

func TestNewerChannelReplacesTheOlder(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		s := newStand(t, over, nil)
		older, _ := s.guest("eve")
		newer, state := s.guest("eve")
		older.closed(CloseReplaced)
		if len(state.Participants) != 1 {
			t.Errorf("participants %+v", state.Participants)
		}
		newer.send(wire.StatusSet{Type: wire.TypeStatusSet, Status: "away"})
		if updated := expect[wire.ParticipantEvent](newer, wire.TypeUpdated); updated.Participant.ID != "eve" {
			t.Errorf("updated %+v", updated)
		}
	})
}

// A page that took its hello for lost says another one with a fresh token, and the first may still arrive.
func TestHelloThatWasHeldUpReplacesNobody(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		s := newStand(t, over, nil)
		heldUp := s.claims("eve", jointoken.RoleGuest)
		heldUp.IssuedAt = heldUp.IssuedAt.Add(-3 * time.Second)
		eve, _ := s.guest("eve")
		late := s.dial()
		late.raw(s.helloOf(heldUp))
		late.closed(CloseReplaced)
		eve.send(wire.StatusSet{Type: wire.TypeStatusSet, Status: "away"})
		if updated := expect[wire.ParticipantEvent](eve, wire.TypeUpdated); updated.Participant.Status != "away" {
			t.Errorf("updated %+v", updated)
		}
		eve.line.hangUp()
		s.until("nobody has a seat", func() bool { return s.server.Stats().Connections == 0 })
		heldUp.ID = "fresh"
		s.join(heldUp)
	})
}

func TestModeration(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		s := newStand(t, over, nil)
		eve, _ := s.guest("eve")
		moderator, _ := s.join(s.claims("mod", jointoken.RoleOrganizer, jointoken.Moderate))
		remove := func(id string) { moderator.send(wire.ModerateRemove{Type: wire.TypeModerateRemove, Participant: id}) }
		remove("nobody")
		moderator.refused("not-found", wire.TypeModerateRemove)
		remove("mod")
		moderator.refused("conflict", wire.TypeModerateRemove)
		expect[wire.ParticipantEvent](eve, wire.TypeJoined)
		remove("eve")
		if ended := expect[wire.RoomEnded](eve, wire.TypeRoomEnded); ended.Reason != "removed" {
			t.Errorf("got %+v", ended)
		}
		eve.closed(CloseRemoved)
		if left := expect[wire.ParticipantLeft](moderator, wire.TypeLeft); left.ID != "eve" {
			t.Errorf("left %+v", left)
		}
		again := s.dial()
		again.send(wire.Hello{Type: wire.TypeHello, Token: s.sign(s.claims("eve", jointoken.RoleGuest))})
		if ended := expect[wire.RoomEnded](again, wire.TypeRoomEnded); ended.Reason != "removed" {
			t.Errorf("again: %+v", ended)
		}
		again.closed(CloseRemoved)
	})
}

func TestEndOfTheConference(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		s := newStand(t, over, nil)
		eve, _ := s.guest("eve")
		s.rooms.End("c-1")
		if ended := expect[wire.RoomEnded](eve, wire.TypeRoomEnded); ended.Reason != "ended" {
			t.Errorf("got %+v", ended)
		}
		eve.closed(CloseEnded)
	})
}

func TestShutdown(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		s := newStand(t, over, nil)
		eve, _ := s.guest("eve")
		callers := []*caller{eve}
		if over == overSocket { // over HTTP nobody is let in before the hello
			callers = append(callers, s.dial())
		}
		done := make(chan error, 1)
		go func() { done <- s.server.Shutdown(context.Background()) }()
		for _, c := range callers {
			if ended := expect[wire.RoomEnded](c, wire.TypeRoomEnded); ended.Reason != "draining" {
				t.Errorf("got %+v", ended)
			}
			c.closed(websocket.StatusGoingAway)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		_, response, err := s.dialSocket(t.Context())
		if err == nil || response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" {
			t.Errorf("after the shutdown: %v, %+v", err, response)
		}
	})
}

func TestShutdownCutsWhoDoesNotAnswer(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		s := newStand(t, over, func(c *Config) { c.CloseTimeout = time.Minute })
		s.guest("eve") // reads nothing more, so that it never answers the close
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		start := time.Now()
		if err := s.server.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

func TestPlacesAreBounded(t *testing.T) {
	s := newStand(t, overSocket, func(c *Config) { c.MaxConnections, c.MaxPending = 3, 1 })
	full := func() {
		t.Helper()
		_, response, err := s.dialSocket(t.Context())
		if err == nil || response.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("got %v, %+v", err, response)
		}
	}
	s.guest("ann")
	s.guest("bob")
	stranger := s.dial()
	full() // one is pending
	stranger.send(wire.Hello{Type: wire.TypeHello, Token: s.sign(s.claims("eve", jointoken.RoleGuest))})
	expect[wire.RoomState](stranger, wire.TypeRoomState)
	full() // three are connected
	if got := s.server.Stats(); got.Connections != 3 || got.Pending != 0 {
		t.Errorf("stats %+v", got)
	}
}

// A participant that reads nothing is dropped, and nobody else waits for it.
func TestSlowReader(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		s := newStand(t, over, func(c *Config) {
			c.WriteTimeout, c.Rooms = time.Second, room.New(room.Config{QueueLength: 8}) // small batches: ann is slow too, under the race detector
		})
		ann, _ := s.guest("ann")
		s.guest("slow")
		expect[wire.ParticipantEvent](ann, wire.TypeJoined)
		presenter, err := s.rooms.Join("c-1", 0, room.Participant{ID: "presenter", Role: jointoken.RoleInternal})
		if err != nil {
			t.Fatal(err)
		}
		expect[wire.ParticipantEvent](ann, wire.TypeJoined)
		done := make(chan struct{})
		go func() { // large events, until the kernel's buffers towards slow are full
			defer close(done)
			status := [2]string{strings.Repeat("x", 64<<10), strings.Repeat("y", 64<<10)}
			for i := 0; s.rooms.Stats().Participants == 3 && t.Context().Err() == nil; i++ {
				presenter.SetStatus(status[i%2])
				time.Sleep(time.Millisecond)
			}
		}()
		for left := false; !left; {
			name, frame := ann.next()
			named := strings.Contains(string(frame), `"slow"`)
			left = (name == wire.TypeLeft && named) || (name == wire.TypeRoomState && !named)
		}
		<-done
	})
}

// TestManyAtOnce: fifty participants come at the same time, each sees every other, and all go.
func TestManyAtOnce(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		s := newStand(t, over, nil)
		const many = 50
		var all, met sync.WaitGroup
		met.Add(many)
		errs := make(chan error, many)
		for i := range many {
			token := s.sign(s.claims(fmt.Sprint("p", i), jointoken.RoleGuest, jointoken.View))
			all.Go(func() { errs <- s.meet(t.Context(), token, many, &met) })
		}
		all.Wait()
		for range many {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
	})
}

// meet joins, reads until it has seen many participants, and leaves when all the others have too.
func (s *stand) meet(ctx context.Context, token string, many int, met *sync.WaitGroup) error {
	seenAll := sync.OnceFunc(met.Done)
	defer seenAll()
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	who, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer who.hangUp()
	if err := who.write(ctx, `{"type":"hello","token":"`+token+`"}`); err != nil {
		return err
	}
	seen := make(map[string]bool)
	for len(seen) < many {
		frame, err := who.read(ctx)
		if err != nil {
			return fmt.Errorf("after %d of %d: %w", len(seen), many, err)
		}
		var m struct {
			Participant  wire.Participant
			Participants []wire.Participant
		}
		if err := json.Unmarshal(frame, &m); err != nil {
			return err
		}
		for _, p := range append(m.Participants, m.Participant) {
			if p.ID != "" {
				seen[p.ID] = true
			}
		}
	}
	seenAll()
	met.Wait()
	return nil
}

// TestGoldenFiles sends every golden message of shared/wire: those of a participant are obeyed or refused for what
// they say, never for their shape; those of the relay are not accepted from a participant.
func TestGoldenFiles(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		answers := map[wire.Type]string{ // "" means accepted; those of the relay are invalid
			wire.TypeHello: "invalid", wire.TypeRoomHeartbeat: "", wire.TypeViewSelect: "not-found", wire.TypeStatusSet: "",
			wire.TypeModerateRemove: "not-found", wire.TypeModerateHand: "not-found", wire.TypeModerateLock: "", wire.TypeModerateMute: "not-found",
			wire.TypeChatSend: "", wire.TypeChatDelete: "not-found", wire.TypeChatAnswer: "not-found",
			wire.TypePollOpen: "", wire.TypePollVote: "not-found", wire.TypePollClose: "not-found", wire.TypePollDelete: "not-found",
			wire.TypeBoardDraw: "", wire.TypeBoardErase: "", wire.TypeBoardClear: "", wire.TypePointerMove: "not-found", wire.TypePointerHide: "",
			wire.TypeStageShow: "", wire.TypeStageOffer: "not-found", wire.TypeStageDecline: "not-found", wire.TypeDocumentChanged: "",
			wire.TypeControlRequest: "control-denied", wire.TypeControlGrant: "control-denied", wire.TypeControlDeny: "control-denied",
			wire.TypeControlRevoke: "control-denied", wire.TypeControlInput: "control-denied", wire.TypeControlWithdraw: "control-denied",
		}
		for _, name := range []wire.Type{
			wire.TypeRoomState, wire.TypeRoomUpdated, wire.TypeRoomEnded, wire.TypeJoined, wire.TypeUpdated, wire.TypeLeft, wire.TypePublicationStart,
			wire.TypePublicationSet, wire.TypePublicationStop, wire.TypePublicationWatched, wire.TypeError, wire.TypeChatMessage, wire.TypeChatUpdated, wire.TypeChatDeleted,
			wire.TypeChatHistory, wire.TypePollUpdated, wire.TypePollDeleted, wire.TypeBoardShape, wire.TypeBoardErased, wire.TypeBoardCleared,
			wire.TypeBoardHistory, wire.TypePointerMoved, wire.TypePointerHidden, wire.TypeStageShown, wire.TypeStageOffered, wire.TypeStageDeclined,
		} {
			answers[name] = "invalid"
		}
		files, err := filepath.Glob("../../../shared/wire/testdata/*.json")
		if err != nil || len(files) == 0 {
			t.Fatalf("%d golden files, %v", len(files), err)
		}
		s := newStand(t, over, nil)
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			name, err := wire.TypeOf(raw)
			if err != nil {
				t.Fatal(err)
			}
			want, known := answers[name]
			if !known {
				t.Errorf("%s: a message that this test does not know", file)
				continue
			}
			delete(answers, name)
			mod := s.claims("mod", jointoken.RoleOrganizer, jointoken.View, jointoken.Share, jointoken.Chat, jointoken.Annotate, jointoken.Moderate)
			mod.Conference = "c-" + string(name) // what is said in one is not heard in the next
			c, _ := s.join(mod)
			c.raw(string(raw))
			if want != "" {
				c.refused(want, name)
			}
			c.raw(`{"type":"probe"}`) // whatever came before has been handled when this is answered
			for {
				got, frame := c.next()
				if want == "" && got != wire.TypeError {
					continue
				}
				if got != wire.TypeError || !strings.Contains(string(frame), `"probe"`) {
					t.Errorf("%s: %s", file, frame)
				}
				break
			}
			c.line.hangUp()
		}
		if len(answers) > 0 {
			t.Errorf("no golden file for %v", answers)
		}
	})
}

// TestStateIsTheGoldenShape: what the relay writes has exactly the members of the golden file, in its order.
func TestStateIsTheGoldenShape(t *testing.T) {
	raw, err := os.ReadFile("../../../shared/wire/testdata/room.state.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden wire.RoomState
	if err := wire.Decode(raw, &golden); err != nil {
		t.Fatal(err)
	}
	shown := golden.Stage
	state := room.State{
		Conference: golden.Conference, Current: golden.Current, Selected: golden.Selected,
		Stage: stage.View{Kind: stage.Kind(shown.Kind), ID: shown.ID, Participant: shown.Participant}, Locked: golden.Locked, Muted: golden.Muted,
	}
	for _, p := range golden.Participants {
		state.Participants = append(state.Participants, room.Participant{
			ID: p.ID, Name: p.Name, Role: jointoken.Role(p.Role), Status: p.Status, StatusAt: p.StatusAt, JoinedAt: p.JoinedAt, Presents: p.Presents, Muted: p.Muted,
		})
	}
	for _, p := range golden.Publications {
		state.Publications = append(state.Publications, room.Publication(p))
	}
	c := &channel{server: &Server{instance: "9pQz3T-x"}, claims: jointoken.Claims{Subject: golden.Self}}
	got, err := json.Marshal(c.message(room.Event{Kind: room.RoomState, State: &state}))
	if err != nil || string(got) != strings.TrimSpace(string(raw)) {
		t.Errorf("got  %s (%v)\nwant %s", got, err, raw)
	}
	if empty, _ := json.Marshal(c.roomState(&room.State{})); !strings.Contains(string(empty), `"participants":[],"publications":[]`) {
		t.Errorf("empty lists are not lists: %s", empty)
	}
}
