// Package certfile is a TLS certificate that follows its files, so that a renewal needs no restart.
package certfile

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"
)

// checkInterval is how often the files are looked at.
const checkInterval = time.Minute

// Certificate is a pair of files. Its methods may be called from several goroutines.
type Certificate struct {
	certFile, keyFile string
	now               func() time.Time

	mu      sync.Mutex
	loaded  *tls.Certificate
	written time.Time // of certFile, when it was loaded
	checked time.Time
}

// Open reads the files for the first time. Its error says what the user can do, in terms of --tls-cert and --tls-key.
func Open(certFile, keyFile string, now func() time.Time) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile, now: now}
	_, err := c.Current(nil)
	return c, err
}

// Config is a server's TLS configuration with this certificate.
func (c *Certificate) Config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.Current}
}

// Current is for tls.Config.GetCertificate.
func (c *Certificate) Current(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.loaded != nil && c.now().Sub(c.checked) < checkInterval {
		return c.loaded, nil
	}
	c.checked = c.now()
	state, err := os.Stat(c.certFile)
	if err == nil && c.loaded != nil && state.ModTime().Equal(c.written) {
		return c.loaded, nil
	}
	pair, loadErr := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err == nil {
		err = loadErr
	}
	if err != nil {
		if c.loaded != nil { // half-written renewal: the old one is still good
			return c.loaded, nil
		}
		return nil, fmt.Errorf("the certificate %s with the key %s cannot be used (%w): check --tls-cert and --tls-key", c.certFile, c.keyFile, err)
	}
	c.loaded, c.written = &pair, state.ModTime()
	return c.loaded, nil
}
