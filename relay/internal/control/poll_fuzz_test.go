package control

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coopnet/coopnet/relay/internal/gate"
	"github.com/coopnet/coopnet/relay/internal/room"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/wire"
)

// FuzzPoll sends arbitrary bodies and numbers to a guest's channel over HTTP: every answer is one of those that are
// documented, the channel stays or ends in order, and the guest's rights stay those of its token.
func FuzzPoll(f *testing.F) {
	files, err := filepath.Glob("../../../shared/wire/testdata/http/*.json")
	if err != nil || len(files) == 0 {
		f.Fatalf("%d golden files, %v", len(files), err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, "1")
	}
	f.Add([]byte(`{"after":0,"messages":[{"type":"moderate.remove","participant":"mod"},{"type":"control.request"},"x",[],null,7]}`), "")
	f.Add([]byte(`{"after":1,"messages":[]}`), "18446744073709551615")
	key, err := jointoken.NewKey(rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte, after string) {
		s, at := fuzzed(t, key)
		ask := func(method, path, kind, body string) *httptest.ResponseRecorder {
			r := httptest.NewRequest(method, "/", strings.NewReader(body))
			r.URL.Path, _, _ = strings.Cut(path, "?")
			_, r.URL.RawQuery, _ = strings.Cut(path, "?")
			r.Header.Set("Content-Type", kind)
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			return w
		}
		mod, err := s.cfg.Rooms.Join("c-1", 0, room.Participant{ID: "mod", Role: jointoken.RoleOrganizer})
		if err != nil {
			t.Fatal(err)
		}
		before := mod.State()
		allowed := []int{200, 201, 204, 400, 401, 403, 404, 409, 413, 422, 503}
		for _, w := range []*httptest.ResponseRecorder{
			ask(http.MethodPost, path, "application/json", string(body)),
			ask(http.MethodPost, at+"/messages", "application/json", string(body)),
			ask(http.MethodPost, at+"/messages", "application/json", string(body)), // again
			ask(http.MethodGet, at+"?after="+after, "", ""),
		} {
			if !slices.Contains(allowed, w.Code) || w.Code != http.StatusNoContent && !json.Valid(w.Body.Bytes()) {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
		}
		after1 := mod.State()
		for i := range after1.Participants { // a guest may raise its hand
			after1.Participants[i].Status, after1.Participants[i].StatusAt = "", after1.Participants[i].JoinedAt
		}
		if !slices.Equal(before.Participants, after1.Participants) || before.Current != after1.Current {
			t.Fatalf("%s changed the room to %+v", body, after1)
		}
		if w := ask(http.MethodDelete, at, "", ""); w.Code != http.StatusNoContent && w.Code != http.StatusNotFound {
			t.Fatalf("leaving: %d %s", w.Code, w.Body)
		}
	})
}

// fuzzed is a server on which the guest eve has a channel, and that channel's address.
func fuzzed(t *testing.T, key jointoken.Key) (*Server, string) {
	t.Helper()
	verifier := &jointoken.Verifier{Issuer: "https://coopnet.example", Audience: "relay-1", Keys: jointoken.NewJWKS(key), Now: time.Now}
	rooms := room.New(room.Config{})
	var calls atomic.Int64 // so that no answer waits for its pause
	s := New(Config{
		Gate: gate.New(gate.Config{Verifier: verifier}), Rooms: rooms, Heartbeat: time.Millisecond, CloseTimeout: time.Millisecond, Linger: time.Millisecond,
		Now: func() time.Time { return time.Unix(0, calls.Add(int64(answerPause))) },
	})
	t.Cleanup(func() {
		if err := s.Shutdown(t.Context()); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
		rooms.Close()
	})
	now := time.Now()
	token, err := jointoken.Sign(key, jointoken.Claims{
		Issuer: "https://coopnet.example", Audience: "relay-1", Subject: "eve", ID: "1", Conference: "c-1", Role: jointoken.RoleGuest,
		IssuedAt: now, NotBefore: now, Expires: now.Add(time.Minute),
	})
	if err != nil {
		t.Fatal(err)
	}
	hello, err := json.Marshal(wire.Hello{Type: wire.TypeHello, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, path, strings.NewReader(string(hello)))
	r.Header.Set("Content-Type", "application/json")
	if s.ServeHTTP(w, r); w.Code != http.StatusCreated {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return s, w.Header().Get("Location")
}
