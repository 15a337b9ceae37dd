package standalone

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/diagnostics"
	"github.com/coopnet/coopnet/functions/documents"
	"github.com/coopnet/coopnet/functions/installer"
	"github.com/coopnet/coopnet/functions/portal"
	"github.com/coopnet/coopnet/functions/store/disk"
)

// wireFiles puts the domains together that keep files: releases of the software and diagnostic reports.
func (s *system) wireFiles(limiter conference.Limiter, clients portal.Clients) (*installer.Domain, *diagnostics.Domain, error) {
	var err error
	if s.files, err = openFiles(s.data.path, s.public, false, s.logger); err != nil {
		return nil, nil, err
	}
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
		Store: s.db.Diagnostics(), Audit: s.db.Diagnostics(), Sessions: s.db.Diagnostics(), Blobs: s.files, Limiter: limiter, Staff: portal.Supporters(s.staff), Client: clients.Site,
		Events: portal.Receipts(s.webhooks), Logger: s.logger,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("wire the reports: %w", err)
	}
	s.cleaners = []cleaner{{"releases", catalogue.Clean}, {"reports", reports.Clean}}
	return catalogue, reports, nil
}

// wireDocuments needs the conferences: they know who is in.
func (s *system) wireDocuments(limiter conference.Limiter) (err error) {
	s.documents, err = documents.New(documents.Config{
		Store: s.db.Documents(), Blobs: s.files, Limiter: limiter, Door: portal.Attendees(s.conferences),
		Conferences: portal.Filed(s.db.Conference(), time.Now), Logger: s.logger,
	})
	if err != nil {
		return fmt.Errorf("wire the documents: %w", err)
	}
	s.cleaners = append(s.cleaners, cleaner{"documents", s.documents.Clean})
	return nil
}

// ended is called later than wireDocuments, when a conference has ended.
func (s *system) ended(conference string) { s.documents.Ended(conference) }

// wireSessions lets people test their ways to the relays, admitted or not.
func (s *system) wireSessions(limiter conference.Limiter, clients portal.Clients) (*diagnostics.Sessions, error) {
	sessions, err := diagnostics.NewSessions(diagnostics.SessionsConfig{
		Store: s.db.Diagnostics(), Limiter: limiter, Relays: portal.Tested(s.relays), Rooms: portal.TestRooms(s.conferences),
		Site: clients.Site, Address: clients.Address, Logger: s.logger,
	})
	if err != nil {
		return nil, fmt.Errorf("wire the diagnostic sessions: %w", err)
	}
	return sessions, nil
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

// openFiles opens the store of files in a data folder. Links begin with url.
func openFiles(data, url string, beside bool, logger *slog.Logger) (*disk.Store, error) {
	files, err := disk.Open(disk.Config{Path: filepath.Join(data, FilesFolder), URL: url, Beside: beside, Logger: logger})
	if err != nil {
		return nil, fmt.Errorf("the folder of files cannot be opened: %w", err)
	}
	return files, nil
}
