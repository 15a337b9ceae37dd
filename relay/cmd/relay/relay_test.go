package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"relay": main})
}

// TestScripts runs the program as an operator does.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			for name, value := range map[string]string{
				"ID": "relay-1", "ISSUER": "https://coopnet.test", "JWKS": "http://127.0.0.1:1/jwks.json", "LISTEN": "127.0.0.1:0", "MEDIA": "127.0.0.1:0",
				"READY_FILE": env.WorkDir + "/ready.json",
			} {
				env.Setenv("COOPNET_RELAY_"+name, value)
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"ready": ready, "occupy": occupy, "get": get, "terminate": terminate},
	})
}

// ready waits for the ready file and sets RELAY, METRICS and PID.
func ready(ts *testscript.TestScript, _ bool, _ []string) {
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		text, err := os.ReadFile(ts.MkAbs("ready.json"))
		if err == nil {
			var r Ready
			ts.Check(json.Unmarshal(text, &r))
			for name, value := range map[string]string{"RELAY": r.Relay, "METRICS": r.Metrics, "PID": fmt.Sprint(r.PID)} {
				ts.Setenv(name, value)
			}
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("the relay is not ready")
		}
	}
}

// occupy NAME takes a TCP port until the end of the script and sets NAME to its address.
func occupy(ts *testscript.TestScript, _ bool, args []string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { listener.Close() })
	ts.Setenv(args[0], listener.Addr().String())
}

// get URL STATUS
func get(ts *testscript.TestScript, _ bool, args []string) {
	response, err := http.Get(args[0])
	ts.Check(err)
	response.Body.Close()
	if !strings.HasPrefix(response.Status, args[1]) {
		ts.Fatalf("%s: %s instead of %s", args[0], response.Status, args[1])
	}
}

// terminate sends SIGTERM to the relay that `ready` found.
func terminate(ts *testscript.TestScript, _ bool, _ []string) {
	var pid int
	_, err := fmt.Sscan(ts.Getenv("PID"), &pid)
	ts.Check(err)
	ts.Check(syscall.Kill(pid, syscall.SIGTERM))
}
