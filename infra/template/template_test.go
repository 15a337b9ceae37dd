package template_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/coopnet/coopnet/functions/cloud"
	"github.com/coopnet/coopnet/functions/portal"
	"github.com/coopnet/coopnet/functions/store/dynamo"
	"github.com/coopnet/coopnet/infra/template"
)

func load(t *testing.T) *template.Stack {
	t.Helper()
	stack, err := template.LoadStack("../..")
	if err != nil {
		t.Fatal(err)
	}
	return stack
}

// expectations are what the code says.
func expectations(t *testing.T) template.Expectations {
	t.Helper()
	want := template.Expectations{Variables: cloud.Variables(), Routes: operations(t), Calls: calls()}
	for _, table := range dynamo.Schema() {
		w := template.Table{Domain: table.Domain, Hash: dynamo.HashKey, Range: dynamo.RangeKey, TTL: dynamo.TTL}
		for _, i := range table.Indexes {
			w.Indexes = append(w.Indexes, template.Index{Name: i.Name, Hash: i.Hash, Range: i.Range, Includes: i.Includes})
		}
		want.Tables = append(want.Tables, w)
	}
	return want
}

// calls are what each function asks of AWS, besides its log, its trace and its secrets.
func calls() map[string][]string {
	return map[string][]string{
		"conference": {
			"dynamodb:GetItem ConferenceTable", "dynamodb:PutItem ConferenceTable", "dynamodb:UpdateItem ConferenceTable",
			"dynamodb:DeleteItem ConferenceTable", "dynamodb:BatchGetItem ConferenceTable",
			"dynamodb:Query ConferenceTable/index/list", "dynamodb:Query ConferenceTable/index/person",
			"dynamodb:GetItem IdentityTable",
			"dynamodb:GetItem StaffTable", "dynamodb:PutItem StaffTable", "dynamodb:UpdateItem StaffTable", "dynamodb:DeleteItem StaffTable",
			"dynamodb:Query StaffTable",
			"dynamodb:GetItem RelayTable", "dynamodb:PutItem RelayTable", "dynamodb:DeleteItem RelayTable", "dynamodb:Query RelayTable",
			"dynamodb:Query RelayTable/index/person",
			"dynamodb:GetItem WebhookTable", "dynamodb:PutItem WebhookTable", "dynamodb:DeleteItem WebhookTable", "dynamodb:Query WebhookTable",
			"dynamodb:BatchGetItem WebhookTable", "dynamodb:Query WebhookTable/index/list",
			"dynamodb:GetItem InstallerTable", "dynamodb:Query InstallerTable",
			"dynamodb:GetItem DocumentsTable", "dynamodb:BatchGetItem DocumentsTable", "dynamodb:PutItem DocumentsTable", "dynamodb:DeleteItem DocumentsTable",
			"dynamodb:Query DocumentsTable", "dynamodb:Query DocumentsTable/index/person", "dynamodb:Query DocumentsTable/index/expiry",
			"s3:GetObject DocumentsBucket/documents/*", "s3:PutObject DocumentsBucket/documents/*", "s3:DeleteObject DocumentsBucket/documents/*",
			"s3:ListBucket DocumentsBucket",
			"dynamodb:GetItem DiagnosticsTable", "dynamodb:PutItem DiagnosticsTable",
		},
		"installer": {
			"dynamodb:GetItem InstallerTable", "dynamodb:PutItem InstallerTable", "dynamodb:DeleteItem InstallerTable", "dynamodb:Query InstallerTable",
			"dynamodb:GetItem StaffTable", "dynamodb:UpdateItem StaffTable",
			"s3:GetObject ReleasesBucket/software/*", "s3:PutObject ReleasesBucket/software/*", "s3:DeleteObject ReleasesBucket/software/*",
			"s3:ListBucket ReleasesBucket",
		},
		"diagnostics": {
			"dynamodb:GetItem DiagnosticsTable", "dynamodb:PutItem DiagnosticsTable", "dynamodb:UpdateItem DiagnosticsTable",
			"dynamodb:DeleteItem DiagnosticsTable", "dynamodb:Query DiagnosticsTable", "dynamodb:BatchGetItem DiagnosticsTable",
			"dynamodb:Query DiagnosticsTable/index/list", "dynamodb:Query DiagnosticsTable/index/person", "dynamodb:Query DiagnosticsTable/index/expiry",
			"dynamodb:GetItem StaffTable", "dynamodb:UpdateItem StaffTable",
			"dynamodb:GetItem WebhookTable", "dynamodb:PutItem WebhookTable", "dynamodb:Query WebhookTable", "dynamodb:Query WebhookTable/index/list",
			"s3:GetObject ReportsBucket/diagnostics/*", "s3:PutObject ReportsBucket/diagnostics/*", "s3:DeleteObject ReportsBucket/diagnostics/*",
			"s3:ListBucket ReportsBucket",
		},
		"identity": {
			"dynamodb:GetItem IdentityTable", "dynamodb:PutItem IdentityTable", "dynamodb:UpdateItem IdentityTable", "dynamodb:DeleteItem IdentityTable",
			"dynamodb:Query IdentityTable/index/person",
		},
	}
}

// operations are those of the API's description, with the function that answers each: the first element of its path says so.
func operations(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../functions/portal/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	routes := make(map[string]string)
	for path, methods := range document.Paths {
		function := "conference"
		switch first, rest, _ := strings.Cut(strings.TrimPrefix(path, "/api/v1/"), "/"); first {
		case "diagnostics":
			if !strings.HasPrefix(rest, "sessions") { // their tokens are signed where the others are
				function = first
			}
		case "identity", "installer":
			function = first
		case "software":
			function = "installer"
		case "support":
			function = "diagnostics"
		}
		for method := range methods {
			switch method = strings.ToUpper(method); method {
			case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE":
				routes[method+" "+path] = function
			}
		}
	}
	if len(routes) < 15 {
		t.Fatalf("%d operations", len(routes))
	}
	return routes
}

func TestTheTemplateIsRight(t *testing.T) {
	for _, f := range load(t).Check(expectations(t)) {
		t.Error(f)
	}
}

// TestPagesHaveTheHeadersOfTheStandaloneEdition: one policy, wherever the files lie.
func TestPagesHaveTheHeadersOfTheStandaloneEdition(t *testing.T) {
	handler, err := portal.New(portal.Config{PublicURL: "https://coopnet.example", Static: http.NotFoundHandler(), Connect: []string{
		"https://*.relay.example", "wss://*.relay.example", "https://reports.example", "https://documents.example",
	}})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	cfg := load(t).Main.At("Resources", "PageHeaders", "Properties", "ResponseHeadersPolicyConfig")
	security := cfg.At("SecurityHeadersConfig")
	have := map[string]string{
		"Content-Security-Policy": security.At("ContentSecurityPolicy", "ContentSecurityPolicy", "Fn::Sub").String(),
		"X-Frame-Options":         security.At("FrameOptions", "FrameOption").String(),
		"Referrer-Policy":         security.At("ReferrerPolicy", "ReferrerPolicy").String(),
	}
	if security.At("ContentTypeOptions", "Override").String() == "true" {
		have["X-Content-Type-Options"] = "nosniff"
	}
	if s := security.At("StrictTransportSecurity"); s.At("IncludeSubdomains").String() == "true" {
		have["Strict-Transport-Security"] = "max-age=" + s.At("AccessControlMaxAgeSec").String() + "; includeSubDomains"
	}
	for _, i := range cfg.At("CustomHeadersConfig", "Items").Items() {
		have[i.At("Header").String()] = i.At("Value").String()
	}
	for name := range w.Header() {
		switch name {
		case "X-Request-Id", "Content-Length", "Content-Type":
			continue
		}
		have[name] = strings.NewReplacer("${RelayDomain}", "relay.example", "${ReportsBucket.RegionalDomainName}", "reports.example",
			"${DocumentsBucket.RegionalDomainName}", "documents.example").Replace(have[name])
		if have[name] != w.Header().Get(name) {
			t.Errorf("%s: CloudFront sends %q, the portal %q", name, have[name], w.Header().Get(name))
		}
	}
}
