package standalone

import (
	"context"
	"crypto/tls"
	"fmt"
	"time"
)

// certificateInterval is how often an operator is told of the same trouble.
const certificateInterval = time.Hour

// checkCertificate says when a renewal does not work: the old certificate goes on being served, and nobody would notice
// before browsers refuse it.
func (s *system) checkCertificate(context.Context) {
	if trouble := certificateTrouble(s.cfg, time.Now()); trouble != "" {
		s.logger.Warn(trouble, "certificate", s.cfg.TLSCert)
	}
}

// certificateTrouble looks at the files as they are now.
func certificateTrouble(cfg Config, now time.Time) string {
	if cfg.TLSCert == "" {
		return ""
	}
	pair, err := tls.LoadX509KeyPair(cfg.TLSCert, cfg.TLSKey)
	if err != nil {
		return fmt.Sprintf("the certificate's files cannot be used (%v): the one that was read before is served until it expires", err)
	}
	until := pair.Leaf.NotAfter
	switch lifetime := until.Sub(pair.Leaf.NotBefore); {
	case !now.Before(until):
		return "the certificate has expired: browsers refuse it"
	case until.Sub(now) < lifetime/10:
		return fmt.Sprintf("the certificate expires soon, at %s, and was not renewed", until.UTC().Format(time.RFC3339))
	}
	return ""
}
