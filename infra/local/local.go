// Package local is the cloud edition on this machine: the functions' real programs behind the Runtime API, routed, named
// and permitted as template.yaml says, on a DynamoDB endpoint, with CloudFront's part played before them. No account and no
// network is needed. It is for tests and for trying things out; it keeps nothing.
package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/coopnet/coopnet/infra/gateway"
	"github.com/coopnet/coopnet/infra/runtimeapi"
	"github.com/coopnet/coopnet/infra/template"
)

const loopback = "127.0.0.0/8,::1/128"

// Config is what an Edition needs.
type Config struct {
	Folder    string            // with template.yaml
	Programs  string            // folder with NAME/bootstrap for each function, built for this machine
	Listener  net.Listener      // of the portal and the API
	PublicURL string            // that browsers see; "" is http:// and the listener's address
	DynamoDB  string            // URL of an endpoint that keeps nothing
	S3        string            // URL of an endpoint that knows each function as a user; "": there are no buckets
	Static    fs.FS             // the portal's files; nil: none
	Brand     map[string][]byte // what takes the place of some of them, as `coopnet brand` writes it
	Variables map[string]string // for every function, on top of the template's
	Secrets   map[string]string // of the template, by resource; others are made
	Output    io.Writer         // what the functions write
	Logger    *slog.Logger
}

// Edition is a running one.
type Edition struct {
	URL   string
	Guard *Guard // what the functions asked of AWS

	functions map[string]*runtimeapi.Function
	servers   []*http.Server
	secrets   *secrets
	front     *front
	schedules *schedules
}

// Start starts everything; the functions themselves start with their first invocation.
func Start(ctx context.Context, cfg Config) (e *Edition, err error) {
	stack, err := template.LoadStack(cfg.Folder)
	if err != nil {
		return nil, err
	}
	e = &Edition{URL: cfg.PublicURL, functions: make(map[string]*runtimeapi.Function), secrets: newSecrets(cfg.Secrets)}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.Close())
		}
	}()
	if e.URL == "" {
		e.URL = "http://" + cfg.Listener.Addr().String()
	}
	names := newNames(stack, e.secrets)
	if err := createTables(ctx, cfg.DynamoDB, names); err != nil {
		return nil, err
	}
	if err := createBuckets(ctx, cfg.S3, e.URL, names); err != nil {
		return nil, err
	}
	if e.Guard, err = newGuard(stack, names, cfg, e.secrets); err != nil {
		return nil, err
	}
	aws, err := e.listen(ctx, e.Guard)
	if err != nil {
		return nil, err
	}
	if err := e.startFunctions(cfg, stack, names, aws); err != nil {
		return nil, err
	}
	invokers := make(map[string]gateway.Invoker)
	for name, f := range e.functions {
		invokers[name] = f
	}
	api, err := gateway.New(gateway.Config{Routes: stack.Routes(), Functions: invokers, Domain: "gateway.local", Logger: cfg.Logger})
	if err != nil {
		return nil, err
	}
	if e.front, err = newFront(stack, cfg.Static, cfg.Brand, api, e.secrets.value("EdgeSecret"), aws); err != nil {
		return nil, err
	}
	e.serve(cfg.Listener, e.front)
	e.schedules, err = startSchedules(stack, e.functions, cfg.Logger)
	return e, err
}

// Connect lets pages connect to a relay.
func (e *Edition) Connect(relay string) {
	e.front.connect(relay, "ws"+strings.TrimPrefix(relay, "http"))
}

// Heard is closed once a relay has announced itself.
func (e *Edition) Heard() <-chan struct{} { return e.front.heard }

// Schedule asks at once for everything that the template's schedules ask for.
func (e *Edition) Schedule(ctx context.Context) error { return e.schedules.all(ctx) }

func (e *Edition) startFunctions(cfg Config, stack *template.Stack, names *names, aws string) error {
	for _, f := range stack.Functions() {
		environment, err := names.environment(f)
		if err != nil {
			return err
		}
		environment["COOPNET_PUBLIC_URL"] = e.URL
		// Relays and receivers of webhooks are on this machine.
		environment["COOPNET_RELAY_NETWORKS"], environment["COOPNET_WEBHOOK_NETWORKS"] = loopback, loopback
		environment["AWS_REGION"], environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"] = region, f.Name, password
		for _, service := range []string{"DYNAMODB", "S3", "SECRETS_MANAGER"} {
			environment["AWS_ENDPOINT_URL_"+service] = aws
		}
		for name, value := range cfg.Variables {
			environment[name] = value
		}
		timeout, err := time.ParseDuration(stack.Setting(f, "Timeout") + "s")
		if err != nil {
			return fmt.Errorf("timeout of %s: %w", f.Name, err)
		}
		e.functions[f.Name], err = runtimeapi.New(runtimeapi.Config{
			Name: f.Name, Bootstrap: filepath.Join(cfg.Programs, f.Name, "bootstrap"), Environment: environment, Timeout: timeout,
			Freeze: true, Output: cfg.Output, Logger: cfg.Logger,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Function is one of the template's, or nil.
func (e *Edition) Function(name string) *runtimeapi.Function { return e.functions[name] }

// Secret is the value of a secret of the template.
func (e *Edition) Secret(resource string) string { return e.secrets.value(resource) }

// Command invokes a function as its operator does.
func (e *Edition) Command(ctx context.Context, function string, event map[string]string, answer any) error {
	f := e.functions[function]
	if f == nil {
		return fmt.Errorf("there is no function %q", function)
	}
	payload, err := json.Marshal(event)
	if err != nil {
		return fmt.Errorf("render the command: %w", err)
	}
	response, err := f.Invoke(ctx, payload)
	if err != nil {
		return fmt.Errorf("%s: %w", event["coopnet"], err)
	}
	return json.Unmarshal(response, answer)
}

// Key makes a staff key. The label of a relay's is the relay's id.
func (e *Edition) Key(ctx context.Context, role, label string) (string, error) {
	var made struct{ Key string }
	err := e.Command(ctx, "conference", map[string]string{"coopnet": "key create", "role": role, "label": label}, &made)
	return made.Key, err
}

// Removed says how much of a kind of data was removed.
type Removed struct {
	What   string `json:"what"`
	Number int    `json:"number"`
}

// Erase removes a person's data, in the order of the standalone edition.
func (e *Edition) Erase(ctx context.Context, email string) (all []Removed, err error) {
	for _, function := range []string{"identity", "conference", "diagnostics"} {
		var removed []Removed
		if err := e.Command(ctx, function, map[string]string{"coopnet": "erase", "email": email}, &removed); err != nil {
			return all, err
		}
		all = append(all, removed...)
	}
	return all, nil
}

// listen serves on a free port of the loopback, and returns its URL.
func (e *Edition) listen(ctx context.Context, handler http.Handler) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("listen: %w", err)
	}
	e.serve(l, handler)
	return "http://" + l.Addr().String(), nil
}

func (e *Edition) serve(l net.Listener, handler http.Handler) {
	s := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	e.servers = append(e.servers, s)
	go func() { _ = s.Serve(l) }() // ends with Close
}

// Close ends the functions and stops serving.
func (e *Edition) Close() error {
	var wrong []error
	if e.schedules != nil {
		e.schedules.cancel()
	}
	for _, s := range e.servers {
		wrong = append(wrong, s.Close())
	}
	for _, f := range e.functions {
		wrong = append(wrong, f.Close())
	}
	if e.schedules != nil {
		e.schedules.running.Wait()
	}
	return errors.Join(wrong...)
}

// names turns what the template refers to into names on this machine.
type names struct {
	stack   *template.Stack
	secrets *secrets
}

func newNames(stack *template.Stack, s *secrets) *names { return &names{stack, s} }

// name is a resource's: tables and buckets by their domain, secrets by an ARN.
func (n *names) name(resource string) (string, error) {
	switch kind := n.stack.Main.At("Resources", resource, "Type").String(); kind {
	case "AWS::DynamoDB::Table":
		return "coopnet-" + strings.ToLower(strings.TrimSuffix(resource, "Table")), nil
	case "AWS::S3::Bucket":
		return "coopnet-" + strings.ToLower(strings.TrimSuffix(resource, "Bucket")), nil
	case "AWS::SecretsManager::Secret":
		return n.secrets.arn(resource), nil
	default:
		return "", fmt.Errorf("%q (%s) has no name on this machine", resource, kind)
	}
}

// environment is what the template gives the function. A parameter that has a default gives that.
func (n *names) environment(f template.Function) (map[string]string, error) {
	environment := make(map[string]string)
	for name, v := range f.Environment {
		reference := v.Ref()
		parameter := n.stack.Main.At("Parameters", reference)
		switch {
		case reference == "":
			environment[name] = v.String()
		case parameter != nil:
			environment[name] = parameter.At("Default").String()
		default:
			var err error
			if environment[name], err = n.name(reference); err != nil {
				return nil, fmt.Errorf("%s of %s: %w", name, f.Name, err)
			}
		}
	}
	return environment, nil
}
