package dynamo

import "time"

// Patient lets db wait for a machine that has other things to do: for tests of what is stored, not of how soon.
func Patient(db *DB) *DB {
	db.patience = patience{change: 30 * time.Second, call: 30 * time.Second, attempt: 10 * time.Second}
	return db
}

// Lazy lets db look at one entry of each shard for a page.
func Lazy(db *DB) *DB {
	db.effort = effort{rounds: 1, most: 1}
	return db
}
