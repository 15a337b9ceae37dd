package room

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coopnet/coopnet/relay/internal/ballot"
	"github.com/coopnet/coopnet/relay/internal/board"
	"github.com/coopnet/coopnet/relay/internal/chat"
	"github.com/coopnet/coopnet/relay/internal/grant"
	"github.com/coopnet/coopnet/relay/internal/stage"
	"github.com/coopnet/coopnet/shared/jointoken"
)

// world is a set of rooms under random operations, beside what must be true of them.
type world struct {
	t         testing.TB
	rooms     *Rooms
	presences []*Presence
	queues    map[*Presence]*Queue
	replicas  map[*Presence]*replica
	published int
	made      int
	granted   string // the latest
}

// newID is called under the lock of any room.
func (w *world) newID() string {
	w.made++
	return strconv.Itoa(w.made)
}

// step does one operation that three bytes of input choose.
func (w *world) step(op, a, b byte) {
	conference, id := "c"+strconv.Itoa(int(a%3)), "p"+strconv.Itoa(int(b%6))
	if op%28 < 4 || len(w.presences) == 0 {
		w.join(conference, id)
		return
	}
	p := w.presences[int(a)%len(w.presences)]
	pub := "s" + strconv.Itoa(int(b)%max(w.published, 1))
	switch op %= 28; op {
	case 4, 5:
		p.Leave()
	case 6, 7, 8:
		if err := p.Publish(Publication{ID: "s" + strconv.Itoa(w.published), Control: b%2 == 0}); err == nil {
			w.published++
		} else if !errors.Is(err, ErrLimit) && !errors.Is(err, ErrGone) {
			w.t.Fatalf("publish: %v", err)
		}
	case 9:
		switch b % 4 {
		case 0:
			_ = p.Reserve()
		case 1:
			p.Interrupt(pub, b%8 < 4)
		default:
			p.Unpublish(pub)
		}
	case 10, 11:
		if err := p.Select(pub); err == nil && p.Target() != pub {
			w.t.Fatalf("selected %s, views %s", pub, p.Target())
		}
	case 12:
		p.SetStatus(strconv.Itoa(int(b % 3)))
	case 13:
		_ = p.Remove(id)
	case 14:
		time.Sleep(time.Duration(b%8) * time.Second)
	case 15:
		if b == 0 {
			w.rooms.End(conference)
		}
		_ = p.Select("")
	case 24, 25, 26, 27:
		w.control(p, pub, op, b)
	default:
		w.talk(p, op, a, b)
	}
}

// control asks for, gives, uses and ends control.
func (w *world) control(p *Presence, pub string, op, b byte) {
	switch op {
	case 24:
		p.Listen(uint64(b / 4))
		_ = p.Publish(Publication{ID: "s" + strconv.Itoa(w.published), Control: true})
		w.published++
	case 25:
		_ = p.RequestControl(strconv.Itoa(w.made), pub, "token")
	case 26:
		for _, other := range w.presences {
			_ = other.RequestControl(strconv.Itoa(w.made), "s"+strconv.Itoa(w.published-1), "token")
		}
		for _, other := range w.presences {
			w.answer(other, b)
		}
	default:
		for _, other := range w.presences { // one of them may
			if other.Control(w.granted, nil, b%2 == 0) != nil && b%8 == 0 {
				_ = other.RevokeControl(w.granted)
			}
			other.LapseControl()
		}
	}
}

// answer reads the letters of a channel and answers what it is asked.
func (w *world) answer(p *Presence, b byte) {
	for _, l := range p.Letters() {
		switch {
		case l.Kind == ControlAsked && b%4 == 0:
			_ = p.DenyControl(l.Grant.Request.ID, grant.Denied)
		case l.Kind == ControlAsked:
			if g, err := p.GrantControl(l.Grant.Request.ID); err == nil {
				w.granted = g.ID
			}
		}
	}
}

// talk says, asks, draws and shows things; ids are those of a small world.
func (w *world) talk(p *Presence, op, a, b byte) {
	key, id, on := strconv.Itoa(w.made-int(b%5)), strconv.Itoa(w.made-int(b%8)), board.Surface{Kind: board.Whiteboard}
	if a%2 == 0 {
		on = board.OnShare("s" + strconv.Itoa(int(b)%max(w.published, 1)))
	}
	switch op {
	case 16, 17:
		to := ""
		if a%4 == 0 {
			to = "p" + strconv.Itoa(int(b%6))
		}
		_, _, _ = p.Say(chat.Message{Key: key, Text: "x", To: to, Question: a%4 == 1})
	case 18:
		_ = p.Answer("m-"+id, b%2 == 0, true)
		_ = p.Unsay("m-"+id, a%2 == 0)
	case 19:
		_, _, _ = p.OpenPoll(ballot.Draft{Key: key, Question: "?", Options: []string{"a", "b"}, Secret: a%2 == 0})
	case 20:
		_ = p.Vote("v-"+id, []int{int(a % 2)})
		if a%8 == 0 {
			_ = p.ClosePoll("v-"+id, true)
		} else if a%8 == 1 {
			_ = p.DeletePoll("v-"+id, true)
		}
	case 21:
		_ = p.Draw(on, drawing(key, 1+int(b)))
		_ = p.Point(on, int(a), int(b))
	case 22:
		_ = p.Erase(on, []string{"d-" + id}, a%3 == 0)
		if b%8 == 0 {
			_ = p.Clear(on)
		}
	case 23:
		w.order(p, a, b)
	}
}

func (w *world) order(p *Presence, a, b byte) {
	other := "p" + strconv.Itoa(int(b%6))
	switch a % 6 {
	case 0:
		_ = p.Show(stage.View{Kind: stage.Board})
	case 1:
		_ = p.Show(stage.View{Kind: stage.Share, ID: "s" + strconv.Itoa(int(b)%max(w.published, 1))})
	case 2:
		_ = p.Lock(b%4 == 0)
	case 3:
		_ = p.Mute(other, b%2 == 0)
		_ = p.Hush(b%3 == 0)
	case 4:
		_ = p.Offer(other)
		_ = p.DocumentsChanged()
	case 5:
		_ = p.Decline(other)
		_ = p.LowerHand(other)
		_ = p.HidePointer()
	}
}

func (w *world) join(conference, id string) {
	who := person(id)
	if id > "p2" {
		who.Role, who.Controls = jointoken.RoleInternal, true
	}
	who.Software, who.Presents = w.made%3 == 0, w.made%5 == 0
	p, err := w.rooms.Join(conference, 0, who)
	if err != nil {
		if !errors.Is(err, ErrFull) && !errors.Is(err, ErrRemoved) && !errors.Is(err, ErrEnded) && !errors.Is(err, ErrLocked) {
			w.t.Fatalf("join: %v", err)
		}
		return
	}
	w.presences = append(w.presences, p)
	w.queues[p], w.replicas[p] = p.Events(), &replica{}
}

// check compares what everybody sees with what must be true.
func (w *world) check() {
	w.t.Helper()
	time.Sleep(pollPause)
	synctest.Wait()
	type counted struct{ participants, publications int }
	rooms := make(map[string]counted)
	for _, p := range w.presences {
		s := p.State()
		if p.gone {
			if len(s.Participants) != 0 && p.reason == ReasonEnded {
				w.t.Fatalf("an ended room has %v", s.Participants)
			}
			continue
		}
		if p.reason != "" {
			w.t.Fatalf("reason %q of a live presence", p.reason)
		}
		live := func(id string) bool {
			return id == "" || slices.ContainsFunc(s.Publications, func(pub Publication) bool { return pub.ID == id })
		}
		if !live(s.Current) || !live(s.Selected) || !live(p.Target()) {
			w.t.Fatalf("current %q, selected %q, target %q of %v", s.Current, s.Selected, p.Target(), s.Publications)
		}
		if (s.Current == "") != (len(s.Publications) == 0) {
			w.t.Fatalf("current %q of %v", s.Current, s.Publications)
		}
		for _, pub := range s.Publications {
			if !slices.Contains(ids(s), pub.Participant) {
				w.t.Fatalf("publication of somebody who left: %+v", pub)
			}
		}
		if !slices.Contains(ids(s), p.participant) {
			w.t.Fatalf("%s is not in its own list %v", p.participant, ids(s))
		}
		rooms[s.Conference] = counted{len(s.Participants), len(s.Publications)}
		if limit := w.rooms.cfg.MaxPublications; len(s.Publications) > limit {
			w.t.Fatalf("%d publications, %d may be", len(s.Publications), limit)
		}
		w.checkControl(p)
		if kept := w.kept(p.room); p.room.reserved != kept {
			w.t.Fatalf("%d places are reserved, %d presences hold one", p.room.reserved, kept)
		}
		c := w.replicas[p]
		c.pending(w.t, w.queues[p])
		c.check(w.t, p)
		if s.Stage.Kind == stage.Share && s.Stage.ID != s.Current {
			w.t.Fatalf("on stage is %+v, the screen is %q", s.Stage, s.Current)
		}
		for id, m := range c.said {
			if !m.ReadBy(p.participant) {
				w.t.Fatalf("%s reads %s: %+v", p.participant, id, m)
			}
		}
	}
	// Rooms where everybody is in the grace are seen by nobody here, so the totals may be larger, not smaller.
	var total counted
	for _, r := range rooms {
		total.participants += r.participants
		total.publications += r.publications
	}
	got := w.rooms.Stats()
	if got.Rooms < len(rooms) || got.Participants < total.participants || got.Publications != total.publications {
		w.t.Fatalf("stats %+v, seen %d rooms with %+v", got, len(rooms), total)
	}
	if w.rooms.cfg.LeaveGrace == 0 && (got.Rooms != len(rooms) || got.Participants != total.participants) {
		w.t.Fatalf("stats %+v, seen %d rooms with %+v", got, len(rooms), total)
	}
}

// checkControl: who controls a share has a grant, on channels that are there, and only who may control has one.
func (w *world) checkControl(p *Presence) {
	w.t.Helper()
	p.LapseControl()
	r, grants := p.room, 0
	for _, s := range r.publications {
		if by := r.members[s.Controller]; s.Controller != "" && (!s.Control || by == nil || by.Role == jointoken.RoleGuest || by.ID == s.Participant) {
			w.t.Fatalf("%+v is controlled", s.Publication)
		} else if by != nil {
			grants++
		}
	}
	if open := r.book.Len(); grants > open || open > len(r.publications) || (open > 0) != r.dealing.Load() {
		w.t.Fatalf("%d shares are controlled, %d entries, %d shares", grants, open, len(r.publications))
	}
	for number, at := range r.desks {
		if at.gone || at.desk == nil || at.number != number || len(at.desk.letters) > maxLetters+4*len(r.publications)+8 {
			w.t.Fatalf("desk %d: %+v", number, at.desk)
		}
	}
}

// kept counts the presences that hold a place in the room.
func (w *world) kept(r *room) int {
	n := 0
	for _, p := range w.presences {
		if p.room == r && p.reserved {
			n++
		}
	}
	return n
}

func runModel(t *testing.T, operations []byte) {
	for _, grace := range []time.Duration{0, 5 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			w := &world{
				t:      t,
				queues: make(map[*Presence]*Queue), replicas: make(map[*Presence]*replica),
			}
			w.rooms = New(Config{MaxParticipants: 4, MaxPublications: 3, QueueLength: 5, LeaveGrace: grace, NewID: w.newID})
			for i := 0; i+2 < len(operations); i += 3 {
				w.step(operations[i], operations[i+1], operations[i+2])
				synctest.Wait()
				if i%4 == 0 { // now and then only, so that queues overflow too
					w.check()
				}
			}
			w.check()
			for _, p := range w.presences {
				p.Leave()
			}
			time.Sleep(grace)
			synctest.Wait()
			if got := w.rooms.Stats(); got != (Stats{}) {
				t.Fatalf("after everybody left: %+v", got)
			}
			w.rooms.Close()
		})
	}
}

func TestModel(t *testing.T) {
	for seed := range uint64(60) {
		source := rand.NewChaCha8([32]byte{byte(seed)})
		operations := make([]byte, 900)
		_, _ = source.Read(operations)
		t.Run(fmt.Sprint(seed), func(t *testing.T) { runModel(t, operations) })
	}
}

func FuzzModel(f *testing.F) {
	f.Add([]byte{0, 0, 0, 6, 0, 0, 0, 0, 1, 10, 1, 0, 4, 0, 0, 14, 0, 7})
	f.Fuzz(func(t *testing.T, operations []byte) {
		if len(operations) > 600 {
			return
		}
		runModel(t, operations)
	})
}

// TestRacing does everything at once from many goroutines; the race detector and the final counts judge.
func TestRacing(t *testing.T) {
	rs := New(Config{LeaveGrace: time.Microsecond, QueueLength: 8, MaxPublications: 4})
	ctx, cancel := context.WithCancel(t.Context())
	var workers sync.WaitGroup
	for worker := range 16 {
		workers.Go(func() {
			for i := range 60 {
				race(ctx, rs, fmt.Sprintf("p%d", (worker+i)%5), fmt.Sprintf("%d-%d", worker, i), i)
			}
		})
	}
	for i := range 50 {
		rs.End("c" + strconv.Itoa(3+i%2)) // conferences that come to their end while people join
		rs.Stats()
	}
	workers.Wait()
	cancel()
	rs.Close()
	if got := rs.Stats(); got != (Stats{}) {
		t.Errorf("after Close: %+v", got)
	}
}

func race(ctx context.Context, rs *Rooms, id, share string, i int) {
	p, err := rs.Join("c"+strconv.Itoa(i%5), 0, person(id))
	if err != nil {
		return
	}
	var reader sync.WaitGroup
	defer reader.Wait()
	defer p.Leave()
	reader.Go(func() {
		q := p.Events()
		for {
			if _, err := q.Next(ctx); err != nil {
				return
			}
		}
	})
	_ = p.Publish(Publication{ID: share})
	_ = p.Select(share)
	p.SetStatus(share)
	_, _, _ = p.State(), p.Target(), p.Participant()
	if i%20 == 0 {
		_ = p.Remove(id)
	}
	said, _, _ := p.Say(chat.Message{Key: share, Text: share})
	if said != nil {
		_ = p.Unsay(said.ID, false)
	}
	if v, _, err := p.OpenPoll(ballot.Draft{Key: share, Question: share, Options: []string{"a", "b"}}); err == nil {
		_ = p.Vote(v.ID, []int{i % 2})
		_ = p.DeletePoll(v.ID, false)
	}
	on := board.OnShare(share)
	_, _, _ = p.Draw(on, drawing(share, 2)), p.Point(on, i, i), p.Clear(on)
	_, _, _ = p.Offer(id), p.Mute(id, i%2 == 0), p.Show(stage.View{Kind: stage.Board})
	p.Unpublish(share)
}

// TestOneSeatEach: as many join at once as there are seats, each participant twice, and twice as many as that.
func TestOneSeatEach(t *testing.T) {
	const seats = 100
	rs := New(Config{MaxParticipants: seats})
	defer rs.Close()
	var joins sync.WaitGroup
	var mu sync.Mutex
	in := make(map[string]int)
	for i := range 4 * seats {
		joins.Go(func() {
			id := strconv.Itoa(i % (2 * seats))
			p, err := rs.Join("c", 0, person(id))
			if err != nil {
				if !errors.Is(err, ErrFull) {
					t.Error(err)
				}
				return
			}
			mu.Lock()
			defer mu.Unlock()
			in[p.Participant().ID]++
		})
	}
	joins.Wait()
	if got := rs.Stats(); got.Participants != seats || len(in) != seats {
		t.Errorf("%d seats taken, %d participants in", got.Participants, len(in))
	}
}
