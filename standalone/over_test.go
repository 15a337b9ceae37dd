package standalone

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/coopnet/coopnet/shared/problem"
)

// TestAConferenceThatCannotBeReadHindersNoOther from ending; a database that does not answer is left alone.
func TestAConferenceThatCannotBeReadHindersNoOther(t *testing.T) {
	for name, tt := range map[string]struct {
		err         error
		asked, over []string
	}{
		"a damaged record":        {errors.New("decode conference: unexpected end"), []string{"first", "bad", "on", "last"}, []string{"first", "last"}},
		"a database that is away": {problem.New(problem.Unavailable, ""), []string{"first", "bad"}, []string{"first"}},
	} {
		var log strings.Builder
		var asked []string
		over := overAmong(t.Context(), slog.New(slog.NewTextHandler(&log, nil)), []string{"first", "bad", "on", "last"}, func(_ context.Context, id string) (bool, error) {
			asked = append(asked, id)
			if id == "bad" {
				return false, tt.err
			}
			return id != "on", nil
		})
		if !slices.Equal(over, tt.over) || !slices.Equal(asked, tt.asked) {
			t.Errorf("%s: %q are over, asked for %q", name, over, asked)
		}
		if strings.Count(log.String(), "level=WARN") != 1 || !strings.Contains(log.String(), "conference=bad") {
			t.Errorf("%s: the log: %s", name, log.String())
		}
	}
}
