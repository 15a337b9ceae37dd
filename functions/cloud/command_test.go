package cloud_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/cloud"
)

// TestDeliveringGoesOnWhileThereIsSomething: and ends in time.
func TestDeliveringGoesOnWhileThereIsSomething(t *testing.T) {
	rounds := func(due ...int) cloud.Round {
		return func(context.Context) (int, error) {
			n := due[0]
			due = due[1:]
			return n, nil
		}
	}
	for name, c := range map[string]struct {
		left  time.Duration // of the invocation
		round cloud.Round
		want  string
	}{
		"nothing is due":   {time.Minute, rounds(0), `{"attempts":0}`},
		"until all is":     {time.Minute, rounds(50, 50, 3, 0), `{"attempts":103}`},
		"the time is over": {30 * time.Second, rounds(50), `{"attempts":50}`},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), c.left)
		got, err := cloud.Deliver(c.round)(ctx, nil)
		cancel()
		if text, _ := json.Marshal(got); err != nil || string(text) != c.want {
			t.Errorf("%s: %s, %v", name, text, err)
		}
	}
	if _, err := cloud.Deliver(func(context.Context) (int, error) { return 1, errors.New("no table") })(t.Context(), nil); err == nil {
		t.Error("a round that failed is done again and again, or nobody is told")
	}
}

// TestErasingGoesOnWhereSomethingFails: and says so.
func TestErasingGoesOnWhereSomethingFails(t *testing.T) {
	asked := ""
	erase := cloud.Erase(
		cloud.Eraser{What: "invitations", Erase: func(context.Context, string) (int, error) { return 1, errors.New("no table") }},
		cloud.Eraser{What: "attendance", Erase: func(_ context.Context, email string) (int, error) { asked = email; return 2, nil }},
	)
	got, err := erase(t.Context(), json.RawMessage(`{"coopnet":"erase","email":"ada@example.com"}`))
	if fmt.Sprint(got) != "[{invitations 1} {attendance 2}]" || asked != "ada@example.com" {
		t.Errorf("%v, asked for %q", got, asked)
	}
	if err == nil || !strings.Contains(err.Error(), "invitations are not all removed") || strings.Contains(err.Error(), "ada@") {
		t.Errorf("%v", err)
	}
	for _, event := range []string{`{"coopnet":"erase"}`, `{"coopnet":"erase","email":1}`} {
		if _, err := erase(t.Context(), json.RawMessage(event)); err == nil {
			t.Errorf("%s is a command", event)
		}
	}
}
