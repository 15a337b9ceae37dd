package relay

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v3"

	"github.com/coopnet/coopnet/relay/internal/peer/peertest"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/whip"
)

// call makes a request that no client library would clean first. An offer goes with a token.
func (w *world) call(method, path, token, offer string) (*http.Response, map[string]any) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.url, strings.NewReader(offer))
	if err != nil {
		w.t.Fatal(err)
	}
	r.URL.Opaque = path
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/sdp")
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	var document map[string]any
	if response.Header.Get("Content-Type") == "application/problem+json" {
		if err := json.Unmarshal(body, &document); err != nil {
			w.t.Fatal(err)
		}
	}
	return response, document
}

func TestEveryRefusalIsAProblemWithAnID(t *testing.T) {
	w := newWorld(t)
	for name, tt := range map[string]struct {
		method, path string
		code         problem.Code
		allow        string
	}{
		"GET on an endpoint":        {http.MethodGet, "/whip", problem.MethodNotAllowed, "OPTIONS, POST"},
		"PUT on an endpoint":        {http.MethodPut, "/whep", problem.MethodNotAllowed, "OPTIONS, POST"},
		"POST on a session":         {http.MethodPost, "/whep/x", problem.MethodNotAllowed, "DELETE, OPTIONS, PATCH"},
		"PUT on the channel":        {http.MethodPut, "/control", problem.MethodNotAllowed, "GET, OPTIONS, POST"},
		"no hello":                  {http.MethodPost, "/control", problem.UnsupportedMediaType, ""},
		"no WebSocket":              {http.MethodGet, "/control", problem.Malformed, ""},
		"no body":                   {http.MethodPost, "/whep", problem.UnsupportedMediaType, ""},
		"a session that never was":  {http.MethodDelete, "/whep/never", problem.NotFound, ""},
		"below a session":           {http.MethodGet, "/whep/x/y", problem.NotFound, ""},
		"a path that is not clean":  {http.MethodPost, "/whip//x", problem.NotFound, ""},
		"another":                   {http.MethodPost, "/whip/../whep", problem.NotFound, ""},
		"a slash at the end":        {http.MethodPost, "/whip/", problem.NotFound, ""},
		"a channel that never was":  {http.MethodGet, "/control/x?after=0", problem.NotFound, ""},
		"below a channel":           {http.MethodGet, "/control/x/y", problem.NotFound, ""},
		"nothing of the relay's":    {http.MethodGet, "/elsewhere", problem.NotFound, ""},
		"what only begins the same": {http.MethodGet, "/whipped", problem.NotFound, ""},
	} {
		response, document := w.call(tt.method, tt.path, "", "")
		h := response.Header
		if response.StatusCode != tt.code.Status() || document["code"] != string(tt.code) {
			t.Errorf("%s: %s %v, want %s", name, response.Status, document, tt.code)
		}
		if id := h.Get("X-Request-Id"); id == "" || document["requestId"] != id {
			t.Errorf("%s: X-Request-Id %q, requestId %v", name, id, document["requestId"])
		}
		if h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: no nosniff", name)
		}
		if h.Get("Allow") != tt.allow {
			t.Errorf("%s: Allow %q, want %q", name, h.Get("Allow"), tt.allow)
		}
	}
}

func TestAPanicIsAnsweredAndLogged(t *testing.T) {
	var log strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, nil))
	server := httptest.NewServer(front(logger, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/begun" {
			_, _ = io.WriteString(w, "half an answ")
		}
		panic("a bug")
	})))
	defer server.Close()
	response, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var document struct{ Code, RequestID string }
	if err := json.NewDecoder(response.Body).Decode(&document); err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != 500 || document.Code != "internal" || document.RequestID == "" {
		t.Errorf("%s %+v", response.Status, document)
	}
	if !strings.Contains(log.String(), "level=ERROR") || !strings.Contains(log.String(), "a bug") || !strings.Contains(log.String(), document.RequestID) {
		t.Errorf("the log: %s", log.String())
	}
	// An answer that has begun cannot be taken back: it must not look whole.
	response, err = http.Get(server.URL + "/begun")
	if err == nil {
		_, err = io.ReadAll(response.Body)
		response.Body.Close()
	}
	if err == nil {
		t.Error("half an answer looks whole")
	}
}

func TestWhatAHandlerMeansToBreakOffIsNoPanic(t *testing.T) {
	var log, served syncBuffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	server := httptest.NewUnstartedServer(front(logger, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/taken" {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			panic("a bug on a connection that was taken over")
		}
		panic(http.ErrAbortHandler)
	})))
	server.Config.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(&served, nil), slog.LevelError)
	server.Start()
	for _, path := range []string{"/aborted", "/taken"} {
		if response, err := http.Get(server.URL + path); err == nil {
			response.Body.Close()
			t.Errorf("%s: answered %s", path, response.Status)
		}
	}
	server.Close()
	for until := time.Now().Add(deadline); !strings.Contains(log.String(), "taken over") && time.Now().Before(until); {
		time.Sleep(time.Millisecond) // nothing waits for the handler of a connection that was taken over
	}
	if text := log.String(); strings.Contains(text, "abort") || !strings.Contains(text, "taken over") {
		t.Errorf("the log: %s", text)
	}
	if text := served.String(); text != "" {
		t.Errorf("net/http complains: %s", text)
	}
}

// syncBuffer is a log that handlers on other goroutines write.
type syncBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// viewerOffer is what a browser posts to view.
func viewerOffer(t *testing.T) string {
	t.Helper()
	pc := peertest.NewClient(t, webrtc.Configuration{})
	if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		t.Fatal(err)
	}
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	return offer.SDP
}

// A session that has ended stays deleted; one that never was is not found.
func TestDeleteKnowsWhatHasEnded(t *testing.T) {
	w := newWorld(t)
	session, err := whip.Open(t.Context(), whip.Endpoint{URL: w.url + "/whep", Token: w.token("p", jointoken.View)}, viewerOffer(t))
	if err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(session.Location, w.url)
	for range 3 {
		if response, document := w.call(http.MethodDelete, path, "", ""); response.StatusCode != 200 {
			t.Errorf("DELETE: %s %v", response.Status, document)
		}
	}
	until := time.Now().Add(deadline)
	for w.relay.peers.Viewers() > 0 && time.Now().Before(until) {
		time.Sleep(5 * time.Millisecond)
	}
	if n := w.relay.peers.Viewers(); n > 0 {
		t.Fatalf("%d viewers are left", n)
	}
	if response, _ := w.call(http.MethodDelete, path, "", ""); response.StatusCode != 200 {
		t.Errorf("DELETE of an ended session: %s", response.Status)
	}
	if response, _ := w.call(http.MethodPatch, path, "", ""); response.StatusCode != 404 {
		t.Errorf("PATCH of an ended session: %s", response.Status)
	}
}

func TestAStoppingRelaySaysWhenToComeBackAndKeepsTheToken(t *testing.T) {
	w := newWorld(t)
	w.relay.whip.Close() // the relay stops between the room's welcome and the session's
	token, offer := w.token("p", jointoken.View), viewerOffer(t)
	for range 2 { // the second time says that the first did not spend the token
		response, document := w.call(http.MethodPost, "/whep", token, offer)
		if document["code"] != string(problem.Unavailable) || response.Header.Get("Retry-After") == "" {
			t.Errorf("%s %v %v", response.Status, document, response.Header)
		}
	}
}
