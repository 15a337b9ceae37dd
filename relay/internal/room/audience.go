package room

import (
	"slices"

	"github.com/coopnet/coopnet/relay/internal/stage"
)

// maxViewers bounds the ids of an Audience. The others are counted.
const maxViewers = 50

// Audience is who watches a share: those whose sessions its pictures go to now, the presenter apart. While the conference
// looks at something else than a share, it is those of them who have picked this one.
type Audience struct {
	Publication string
	Count       int      // of participants
	Viewers     []string // the first of them, in the order of their joining
}

// Watch says that the pictures of a publication go to this session now; "" is none.
func (p *Presence) Watch(publication string) {
	_ = p.change(func(r *room, _ *member, _ *notices) error { // who is gone watches nothing
		if p.watches != publication {
			p.watches = publication
			r.views++
		}
		return nil
	})
}

// Audiences are those of the participant's own shares, as far as they are not what this presence was told before. Nothing
// wakes who would be told: a channel asks at its own pace, so that a rush of viewers is one answer.
func (p *Presence) Audiences() []Audience {
	r := p.room
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.memberOf(p) == nil || p.told.views == r.views {
		return nil
	}
	var news []Audience
	told := told{views: r.views}
	for _, s := range r.publications {
		if s.Participant != p.participant {
			continue
		}
		now := r.audience(s)
		told.audiences = append(told.audiences, now)
		if !p.told.has(now) {
			news = append(news, now)
		}
	}
	p.told = told
	return news
}

// told is what a presence knows of its audiences.
type told struct {
	views     uint64 // room.views of then; 0: nothing is known
	audiences []Audience
}

func (t told) has(a Audience) bool {
	return slices.ContainsFunc(t.audiences, func(known Audience) bool {
		return known.Publication == a.Publication && known.Count == a.Count && slices.Equal(known.Viewers, a.Viewers)
	})
}

func (r *room) audience(s share) Audience {
	a := Audience{Publication: s.ID, Viewers: []string{}}
	for _, m := range r.joined {
		if m.ID == s.Participant || !m.watches(s.ID) || r.talk.stage.Kind != stage.Share && m.selected != s.ID {
			continue
		}
		if a.Count++; len(a.Viewers) < maxViewers {
			a.Viewers = append(a.Viewers, m.ID)
		}
	}
	return a
}

// watches: in one session or in several.
func (m *member) watches(publication string) bool {
	for p := range m.presences {
		if p.watches == publication {
			return true
		}
	}
	return false
}
