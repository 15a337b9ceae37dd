package heartbeat

import (
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coopnet/coopnet/shared/announce"
	"github.com/coopnet/coopnet/shared/problem"
)

// TestTheKeyGoesNowhereElse: neither to who is not whom the certificate names, nor where a redirect leads.
func TestTheKeyGoesNowhereElse(t *testing.T) {
	asked := false
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer elsewhere.Close()
	door := httptest.NewTLSServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer door.Close()
	roots := x509.NewCertPool()
	roots.AddCert(door.Certificate())
	for _, trusted := range []*x509.CertPool{roots, x509.NewCertPool()} {
		link := NewHTTP(door.URL, "r", "the key", trusted)
		if _, err := link.Announce(t.Context(), announce.Announcement{}); err == nil || asked {
			t.Errorf("asked elsewhere: %v, %v", asked, err)
		}
		link.Close()
	}
}

func TestAnswersOfTheControlPlane(t *testing.T) {
	status, body := 0, ""
	plane := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer the key" || r.Header.Get("Content-Type") != "application/json" || !strings.HasPrefix(r.URL.Path, "/api/v1/relays/r/") {
			t.Errorf("%s %v", r.URL, r.Header)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	defer plane.Close()
	link := NewHTTP(plane.URL, "r", "the key", nil)
	defer link.Close()
	for _, c := range []struct {
		status   int
		body     string
		code     problem.Code // "": no error
		hopeless bool
	}{
		{204, "", "", false},
		{422, `{"code":"invalid","detail":"d","errors":[{"pointer":"/visits","detail":"e"}]}`, problem.Invalid, true},
		{403, `{"code":"forbidden"}`, problem.Forbidden, false},
		{503, `{"code":"unavailable"}`, problem.Unavailable, false},
		{502, "<html>a proxy's own page</html>", problem.Internal, false},
	} {
		status, body = c.status, c.body
		err := link.Report(t.Context(), announce.Batch{})
		if (err == nil) != (c.code == "") || err != nil && problem.From(err).Code != c.code || hopeless(err) != c.hopeless {
			t.Errorf("%d %s: %v", c.status, c.body, err)
		}
	}
}
