package room

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/relay/internal/grant"
	"github.com/coopnet/coopnet/shared/jointoken"
)

// desktop is a room in which bob shares something that ann may control.
type desktop struct {
	t             *testing.T
	rooms         *Rooms
	now           time.Time
	ann, eve      *Presence // of the company
	bob, software *Presence // a guest's page, and software
	share         *Presence
}

func newDesktop(t *testing.T) *desktop {
	d := &desktop{t: t, now: time.Unix(1_800_000_000, 0)}
	made := 0
	d.rooms = New(Config{Now: func() time.Time { return d.now }, NewID: func() string { made++; return strconv.Itoa(made) }})
	t.Cleanup(d.rooms.Close)
	d.ann, d.eve, d.bob = d.internal("ann"), d.internal("eve"), join(t, d.rooms, "c", "bob")
	d.software, d.share = d.installed("bob"), d.installed("bob")
	for _, p := range []*Presence{d.ann, d.eve, d.bob, d.software} {
		listen(p)
	}
	if err := d.share.Publish(Publication{ID: "s1", Control: true}); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *desktop) internal(id string) *Presence {
	who := person(id)
	who.Role, who.Controls = jointoken.RoleInternal, true
	p, err := d.rooms.Join("c", 0, who)
	if err != nil {
		d.t.Fatal(err)
	}
	return p
}

func (d *desktop) installed(id string) *Presence {
	who := person(id)
	who.Software = true
	p, err := d.rooms.Join("c", 0, who)
	if err != nil {
		d.t.Fatal(err)
	}
	return p
}

// listen takes a seat in the order of joining.
func listen(p *Presence) <-chan struct{} { return p.Listen(p.number) }

// granted lets ann control bob's share.
func (d *desktop) granted() (id string) {
	d.t.Helper()
	d.must(d.ann.RequestControl("k", "s1", "token"))
	asked := d.software.Letters()
	if len(asked) != 1 || asked[0].Kind != ControlAsked || asked[0].Token != "token" || asked[0].Participant.Name != "name of ann" {
		d.t.Fatalf("asked %+v", asked)
	}
	g, err := d.software.GrantControl(asked[0].Grant.Request.ID)
	d.must(err)
	for _, p := range []*Presence{d.ann, d.software, d.bob} {
		d.hears(p, "granted")
	}
	if got := d.ann.State().Publications[0].Controller; got != "ann" {
		d.t.Fatalf("controlled by %q", got)
	}
	return g.ID
}

func (d *desktop) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desktop) refused(want, got error) {
	d.t.Helper()
	if !errors.Is(got, want) {
		d.t.Errorf("got %v, want %v", got, want)
	}
}

// hears compares the letters of a channel: their kinds, with reason or input.
func (d *desktop) hears(p *Presence, want ...string) {
	d.t.Helper()
	kinds := map[LetterKind]string{ControlAsked: "asked", ControlGranted: "granted", ControlDenied: "denied", ControlRevoked: "revoked", ControlInput: "input"}
	got := []string{}
	for _, l := range p.Letters() {
		got = append(got, strings.TrimSpace(fmt.Sprint(kinds[l.Kind], " ", l.Reason, string(l.Input))))
	}
	if !slices.Equal(got, want) {
		d.t.Errorf("%s hears %q, want %q", p.participant, got, want)
	}
}

func TestControlFromTheRequestToTheEnd(t *testing.T) {
	d := newDesktop(t)
	id := d.granted()
	d.must(d.ann.Control(id, []byte("1"), false))
	d.must(d.ann.Control(id, []byte("2"), false))
	d.hears(d.software, "input 1", "input 2")
	d.must(d.ann.Control(id, []byte("3"), false))
	d.must(d.software.RevokeControl(id))
	d.refused(ErrControl, d.ann.Control(id, []byte("4"), false))
	d.hears(d.software, "revoked stopped") // and not what was still on its way
	d.hears(d.ann, "revoked stopped")
	d.hears(d.eve)
	d.hears(d.bob, "revoked stopped")
	if got := d.ann.State().Publications[0].Controller; got != "" {
		t.Errorf("controlled by %q", got)
	}
	d.refused(grant.ErrNotFound, d.software.RevokeControl(id))
}

// TestForgeries: what anybody else says moves nothing, and the presenter hears of none of it.
func TestForgeries(t *testing.T) {
	d := newDesktop(t)
	guest := join(t, d.rooms, "c", "guest")
	listen(guest)
	d.must(d.ann.RequestControl("k", "s1", "token"))
	request := d.software.Letters()[0].Grant.Request.ID
	for _, p := range []*Presence{d.ann, d.eve, d.bob, guest} { // bob's page is not what was asked
		_, err := p.GrantControl(request)
		d.refused(ErrControl, err)
		d.refused(ErrControl, p.DenyControl(request, grant.Denied))
	}
	_, err := d.software.GrantControl("q-0")
	d.refused(grant.ErrNotFound, err)
	_, err = guest.GrantControl("q-0")
	d.refused(ErrControl, err)
	d.refused(ErrControl, guest.RequestControl("k", "s1", "token"))
	d.refused(ErrControl, guest.WithdrawControl("k"))
	d.refused(grant.ErrNotFound, d.eve.WithdrawControl("k"))
	given, err := d.software.GrantControl(request)
	d.must(err)
	d.hears(d.software, "granted")
	for _, p := range []*Presence{d.eve, d.bob, d.software, d.share, guest} {
		d.refused(ErrControl, p.Control(given.ID, []byte("x"), false))
	}
	d.refused(ErrControl, d.ann.Control("", []byte("x"), false))
	d.refused(ErrControl, d.eve.RevokeControl(given.ID))
	d.refused(ErrControl, guest.RevokeControl(given.ID))
	d.hears(d.software)
	d.hears(d.bob, "granted")
	d.must(d.bob.RevokeControl(given.ID)) // but the presenter's own page may stop it
	d.hears(d.software, "revoked stopped")
}

func TestWhatCannotBeAskedFor(t *testing.T) {
	d := newDesktop(t)
	d.must(d.share.Publish(Publication{ID: "s2"}))
	d.refused(ErrNotFound, d.ann.RequestControl("k", "gone", "token"))
	d.refused(ErrControl, d.ann.RequestControl("k", "s2", "token"))
	own := d.internal("ann")
	d.must(own.Publish(Publication{ID: "s3", Control: true}))
	d.refused(ErrControl, d.ann.RequestControl("k", "s3", "token"))
	d.refused(grant.ErrInvalid, d.ann.RequestControl("", "s1", "token"))
	d.must(d.ann.RequestControl("k", "s1", "token"))
	d.must(d.ann.RequestControl("k", "s1", "token"))
	asked := d.software.Letters()
	if len(asked) != 1 {
		t.Fatalf("asked %+v", asked)
	}
	d.refused(grant.ErrConflict, d.eve.RequestControl("k", "s1", "token"))
	d.must(d.software.DenyControl(asked[0].Grant.Request.ID, grant.Busy))
	d.hears(d.ann, "denied busy")
}

// TestRequestsArePaced: three at once, then one every five seconds; a share that is taken costs nothing, and after a no there
// is a rest.
func TestRequestsArePaced(t *testing.T) {
	d := newDesktop(t)
	d.must(d.eve.RequestControl("k", "s1", "token"))
	for range askBurst {
		d.refused(grant.ErrConflict, d.ann.RequestControl("k", "s1", "token"))
	}
	d.must(d.eve.WithdrawControl("k"))
	for range askBurst {
		d.must(d.ann.RequestControl("k", "s1", "token"))
		d.must(d.ann.WithdrawControl("k"))
	}
	d.refused(grant.ErrPace, d.ann.RequestControl("k", "s1", "token"))
	d.software.Letters()
	d.now = d.now.Add(askEvery)
	d.must(d.ann.RequestControl("k", "s1", "token"))
	d.must(d.software.DenyControl(d.software.Letters()[0].Grant.Request.ID, grant.Denied))
	d.refused(grant.ErrPace, d.eve.RequestControl("k", "s1", "token"))
	d.now = d.now.Add(grant.LongRest - 1)
	d.refused(grant.ErrPace, d.ann.RequestControl("k", "s1", "token"))
	d.now = d.now.Add(1)
	d.must(d.ann.RequestControl("k", "s1", "token"))
}

func TestWithdrawnRequests(t *testing.T) {
	d := newDesktop(t)
	d.must(d.ann.RequestControl("k", "s1", "token"))
	d.hears(d.software, "asked")
	d.must(d.ann.WithdrawControl("k"))
	d.refused(grant.ErrNotFound, d.ann.WithdrawControl("k"))
	d.hears(d.ann, "denied gone")
	d.hears(d.software, "denied gone")
	d.hears(d.bob)
	id := d.granted()
	d.must(d.ann.WithdrawControl("k")) // it has crossed the yes
	for _, p := range []*Presence{d.ann, d.software, d.bob} {
		d.hears(p, "revoked released")
	}
	d.refused(ErrControl, d.ann.Control(id, []byte("x"), false))
}

// TestWhoAnswersForAShare: the software for what it shares, and no page in its place; for what a page's token has shared
// either, the software before the page.
func TestWhoAnswersForAShare(t *testing.T) {
	d := newDesktop(t)
	d.software.Leave()
	d.refused(ErrAbsent, d.ann.RequestControl("k", "s1", "token"))
	old := join(t, d.rooms, "c", "bob")
	d.must(old.Publish(Publication{ID: "s2", Control: true}))
	d.must(d.ann.RequestControl("k", "s2", "token"))
	d.hears(d.bob, "asked")
	d.bob.Leave()
	d.hears(d.ann, "denied gone")
	d.refused(ErrAbsent, d.ann.RequestControl("k", "s2", "token"))
	back := d.installed("bob")
	listen(back)
	d.must(d.ann.RequestControl("k", "s1", "token"))
	listen(join(t, d.rooms, "c", "bob"))
	d.must(d.eve.RequestControl("k", "s2", "token"))
	d.hears(back, "asked", "asked")
}

// TestThePresentersPageHears: it may end what the software has begun, also when it was not there as it began.
func TestThePresentersPageHears(t *testing.T) {
	d := newDesktop(t)
	id := d.granted()
	back := join(t, d.rooms, "c", "bob")
	listen(back)
	d.hears(back, "granted")
	d.hears(d.bob) // lost: it is the same seat
	again := d.installed("bob")
	d.refused(ErrControl, again.Control(id, []byte("x"), false))
	d.must(back.RevokeControl(id))
	for _, p := range []*Presence{d.ann, d.software, back} {
		d.hears(p, "revoked stopped")
	}
	d.granted2(back)
	listen(again)
	d.hears(back, "revoked reconnected")
	d.hears(again)
}

// granted2 lets ann control, where another page than bob's first hears of it.
func (d *desktop) granted2(page *Presence) {
	d.t.Helper()
	d.must(d.ann.RequestControl("k2", "s1", "token"))
	_, err := d.software.GrantControl(d.software.Letters()[0].Grant.Request.ID)
	d.must(err)
	d.hears(page, "granted")
}

// TestTheHigherSeatStays: two channels of a participant may join in one order and sit down in the other.
func TestTheHigherSeatStays(t *testing.T) {
	for _, lateFirst := range []bool{false, true} {
		d := newDesktop(t)
		first, second := d.internal("zoe"), d.internal("zoe")
		if lateFirst {
			second.Listen(1)
			first.Listen(2)
		} else {
			first.Listen(2)
			second.Listen(1)
		}
		second.Leave() // replaced
		d.must(first.RequestControl("k", "s1", "token"))
		d.hears(d.software, "asked")
	}
}

// TestNobodyActsBlindly: while the picture does not come, only what lets go passes.
func TestNobodyActsBlindly(t *testing.T) {
	d := newDesktop(t)
	id := d.granted()
	d.share.Interrupt("s1", true)
	d.refused(ErrInterrupted, d.ann.Control(id, []byte("down"), false))
	d.must(d.ann.Control(id, []byte("up"), true))
	d.refused(ErrControl, d.eve.Control(id, []byte("up"), true))
	d.hears(d.software, "input up")
	d.share.Interrupt("s1", false)
	d.must(d.ann.Control(id, []byte("down"), false))
	d.hears(d.software, "input down")
}

func TestHowControlEnds(t *testing.T) {
	for name, tt := range map[string]struct {
		end            func(*desktop, string)
		controller     []string // what each side hears
		presenter      []string
		without, still bool // a side is not there any more; the share is
	}{
		"released":                 {func(d *desktop, id string) { d.must(d.ann.RevokeControl(id)) }, []string{"revoked released"}, []string{"revoked released"}, false, true},
		"the controller is lost":   {func(d *desktop, _ string) { d.ann.Leave() }, nil, []string{"revoked reconnected"}, true, true},
		"the controller leaves":    {func(d *desktop, _ string) { d.ann.HangUp(); d.ann.Leave() }, nil, []string{"revoked left"}, true, true},
		"the controller is back":   {func(d *desktop, _ string) { listen(d.internal("ann")) }, nil, []string{"revoked reconnected"}, false, true},
		"the software is lost":     {func(d *desktop, _ string) { d.software.Leave() }, []string{"revoked reconnected"}, nil, false, true},
		"the share ends":           {func(d *desktop, _ string) { d.share.Leave() }, []string{"revoked ended"}, []string{"revoked ended"}, false, false},
		"the share is taken down":  {func(d *desktop, _ string) { d.share.Unpublish("s1") }, []string{"revoked ended"}, []string{"revoked ended"}, false, false},
		"the controller is thrown": {func(d *desktop, _ string) { d.must(d.eve.Remove("ann")) }, nil, []string{"revoked removed"}, true, true},
		"the presenter is thrown":  {func(d *desktop, _ string) { d.must(d.eve.Remove("bob")) }, []string{"revoked removed"}, nil, false, false},
		"the controller idles":     {func(d *desktop, _ string) { d.now = d.now.Add(grant.Patience); d.software.LapseControl() }, []string{"revoked idle"}, []string{"revoked idle"}, false, true},
		"the page comes back":      {func(d *desktop, _ string) { listen(join(d.t, d.rooms, "c", "bob")) }, nil, nil, false, true},
		"the conference ends":      {func(d *desktop, _ string) { d.rooms.End("c") }, nil, nil, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesktop(t)
			id := d.granted()
			d.must(d.ann.Control(id, []byte("x"), false))
			d.software.Letters()
			tt.end(d, id)
			d.hears(d.ann, tt.controller...)
			d.hears(d.software, tt.presenter...)
			lives := name == "the page comes back"
			if err := d.ann.Control(id, []byte("y"), false); lives != (err == nil) {
				t.Errorf("input after the end: %v", err)
			}
			if shares := d.eve.State().Publications; (len(shares) == 1) != tt.still || tt.still && (shares[0].Controller == "ann") != lives {
				t.Errorf("shares %+v", shares)
			}
		})
	}
}

func TestRequestsLapse(t *testing.T) {
	d := newDesktop(t)
	d.must(d.ann.RequestControl("k", "s1", "token"))
	d.software.Letters()
	d.now = d.now.Add(grant.RequestLife)
	d.eve.LapseControl()
	d.hears(d.ann, "denied expired")
	d.hears(d.software, "denied expired")
	d.must(d.eve.RequestControl("k", "s1", "token"))
	d.hears(d.software, "asked")
}

// TestAPresenterThatDoesNotRead: input is bounded, the end comes through, and nothing of what waited does.
func TestAPresenterThatDoesNotRead(t *testing.T) {
	d := newDesktop(t)
	id := d.granted()
	for range maxLetters {
		d.must(d.ann.Control(id, []byte("x"), false))
	}
	d.refused(ErrPace, d.ann.Control(id, []byte("x"), false))
	d.must(d.ann.RevokeControl(id))
	d.hears(d.software, "revoked released")
}

// TestInputAllocates: a message of input costs the room next to nothing.
func TestInputAllocates(t *testing.T) {
	d := newDesktop(t)
	id, input := d.granted(), []byte("x")
	if n := testing.AllocsPerRun(200, func() {
		_ = d.ann.Control(id, input, false)
		_ = d.software.Letters()
	}); n > 6 {
		t.Errorf("%v allocations", n)
	}
}
