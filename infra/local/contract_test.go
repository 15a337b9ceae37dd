package local_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/portal/portaltest"
	"github.com/coopnet/coopnet/functions/provider/providertest"
	"github.com/coopnet/coopnet/infra/local"
	"github.com/coopnet/coopnet/shared/announce"
	"github.com/coopnet/coopnet/shared/release"
)

// company is a cloud edition with an identity provider, publishers and a relay.
type company struct {
	*world
	provider   *providertest.Provider
	publishing ed25519.PrivateKey
	subject    portaltest.Subject
}

func newCompany(t *testing.T) *company {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	idp := providertest.Start(t)
	// RFC 8252: the port of a loopback address does not count.
	client := idp.Register(map[string]any{"application_type": "native", "redirect_uris": []string{"http://localhost/api/v1/sign-in/callback"}})
	c := &company{provider: idp, publishing: private}
	c.world = newWorld(t, func(cfg *local.Config) {
		_, port, _ := strings.Cut(cfg.Listener.Addr().String(), ":")
		cfg.PublicURL = "http://localhost:" + port
		cfg.Secrets = map[string]string{"ProviderSecret": client.Secret}
		cfg.Variables = map[string]string{
			"COOPNET_RELEASE_KEYS": release.EncodePublicKey(public), "COOPNET_OIDC_ISSUER": idp.Issuer, "COOPNET_OIDC_CLIENT_ID": client.ID,
			"COOPNET_OIDC_SCOPES": "openid profile email groups", "COOPNET_OIDC_ROLES_CLAIM": "groups", "COOPNET_OIDC_ROLES": "Staff=internal",
		}
	})
	c.subject = portaltest.Subject{
		Organizer: c.organizer, Support: c.key(t, "support", "desk"), Publisher: c.key(t, "publisher", "release"), Relay: c.key(t, "relay", portaltest.RelayID),
		Now: time.Now, Draft: c.draft, SignIn: func(page string) string { return c.signIn(t, page) },
	}
	c.subject.Announcement = announcement(t, portaltest.RelayID, c.subject.Relay)
	return c
}

// announcement is of a relay that answers probes.
func announcement(t *testing.T, id, key string) map[string]any {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == announce.ProbePath {
			_ = json.NewEncoder(w).Encode(announce.Answer{Proof: announce.Proof(key, id, "one", r.URL.Query().Get("nonce"))})
		}
	}))
	t.Cleanup(server.Close)
	return map[string]any{
		"instance": "one", "region": "eu-1", "whip": server.URL + "/whip", "whep": server.URL + "/whep",
		"control": "ws" + strings.TrimPrefix(server.URL, "http") + "/control", "turn": []string{"turn:127.0.0.1:3478?transport=udp"}, "capacity": 100,
		"load": 0, "draining": false, "snapshot": 0, "rooms": []string{}, "done": []string{},
	}
}

func (c *company) draft(version, content string) map[string]any {
	m := release.Manifest{Platform: "windows-amd64", Version: version, MinimumVersion: "0.0.0", Filename: "coopnet-" + version + ".exe",
		Size: int64(len(content)), SHA256: sha256.Sum256([]byte(content)), Expires: time.Now().UTC().Add(90 * 24 * time.Hour).Truncate(time.Second)}
	return map[string]any{"platform": m.Platform, "version": m.Version, "minimumVersion": m.MinimumVersion, "filename": m.Filename, "size": m.Size,
		"sha256": hex.EncodeToString(m.SHA256[:]), "expiresAt": m.Expires,
		"signature": base64.StdEncoding.EncodeToString(release.Sign(c.publishing, m)), "notes": map[string]any{"en": "New", "fr": "Nouveau"}}
}

func (c *company) signIn(t *testing.T, page string) (callback string) {
	t.Helper()
	back := c.provider.SignIn(page, "anne")
	return (&url.URL{Path: back.Path, RawQuery: back.RawQuery}).String()
}

// TestContract is the test of the standalone handlers, made of the real functions with their tables and buckets.
func TestContract(t *testing.T) {
	c := newCompany(t)
	portaltest.Contract(t, portaltest.At(t, c.URL), c.subject)
	if refused := c.Guard.Refused(); len(refused) > 0 {
		t.Errorf("the template does not permit %v", refused)
	}
}

// TestAConferenceReachesItsEnd: nobody asks for it, and its relay and other systems hear of it.
func TestAConferenceReachesItsEnd(t *testing.T) {
	w := newWorld(t, nil)
	auth := []string{"Authorization", "Bearer " + w.organizer}
	b, heard := w.browser(t), receiver(t)
	b.expect(http.StatusCreated, http.MethodPost, "/api/v1/webhooks", map[string]any{"url": heard.URL}, auth...)
	starts := time.Now().Add(-time.Hour)
	draft := map[string]any{"name": "Board", "password": "correct horse battery", "startsAt": starts, "endsAt": time.Now().Add(time.Second)}
	id := b.expect(http.StatusCreated, http.MethodPost, "/api/v1/conferences", draft, auth...).body["id"]
	key := w.key(t, "relay", "i-*")
	at := announcement(t, "i-1", key)
	at["rooms"] = []any{id}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		orders := b.expect(http.StatusOK, http.MethodPut, "/api/v1/relays/i-1", at, "Authorization", "Bearer "+key)
		if over, _ := orders.body["over"].([]any); len(over) == 1 && over[0] == id {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the relay is not told: %v", orders.body)
		}
	}
	if err := w.Schedule(t.Context()); err != nil {
		t.Error(err)
	}
	if got := heard.types(); len(got) != 1 || got[0] != "conference.ended" {
		t.Errorf("told of %v", got)
	}
}
