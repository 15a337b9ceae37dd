package standalone

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/shared/certfile/certtest"
)

func TestCertificateTrouble(t *testing.T) {
	start := time.Now()
	certFile, keyFile := certtest.Write(t, t.TempDir(), 1, start) // lives for a day and an hour
	trouble := func(at time.Duration) string {
		return certificateTrouble(Config{TLS: TLS{TLSCert: certFile, TLSKey: keyFile}}, start.Add(at))
	}
	for at, want := range map[time.Duration]string{
		0:              "",
		21 * time.Hour: "",
		22 * time.Hour: "expires soon",
		25 * time.Hour: "has expired",
	} {
		if have := trouble(at); have != want && (want == "" || !strings.Contains(have, want)) {
			t.Errorf("after %v: %q, want %q", at, have, want)
		}
	}
	if err := os.WriteFile(certFile, []byte("half of a"), 0o600); err != nil {
		t.Fatal(err)
	}
	if have := trouble(0); !strings.Contains(have, "cannot be used") {
		t.Errorf("a damaged renewal: %q", have)
	}
	if have := certificateTrouble(Config{}, start); have != "" {
		t.Errorf("no certificate: %q", have)
	}
}
