package cli

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/staff"
	"github.com/coopnet/coopnet/functions/store/sqlite"
	"github.com/coopnet/coopnet/standalone"
)

func (t Terminal) key(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("key", flag.ContinueOnError)
	data := flags.String("data", t.env("COOPNET_DATA", standalone.DefaultData), "")
	label := flags.String("label", "", "")
	asJSON := flags.Bool("json", false, "")
	words, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(words) == 0 {
		return usagef("say create, list, revoke or rotate")
	}
	action, words := words[0], words[1:]
	switch {
	case action == "create" && len(words) == 1 && (words[0] == string(staff.Organizer) || words[0] == string(staff.Support) || words[0] == string(staff.Relay) && *label != ""):
		return t.withStaff(ctx, *data, func(d *staff.Domain) error { return t.keyCreate(ctx, d, staff.Role(words[0]), *label, *asJSON) })
	case action == "create" && len(words) == 1 && words[0] == string(staff.Relay):
		return usagef("a relay's key needs the relay's id: --label ID")
	case action == "create":
		return usagef("key create needs a role: organizer, support or relay")
	case action == "list" && len(words) == 0:
		return t.withStaff(ctx, *data, func(d *staff.Domain) error { return t.keyList(ctx, d, *asJSON) })
	case action == "revoke" && len(words) == 1:
		return t.withStaff(ctx, *data, func(d *staff.Domain) error { return t.keyRevoke(ctx, d, words[0]) })
	case action == "rotate" && len(words) == 0:
		return t.withDatabase(ctx, *data, func(db *sqlite.DB) error { return t.keyRotate(ctx, db) })
	case action == "revoke":
		return usagef("key revoke needs the id of one key; coopnet key list shows them")
	}
	return usagef("key %s is not understood", action)
}

func (t Terminal) withStaff(ctx context.Context, data string, do func(*staff.Domain) error) error {
	return t.withDatabase(ctx, data, func(db *sqlite.DB) error {
		domain, err := staff.New(staff.Config{Store: db.Staff()})
		if err != nil {
			return err
		}
		return do(domain)
	})
}

// withDatabase opens the database beside a server that may be running: SQLite lets two processes take turns.
func (t Terminal) withDatabase(ctx context.Context, data string, do func(*sqlite.DB) error) (err error) {
	path := filepath.Join(data, standalone.DatabaseFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no database %s: name the data folder with --data, or start the server once", path)
	}
	db, err := sqlite.Open(ctx, sqlite.Config{Path: path, Ballast: -1}) // the ballast is the server's
	if err != nil {
		return fmt.Errorf("the database %s cannot be opened: %w", path, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return do(db)
}

func (t Terminal) keyCreate(ctx context.Context, d *staff.Domain, role staff.Role, label string, asJSON bool) error {
	key, plain, err := d.Create(ctx, role, label)
	if err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(t.Out).Encode(map[string]string{"id": key.ID, "role": string(key.Role), "label": key.Label, "key": plain})
	}
	_, err = fmt.Fprintf(t.Out, "Id   %s\nKey  %s\nThe key is shown only now.\n", key.ID, plain)
	return err
}

func (t Terminal) keyList(ctx context.Context, d *staff.Domain, asJSON bool) error {
	list, err := d.List(ctx)
	if err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(t.Out).Encode(list)
	}
	table := tabwriter.NewWriter(t.Out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "ID\tROLE\tMADE\tSTATE\tLABEL")
	for _, k := range list {
		state := "live"
		if !k.RevokedAt.IsZero() {
			state = "revoked " + k.RevokedAt.Local().Format(time.DateTime)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", k.ID, k.Role, k.CreatedAt.Local().Format(time.DateTime), state, k.Label)
	}
	return table.Flush()
}

func (t Terminal) keyRevoke(ctx context.Context, d *staff.Domain, id string) error {
	if err := d.Revoke(ctx, id); err != nil {
		return err
	}
	_, err := fmt.Fprintf(t.Out, "Key %s is revoked.\n", id)
	return err
}

// keyRotate makes new keys for the server's own signatures. The server finds them by itself.
func (t Terminal) keyRotate(ctx context.Context, db *sqlite.DB) error {
	ring, err := conference.OpenKeys(ctx, conference.KeysConfig{Store: db.Secrets()})
	if err != nil {
		return err
	}
	from, err := ring.Rotate(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(t.Out, "New keys sign join tokens and admissions from %s. Nobody is disconnected.\n", from.Local().Format(time.DateTime))
	return err
}

func (t Terminal) env(name, otherwise string) string {
	if v := t.Getenv(name); v != "" {
		return v
	}
	return otherwise
}
