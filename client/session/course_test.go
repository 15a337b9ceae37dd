package session

import (
	"net/http"
	"testing"
	"time"
)

// entered is a course with an open channel by k.
func entered(k kind) *course {
	c := newCourse()
	c.begin()
	c.kind = k
	c.hear()
	c.enter()
	return c
}

func TestCourseOpens(t *testing.T) {
	c := newCourse()
	if by, allowed := c.begin(); by != bySocket || allowed != swallowed || c.phase != Connecting {
		t.Errorf("%v within %v, %s", by, allowed, c.phase)
	}
	c.hear()
	if c.phase != Connecting {
		t.Error("a word opens nothing: the room does")
	}
	c.enter()
	if c.phase != Open {
		t.Error(c.phase)
	}
	if n := c.fail(failure{}, 0); n.pause != 250*time.Millisecond || n.closed != "" || n.other || c.phase != Lost {
		t.Errorf("%+v, %s", n, c.phase)
	}
	if by, allowed := c.begin(); by != bySocket || allowed != 3*time.Second {
		t.Errorf("a socket that worked is trusted: %v within %v", by, allowed)
	}
}

func TestCourseFallsBackToRequests(t *testing.T) {
	c := newCourse()
	c.begin()
	if n := c.fail(failure{refusal: &Refusal{}}, 0); n != (next{}) {
		t.Errorf("no socket: %+v", n)
	}
	if by, allowed := c.begin(); by != byPoll || allowed != 6*time.Second {
		t.Errorf("%v within %v", by, allowed)
	}
	c.hear()
	c.enter()
	for i, want := range []kind{byPoll, byPoll, bySocket, byPoll} {
		if i == 3 { // the socket failed again: the same attempt goes on
			if n := c.fail(failure{}, 0); n.pause != 0 {
				t.Errorf("%+v", n)
			}
		} else {
			c.heard = true
			c.fail(failure{}, 0)
		}
		if by, _ := c.begin(); by != want {
			t.Errorf("return %d by %v", i, by)
		}
	}

	c = entered(bySocket)
	c.fail(failure{}, 0) // the network went
	c.begin()
	if n := c.fail(failure{}, 0); n.pause == 0 || !n.other {
		t.Errorf("a proven socket fails once because of the network: %+v", n)
	}
	c.begin()
	if n := c.fail(failure{}, 0); n.pause != 0 {
		t.Errorf("twice: %+v", n)
	}
	if by, _ := c.begin(); by != byPoll {
		t.Error("not by requests")
	}
}

func TestCourseEnds(t *testing.T) {
	for name, tt := range map[string]struct {
		failure
		want Reason
	}{
		"the conference ended":      {failure{code: codeEnded}, Ended},
		"ended, and the line fell":  {failure{ended: Ended}, Ended},
		"removed":                   {failure{code: codeRemoved}, Removed},
		"locked":                    {failure{code: codeLocked, refusal: &Refusal{Status: http.StatusForbidden}}, Locked},
		"opened elsewhere":          {failure{code: codeReplaced}, Replaced},
		"the portal says no":        {failure{noTicket: true, refusal: &Refusal{Status: http.StatusForbidden, Code: "forbidden"}}, Refused},
		"the admission is over":     {failure{noTicket: true, refusal: &Refusal{Status: http.StatusUnauthorized, Code: "unauthenticated"}}, Refused},
		"the token is for others":   {failure{code: 4401, refusal: &Refusal{Status: http.StatusForbidden, Code: "token-scope"}}, Refused},
		"the token came late":       {failure{code: 4401, refusal: &Refusal{Status: http.StatusUnauthorized, Code: "token-expired"}}, ""},
		"the token was seen":        {failure{code: 4401, refusal: &Refusal{Status: http.StatusConflict, Code: "token-replayed"}}, ""},
		"the portal is down":        {failure{noTicket: true, refusal: &Refusal{Status: http.StatusServiceUnavailable}}, ""},
		"the network is down":       {failure{noTicket: true, refusal: &Refusal{}}, ""},
		"the relay stops":           {failure{code: 1001, draining: true}, ""},
		"the relay was killed":      {failure{}, ""},
		"silent for too long":       {failure{code: 4408}, ""},
		"too many from one address": {failure{noTicket: true, refusal: &Refusal{Status: http.StatusTooManyRequests, RetryAfter: 9 * time.Second}}, ""},
	} {
		c := entered(bySocket)
		n := c.fail(tt.failure, 0)
		if n.closed != tt.want || (c.phase == Closed) != (tt.want != "") {
			t.Errorf("%s: %+v, %s", name, n, c.phase)
		}
		if n.away != tt.draining {
			t.Errorf("%s: %+v", name, n)
		}
	}
}

func TestCoursePauses(t *testing.T) {
	c := entered(bySocket)
	var last time.Duration
	for range 10 {
		c.begin()
		c.hear()
		last = c.fail(failure{}, 1).pause
	}
	if last != 5200*time.Millisecond {
		t.Errorf("the last pause is %v", last)
	}
	if n := c.fail(failure{noTicket: true, refusal: &Refusal{Status: http.StatusTooManyRequests, RetryAfter: 9 * time.Second}}, 0); n.pause != 9*time.Second || n.other {
		t.Errorf("%+v", n)
	}
	c = entered(bySocket)
	if n := c.fail(failure{code: codeLater}, 0); n.pause != later {
		t.Errorf("%+v", n)
	}
	c = newCourse()
	c.begin()
	c.fail(failure{}, 0)
	c.begin()
	if c.fail(failure{}, 0); c.phase != Connecting {
		t.Errorf("%s before anything was open", c.phase)
	}
}
