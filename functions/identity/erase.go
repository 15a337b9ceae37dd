package identity

import (
	"context"
	"fmt"

	"github.com/coopnet/coopnet/shared/text"
)

// People finds what is kept of a person.
type People interface {
	// EraseIdentities deletes the identities with an e-mail address in the form of text.FoldEmail, whatever the case of its
	// ASCII letters was, and returns how many. What has expired may count.
	EraseIdentities(ctx context.Context, email string) (int, error)
}

// Erase deletes what this domain keeps of the person with an e-mail address: who they said to be, in every browser.
func Erase(ctx context.Context, people People, email string) (removed int, err error) {
	if email = text.FoldEmail(email); email == "" {
		return 0, nil
	}
	if removed, err = people.EraseIdentities(ctx, email); err != nil {
		return removed, fmt.Errorf("erase identities: %w", err)
	}
	return removed, nil
}
