package local

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/coopnet/coopnet/infra/runtimeapi"
)

// Process is another program that belongs to the edition.
type Process struct {
	cmd   *exec.Cmd
	stdin io.Closer
	ended chan struct{}
}

func start(cmd *exec.Cmd) (*Process, error) {
	stdin, err := cmd.StdinPipe() // its end, however this process goes, is the end of who reads it
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	// Ctrl-C in a terminal is for this process, which ends the others in order.
	cmd.SysProcAttr = runtimeapi.DieWithParent()
	cmd.SysProcAttr.Setpgid = true
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	p := &Process{cmd: cmd, stdin: stdin, ended: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // how it ended is nobody's business any more
		close(p.ended)
	}()
	return p, nil
}

// PID is the process's id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Stop asks the process to end, and makes it end where it does not.
func (p *Process) Stop(patience time.Duration) error {
	_ = p.stdin.Close()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s: %w", p.cmd.Path, err)
	}
	select {
	case <-p.ended:
		return nil
	case <-time.After(patience):
		return p.cmd.Process.Kill()
	}
}

// StartDynamoDB starts dynalite, which .ci/install installs, and returns its URL.
func StartDynamoDB(folder string, output io.Writer) (*Process, string, error) {
	cmd := exec.Command("node", "dynalite.mjs")
	cmd.Dir, cmd.Stderr = filepath.Join(folder, "functions/store/dynamo/dynamotest"), output
	reader, writer := io.Pipe()
	cmd.Stdout = writer
	p, err := start(cmd)
	if err != nil {
		return nil, "", err
	}
	go func() { <-p.ended; _ = writer.Close() }()
	port, err := bufio.NewReader(reader).ReadString('\n')
	if err != nil {
		return nil, "", fmt.Errorf("dynalite says no port (.ci/install installs it): %w", err)
	}
	return p, "http://127.0.0.1:" + strings.TrimSpace(port), nil
}

// StartRelay starts bin/relay and waits until it has written its ready file.
func StartRelay(ctx context.Context, program, readyFile string, environment, args []string, output io.Writer) (*Process, error) {
	cmd := exec.Command(program, append([]string{"serve", "--ready-file", readyFile}, args...)...)
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), environment...), output, output
	p, err := start(cmd)
	if err != nil {
		return nil, err
	}
	for {
		if _, err := os.Stat(readyFile); err == nil {
			return p, nil
		}
		select {
		case <-p.ended:
			return nil, errors.New("the relay has ended")
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), p.Stop(time.Second))
		case <-time.After(10 * time.Millisecond):
		}
	}
}
