package runtimeapi

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// environment is one process and the Runtime API that it alone speaks with.
type environment struct {
	cfg    Config
	number int

	server *http.Server
	cmd    *exec.Cmd
	began  time.Time
	ended  chan struct{} // closed once the process is gone

	next    chan invocation // to the process
	results chan result     // from it
	ready   chan struct{}   // it asked for the first time
	first   time.Duration   // until then

	mu      sync.Mutex
	started bool
	dead    bool
	killed  bool
	current string // the invocation that it works on
}

func newEnvironment(cfg Config, number int) *environment {
	return &environment{
		cfg: cfg, number: number, ended: make(chan struct{}), next: make(chan invocation), results: make(chan result, 1), ready: make(chan struct{}),
	}
}

type invocation struct {
	id       string
	payload  []byte
	deadline time.Time
}

type result struct {
	response []byte
	err      *Error
}

// start runs the program until it asks for its first invocation.
func (e *environment) start(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err == nil {
		err = e.run(listener)
	}
	if err != nil {
		return &Error{InitError, err.Error()}
	}
	timer := time.NewTimer(e.cfg.InitTimeout)
	defer timer.Stop()
	select {
	case <-e.ready:
		e.cfg.Logger.Debug("environment", "function", e.cfg.Name, "number", e.number, "pid", e.cmd.Process.Pid, "firstNext", e.firstNext())
		return nil
	case r := <-e.results:
		return r.err
	case <-e.ended:
		select {
		case r := <-e.results: // it said why before it went
			return r.err
		default:
			return &Error{InitError, "the process ended before it asked for work: " + e.cmd.ProcessState.String()}
		}
	case <-timer.C:
		return &Error{InitError, fmt.Sprintf("the function did not ask for work within %v", e.cfg.InitTimeout)}
	}
}

// run starts the Runtime API and the process.
func (e *environment) run(listener net.Listener) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.server = &http.Server{Handler: e.api(), ReadHeaderTimeout: 5 * time.Second}
	e.cmd = exec.Command(e.cfg.Bootstrap)
	e.cmd.Env, e.cmd.SysProcAttr = e.variables(listener.Addr().String()), DieWithParent()
	e.cmd.Stdout, e.cmd.Stderr = e.cfg.Output, e.cfg.Output
	e.began = time.Now()
	if e.killed {
		return errors.Join(errors.New("the function is closed"), listener.Close())
	}
	if err := e.cmd.Start(); err != nil {
		return errors.Join(err, listener.Close())
	}
	e.started = true
	go func() { _ = e.server.Serve(listener) }() // ends with kill
	go func() {
		_ = e.cmd.Wait() // how it ended matters to nobody: it was not asked to
		e.mu.Lock()
		e.dead = true
		e.mu.Unlock()
		close(e.ended)
	}()
	return nil
}

// variables are those that Lambda documents, and the function's own.
func (e *environment) variables(address string) []string {
	set := map[string]string{
		"AWS_LAMBDA_RUNTIME_API": address, "AWS_LAMBDA_FUNCTION_NAME": e.cfg.Name, "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(e.cfg.MemoryMB), "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/" + e.cfg.Name, "AWS_LAMBDA_LOG_STREAM_NAME": "local/" + strconv.Itoa(e.number),
		"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1", "LAMBDA_TASK_ROOT": "/var/task", "LAMBDA_RUNTIME_DIR": "/var/runtime",
		"TZ": ":UTC", "PATH": "/usr/local/bin:/usr/bin:/bin", "_HANDLER": "bootstrap",
	}
	for name, value := range e.cfg.Environment {
		set[name] = value
	}
	var list []string
	for name, value := range set {
		list = append(list, name+"="+value)
	}
	return list
}

// invoke hands the invocation over and waits for what becomes of it. An environment that is in doubt afterwards is killed.
func (e *environment) invoke(in invocation, timeout time.Duration) ([]byte, error) {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	e.signal(syscall.SIGCONT)
	e.mu.Lock()
	e.current = in.id
	e.mu.Unlock()
	select {
	case e.next <- in:
	case <-e.ended:
		return nil, &Error{ExitError, "the process is gone"}
	case <-timer.C:
		e.kill()
		return nil, &Error{TimedOut, "the function did not ask for the invocation"}
	}
	select {
	case r := <-e.results:
		return e.settle(r)
	case <-e.ended:
		select {
		case r := <-e.results: // the answer was complete before the process went
			return e.settle(r)
		default:
			return nil, &Error{ExitError, "the process ended during the invocation: " + e.cmd.ProcessState.String()}
		}
	case <-timer.C:
		e.kill()
		return nil, &Error{TimedOut, fmt.Sprintf("the invocation took longer than %v", timeout)}
	}
}

// settle freezes the environment until the next invocation.
func (e *environment) settle(r result) ([]byte, error) {
	if e.cfg.Freeze {
		e.signal(syscall.SIGSTOP)
	}
	if r.err != nil {
		return nil, r.err
	}
	return r.response, nil
}

func (e *environment) signal(s os.Signal) {
	if e.cfg.Freeze {
		_ = e.cmd.Process.Signal(s) // one that is gone is noticed by whoever waits for it
	}
}

// finish takes the outcome of the current invocation; a second one, or one of another invocation, is refused.
func (e *environment) finish(id string, r result) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if id != e.current || id == "" {
		return false
	}
	e.current = ""
	e.results <- r
	return true
}

func (e *environment) isAlive() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.started && !e.dead
}

func (e *environment) pid() int {
	if !e.isAlive() {
		return 0
	}
	return e.cmd.Process.Pid
}

func (e *environment) firstNext() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.first
}

// kill ends the process with SIGKILL and waits for it.
func (e *environment) kill() {
	e.mu.Lock()
	first := !e.killed && e.started
	e.killed = true
	e.mu.Unlock()
	if !first {
		return
	}
	_ = e.server.Close()
	if err := e.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		e.cfg.Logger.Error("the function's process cannot be killed", "error", err)
		return
	}
	<-e.ended
}
