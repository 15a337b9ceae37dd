package windows

import "time"

const (
	soonest = time.Second
	latest  = time.Minute
)

// again says when to try once more what has not worked: later each time.
type again struct {
	wait time.Duration
	at   time.Time
}

func (a *again) due(now time.Time) bool { return !now.Before(a.at) }

func (a *again) failed(now time.Time) {
	a.wait = min(max(2*a.wait, soonest), latest)
	a.at = now.Add(a.wait)
}

func (a *again) worked() { *a = again{} }
