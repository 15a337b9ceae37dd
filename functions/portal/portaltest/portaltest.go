// Package portaltest runs a test of an HTTP handler twice: through a real net/http server, and through the Lambda
// adapter, which behaves differently in a dozen ways.
package portaltest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
	"github.com/awslabs/aws-lambda-go-api-proxy/httpadapter"
)

// Run builds a handler for each transport and runs test with a client of it.
func Run(t *testing.T, build func(t *testing.T) http.Handler, test func(t *testing.T, c *Client)) {
	t.Helper()
	t.Run("net/http", func(t *testing.T) {
		server := httptest.NewServer(build(t))
		t.Cleanup(server.Close)
		test(t, newClient(t, server.URL, server.Client().Transport))
	})
	t.Run("lambda", func(t *testing.T) {
		test(t, newClient(t, "https://gateway.example", lambda{httpadapter.NewV2(build(t))}))
	})
}

// At returns a client of a control plane that runs elsewhere.
func At(t *testing.T, url string) *Client { return newClient(t, url, http.DefaultTransport) }

// Client talks to the handler and keeps its cookies, as a browser does on a secure origin.
type Client struct {
	t       *testing.T
	base    string
	via     http.RoundTripper
	Cookies map[string]*http.Cookie
}

func newClient(t *testing.T, base string, via http.RoundTripper) *Client {
	return &Client{t: t, base: base, via: via, Cookies: make(map[string]*http.Cookie)}
}

// Fork returns another browser with the same cookies.
func (c *Client) Fork() *Client {
	f := newClient(c.t, c.base, c.via)
	maps.Copy(f.Cookies, c.Cookies)
	return f
}

// Response is an answer that was read to its end.
type Response struct {
	Status  int
	Header  http.Header
	Body    []byte
	Cookies []*http.Cookie
}

// Do sends a request. The body is nil, a string that is sent as it is, or a value that is sent as JSON. Headers come
// in pairs and replace the client's own.
func (c *Client) Do(method, path string, body any, headers ...string) Response {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, strings.NewReader(text(c.t, body)))
	if err != nil {
		c.t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, cookie := range c.Cookies {
		req.AddCookie(&http.Cookie{Name: cookie.Name, Value: cookie.Value})
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := c.via.RoundTrip(req)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, cookie := range resp.Cookies() {
		if cookie.MaxAge < 0 {
			delete(c.Cookies, cookie.Name)
		} else {
			c.Cookies[cookie.Name] = cookie
		}
	}
	return Response{Status: resp.StatusCode, Header: resp.Header, Body: got, Cookies: resp.Cookies()}
}

func text(t *testing.T, body any) string {
	switch b := body.(type) {
	case nil:
		return ""
	case string:
		return b
	}
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Expect is Do for an answer with that status; it returns the decoded body.
func (c *Client) Expect(status int, method, path string, body any, headers ...string) map[string]any {
	c.t.Helper()
	resp := c.Do(method, path, body, headers...)
	if resp.Status != status {
		c.t.Fatalf("%s %s: got %d %s, want %d", method, path, resp.Status, resp.Body, status)
	}
	if len(resp.Body) == 0 {
		return nil
	}
	var v map[string]any
	if err := json.Unmarshal(resp.Body, &v); err != nil {
		c.t.Fatalf("%s %s: %v in %q", method, path, err, resp.Body)
	}
	return v
}

// Refused is Do for a refusal with that status and code; it returns the answer.
func (c *Client) Refused(status int, code, method, path string, body any, headers ...string) Response {
	c.t.Helper()
	resp := c.Do(method, path, body, headers...)
	var p struct {
		Type, Code, RequestID string
		Status                int
	}
	if err := json.Unmarshal(resp.Body, &p); err != nil {
		c.t.Fatalf("%s %s: %d %q: %v", method, path, resp.Status, resp.Body, err)
	}
	if resp.Status != status || p.Status != status || p.Code != code || p.Type != "urn:coopnet:problem:"+code ||
		p.RequestID == "" || p.RequestID != resp.Header.Get("X-Request-Id") || resp.Header.Get("Content-Type") != "application/problem+json" {
		c.t.Fatalf("%s %s: got %d %v %s, want %d %s", method, path, resp.Status, resp.Header, resp.Body, status, code)
	}
	return resp
}

// lambda turns requests into the gateway's events (payload format 2.0) and answers back.
type lambda struct{ adapter *httpadapter.HandlerAdapterV2 }

// RoundTrip implements http.RoundTripper.
func (l lambda) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	event := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: "$default", RawPath: r.URL.EscapedPath(), RawQueryString: r.URL.RawQuery, Headers: make(map[string]string),
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			DomainName: r.URL.Host, Stage: "$default",
			HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{Method: r.Method, Path: r.URL.Path, SourceIP: "192.0.2.1", Protocol: "HTTP/1.1"},
		},
	}
	if event.IsBase64Encoded = !utf8.Valid(body); event.IsBase64Encoded {
		event.Body = base64.StdEncoding.EncodeToString(body)
	} else {
		event.Body = string(body)
	}
	for name, values := range r.Header {
		if name == "Cookie" {
			for _, v := range values {
				event.Cookies = append(event.Cookies, strings.Split(v, "; ")...)
			}
			continue
		}
		event.Headers[strings.ToLower(name)] = strings.Join(values, ",")
	}
	answer, err := l.adapter.ProxyWithContext(r.Context(), event)
	if err != nil {
		return nil, err
	}
	return response(r, answer)
}

func response(r *http.Request, answer events.APIGatewayV2HTTPResponse) (*http.Response, error) {
	body := []byte(answer.Body)
	if answer.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(answer.Body); err != nil {
			return nil, err
		}
	}
	header := make(http.Header)
	for name, value := range answer.Headers {
		header.Set(name, value)
	}
	for _, cookie := range answer.Cookies {
		header.Add("Set-Cookie", cookie)
	}
	return &http.Response{StatusCode: answer.StatusCode, Header: header, Body: io.NopCloser(bytes.NewReader(body)), Request: r}, nil
}
