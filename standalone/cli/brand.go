package cli

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/coopnet/coopnet/functions/brand"
	"github.com/coopnet/coopnet/web"
)

// brand writes what coopnet serve --brand would serve, for a portal whose files lie elsewhere.
func (t Terminal) brand(args []string) error {
	words, err := parse(flag.NewFlagSet("brand", flag.ContinueOnError), args)
	if err != nil {
		return err
	}
	if len(words) != 2 {
		return usagef("brand needs the brand's folder and one to write to")
	}
	files, err := brand.Read(words[0], web.Files())
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(words[1], filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("make the folder: %w", err)
		}
		if err := os.WriteFile(path, files[name], 0o644); err != nil {
			return fmt.Errorf("write the file: %w", err)
		}
		fmt.Fprintln(t.Out, path)
	}
	return nil
}
