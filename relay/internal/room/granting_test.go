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
	d.software, d.share = join(t, d.rooms, "c", "bob"), join(t, d.rooms, "c", "bob")
	for p, software := range map[*Presence]bool{d.ann: false, d.eve: false, d.bob: false, d.software: true} {
		p.Listen(software)
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
	d.hears(d.ann, "granted")
	d.hears(d.software, "granted")
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
	d.must(d.ann.Control(id, []byte("1")))
	d.must(d.ann.Control(id, []byte("2")))
	d.hears(d.software, "input 1", "input 2")
	d.must(d.ann.Control(id, []byte("3")))
	d.must(d.software.RevokeControl(id))
	d.refused(ErrControl, d.ann.Control(id, []byte("4")))
	d.hears(d.software, "revoked stopped") // and not what was still on its way
	d.hears(d.ann, "revoked stopped")
	d.hears(d.eve)
	d.hears(d.bob)
	if got := d.ann.State().Publications[0].Controller; got != "" {
		t.Errorf("controlled by %q", got)
	}
	d.refused(grant.ErrNotFound, d.software.RevokeControl(id))
}

// TestForgeries: what anybody else says moves nothing, and the presenter hears of none of it.
func TestForgeries(t *testing.T) {
	d := newDesktop(t)
	guest := join(t, d.rooms, "c", "guest")
	guest.Listen(false)
	d.must(d.ann.RequestControl("k", "s1", "token"))
	request := d.software.Letters()[0].Grant.Request.ID
	for _, p := range []*Presence{d.ann, d.eve, d.bob} { // bob's page is not what was asked
		_, err := p.GrantControl(request)
		d.refused(grant.ErrNotFound, err)
		d.refused(grant.ErrNotFound, p.DenyControl(request, grant.Denied))
	}
	_, err := guest.GrantControl(request)
	d.refused(ErrControl, err)
	d.refused(ErrControl, guest.DenyControl(request, grant.Busy))
	d.refused(ErrControl, guest.RequestControl("k", "s1", "token"))
	given, err := d.software.GrantControl(request)
	d.must(err)
	d.hears(d.software, "granted")
	for _, p := range []*Presence{d.eve, d.bob, d.software, d.share, guest} {
		d.refused(ErrControl, p.Control(given.ID, []byte("x")))
	}
	d.refused(ErrControl, d.ann.Control("", []byte("x")))
	d.refused(grant.ErrNotFound, d.eve.RevokeControl(given.ID))
	d.refused(ErrControl, guest.RevokeControl(given.ID))
	d.hears(d.software)
	d.hears(d.bob)
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
	d.refused(ErrPace, d.ann.RequestControl("again", "s1", "token")) // three at once, then one every five seconds
	d.must(d.software.DenyControl(asked[0].Grant.Request.ID, grant.Busy))
	d.hears(d.ann, "denied busy")
	d.software.Leave()
	d.must(d.eve.RequestControl("page", "s1", "token")) // answered by the page where there is no software
	d.hears(d.bob, "asked")
	d.bob.Leave()
	d.hears(d.eve, "denied gone")
	d.refused(ErrAbsent, d.eve.RequestControl("absent", "s1", "token"))
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
		"the controller is back":   {func(d *desktop, _ string) { d.internal("ann").Listen(false) }, nil, []string{"revoked reconnected"}, false, true},
		"the software is lost":     {func(d *desktop, _ string) { d.software.Leave() }, []string{"revoked reconnected"}, nil, false, true},
		"the share ends":           {func(d *desktop, _ string) { d.share.Leave() }, []string{"revoked ended"}, []string{"revoked ended"}, false, false},
		"the share is taken down":  {func(d *desktop, _ string) { d.share.Unpublish("s1") }, []string{"revoked ended"}, []string{"revoked ended"}, false, false},
		"the controller is thrown": {func(d *desktop, _ string) { d.must(d.eve.Remove("ann")) }, nil, []string{"revoked removed"}, true, true},
		"the presenter is thrown":  {func(d *desktop, _ string) { d.must(d.eve.Remove("bob")) }, []string{"revoked removed"}, nil, false, false},
		"the controller idles":     {func(d *desktop, _ string) { d.now = d.now.Add(grant.Patience); d.software.LapseControl() }, []string{"revoked idle"}, []string{"revoked idle"}, false, true},
		"the page comes back":      {func(d *desktop, _ string) { join(d.t, d.rooms, "c", "bob").Listen(false) }, nil, nil, false, true},
		"the conference ends":      {func(d *desktop, _ string) { d.rooms.End("c") }, nil, nil, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesktop(t)
			id := d.granted()
			d.must(d.ann.Control(id, []byte("x")))
			d.software.Letters()
			tt.end(d, id)
			d.hears(d.ann, tt.controller...)
			d.hears(d.software, tt.presenter...)
			lives := name == "the page comes back"
			if err := d.ann.Control(id, []byte("y")); lives != (err == nil) {
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
		d.must(d.ann.Control(id, []byte("x")))
	}
	d.refused(ErrPace, d.ann.Control(id, []byte("x")))
	d.must(d.ann.RevokeControl(id))
	d.hears(d.software, "revoked released")
}

// TestInputAllocates: a message of input costs the room next to nothing.
func TestInputAllocates(t *testing.T) {
	d := newDesktop(t)
	id, input := d.granted(), []byte("x")
	if n := testing.AllocsPerRun(200, func() {
		_ = d.ann.Control(id, input)
		_ = d.software.Letters()
	}); n > 6 {
		t.Errorf("%v allocations", n)
	}
}
