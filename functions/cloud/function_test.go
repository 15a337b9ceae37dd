package cloud_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/coopnet/coopnet/functions/cloud"
	"github.com/coopnet/coopnet/shared/problem"
)

func environment() map[string]string {
	return map[string]string{
		"COOPNET_PUBLIC_URL": "https://coopnet.example", "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key",
	}
}

// newFunction has one route, which says what it sees.
func newFunction(t *testing.T) (*cloud.Function, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	f, err := cloud.New(t.Context(), cloud.Options{
		Name: "subject", Version: "v1", Out: &log, Getenv: func(name string) string { return environment()[name] },
		Build: func(_ context.Context, env *cloud.Environment) (cloud.Parts, error) {
			mux := http.NewServeMux()
			mux.HandleFunc("GET /api/v1/seen/{what}", func(w http.ResponseWriter, r *http.Request) {
				deadline, _ := r.Context().Deadline()
				_ = problem.Answer(w, http.StatusOK, map[string]any{
					"client": env.Clients.Address(r).String(), "left": time.Until(deadline).Milliseconds(), "what": r.PathValue("what"),
				})
			})
			return cloud.Parts{API: []*http.ServeMux{mux}}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return f, &log
}

func request(path string, headers ...string) events.APIGatewayV2HTTPRequest {
	e := events.APIGatewayV2HTTPRequest{Version: "2.0", RawPath: path, Headers: map[string]string{}}
	for i := 0; i+1 < len(headers); i += 2 {
		e.Headers[headers[i]] = headers[i+1]
	}
	e.RequestContext.RequestID, e.RequestContext.DomainName = "JKJaXmPLvHcESHA=", "gateway.example"
	e.RequestContext.HTTP.Method, e.RequestContext.HTTP.SourceIP = http.MethodGet, "192.0.2.7"
	return e
}

func handle(t *testing.T, f *cloud.Function, e events.APIGatewayV2HTTPRequest) (status int, body map[string]any) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{AwsRequestID: "lambda-1"})
	//lint:ignore SA1029 the key of aws-lambda-go
	ctx = context.WithValue(ctx, "x-amzn-trace-id", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=x;Sampled=1")
	answer, err := f.Handle(ctx, e)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(answer.Body), &body); err != nil {
		t.Fatalf("%v in %q", err, answer.Body)
	}
	if answer.StatusCode >= 400 && (body["requestId"] == "" || body["requestId"] != answer.Headers["X-Request-Id"]) {
		t.Errorf("a refusal without its id: %v %v", answer.Headers, body)
	}
	return answer.StatusCode, body
}

func TestTheAddressAndTheDeadline(t *testing.T) {
	f, _ := newFunction(t)
	status, body := handle(t, f, request("/api/v1/seen/x", "x-forwarded-for", "203.0.113.9"))
	if left, _ := body["left"].(float64); status != http.StatusOK || body["client"] != "192.0.2.7" || left < 1000 || left > 1900 {
		t.Errorf("%d %v", status, body)
	}
	// The gateway decodes paths.
	for path, want := range map[string]int{"/api/v1/seen/a b": 200, "/api/v1/seen/é": 200, "/api/v1/seen/50%": 400, "/api/v1/seen/\x7f": 400} {
		if status, body := handle(t, f, request(path)); status != want {
			t.Errorf("%q: %d %v", path, status, body)
		}
	}
	broken := request("/api/v1/seen/x")
	broken.Body, broken.IsBase64Encoded = "%%%", true
	if status, body := handle(t, f, broken); status != http.StatusBadRequest || body["code"] != "malformed" {
		t.Errorf("a broken body: %d %v", status, body)
	}
}

// TestTracesAreOnlyWhatIsWellFormed: everything else could forge a line.
func TestTracesAreOnlyWhatIsWellFormed(t *testing.T) {
	f, log := newFunction(t)
	const good = "0af7651916cd43dd8448eb211c80319c"
	for header, want := range map[string]bool{
		"00-" + good + "-b7ad6b7169203331-01":                     true,
		"00-00000000000000000000000000000000-b7ad6b7169203331-01": false,
		"00-" + good + "-0000000000000000-01":                     false,
		"ff-" + good + "-b7ad6b7169203331-01":                     false,
		"00-" + strings.ToUpper(good) + "-b7ad6b7169203331-01":    false,
		"00-" + good + "-b7ad6b7169203331-01\n{}":                 false,
		"": false,
	} {
		log.Reset()
		handle(t, f, request("/api/v1/seen/x", "traceparent", header))
		for line := range strings.Lines(log.String()) {
			var said map[string]any
			if err := json.Unmarshal([]byte(line), &said); err != nil {
				t.Fatalf("%v in %q", err, line)
			}
			if said["lambdaRequestId"] != "lambda-1" || said["gatewayRequestId"] != "JKJaXmPLvHcESHA=" || said["traceId"] != "1-5759e988-bd862e3fe1be46a994272793" {
				t.Errorf("ids are missing in %s", line)
			}
			if (said["callerTraceId"] == good) != want || !want && said["callerTraceId"] != nil {
				t.Errorf("%q: %s", header, line)
			}
		}
	}
}

// TestMetricsAreInEmbeddedFormat: as CloudWatch's specification of it says.
func TestMetricsAreInEmbeddedFormat(t *testing.T) {
	f, log := newFunction(t)
	handle(t, f, request("/api/v1/seen/x"))
	handle(t, f, request("/api/v1/nothing"))
	var found []map[string]any
	for line := range strings.Lines(log.String()) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		if m["_aws"] != nil {
			found = append(found, m)
		}
	}
	if len(found) != 2 || found[0]["ColdStarts"] != 1.0 || found[1]["ColdStarts"] != 0.0 || found[1]["Code"] != "not-found" || found[1]["Refusals"] != 1.0 {
		t.Fatalf("%v", found)
	}
	for _, m := range found {
		aws := m["_aws"].(map[string]any)
		if stamp, _ := aws["Timestamp"].(float64); time.Since(time.UnixMilli(int64(stamp))) > time.Minute {
			t.Errorf("timestamp %v", aws["Timestamp"])
		}
		for _, d := range aws["CloudWatchMetrics"].([]any) {
			directive := d.(map[string]any)
			for _, set := range directive["Dimensions"].([]any) {
				for _, name := range set.([]any) {
					if _, isText := m[name.(string)].(string); !isText {
						t.Errorf("dimension %v has no value", name)
					}
				}
			}
			for _, metric := range directive["Metrics"].([]any) {
				if _, isNumber := m[metric.(map[string]any)["Name"].(string)].(float64); !isNumber {
					t.Errorf("metric %v has no value", metric)
				}
			}
		}
	}
}

func TestConfigSaysWhatIsWrong(t *testing.T) {
	for change, want := range map[[2]string]string{
		{"COOPNET_PUBLIC_URL", ""}:                   "COOPNET_PUBLIC_URL must be an origin",
		{"COOPNET_PUBLIC_URL", "https://x.example/"}: "COOPNET_PUBLIC_URL must be an origin",
		{"COOPNET_LOG_LEVEL", "loud"}:                "COOPNET_LOG_LEVEL must be",
		{"AWS_REGION", ""}:                           "AWS_REGION is missing",
		{"AWS_ACCESS_KEY_ID", ""}:                    "the function has no role",
		{"AWS_ENDPOINT_URL_DYNAMODB", "localhost"}:   "AWS_ENDPOINT_URL_DYNAMODB must be a URL",
	} {
		env := environment()
		env[change[0]] = change[1]
		if _, err := cloud.LoadConfig(func(name string) string { return env[name] }); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", change, err)
		}
	}
	if _, err := cloud.LoadConfig(func(name string) string { return environment()[name] }); err != nil {
		t.Error(err)
	}
	seen := make(map[string]bool)
	for _, name := range cloud.Variables() {
		if name == "" || seen[name] {
			t.Errorf("variable %q", name)
		}
		seen[name] = true
	}
	for name := range maps.Keys(environment()) {
		if !seen[name] {
			t.Errorf("%s is not listed", name)
		}
	}
}

// TestWhatCannotStartIsLogged: as one line of JSON, without what a secret is.
func TestWhatCannotStartIsLogged(t *testing.T) {
	var log bytes.Buffer
	_, err := cloud.New(t.Context(), cloud.Options{
		Name: "subject", Out: &log, Getenv: func(name string) string { return environment()[name] },
		Build: func(context.Context, *cloud.Environment) (cloud.Parts, error) {
			return cloud.Parts{}, errors.New("no table")
		},
	})
	var line map[string]any
	if err == nil || json.Unmarshal(log.Bytes(), &line) != nil || line["error"] != "no table" || line["level"] != "ERROR" {
		t.Errorf("%v, %s", err, &log)
	}
}
