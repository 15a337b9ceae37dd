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
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/staff"
	"github.com/coopnet/coopnet/functions/store/sqlite"
	"github.com/coopnet/coopnet/shared/text"
	"github.com/coopnet/coopnet/standalone"
)

// keyFlags are those of all key commands.
type keyFlags struct {
	data, label, expires string
	readOnly, asJSON     bool
}

func (t Terminal) key(ctx context.Context, args []string) error {
	f := keyFlags{data: t.env("COOPNET_DATA", standalone.DefaultData)}
	flags := flag.NewFlagSet("key", flag.ContinueOnError)
	flags.StringVar(&f.data, "data", f.data, "")
	flags.StringVar(&f.label, "label", "", "")
	flags.StringVar(&f.expires, "expires", "", "")
	flags.BoolVar(&f.readOnly, "read-only", false, "")
	flags.BoolVar(&f.asJSON, "json", false, "")
	words, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(words) == 0 {
		return usagef("say create, list, revoke or rotate")
	}
	action, words := words[0], words[1:]
	switch {
	case action == "create" && len(words) == 1 && words[0] == string(staff.Relay) && f.label == "":
		return usagef("a relay's key needs the relay's id: --label ID")
	case action == "create" && len(words) == 1 && slices.Contains(staff.Roles(), staff.Role(words[0])):
		return t.keyCreate(ctx, f, staff.Role(words[0]))
	case action == "create":
		return usagef("key create needs a role: organizer, support, relay or publisher")
	case action == "list" && len(words) == 0:
		return t.withStaff(ctx, f.data, func(d *staff.Domain) error { return t.keyList(ctx, d, f.asJSON) })
	case action == "revoke" && len(words) == 1:
		return t.withStaff(ctx, f.data, func(d *staff.Domain) error { return t.keyRevoke(ctx, d, words[0]) })
	case action == "rotate" && len(words) == 0:
		return t.withDatabase(ctx, f.data, func(db *sqlite.DB) error { return t.keyRotate(ctx, db) })
	case action == "revoke":
		return usagef("key revoke needs the id of one key; coopnet key list shows them")
	}
	return usagef("key %s is not understood", action)
}

// actor is who sits at the terminal, as far as the machine knows: whoever can open the database could say anything.
func (t Terminal) actor() string {
	for _, name := range []string{"SUDO_USER", "USER"} {
		if who := t.Getenv(name); who != "" && len(who) <= 64 && !strings.ContainsFunc(who, text.Hidden) {
			return "terminal:" + who
		}
	}
	return "terminal"
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

func (t Terminal) keyCreate(ctx context.Context, f keyFlags, role staff.Role) error {
	draft := staff.Draft{Role: role, Label: f.label, ReadOnly: f.readOnly}
	if f.expires != "" {
		at, err := time.Parse(time.RFC3339, f.expires)
		if err != nil {
			return usagef("--expires: %q is not a time such as 2027-03-01T00:00:00+01:00", f.expires)
		}
		draft.ExpiresAt = &at
	}
	return t.withStaff(ctx, f.data, func(d *staff.Domain) error {
		key, plain, err := d.Create(ctx, t.actor(), draft)
		if err != nil {
			return err
		}
		if f.asJSON {
			return json.NewEncoder(t.Out).Encode(struct {
				staff.Key
				Plain string `json:"key"`
			}{key, plain})
		}
		_, err = fmt.Fprintf(t.Out, "Id   %s\nKey  %s\nThe key is shown only now.\n", key.ID, plain)
		return err
	})
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
	fmt.Fprintln(table, "ID\tROLE\tMADE\tBY\tUSED\tSTATE\tLABEL")
	for _, k := range list {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Role, k.CreatedAt.Local().Format(time.DateTime), orDash(k.CreatedBy),
			keyUse(k), keyState(k, time.Now()), k.Label)
	}
	return table.Flush()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// keyUse is as exact as the server notes it.
func keyUse(k staff.Key) string {
	if k.UsedAt.IsZero() {
		return "-"
	}
	return k.UsedAt.Local().Format("2006-01-02 15h")
}

func keyState(k staff.Key, now time.Time) string {
	state := "live"
	switch {
	case !k.RevokedAt.IsZero():
		state = "revoked " + k.RevokedAt.Local().Format(time.DateTime)
		if k.RevokedBy != "" {
			state += " by " + k.RevokedBy
		}
	case !k.Live(now):
		state = "expired " + k.ExpiresAt.Local().Format(time.DateTime)
	case !k.ExpiresAt.IsZero():
		state = "live until " + k.ExpiresAt.Local().Format(time.DateTime)
	}
	if k.ReadOnly {
		state += ", reads only"
	}
	return state
}

func (t Terminal) keyRevoke(ctx context.Context, d *staff.Domain, id string) error {
	if err := d.Revoke(ctx, t.actor(), id); err != nil {
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
