// Package leaktest fails a test that leaves goroutines behind.
package leaktest

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

const (
	patience = 5 * time.Second
	interval = 5 * time.Millisecond
)

// Check is called first in a test. When the test and its cleanups are over, the goroutines that were started since
// have five seconds to end; those that do not fail the test with their stacks. Not for parallel tests: they see each other's.
func Check(t testing.TB) {
	t.Helper()
	before := goroutines()
	t.Cleanup(func() {
		deadline := time.Now().Add(patience)
		for {
			left := since(before)
			if len(left) == 0 {
				return
			}
			if time.Now().After(deadline) {
				t.Errorf("%d goroutines left behind:\n\n%s", len(left), strings.Join(left, "\n\n"))
				return
			}
			time.Sleep(interval)
		}
	})
}

// since returns the stacks of the goroutines that are not in before.
func since(before map[string]string) []string {
	var left []string
	for id, stack := range goroutines() {
		if _, known := before[id]; !known && !ofTheTestRun(stack) {
			left = append(left, stack)
		}
	}
	return left
}

// ofTheTestRun tells goroutines that the test binary starts when it likes.
func ofTheTestRun(stack string) bool {
	return strings.Contains(stack, "testing.(*M).startAlarm") || strings.Contains(stack, "created by os/signal.Notify") ||
		strings.Contains(stack, "created by testing.(*F)")
}

// goroutines returns every stack but the caller's by the goroutine's id.
func goroutines() map[string]string {
	buf := make([]byte, 1<<20)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) {
			buf = buf[:n]
			break
		}
		buf = make([]byte, 2*len(buf))
	}
	all := make(map[string]string)
	for i, stack := range strings.Split(strings.TrimSpace(string(buf)), "\n\n") {
		// "goroutine 12 [running]:" and the first one is the caller.
		id, _, ok := strings.Cut(strings.TrimPrefix(stack, "goroutine "), " ")
		if i > 0 && ok {
			all[id] = stack
		}
	}
	return all
}
