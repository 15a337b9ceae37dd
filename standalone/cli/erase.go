package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"

	"github.com/coopnet/coopnet/functions/store/sqlite"
	"github.com/coopnet/coopnet/standalone"
)

// erase removes a person's data beside a server that may be running. It goes on where one kind of data fails, so that a
// second call has less to do.
func (t Terminal) erase(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("erase", flag.ContinueOnError)
	data := flags.String("data", t.env("COOPNET_DATA", standalone.DefaultData), "")
	email := flags.String("email", "", "")
	asJSON := flags.Bool("json", false, "")
	words, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(words) > 0 || *email == "" {
		return usagef("erase needs --email ADDRESS and nothing else")
	}
	var removed []standalone.Removed
	err = t.withDatabase(ctx, *data, func(db *sqlite.DB) error {
		removed, err = standalone.Erase(ctx, db, *data, *email)
		return err
	})
	if *asJSON {
		if encodeErr := json.NewEncoder(t.Out).Encode(removed); encodeErr != nil {
			return encodeErr
		}
		return err
	}
	for _, r := range removed {
		fmt.Fprintf(t.Out, "%-14s %d\n", r.What, r.Number)
	}
	return err
}
