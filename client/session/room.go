package session

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/coopnet/coopnet/shared/wire"
)

// Room is who is there and what is shared, as the relay has told it.
type Room struct {
	Instance     string // of the relay: another one knows nothing of the sessions that were made before
	Self         string
	participants map[string]wire.Participant
	publications map[string]wire.Publication
	audiences    map[string]wire.PublicationWatched // of own shares
}

// Audience is who watches a share of this participant.
type Audience struct {
	Known bool // the relay has told
	Count int
	Names []string // of some of them
}

// take applies a message; what is no news of the room is left alone. The relay may say more than this version knows.
func (r *Room) take(t wire.Type, frame []byte) error {
	switch t {
	case wire.TypeRoomState:
		return read(frame, r.state)
	case wire.TypeJoined, wire.TypeUpdated:
		return read(frame, func(m wire.ParticipantEvent) { r.participants[m.Participant.ID] = m.Participant })
	case wire.TypeLeft:
		return read(frame, func(m wire.ParticipantLeft) { delete(r.participants, m.ID) })
	case wire.TypePublicationStart:
		return read(frame, func(m wire.PublicationStarted) { r.publications[m.Publication.ID] = m.Publication })
	case wire.TypePublicationSet:
		return read(frame, func(m wire.PublicationUpdated) { r.publications[m.Publication.ID] = m.Publication })
	case wire.TypePublicationStop:
		return read(frame, func(m wire.PublicationStopped) { r.stopped(m.ID) })
	case wire.TypePublicationWatched:
		return read(frame, func(m wire.PublicationWatched) { r.audiences[m.ID] = m })
	}
	return nil
}

func newRoom() *Room {
	return &Room{participants: map[string]wire.Participant{}, publications: map[string]wire.Publication{}, audiences: map[string]wire.PublicationWatched{}}
}

// RoomOf is the room that a relay tells of, with who watches own shares.
func RoomOf(m wire.RoomState, watched ...wire.PublicationWatched) Room {
	r := newRoom()
	r.state(m)
	for _, w := range watched {
		r.audiences[w.ID] = w
	}
	return *r
}

// stopped forgets a share.
func (r *Room) stopped(id string) {
	delete(r.publications, id)
	delete(r.audiences, id)
}

// state begins anew. Of shares that are still there the relay will say who watches them.
func (r *Room) state(m wire.RoomState) {
	told := r.audiences
	*r = *newRoom()
	r.Instance, r.Self = m.Instance, m.Self
	for _, p := range m.Participants {
		r.participants[p.ID] = p
	}
	for _, p := range m.Publications {
		r.publications[p.ID] = p
		if a, known := told[p.ID]; known {
			r.audiences[p.ID] = a
		}
	}
}

func read[M any](frame []byte, take func(M)) error {
	var m M
	if err := json.Unmarshal(frame, &m); err != nil {
		return fmt.Errorf("read the relay's message: %w", err)
	}
	take(m)
	return nil
}

// clone is for others to keep.
func (r *Room) clone() Room {
	return Room{r.Instance, r.Self, maps.Clone(r.participants), maps.Clone(r.publications), maps.Clone(r.audiences)}
}

// Others are the other participants, in the order in which they came: everybody who may see a share.
func (r Room) Others() []wire.Participant {
	var others []wire.Participant
	for id, p := range r.participants {
		if id != r.Self {
			others = append(others, p)
		}
	}
	slices.SortFunc(others, func(a, b wire.Participant) int {
		if c := a.JoinedAt.Compare(b.JoinedAt); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return others
}

// Own are the shares of this participant.
func (r Room) Own() []wire.Publication {
	var own []wire.Publication
	for _, p := range r.publications {
		if p.Participant == r.Self {
			own = append(own, p)
		}
	}
	slices.SortFunc(own, func(a, b wire.Publication) int { return strings.Compare(a.ID, b.ID) })
	return own
}

// Audience is who watches a share of this participant.
func (r Room) Audience(id string) Audience {
	told, known := r.audiences[id]
	if !known {
		return Audience{}
	}
	a := Audience{Known: true, Count: told.Count}
	for _, p := range r.Others() {
		if slices.Contains(told.Viewers, p.ID) {
			a.Names = append(a.Names, p.Name)
		}
	}
	return a
}
