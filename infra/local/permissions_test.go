package local_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/coopnet/coopnet/functions/portal/portaltest"
	"github.com/coopnet/coopnet/infra/template"
)

// rarely are permissions that only an interruption needs, a lost answer, or the end of weeks; infra/template finds the calls in
// the source.
func rarely() []string {
	return []string{"conference dynamodb:DeleteItem StaffTable", "diagnostics dynamodb:GetItem WebhookTable", "diagnostics dynamodb:DeleteItem DiagnosticsTable",
		"conference dynamodb:DeleteItem DocumentsTable", "conference dynamodb:BatchGetItem DocumentsTable"}
}

// TestEveryPermissionIsUsed: what the functions ask of AWS while they do all that they can do is what the template permits.
func TestEveryPermissionIsUsed(t *testing.T) {
	c := newCompany(t)
	auth := []string{"Authorization", "Bearer " + c.organizer}
	b := c.browser(t)
	got := receiver(t)
	b.expect(http.StatusCreated, http.MethodPost, "/api/v1/webhooks", map[string]any{"url": got.URL}, auth...)
	portaltest.Contract(t, portaltest.At(t, c.URL), c.subject)
	b.expect(http.StatusOK, http.MethodGet, "/api/v1/conferences?status=open", nil, auth...)
	desk := []string{"Authorization", "Bearer " + c.subject.Support}
	audit, _ := b.expect(http.StatusOK, http.MethodGet, "/api/v1/support/audit", nil, desk...).body["items"].([]any)
	if len(audit) == 0 {
		t.Fatal("the audit is empty")
	}
	b.expect(http.StatusOK, http.MethodGet, fmt.Sprint("/api/v1/support/audit?code=", audit[0].(map[string]any)["code"]), nil, desk...)
	c.obey(t, b)
	id := c.conference(t, "Board", "correct horse battery")
	invite := map[string]any{"kind": "guest", "email": "ada@example.com"}
	b.expect(http.StatusCreated, http.MethodPost, "/api/v1/conferences/"+id+"/invitations", invite, auth...)
	b.expect(http.StatusOK, http.MethodPut, "/api/v1/identity", map[string]any{"name": "Ada", "email": "ada@example.com"})
	erased, err := c.Erase(t.Context(), "Ada@example.com")
	if err != nil || fmt.Sprint(erased) != "[{identities 1} {invitations 1} {attendance 0} {documents 0} {reports 0}]" {
		t.Errorf("erased %v, %v", erased, err)
	}
	if err := c.Schedule(t.Context()); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"conference.ended", "participant.joined", "report.received"} {
		if !slices.Contains(got.types(), want) {
			t.Errorf("webhooks told of %v, not of %s", got.types(), want)
		}
	}
	c.commands(t, b)
	if refused := c.Guard.Refused(); len(refused) > 0 {
		t.Errorf("the template does not permit %v", refused)
	}
	stack, err := template.LoadStack("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range stack.Functions() {
		asked := c.Guard.Asked(f.Name)
		for _, g := range f.Grants() {
			isLocal := strings.HasPrefix(g, "dynamodb:") || strings.HasPrefix(g, "s3:") || strings.HasPrefix(g, "secretsmanager:") && len(asked) > 0
			if isLocal && !slices.Contains(asked, g) && !slices.Contains(rarely(), f.Name+" "+g) {
				t.Errorf("%s is permitted %s and has not needed it: %v", f.Name, g, asked)
			}
		}
	}
}

// obey does what the relay is told to do, and says so.
func (c *company) obey(t *testing.T, b *browser) {
	t.Helper()
	at, key := maps.Clone(c.subject.Announcement), []string{"Authorization", "Bearer " + c.subject.Relay}
	told, _ := b.expect(http.StatusOK, http.MethodPut, "/api/v1/relays/relay-7", at, key...).body["commands"].([]any)
	var done []any
	for _, command := range told {
		done = append(done, command.(map[string]any)["id"])
	}
	at["done"] = done
	left, _ := b.expect(http.StatusOK, http.MethodPut, "/api/v1/relays/relay-7", at, key...).body["commands"].([]any)
	if len(told) == 0 || len(left) != 0 {
		t.Errorf("told %v, and %v when that was done", told, left)
	}
}

// commands are the operator's.
func (c *company) commands(t *testing.T, b *browser) {
	t.Helper()
	var listed []struct{ ID, Role string }
	for _, command := range []struct {
		event  map[string]string
		answer any
	}{
		{map[string]string{"coopnet": "key rotate"}, new(any)}, {map[string]string{"coopnet": "key rotate"}, new(any)}, {map[string]string{"coopnet": "key list"}, &listed},
	} {
		if err := c.Command(t.Context(), "conference", command.event, command.answer); err != nil {
			t.Error(err)
		}
	}
	i := slices.IndexFunc(listed, func(k struct{ ID, Role string }) bool { return k.Role == "organizer" })
	if i < 0 {
		t.Fatalf("keys %v", listed)
	}
	if err := c.Command(t.Context(), "conference", map[string]string{"coopnet": "key revoke", "id": listed[i].ID}, new(any)); err != nil {
		t.Error(err)
	}
	b.expect(http.StatusUnauthorized, http.MethodGet, "/api/v1/conferences", nil, "Authorization", "Bearer "+c.organizer)
	for function, event := range map[string]map[string]string{
		"conference": {"coopnet": "nothing"}, "identity": {"coopnet": "erase"}, "installer": {"coopnet": "key create", "role": "organizer", "label": "x"},
	} {
		if err := c.Command(t.Context(), function, event, new(any)); err == nil {
			t.Errorf("%s does %v", function, event)
		}
	}
}

// hooks takes webhooks, and remembers the types of their events.
type hooks struct {
	*httptest.Server
	mu    sync.Mutex
	found []string
}

func receiver(t *testing.T) *hooks {
	t.Helper()
	h := &hooks{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var event struct{ Type string }
		if err := json.NewDecoder(r.Body).Decode(&event); err != nil || r.Header.Get("Webhook-Signature") == "" {
			t.Errorf("a webhook of %v: %v", r.Header, err)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.found = append(h.found, event.Type)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hooks) types() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.found)
}
