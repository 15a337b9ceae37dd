package standalone

import (
	"context"
	"fmt"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/diagnostics"
	"github.com/coopnet/coopnet/functions/installer"
	"github.com/coopnet/coopnet/functions/portal"
	"github.com/coopnet/coopnet/functions/store/disk"
)

// filesFolder is in the data folder.
const filesFolder = "blobs"

func (s *system) openFiles(context.Context) (err error) {
	path := s.data.file(filesFolder)
	if s.files, err = disk.Open(disk.Config{Path: path, URL: s.public, Logger: s.logger}); err != nil {
		return fmt.Errorf("the folder of files %s cannot be opened: %w", path, err)
	}
	return nil
}

// wireFiles puts the domains together that keep files: releases of the software and diagnostic reports.
func (s *system) wireFiles(limiter conference.Limiter, clients portal.Clients) (*installer.Domain, *diagnostics.Domain, error) {
	keys, err := s.cfg.releaseKeys()
	if err != nil {
		return nil, nil, err
	}
	catalogue, err := installer.New(installer.Config{
		Store: s.db.Installer(), Blobs: s.files, Staff: portal.Publishers(s.staff), Keys: keys, PublicURL: s.public, Logger: s.logger,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("wire the catalogue: %w", err)
	}
	reports, err := diagnostics.New(diagnostics.Config{
		Store: s.db.Diagnostics(), Audit: s.db.Diagnostics(), Blobs: s.files, Limiter: limiter, Staff: portal.Supporters(s.staff), Client: clients.Site,
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
