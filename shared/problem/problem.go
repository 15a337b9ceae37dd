// Package problem is the one way Coopnet refuses an HTTP request: RFC 9457 problem details with a stable code.
//
// The public sentence (Detail) and the cause are separate: the cause goes to the log, never to the client. What every
// JSON call needs around its refusals is here too: Decode reads a body, Answer writes one, Handler is between.
package problem

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"
)

// Code is a stable, machine-readable reason. The problem's type is "urn:coopnet:problem:<code>".
type Code string

// The codes that clients may rely on.
const (
	ConferenceDenied     Code = "conference-denied"
	RateLimited          Code = "rate-limited"
	CSRF                 Code = "csrf"
	Unauthenticated      Code = "unauthenticated"
	Forbidden            Code = "forbidden"
	NotFound             Code = "not-found"
	MethodNotAllowed     Code = "method-not-allowed"
	Malformed            Code = "malformed"
	Invalid              Code = "invalid"
	BodyTooLarge         Code = "body-too-large"
	UnsupportedMediaType Code = "unsupported-media-type"
	PreconditionRequired Code = "precondition-required"
	PreconditionFailed   Code = "precondition-failed"
	Conflict             Code = "conflict"
	UpgradeRequired      Code = "upgrade-required"
	StorageFull          Code = "storage-full"
	Unavailable          Code = "unavailable"
	TokenInvalid         Code = "token-invalid"
	TokenExpired         Code = "token-expired"
	TokenTime            Code = "token-time"
	TokenScope           Code = "token-scope"
	TokenReplayed        Code = "token-replayed"
	PublishDenied        Code = "publish-denied"
	ViewDenied           Code = "view-denied"
	ControlDenied        Code = "control-denied"
	SDPInvalid           Code = "sdp-invalid"
	SDPLimit             Code = "sdp-limit"
	Internal             Code = "internal"
)

type meaning struct {
	status int
	title  string
}

// describe is a function and not a package variable, so that nobody can change it.
func (c Code) describe() meaning {
	switch c {
	case ConferenceDenied:
		return meaning{http.StatusForbidden, "The conference cannot be joined"}
	case RateLimited:
		return meaning{http.StatusTooManyRequests, "Too many requests"}
	case CSRF:
		return meaning{http.StatusForbidden, "The request came from another site"}
	case Unauthenticated:
		return meaning{http.StatusUnauthorized, "Authentication is required"}
	case Forbidden:
		return meaning{http.StatusForbidden, "Not permitted"}
	case NotFound:
		return meaning{http.StatusNotFound, "Not found"}
	case MethodNotAllowed:
		return meaning{http.StatusMethodNotAllowed, "The method is not allowed here"}
	case Malformed:
		return meaning{http.StatusBadRequest, "The request cannot be read"}
	case Invalid:
		return meaning{http.StatusUnprocessableEntity, "Some fields are not valid"}
	case BodyTooLarge:
		return meaning{http.StatusRequestEntityTooLarge, "The request is too large"}
	case UnsupportedMediaType:
		return meaning{http.StatusUnsupportedMediaType, "The content type is not supported"}
	case PreconditionRequired:
		return meaning{http.StatusPreconditionRequired, "If-Match is required"}
	case PreconditionFailed:
		return meaning{http.StatusPreconditionFailed, "The resource has changed"}
	case Conflict:
		return meaning{http.StatusConflict, "Conflict with the present state"}
	case UpgradeRequired:
		return meaning{http.StatusUpgradeRequired, "A newer version of the software is required"}
	case StorageFull:
		return meaning{http.StatusInsufficientStorage, "The storage is full"}
	case Unavailable:
		return meaning{http.StatusServiceUnavailable, "Temporarily unavailable"}
	}
	return c.describeRelay()
}

func (c Code) describeRelay() meaning {
	switch c {
	case TokenInvalid:
		return meaning{http.StatusUnauthorized, "The join token is not valid"}
	case TokenExpired:
		return meaning{http.StatusUnauthorized, "The join token has expired"}
	case TokenTime:
		return meaning{http.StatusUnauthorized, "The clocks disagree"}
	case TokenScope:
		return meaning{http.StatusForbidden, "The join token is for something else"}
	case TokenReplayed:
		return meaning{http.StatusConflict, "The join token was used already"}
	case PublishDenied:
		return meaning{http.StatusForbidden, "Sharing is not permitted"}
	case ViewDenied:
		return meaning{http.StatusForbidden, "Viewing is not permitted"}
	case ControlDenied:
		return meaning{http.StatusForbidden, "Remote control is not permitted"}
	case SDPInvalid:
		return meaning{http.StatusUnprocessableEntity, "The session description is not acceptable"}
	case SDPLimit:
		return meaning{http.StatusUnprocessableEntity, "The session description is too large"}
	}
	return meaning{http.StatusInternalServerError, "Something went wrong"}
}

// Status is the HTTP status that goes with the code; 500 for an unknown one.
func (c Code) Status() int { return c.describe().status }

// Title is the short English sentence that goes with the code.
func (c Code) Title() string { return c.describe().title }

// Field says what is wrong with one field; Pointer is a JSON pointer (RFC 6901) into the request's body.
type Field struct {
	Pointer string `json:"pointer"`
	Detail  string `json:"detail"`
}

// Error is a refusal. Detail is shown to the client, Cause only logged.
type Error struct {
	Code       Code
	Detail     string
	Fields     []Field        // rendered as errors[]
	RetryAfter time.Duration  // rendered as Retry-After in whole seconds, rounded up; 0 is no header
	Extra      map[string]any // further members of the document
	Cause      error
}

// New makes a refusal without a cause.
func New(code Code, detail string) *Error { return &Error{Code: code, Detail: detail} }

// Wrap makes a refusal whose cause is only logged.
func Wrap(code Code, detail string, cause error) *Error {
	return &Error{Code: code, Detail: detail, Cause: cause}
}

// Error is for logs.
func (e *Error) Error() string {
	s := string(e.Code)
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// From finds the refusal in err's chain; anything else becomes Internal with err as its cause.
func From(err error) *Error {
	var p *Error
	if errors.As(err, &p) {
		return p
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &Error{Code: Unavailable, Detail: "This takes too long at the moment. Try again.", RetryAfter: lateRetry, Cause: err}
	}
	return Wrap(Internal, "", err)
}

// lateRetry is when a call that ran out of its time may come again.
const lateRetry = 2 * time.Second

// Write renders err as application/problem+json (RFC 9457). It writes exactly once.
func Write(w http.ResponseWriter, requestID string, err error) {
	p := From(err)
	doc := make(map[string]any, 8+len(p.Extra))
	for k, v := range p.Extra {
		doc[k] = v
	}
	m := p.Code.describe()
	doc["type"] = "urn:coopnet:problem:" + string(p.Code)
	doc["title"] = m.title
	doc["status"] = m.status
	doc["code"] = p.Code
	if p.Detail != "" {
		doc["detail"] = p.Detail
	}
	if requestID != "" {
		doc["requestId"] = requestID
	}
	if len(p.Fields) > 0 {
		doc["errors"] = p.Fields
	}
	body, encodeErr := json.Marshal(doc)
	if encodeErr != nil { // only an Extra that JSON cannot carry
		body = []byte(`{"type":"urn:coopnet:problem:internal","status":500,"code":"internal"}`)
		m.status = http.StatusInternalServerError
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(p.RetryAfter.Seconds()))))
	}
	w.WriteHeader(m.status)
	_, _ = w.Write(body) // the client has gone: nothing left to tell it
}
