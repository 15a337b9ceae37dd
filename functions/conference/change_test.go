package conference_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/shared/problem"
)

func (w *world) tryPatch(id, body string) (*conference.Conference, error) {
	p, err := conference.ReadPatch(strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	return w.Patch(w.t.Context(), id, nil, p)
}

func (w *world) patch(id, body string) *conference.Conference {
	w.t.Helper()
	c, err := w.tryPatch(id, body)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func TestPatch(t *testing.T) {
	w := newWorld(t)
	c := w.create("Team", func(d *conference.Draft) {
		d.Title, d.EndsAt, d.OpenBefore, d.Welcome = "Review", w.in(time.Hour), 3, "Hello"
		d.Bridges = []conference.Bridge{{Kind: "audio", Label: "Paris", Number: "1", Code: "42#"}}
		d.Permissions.GuestShare = "browser"
	})
	w.clock.Advance(time.Minute)
	c = w.patch(c.ID, `{"name":"Team","title":"Next","endsAt":null,"openBefore":null,"welcome":null,"bridges":[{"kind":"video","number":"2"}],"permissions":{"chat":false}}`)
	if c.Title != "Next" || c.EndsAt != nil || c.OpenBefore != 15 || c.Welcome != "" || c.Version != 2 || !c.UpdatedAt.Equal(w.clock.Now()) {
		t.Errorf("got %+v", c)
	}
	if len(c.Bridges) != 1 || c.Bridges[0] != (conference.Bridge{Kind: "video", Number: "2"}) {
		t.Errorf("a list is not replaced as a whole: %+v", c.Bridges)
	}
	if p := c.Permissions; p.Chat || !p.Annotate || p.GuestShare != "browser" {
		t.Errorf("permissions %+v", p)
	}
	if p := w.patch(c.ID, `{"permissions":null,"bridges":null}`); !p.Permissions.Chat || p.Permissions.GuestShare != "software" || len(p.Bridges) != 0 {
		t.Errorf("got %+v", p)
	}
	w.expect("", "192.0.2.1", "Team", "correct horse")
	w.patch(c.ID, `{"password":"another horse"}`)
	w.expect(problem.ConferenceDenied, "192.0.2.1", "Team", "correct horse")
	w.expect("", "192.0.2.1", "Team", "another horse")
}

func TestPatchRefuses(t *testing.T) {
	w := newWorld(t)
	open := w.create("Open", nil)
	later := w.create("Later", func(d *conference.Draft) { d.StartsAt = w.in(2 * time.Hour) })
	soon := w.in(3 * time.Hour).Format(time.RFC3339)
	for _, c := range []struct {
		id, body string
		code     problem.Code
		pointers []string
	}{
		{open.ID, `{"name":"Other"}`, problem.Invalid, []string{"/name"}},
		{open.ID, `{"name":null}`, problem.Invalid, []string{"/name"}},
		{open.ID, `{"title":7}`, problem.Invalid, []string{"/title"}},
		{open.ID, `{"startsAt":"` + soon + `"}`, problem.Invalid, []string{"/startsAt"}},
		{open.ID, `{"region":"eu-1"}`, problem.Invalid, []string{"/region"}},
		{open.ID, `{"endsAt":"2020-01-01T00:00:00Z"}`, problem.Invalid, []string{"/endsAt"}},
		{open.ID, `{"guestPolicy":"all","retentionDays":0}`, problem.Invalid, []string{"/guestPolicy", "/retentionDays"}},
		{open.ID, `{"permissions":{"guestShare":"x"}}`, problem.Invalid, []string{"/permissions/guestShare"}},
		{open.ID, `{"password":"short"}`, problem.Invalid, []string{"/password"}},
		{open.ID, `{"password":null}`, problem.Invalid, []string{"/password"}},
		{open.ID, `{"id":"x"}`, problem.Malformed, nil},
		{open.ID, `{"title":"a","title":"b"}`, problem.Malformed, nil},
		{open.ID, `[]`, problem.Malformed, nil},
		{"unknown", `{}`, problem.NotFound, nil},
	} {
		_, err := w.tryPatch(c.id, c.body)
		if err == nil {
			t.Errorf("%s was accepted", c.body)
			continue
		}
		wantCode(t, err, c.code, c.pointers...)
	}
	if c := w.patch(later.ID, `{"region":"eu-1","startsAt":"`+soon+`"}`); c.Region != "eu-1" || !c.StartsAt.Equal(*w.in(3 * time.Hour)) {
		t.Errorf("before it opens: %+v", c)
	}
	if _, err := w.End(t.Context(), open.ID); err != nil {
		t.Fatal(err)
	}
	_, err := w.tryPatch(open.ID, `{"title":"x"}`)
	wantCode(t, err, problem.Conflict)
}

func TestMatch(t *testing.T) {
	w := newWorld(t)
	c := w.create("Team", nil)
	other := errors.New("another version")
	only := func(n int64) conference.Match {
		return func(version int64) error {
			if version != n {
				return other
			}
			return nil
		}
	}
	p, err := conference.ReadPatch(strings.NewReader(`{"title":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Patch(t.Context(), c.ID, only(1), p); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Patch(t.Context(), c.ID, only(1), p); !errors.Is(err, other) {
		t.Error(err)
	}
	if err := w.Delete(t.Context(), c.ID, only(1)); !errors.Is(err, other) {
		t.Error(err)
	}
	if err := w.Delete(t.Context(), c.ID, only(2)); err != nil {
		t.Error(err)
	}
}

// A new password ends what the former one has given: no new join token. A personal link goes on.
func TestNewPassword(t *testing.T) {
	w := newWorld(t)
	c := w.create("Team", nil)
	by := func(a conference.Attempt) *conference.Admission {
		t.Helper()
		admission, _, err := w.Admit(t.Context(), from("192.0.2.1"), a)
		if err != nil {
			t.Fatal(err)
		}
		return admission
	}
	_, code, err := w.Invite(t.Context(), c.ID, conference.Invite{Kind: "internal"})
	if err != nil {
		t.Fatal(err)
	}
	former, link := by(conference.Attempt{Name: "Team", Password: "correct horse"}), by(conference.Attempt{Invitation: code})
	changed, generated, err := w.SetPassword(t.Context(), c.ID, "")
	if err != nil || len(generated) != 17 || changed.Version != 2 {
		t.Fatal(changed, generated, err)
	}
	w.expect(problem.ConferenceDenied, "192.0.2.1", "Team", "correct horse")
	join := func(a *conference.Admission) error {
		_, err := w.JoinToken(t.Context(), *a, &conference.Identity{Name: "Ada"}, "browser")
		return err
	}
	wantCode(t, join(former), problem.ConferenceDenied)
	for _, a := range []*conference.Admission{link, by(conference.Attempt{Name: "Team", Password: generated})} {
		if err := join(a); err != nil {
			t.Error(err)
		}
	}
	if _, shown, err := w.SetPassword(t.Context(), c.ID, "given by me"); err != nil || shown != "" {
		t.Error(shown, err)
	}
	_, _, err = w.SetPassword(t.Context(), c.ID, "short")
	wantCode(t, err, problem.Invalid, "/password")
	if _, err := w.End(t.Context(), c.ID); err != nil {
		t.Fatal(err)
	}
	_, _, err = w.SetPassword(t.Context(), c.ID, "")
	wantCode(t, err, problem.Conflict)
}

func TestDelete(t *testing.T) {
	w := newWorld(t)
	c := w.create("Team", nil)
	var codes []string
	for range 103 { // more than a page
		_, code, err := w.Invite(t.Context(), c.ID, conference.Invite{Kind: "guest", Name: "Ada"})
		if err != nil {
			t.Fatal(err)
		}
		codes = append(codes, code)
	}
	if err := w.Delete(t.Context(), c.ID, nil); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(w.ended) != fmt.Sprint([]string{c.ID}) {
		t.Errorf("the relay was told %v", w.ended)
	}
	_, err := w.Conference(t.Context(), c.ID)
	wantCode(t, err, problem.NotFound)
	page, err := w.db.Conference().Invitations(t.Context(), conference.InvitationQuery{Conference: c.ID, Limit: 5})
	if err != nil || len(page.Invitations) > 0 {
		t.Errorf("left: %v, %v", page, err)
	}
	_, _, err = w.Admit(t.Context(), from("192.0.2.1"), conference.Attempt{Invitation: codes[0]})
	wantCode(t, err, problem.ConferenceDenied)
	wantCode(t, w.Delete(t.Context(), c.ID, nil), problem.NotFound)
	w.create("Team", nil) // the name is free
}
