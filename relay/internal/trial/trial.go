// Package trial is what a relay keeps of test rooms: what their media sessions did, until the control plane has been told,
// and how much each room may still forward. Of conferences nothing is measured.
package trial

import (
	"sync"

	"github.com/coopnet/coopnet/shared/announce"
)

// maxWaiting bounds what waits to be told; what comes then is lost.
const maxWaiting = 512

// Record is what media sessions did, in the order of their ends. Its methods do nothing on nil: nobody wants to know.
type Record struct {
	changed chan struct{} // one token: there is something

	mu    sync.Mutex // guards what follows
	media []announce.Media
}

// NewRecord returns an empty one.
func NewRecord() *Record { return &Record{changed: make(chan struct{}, 1)} }

// Add keeps what one session did.
func (r *Record) Add(m announce.Media) {
	if r == nil {
		return
	}
	r.mu.Lock()
	if len(r.media) < maxWaiting {
		r.media = append(r.media, m)
	}
	r.mu.Unlock()
	select {
	case r.changed <- struct{}{}:
	default: // one token says all
	}
}

// Changed receives after something was added.
func (r *Record) Changed() <-chan struct{} {
	if r == nil {
		return nil
	}
	return r.changed
}

// Oldest returns up to most.
func (r *Record) Oldest(most int) []announce.Media {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]announce.Media(nil), r.media[:min(most, len(r.media))]...)
}

// Forget drops the n oldest.
func (r *Record) Forget(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.media = append([]announce.Media(nil), r.media[n:]...)
}
