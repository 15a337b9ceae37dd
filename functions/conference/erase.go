package conference

import (
	"context"
	"fmt"

	"github.com/coopnet/coopnet/shared/text"
)

// People finds what is kept of a person.
type People interface {
	// EraseInvitations deletes the invitations with an e-mail address in the form of text.FoldEmail, whatever the case of its
	// ASCII letters was, and returns how many. What has expired may count.
	EraseInvitations(ctx context.Context, email string) (int, error)
}

// Erase deletes what this domain keeps of the person with an e-mail address: the personal links that were made for it.
func Erase(ctx context.Context, people People, email string) (removed int, err error) {
	if email = text.FoldEmail(email); email == "" {
		return 0, nil
	}
	if removed, err = people.EraseInvitations(ctx, email); err != nil {
		return removed, fmt.Errorf("erase invitations: %w", err)
	}
	return removed, nil
}
