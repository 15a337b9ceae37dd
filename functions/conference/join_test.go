package conference_test

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/turncred"
)

func (w *world) admission(role jointoken.Role, c *conference.Conference) conference.Admission {
	return conference.Admission{Conference: c.ID, Participant: "p1", Role: role, Password: c.PasswordID, Expires: w.clock.Now().Add(time.Hour)}
}

func (w *world) claims(token string) jointoken.Claims {
	w.t.Helper()
	v := jointoken.Verifier{Issuer: w.Issuer(), Audience: "relay-1", Keys: w.keys, Now: w.clock.Now}
	c, err := v.Verify(w.t.Context(), token)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func TestJoinTokenClaims(t *testing.T) {
	w := newWorld(t)
	ada := &conference.Identity{Title: "Ms", Name: "Ada Lovelace", Email: "ada@example.org"}
	for _, c := range []struct {
		role        jointoken.Role
		share, mode string
		chat        bool
		want        string
	}{
		{"guest", "none", "browser", true, "view chat"},
		{"guest", "none", "software", false, "view"},
		{"guest", "software", "browser", true, "view chat"},
		{"guest", "software", "software", true, "view chat"}, // anybody can say "software"
		{"guest", "browser", "browser", true, "view share chat"},
		{"guest", "browser", "software", true, "view share chat"},
		{"internal", "none", "browser", false, "view share control chat annotate"},
		{"organizer", "none", "browser", false, "view share control chat annotate moderate"},
	} {
		conf := w.create(strings.Join([]string{string(c.role), c.share, c.mode}, " "), func(d *conference.Draft) {
			d.Permissions, d.MaxParticipants = conference.Permissions{GuestShare: c.share, Chat: c.chat}, 7
		})
		ticket, err := w.JoinToken(t.Context(), w.admission(c.role, conf), ada, c.mode)
		if err != nil {
			t.Fatal(err)
		}
		claims := w.claims(ticket.Token)
		var got []string
		for _, p := range claims.Permissions {
			got = append(got, string(p))
		}
		if strings.Join(got, " ") != c.want || !slices.Equal(claims.Permissions, ticket.Permissions) {
			t.Errorf("%+v: got %v", c, got)
		}
		if claims.Subject != "p1" || claims.Conference != conf.ID || claims.Name != "Ms Ada Lovelace" || claims.Role != c.role ||
			claims.Expires.Sub(claims.IssuedAt) != 120*time.Second || len(claims.ID) != 26 || claims.Issuer != "https://coopnet.example" || claims.Limit != 7 {
			t.Errorf("got %+v", claims)
		}
		if again, err := w.JoinToken(t.Context(), w.admission(c.role, conf), ada, c.mode); err != nil || w.claims(again.Token).ID == claims.ID {
			t.Errorf("a second token has the same id, or %v", err)
		}
	}
}

func TestJoinTokenRefusals(t *testing.T) {
	w := newWorld(t)
	c := w.create("Team", func(d *conference.Draft) { d.EndsAt = w.in(time.Hour) })
	a, ada := w.admission("guest", c), &conference.Identity{Name: "Ada"}
	_, err := w.JoinToken(t.Context(), a, ada, "fax")
	wantCode(t, err, problem.Invalid, "/mode")
	_, err = w.JoinToken(t.Context(), a, nil, "browser")
	wantCode(t, err, problem.Conflict)
	_, err = w.JoinToken(t.Context(), conference.Admission{Conference: "gone", Role: "guest"}, ada, "browser")
	wantCode(t, err, problem.ConferenceDenied)
	w.clock.Advance(time.Hour)
	_, err = w.JoinToken(t.Context(), a, ada, "browser")
	wantCode(t, err, problem.ConferenceDenied)
}

func TestCookies(t *testing.T) {
	w := newWorld(t)
	stranger := newWorld(t) // the same program with other keys
	c := w.create("Team", func(d *conference.Draft) { d.EndsAt = w.in(30 * time.Hour) })
	a, _, err := w.Admit(t.Context(), from("192.0.2.1"), conference.Attempt{Name: "Team", Password: "correct horse"})
	if err != nil || a.Conference != c.ID || a.Role != "guest" || !a.Expires.Equal(w.clock.Now().Add(12*time.Hour)) {
		t.Fatalf("got %+v, %v", a, err)
	}
	value, err := w.Seal(t.Context(), *a)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := w.Open(t.Context(), value); err != nil || got != *a {
		t.Errorf("got %+v, %v", got, err)
	}
	if again, err := w.Seal(t.Context(), *a); err != nil || again == value {
		t.Errorf("the nonce is not random: %v", err)
	}
	id, sealed, _ := strings.Cut(value, ".")
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil || strings.Contains(string(raw), c.ID) {
		t.Fatalf("the cookie can be read, or %v", err)
	}
	foreign, err := stranger.Seal(t.Context(), *a)
	if err != nil {
		t.Fatal(err)
	}
	forged := []string{"", ".", id, id + ".", "unknown." + sealed, id + "." + foreign[strings.Index(foreign, ".")+1:], value + "A", foreign,
		base64.RawURLEncoding.EncodeToString([]byte(`{"c":"` + c.ID + `"}`)), strings.Repeat("A", 5000)}
	for i := range raw {
		flipped := slices.Clone(raw)
		flipped[i] ^= 1
		forged = append(forged, id+"."+base64.RawURLEncoding.EncodeToString(flipped))
	}
	for _, f := range forged {
		if _, err := w.Open(t.Context(), f); !errors.Is(err, conference.ErrSealed()) {
			t.Errorf("%.40q: %v", f, err)
		}
	}
	w.clock.Advance(12 * time.Hour)
	if _, err := w.Open(t.Context(), value); !errors.Is(err, conference.ErrSealed()) {
		t.Errorf("an old cookie: %v", err)
	}
}

// The end of a conference may move: the admission follows, whichever way.
func TestAdmissionFollowsTheEnd(t *testing.T) {
	w := newWorld(t)
	c := w.create("Team", func(d *conference.Draft) { d.EndsAt = w.in(time.Hour) })
	a, _, err := w.Admit(t.Context(), from("192.0.2.1"), conference.Attempt{Name: "Team", Password: "correct horse"})
	if err != nil {
		t.Fatal(err)
	}
	join := func() error {
		_, err := w.JoinToken(t.Context(), *a, &conference.Identity{Name: "Ada"}, "browser")
		return err
	}
	w.patch(c.ID, `{"endsAt":"`+w.in(3*time.Hour).Format(time.RFC3339)+`"}`)
	w.clock.Advance(2 * time.Hour)
	if err := join(); err != nil {
		t.Error(err)
	}
	w.clock.Advance(time.Hour)
	wantCode(t, join(), problem.ConferenceDenied)
}

func FuzzOpenCookie(f *testing.F) {
	for _, s := range []string{"", "a.b", "a.", ".", "a.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "=.=", "\x00.\xff"} {
		f.Add(s)
	}
	w := newWorld(f)
	live, err := w.Seal(f.Context(), conference.Admission{Conference: "c", Expires: w.clock.Now().Add(time.Hour)})
	if err != nil {
		f.Fatal(err)
	}
	id, _, _ := strings.Cut(live, ".")
	f.Fuzz(func(t *testing.T, s string) {
		for _, value := range []string{s, id + "." + s} { // the second gets as far as the decryption
			if _, err := w.Open(t.Context(), value); value != live && !errors.Is(err, conference.ErrSealed()) {
				t.Errorf("%q: %v", value, err)
			}
		}
	})
}

func TestJoinTokenComesWithTURNCredentials(t *testing.T) {
	w := newWorld(t)
	ada := &conference.Identity{Title: "Ms", Name: "Ada Lovelace", Email: "ada@example.org"}
	conf := w.create("Team A", nil)
	ticket, err := w.JoinToken(t.Context(), w.admission("guest", conf), ada, "browser")
	if err != nil {
		t.Fatal(err)
	}
	if len(ticket.ICEServers) != 1 || !slices.Equal(ticket.ICEServers[0].URLs, []string{"turn:r:3478?transport=udp", "turns:r:443?transport=tcp"}) {
		t.Fatalf("%+v", ticket.ICEServers)
	}
	s := ticket.ICEServers[0]
	id, expires, err := turncred.Parse(s.Username)
	if err != nil || id != "p1" || s.Credential != turnSecret(t).Password(s.Username) {
		t.Errorf("%+v: %v", s, err)
	}
	if left := expires.Sub(w.clock.Now()); left < 3*time.Hour || left > 5*time.Hour {
		t.Errorf("valid for %s", left)
	}
	if lower := strings.ToLower(s.Username); strings.Contains(lower, "ada") || strings.Contains(lower, "@") {
		t.Errorf("the username %q says who it is", s.Username)
	}
}

func TestJoinTokenForTheRelayToFallBackTo(t *testing.T) {
	w := newWorld(t)
	c := w.create("Team", nil)
	ticket, err := w.JoinToken(t.Context(), w.admission("guest", c), &conference.Identity{Name: "Ada", Email: "ada@example.org"}, "browser")
	if err != nil || len(ticket.Alternates) != 1 {
		t.Fatal(ticket, err)
	}
	other := ticket.Alternates[0]
	v := jointoken.Verifier{Issuer: w.Issuer(), Audience: "relay-2", Keys: w.keys, Now: w.clock.Now}
	claims, err := v.Verify(t.Context(), other.Token)
	if err != nil || other.Relay.WHEP != "http://s/whep" || other.ICEServers[0].URLs[0] != "turn:s:3478" {
		t.Fatalf("got %+v, %v", other, err)
	}
	first := w.claims(ticket.Token)
	if claims.ID == first.ID || claims.Subject != first.Subject || claims.Person != jointoken.Person("ADA@example.org") || first.Person != claims.Person {
		t.Errorf("got %+v beside %+v", claims, first)
	}
	if _, err := v.Verify(t.Context(), ticket.Token); !errors.Is(err, jointoken.ErrScope) {
		t.Errorf("the first relay's token at the second: %v", err)
	}
}

func TestRemovedParticipantsGetNoToken(t *testing.T) {
	w := newWorld(t)
	c := w.create("Team", nil)
	a, ada := w.admission("guest", c), &conference.Identity{Name: "Ada"}
	w.relays.removed["another/p1"] = true
	if _, err := w.JoinToken(t.Context(), a, ada, "browser"); err != nil {
		t.Fatal(err)
	}
	w.relays.removed[c.ID+"/p1"] = true
	_, err := w.JoinToken(t.Context(), a, ada, "browser")
	wantCode(t, err, problem.ConferenceDenied)
}
