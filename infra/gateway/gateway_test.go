package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/coopnet/coopnet/infra/gateway"
)

func TestTheMostSpecificRouteWins(t *testing.T) {
	var routes []gateway.Route
	for _, key := range []string{
		"$default", "ANY /api/{proxy+}", "ANY /api/v1/things/{id}", "ANY /api/v1/things/list", "GET /api/v1/things/{id}", "ANY /api/v1/things", "ANY /api/v1/things/{id}/parts/{part}",
	} {
		r := gateway.Route{Key: key}
		if err := r.Validate(); err != nil {
			t.Error(err)
		}
		routes = append(routes, r)
	}
	for request, want := range map[string]string{
		"GET /":                        "$default",
		"GET /api":                     "$default",
		"GET /api/":                    "$default",
		"GET /api/v2/x":                "ANY /api/{proxy+}",
		"GET /api/v1/things/7":         "GET /api/v1/things/{id}",
		"PUT /api/v1/things/7":         "ANY /api/v1/things/{id}",
		"GET /api/v1/things/list":      "ANY /api/v1/things/list",
		"GET /api/v1/things":           "ANY /api/v1/things",
		"GET /api/v1/things/":          "ANY /api/{proxy+}",
		"GET /api/v1/things/7/parts/8": "ANY /api/v1/things/{id}/parts/{part}",
		"GET /api/v1/things/7/parts":   "ANY /api/{proxy+}",
	} {
		method, path, _ := strings.Cut(request, " ")
		got, parameters, ok := gateway.Match(routes, method, path)
		if !ok || got.Key != want {
			t.Errorf("%s: %q, want %q", request, got.Key, want)
		}
		if want == "ANY /api/v1/things/{id}/parts/{part}" && (parameters["id"] != "7" || parameters["part"] != "8") {
			t.Errorf("%s: %v", request, parameters)
		}
	}
	for _, key := range []string{"", "/api", "FETCH /x", "GET x", "ANY /a/{b+}/c"} {
		if err := (gateway.Route{Key: key}).Validate(); err == nil {
			t.Errorf("%q is taken for a route", key)
		}
	}
}

type function func(events.APIGatewayV2HTTPRequest) (string, error)

func (f function) Invoke(_ context.Context, payload []byte) ([]byte, error) {
	var event events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, err
	}
	answer, err := f(event)
	return []byte(answer), err
}

func TestEventsAndAnswers(t *testing.T) {
	var seen events.APIGatewayV2HTTPRequest
	answer, fault := "", error(nil)
	g, err := gateway.New(gateway.Config{Domain: "gateway.example", Routes: []gateway.Route{{"ANY /api/{proxy+}", "f"}}, Functions: map[string]gateway.Invoker{
		"f": function(func(e events.APIGatewayV2HTTPRequest) (string, error) { seen = e; return answer, fault }),
	}})
	if err != nil {
		t.Fatal(err)
	}
	do := func(method, path, body string, header http.Header) *http.Response {
		t.Helper()
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header = header
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		return w.Result()
	}
	answer = `{"statusCode":201,"headers":{"X-A":"1"},"cookies":["a=1","b=2"],"body":"aGk=","isBase64Encoded":true}`
	got := do(http.MethodPost, "/api/x%20y?q=1", "\xff", http.Header{"X-Two": {"1", "2"}, "Cookie": {"c=1; d=2"}, "Content-Type": {"application/json"}})
	body, _ := io.ReadAll(got.Body)
	if got.StatusCode != 201 || string(body) != "hi" || len(got.Cookies()) != 2 || got.Header.Get("X-A") != "1" {
		t.Errorf("%d %v %q", got.StatusCode, got.Header, body)
	}
	if seen.RawPath != "/api/x y" || seen.RawQueryString != "q=1" || seen.Headers["x-two"] != "1,2" || len(seen.Cookies) != 2 || !seen.IsBase64Encoded ||
		seen.Headers["cookie"] != "" || seen.RequestContext.HTTP.SourceIP != "192.0.2.1" || seen.PathParameters["proxy"] != "x y" || seen.Version != "2.0" {
		t.Errorf("%+v", seen)
	}
	for name, c := range map[string]struct {
		answer string
		err    error
		path   string
		want   int
	}{
		"the function failed": {"", errors.New("gone"), "/api/x", 500},
		"no format 2.0":       {`{"hello":1}`, nil, "/api/x", 500},
		"no JSON":             {`<`, nil, "/api/x", 500},
		"no route":            {`{"statusCode":200}`, nil, "/elsewhere", 404},
	} {
		answer, fault = c.answer, c.err
		if got := do(http.MethodGet, c.path, "", http.Header{}); got.StatusCode != c.want {
			t.Errorf("%s: %d", name, got.StatusCode)
		}
	}
	if _, err := gateway.New(gateway.Config{Routes: []gateway.Route{{"$default", "missing"}}}); err == nil {
		t.Error("a route to nowhere is accepted")
	}
}
