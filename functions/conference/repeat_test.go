package conference_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/shared/idempotency"
	"github.com/coopnet/coopnet/shared/problem"
)

// errKilled is what a process that was killed would have answered.
var errKilled = errors.New("killed")

// mortal lets a process make so many writes and no more, as kill -9 does: the rest of the request happens to nobody.
type mortal struct {
	mu   sync.Mutex
	left int
}

func (m *mortal) die() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.left--; m.left < 0 {
		return errKilled
	}
	return nil
}

type mortalStore struct {
	conference.Store
	*mortal
}

func (s mortalStore) CreateConference(ctx context.Context, c *conference.Conference) error {
	if err := s.die(); err != nil {
		return err
	}
	return s.Store.CreateConference(ctx, c)
}

func (s mortalStore) UpdateConference(ctx context.Context, c *conference.Conference) error {
	if err := s.die(); err != nil {
		return err
	}
	return s.Store.UpdateConference(ctx, c)
}

func (s mortalStore) CreateInvitation(ctx context.Context, inv *conference.Invitation) error {
	if err := s.die(); err != nil {
		return err
	}
	return s.Store.CreateInvitation(ctx, inv)
}

type mortalClaims struct {
	idempotency.Store
	*mortal
}

func (s mortalClaims) Claim(ctx context.Context, c idempotency.Claim) (idempotency.Claim, bool, error) {
	if err := s.die(); err != nil {
		return idempotency.Claim{}, false, err
	}
	return s.Store.Claim(ctx, c)
}

func (s mortalClaims) Answer(ctx context.Context, id, sealed string) (string, error) {
	if err := s.die(); err != nil {
		return "", err
	}
	return s.Store.Answer(ctx, id, sealed)
}

// process is one more process on the same database, which dies after so many writes.
func (w *world) process(writes int) http.Handler {
	w.t.Helper()
	m := &mortal{left: writes}
	repeats, err := idempotency.New(idempotency.Config{
		Store: mortalClaims{w.db.Idempotency(), m}, Sealer: conference.Sealer{Keys: w.keys, Rand: rand.Reader}, Now: w.clock.Now,
		Refused: func(err error) bool { return problem.From(err).Code.Status() < 500 },
	})
	if err != nil {
		w.t.Fatal(err)
	}
	d, err := conference.New(conference.Config{
		Store: mortalStore{w.db.Conference(), m}, Keys: w.keys, Hasher: w.hasher, Limiter: conference.NewLimiter(w.clock.Now), Relays: w.relays,
		Identities: nobody{}, Staff: nobody{}, Client: func(*http.Request) conference.Client { return conference.Client{} },
		PublicURL: "https://coopnet.example", Organizing: conference.Organizing{Repeats: repeats}, Now: w.clock.Now,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return d.Handler()
}

func post(handler http.Handler, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "/api/v1"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer x")
	r.Header.Set("Idempotency-Key", "one")
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, r)
	return answer
}

const plenty = 1000 // of writes

// TestKilledBetweenWrites: whatever a request had done when its process was killed, the same request once more does the
// rest, and nothing twice.
func TestKilledBetweenWrites(t *testing.T) {
	for what, c := range map[string]struct {
		path, body string
		status     int
		writes     int // of a run that nobody kills
	}{
		"conference": {"/conferences", `{"name":"Once"}`, 201, 3},
		"invitation": {"/conferences/ID/invitations", `{"kind":"guest"}`, 201, 3},
		"password":   {"/conferences/ID/password", `{}`, 200, 3},
		"end":        {"/conferences/ID/end", ``, 200, 3},
	} {
		for writes := range c.writes + 1 {
			t.Run(fmt.Sprint(what, " after ", writes), func(t *testing.T) {
				w := newWorld(t)
				team := w.create("Team", nil)
				path := strings.Replace(c.path, "ID", team.ID, 1)
				killed := post(w.process(writes), path, c.body)
				if dead := killed.Code == 500; dead != (writes < c.writes) {
					t.Fatalf("%d %s", killed.Code, killed.Body)
				}
				again := post(w.process(plenty), path, c.body)
				third := post(w.process(plenty), path, c.body)
				if again.Code != c.status || again.Body.String() != third.Body.String() || again.Header().Get("ETag") != third.Header().Get("ETag") {
					t.Fatalf("%d %s, then %d %s", again.Code, again.Body, third.Code, third.Body)
				}
				if killed.Code < 300 && killed.Body.String() != again.Body.String() {
					t.Errorf("answered %s, then %s", killed.Body, again.Body)
				}
				w.onlyOnce(what, team.ID, again.Body.Bytes())
			})
		}
	}
}

// onlyOnce checks what a request has left.
func (w *world) onlyOnce(what, id string, answer []byte) {
	w.t.Helper()
	var said struct {
		ID, Password, Code string
		Version            int64
	}
	if err := json.Unmarshal(answer, &said); err != nil {
		w.t.Fatal(err)
	}
	page, err := w.db.Conference().Conferences(w.t.Context(), conference.Query{Limit: 10})
	invitations, err2 := w.db.Conference().Invitations(w.t.Context(), conference.InvitationQuery{Conference: id, Limit: 10})
	if err != nil || err2 != nil {
		w.t.Fatal(err, err2)
	}
	conferences, links, version := 1, 0, int64(1)
	switch what {
	case "conference":
		conferences = 2
		w.expect("", "192.0.2.1", "Once", said.Password)
	case "invitation":
		links = 1
		if _, _, err := w.Admit(w.t.Context(), from("192.0.2.1"), conference.Attempt{Invitation: said.Code}); err != nil {
			w.t.Error(err)
		}
	case "password":
		version = 2
		w.expect("", "192.0.2.1", "Team", said.Password)
	case "end":
		version = 2
	}
	if len(page.Conferences) != conferences || len(invitations.Invitations) != links {
		w.t.Errorf("%d conferences, %d invitations", len(page.Conferences), len(invitations.Invitations))
	}
	if team := page.Conferences[len(page.Conferences)-1]; team.ID != id && conferences == 1 || team.ID == id && team.Version != version {
		w.t.Errorf("got %+v", team)
	}
}

// TestTwoProcessesDoItOnce: what two functions do at the same moment is one row and one answer.
func TestTwoProcessesDoItOnce(t *testing.T) {
	w := newWorld(t)
	answers := make(chan string, 100)
	var asking sync.WaitGroup
	for range cap(answers) {
		handler := w.process(plenty) // each is a process of its own
		asking.Go(func() {
			got := post(handler, "/conferences", `{"name":"Once"}`)
			answers <- fmt.Sprint(got.Code, got.Header().Get("Location"), got.Body)
		})
	}
	asking.Wait()
	close(answers)
	told := make(map[string]int)
	for a := range answers {
		told[a]++
	}
	if len(told) != 1 {
		t.Errorf("got %v", told)
	}
	page, err := w.db.Conference().Conferences(t.Context(), conference.Query{Limit: 10})
	if err != nil || len(page.Conferences) != 1 {
		t.Errorf("%d conferences, %v", len(page.Conferences), err)
	}
}

// TestARunHasTheTimeOfItsCaller, who may have gone: others wait for the same run.
func TestARunHasTheTimeOfItsCaller(t *testing.T) {
	w := newWorld(t)
	repeats, err := idempotency.New(idempotency.Config{
		Store: w.db.Idempotency(), Sealer: conference.Sealer{Keys: w.keys, Rand: rand.Reader}, Now: w.clock.Now, Refused: func(error) bool { return true },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, "POST", "/", nil)
	r.Header.Set("Idempotency-Key", "k")
	err = repeats.Serve(httptest.NewRecorder(), r, "tester", func(w http.ResponseWriter, r *http.Request, _ io.Reader) error {
		cancel()
		want, _ := ctx.Deadline()
		if got, ok := r.Context().Deadline(); !ok || !got.Equal(want) || r.Context().Err() != nil {
			t.Errorf("until %v, %v; the caller has until %v", got, r.Context().Err(), want)
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
