package main

import (
	"context"
	"errors"
	"time"

	"github.com/coopnet/coopnet/functions/installer"
	"github.com/coopnet/coopnet/functions/portal"
	"github.com/coopnet/coopnet/shared/blob"
)

// catalogue says which versions of the software may join. It only reads: this function may not touch releases, and their files
// are nothing to it.
func (f *function) catalogue() (*installer.Domain, error) {
	return installer.New(installer.Config{
		Store: f.db.Installer(), Blobs: elsewhere{}, Staff: portal.Publishers(f.staff), PublicURL: f.env.Config.PublicURL, Logger: f.env.Logger,
	})
}

// elsewhere stands for files that another function looks after.
type elsewhere struct{}

var errElsewhere = errors.New("the files of releases belong to another function")

// Upload implements installer.Blobs.
func (elsewhere) Upload(context.Context, string, blob.Object, time.Time) (blob.Upload, error) {
	return blob.Upload{}, errElsewhere
}

// Download implements installer.Blobs.
func (elsewhere) Download(context.Context, string, string, time.Time) (string, error) {
	return "", errElsewhere
}

// Stat implements installer.Blobs.
func (elsewhere) Stat(context.Context, string) (blob.Object, error) {
	return blob.Object{}, errElsewhere
}

// Delete implements installer.Blobs.
func (elsewhere) Delete(context.Context, string) error { return errElsewhere }
