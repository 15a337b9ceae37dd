package runtimeapi

import "syscall"

// DieWithParent makes a process end when this one does, however that comes: one that is frozen would notice nothing.
// Linux means the thread that started it; Go ends no thread unless a goroutine ends that is locked to it.
func DieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
