package certfile

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// writeCertificate makes a self-signed certificate whose serial number tells it from others.
func writeCertificate(t *testing.T, folder string, serial int64, written time.Time) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: written.Add(-time.Hour), NotAfter: written.Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	for path, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: secret},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(certFile, written, written); err != nil {
		t.Fatal(err)
	}
	return certFile, keyFile
}

func TestCertificateFollowsItsFiles(t *testing.T) {
	folder, start := t.TempDir(), time.Now()
	certFile, keyFile := writeCertificate(t, folder, 1, start)
	now := start
	c, err := Open(certFile, keyFile, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	expect := func(when string, serial int64) {
		t.Helper()
		pair, err := c.Current(nil)
		if err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		if have := pair.Leaf.SerialNumber.Int64(); have != serial {
			t.Errorf("%s: certificate %d instead of %d", when, have, serial)
		}
	}
	expect("at first", 1)
	writeCertificate(t, folder, 2, start.Add(time.Hour))
	expect("within the minute", 1)
	now = now.Add(2 * time.Minute)
	expect("after a renewal", 2)

	if err := os.WriteFile(certFile, []byte("half of a"), 0o600); err != nil {
		t.Fatal(err)
	}
	now = now.Add(2 * time.Minute)
	expect("while a renewal is being written", 2)
	writeCertificate(t, folder, 3, start.Add(2*time.Hour))
	now = now.Add(2 * time.Minute)
	expect("after that", 3)
}

func TestWhatCannotBeReadIsSaid(t *testing.T) {
	_, err := Open("nowhere.pem", "nowhere.key", time.Now)
	if err == nil || !strings.Contains(err.Error(), "nowhere.pem") || !strings.Contains(err.Error(), "--tls-cert") {
		t.Error(err)
	}
}
