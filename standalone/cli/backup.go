package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"

	"github.com/coopnet/coopnet/functions/store/sqlite"
	"github.com/coopnet/coopnet/shared/privatefile"
	"github.com/coopnet/coopnet/standalone"
)

// backup copies the database while a server may be running.
func (t Terminal) backup(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("backup", flag.ContinueOnError)
	data := flags.String("data", t.env("COOPNET_DATA", standalone.DefaultData), "")
	words, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(words) != 1 {
		return usagef("backup needs the name of one new file")
	}
	file := words[0]
	err = t.withDatabase(ctx, *data, func(db *sqlite.DB) error { return db.Backup(ctx, file) })
	var path *fs.PathError
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s is there already: name another file", file)
	case errors.As(err, &path):
		return fmt.Errorf("%s cannot be written (%w)", path.Path, privatefile.Reason(err))
	case err != nil:
		return err
	}
	_, err = fmt.Fprintf(t.Out, "The backup is %s. It holds keys: keep it as private as the data folder.\n", file)
	return err
}
