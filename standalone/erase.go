package standalone

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/diagnostics"
	"github.com/coopnet/coopnet/functions/identity"
	"github.com/coopnet/coopnet/functions/store/disk"
	"github.com/coopnet/coopnet/functions/store/sqlite"
	"github.com/coopnet/coopnet/shared/blob"
)

// Removed says how much of a kind of data was removed.
type Removed struct {
	What   string `json:"what"`
	Number int    `json:"number"`
}

// Erase asks every domain that keeps data of people to remove that of one. Where one fails the others are asked all the
// same; what was removed is returned in any case.
func Erase(ctx context.Context, db *sqlite.DB, data, email string) ([]Removed, error) {
	reports, err := diagnostics.New(diagnostics.Config{
		Store: db.Diagnostics(), Audit: db.Diagnostics(), Blobs: besideFiles{disk.Beside(filepath.Join(data, filesFolder))}, Limiter: idle{}, Staff: idle{}, Client: func(*http.Request) string { return "" },
	})
	if err != nil {
		return nil, fmt.Errorf("open the reports: %w", err)
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

// besideFiles is the folder of files, which a running server may have: what erases needs no links.
type besideFiles struct{ *disk.Folder }

func (besideFiles) Upload(context.Context, string, blob.Object, time.Time) (blob.Upload, error) {
	return blob.Upload{}, errors.ErrUnsupported
}

func (besideFiles) Download(context.Context, string, string, time.Time) (string, error) {
	return "", errors.ErrUnsupported
}

// idle stands for what erasing asks nothing of.
type idle struct{}

func (idle) Spend(context.Context, string, int, time.Duration) (time.Duration, error) { return 0, nil }
func (idle) Support(context.Context, string) (string, error)                          { return "", nil }
func (idle) Reader(context.Context, string) (string, error)                           { return "", nil }
