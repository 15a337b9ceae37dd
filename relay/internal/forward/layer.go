package forward

import "time"

const (
	narrowBelow = 450_000         // bits per second: a limit under it is for the low picture
	wideAbove   = 650_000         // the full one comes back
	fullShare   = 0.9             // of the full picture's own rate: less is too little for it
	fullSpare   = 1.4             // times that rate are enough
	layerPause  = 3 * time.Second // before the full picture comes back
	freeAbove   = 2_500_000       // what carries so much, and several times the full picture, needs no limit
	freeSpare   = 2.5
	lowPatience = 5                // reports of the low picture's track without a keyframe of it
	lowPause    = 30 * time.Second // before it is waited for again
)

// layering is about the pictures of one share of which the viewer gets one: what the way carries decides.
type layering struct {
	full, low *Track // low is nil where the presenter sends one picture
	narrow    bool
	changed   time.Duration // when narrow last changed
	waited    int           // reports that came while the low picture was awaited
	absent    time.Duration // until when the low picture is not worth waiting for: the presenter does not send it
}

// wanted is the picture that the viewer should get.
func (l *layering) wanted() *Track {
	if l.narrow && l.low != nil {
		return l.low
	}
	return l.full
}

// choose decides by the viewer's limit, 0 for none; overfull says that the picture of now did not fit.
func (l *layering) choose(limit float64, overfull bool, now time.Duration) {
	own := 0.0
	if l.full != nil {
		own = l.full.rate()
	}
	narrow := l.narrow
	switch {
	case limit == 0:
		narrow = false
	case !l.narrow:
		narrow = now >= l.absent && (limit < max(narrowBelow, fullShare*own) || overfull)
	case now-l.changed > layerPause:
		narrow = limit < max(wideAbove, fullSpare*own)
	}
	if narrow != l.narrow {
		l.narrow, l.changed = narrow, now
	}
}

// free reports whether a limit is of no use: the way carries several times what there is.
func (l *layering) free(limit float64) bool {
	return l.full != nil && limit > max(freeAbove, freeSpare*l.full.rate())
}

// sequel is what follows from a new estimate, to be done without the lock.
type sequel struct {
	from, to *Track // the awaited picture was from and is to; nil for no change
	pace     *Track // has something for the viewer that is sent at its pace
}

func (q sequel) follow(s *Subscription) {
	if q.to != nil {
		q.to.settle(s)
		if q.from != nil {
			q.from.settle(s)
		}
		if s.wants(q.to) {
			q.to.Keyframe()
		}
	}
	if q.pace != nil {
		notify(q.pace.pace)
	}
}

// relayer makes the picture that the layers want the next one; the lock is held.
func (s *Subscription) relayer() sequel {
	awaited, wanted := s.nextVideo, s.layers.wanted()
	if awaited == nil {
		awaited = s.video.track
	}
	if s.closed || awaited == nil || wanted == nil || wanted == awaited {
		return sequel{}
	}
	s.layers.waited = 0
	if s.nextVideo = wanted; wanted == s.video.track {
		s.nextVideo = nil
	}
	return sequel{from: awaited, to: wanted}
}

// lacks gives the low picture up for a while where it does not come: half the picture is better than none. The low
// picture's own track asks, once a second.
func (s *Subscription) lacks(t *Track) sequel {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := &s.layers
	if t != l.low || t != s.nextVideo {
		return sequel{}
	}
	if l.waited++; l.waited < lowPatience {
		return sequel{}
	}
	now := s.way.time()
	l.narrow, l.changed, l.absent = false, now, now+lowPause
	return s.relayer()
}
