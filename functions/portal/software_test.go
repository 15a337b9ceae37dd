package portal_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/portal/portaltest"
	"github.com/coopnet/coopnet/shared/release"
)

const (
	releasesPath = "/api/v1/software/releases"
	windows      = "windows-amd64"
)

func (w *world) publisher(more ...string) []string {
	return append([]string{"Authorization", "Bearer " + w.publisherKey}, more...)
}

// draft is a signed release of content; change alters the manifest before it is signed.
func (w *world) draft(version, content string, change func(*release.Manifest)) object {
	m := release.Manifest{Platform: windows, Version: version, MinimumVersion: "0.0.0", Filename: "coopnet-" + version + ".exe", Size: int64(len(content)),
		Expires: w.clock.Now().Add(90 * 24 * time.Hour).Truncate(time.Second)}
	copy(m.SHA256[:], mustHex(hexSum([]byte(content))))
	if change != nil {
		change(&m)
	}
	return object{"platform": m.Platform, "version": m.Version, "minimumVersion": m.MinimumVersion, "filename": m.Filename, "size": m.Size,
		"sha256": fmt.Sprintf("%x", m.SHA256), "expiresAt": m.Expires, "signature": base64.StdEncoding.EncodeToString(release.Sign(w.publishing, m)),
		"notes": object{"en": "New in " + version, "fr": "Nouveautés de " + version}}
}

func mustHex(s string) []byte {
	var b []byte
	_, _ = fmt.Sscanf(s, "%x", &b)
	return b
}

func with1(o object, name string, value any) object {
	c := object{}
	for k, v := range o {
		c[k] = v
	}
	c[name] = value
	return c
}

// publish makes a published release.
func (w *world) publish(t *testing.T, c *portaltest.Client, draft object, content string) {
	t.Helper()
	made := c.Expect(201, "POST", releasesPath, draft, w.publisher()...)
	if !send(t, made["upload"].(object), []byte(content)) {
		t.Fatal("the upload was refused")
	}
	c.Expect(200, "POST", fmt.Sprint(releasesPath, "/", draft["platform"], "/", draft["version"], "/complete"), nil, w.publisher()...)
}

func TestReleaseFromThePublisherToTheGuest(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		if got := c.Expect(200, "GET", "/api/v1/software", nil); len(got["releases"].([]any)) != 0 {
			t.Errorf("got %v", got)
		}
		c.Refused(404, "not-found", "GET", "/api/v1/software?platform="+windows, nil)
		content := "MZ the software"
		draft := w.draft("1.4.0", content, func(m *release.Manifest) { m.MinimumVersion = "1.2.0" })
		made := c.Expect(201, "POST", releasesPath, draft, w.publisher()...)
		complete := releasesPath + "/" + windows + "/1.4.0/complete"
		c.Refused(409, "conflict", "POST", complete, nil, w.publisher()...)
		c.Refused(404, "not-found", "GET", "/api/v1/software?platform="+windows, nil)
		if send(t, made["upload"].(object), []byte("MZ something else")) {
			t.Error("another file was taken")
		}
		w.clock.Advance(time.Minute) // who publishes again after a cut signs another expiry
		draft = w.draft("1.4.0", content, func(m *release.Manifest) { m.MinimumVersion = "1.2.0" })
		made = c.Expect(201, "POST", releasesPath, draft, w.publisher()...)
		if made["signature"] != draft["signature"] {
			t.Errorf("got %v, signed %v", made, draft)
		}
		if !send(t, made["upload"].(object), []byte(content)) {
			t.Fatal("the second upload does not work")
		}
		for range 2 {
			if got := c.Expect(200, "POST", complete, nil, w.publisher()...); got["status"] != "published" {
				t.Errorf("got %v", got)
			}
		}
		c.Refused(409, "conflict", "POST", releasesPath, draft, w.publisher()...)
		got := c.Expect(200, "GET", "/api/v1/software?platform="+windows, nil)
		signature, err := base64.StdEncoding.DecodeString(got["signature"].(string))
		if err != nil {
			t.Fatal(err)
		}
		m, err := release.Parse(got["manifest"].(string))
		if err != nil || release.Verify(w.publicKeys(), m, signature) != nil {
			t.Errorf("the software cannot verify %v: %v", got, err)
		}
		if got["version"] != "1.4.0" || got["minimumVersion"] != "1.2.0" || got["size"] != float64(len(content)) || got["notes"].(object)["fr"] != "Nouveautés de 1.4.0" {
			t.Errorf("got %v", got)
		}
		if all := c.Expect(200, "GET", "/api/v1/software", nil)["releases"].([]any); len(all) != 1 || all[0].(object)["version"] != "1.4.0" {
			t.Errorf("got %v", all)
		}
		link := c.Do("GET", strings.TrimPrefix(got["url"].(string), publicURL), nil)
		if link.Status != 302 || len(link.Body) != 0 {
			t.Fatalf("%d %v %s", link.Status, link.Header, link.Body)
		}
		resp, file := fetch(t, link.Header.Get("Location"))
		if string(file) != content || resp.Header.Get("Content-Disposition") != "attachment; filename=coopnet-1.4.0.exe" {
			t.Errorf("got %v %s", resp.Header, file)
		}
		if resp, part := fetch(t, link.Header.Get("Location"), "Range", "bytes=3-5"); resp.StatusCode != 206 || string(part) != "the" {
			t.Errorf("a range: %d %s", resp.StatusCode, part)
		}
		w.clock.Advance(5 * time.Minute)
		if resp, _ := fetch(t, link.Header.Get("Location")); resp.StatusCode != 403 {
			t.Errorf("after five minutes: %d", resp.StatusCode)
		}
	})
}

func TestOnlyASignedManifestIsPublished(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		good := w.draft("1.0.0", "content", nil)
		for name, value := range map[string]any{
			"version": "1.0.1", "minimumVersion": "0.0.1", "filename": "other.exe", "size": 8, "sha256": strings.Repeat("0", 64), "platform": "linux-amd64",
			"expiresAt": w.clock.Now().Add(time.Hour), "signature": base64.StdEncoding.EncodeToString(make([]byte, 64)),
		} {
			resp := c.Refused(422, "invalid", "POST", releasesPath, with1(good, name, value), w.publisher()...)
			if !strings.Contains(string(resp.Body), `"pointer":"/signature"`) {
				t.Errorf("%s: %s", name, resp.Body)
			}
		}
		for name, value := range map[string]any{
			"version": "1.0", "minimumVersion": "1.0.1", "filename": "../x", "size": 0, "sha256": "x", "platform": "Windows", "rollout": 101,
			"expiresAt": w.clock.Now().Add(-time.Hour),
		} {
			resp := c.Refused(422, "invalid", "POST", releasesPath, with1(good, name, value), w.publisher()...)
			if !strings.Contains(string(resp.Body), `"pointer":"/`+name+`"`) {
				t.Errorf("%s: %s", name, resp.Body)
			}
		}
		c.Refused(422, "invalid", "POST", releasesPath, with1(good, "notes", object{"en": "right\u202eleft"}), w.publisher()...)
		for _, call := range [][2]string{{"POST", releasesPath}, {"GET", releasesPath}, {"POST", releasesPath + "/x/y/complete"}, {"PATCH", releasesPath + "/x/y"}, {"DELETE", releasesPath + "/x/y"}} {
			c.Refused(401, "unauthenticated", call[0], call[1], nil)
			c.Refused(403, "forbidden", call[0], call[1], nil, "Authorization", "Bearer "+w.organizerKey)
			c.Refused(403, "forbidden", call[0], call[1], nil, w.support()...)
		}
	})
}

// version is what a call of /software answers, "" for 404.
func version(t *testing.T, c *portaltest.Client, query string) string {
	t.Helper()
	resp := c.Do("GET", "/api/v1/software?platform="+windows+query, nil)
	var v struct{ Version string }
	if err := json.Unmarshal(resp.Body, &v); err != nil || resp.Status != 200 && resp.Status != 404 {
		t.Fatalf("%d %s", resp.Status, resp.Body)
	}
	return v.Version
}

func TestNobodyIsLedToALowerVersion(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		for _, v := range []string{"1.9.0", "1.10.0", "1.10.0-rc.1"} {
			w.publish(t, c, w.draft(v, "file "+v, nil), "file "+v)
		}
		for query, want := range map[string]string{"": "1.10.0", "&version=1.9.0": "1.10.0", "&version=1.10.0-rc.1": "1.10.0", "&version=1.10.0": "", "&version=2.0.0": ""} {
			if got := version(t, c, query); got != want {
				t.Errorf("%q: got %q, want %q", query, got, want)
			}
		}
		c.Refused(422, "invalid", "GET", "/api/v1/software?platform="+windows+"&version=x", nil)
		path := releasesPath + "/" + windows + "/1.10.0"
		c.Refused(428, "precondition-required", "PATCH", path, object{"withdrawn": true}, w.publisher()...)
		c.Refused(412, "precondition-failed", "PATCH", path, object{"withdrawn": true}, w.publisher("If-Match", `"9"`)...)
		c.Expect(200, "PATCH", path, object{"withdrawn": true}, w.publisher("If-Match", "*")...)
		for query, want := range map[string]string{"": "1.10.0-rc.1", "&version=1.9.0": "1.10.0-rc.1", "&version=1.10.0": ""} {
			if got := version(t, c, query); got != want {
				t.Errorf("withdrawn, %q: got %q, want %q", query, got, want)
			}
		}
		c.Refused(404, "not-found", "GET", "/api/v1/software/"+windows+"/download?version=1.10.0", nil)
		c.Refused(409, "conflict", "DELETE", path, nil, w.publisher("If-Match", "*")...)
		c.Expect(200, "PATCH", path, object{"withdrawn": false}, w.publisher("If-Match", "*")...)
		if got := version(t, c, ""); got != "1.10.0" {
			t.Errorf("offered again: %s", got)
		}
	})
}

func TestReleaseIsRolledOut(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		w.publish(t, c, w.draft("1.0.0", "old", nil), "old")
		w.publish(t, c, with1(w.draft("1.1.0", "new", nil), "rollout", 30), "new")
		first := func() (ids []string) {
			for i := range 300 {
				if id := fmt.Sprint("asker-", i); version(t, c, "&id="+id) == "1.1.0" {
					ids = append(ids, id)
				}
			}
			return ids
		}
		early := first()
		if len(early) < 60 || len(early) > 120 {
			t.Errorf("%d of 300 got it", len(early))
		}
		if again := first(); !slices.Equal(early, again) {
			t.Error("others got it the second time")
		}
		if got := version(t, c, ""); got != "1.0.0" {
			t.Errorf("without an id: %s", got)
		}
		path := releasesPath + "/" + windows + "/1.1.0"
		c.Expect(200, "PATCH", path, object{"rollout": 60}, w.publisher("If-Match", "*")...)
		if more := first(); len(more) <= len(early) || slices.ContainsFunc(early, func(id string) bool { return !slices.Contains(more, id) }) {
			t.Errorf("%d, then %d", len(early), len(more))
		}
		c.Expect(200, "PATCH", path, object{"rollout": 0}, w.publisher("If-Match", "*")...)
		if none := first(); len(none) != 0 {
			t.Errorf("at 0: %d", len(none))
		}
		c.Expect(200, "PATCH", path, object{"rollout": 100}, w.publisher("If-Match", "*")...)
		if got := version(t, c, ""); got != "1.1.0" {
			t.Errorf("at 100: %s", got)
		}
	})
}

func TestReleaseExpiresAndIsSignedAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		w.publish(t, c, w.draft("1.0.0", "file", nil), "file")
		w.clock.Advance(90 * 24 * time.Hour)
		if got := version(t, c, ""); got != "" {
			t.Errorf("an expired release is offered: %s", got)
		}
		path := releasesPath + "/" + windows + "/1.0.0"
		later := w.draft("1.0.0", "file", nil)
		c.Refused(422, "invalid", "PATCH", path, object{"expiresAt": later["expiresAt"]}, w.publisher("If-Match", "*")...)
		c.Refused(422, "invalid", "PATCH", path, object{"expiresAt": w.clock.Now().Add(time.Hour), "signature": later["signature"]}, w.publisher("If-Match", "*")...)
		c.Expect(200, "PATCH", path, object{"expiresAt": later["expiresAt"], "signature": later["signature"]}, w.publisher("If-Match", "*")...)
		if got := version(t, c, ""); got != "1.0.0" {
			t.Errorf("got %q", got)
		}
	})
}

func TestReleaseIsGivenUp(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		path := releasesPath + "/" + windows
		c.Expect(201, "POST", releasesPath, w.draft("1.0.0", "file", nil), w.publisher()...)
		c.Refused(409, "conflict", "POST", releasesPath, w.draft("1.0.0", "another", nil), w.publisher()...)
		c.Refused(409, "conflict", "PATCH", path+"/1.0.0", object{"withdrawn": true}, w.publisher("If-Match", "*")...)
		c.Expect(204, "DELETE", path+"/1.0.0", nil, w.publisher("If-Match", "*")...)
		made := c.Expect(201, "POST", releasesPath, w.draft("1.0.0", "another", nil), w.publisher()...)
		send(t, made["upload"].(object), []byte("another"))
		if n, err := w.catalogue.Clean(t.Context()); n != 0 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		w.clock.Advance(24 * time.Hour)
		if n, err := w.catalogue.Clean(t.Context()); n != 1 || err != nil || len(w.files.keys(t)) != 0 {
			t.Errorf("%d, %v, %v", n, err, w.files.keys(t))
		}
		if got := c.Expect(200, "GET", releasesPath, nil, w.publisher()...); len(got["items"].([]any)) != 0 {
			t.Errorf("got %v", got)
		}
	})
}
