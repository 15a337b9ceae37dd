package session

import (
	"net/http"
	"testing"
	"time"
)

// shared is a link that has carried media until at.
func shared(at time.Time) *link {
	l := newLink(at.Add(-time.Minute))
	l.begin(at.Add(-time.Minute))
	l.live()
	return l
}

func TestLinkConnects(t *testing.T) {
	now := time.Unix(1000, 0)
	l := newLink(now)
	if allowed := l.begin(now); allowed != 6*time.Second || l.phase != ShareConnecting {
		t.Errorf("%v, %s", allowed, l.phase)
	}
	if do := l.look(now.Add(10 * time.Second)); do != rest {
		t.Errorf("%v while media may still connect", do)
	}
	if do := l.look(now.Add(11 * time.Second)); do != connect || l.phase != ShareConnecting {
		t.Errorf("%v, %s", do, l.phase)
	}
	l.begin(now.Add(11 * time.Second))
	l.live()
	if do := l.look(now.Add(time.Hour)); do != rest || l.phase != ShareLive {
		t.Errorf("%v, %s", do, l.phase)
	}
}

// TestLinkHeals is a cut that ICE survives.
func TestLinkHeals(t *testing.T) {
	now := time.Unix(1000, 0)
	l := shared(now)
	l.interrupted(now)
	if do := l.look(now.Add(2 * time.Second)); do != rest || l.phase != ShareInterrupted {
		t.Errorf("%v, %s", do, l.phase)
	}
	l.live()
	if do := l.look(now.Add(time.Hour)); do != rest || l.phase != ShareLive {
		t.Errorf("%v, %s", do, l.phase)
	}
}

// TestLinkComesBack is a cut of 15 s: attempts fail until the network is there again.
func TestLinkComesBack(t *testing.T) {
	now := time.Unix(1000, 0)
	l := shared(now)
	l.interrupted(now)
	now = now.Add(heal)
	if do := l.look(now); do != connect || l.phase != ShareReconnecting {
		t.Fatalf("%v, %s", do, l.phase)
	}
	attempts := 0
	for back := now.Add(12 * time.Second); now.Before(back); attempts++ {
		now = now.Add(l.begin(now)) // its patience runs out
		for do := l.failed(now, &Refusal{}, 0.5); do != connect; do = l.look(now) {
			if do == finish {
				t.Fatal("over too early")
			}
			now = l.due
		}
	}
	if attempts < 3 {
		t.Errorf("%d attempts", attempts)
	}
	l.begin(now)
	l.live()
	if l.phase != ShareLive || l.attempt != 0 {
		t.Errorf("%+v", l)
	}
}

// TestLinkIsGivenUp after 25 s in all, whatever the attempts are waiting for.
func TestLinkIsGivenUp(t *testing.T) {
	cut := time.Unix(1000, 0)
	for name, slow := range map[string]bool{"attempts that fail at once": false, "attempts that hang": true} {
		now := cut
		l := shared(now)
		l.interrupted(now)
		now = now.Add(heal)
		do := l.look(now)
		for do != finish {
			if now.After(cut.Add(giveUp + 10*time.Second)) {
				t.Fatalf("%s: never given up", name)
			}
			switch do {
			case connect:
				allowed := l.begin(now)
				if slow {
					now = now.Add(allowed)
				}
				do = l.failed(now, &Refusal{}, 0)
			default:
				now = l.due
				do = l.look(now)
			}
		}
		if took := now.Sub(cut); took < giveUp || took > giveUp+10*time.Second || l.phase != ShareOver {
			t.Errorf("%s: after %v, %s", name, took, l.phase)
		}
	}
}

func TestLinkIsRefused(t *testing.T) {
	now := time.Unix(1000, 0)
	l := newLink(now)
	l.begin(now)
	if do := l.failed(now, &Refusal{Status: http.StatusForbidden, Code: "publish-denied"}, 0); do != finish || l.phase != ShareOver {
		t.Errorf("%v, %s", do, l.phase)
	}
	l = newLink(now)
	l.begin(now)
	l.failed(now, &Refusal{Status: http.StatusServiceUnavailable, RetryAfter: 7 * time.Second}, 0)
	if l.due != now.Add(7*time.Second) || l.phase != ShareConnecting {
		t.Errorf("%+v", l)
	}
}

// TestLinkFollowsTheRelay: a session that was made before another relay answered is of no use, however well it seems.
func TestLinkFollowsTheRelay(t *testing.T) {
	now := time.Unix(1000, 0)
	l := shared(now)
	if do := l.renew(now, now); do != connect || l.phase != ShareReconnecting {
		t.Errorf("%v, %s", do, l.phase)
	}
	l.begin(now)
	l.live()
	if do := l.renew(now.Add(time.Second), now.Add(-time.Second)); do != rest || l.phase != ShareLive {
		t.Errorf("a session that is that relay's own: %v, %s", do, l.phase)
	}
}
