// Package ballot keeps the polls of one room: what is asked, who has voted what, and who may see the votes. Pure state,
// without a lock.
package ballot

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
	ErrInvalid  = errors.New("ballot: not a poll, or not a vote")
	ErrNotFound = errors.New("ballot: no such poll")
	ErrDenied   = errors.New("ballot: somebody else's poll")
	ErrFull     = errors.New("ballot: too many polls, or voters")
	ErrClosed   = errors.New("ballot: the poll is closed")
)

const (
	maxPolls    = 20
	maxQuestion = 300 // characters
	minOptions  = 2
	maxOptions  = 10
	maxOption   = 100   // characters
	maxVoters   = 5_000 // more than a room has at once, because people come and go
)

// Draft is a poll to open.
type Draft struct {
	ID, Key           string
	Participant, Name string // who opens it
	Question          string
	Options           []string
	Multiple, Secret  bool
	At                time.Time
}

// View is a poll as one participant sees it.
type View struct {
	Draft
	Open   bool
	Hidden bool  // Votes says nothing
	Votes  []int // for each option
	Voters int
	Own    []int // the participant's own vote
}

type poll struct {
	Draft
	open  bool
	votes map[string]choice // by participant
	count [maxOptions]int
}

// choice is a set of options.
type choice uint16

func (c choice) has(option int) bool { return c&(1<<option) != 0 }

// Box holds the polls of a room.
type Box struct {
	polls []*poll // the oldest first
	keys  *once.Keys
}

// New returns an empty box.
func New() *Box { return &Box{keys: once.New()} }

// Open adds a poll and gives its id. Under a key that was used before it gives the id of then, and fresh is false. It
// refuses with ErrInvalid, ErrFull, and ErrNotFound where the poll of then is gone.
func (b *Box) Open(d Draft) (id string, fresh bool, err error) {
	if !clean(&d) {
		return "", false, ErrInvalid
	}
	key := once.Key{Participant: d.Participant, Key: d.Key}
	switch id, spent := b.keys.Find(key); {
	case spent:
		return "", false, ErrNotFound
	case id != "":
		return id, false, nil
	case len(b.polls) >= maxPolls:
		return "", false, ErrFull
	}
	b.keys.Make(key, d.ID)
	b.polls = append(b.polls, &poll{Draft: d, open: true, votes: make(map[string]choice)})
	return d.ID, true, nil
}

// clean makes a draft safe to show, and reports whether it is a poll.
func clean(d *Draft) bool {
	d.Question = text.Line(d.Question)
	if !once.Valid(d.Key) || !fits(d.Question, maxQuestion) || len(d.Options) < minOptions || len(d.Options) > maxOptions {
		return false
	}
	options := make([]string, 0, len(d.Options))
	for _, o := range d.Options {
		if o = text.Line(o); !fits(o, maxOption) || slices.Contains(options, o) {
			return false
		}
		options = append(options, o)
	}
	d.Options = options
	return true
}

func fits(s string, most int) bool { return !text.Blank(s) && utf8.RuneCountInString(s) <= most }

// Vote replaces a participant's vote; no options take it back. Changed is false when it was so before. It refuses with
// ErrNotFound, ErrClosed, ErrInvalid and ErrFull.
func (b *Box) Vote(id, participant string, options []int) (changed bool, err error) {
	p := b.find(id)
	if p == nil {
		return false, ErrNotFound
	}
	if !p.open {
		return false, ErrClosed
	}
	var vote choice
	for _, o := range options {
		if o < 0 || o >= len(p.Options) {
			return false, ErrInvalid
		}
		vote |= 1 << o
	}
	if !p.Multiple && vote&(vote-1) != 0 {
		return false, ErrInvalid
	}
	before, voted := p.votes[participant]
	if vote == before {
		return false, nil
	}
	if !voted && len(p.votes) >= maxVoters {
		return false, ErrFull
	}
	for o := range p.Options {
		if before.has(o) {
			p.count[o]--
		}
		if vote.has(o) {
			p.count[o]++
		}
	}
	if vote == 0 {
		delete(p.votes, participant)
	} else {
		p.votes[participant] = vote
	}
	return true, nil
}

// Close ends the voting; closed is false when it had ended before. It refuses with ErrNotFound, and with ErrDenied where
// the poll is somebody else's.
func (b *Box) Close(id, by string, anybodys bool) (closed bool, err error) {
	p, err := b.reach(id, by, anybodys)
	if err != nil {
		return false, err
	}
	closed, p.open = p.open, false
	return closed, nil
}

// Delete takes a poll away. It refuses as Close does.
func (b *Box) Delete(id, by string, anybodys bool) error {
	p, err := b.reach(id, by, anybodys)
	if err != nil {
		return err
	}
	b.keys.Spend(once.Key{Participant: p.Participant, Key: p.Key})
	b.polls = slices.DeleteFunc(b.polls, func(other *poll) bool { return other == p })
	return nil
}

// View is a poll as a participant sees it.
func (b *Box) View(id, viewer string) (View, bool) {
	if p := b.find(id); p != nil {
		return p.view(viewer), true
	}
	return View{}, false
}

// IDs are those of all polls, the oldest first.
func (b *Box) IDs() []string {
	ids := make([]string, 0, len(b.polls))
	for _, p := range b.polls {
		ids = append(ids, p.ID)
	}
	return ids
}

// Size is about what the box holds, in bytes.
func (b *Box) Size() int {
	size := b.keys.Size()
	for _, p := range b.polls {
		size += 300 + len(p.Question) + len(p.Name)
		for _, o := range p.Options {
			size += len(o)
		}
		for id := range p.votes {
			size += 50 + len(id)
		}
	}
	return size
}

func (b *Box) find(id string) *poll {
	if i := slices.IndexFunc(b.polls, func(p *poll) bool { return p.ID == id }); i >= 0 {
		return b.polls[i]
	}
	return nil
}

func (b *Box) reach(id, by string, anybodys bool) (*poll, error) {
	p := b.find(id)
	if p == nil {
		return nil, ErrNotFound
	}
	if p.Participant != by && !anybodys {
		return nil, ErrDenied
	}
	return p, nil
}

func (p *poll) view(viewer string) View {
	v := View{
		Draft: p.Draft, Open: p.open, Hidden: p.Secret && p.open && viewer != p.Participant,
		Votes: make([]int, len(p.Options)), Voters: len(p.votes), Own: []int{},
	}
	for o := range p.Options {
		if !v.Hidden {
			v.Votes[o] = p.count[o]
		}
		if p.votes[viewer].has(o) {
			v.Own = append(v.Own, o)
		}
	}
	return v
}
