package standalone

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/diagnostics"
	"github.com/coopnet/coopnet/functions/documents"
	"github.com/coopnet/coopnet/functions/identity"
	"github.com/coopnet/coopnet/functions/portal"
	"github.com/coopnet/coopnet/functions/relays"
	"github.com/coopnet/coopnet/functions/store/sqlite"
)

// Removed says how much of a kind of data was removed.
type Removed struct {
	What   string `json:"what"`
	Number int    `json:"number"`
}

// Erase asks every domain that keeps data of people to remove that of one. Where one fails the others are asked all the
// same; what was removed is returned in any case.
func Erase(ctx context.Context, db *sqlite.DB, data, email string) ([]Removed, error) {
	files, err := openFiles(data, "http://localhost", true, nil) // no link is made
	if err != nil {
		return nil, err
	}
	reports, err := diagnostics.New(diagnostics.Config{
		Store: db.Diagnostics(), Audit: db.Diagnostics(), Sessions: db.Diagnostics(), Blobs: files, Limiter: idle{}, Staff: idle{}, Client: func(*http.Request) string { return "" },
	})
	if err != nil {
		return nil, fmt.Errorf("open the reports: %w", err)
	}
	shared, err := documents.New(documents.Config{
		Store: db.Documents(), Blobs: files, Limiter: idle{}, Door: idle{}, Conferences: portal.Filed(db.Conference(), time.Now),
	})
	if err != nil {
		return nil, fmt.Errorf("open the documents: %w", err)
	}
	var removed []Removed
	var errs []error
	for _, domain := range []struct {
		what  string
		erase func(ctx context.Context, email string) (int, error)
	}{
		{"identities", func(ctx context.Context, email string) (int, error) { return identity.Erase(ctx, db.Identity(), email) }},
		{"invitations", func(ctx context.Context, email string) (int, error) {
			return conference.Erase(ctx, db.Conference(), email)
		}},
		{"attendance", func(ctx context.Context, email string) (int, error) { return relays.Erase(ctx, db.Relays(), email) }},
		{"documents", shared.Erase},
		{"reports", reports.Erase},
	} {
		n, err := domain.erase(ctx, email)
		removed = append(removed, Removed{domain.what, n})
		if err != nil {
			errs = append(errs, fmt.Errorf("%s are not all removed: %w", domain.what, err))
		}
	}
	return removed, errors.Join(errs...)
}

// idle stands for what erasing asks nothing of.
type idle struct{}

func (idle) Spend(context.Context, string, int, time.Duration) (time.Duration, error) { return 0, nil }
func (idle) Support(context.Context, string) (string, error)                          { return "", nil }
func (idle) Attendee(*http.Request) (documents.Attendee, error)                       { return documents.Attendee{}, nil }
func (idle) Reader(context.Context, string) (string, error)                           { return "", nil }
