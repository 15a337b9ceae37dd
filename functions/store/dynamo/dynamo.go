// Package dynamo keeps the control plane's data in DynamoDB, for the cloud edition: one file per domain, and here the
// tables, the calls and what they mean when they fail.
//
// Every write is of a single item, with a condition where it matters; there are no transactions. Where a change needs
// several writes, the one that decides is named beside it, and whoever reads what a stopped writer left behind ends its
// work or ignores it (name.go). docs/data-model.md has the keys, the access patterns and what each call consumes.
package dynamo

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// Config says where the data is.
type Config struct {
	Client *dynamodb.Client // its retries are not used: this package has its own
	Tables Tables
	Now    func() time.Time // nil is time.Now
	Rand   io.Reader        // nil is crypto/rand
}

// Tables are the names of the domains' tables. A function names those that it needs.
type Tables struct {
	Conference  string
	Identity    string
	Staff       string
	Relay       string
	Installer   string
	Diagnostics string
	Documents   string
	Webhook     string
}

func (t Tables) names() []string {
	return []string{t.Conference, t.Identity, t.Staff, t.Relay, t.Installer, t.Diagnostics, t.Documents, t.Webhook}
}

// DB opens the stores of the domains.
type DB struct {
	cfg      Config
	patience patience
	effort   effort
}

// New checks the configuration. It calls nobody.
func New(cfg Config) (*DB, error) {
	if cfg.Client == nil {
		return nil, errors.New("dynamo: Config.Client is missing")
	}
	if cfg.Tables == (Tables{}) {
		return nil, errors.New("dynamo: Config.Tables names no table")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	return &DB{cfg: cfg, patience: standardPatience(), effort: standardEffort()}, nil
}

// Ready reports whether the tables answer.
func (db *DB) Ready(ctx context.Context) error {
	for _, name := range db.cfg.Tables.names() {
		if name == "" {
			continue
		}
		if _, err := db.table(name).get(ctx, key{"ready", "ready"}); err != nil {
			return fmt.Errorf("read table: %w", err)
		}
	}
	return nil
}

// nonce marks a write, so that whoever repeats it knows it again.
func (db *DB) nonce() (string, error) {
	var b [12]byte
	if _, err := io.ReadFull(db.cfg.Rand, b[:]); err != nil {
		return "", fmt.Errorf("read random bytes: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}
