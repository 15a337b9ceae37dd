package sqlite

import (
	"context"
	"database/sql"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/identity"
)

// erasureSchema is a step of migrations: where the data of a person is found. SQLite's lower knows ASCII, as
// text.FoldEmail does.
const erasureSchema = `
CREATE INDEX identity_email ON identity (lower(json_extract(body, '$.email')));
CREATE INDEX invitation_email ON invitation (lower(json_extract(body, '$.email')));
`

var (
	_ identity.People   = (*Identity)(nil)
	_ conference.People = (*Conference)(nil)
)

// EraseIdentities implements identity.People.
func (s *Identity) EraseIdentities(ctx context.Context, email string) (int, error) {
	return s.db.erase(ctx, "identity", email)
}

// EraseInvitations implements conference.People.
func (s *Conference) EraseInvitations(ctx context.Context, email string) (int, error) {
	return s.db.erase(ctx, "invitation", email)
}

func (db *DB) erase(ctx context.Context, table, email string) (removed int, err error) {
	err = db.transact(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE lower(json_extract(body, '$.email')) = ?", email)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		removed = int(n)
		return err
	})
	return removed, db.fault(err)
}
