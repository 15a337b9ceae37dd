package control

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coopnet/coopnet/relay/internal/room"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/wire"
)

const request = `{"type":"control.request","key":"k-1","publication":"s1","token":"a.b.c"}`

// await passes over what is not of the type.
func await[M any](c *caller, want wire.Type) (m M) {
	c.t.Helper()
	for {
		name, frame := c.next()
		if name != want {
			continue
		}
		if err := wire.Decode(frame, &m); err != nil {
			c.t.Fatal(err)
		}
		return m
	}
}

// denied waits for a refusal.
func (c *caller) denied(code string, re wire.Type) {
	c.t.Helper()
	if e := await[wire.Error](c, wire.TypeError); e.Code != code || e.Re != re {
		c.t.Errorf("got %+v, want %s re %s", e, code, re)
	}
}

// untouched reads up to the answer to a question that is asked now.
func (c *caller) untouched(about string) {
	c.t.Helper()
	c.raw(`{"type":"probe"}`)
	for {
		name, frame := c.next()
		if strings.HasPrefix(string(name), "control.") {
			c.t.Errorf("%s: the presenter hears %s", about, frame)
		}
		if name == wire.TypeError && strings.Contains(string(frame), `"probe"`) {
			return
		}
	}
}

// desktop is bob's, who is a guest: he shares it by the software, beside his page. Ann is of the company.
// Software and page hear of a grant.
type desktop struct {
	*stand
	ann, page, software *caller
	share               *room.Presence
}

func newDesktop(t testing.TB, over kind, change func(*Config)) *desktop {
	t.Helper()
	d := &desktop{stand: newStand(t, over, change)}
	bob := d.claims("bob", jointoken.RoleGuest, jointoken.View, jointoken.Share)
	d.page, _ = d.join(bob)
	bob.Software, bob.ID = true, "software"
	d.software, _ = d.join(bob)
	d.ann, _ = d.join(d.claims("ann", jointoken.RoleInternal, jointoken.View, jointoken.Control))
	share, err := d.rooms.Join("c-1", 0, room.ParticipantOf(bob))
	if err == nil {
		err = share.Publish(room.Publication{ID: "s1", Label: "Screen", Video: "VP9", Control: true})
	}
	if err != nil {
		t.Fatal(err)
	}
	d.share = share
	await[wire.PublicationStarted](d.ann, wire.TypePublicationStart)
	return d
}

// granted lets ann control.
func (d *desktop) granted() (id string) {
	d.t.Helper()
	d.ann.raw(request)
	asked := await[wire.ControlRequested](d.software, wire.TypeControlRequest)
	if want := (wire.ControlRequested{
		Type: wire.TypeControlRequest, Request: asked.Request, Publication: "s1", Participant: "ann", Name: "name of ann", Role: "internal", Token: "a.b.c",
	}); asked != want || asked.Request == "" {
		d.t.Fatalf("asked %+v", asked)
	}
	d.software.send(wire.ControlGrant{Type: wire.TypeControlGrant, Request: asked.Request})
	heard := await[wire.ControlGranted](d.software, wire.TypeControlGrant)
	if heard.Grant == "" || heard.Request != asked.Request || heard.Key != "k-1" || heard.Publication != "s1" || heard.Participant != "ann" || heard.ExpiresAt.IsZero() {
		d.t.Fatalf("granted %+v", heard)
	}
	for {
		name, frame := d.ann.next()
		var updated wire.PublicationUpdated
		switch _ = json.Unmarshal(frame, &updated); {
		case name == wire.TypeControlGrant:
			if !strings.Contains(string(frame), `"`+heard.Grant+`"`) {
				d.t.Fatalf("ann hears %s", frame)
			}
			id = heard.Grant
			if page := await[wire.ControlGranted](d.page, wire.TypeControlGrant); page != heard {
				d.t.Fatalf("the page hears %+v", page)
			}
		case name == wire.TypePublicationSet && (updated.Publication.Controller != "ann" || !updated.Publication.Control):
			d.t.Fatalf("updated %s", frame)
		}
		if id != "" {
			return id
		}
	}
}

func input(grant string, n int) string {
	return fmt.Sprintf(`{"type":"control.input","grant":%q,"events":[{"kind":"move","x":0.5,"y":0.%03d}]}`, grant, n)
}

func TestRemoteControl(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		d := newDesktop(t, over, nil)
		grant := d.granted()
		d.ann.raw(input(grant, 1))
		got := await[wire.ControlInjected](d.software, wire.TypeControlInput)
		if got.Grant != grant || got.Participant != "ann" || len(got.Events) != 1 || got.Events[0] != (wire.InputEvent{Kind: "move", X: 0.5, Y: 0.001}) {
			t.Errorf("input %+v", got)
		}
		d.page.raw(request) // a guest, and his own
		d.page.denied("control-denied", wire.TypeControlRequest)
		d.ann.raw(request)
		d.quietAnn()
		d.software.send(wire.ControlRevoke{Type: wire.TypeControlRevoke, Grant: grant})
		for _, c := range []*caller{d.software, d.ann, d.page} {
			if ended := await[wire.ControlRevoked](c, wire.TypeControlRevoke); ended.Grant != grant || ended.Reason != "stopped" {
				t.Errorf("ended %+v", ended)
			}
		}
		d.ann.raw(input(grant, 2))
		d.ann.denied("control-denied", wire.TypeControlInput)
		d.software.untouched("after the end")
		d.page.untouched("the page")
	})
}

// quietAnn: the same request again is nothing new.
func (d *desktop) quietAnn() {
	d.t.Helper()
	d.ann.raw(`{"type":"probe"}`)
	d.ann.denied("invalid", "probe")
}

func TestControlEndsWithEitherChannel(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		for name, tt := range map[string]struct {
			end    func(*desktop)
			other  func(*desktop) *caller
			reason string
		}{
			"the controller leaves":     {func(d *desktop) { d.ann.line.hangUp() }, func(d *desktop) *caller { return d.software }, "left"},
			"the controller comes back": {func(d *desktop) { d.join(d.claims("ann", jointoken.RoleInternal, jointoken.Control)) }, func(d *desktop) *caller { return d.software }, "reconnected"},
			"the software leaves":       {func(d *desktop) { d.software.line.hangUp() }, func(d *desktop) *caller { return d.ann }, "left"},
			"the share ends":            {func(d *desktop) { d.share.Leave() }, func(d *desktop) *caller { return d.ann }, "ended"},
			"an organizer removes her": {func(d *desktop) {
				mod, _ := d.join(d.claims("mod", jointoken.RoleOrganizer, jointoken.Moderate))
				mod.raw(`{"type":"moderate.remove","participant":"ann"}`)
			}, func(d *desktop) *caller { return d.software }, "removed"},
		} {
			t.Run(name, func(t *testing.T) {
				if over == overHTTP && tt.reason != "left" {
					t.Skip("the carrier makes no difference")
				}
				d := newDesktop(t, over, nil)
				grant := d.granted()
				tt.end(d)
				if ended := await[wire.ControlRevoked](tt.other(d), wire.TypeControlRevoke); ended.Grant != grant || ended.Reason != tt.reason {
					t.Errorf("ended %+v, want %s", ended, tt.reason)
				}
			})
		}
	})
}

// TestControlEndsByTheClock: the heartbeat sees to it.
func TestControlEndsByTheClock(t *testing.T) {
	var late atomic.Int64
	d := newDesktop(t, overSocket, func(c *Config) {
		now := func() time.Time { return time.Now().Add(time.Duration(late.Load())) }
		c.Heartbeat, c.Rooms = 20*time.Millisecond, room.New(room.Config{Now: now})
	})
	d.ann.raw(request)
	await[wire.ControlRequested](d.software, wire.TypeControlRequest)
	late.Store(int64(time.Minute))
	if ended := await[wire.ControlDenied](d.ann, wire.TypeControlDeny); ended.Reason != "expired" || ended.Key != "k-1" || ended.Publication != "s1" {
		t.Errorf("ended %+v", ended)
	}
	await[wire.ControlDenied](d.software, wire.TypeControlDeny)
	grant := d.granted()
	late.Store(int64(4 * time.Minute))
	for _, c := range []*caller{d.software, d.ann} {
		if ended := await[wire.ControlRevoked](c, wire.TypeControlRevoke); ended.Grant != grant || ended.Reason != "idle" {
			t.Errorf("ended %+v", ended)
		}
	}
}

func TestARefusedRequest(t *testing.T) {
	d := newDesktop(t, overSocket, nil)
	d.ann.raw(request)
	asked := await[wire.ControlRequested](d.software, wire.TypeControlRequest)
	d.software.send(wire.ControlDeny{Type: wire.TypeControlDeny, Request: asked.Request, Reason: "bored"})
	d.software.denied("invalid", wire.TypeControlDeny)
	d.software.send(wire.ControlDeny{Type: wire.TypeControlDeny, Request: asked.Request, Reason: "unverified"})
	if got := await[wire.ControlDenied](d.ann, wire.TypeControlDeny); got.Request != asked.Request || got.Reason != "unverified" {
		t.Errorf("denied %+v", got)
	}
	d.software.send(wire.ControlGrant{Type: wire.TypeControlGrant, Request: asked.Request})
	d.software.denied("not-found", wire.TypeControlGrant)
}

// TestForgedControl: whoever says whatever, nothing moves and the presenter hears nothing of it.
func TestForgedControl(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		d := newDesktop(t, over, nil)
		grant := d.granted()
		guest, _ := d.guest("guest")
		inside, _ := d.join(d.claims("eve", jointoken.RoleInternal, jointoken.View, jointoken.Control))
		files, err := filepath.Glob("../../../shared/wire/testdata/down/*.json")
		if err != nil || len(files) != 5 {
			t.Fatal(files, err)
		}
		forged := []string{
			input(grant, 1), request, `{"type":"control.revoke","grant":"` + grant + `"}`, `{"type":"control.grant","request":"` + grant + `"}`,
			`{"type":"control.deny","request":"` + grant + `","reason":"denied"}`, `{"type":"control.input","grant":"` + grant + `","participant":"ann","events":[]}`,
			`{"type":"control.input","grant":"","events":[{"kind":"move"}]}`,
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			forged = append(forged, strings.ReplaceAll(strings.TrimSpace(string(raw)), "g-1Lc7", grant))
		}
		for _, frame := range forged {
			name, _ := wire.TypeOf([]byte(frame))
			guest.raw(frame)
			if e := await[wire.Error](guest, wire.TypeError); e.Re != name || e.Code != "control-denied" && e.Code != "malformed" {
				t.Errorf("a guest sends %s: %+v", frame, e)
			}
		}
		for frame, want := range map[string]string{
			input(grant, 1): "control-denied", forged[1]: "conflict", forged[2]: "control-denied", forged[3]: "not-found", forged[4]: "not-found", forged[6]: "control-denied",
		} {
			inside.raw(frame)
			if e := await[wire.Error](inside, wire.TypeError); e.Code != want {
				t.Errorf("a colleague sends %s: %+v, want %s", frame, e, want)
			}
		}
		d.software.untouched("forged")
		d.ann.raw(input(grant, 7)) // and the grant is as it was
		if got := await[wire.ControlInjected](d.software, wire.TypeControlInput); got.Events[0].Y != 0.007 {
			t.Errorf("input %+v", got)
		}
	})
}

func TestInputHasABudgetOfItsOwn(t *testing.T) {
	start := time.Now()
	d := newDesktop(t, overSocket, func(c *Config) { c.Now = func() time.Time { return start } })
	grant := d.granted()
	for n := range inputBurst {
		d.ann.raw(input(grant, n))
		await[wire.ControlInjected](d.software, wire.TypeControlInput)
	}
	d.ann.raw(input(grant, 999))
	d.ann.denied("rate-limited", wire.TypeControlInput)
	d.quietAnn() // other messages still pass
	d.software.untouched("too much")
	for range messageBurst + maxBadMessages { // a flood is one all the same
		if err := d.ann.line.write(t.Context(), input(grant, 999)); err != nil {
			break // closed already
		}
	}
	d.ann.closed(CloseMalformed)
}

func TestInputThatIsNone(t *testing.T) {
	d := newDesktop(t, overSocket, nil)
	grant := d.granted()
	many := slices.Repeat([]string{`{"kind":"move"}`}, wire.MaxInputEvents+1)
	for events, want := range map[string]string{
		"": "invalid", `{"kind":"move","x":1.5}`: "invalid", `{"kind":"move"},{"kind":"keydown"}`: "invalid", strings.Join(many, ","): "invalid",
		`{"kind":"move","z":1}`: "malformed", `7`: "malformed",
	} {
		d.ann.raw(`{"type":"control.input","grant":"` + grant + `","events":[` + events + `]}`)
		d.ann.denied(want, wire.TypeControlInput)
	}
	for _, token := range []string{"", "a b", strings.Repeat("x", maxControlToken+1)} {
		d.ann.send(wire.ControlRequest{Type: wire.TypeControlRequest, Key: "k", Publication: "s1", Token: token})
		d.ann.denied("invalid", wire.TypeControlRequest)
	}
	d.software.untouched("none")
}

// BenchmarkInput is one message of input from the controller's write to the presenter's read, over two WebSockets.
func BenchmarkInput(b *testing.B) {
	start, calls := time.Now(), atomic.Int64{}
	d := newDesktop(b, overSocket, func(c *Config) {
		c.Now = func() time.Time { return start.Add(time.Duration(calls.Add(1)) * time.Second) }
	})
	grant := d.granted()
	took := make([]time.Duration, 0, b.N)
	used := cpuTime(b)
	for n := 0; b.Loop(); n++ {
		at := time.Now()
		d.ann.raw(input(grant, n%1000))
		await[wire.ControlInjected](d.software, wire.TypeControlInput)
		took = append(took, time.Since(at))
	}
	b.ReportMetric(float64((cpuTime(b)-used).Microseconds())/float64(len(took)), "cpu-us/op")
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-us")
}
