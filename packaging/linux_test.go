package packaging_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// home is a scratch home of a user.
type home struct{ root, data string }

func newHome(t *testing.T) home {
	t.Helper()
	root := filepath.Join(t.TempDir(), "home of James")
	if err := os.MkdirAll(root, 0o700); err != nil {
		t.Fatal(err)
	}
	return home{root, filepath.Join(root, ".local/share")}
}

func (h home) environment() []string {
	return []string{"HOME=" + h.root, "XDG_DATA_HOME=", "XDG_CONFIG_HOME=", "XDG_CACHE_HOME=", "XDG_DATA_DIRS=" + h.root, "XDG_CURRENT_DESKTOP="}
}

// handler is what opens coopnet: links for a user, as GLib's and so GNOME's, Firefox's and Chromium's desktops see it.
func handler(t *testing.T, environment []string) string {
	t.Helper()
	if _, err := exec.LookPath("gio"); err != nil {
		t.Skip("no gio here (libglib2.0-bin) to ask for the handler")
	}
	_, out := run(t, append(environment, "LC_ALL=C.UTF-8"), "gio", "mime", "x-scheme-handler/coopnet")
	return out
}

// unpacked is the tarball's folder with something else for a program.
func unpacked(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for name, from := range map[string]string{"install": "", "uninstall": "", "README": "", "coopnet-client.desktop": "",
		"coopnet-client.svg": "../web/public/favicon.svg", "LICENCES": "../LICENSE", "coopnet-client": "/bin/true"} {
		if from == "" {
			from = filepath.Join("linux", name)
		}
		text, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), text, 0o700)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// A user installs the tarball twice and removes it, without root; nothing is left, and nothing of others is touched.
func TestTarballInstall(t *testing.T) {
	t.Parallel()
	folder, h := unpacked(t), newHome(t)
	mine := filepath.Join(h.root, ".config/mimeapps.list")
	if err := os.MkdirAll(filepath.Dir(mine), 0o700); err != nil {
		t.Fatal(err)
	}
	const list = "[Default Applications]\ntext/html=firefox.desktop\n"
	if err := os.WriteFile(mine, []byte(list+"x-scheme-handler/coopnet=coopnet-client.desktop\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		must(t, h.environment(), "sh", filepath.Join(folder, "install")) // Linux executes nothing that a fork has open for writing
	}
	program := filepath.Join(h.root, ".local/bin/coopnet-client")
	if !same(t, program, "/bin/true") {
		t.Error("the program is not there")
	}
	entry, err := os.ReadFile(filepath.Join(h.data, "applications/coopnet-client.desktop"))
	if err != nil || !strings.Contains(string(entry), "\nExec=\""+program+"\" %u\n") {
		t.Errorf("%s, %v", entry, err)
	}
	if _, err := exec.LookPath("desktop-file-validate"); err == nil {
		must(t, nil, "desktop-file-validate", filepath.Join(h.data, "applications/coopnet-client.desktop"))
	}
	if got := handler(t, h.environment()); !strings.Contains(got, "coopnet-client.desktop") {
		t.Errorf("links are opened by: %s", got)
	}
	if err := os.MkdirAll(filepath.Join(h.root, ".cache/coopnet-client/updates"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(h.root, ".cache/coopnet-client/updates/x.deb"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, h.environment(), filepath.Join(h.data, "coopnet-client/uninstall"))
	if left := slices.Collect(maps.Keys(files(t, h.root))); len(left) != 1 {
		t.Errorf("left: %q", left)
	}
	if text, err := os.ReadFile(mine); err != nil || string(text) != list {
		t.Errorf("the user's own list is %q, %v", text, err)
	}
	if got := handler(t, h.environment()); strings.Contains(got, "coopnet-client.desktop") {
		t.Errorf("links are still opened by: %s", got)
	}
}

func TestTarballInstallRefusesWhatADesktopEntryCannotSay(t *testing.T) {
	t.Parallel()
	folder := unpacked(t)
	root := filepath.Join(t.TempDir(), "a$b")
	if code, out := run(t, []string{"HOME=" + root}, "sh", filepath.Join(folder, "install")); code != 1 || !strings.Contains(out, "Debian package") {
		t.Errorf("%d: %s", code, out)
	}
	if _, err := os.Stat(root); err == nil {
		t.Error("something was installed")
	}
}

func TestDesktopEntry(t *testing.T) {
	if _, err := exec.LookPath("desktop-file-validate"); err != nil {
		t.Skip("no desktop-file-validate here (desktop-file-utils)")
	}
	if out := must(t, nil, "desktop-file-validate", "linux/coopnet-client.desktop"); out != "" {
		t.Error(out)
	}
}

// machine is a scratch root with a database of dpkg of its own.
type machine struct{ root string }

func newMachine(t *testing.T) machine {
	t.Helper()
	m := machine{t.TempDir()}
	for _, folder := range []string{"var/lib/dpkg/info", "var/lib/dpkg/updates", "etc/coopnet-client"} {
		if err := os.MkdirAll(filepath.Join(m.root, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"var/lib/dpkg/status", "var/lib/dpkg/available"} {
		if err := os.WriteFile(filepath.Join(m.root, file), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(m.root, "etc/coopnet-client/policy.json"), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	return m
}

func (m machine) dpkg(t *testing.T, arguments ...string) string {
	t.Helper()
	return must(t, nil, "dpkg", append([]string{"--root=" + m.root, "--log=/dev/null", "--force-depends"}, arguments...)...)
}

// handler is what opens coopnet: links for every user of the machine. dpkg's trigger of desktop-file-utils does what this
// does first.
func (m machine) handler(t *testing.T) string {
	t.Helper()
	usr := filepath.Join(m.root, "usr/share")
	if err := os.MkdirAll(filepath.Join(usr, "applications"), 0o755); err != nil {
		t.Fatal(err)
	}
	must(t, nil, "update-desktop-database", filepath.Join(usr, "applications"))
	h := newHome(t)
	return handler(t, append(h.environment(), "XDG_DATA_DIRS="+usr, "PATH="+filepath.Join(m.root, "usr/bin")+":"+os.Getenv("PATH")))
}

// TestDebianPackage installs it in a scratch root, upgrades, removes and purges it.
func TestDebianPackage(t *testing.T) {
	slow(t)
	if os.Getuid() != 0 {
		t.Skip("dpkg installs as root only")
	}
	old, next := build(t, "linux", "1.0.0-rc.1"), build(t, "linux", "1.0.0")
	m := newMachine(t)
	m.dpkg(t, "--install", filepath.Join(old, "coopnet-client_1.0.0-rc.1_amd64.deb"))
	program := filepath.Join(m.root, "usr/bin/coopnet-client")
	if out := must(t, nil, program, "--version"); out != "coopnet-client 1.0.0-rc.1\n" {
		t.Error(out)
	}
	m.dpkg(t, "--install", "--refuse-downgrade", filepath.Join(next, "coopnet-client_1.0.0_amd64.deb"))
	if out := must(t, nil, program, "--version"); out != "coopnet-client 1.0.0\n" {
		t.Error(out)
	}
	if got := m.handler(t); !strings.Contains(got, "coopnet-client.desktop") {
		t.Errorf("links are opened by: %s", got)
	}
	for _, library := range regexp.MustCompile(`(?m)^\s*(\S+) =>`).FindAllStringSubmatch(must(t, nil, "ldd", program), -1) {
		if !slices.Contains([]string{"libc.so.6", "libm.so.6", "libresolv.so.2", "libpthread.so.0"}, library[1]) {
			t.Errorf("needs %s, which is not in Depends", library[1])
		}
	}
	for path, want := range map[string]string{"usr/share/doc/coopnet-client/copyright": "WebM Project", "usr/share/icons/hicolor/scalable/apps/coopnet-client.svg": "<svg"} {
		if text, err := os.ReadFile(filepath.Join(m.root, path)); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	m.dpkg(t, "--purge", "coopnet-client")
	for name := range files(t, m.root) {
		if strings.Contains(name, "coopnet") && name != "etc/coopnet-client/policy.json" {
			t.Errorf("left: %s", name)
		}
	}
	if got := m.handler(t); strings.Contains(got, "coopnet-client.desktop") {
		t.Errorf("links are still opened by: %s", got)
	}
}

// The same source makes the same files, and the tarball's program is the package's.
func TestLinuxPackagesAreReproducible(t *testing.T) {
	slow(t)
	first, second := build(t, "linux", "1.2.3"), build(t, "linux", "1.2.3")
	if !same(t, filepath.Join(first, "SHA256SUMS"), filepath.Join(second, "SHA256SUMS")) {
		t.Error("two builds differ")
	}
	root := t.TempDir()
	must(t, nil, "tar", "-xzf", filepath.Join(first, "coopnet-client-1.2.3-linux-amd64.tar.gz"), "-C", root)
	must(t, nil, "dpkg-deb", "-x", filepath.Join(first, "coopnet-client_1.2.3_amd64.deb"), root)
	if !same(t, filepath.Join(root, "coopnet-client-1.2.3-linux-amd64/coopnet-client"), filepath.Join(root, "usr/bin/coopnet-client")) {
		t.Error("package and tarball have different programs")
	}
	h := newHome(t)
	must(t, h.environment(), filepath.Join(root, "coopnet-client-1.2.3-linux-amd64/install"))
	if out := must(t, nil, filepath.Join(h.root, ".local/bin/coopnet-client"), "--version"); out != "coopnet-client 1.2.3\n" {
		t.Error(out)
	}
}
