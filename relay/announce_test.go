package relay

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/shared/announce"
	"github.com/coopnet/coopnet/shared/jointoken"
)

// TestProbe: the proof is this relay's, for this start, and for the nonce; and the relay's key is not in it.
func TestProbe(t *testing.T) {
	heard := make(chan announce.Announcement, 8)
	plane := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var a announce.Announcement
		if err := json.NewDecoder(r.Body).Decode(&a); err != nil || r.URL.Path != "/api/v1/relays/r 1" || r.Header.Get("Authorization") != "Bearer the key" {
			t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
		}
		select {
		case heard <- a:
		default:
		}
		_, _ = w.Write([]byte(`{"commands":[],"over":[],"moved":[],"something newer":1}`))
	}))
	defer plane.Close()
	r, err := New(Config{ID: "r 1", Issuer: "i", Keys: jointoken.NewJWKS(), Media: "127.0.0.1:0", Announced: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Shutdown(t.Context()) }()
	const nonce = "0123456789abcdef"
	ask := func(method, query string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		r.Handler().ServeHTTP(w, httptest.NewRequest(method, announce.ProbePath+query, nil))
		return w
	}
	if w := ask("GET", "?nonce="+nonce); w.Code != 404 {
		t.Errorf("before it is announced: %d", w.Code)
	}
	if err := r.Announce(AnnounceConfig{URL: plane.URL + "/", Credential: "the key", Public: "https://relay.example.com"}); err != nil {
		t.Fatal(err)
	}
	if err := r.Announce(AnnounceConfig{}); err == nil {
		t.Error("it is announced twice")
	}
	var a announce.Announcement
	select {
	case a = <-heard:
	case <-time.After(5 * time.Second):
		t.Fatal("nothing was announced")
	}
	if a.Control != "wss://relay.example.com/control" || a.WHIP != "https://relay.example.com/whip" || a.Instance == "" {
		t.Errorf("heard %+v", a)
	}
	w := ask("GET", "?nonce="+nonce)
	var answer announce.Answer
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != 200 || !announce.Proves(answer.Proof, "the key", "r 1", a.Instance, nonce) {
		t.Errorf("%d %s, %v", w.Code, w.Body, err)
	}
	for _, other := range [][4]string{{"a key", "r 1", a.Instance, nonce}, {"the key", "r 2", a.Instance, nonce}, {"the key", "r 1", "x", nonce}, {"the key", "r 1", a.Instance, nonce + "0"}} {
		if announce.Proves(answer.Proof, other[0], other[1], other[2], other[3]) {
			t.Errorf("it proves %v too", other)
		}
	}
	for query, status := range map[string]int{"": 400, "?nonce=short": 400, "?nonce=" + strings.Repeat("x", 129): 400} {
		if w := ask("GET", query); w.Code != status {
			t.Errorf("%q: %d", query, w.Code)
		}
	}
	if w := ask("POST", "?nonce="+nonce); w.Code != 404 {
		t.Errorf("POST: %d", w.Code)
	}
	r.RemoveParticipant("c", "p") // nobody is in: nothing happens
}
