// Package xvfbtest runs an X server without a screen for tests: Xvfb, of Debian's package xvfb.
package xvfbtest

import (
	"bytes"
	"fmt"
	"image"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// patience is how long a busy machine may take to start a server.
const patience = 30 * time.Second

// Start runs an X server of the given size, 24 bits deep, until the test ends, and returns its display, such as ":3". It asks
// nobody who they are. Where there is no Xvfb the test fails: .ci/install installs it.
func Start(tb testing.TB, size image.Point) (display string) {
	tb.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		tb.Fatal(err)
	}
	defer read.Close()

	// -noreset: what one client leaves behind is still there after the last one went. The server takes a display number that is
	// free, and tells it through descriptor 3 once it answers.
	server := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", fmt.Sprintf("%dx%dx24", size.X, size.Y),
		"-nolisten", "tcp", "-ac", "-noreset")
	var said bytes.Buffer
	server.Stdout, server.Stderr = &said, &said
	server.ExtraFiles = []*os.File{write}
	endWithParent(server)
	err = server.Start()
	write.Close()
	if err != nil {
		tb.Fatalf("start Xvfb: %v (.ci/install installs it)", err)
	}
	tb.Cleanup(func() {
		_ = server.Process.Signal(os.Interrupt) // Xvfb removes its socket and its lock
		if err := wait(server); err != nil {
			tb.Errorf("stop Xvfb: %v", err)
		}
	})

	if err := read.SetReadDeadline(time.Now().Add(patience)); err != nil {
		tb.Fatal(err)
	}
	answer, err := io.ReadAll(read)
	number, malformed := strconv.Atoi(strings.TrimSpace(string(answer)))
	if err != nil || malformed != nil {
		_ = server.Process.Kill()
		_ = wait(server)
		tb.Fatalf("Xvfb told no display: %v, %q\n%s", err, answer, said.String())
	}
	return ":" + strconv.Itoa(number)
}

// wait ends a server that does not end by itself.
func wait(server *exec.Cmd) error {
	late := time.AfterFunc(patience, func() { _ = server.Process.Kill() })
	defer late.Stop()
	if err := server.Wait(); server.ProcessState == nil {
		return err
	}
	return nil // however it ended
}
