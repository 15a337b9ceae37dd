// Package runtimeapi runs Lambda functions on this machine: it starts their real bootstrap programs and speaks the
// documented Lambda Runtime API with them, over HTTP on loopback.
//
// Each execution environment is a process with a Runtime API of its own, as in Lambda. It takes one invocation at a time;
// another one that comes meanwhile starts another process, until MaxEnvironments are there. Between invocations a process
// is frozen. What ends in the middle of an invocation, or takes too long, is killed, and the caller gets an Error.
package runtimeapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"sync"
	"time"
)

// Config is what a Function needs.
type Config struct {
	Name            string
	Bootstrap       string            // the program
	Environment     map[string]string // on top of what Lambda sets
	Timeout         time.Duration     // of one invocation; 0 is Lambda's default, 3 s
	InitTimeout     time.Duration     // until the first call of next; 0 is Lambda's, 10 s
	MemoryMB        int               // only told to the function
	MaxEnvironments int               // 0 is 10
	Freeze          bool              // stop the process between invocations, as Lambda does
	Output          io.Writer         // what the function writes; nil discards
	Logger          *slog.Logger      // what happens to environments; nil discards
}

// Kind says what went wrong with an invocation, in Lambda's words.
type Kind string

// The kinds.
const (
	Throttled Kind = "TooManyRequestsException" // all environments are busy
	InitError Kind = "Runtime.InitError"        // the function could not start
	ExitError Kind = "Runtime.ExitError"        // the process ended in the middle
	TimedOut  Kind = "Sandbox.Timedout"         // the invocation took too long
	Failed    Kind = "Function.Error"           // the function called error
)

// Error is why there is no response.
type Error struct {
	Kind   Kind
	Detail string // what the function said
}

// Error implements error.
func (e *Error) Error() string { return string(e.Kind) + ": " + e.Detail }

// Is lets errors.Is compare the kind alone.
func (e *Error) Is(target error) bool {
	var other *Error
	return errors.As(target, &other) && other.Kind == e.Kind && other.Detail == ""
}

// Function is one function and its execution environments.
type Function struct {
	cfg Config

	mu     sync.Mutex
	all    map[*environment]bool
	idle   []*environment // the last used at the end, as Lambda prefers it
	starts int
	closed bool
	ids    int
}

// New makes a function without starting anything: the first invocation is a cold start.
func New(cfg Config) (*Function, error) {
	if cfg.Name == "" || cfg.Bootstrap == "" {
		return nil, errors.New("runtimeapi: Config.Name or Config.Bootstrap is missing")
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 3 * time.Second
	}
	if cfg.InitTimeout == 0 {
		cfg.InitTimeout = 10 * time.Second
	}
	if cfg.MaxEnvironments == 0 {
		cfg.MaxEnvironments = 10
	}
	if cfg.MemoryMB == 0 {
		cfg.MemoryMB = 128
	}
	if cfg.Output == nil {
		cfg.Output = io.Discard
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	cfg.Environment = maps.Clone(cfg.Environment)
	cfg.Output = &output{to: cfg.Output}
	return &Function{cfg: cfg, all: make(map[*environment]bool)}, nil
}

// output keeps the lines of several processes apart: each writes whole lines.
type output struct {
	mu sync.Mutex
	to io.Writer
}

// Write implements io.Writer.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.to.Write(b)
}

// Invoke runs one invocation to its end, though the caller may be gone: Lambda does not stop for that either. Its error is
// an *Error.
func (f *Function) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	env, id, err := f.take(ctx)
	if err != nil {
		return nil, err
	}
	response, err := env.invoke(invocation{id: id, payload: payload, deadline: time.Now().Add(f.cfg.Timeout)}, f.cfg.Timeout)
	f.giveBack(env, env.isAlive())
	return response, err
}

// take returns an environment that is ready.
func (f *Function) take(ctx context.Context) (*environment, string, error) {
	f.mu.Lock()
	f.ids++
	id := fmt.Sprintf("00000000-0000-4000-8000-%012d", f.ids)
	for len(f.idle) > 0 {
		env := f.idle[len(f.idle)-1]
		f.idle = f.idle[:len(f.idle)-1]
		if env.isAlive() {
			f.mu.Unlock()
			return env, id, nil
		}
		delete(f.all, env)
	}
	if f.closed || len(f.all) >= f.cfg.MaxEnvironments {
		f.mu.Unlock()
		return nil, id, &Error{Throttled, fmt.Sprintf("all %d environments of %s are busy", f.cfg.MaxEnvironments, f.cfg.Name)}
	}
	f.starts++
	env := newEnvironment(f.cfg, f.starts)
	f.all[env] = true
	f.mu.Unlock()

	if err := env.start(context.WithoutCancel(ctx)); err != nil {
		f.giveBack(env, false)
		return nil, id, err
	}
	return env, id, nil
}

func (f *Function) giveBack(env *environment, alive bool) {
	f.mu.Lock()
	keep := alive && !f.closed
	if keep {
		f.idle = append(f.idle, env)
	} else {
		delete(f.all, env)
	}
	f.mu.Unlock()
	if !keep {
		env.kill()
	}
}

// Starts counts the cold starts so far.
func (f *Function) Starts() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.starts
}

// Processes are the ids of the processes that live.
func (f *Function) Processes() []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	var ids []int
	for env := range f.all {
		if id := env.pid(); id != 0 {
			ids = append(ids, id)
		}
	}
	return ids
}

// FirstNext is how long the newest environment took from its process's start to its first call of next.
func (f *Function) FirstNext() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	var newest *environment
	for env := range f.all {
		if newest == nil || env.number > newest.number {
			newest = env
		}
	}
	if newest == nil {
		return 0
	}
	return newest.firstNext()
}

// Close kills all environments and waits for their processes.
func (f *Function) Close() error {
	f.mu.Lock()
	f.closed = true
	all := f.all
	f.all, f.idle = make(map[*environment]bool), nil
	f.mu.Unlock()
	for env := range all {
		env.kill()
	}
	return nil
}
