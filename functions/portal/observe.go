package portal

import (
	"context"
	"encoding/json"
	"time"
)

// Observe is told of every answer once it is complete, for metrics.
type Observe func(context.Context, Observation)

// Observation is what became of a request. It names nobody.
type Observation struct {
	Route    string // the pattern that answered; "none" or "static" without one
	Status   int
	Code     string // of a refusal, else ""
	Duration time.Duration
	Panicked bool
}

// code is that of the refusal that was answered.
func (o *once) code() string {
	if o.sent.Get("Content-Type") != "application/problem+json" {
		return ""
	}
	var refusal struct{ Code string }
	if err := json.Unmarshal(o.body.Bytes(), &refusal); err != nil {
		return ""
	}
	return refusal.Code
}
