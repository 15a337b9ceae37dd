package certfile

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/shared/certfile/certtest"
)

func TestCertificateFollowsItsFiles(t *testing.T) {
	folder, start := t.TempDir(), time.Now()
	certFile, keyFile := certtest.Write(t, folder, 1, start)
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
	certtest.Write(t, folder, 2, start.Add(time.Hour))
	expect("within the minute", 1)
	now = now.Add(2 * time.Minute)
	expect("after a renewal", 2)

	if err := os.WriteFile(certFile, []byte("half of a"), 0o600); err != nil {
		t.Fatal(err)
	}
	now = now.Add(2 * time.Minute)
	expect("while a renewal is being written", 2)
	certtest.Write(t, folder, 3, start.Add(2*time.Hour))
	now = now.Add(2 * time.Minute)
	expect("after that", 3)
}

func TestWhatCannotBeReadIsSaid(t *testing.T) {
	_, err := Open("nowhere.pem", "nowhere.key", time.Now)
	if err == nil || !strings.Contains(err.Error(), "nowhere.pem") || !strings.Contains(err.Error(), "--tls-cert") {
		t.Error(err)
	}
}
