// Package forward is the relay's packet path: a publication comes in once and goes out to each of its viewers.
//
// It knows tracks, publications and subscriptions, but neither rooms nor HTTP nor who may do what. Nothing is allocated,
// logged or locked globally for a packet on its way to a viewer.
package forward

import (
	"sync"
	"time"

	"github.com/coopnet/coopnet/relay/internal/packet"
)

// Publication is one live share: a picture and perhaps its sound.
type Publication struct {
	Video *Track
	Low   *Track // the same picture for narrow ways; nil where the presenter sends one alone
	Audio *Track // nil for a silent share
	done  chan struct{}
	end   sync.Once
}

// Done is closed when the share has ended: its tracks show nothing any more, and should not be held.
func (p *Publication) Done() <-chan struct{} { return p.done }

// End closes Done. It may be called again.
func (p *Publication) End() { p.end.Do(func() { close(p.done) }) }

// Config wires a publication.
type Config struct {
	Video    packet.Codec
	Low      packet.Codec // "" where there is no low picture
	Audio    packet.Codec // "" for a silent share
	Keyframe func()       // asks the presenter for a keyframe (PLI); must not block
	// LowKeyframe asks for one of the low picture; LowNeed says that Low.Needed may have changed. Neither may block.
	LowKeyframe, LowNeed func()
	Counters             *Counters
	Now                  func() time.Time
}

// New makes a publication. Each of its tracks needs a goroutine in Run; whoever stops them calls End.
func New(cfg Config) *Publication {
	p := &Publication{Video: newTrack(cfg.Video, cfg.Keyframe, cfg.Counters, cfg.Now), done: make(chan struct{})}
	if cfg.Low != "" {
		p.Low = newTrack(cfg.Low, cfg.LowKeyframe, cfg.Counters, cfg.Now)
		p.Low.need, p.Low.relief = cfg.LowNeed, lowRelief
	}
	if cfg.Audio != "" {
		p.Audio = newTrack(cfg.Audio, nil, cfg.Counters, cfg.Now)
	}
	return p
}
