package standalone_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/coopnet/coopnet/standalone"
	"github.com/coopnet/coopnet/standalone/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"coopnet": func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		os.Exit(cli.Run(ctx, cli.Terminal{
			Args: os.Args[1:], Getenv: os.Getenv, In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Version: "v0-test",
		}))
	}})
}

// TestScripts runs the program as a user does; each file in testdata tells one story.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			// The stories must not depend on who runs them.
			env.Setenv("COOPNET_LISTEN", "127.0.0.1:0")
			env.Setenv("COOPNET_MEDIA", "127.0.0.1:0")
			env.Setenv("COOPNET_TURN", "127.0.0.1:0")
			env.Setenv("COOPNET_DATA", env.WorkDir+"/data")
			env.Setenv("COOPNET_READY_FILE", env.WorkDir+"/ready.json")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ready":     ready,
			"request":   request,
			"upload":    upload,
			"mode":      mode,
			"capture":   extract,
			"terminate": terminate,
			"occupy":    occupy,
		},
	})
}

// ready waits for the ready file and sets PORTAL, API, ORGANIZER, SUPPORT, MEDIA, PID, and COOPNET_PUBLIC_URL for the
// commands of the terminal.
func ready(ts *testscript.TestScript, _ bool, _ []string) {
	path := ts.MkAbs("ready.json")
	var r standalone.Ready
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		text, err := os.ReadFile(path)
		if err == nil {
			ts.Check(json.Unmarshal(text, &r))
			if syscall.Kill(r.PID, 0) == nil { // else a server that was killed left it
				break
			}
		}
		if time.Now().After(deadline) {
			ts.Fatalf("the server is not ready")
		}
	}
	for name, value := range map[string]string{
		"PORTAL": r.Portal, "COOPNET_PUBLIC_URL": r.Portal, "API": r.API, "ORGANIZER": r.OrganizerKey, "SUPPORT": r.SupportKey,
		"MEDIA": r.Media, "PID": fmt.Sprint(r.PID), "HOSTPORT": strings.TrimPrefix(r.Portal, "http://"),
	} {
		ts.Setenv(name, value)
	}
}

// request METHOD URL STATUS [BODY] [HEADER:VALUE]... prints the answer's body.
func request(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 3 {
		ts.Fatalf("usage: request METHOD URL STATUS [BODY] [HEADER:VALUE]...")
	}
	var body io.Reader
	if len(args) > 3 {
		body = strings.NewReader(args[3])
	}
	r, err := http.NewRequest(args[0], args[1], body)
	ts.Check(err)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 4; i < len(args); i++ {
		name, value, _ := strings.Cut(args[i], ":")
		r.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	ts.Check(err)
	if fmt.Sprint(response.StatusCode) != args[2] {
		ts.Fatalf("%s %s: %s instead of %s\n%s", args[0], args[1], response.Status, args[2], text)
	}
	fmt.Fprintf(ts.Stdout(), "%s\n", text)
}

// upload FILE makes the request that the last answer describes in its "upload".
func upload(ts *testscript.TestScript, _ bool, args []string) {
	var answer struct {
		Upload struct {
			Method, URL string
			Headers     map[string]string
		}
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &answer))
	r, err := http.NewRequest(answer.Upload.Method, answer.Upload.URL, strings.NewReader(ts.ReadFile(args[0])))
	ts.Check(err)
	for name, value := range answer.Upload.Headers {
		r.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(r)
	ts.Check(err)
	ts.Check(response.Body.Close())
	if response.StatusCode != http.StatusCreated {
		ts.Fatalf("the upload: %s", response.Status)
	}
}

// mode OCTAL FILE checks a file's permissions.
func mode(ts *testscript.TestScript, _ bool, args []string) {
	state, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if have := fmt.Sprintf("%o", state.Mode().Perm()); have != args[0] {
		ts.Fatalf("%s has mode %s instead of %s", args[1], have, args[0])
	}
}

// extract is the command "capture NAME FILE PATTERN": it sets NAME to the first group in the file ("stdout" is the last command's).
func extract(ts *testscript.TestScript, _ bool, args []string) {
	found := regexp.MustCompile("(?m)" + args[2]).FindStringSubmatch(ts.ReadFile(args[1]))
	if found == nil {
		ts.Fatalf("%s does not have %s:\n%s", args[1], args[2], ts.ReadFile(args[1]))
	}
	ts.Setenv(args[0], found[1])
}

// occupy NAME udp|tcp takes a port until the end of the script and sets NAME to its address.
func occupy(ts *testscript.TestScript, _ bool, args []string) {
	if args[1] == "udp" {
		conn, err := net.ListenPacket("udp", "127.0.0.1:0")
		ts.Check(err)
		ts.Defer(func() { conn.Close() })
		ts.Setenv(args[0], conn.LocalAddr().String())
		return
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { listener.Close() })
	ts.Setenv(args[0], listener.Addr().String())
}

// terminate sends SIGTERM, as a service manager does, to the server that `ready` found.
func terminate(ts *testscript.TestScript, _ bool, _ []string) {
	pid, err := strconv.Atoi(ts.Getenv("PID"))
	ts.Check(err)
	ts.Check(syscall.Kill(pid, syscall.SIGTERM))
}
