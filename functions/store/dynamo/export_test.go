package dynamo

import "time"

// Patient lets db wait for a machine that has other things to do: for tests of what is stored, not of how soon.
func Patient(db *DB) *DB {
	db.patience = patience{change: 30 * time.Second, call: 30 * time.Second, attempt: 10 * time.Second}
	return db
}
