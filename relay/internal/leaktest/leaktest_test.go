package leaktest

import (
	"strings"
	"testing"
	"time"
)

func TestSinceSeesWhatStaysAndOnlyThat(t *testing.T) {
	before := goroutines()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		<-stop
	}()
	if left := since(before); len(left) != 1 || !strings.Contains(left[0], "TestSinceSeesWhatStaysAndOnlyThat") {
		t.Errorf("left: %q", left)
	}
	close(stop)
	<-stopped
	for deadline := time.Now().Add(patience); len(since(before)) > 0; time.Sleep(interval) {
		if time.Now().After(deadline) {
			t.Fatalf("left after the end: %q", since(before))
		}
	}
}

func TestCheckWaitsForTheLast(t *testing.T) {
	Check(t)
	release := make(chan struct{})
	go func() { <-release }()
	t.Cleanup(func() { close(release) }) // before Check's own cleanup
}
