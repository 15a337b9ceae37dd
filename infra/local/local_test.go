package local_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// TestAGuestJoins through four real programs, from the password to the join token.
func TestAGuestJoins(t *testing.T) {
	w := newWorld(t, nil)
	at := w.relay(t)
	id := w.conference(t, "Board", "correct horse battery")
	b := w.browser(t)
	b.expect(http.StatusForbidden, http.MethodPost, "/api/v1/admissions", map[string]any{"name": "Board", "password": "wrong horse battery"})
	admitted := b.expect(http.StatusOK, http.MethodPost, "/api/v1/admissions", map[string]any{"name": "Board", "password": "correct horse battery"})
	if c, _ := admitted.body["conference"].(map[string]any); c["id"] != id || admitted.body["next"] != "identify" {
		t.Errorf("%v", admitted.body)
	}
	b.expect(http.StatusOK, http.MethodPut, "/api/v1/identity", map[string]any{"title": "Dr", "name": "Ada", "email": "ada@example.com", "remember": true})
	joined := b.expect(http.StatusOK, http.MethodPost, "/api/v1/join-tokens", map[string]any{"mode": "browser"})
	relay, _ := joined.body["relay"].(map[string]any)
	if relay["whep"] != at+"/whep" || relay["control"] != "ws"+strings.TrimPrefix(at, "http")+"/control" {
		t.Errorf("%v", relay)
	}
	ice, _ := json.Marshal(joined.body["iceServers"])
	if !strings.Contains(string(ice), "turn:127.0.0.1:3478?transport=udp") || !strings.Contains(string(ice), "credential") {
		t.Errorf("no TURN: %s", ice)
	}
	keys := b.expect(http.StatusOK, http.MethodGet, "/.well-known/jwks.json", nil)
	if list, _ := keys.body["keys"].([]any); len(list) != 1 {
		t.Errorf("%v", keys.body)
	}
	b.expect(http.StatusOK, http.MethodGet, "/readyz", nil)
	b.expect(http.StatusOK, http.MethodPost, "/api/v1/conferences/"+id+"/end", map[string]any{}, "Authorization", "Bearer "+w.organizer)
	b.expect(http.StatusForbidden, http.MethodPost, "/api/v1/join-tokens", map[string]any{"mode": "browser"})
	b.expect(http.StatusNoContent, http.MethodDelete, "/api/v1/identity", nil)
	if refused := w.Guard.Refused(); len(refused) > 0 {
		t.Errorf("the template does not permit %v", refused)
	}
	for _, secret := range []string{"correct horse", "ada@example.com", w.organizer, w.Secret("EdgeSecret"), w.Secret("TurnSecret")} {
		if strings.Contains(w.log.String(), secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
}

// TestEveryOperationIsAnswered: whatever the description promises is routed to a function that knows it.
func TestEveryOperationIsAnswered(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser(t)
	paths, _ := b.expect(http.StatusOK, http.MethodGet, "/api/v1/openapi.json", nil).body["paths"].(map[string]any)
	if len(paths) < 10 {
		t.Fatalf("%d paths", len(paths))
	}
	for path, operations := range paths {
		for method := range operations.(map[string]any) {
			concrete := strings.NewReplacer("{", "", "}", "").Replace(path)
			got := b.do(strings.ToUpper(method), concrete, nil)
			if got.body["detail"] == "There is nothing here." || got.body["message"] != nil || got.status == http.StatusMethodNotAllowed {
				t.Errorf("%s %s: %d %v", method, path, got.status, got.body)
			}
		}
	}
	for path, code := range map[string]string{"/api/v1/nothing": "not-found", "/api/": "", "/.well-known/nothing": ""} {
		got := b.do(http.MethodGet, path, nil)
		if got.status != http.StatusNotFound || code != "" && got.body["code"] != code {
			t.Errorf("%s: %d %v", path, got.status, got.body)
		}
	}
	if got := b.do(http.MethodPatch, "/api/v1/identity", nil); got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") == "" {
		t.Errorf("PATCH: %d %v", got.status, got.header)
	}
	w.Connect("https://relay.example")
	page := b.expect(http.StatusOK, http.MethodGet, "/conference", nil)
	csp := page.header.Get("Content-Security-Policy")
	if !strings.Contains(csp, " https://relay.example wss://relay.example ") || strings.Contains(csp, "${") {
		t.Errorf("policy %q", csp)
	}
	if logo := b.expect(http.StatusOK, http.MethodGet, "/brand/logo.svg", nil); logo.header.Get("Content-Type") != "image/svg+xml" || logo.header.Get("ETag") == "" {
		t.Errorf("the logo: %v", logo.header)
	}
}

// TestOnlyTheFrontMayCall: who knows the gateway's address gets nothing.
func TestOnlyTheFrontMayCall(t *testing.T) {
	w := newWorld(t, nil)
	for header, want := range map[string]int{"": http.StatusForbidden, "wrong": http.StatusForbidden, w.Secret("EdgeSecret"): http.StatusOK} {
		event := events.APIGatewayV2HTTPRequest{Version: "2.0", RawPath: "/healthz", Headers: map[string]string{"x-coopnet-edge": header}}
		event.RequestContext.HTTP.Method, event.RequestContext.DomainName = http.MethodGet, "gateway"
		payload, err := json.Marshal(event)
		if err != nil {
			t.Fatal(err)
		}
		response, err := w.Function("conference").Invoke(t.Context(), payload)
		var got events.APIGatewayV2HTTPResponse
		if err != nil || json.Unmarshal(response, &got) != nil || got.StatusCode != want {
			t.Errorf("%q: %s, %v", header, response, err)
		}
	}
}

// TestTheDatabaseIsDown: refused in time, and well again as soon as it is up.
func TestTheDatabaseIsDown(t *testing.T) {
	w := newWorld(t, nil)
	w.conference(t, "Board", "correct horse battery")
	attempt := map[string]any{"name": "Board", "password": "correct horse battery"}
	w.browser(t).expect(http.StatusOK, http.MethodPost, "/api/v1/admissions", attempt)
	for name, fault := range map[string]func(http.ResponseWriter, *http.Request) bool{
		"throttled": func(rw http.ResponseWriter, _ *http.Request) bool {
			rw.Header().Set("Content-Type", "application/x-amz-json-1.0")
			rw.WriteHeader(http.StatusBadRequest)
			_, _ = rw.Write([]byte(`{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slow down"}`))
			return true
		},
		"broken": func(rw http.ResponseWriter, _ *http.Request) bool {
			rw.WriteHeader(http.StatusInternalServerError)
			return true
		},
		"silent": func(_ http.ResponseWriter, r *http.Request) bool {
			<-r.Context().Done()
			return true
		},
	} {
		w.Guard.Fault(fault)
		begun := time.Now()
		got := w.browser(t).do(http.MethodPost, "/api/v1/conferences", map[string]any{"name": "New " + name, "password": "correct horse battery"},
			"Authorization", "Bearer "+w.organizer)
		if took := time.Since(begun); got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" || took > 2500*time.Millisecond { // two seconds, and what a busy machine adds
			t.Errorf("%s: %d %v after %v", name, got.status, got.body, took)
		}
		w.Guard.Fault(nil)
		w.browser(t).expect(http.StatusOK, http.MethodPost, "/api/v1/admissions", attempt)
	}
}

// TestKilledInTheMiddleOfAWrite: each write of making a conference in turn. What was not acknowledged may be there or not,
// but whoever tries again gets through.
func TestKilledInTheMiddleOfAWrite(t *testing.T) {
	w := newWorld(t, nil)
	for write := range 4 {
		name := "Board " + strings.Repeat("I", write+1)
		kills := 0
		seen := 0
		w.Guard.Fault(func(_ http.ResponseWriter, r *http.Request) bool {
			target := r.Header.Get("X-Amz-Target")
			if !strings.HasSuffix(target, ".PutItem") && !strings.HasSuffix(target, ".UpdateItem") {
				return false
			}
			if seen++; seen != write+1 {
				return false
			}
			for _, pid := range w.Function("conference").Processes() {
				if syscall.Kill(pid, syscall.SIGKILL) == nil {
					kills++
				}
			}
			return false // the write itself is done
		})
		draft := map[string]any{"name": name, "password": "correct horse battery"}
		first := w.browser(t).do(http.MethodPost, "/api/v1/conferences", draft, "Authorization", "Bearer "+w.organizer)
		w.Guard.Fault(nil)
		if kills > 0 && first.status != http.StatusInternalServerError {
			t.Errorf("write %d: killed, and %d", write, first.status)
		}
		again := w.browser(t).do(http.MethodPost, "/api/v1/conferences", draft, "Authorization", "Bearer "+w.organizer)
		if again.status != http.StatusCreated && again.status != http.StatusConflict {
			t.Errorf("write %d: then %d %v", write, again.status, again.body)
		}
		w.browser(t).expect(http.StatusOK, http.MethodPost, "/api/v1/admissions", draft)
	}
}
