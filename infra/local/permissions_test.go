package local_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/coopnet/coopnet/infra/template"
)

// rarely are permissions that only cleaning up after an interruption needs; infra/template finds the calls in the source.
func rarely() []string {
	return []string{"conference dynamodb:DeleteItem StaffTable"}
}

// TestEveryPermissionIsUsed: what the functions ask of AWS while they do all that they can do is what the template permits.
func TestEveryPermissionIsUsed(t *testing.T) {
	w := newWorld(t, nil)
	auth := []string{"Authorization", "Bearer " + w.organizer}
	b := w.browser(t)
	id := w.conference(t, "Board", "correct horse battery")
	b.do(http.MethodPost, "/api/v1/admissions", map[string]any{"name": "Board", "password": "wrong horse battery"})
	b.do(http.MethodPost, "/api/v1/admissions", map[string]any{"name": "Board", "password": "correct horse battery"})
	for _, name := range []string{"Ada", "Grace"} {
		b.do(http.MethodPut, "/api/v1/identity", map[string]any{"name": name, "email": "ada@example.com"})
	}
	b.expect(http.StatusOK, http.MethodGet, "/api/v1/identity", nil)
	b.do(http.MethodPost, "/api/v1/join-tokens", map[string]any{"mode": "browser"})
	b.do(http.MethodDelete, "/api/v1/identity", nil)
	made := b.do(http.MethodPost, "/api/v1/conferences/"+id+"/invitations", map[string]any{"kind": "guest"}, auth...)
	b.do(http.MethodPost, "/api/v1/admissions", map[string]any{"invitation": made.body["code"]})
	invitation, _ := made.body["id"].(string)
	b.do(http.MethodDelete, "/api/v1/conferences/"+id+"/invitations/"+invitation, nil, append(auth, "If-Match", "*")...)
	b.do(http.MethodGet, "/api/v1/conferences", nil, auth...)
	b.do(http.MethodGet, "/api/v1/conferences?status=open", nil, auth...)
	b.do(http.MethodPost, "/api/v1/conferences/"+id+"/end", map[string]any{}, auth...)
	b.do(http.MethodGet, "/readyz", nil)
	var listed []struct{ ID string }
	for _, c := range []struct {
		event  map[string]string
		answer any
	}{
		{map[string]string{"coopnet": "key rotate"}, new(any)}, {map[string]string{"coopnet": "key rotate"}, new(any)}, {map[string]string{"coopnet": "key list"}, &listed},
	} {
		if err := w.Command(t.Context(), "conference", c.event, c.answer); err != nil {
			t.Error(err)
		}
	}
	if len(listed) != 1 {
		t.Fatalf("keys %v", listed)
	}
	if err := w.Command(t.Context(), "conference", map[string]string{"coopnet": "key revoke", "id": listed[0].ID}, new(any)); err != nil {
		t.Error(err)
	}
	b.expect(http.StatusUnauthorized, http.MethodGet, "/api/v1/conferences", nil, auth...)
	if err := w.Command(t.Context(), "conference", map[string]string{"coopnet": "nothing"}, new(any)); err == nil {
		t.Error("a command that is none")
	}
	if refused := w.Guard.Refused(); len(refused) > 0 {
		t.Errorf("the template does not permit %v", refused)
	}
	stack, err := template.LoadStack("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range stack.Functions() {
		asked := w.Guard.Asked(f.Name)
		for _, g := range f.Grants() {
			isLocal := strings.HasPrefix(g, "dynamodb:") || strings.HasPrefix(g, "secretsmanager:") && len(asked) > 0
			if isLocal && !slices.Contains(asked, g) && !slices.Contains(rarely(), f.Name+" "+g) {
				t.Errorf("%s is permitted %s and has not needed it: %v", f.Name, g, asked)
			}
		}
	}
}
