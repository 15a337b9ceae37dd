package control

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/coopnet/coopnet/relay/internal/room"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/wire"
)

// flood sends input as fast as the channel takes it, and reads what comes back, until stop is called.
func (c *caller) flood(grant string) (stop func()) {
	ctx, cancel := context.WithCancel(c.t.Context())
	written, read := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(written)
		for n := 0; ctx.Err() == nil && c.line.write(ctx, input(grant, n%1000)) == nil; n++ {
		}
	}()
	go func() {
		defer close(read)
		for {
			frame, err := c.line.read(ctx)
			if err != nil {
				return
			}
			if string(frame) == heartbeat {
				_ = c.line.write(ctx, heartbeat)
			}
		}
	}()
	return func() { cancel(); <-written; <-read }
}

// TestNoInputAfterTheEnd: whoever ends the control in the middle of a flood, the presenter's software hears of the end, and of
// no input after it.
func TestNoInputAfterTheEnd(t *testing.T) {
	for name, end := range map[string]func(*desktop, string){
		"the software": func(d *desktop, grant string) { // which goes on reading meanwhile
			go func() { _ = d.software.line.write(d.t.Context(), `{"type":"control.revoke","grant":"`+grant+`"}`) }()
		},
		"the presenter's page": func(d *desktop, grant string) {
			d.page.send(wire.ControlRevoke{Type: wire.TypeControlRevoke, Grant: grant})
		},
		"an organizer": func(d *desktop, _ string) {
			mod, _ := d.join(d.claims("mod", jointoken.RoleOrganizer, jointoken.Moderate))
			mod.raw(`{"type":"moderate.remove","participant":"ann"}`)
		},
		"the portal":           func(d *desktop, _ string) { d.rooms.Remove("c-1", "ann") },
		"the end of the share": func(d *desktop, _ string) { d.share.Leave() },
	} {
		for by, over := range map[string]kind{"websocket": overSocket, "http": overHTTP} {
			t.Run(name+" "+by, func(t *testing.T) {
				start := time.Now()
				d := newDesktop(t, overSocket, func(c *Config) { // a budget without limits
					c.Now = func() time.Time { return start.Add(time.Since(start) * 1000) }
				})
				if over == overHTTP {
					d.byHTTP()
				}
				grant := d.granted()
				stop := d.ann.flood(grant)
				defer stop()
				for range 100 {
					await[wire.ControlInjected](d.software, wire.TypeControlInput)
				}
				end(d, grant)
				ended := time.Now()
				if got := await[wire.ControlRevoked](d.software, wire.TypeControlRevoke); got.Grant != grant {
					t.Errorf("ended %+v", got)
				}
				t.Logf("the end after %v", time.Since(ended).Round(time.Millisecond))
				d.software.untouched("after the end")
				d.software.untouched("later")
			})
		}
	}
}

// byHTTP has the software come back without a WebSocket.
func (d *desktop) byHTTP() {
	d.t.Helper()
	bob := d.claims("bob", jointoken.RoleGuest, jointoken.View, jointoken.Share)
	bob.Software = true
	d.over = overHTTP
	d.software, _ = d.join(bob)
	d.over = overSocket
}

// TestInputThatASoftwareHasNotFetched: it comes before the word that the control has ended, and never after.
func TestInputThatASoftwareHasNotFetched(t *testing.T) {
	d := newDesktop(t, overSocket, nil)
	d.byHTTP()
	grant := d.granted()
	for n := range 50 {
		d.ann.raw(input(grant, n))
	}
	d.quietAnn() // all have been taken
	d.page.send(wire.ControlRevoke{Type: wire.TypeControlRevoke, Grant: grant})
	await[wire.ControlRevoked](d.ann, wire.TypeControlRevoke)
	d.ann.raw(input(grant, 999))
	d.ann.denied("control-denied", wire.TypeControlInput)
	for next := -1; ; {
		name, frame := d.software.next()
		if name == wire.TypeControlRevoke {
			break
		}
		var got wire.ControlInjected
		if name != wire.TypeControlInput {
			continue
		}
		if err := wire.Decode(frame, &got); err != nil || int(got.Events[0].Y*1000+0.5) <= next {
			t.Errorf("after %d: %s", next, frame)
		}
		next = int(got.Events[0].Y*1000 + 0.5)
	}
	d.software.untouched("after the end")
}

// TestAGuestAnswersForThePresenter: a guest who knows the true names of request and grant moves nothing, before and after the
// presenter's yes.
func TestAGuestAnswersForThePresenter(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		d := newDesktop(t, over, nil)
		guest, _ := d.guest("guest")
		forge := func(frames ...string) {
			t.Helper()
			for _, frame := range frames {
				name, _ := wire.TypeOf([]byte(frame))
				guest.raw(frame)
				guest.denied("control-denied", name)
			}
			d.software.untouched("forged")
		}
		d.ann.raw(request)
		asked := await[wire.ControlRequested](d.software, wire.TypeControlRequest)
		forge(request, `{"type":"control.grant","request":"`+asked.Request+`"}`, `{"type":"control.withdraw","key":"k-1"}`,
			`{"type":"control.deny","request":"`+asked.Request+`","reason":"denied"}`)
		d.software.send(wire.ControlGrant{Type: wire.TypeControlGrant, Request: asked.Request})
		grant := await[wire.ControlGranted](d.ann, wire.TypeControlGrant).Grant
		await[wire.ControlGranted](d.software, wire.TypeControlGrant)
		forge(input(grant, 1), request, `{"type":"control.revoke","grant":"`+grant+`"}`, `{"type":"control.withdraw","key":"k-1"}`,
			`{"type":"control.grant","request":"`+asked.Request+`"}`, `{"type":"control.deny","request":"`+asked.Request+`","reason":"busy"}`)
		d.ann.raw(input(grant, 7))
		if got := await[wire.ControlInjected](d.software, wire.TypeControlInput); got.Events[0].Y != 0.007 {
			t.Errorf("input %+v", got)
		}
	})
}

func TestARequestTakenBack(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		d := newDesktop(t, over, nil)
		d.ann.raw(request)
		asked := await[wire.ControlRequested](d.software, wire.TypeControlRequest)
		d.ann.send(wire.ControlWithdraw{Type: wire.TypeControlWithdraw, Key: "k-1"})
		for _, c := range []*caller{d.software, d.ann} {
			if got := await[wire.ControlDenied](c, wire.TypeControlDeny); got.Request != asked.Request || got.Key != "k-1" || got.Reason != "gone" {
				t.Errorf("gone %+v", got)
			}
		}
		d.ann.send(wire.ControlWithdraw{Type: wire.TypeControlWithdraw, Key: "k-1"})
		if e := await[wire.Error](d.ann, wire.TypeError); e.Code != "not-found" || e.Key != "k-1" {
			t.Errorf("again: %+v", e)
		}
		grant := d.granted()
		d.ann.send(wire.ControlWithdraw{Type: wire.TypeControlWithdraw, Key: "k-1"}) // it has crossed the yes
		for _, c := range []*caller{d.software, d.ann, d.page} {
			if got := await[wire.ControlRevoked](c, wire.TypeControlRevoke); got.Grant != grant || got.Reason != "released" {
				t.Errorf("released %+v", got)
			}
		}
	})
}

// TestInputWithoutAPicture: what would be done blindly is refused, and what lets go passes.
func TestInputWithoutAPicture(t *testing.T) {
	d := newDesktop(t, overSocket, nil)
	grant := d.granted()
	d.share.Interrupt("s1", true)
	say := func(events string) {
		d.ann.raw(`{"type":"control.input","grant":"` + grant + `","events":[` + events + `]}`)
	}
	say(`{"kind":"keydown","code":"KeyA"}`)
	d.ann.denied("rate-limited", wire.TypeControlInput)
	say(`{"kind":"move","x":0.5},{"kind":"keyup","code":"KeyA"},{"kind":"down"}`)
	d.ann.denied("rate-limited", wire.TypeControlInput)
	say(`{"kind":"up"}`)
	for _, want := range []wire.InputEvent{{Kind: wire.InputKeyUp, Code: "KeyA"}, {Kind: wire.InputUp}} {
		if got := await[wire.ControlInjected](d.software, wire.TypeControlInput); len(got.Events) != 1 || got.Events[0] != want {
			t.Errorf("input %+v, want %+v", got, want)
		}
	}
	d.quietAnn() // the last one was not refused
	d.share.Interrupt("s1", false)
	d.ann.raw(input(grant, 1))
	await[wire.ControlInjected](d.software, wire.TypeControlInput)
}

// TestAStalledController: what a network held back for nearly ten seconds arrives at once, and ends nothing.
func TestAStalledController(t *testing.T) {
	start := time.Now()
	d := newDesktop(t, overSocket, func(c *Config) { c.Now = func() time.Time { return start } })
	grant := d.granted()
	done := make(chan error, 1)
	go func() {
		for n := range inputBurst {
			if err := d.ann.line.write(t.Context(), input(grant, n)); err != nil {
				done <- err
				return
			}
		}
		done <- d.ann.line.write(t.Context(), `{"type":"probe"}`)
	}()
	passed, refused := 0, 0
	for answered := false; !answered; {
		name, frame := d.ann.next()
		switch {
		case name == wire.TypeError && strings.Contains(string(frame), `"probe"`):
			answered = true
		case name == wire.TypeError && strings.Contains(string(frame), `"rate-limited"`): // the presenter's box is full
			refused++
		}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	d.ann.send(wire.ControlRevoke{Type: wire.TypeControlRevoke, Grant: grant})
	for name := wire.Type(""); name != wire.TypeControlRevoke; {
		if name, _ = d.software.next(); name == wire.TypeControlInput {
			passed++
		}
	}
	if passed == 0 || passed+refused > inputBurst || passed+refused+64 < inputBurst { // what was in the box is taken back
		t.Errorf("%d passed, %d refused", passed, refused)
	}
}

// TestNoPageAnswersForTheSoftware: while its channel is away for a moment, the asker hears so at once.
func TestNoPageAnswersForTheSoftware(t *testing.T) {
	d := newDesktop(t, overSocket, nil)
	d.software.line.hangUp()
	d.until("the software has gone", func() bool { return d.server.Stats().Connections == 2 })
	d.ann.raw(request)
	d.ann.denied("unavailable", wire.TypeControlRequest)
	d.page.untouched("the page")
}

// TestARelayThatDrains: both sides are sent away, and the grant is good nowhere any more.
func TestARelayThatDrains(t *testing.T) {
	d := newDesktop(t, overSocket, nil)
	grant := d.granted()
	stopped := make(chan error, 1)
	go func() { stopped <- d.server.Shutdown(context.Background()) }()
	for _, c := range []*caller{d.ann, d.software, d.page} {
		c.closed(websocket.StatusGoingAway)
	}
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	next, err := d.rooms.Join("c-1", 0, room.ParticipantOf(d.claims("ann", jointoken.RoleInternal, jointoken.Control)))
	if err != nil {
		t.Fatal(err)
	}
	defer next.Leave()
	next.Listen(99)
	if err := next.Control(grant, []byte("x"), true); err == nil {
		t.Error("the grant is still good")
	}
	for _, p := range next.State().Publications {
		if p.Controller != "" {
			t.Errorf("controlled %+v", p)
		}
	}
}
