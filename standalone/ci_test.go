package standalone

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// stage is a copy of .ci in an otherwise empty tree, where the programs that it calls are played by others.
type stage struct {
	t    *testing.T
	root string
	path string // where programs are
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, root: t.TempDir()}
	s.path = filepath.Join(s.root, "bin") + ":/usr/bin:/bin"
	scripts, err := filepath.Glob("../.ci/*")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, script := range scripts {
		if state, err := os.Stat(script); err != nil || state.IsDir() { // packages for tests
			continue
		}
		s.write(".ci/"+filepath.Base(script), readDocument(t, script))
	}
	return s
}

func (s *stage) write(path, content string) {
	s.t.Helper()
	path = filepath.Join(s.root, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o700); err != nil {
		s.t.Fatal(err)
	}
}

// program lets a shell script play a program.
func (s *stage) program(name, script string) {
	s.t.Helper()
	s.write("bin/"+name, "#!/bin/sh\n"+script+"\n")
}

// run returns the exit code and everything that was printed.
func (s *stage) run(args ...string) (int, string) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), filepath.Join(s.root, args[0]), args[1:]...)
	cmd.Env = []string{"PATH=" + s.path, "HOME=" + s.root}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// fit lets everything be there that .ci/install asks for.
func (s *stage) fit() {
	s.program("go", `[ "$*" = "env GOVERSION" ] && echo go1.26.8; exit 0`)
	s.program("node", "echo v20.19.0")
	s.program("npm", "mkdir -p web/node_modules && touch web/node_modules/.package-lock.json")
	for _, name := range []string{"chromium", "firefox-esr", "Xvfb", "nft", "ip", "openssl", "certutil", "gcc", "apt-get"} {
		s.program(name, "exit 0")
	}
	s.write("web/package-lock.json", "{}")
	s.write("web/package.json", "{}")
}

func TestInstallSucceeds(t *testing.T) {
	s := newStage(t)
	s.fit()
	if code, out := s.run(".ci/install"); code != 0 {
		t.Errorf("%d: %s", code, out)
	}
}

// The server to compare TURN with is wanted by `make bench` alone, which wants nothing else.
func TestInstallForTheBenchmarks(t *testing.T) {
	for name, c := range map[string]struct {
		there bool
		code  int
		want  string
	}{
		"what is there is not installed":   {true, 0, ""},
		"what is missing is":               {false, 0, "Installing coturn"},
		"its service does not start":       {false, 0, "systemctl mask coturn.service"},
		"where it cannot be, that is said": {false, 1, "failed to install coturn"},
	} {
		s := newStage(t)
		for _, tool := range []string{"bash", "sh", "env", "dirname", "sort", "head"} {
			s.program(tool, "")
			path, err := exec.LookPath(tool)
			if err == nil {
				err = errors.Join(os.Remove(filepath.Join(s.root, "bin", tool)), os.Symlink(path, filepath.Join(s.root, "bin", tool)))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		s.path = filepath.Join(s.root, "bin") // this machine may have coturn
		s.program("go", "echo go1.26.8")
		s.program("id", "echo 0")
		s.program("systemctl", `echo "systemctl $*"`)
		s.program("apt-get", `[ "$1" = update ] || echo "failed to install coturn"; exit `+fmt.Sprint(c.code))
		if c.there {
			for _, program := range []string{"turnserver", "gcc", "pkg-config"} {
				s.program(program, "exit 0")
			}
		}
		code, out := s.run(".ci/install", "bench")
		if (code != 0) != (c.code != 0) || !strings.Contains(out, c.want) || c.there && out != "" {
			t.Errorf("%s: %d: %s", name, code, out)
		}
	}
}

// What failed is tried again: nothing says that it was done.
func TestInstallFails(t *testing.T) {
	for _, args := range [][]string{{".ci/install"}, {".ci/install", "web"}} {
		s := newStage(t)
		s.fit()
		s.program("npm", "mkdir -p web/node_modules; exit 1")
		if code, out := s.run(args...); code == 0 {
			t.Errorf("%v: npm failed, and it did not: %s", args, out)
		}
		if _, err := os.Stat(filepath.Join(s.root, "web/node_modules/.package-lock.json")); err == nil {
			t.Errorf("%v: the stamp is there", args)
		}
	}
	s := newStage(t)
	s.fit()
	s.program("go", `[ "$*" = "env GOVERSION" ] && echo go1.26.8 && exit 0; exit 1`)
	if code, out := s.run(".ci/install"); code == 0 {
		t.Errorf("go mod download failed, and it did not: %s", out)
	}
}

func TestInstallChecksVersions(t *testing.T) {
	for name, c := range map[string]struct{ program, script, want string }{
		"Debian 12's Node":    {"node", "echo v18.19.0", "Node 20.19 or later, not v18.19.0"},
		"a Node just too old": {"node", "echo v20.18.3", "Node 20.19 or later, not v20.18.3"},
		"an old Go":           {"go", "echo go1.9", "Go 1.26 or later, not go1.9"},
		"a Go just too old":   {"go", "echo go1.25.11", "Go 1.26 or later, not go1.25.11"},
		"a Go that cannot":    {"go", "[ $PWD = / ] && echo go1.19.8", "Go 1.26 or later, not go1.19.8"},
	} {
		s := newStage(t)
		s.fit()
		s.program(c.program, c.script)
		if code, out := s.run(".ci/install", "web"); code != 1 || !strings.Contains(out, c.want) {
			t.Errorf("%s: %d: %s", name, code, out)
		}
	}
	for _, version := range []string{"v20.19.0", "v20.20.2", "v22.0.0", "v100.1.0"} {
		s := newStage(t)
		s.fit()
		s.program("node", "echo "+version)
		if code, out := s.run(".ci/install", "web"); code != 0 {
			t.Errorf("%s: %d: %s", version, code, out)
		}
	}
}

func TestVulnerabilities(t *testing.T) {
	const known, other = "Vulnerability #1: GO-2026-4479", "Vulnerability #2: GO-2026-1"
	for name, c := range map[string]struct {
		check string // what govulncheck does
		code  int
		last  string
	}{
		"none":                 {"exit 0", 0, "vulnerabilities: none found"},
		"a known one":          {"echo '" + known + "'; exit 3", 0, "vulnerabilities: only known ones, closed by construction: GO-2026-4479"},
		"another":              {"echo '" + known + "'; echo '" + other + "'; exit 3", 1, "vulnerabilities: FOUND GO-2026-1"},
		"found but not listed": {"echo 'Your code is affected.'; exit 3", 1, "vulnerabilities: FOUND, but the report cannot be read"},
		"no database":          {"echo 'no route to host' >&2; exit 1", 0, "vulnerabilities: NOT CHECKED (no route to host)"},
		"silence":              {"exit 1", 0, "vulnerabilities: NOT CHECKED (govulncheck ended with 1)"},
	} {
		s := newStage(t)
		s.program("go", `printf '%s\n' '#!/bin/sh' "`+strings.ReplaceAll(c.check, `"`, `\"`)+`" >"$GOBIN/govulncheck" && chmod +x "$GOBIN/govulncheck"`)
		code, out := s.run(".ci/vulnerabilities")
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if code != c.code || lines[len(lines)-1] != c.last {
			t.Errorf("%s: %d: %s", name, code, out)
		}
	}
}
