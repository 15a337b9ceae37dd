package xserver

import (
	"bytes"
	"image"
	"testing"
	"time"

	"github.com/coopnet/coopnet/client/capture/x11/xvfbtest"
)

func TestSocketOf(t *testing.T) {
	for display, want := range map[string]string{
		":0": "/tmp/.X11-unix/X0", ":12.1": "/tmp/.X11-unix/X12", "unix:3": "/tmp/.X11-unix/X3", "unix/:3": "/tmp/.X11-unix/X3",
		"/run/launch/x:0": "/run/launch/x:0", "": "", "0": "", ":": "", ":x": "", "localhost:10.0": "", "host:1": "",
	} {
		path, _, err := socketOf(display)
		if path != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v; want %q", display, path, err, want)
		}
	}
}

// The software names no display; the pointer must not be asked for five times a second for that.
func TestThePointerOfTheUsersDisplayIsWatched(t *testing.T) {
	t.Setenv("DISPLAY", xvfbtest.Start(t, image.Pt(64, 64)))
	m, err := WatchPointer("", time.Second, func() {})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

func TestSecretFor(t *testing.T) {
	local := func(host, display, secret string) string {
		field := func(s string) string { return string([]byte{0, byte(len(s))}) + s }
		return "\x01\x00" + field(host) + field(display) + field(magicCookie) + field(secret)
	}
	file := local("other", "0", "wrong host") + local("here", "1", "wrong display") + local("here", "0", "right") + local("here", "", "any")
	for display, want := range map[string]string{"0": "right", "1": "wrong display", "7": "any"} {
		if got := secretFor(bytes.NewReader([]byte(file)), "here", display); string(got) != want {
			t.Errorf("display %s: %q, want %q", display, got, want)
		}
	}
	if got := secretFor(bytes.NewReader([]byte(file)), "elsewhere", "0"); got != nil {
		t.Errorf("another machine's secret: %q", got)
	}
	for cut := range len(file) {
		secretFor(bytes.NewReader([]byte(file[:cut])), "here", "9") // no panic
	}
}

func FuzzFirstRoot(f *testing.F) {
	f.Add(make([]byte, 64))
	f.Fuzz(func(_ *testing.T, setup []byte) { _, _ = firstRoot(setup) })
}
