package session

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const code = "Abcdefghij_klmnopqr-01"

// refuse is what the portal says in place of an answer.
func refuse(w http.ResponseWriter, status int, problem string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"code":"`+problem+`","detail":"No.","release":{"version":"2.0.0","manifest":"m","signature":"s","url":"https://portal.example/x"}}`)
}

func portalOf(t *testing.T, h http.Handler) *Portal {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return NewPortal(s.URL, s.Client())
}

func TestRedeem(t *testing.T) {
	var body map[string]string
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/launch-codes/"+code+"/redeem", func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewDecoder(r.Body).Decode(&body)
		http.SetCookie(w, &http.Cookie{Name: admissionCookie, Value: "sealed", Path: "/", Secure: true, HttpOnly: true})
		_, _ = io.WriteString(w, `{"token":"t1","participant":{"id":"p-1","name":"James BOND","role":"guest"},"relay":{"control":"wss://relay.example/control"},"permissions":["view","share"]}`)
	})
	mux.HandleFunc("POST /api/v1/join-tokens", func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie(admissionCookie); err != nil || c.Value != "sealed" {
			refuse(w, http.StatusUnauthorized, "unauthenticated")
			return
		}
		_, _ = io.WriteString(w, `{"token":"t2"}`)
	})
	mux.HandleFunc("GET /api/v1/admissions", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"conference":{"id":"c-1","name":"Team A","title":"Weekly"}}`)
	})
	p := portalOf(t, mux)
	_, ticket, err := Enter(t.Context(), []*Portal{portalOf(t, http.NotFoundHandler()), p}, code, "1.4.0", "linux-amd64")
	if err != nil || ticket.Token != "t1" || ticket.Participant.Name != "James BOND" || body["version"] != "1.4.0" || body["platform"] != "linux-amd64" {
		t.Fatalf("%+v, %v, %v", ticket, err, body)
	}
	if again, err := p.JoinToken(t.Context()); err != nil || again.Token != "t2" {
		t.Errorf("a reconnection: %+v, %v", again, err)
	}
	if c, err := p.Conference(t.Context()); err != nil || c.Name != "Team A" {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestRedeemIsRefused(t *testing.T) {
	for _, tt := range []struct {
		status int
		code   string
	}{{http.StatusConflict, "conflict"}, {http.StatusUpgradeRequired, "upgrade-required"}, {http.StatusServiceUnavailable, "unavailable"}, {http.StatusNotFound, "not-found"}} {
		asked := false
		p := portalOf(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { refuse(w, tt.status, tt.code) }))
		other := portalOf(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked = true
			refuse(w, http.StatusNotFound, "not-found")
		}))
		_, _, err := Enter(t.Context(), []*Portal{p, other}, code, "1.4.0", "linux-amd64")
		var r *Refusal
		if !errors.As(err, &r) || r.Status != tt.status || r.Code != tt.code {
			t.Errorf("%d: %v", tt.status, err)
		}
		if asked != (tt.status == http.StatusNotFound) {
			t.Errorf("%d: the other portal was asked: %v", tt.status, asked)
		}
		if tt.status == http.StatusUpgradeRequired && (r.Release == nil || r.Release.Version != "2.0.0") {
			t.Errorf("no release: %+v", r)
		}
		if strings.Contains(err.Error(), code) {
			t.Errorf("the code is in %v", err)
		}
	}
	dead := httptest.NewServer(nil)
	dead.Close()
	p := NewPortal(dead.URL, http.DefaultClient)
	_, _, err := Enter(t.Context(), []*Portal{p, portalOf(t, http.NotFoundHandler())}, code, "1.4.0", "linux-amd64")
	var r *Refusal
	if !errors.As(err, &r) || r.Status != 0 || strings.Contains(err.Error(), code) {
		t.Errorf("nobody answers, and the other does not know it: %v", err)
	}
}

// TestTheLobby: one asks for all who wait.
func TestTheLobby(t *testing.T) {
	var asked atomic.Int32
	p := portalOf(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) <= 2 {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusAccepted)
			_, _ = io.WriteString(w, `{"status":"waiting","retryAfter":0}`)
			return
		}
		_, _ = io.WriteString(w, `{"token":"t"}`)
	}))
	var told []bool
	tickets := NewTickets(p, func(waiting bool) { told = append(told, waiting) })
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			if ticket, err := tickets.Fresh(t.Context(), time.Second); err != nil || ticket.Token != "t" {
				t.Errorf("%+v, %v", ticket, err)
			}
		})
	}
	all.Wait()
	if asked.Load() != 5 || !slices.Equal(told, []bool{true, false}) {
		t.Errorf("%d questions, told %v", asked.Load(), told)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := tickets.Fresh(ctx, time.Second); err == nil {
		t.Error("asked on after the end")
	}
}

type fixed Ticket

func (f *fixed) Fresh(context.Context, time.Duration) (*Ticket, error) {
	t := Ticket(*f)
	return &t, nil
}

func TestReach(t *testing.T) {
	home, other := Relay{Control: "wss://a/control"}, Relay{Control: "wss://b/control"}
	f := &fixed{Token: "a", Relay: home, Alternates: []Alternate{{Token: "b", Relay: other}}}
	r := reach{tickets: f}
	next := func(want string) *Ticket {
		t.Helper()
		ticket, err := r.ticket(t.Context(), time.Second)
		if err != nil || ticket.Token != want {
			t.Fatalf("%+v, %v; want %s", ticket, err, want)
		}
		return ticket
	}
	r.failed(next("a"))
	r.failed(next("b")) // neither answers: back to the first
	r.failed(next("a"))
	next("b")
	r.sentAway()
	r.failed(next("a"))
	f.Relay = Relay{Control: "wss://c/control"} // the conference has moved
	next("a")
}
