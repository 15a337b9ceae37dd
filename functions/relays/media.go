package relays

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/coopnet/coopnet/shared/announce"
	"github.com/coopnet/coopnet/shared/jointoken"
)

// maxSeconds and maxRTT are beyond what a test can last and a way can take.
const (
	maxSeconds = 24 * 60 * 60
	maxRTT     = 60_000 // milliseconds
)

func checkMedia(f *fields, media []announce.Media) {
	if len(media) > announce.MaxMedia {
		f.fail("/media", fmt.Sprintf("has more than %d entries", announce.MaxMedia))
		return
	}
	for i, m := range media {
		at := fmt.Sprintf("/media/%d", i)
		if !isID(m.ID) {
			f.fail(at+"/id", "is not an id")
		}
		if _, test := jointoken.TestSession(m.Conference); !test || !isID(m.Conference) {
			f.fail(at+"/conference", "is not a test room")
		}
		if m.At.IsZero() {
			f.fail(at+"/at", "is missing")
		}
		one(f, at+"/role", m.Role, announce.RoleView, announce.RoleShare)
		one(f, at+"/way", m.Way, append(announce.Ways(), "")...)
		one(f, at+"/family", m.Family, announce.FamilyIPv4, announce.FamilyIPv6, "")
		checkTraffic(f, at, m)
	}
}

func one(f *fields, pointer, value string, of ...string) {
	if !slices.Contains(of, value) {
		f.fail(pointer, "is none of those that are known")
	}
}

func checkTraffic(f *fields, at string, m announce.Media) {
	t := m.Traffic
	for name, n := range map[string]int64{
		"packetsIn": t.PacketsIn, "packetsOut": t.PacketsOut, "bytesIn": t.BytesIn, "bytesOut": t.BytesOut, "nacks": t.NACKs,
		"retransmissions": t.Retransmissions, "keyframeRequests": t.KeyframeRequests, "lost": t.Lost, "estimate": t.Estimate,
	} {
		if n < 0 {
			f.fail(at+"/"+name, "is negative")
		}
	}
	if m.Seconds < 0 || m.Seconds > maxSeconds || math.IsNaN(m.Seconds) {
		f.fail(at+"/seconds", fmt.Sprintf("must be between 0 and %d", maxSeconds))
	}
	if t.RTT < 0 || t.RTT > maxRTT || math.IsNaN(t.RTT) {
		f.fail(at+"/rtt", fmt.Sprintf("must be between 0 and %d", maxRTT))
	}
}

// measured hands on what media sessions of test rooms did.
func (d *Domain) measured(ctx context.Context, relay string, media []announce.Media) error {
	if len(media) == 0 {
		return nil
	}
	media = slices.Clone(media)
	for i := range media {
		media[i].At = d.plausible(media[i].At)
	}
	if err := d.cfg.Media.Measured(ctx, relay, media); err != nil {
		return fmt.Errorf("keep what was measured: %w", err)
	}
	return nil
}
