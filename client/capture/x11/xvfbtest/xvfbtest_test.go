package xvfbtest

import (
	"image"
	"net"
	"os"
	"strings"
	"testing"
)

func TestStart(t *testing.T) {
	var socket string
	t.Run("a server", func(t *testing.T) {
		first, second := Start(t, image.Pt(320, 200)), Start(t, image.Pt(320, 200))
		if first == second {
			t.Errorf("two servers at %s", first)
		}
		socket = "/tmp/.X11-unix/X" + strings.TrimPrefix(first, ":")
		conn, err := net.Dial("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
	})
	if _, err := os.Stat(socket); !os.IsNotExist(err) {
		t.Errorf("the server is still there after its test: %v", err)
	}
}
