//go:build !linux

package runtimeapi

import "syscall"

// DieWithParent does nothing where the system cannot do it.
func DieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }
