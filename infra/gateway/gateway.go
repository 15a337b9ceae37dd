// Package gateway is API Gateway's HTTP API on this machine: it routes as the template says, and speaks payload format 2.0
// with the functions.
package gateway

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
)

// Invoker runs a function.
type Invoker interface {
	// Invoke returns what the function answers; an error is a fault of the function.
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// Config is what a Gateway needs.
type Config struct {
	Routes    []Route
	Functions map[string]Invoker // by the names in Routes
	Domain    string             // requestContext.domainName
	Logger    *slog.Logger       // nil discards
}

// Gateway is the HTTP API.
type Gateway struct {
	cfg      Config
	requests atomic.Int64
}

// maxBody is API Gateway's limit, maxHeaders its limit on all header lines together.
const (
	maxBody    = 10 << 20
	maxHeaders = 10240
)

// New checks that every route leads to a function.
func New(cfg Config) (*Gateway, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	var wrong []error
	for _, r := range cfg.Routes {
		if cfg.Functions[r.Function] == nil {
			wrong = append(wrong, fmt.Errorf("gateway: route %s leads to the function %q, which is not there", r.Key, r.Function))
		}
	}
	return &Gateway{cfg: cfg}, errors.Join(wrong...)
}

// ServeHTTP implements http.Handler.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	route, parameters, ok := Match(g.cfg.Routes, r.Method, r.URL.Path)
	if !ok {
		say(w, http.StatusNotFound, "Not Found")
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return // the client is gone
	}
	if len(body) > maxBody {
		say(w, http.StatusRequestEntityTooLarge, "Request Entity Too Large")
		return
	}
	if headerSize(r.Header) > maxHeaders {
		say(w, http.StatusRequestHeaderFieldsTooLarge, "Request Header Fields Too Large")
		return
	}
	event := g.event(r, route, parameters, body)
	payload, err := json.Marshal(event)
	if err != nil {
		say(w, http.StatusInternalServerError, "Internal Server Error")
		return
	}
	answer, err := g.cfg.Functions[route.Function].Invoke(r.Context(), payload)
	if err != nil {
		g.cfg.Logger.Error("integration", "route", route.Key, "function", route.Function, "error", err)
		say(w, http.StatusInternalServerError, "Internal Server Error")
		return
	}
	g.respond(w, r, answer)
}

// say is how the gateway itself answers.
func say(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"message":%q}`, message)
}

func headerSize(h http.Header) int {
	size := 0
	for name, values := range h {
		for _, v := range values {
			size += len(name) + len(v) + 4
		}
	}
	return size
}

// event is payload format 2.0: header names in lower case, several values joined by a comma, cookies apart.
func (g *Gateway) event(r *http.Request, route Route, parameters map[string]string, body []byte) events.APIGatewayV2HTTPRequest {
	now := time.Now().UTC()
	peer, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		peer = r.RemoteAddr
	}
	event := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: route.Key, RawPath: r.URL.Path, RawQueryString: r.URL.RawQuery,
		Headers: make(map[string]string), PathParameters: parameters,
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			RouteKey: route.Key, AccountID: "000000000000", Stage: "$default", RequestID: "request-" + strconv.FormatInt(g.requests.Add(1), 10) + "=",
			APIID: "local", DomainName: g.cfg.Domain, DomainPrefix: "local", Time: now.Format("02/Jan/2006:15:04:05 -0700"), TimeEpoch: now.UnixMilli(),
			HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{
				Method: r.Method, Path: r.URL.Path, Protocol: r.Proto, SourceIP: peer, UserAgent: r.UserAgent(),
			},
		},
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
	forwarded := append(slices.Clone(r.Header.Values("X-Forwarded-For")), peer)
	event.Headers["x-forwarded-for"] = strings.Join(forwarded, ", ")
	event.Headers["x-forwarded-proto"], event.Headers["host"] = "https", g.cfg.Domain
	event.Headers["content-length"] = strconv.Itoa(len(body))
	if len(body) == 0 {
		return event
	}
	if isText(r.Header.Get("Content-Type")) && utf8.Valid(body) {
		event.Body = string(body)
	} else {
		event.Body, event.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	return event
}

// isText are the types whose bodies the gateway passes on as they are.
func isText(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	return strings.HasPrefix(kind, "text/") || kind == "application/json" || kind == "application/xml" || kind == "application/javascript"
}

// respond sends what the function answered. Something that is not format 2.0 is an internal error of the gateway.
func (g *Gateway) respond(w http.ResponseWriter, r *http.Request, payload []byte) {
	var answer events.APIGatewayV2HTTPResponse
	if err := json.Unmarshal(payload, &answer); err != nil || answer.StatusCode < 100 || answer.StatusCode > 599 {
		g.cfg.Logger.Error("the function's answer is not in payload format 2.0", "answer", len(payload))
		say(w, http.StatusInternalServerError, "Internal Server Error")
		return
	}
	body := []byte(answer.Body)
	if answer.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(answer.Body); err != nil {
			say(w, http.StatusInternalServerError, "Internal Server Error")
			return
		}
	}
	h := w.Header()
	for name, values := range answer.MultiValueHeaders {
		for _, v := range values {
			h.Add(name, v)
		}
	}
	for name, value := range answer.Headers {
		h.Set(name, value)
	}
	for _, cookie := range answer.Cookies {
		h.Add("Set-Cookie", cookie)
	}
	h.Set("Apigw-Requestid", "local")
	if r.Method != http.MethodHead {
		h.Del("Content-Length") // the gateway counts itself
	}
	w.WriteHeader(answer.StatusCode)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client has gone: nothing left to tell it
	}
}
