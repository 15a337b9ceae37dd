// Package packaging_test builds the packages of the software, installs and removes them. What takes minutes is run by
// `make package-test` only.
package packaging_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// run returns the exit code of a program and everything that it has printed. What it has started may go on.
func run(t *testing.T, environment []string, program string, arguments ...string) (code int, out string) {
	t.Helper()
	printed, err := os.CreateTemp(t.TempDir(), "printed") // a pipe would be open until its last child has ended
	if err != nil {
		t.Fatal(err)
	}
	defer printed.Close()
	cmd := exec.CommandContext(t.Context(), program, arguments...)
	cmd.Env = append(os.Environ(), environment...)
	cmd.Stdout, cmd.Stderr = printed, printed
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", program, err)
	}
	text, err := os.ReadFile(printed.Name())
	if err != nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(text)
}

// must is run for what has to succeed.
func must(t *testing.T, environment []string, program string, arguments ...string) string {
	t.Helper()
	code, out := run(t, environment, program, arguments...)
	if code != 0 {
		t.Fatalf("%s %q ends with %d: %s", program, arguments, code, out)
	}
	return out
}

// slow leaves a test to `make package-test`.
func slow(t *testing.T) {
	t.Helper()
	if os.Getenv("COOPNET_PACKAGES") == "" {
		t.Skip("builds packages, which takes minutes: make package-test")
	}
}

// build runs packaging/package, and returns the folder of what it made.
func build(t *testing.T, system, version string, environment ...string) string {
	t.Helper()
	out, began := t.TempDir(), time.Now()
	must(t, append(environment, "OUT="+out, "VERSION="+version, "SOURCE_DATE_EPOCH=1800000000"), "./package", system)
	t.Logf("built %s for %s in %v", version, system, time.Since(began).Round(time.Second))
	return out
}

// files are all files below a folder, and links, by their names there.
func files(t *testing.T, root string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if !d.IsDir() {
			found[name] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func same(t *testing.T, a, b string) bool {
	t.Helper()
	left, err := os.ReadFile(a)
	if err != nil {
		t.Fatal(err)
	}
	right, err := os.ReadFile(b)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Equal(left, right)
}

// What cannot be built is said before anything is.
func TestPackageRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		system      string
		environment []string
		want        string
	}{
		"another system":       {"macos", []string{"VERSION=1.4.0"}, "there are no packages for macos"},
		"what is no version":   {"linux", []string{"VERSION=1.4"}, "VERSION is such as 1.4.0"},
		"a name of a commit":   {"linux", []string{"VERSION=d9a2228-dirty"}, "VERSION is such as 1.4.0"},
		"a version with marks": {"linux", []string{`VERSION=1.4.0"; rm`}, "VERSION is such as 1.4.0"},
		"one beyond Windows":   {"windows", []string{"VERSION=100000.0.0"}, "VERSION is such as 1.4.0"},
	} {
		code, out := run(t, append(c.environment, "OUT="+t.TempDir()), "./package", c.system)
		if code != 1 || !strings.Contains(out, c.want) {
			t.Errorf("%s: %d: %s", name, code, out)
		}
	}
}

func TestPackageRefusesOtherPortals(t *testing.T) {
	slow(t)
	for _, wrong := range [][]string{{"ORIGINS=http://conference.example.com"}, {"ORIGINS=conference.example.com"}, {"PUBLISHERS=no-key"}} {
		code, out := run(t, append(wrong, "OUT="+t.TempDir(), "VERSION=1.4.0"), "./package", "linux")
		if code != 1 || !strings.Contains(out, "cannot be built in") {
			t.Errorf("%v: %d: %s", wrong, code, out)
		}
	}
}

// docs/packaging.md names every variable and every exit code.
func TestDocs(t *testing.T) {
	documents := ""
	for _, path := range []string{"../docs/packaging.md", "package", "windows/installer.nsi"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		documents += string(text)
	}
	docs, sources, _ := strings.Cut(documents, "#!/usr/bin/env bash")
	variables := regexp.MustCompile(`(?m)^#   ([A-Z_]+)`).FindAllStringSubmatch(sources, -1)
	codes := regexp.MustCompile(`(?m)^!define [A-Z]+ ([0-9]+)$`).FindAllStringSubmatch(sources, -1)
	if len(variables) < 7 || len(codes) < 5 {
		t.Fatalf("found %q and %q", variables, codes)
	}
	for _, v := range variables {
		if !strings.Contains(docs, "`"+v[1]+"`") {
			t.Errorf("%s is not explained", v[1])
		}
	}
	for _, c := range codes {
		if !strings.Contains(docs, "\n| "+c[1]+" | ") {
			t.Errorf("exit code %s is not explained", c[1])
		}
	}
}
