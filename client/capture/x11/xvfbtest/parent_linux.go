package xvfbtest

import (
	"os/exec"
	"syscall"
)

// endWithParent leaves no server behind when a test is killed, or runs out of its time.
func endWithParent(server *exec.Cmd) {
	server.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
}
