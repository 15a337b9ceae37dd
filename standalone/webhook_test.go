package standalone

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestRunTellsWebhooks: the end of a conference reaches a system on this machine, where the operator allows that.
func TestRunTellsWebhooks(t *testing.T) {
	type told struct {
		header http.Header
		body   string
	}
	got := make(chan told, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got <- told{r.Header, string(body)}
	}))
	defer receiver.Close()
	r, _, _ := startSystem(t, "--webhook-networks", "127.0.0.0/8")
	organizer := &visitor{t: t, api: r.API, key: r.OrganizerKey}
	var hook struct{ Secret string }
	organizer.call("POST", "/webhooks", map[string]any{"url": receiver.URL, "events": []string{"conference.ended"}}, &hook)
	var made struct{ ID string }
	organizer.call("POST", "/conferences", map[string]string{"name": "Team"}, &made)
	var ended any
	organizer.call("POST", "/conferences/"+made.ID+"/end", nil, &ended)
	select {
	case e := <-got:
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(hook.Secret, "whsec_"))
		if err != nil {
			t.Fatal(err)
		}
		m := hmac.New(sha256.New, key)
		fmt.Fprintf(m, "%s.%s.%s", e.header.Get("Webhook-Id"), e.header.Get("Webhook-Timestamp"), e.body)
		if want := "v1," + base64.StdEncoding.EncodeToString(m.Sum(nil)); e.header.Get("Webhook-Signature") != want || !strings.Contains(e.body, made.ID) {
			t.Errorf("got %v %s", e.header, e.body)
		}
	case <-time.After(10 * time.Second):
		t.Error("nothing came within 10 s")
	}
}
