package packaging_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const (
	scheme  = `\Software\Classes\coopnet`
	entry   = `\Software\Microsoft\Windows\CurrentVersion\Uninstall\Coopnet`
	local   = `C:\users\root\AppData\Local`
	mine    = local + `\Programs\Coopnet`
	theirs  = `C:\Program Files\Coopnet`
	program = "coopnet-client.exe"

	newer = 1638 & 0xff // exit codes, as Unix keeps them
)

// installer builds one, and brings it to the workstation.
func (w *workstation) installer(version string, environment ...string) string {
	w.t.Helper()
	name := "coopnet-client-" + version + "-windows-amd64.exe"
	text, err := os.ReadFile(filepath.Join(build(w.t, "windows", version, environment...), name))
	if err == nil {
		err = os.WriteFile(w.path(`C:\`+name), text, 0o700)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return `C:\` + name
}

// gone waits until the uninstaller, which goes on after its first process has ended, has removed everything.
func (w *workstation) gone(folder, root string) {
	w.t.Helper()
	until(w.t, "uninstalled", func() bool { return !w.has(folder) && w.value(root+entry, "DisplayName") == "" })
}

// TestWindowsInstaller goes through the life of an installation for one user.
func TestWindowsInstaller(t *testing.T) {
	slow(t)
	origin := freeOrigin(t)
	p, w := startPortal(t, origin), newWorkstation(t)
	before := w.installer("1.0.0", "ORIGINS="+origin)
	after := w.installer("1.1.0", "ORIGINS="+origin)

	w.must(before, "/S")
	command := w.value("HKCU"+scheme+`\shell\open\command`, "")
	if command != `"`+mine+`\`+program+`" "%1"` || w.value("HKCU"+scheme, "") != "URL:Coopnet" || w.value("HKLM"+scheme, "") != "" {
		t.Fatalf("the scheme opens %q", command)
	}
	for name, want := range map[string]string{"DisplayName": "Coopnet", "DisplayVersion": "1.0.0", "Publisher": "Coopnet", "InstallLocation": mine,
		"UninstallString": `"` + mine + `\uninstall.exe"`} {
		if got := w.value("HKCU"+entry, name); got != want {
			t.Errorf("%s is %q, not %q", name, got, want)
		}
	}
	if size := w.value("HKCU"+entry, "EstimatedSize"); !regexp.MustCompile(`^0x[2-9a-f][0-9a-f]{3}$`).MatchString(size) {
		t.Errorf("its size is %q KB", size)
	}
	if !w.has(`C:\users\root\AppData\Roaming\Microsoft\Windows\Start Menu\Programs\Coopnet.lnk`) || !w.has(mine+`\LICENCES.txt`) {
		t.Error("no start menu entry, or no licences")
	}

	t.Log("installed 1.0.0 for one user, with the keys of the registry")

	// What a browser does with a link.
	code := p.launch()
	w.start(mine+`\`+program, "coopnet://join/"+code)
	until(t, "the code is redeemed", func() bool { return p.redeemed(code) == "redeemed 1.0.0" })
	w.shows("Share in Team A")
	t.Log("a link has started it, and it asks")

	// An update while it runs, as the updater installs it: nobody's share is cut.
	w.must(after, "/S")
	if got := w.value("HKCU"+entry, "DisplayVersion"); got != "1.1.0" || !w.has(mine+`\`+program+".old") {
		t.Errorf("updated to %q", got)
	}
	w.shows("Share in Team A")
	w.end(program)
	if code, out := w.run(before, "/S"); code != newer || w.value("HKCU"+entry, "DisplayVersion") != "1.1.0" {
		t.Errorf("an older version ends with %d: %s", code, out)
	}
	t.Log("updated to 1.1.0 while it ran; 1.0.0 is refused now")
	w.must(after, "/S") // repairs, and tidies up
	if w.has(mine + `\` + program + ".old") {
		t.Error("the replaced program is still there")
	}
	code = p.launch()
	w.start(mine+`\`+program, "coopnet://join/"+code)
	until(t, "the code is redeemed", func() bool { return p.redeemed(code) == "redeemed 1.1.0" })
	w.end(program)

	if err := os.MkdirAll(w.path(local+`\coopnet-client\updates`), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, installer := range []string{before, after} {
		if err := os.Remove(w.path(installer)); err != nil {
			t.Fatal(err)
		}
	}
	w.must(mine+`\uninstall.exe`, "/S")
	w.gone(mine, "HKCU")
	if left := w.traces(); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
	t.Log("uninstalled; nothing is left")
}

// TestWindowsForAllUsers installs as an administrator, into a folder of their choice too.
func TestWindowsForAllUsers(t *testing.T) {
	slow(t)
	origin := freeOrigin(t)
	p, w := startPortal(t, origin), newWorkstation(t)
	installer := w.installer("1.0.0", "ORIGINS="+origin)

	w.must(installer, "/S", "/AllUsers")
	if got := w.value("HKLM"+scheme+`\shell\open\command`, ""); got != `"`+theirs+`\`+program+`" "%1"` || w.value("HKCU"+scheme, "") != "" {
		t.Fatalf("the scheme opens %q", got)
	}
	if !w.has(`C:\ProgramData\Microsoft\Windows\Start Menu\Programs\Coopnet.lnk`) {
		t.Error("no start menu entry")
	}
	code := p.launch()
	w.must("start", "coopnet://join/"+code) // the shell finds the program
	until(t, "the code is redeemed", func() bool { return p.redeemed(code) == "redeemed 1.0.0" })
	w.end(program)
	t.Log("installed for all users, and started by the shell with a link")

	// Another folder: the former one goes.
	const chosen = `C:\Our tools\Coopnet`
	w.must("cmd", "/c", installer+" /S /AllUsers /D="+chosen) // unquoted
	if got := w.value("HKLM"+entry, "InstallLocation"); got != chosen || w.has(theirs) || !w.has(chosen+`\`+program) {
		t.Errorf("installed in %q, and the former folder is there: %v", got, w.has(theirs))
	}

	t.Log("moved to another folder")

	// Another program takes the scheme, and somebody keeps a file there: both stay.
	w.must("reg", "add", "HKLM"+scheme+`\shell\open\command`, "/ve", "/d", "another.exe", "/f")
	if err := os.WriteFile(w.path(chosen+`\notes.txt`), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	w.must(chosen+`\uninstall.exe`, "/S")
	until(t, "uninstalled", func() bool { return w.value("HKLM"+entry, "DisplayName") == "" && !w.has(chosen+`\uninstall.exe`) })
	if got := w.value("HKLM"+scheme+`\shell\open\command`, ""); got != "another.exe" || !w.has(chosen+`\notes.txt`) || w.has(chosen+`\`+program) {
		t.Errorf("the scheme opens %q", got)
	}
}

// TestWindowsSignatures: everything that runs is signed, by the certificate that was given.
func TestWindowsSignatures(t *testing.T) {
	slow(t)
	folder := t.TempDir()
	certificate, key := filepath.Join(folder, "certificate.pem"), filepath.Join(folder, "key.pem")
	must(t, nil, "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Example Ltd", "-addext", "extendedKeyUsage=codeSigning",
		"-keyout", key, "-out", certificate)
	w := newWorkstation(t)
	installer := w.installer("1.0.0", "SIGN_CERT="+certificate, "SIGN_KEY="+key)
	w.must(installer, "/S")
	for _, file := range []string{installer, mine + `\` + program, mine + `\uninstall.exe`} {
		_, out := run(t, nil, "osslsigncode", "verify", "-CAfile", certificate, "-in", w.path(file))
		if !strings.Contains(out, "Succeeded") || !strings.Contains(out, "Example Ltd") || strings.Contains(out, "MISMATCH") {
			t.Errorf("%s: %s", file, out)
		}
	}
	text, err := os.ReadFile(w.path(mine + `\` + program))
	if err != nil || !strings.Contains(string(text), "PerMonitorV2") || !strings.Contains(string(text), `level="asInvoker"`) {
		t.Errorf("the manifest is not in the program: %v", err)
	}
}

// TestWindowsBackends runs the tests of what captures, controls and draws on Windows, and prints what they leave to a real one.
func TestWindowsBackends(t *testing.T) {
	slow(t)
	t.Log(must(t, nil, "go", "test", "-count=1", "-v", "-run", "^TestHeaders$", "../client/capture/windows"))
	w := newWorkstation(t)
	for _, name := range []string{"capture/windows", "input/windows", "window/windows"} {
		t.Run(name, func(t *testing.T) {
			file := strings.ReplaceAll(name, "/", "-") + ".test.exe"
			must(t, []string{"GOOS=windows", "CGO_ENABLED=0"}, "go", "test", "-c", "-o", w.path(`C:\`+file), "../client/"+name)
			code, out := run(t, w.environment(), "wine", `C:\`+file, "-test.v", "-test.timeout=5m")
			if code != 0 {
				t.Errorf("%d: %s", code, out)
			}
			for _, told := range regexp.MustCompile(`(?m)^--- .*$|NOT TESTED HERE.*$`).FindAllString(out, -1) {
				t.Log(strings.TrimSpace(told))
			}
		})
	}
}
