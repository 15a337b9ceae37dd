package problem

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestWriteRendersTheRefusal(t *testing.T) {
	w := httptest.NewRecorder()
	err := &Error{Code: Invalid, Detail: "Two fields are wrong.", RetryAfter: 1500 * time.Millisecond,
		Fields: []Field{{"/name", "is empty"}}, Extra: map[string]any{"limit": 3, "code": "forged"}}
	Write(w, "r1", err)
	if w.Code != 422 || w.Header().Get("Content-Type") != "application/problem+json" || w.Header().Get("Retry-After") != "2" {
		t.Fatalf("got %d %v", w.Code, w.Header())
	}
	var doc map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"type": "urn:coopnet:problem:invalid", "code": "invalid", "status": 422.0, "requestId": "r1", "limit": 3.0}
	for k, v := range want {
		if doc[k] != v {
			t.Errorf("%s = %v, want %v", k, doc[k], v)
		}
	}
}

func TestWriteHidesTheCause(t *testing.T) {
	for _, err := range []error{errors.New("secret path"), Wrap(Unavailable, "Try again.", errors.New("secret path"))} {
		w := httptest.NewRecorder()
		Write(w, "", err)
		if strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%v leaked: %s", err, w.Body)
		}
		if w.Code < 500 {
			t.Errorf("status %d", w.Code)
		}
	}
}

func TestEveryCodeHasAStatus(t *testing.T) {
	want := map[Code]int{ConferenceDenied: 403, RateLimited: 429, CSRF: 403, Unauthenticated: 401, Forbidden: 403, NotFound: 404,
		MethodNotAllowed: 405, Malformed: 400, Invalid: 422, BodyTooLarge: 413, UnsupportedMediaType: 415, PreconditionRequired: 428,
		PreconditionFailed: 412, Conflict: 409, UpgradeRequired: 426, StorageFull: 507, Unavailable: 503, TokenInvalid: 401,
		TokenExpired: 401, TokenTime: 401, TokenScope: 403, TokenReplayed: 409, PublishDenied: 403, ViewDenied: 403,
		ControlDenied: 403, SDPInvalid: 422, SDPLimit: 422, Internal: 500, "unknown": 500}
	for code, status := range want {
		if code.Status() != status || code.Title() == "" {
			t.Errorf("%s: %d %q, want %d", code, code.Status(), code.Title(), status)
		}
	}
}
