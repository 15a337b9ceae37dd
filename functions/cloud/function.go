// Package cloud is what the four Lambda functions share: their configuration from the environment, clients of AWS, logs,
// metrics, and the way from an event of API Gateway to the portal's handler and back.
//
// A function's main says which domain it serves; everything else is here. See Start.
package cloud

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/awslabs/aws-lambda-go-api-proxy/httpadapter"

	"github.com/coopnet/coopnet/functions/portal"
	"github.com/coopnet/coopnet/shared/problem"
)

// Build wires the domain of one function.
type Build func(ctx context.Context, env *Environment) (Parts, error)

// Parts are what a function is made of.
type Parts struct {
	API      []*http.ServeMux
	Ready    func(ctx context.Context) error
	Commands map[string]Command
}

// Command is something that the operator or the schedule asks for by invoking the function directly, with an event
// {"coopnet": NAME, ...}. No client can: what comes from the gateway is an event of another form, whatever the request is.
type Command func(ctx context.Context, event json.RawMessage) (any, error)

const (
	// margin is how long before Lambda's own deadline the stores give up: the refusal must still get out.
	margin = 500 * time.Millisecond
	// requestTime is the longest that a request takes, whatever the function's timeout: commands may need more.
	requestTime = 9500 * time.Millisecond
	// initTime bounds what happens before the first request; Lambda's own limit is 10 s.
	initTime = 8 * time.Second
)

// Start serves one function until Lambda ends the process. What goes wrong at the beginning is told to Lambda.
func Start(name, version string, build Build) {
	log.SetOutput(io.Discard) // the adapter would log query strings
	ctx, cancel := context.WithTimeout(context.Background(), initTime)
	f, err := New(ctx, Options{Name: name, Version: version, Build: build, Getenv: os.Getenv, Out: os.Stdout})
	cancel()
	if err != nil {
		reportInit(os.Getenv("AWS_LAMBDA_RUNTIME_API"), err)
		os.Exit(1)
	}
	lambda.Start(f.Invoke)
}

// Options is what a Function needs.
type Options struct {
	Name    string
	Version string
	Build   Build
	Getenv  func(string) string
	Out     io.Writer        // logs and metrics
	Now     func() time.Time // nil is time.Now
}

// Function answers events of API Gateway.
type Function struct {
	adapter  *httpadapter.HandlerAdapterV2
	commands map[string]Command
	edge     edge
	metrics  *metrics
	logger   *slog.Logger
	now      func() time.Time
}

// New wires a function, and logs why it cannot.
func New(ctx context.Context, o Options) (*Function, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	cfg, err := LoadConfig(o.Getenv)
	level, levelErr := cfg.level()
	if levelErr != nil {
		level = slog.LevelInfo
	}
	out := &lines{out: o.Out}
	logger := slog.New(tracing{slog.NewJSONHandler(out, &slog.HandlerOptions{Level: level})}).With("function", o.Name, "version", o.Version)
	f := &Function{metrics: newMetrics(o.Name, out, o.Now), logger: logger, now: o.Now}
	if err == nil {
		err = f.wire(ctx, cfg, o.Build)
	}
	if err != nil {
		logger.Error("the function cannot start", "error", err)
		return nil, fmt.Errorf("start function %s: %w", o.Name, err)
	}
	return f, nil
}

func (f *Function) wire(ctx context.Context, cfg Config, build Build) error {
	env, err := newEnvironment(ctx, cfg, f.logger)
	if err != nil {
		return err
	}
	parts, err := build(ctx, env)
	if err != nil {
		return err
	}
	handler, err := portal.New(portal.Config{
		API: parts.API, Ready: parts.Ready, PublicURL: cfg.PublicURL, Now: f.now, Logger: f.logger, Observe: f.metrics.observe,
	})
	if err != nil {
		return err
	}
	f.commands, f.edge, f.adapter = parts.Commands, edge{env.edgeSecret}, httpadapter.NewV2(handler)
	return nil
}

// Invoke runs one invocation: a request from the gateway, or a command.
func (f *Function) Invoke(ctx context.Context, payload json.RawMessage) (any, error) {
	var called struct{ Coopnet string }
	if err := json.Unmarshal(payload, &called); err != nil {
		return nil, fmt.Errorf("read the event: %w", err)
	}
	if called.Coopnet == "" {
		var event events.APIGatewayV2HTTPRequest
		if err := json.Unmarshal(payload, &event); err != nil {
			return nil, fmt.Errorf("read the event: %w", err)
		}
		return f.Handle(ctx, event)
	}
	command, ok := f.commands[called.Coopnet]
	if !ok {
		return nil, fmt.Errorf("there is no command %q", called.Coopnet)
	}
	ctx = withTrace(ctx, newTrace(ctx, events.APIGatewayV2HTTPRequest{}))
	answer, err := command(ctx, payload)
	if err != nil {
		f.logger.ErrorContext(ctx, "the command failed", "command", called.Coopnet, "error", err)
		return nil, err
	}
	f.logger.InfoContext(ctx, "command", "command", called.Coopnet)
	return answer, nil
}

// Handle answers one event. It always answers: an error would be told to the client as the gateway's own.
func (f *Function) Handle(ctx context.Context, event events.APIGatewayV2HTTPRequest) (answer events.APIGatewayV2HTTPResponse, err error) {
	start := f.now()
	ctx = withTrace(ctx, newTrace(ctx, event))
	limit := start.Add(requestTime)
	if deadline, ok := ctx.Deadline(); ok && deadline.Add(-margin).Before(limit) {
		limit = deadline.Add(-margin)
	}
	ctx, cancel := context.WithDeadline(ctx, limit)
	defer cancel()
	defer func() { // the portal has a net of its own; this one is for what lies between it and Lambda
		if v := recover(); v != nil {
			f.logger.ErrorContext(ctx, "panic", "panic", v, "stack", string(debug.Stack()))
			answer, err = f.refuse(ctx, start, problem.New(problem.Internal, ""), true), nil
		}
	}()
	if err := f.edge.admit(&event); err != nil {
		return f.refuse(ctx, start, err, false), nil
	}
	if err := readable(event); err != nil {
		return f.refuse(ctx, start, err, false), nil
	}
	if answer, err = f.adapter.ProxyWithContext(ctx, event); err != nil {
		f.logger.ErrorContext(ctx, "the adapter gave up")
		return f.refuse(ctx, start, problem.New(problem.Internal, ""), false), nil
	}
	return answer, nil
}

// refuse answers without the portal, in its form.
func (f *Function) refuse(ctx context.Context, start time.Time, err error, panicked bool) events.APIGatewayV2HTTPResponse {
	t, _ := ctx.Value(traceKey{}).(trace)
	w := &refusal{header: http.Header{}}
	problem.Write(w, t.invocation, err)
	code := string(problem.From(err).Code)
	f.logger.InfoContext(ctx, "request", "requestId", t.invocation, "route", "none", "status", w.status, "code", code)
	f.metrics.observe(ctx, portal.Observation{Route: "none", Status: w.status, Code: code, Duration: f.now().Sub(start), Panicked: panicked})
	headers := map[string]string{"X-Request-Id": t.invocation}
	for name := range w.header {
		headers[name] = w.header.Get(name)
	}
	return events.APIGatewayV2HTTPResponse{StatusCode: w.status, Headers: headers, Body: w.body.String()}
}

// refusal collects what problem.Write says.
type refusal struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (r *refusal) Header() http.Header { return r.header }

// WriteHeader implements http.ResponseWriter.
func (r *refusal) WriteHeader(status int) { r.status = status }

// Write implements http.ResponseWriter.
func (r *refusal) Write(b []byte) (int, error) { return r.body.Write(b) }

// readable refuses what the adapter cannot turn into a request: it would answer 504, and print the query.
func readable(event events.APIGatewayV2HTTPRequest) error {
	malformed := problem.New(problem.Malformed, "The request cannot be read.")
	if event.IsBase64Encoded {
		if _, err := base64.StdEncoding.DecodeString(event.Body); err != nil {
			return malformed
		}
	}
	url := "https://" + event.RequestContext.DomainName + event.RawPath + "?" + event.RawQueryString
	if _, err := http.NewRequest(event.RequestContext.HTTP.Method, url, nil); err != nil {
		return malformed
	}
	return nil
}

// reportInit tells Lambda why the function cannot start: the operator finds it as the invocation's error, and Lambda does
// not wait for a first call of next that will not come.
func reportInit(runtimeAPI string, cause error) {
	body, err := json.Marshal(map[string]string{"errorMessage": cause.Error(), "errorType": "Function.Init"})
	if err != nil || runtimeAPI == "" {
		return
	}
	client := &http.Client{Timeout: time.Second}
	request, err := http.NewRequest(http.MethodPost, "http://"+runtimeAPI+"/2018-06-01/runtime/init/error", bytes.NewReader(body))
	if err != nil {
		return
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Lambda-Runtime-Function-Error-Type", "Function.Init")
	if answer, err := client.Do(request); err == nil {
		_ = answer.Body.Close() // the process ends in any case
	}
}
