package standalone

import (
	"context"
	"fmt"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/diagnostics"
	"github.com/coopnet/coopnet/functions/installer"
	"github.com/coopnet/coopnet/functions/portal"
	"github.com/coopnet/coopnet/shared/blob"
	"github.com/coopnet/coopnet/shared/problem"
)

// wireFiles puts the domains together that keep files: releases of the software and diagnostic reports.
func (s *system) wireFiles(limiter conference.Limiter, clients portal.Clients) (*installer.Domain, *diagnostics.Domain, error) {
	keys, err := s.cfg.releaseKeys()
	if err != nil {
		return nil, nil, err
	}
	catalogue, err := installer.New(installer.Config{
		Store: s.db.Installer(), Blobs: openFiles(s.cfg.Data), Staff: portal.Publishers(s.staff), Keys: keys, PublicURL: s.public, Logger: s.logger,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("wire the catalogue: %w", err)
	}
	reports, err := diagnostics.New(diagnostics.Config{
		Store: s.db.Diagnostics(), Audit: s.db.Diagnostics(), Blobs: openFiles(s.cfg.Data), Limiter: limiter, Staff: portal.Supporters(s.staff), Client: clients.Site,
		Logger: s.logger,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("wire the reports: %w", err)
	}
	s.cleaners = []cleaner{{"releases", catalogue.Clean}, {"reports", reports.Clean}}
	return catalogue, reports, nil
}

// cleaner removes what has expired together with its files.
type cleaner struct {
	what  string
	clean func(context.Context) (int, error)
}

func (s *system) clean(ctx context.Context) {
	for _, c := range s.cleaners {
		switch n, err := c.clean(ctx); {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.logger.Error("what has expired could not be removed", "what", c.what, "error", err)
		case n > 0:
			s.logger.Info("what has expired was removed", "what", c.what, "number", n)
		}
	}
}

// openFiles opens the store of files in a data folder.
func openFiles(string) noFiles { return noFiles{} }

// noFiles refuses to keep files, until this edition has a store of them.
type noFiles struct{}

func (noFiles) refuse() error {
	return &problem.Error{Code: problem.Unavailable, Detail: "This server keeps no files yet.", RetryAfter: time.Hour}
}

func (n noFiles) Upload(context.Context, string, blob.Object, time.Time) (blob.Upload, error) {
	return blob.Upload{}, n.refuse()
}

func (n noFiles) Download(context.Context, string, string, time.Time) (string, error) {
	return "", n.refuse()
}

func (n noFiles) Stat(context.Context, string) (blob.Object, error) { return blob.Object{}, n.refuse() }

func (n noFiles) Delete(context.Context, string) error { return n.refuse() }
