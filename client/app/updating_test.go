package app

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/client/launch"
	"github.com/coopnet/coopnet/client/text"
	"github.com/coopnet/coopnet/client/update"
	"github.com/coopnet/coopnet/shared/release"
)

// TestATarballIsUpdatedByATarball: the package for an administrator is nothing for who installed without one.
func TestATarballIsUpdatedByATarball(t *testing.T) {
	content := []byte("the installer")
	portal, key := published(t, content, time.Now().Add(24*time.Hour).Truncate(time.Second))
	asked := ""
	mux := http.NewServeMux()
	mux.Handle("/", portal)
	mux.HandleFunc("GET /api/v1/software", func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Query().Get("platform")
		w.WriteHeader(http.StatusNotFound)
	})
	updates := Updates{Allowed: true, Publishers: []ed25519.PublicKey{key}, Folder: t.TempDir(), Platform: installed("linux", "amd64", "/home/anne/.local/bin/coopnet-client"),
		Start: func(context.Context, string) error { t.Error("started"); return nil }}
	p, err := started(t, mux, func(c *Config) { c.Updates, c.Windows.(*person).answers = updates, []string{yes} })
	if err == nil || asked != "linuxtar-amd64" || len(p.said) != 1 || p.said[0] != text.Fill(text.FaultsFor("en").AskFor, "version", "1.4.0") {
		t.Errorf("%v, asked for %q, said %q", err, asked, p.said)
	}
}

// tarballs is a portal that has one as well as what answers redeems.
func tarballs(t *testing.T, key ed25519.PrivateKey, version, content string, redeem http.HandlerFunc) http.Handler {
	t.Helper()
	m := release.Manifest{Platform: "linuxtar-amd64", Version: version, MinimumVersion: "0.0.0", Filename: "coopnet.tar.gz",
		Size: int64(len(content)), SHA256: sha256.Sum256([]byte(content)), Expires: time.Now().Add(time.Hour).Truncate(time.Second)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/launch-codes/", redeem)
	mux.HandleFunc("GET /file", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(content)) })
	mux.HandleFunc("GET /api/v1/software", func(w http.ResponseWriter, r *http.Request) {
		if kind := r.URL.Query().Get("platform"); kind != m.Platform {
			t.Errorf("asked for %s", kind)
		}
		_ = json.NewEncoder(w).Encode(update.Release{Version: "9.9.9", Manifest: m.Text(),
			Signature: base64.StdEncoding.EncodeToString(release.Sign(key, m)), URL: "http://" + r.Host + "/file"})
	})
	return mux
}

// TestATarballMustBeNewEnough: the portal that refuses has one with which it does not refuse, or the administrator is asked.
func TestATarballMustBeNewEnough(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	words, said := text.For("en").Message, text.EndingsFor("en")
	for version, c := range map[string]struct {
		minimum, installed string
	}{
		"1.3.0":  {"1.2.0", "of the second"}, // the package for administrators is further
		"1.2.0":  {"1.2.0", "of the second"},
		"1.1.0":  {"1.2.0", ""},
		"1.10.0": {"", "of the second"},
		"1.3.9":  {"", ""}, // nobody says what is enough
	} {
		elsewhere := httptest.NewServer(tarballs(t, private, "5.0.0", "of the first", http.NotFound))
		t.Cleanup(elsewhere.Close)
		portal := tarballs(t, private, version, "of the second", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUpgradeRequired)
			_ = json.NewEncoder(w).Encode(map[string]any{"code": "upgrade-required", "release": update.Release{Version: "1.4.0", MinimumVersion: c.minimum}})
		})
		var put []byte
		updates := Updates{Allowed: true, Publishers: []ed25519.PublicKey{public}, Folder: t.TempDir(), Platform: installed("linux", "amd64", "/usr/local/bin/coopnet-client"),
			Start: func(_ context.Context, path string) (err error) {
				put, err = os.ReadFile(path)
				return err
			}}
		p, err := started(t, portal, func(cfg *Config) {
			cfg.Origins = append([]launch.Origin{launch.Origin(elsewhere.URL)}, cfg.Origins...)
			cfg.Updates, cfg.Windows.(*person).answers = updates, []string{no, yes} // not what is only offered
		})
		want := []string{text.Fill(words.Update, "version", "5.0.0"), text.Fill(text.FaultsFor("en").AskFor, "version", "1.4.0")}
		if c.installed != "" {
			want = []string{want[0], text.Fill(words.UpdateMust, "version", version), said.Updated}
		}
		if (err == nil) != (c.installed != "") || !bytes.Equal(put, []byte(c.installed)) || strings.Join(p.said, "|") != strings.Join(want, "|") {
			t.Errorf("%s: %v, installed %q, said %q", version, err, put, p.said)
		}
	}
}

// TestTheKindThatIsInstalled: below /usr lies more than packages.
func TestTheKindThatIsInstalled(t *testing.T) {
	for program, want := range map[string]string{
		packaged: "linux-amd64", "/usr/local/bin/coopnet-client": "linuxtar-amd64", "/usr/bin/../local/coopnet-client": "linuxtar-amd64", "/home/anne/.local/bin/coopnet-client": "linuxtar-amd64",
	} {
		if kind := installed("linux", "amd64", program); kind != want {
			t.Errorf("%s is of %s", program, kind)
		}
	}
	if kind := installed("windows", "amd64", `C:\x.exe`); kind != "windows-amd64" {
		t.Errorf("Windows has %s", kind)
	}
	contents, err := os.ReadFile("../../packaging/linux/nfpm.yaml")
	if err != nil || !bytes.Contains(contents, []byte("dst: "+packaged+"\n")) {
		t.Errorf("the package puts it elsewhere: %v", err)
	}
}
