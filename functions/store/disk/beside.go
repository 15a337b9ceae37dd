package disk

import (
	"context"

	"github.com/coopnet/coopnet/shared/blob"
)

// Folder is the folder of a store that another process may have open: looking at it makes and removes nothing by itself.
type Folder struct{ store Store }

// Beside returns the folder at path.
func Beside(path string) *Folder { return &Folder{Store{cfg: Config{Path: path}}} }

// Stat returns what is stored, or blob.ErrNotFound.
func (f *Folder) Stat(ctx context.Context, key string) (blob.Object, error) {
	return f.store.Stat(ctx, key)
}

// Delete forgets one; a missing one is fine.
func (f *Folder) Delete(ctx context.Context, key string) error { return f.store.Delete(ctx, key) }
