//go:build !windows

package network

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// found is what System finds for an address: "direct", a proxy, or the error.
func found(environment map[string]string, target string) string {
	u, _ := url.Parse(target)
	switch proxy, err := System(func(name string) string { return environment[name] })(u); {
	case err != nil:
		return err.Error()
	case proxy == nil:
		return "direct"
	default:
		return proxy.String()
	}
}

func TestFromEnvironment(t *testing.T) {
	for _, c := range []struct {
		environment map[string]string
		target      string
		want        string
	}{
		{map[string]string{"https_proxy": "http://anne:secret@proxy.example:3128", "NO_PROXY": ".intern.example"}, "portal.example", "http://anne:secret@proxy.example:3128"},
		{map[string]string{"https_proxy": "http://proxy.example:3128", "NO_PROXY": ".intern.example"}, "portal.intern.example", "direct"},
		{map[string]string{"HTTPS_PROXY": "proxy.example:3128/", "https_proxy": "x"}, "portal.example", "http://proxy.example:3128"},
		{map[string]string{"HTTPS_PROXY": "proxy.example:3128", "no_proxy": "other.example, 10.0.0.0/8,portal.example:443"}, "portal.example", "direct"},
		{map[string]string{"HTTPS_PROXY": "proxy.example:3128", "no_proxy": "10.0.0.0/8"}, "10.1.2.3", "direct"},
		{map[string]string{"HTTPS_PROXY": "proxy.example:3128", "no_proxy": "*"}, "portal.example", "direct"},
		{map[string]string{"ALL_PROXY": "socks5://proxy.example:1080"}, "portal.example", "direct"},
		{map[string]string{"ALL_PROXY": "https://proxy.example"}, "portal.example", "https://proxy.example"},
		{map[string]string{"HTTPS_PROXY": "http://"}, "portal.example", ErrSettings.Error()},
		{nil, "portal.example", "direct"},
	} {
		if got := found(c.environment, "https://"+c.target+"/"); got != c.want {
			t.Errorf("%v: %s", c.environment, got)
		}
	}
}

// commands are programs of these names that print something, in the only folder of PATH.
func commands(t *testing.T, scripts map[string]string) {
	t.Helper()
	folder := t.TempDir()
	for name, script := range scripts {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", folder)
}

// printing makes a script that prints a text for arguments that begin so, and fails for others.
func printing(arguments, text string) string {
	return fmt.Sprintf("case \"$*\" in %q*) ;; *) exit 1;; esac\nwhile read -r line; do echo \"$line\"; done <<'end'\n%s\nend", arguments, text)
}

// gnomeSettings are printed by gsettings 2.74, in its order.
const gnomeSettings = `org.gnome.system.proxy autoconfig-url 'AUTO'
org.gnome.system.proxy ignore-hosts ['localhost', '127.0.0.0/8', '::1', '*.intern.example', "it's", '.dot.example', 'exact.example', '10.0.0.0/8']
org.gnome.system.proxy mode 'MODE'
org.gnome.system.proxy use-same-proxy true
org.gnome.system.proxy.ftp host ''
org.gnome.system.proxy.ftp port 0
org.gnome.system.proxy.http authentication-password 'pass\'"word'
org.gnome.system.proxy.http authentication-user 'anne'
org.gnome.system.proxy.http enabled false
org.gnome.system.proxy.http host 'proxy.example'
org.gnome.system.proxy.http port 3128
org.gnome.system.proxy.http use-authentication false
org.gnome.system.proxy.https host 'proxy.example'
org.gnome.system.proxy.https port 3128
org.gnome.system.proxy.socks host 'socks.example'
org.gnome.system.proxy.socks port 1080`

func TestGNOME(t *testing.T) {
	with := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(gnomeSettings) }
	manual := with("MODE", "manual")
	for name, c := range map[string]struct{ settings, target, want string }{
		"a proxy":           {manual, "portal.example", "http://proxy.example:3128"},
		"none":              {with("MODE", "none"), "portal.example", "direct"},
		"a domain":          {manual, "portal.intern.example", "direct"},
		"the domain itself": {manual, "intern.example", "direct"},
		"not the domain":    {manual, "notintern.example", "http://proxy.example:3128"},
		"a dot":             {manual, "a.dot.example", "direct"},
		"below a name":      {manual, "a.exact.example", "direct"},
		"a network":         {manual, "10.9.8.7", "direct"},
		"none for HTTPS":    {with("MODE", "manual", "https host 'proxy.example'", "https host ''", "http host 'proxy.example'", "http host 'web.example'"), "portal.example", "http://web.example:3128"},
		"and its login": {with("MODE", "manual", "https host 'proxy.example'", "https host ''", "use-authentication false", "use-authentication true"), "portal.example",
			"http://anne:pass%27%22word@proxy.example:3128"},
		"and not for all":    {with("MODE", "manual", "https host 'proxy.example'", "https host ''"), "a.intern.example", "direct"},
		"for neither":        {with("MODE", "manual", "host 'proxy.example'", "host ''"), "portal.example", "direct"},
		"a script, and not":  {with("MODE", "auto"), "a.intern.example", "direct"},
		"no port":            {with("MODE", "manual", "https port 3128", "https port 0"), "portal.example", "direct"},
		"nothing is ignored": {with("MODE", "manual", "ignore-hosts [", "ignore-hosts @as [] ["), "portal.example", "http://proxy.example:3128"},
		"a login":            {with("MODE", "manual", "use-authentication false", "use-authentication true"), "portal.example", "http://anne:pass%27%22word@proxy.example:3128"},
		"a login for another": {with("MODE", "manual", "use-authentication false", "use-authentication true", "http host 'proxy.example'", "http host 'web.example'"),
			"portal.example", "http://proxy.example:3128"},
		"IPv6":    {with("MODE", "manual", "https host 'proxy.example'", "https host '2001:db8::1'"), "portal.example", "http://[2001:db8::1]:3128"},
		"garbage": {"org.gnome.system.proxy mode 'manual\norg.gnome.system.proxy.https host '\n\x00 '", "portal.example", "direct"},
	} {
		commands(t, map[string]string{"gsettings": printing("list-recursively org.gnome.system.proxy", c.settings)})
		for _, desktop := range []string{"ubuntu:GNOME", "XFCE"} {
			if got := found(map[string]string{"XDG_CURRENT_DESKTOP": desktop}, "https://"+c.target+":443/"); got != c.want {
				t.Errorf("%s: %s", name, got)
			}
		}
	}
	if got := found(map[string]string{"XDG_CURRENT_DESKTOP": "GNOME", "HTTPS_PROXY": "other.example:1"}, "https://portal.example/"); got != "http://other.example:1" {
		t.Errorf("the environment counts more: %s", got)
	}
	if got := found(nil, "https://portal.example/"); got != "direct" {
		t.Errorf("no desktop: %s", got)
	}
	commands(t, nil)
	if got := found(map[string]string{"XDG_CURRENT_DESKTOP": "GNOME"}, "https://portal.example/"); got != "direct" {
		t.Errorf("no gsettings: %s", got)
	}
}

func TestScripts(t *testing.T) {
	const lookup = "call --session --dest org.gtk.GLib.PACRunner --object-path /org/gtk/GLib/PACRunner --method org.gtk.GLib.PACRunner.Lookup -- "
	for name, c := range map[string]struct{ script, answer, want string }{
		"a proxy":          {"http://wpad.example/proxy.pac", "(['http://proxy.example:3128', 'direct://'],)", "http://proxy.example:3128"},
		"direct":           {"http://wpad.example/proxy.pac", "(['direct://'],)", "direct"},
		"SOCKS first":      {"http://wpad.example/proxy.pac", "(['socks5://proxy.example:1080', 'http://proxy.example:3128'],)", "http://proxy.example:3128"},
		"SOCKS only":       {"http://wpad.example/proxy.pac", "(['socks5://proxy.example:1080'],)", ErrScript.Error()},
		"the network's":    {"", "(['http://proxy.example:3128'],)", "http://proxy.example:3128"},
		"nothing":          {"http://wpad.example/proxy.pac", "(@as [],)", ErrScript.Error()},
		"a login in there": {"http://anne:secret@wpad.example/proxy.pac", "(['direct://'],)", ErrScript.Error()},
	} {
		settings := strings.NewReplacer("MODE", "auto", "AUTO", c.script).Replace(gnomeSettings)
		commands(t, map[string]string{"gsettings": printing("list-recursively", settings), "gdbus": printing(lookup+c.script+" https://portal.example:443/", c.answer)})
		if got := found(map[string]string{"XDG_CURRENT_DESKTOP": "GNOME"}, "https://portal.example:443/"); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
	commands(t, map[string]string{"gsettings": printing("list-recursively", strings.ReplaceAll(gnomeSettings, "MODE", "auto"))})
	if got := found(map[string]string{"XDG_CURRENT_DESKTOP": "GNOME"}, "https://portal.example/"); got != ErrScript.Error() {
		t.Errorf("nobody runs scripts: %s", got)
	}
	// Without the script we try, and say why it fails.
	n := New(Config{Proxy: func(*url.URL) (*url.URL, error) { return nil, ErrScript }})
	if _, err := n.DialContext(t.Context(), "tcp", "192.0.2.1:99999"); !errors.Is(err, ErrScript) || err.Error() == ErrScript.Error() {
		t.Errorf("%v", err)
	}
}

func TestKDE(t *testing.T) {
	for name, c := range map[string]struct{ user, administrator, target, want string }{
		"a proxy":              {"[Proxy Settings][$i]\nProxyType=1\nhttpsProxy[$e]=http://proxy.example:3128\n", "", "portal.example", "http://proxy.example:3128"},
		"as of old":            {"[Proxy Settings]\nProxyType=1\nhttpsProxy=http://proxy.example 3128\n", "", "portal.example", "http://proxy.example:3128"},
		"none":                 {"[Proxy Settings]\nProxyType=0\nhttpsProxy=http://proxy.example 3128\n", "", "portal.example", "direct"},
		"another group":        {"[Other]\nProxyType=1\n[Proxy Settings]\nhttpsProxy=http://proxy.example 3128\n", "", "portal.example", "direct"},
		"the list":             {"[Proxy Settings]\nProxyType=1\nhttpsProxy=http://proxy.example:3128\nNoProxyFor=other.example,.intern.example 10.0.0.0/8\n", "", "portal.intern.example", "direct"},
		"not in the list":      {"[Proxy Settings]\nProxyType=1\nhttpsProxy=http://proxy.example:3128\nNoProxyFor=.intern.example\n", "", "portal.example", "http://proxy.example:3128"},
		"local names":          {"[Proxy Settings]\nProxyType=1\nhttpsProxy=http://proxy.example:3128\nNoProxyFor=<local>\n", "", "portal", "direct"},
		"reversed":             {"[Proxy Settings]\nProxyType=1\nhttpsProxy=http://proxy.example:3128\nNoProxyFor=intern.example\nReversedException=true\n", "", "portal.intern.example", "http://proxy.example:3128"},
		"reversed, another":    {"[Proxy Settings]\nProxyType=1\nhttpsProxy=http://proxy.example:3128\nNoProxyFor=intern.example\nReversedException=true\n", "", "portal.example", "direct"},
		"SOCKS":                {"[Proxy Settings]\nProxyType=1\nhttpsProxy=socks://proxy.example:1080\n", "", "portal.example", "direct"},
		"variables":            {"[Proxy Settings]\nProxyType=4\nhttpsProxy=COMPANY_PROXY\nNoProxyFor=COMPANY_DIRECT\n", "", "portal.example", "http://company.example:8080"},
		"an administrator":     {"", "[Proxy Settings]\nProxyType=1\nhttpsProxy=http://proxy.example:3128\n", "portal.example", "http://proxy.example:3128"},
		"the user's own":       {"[Proxy Settings]\nProxyType=0\n", "[Proxy Settings]\nProxyType=1\nhttpsProxy=http://proxy.example:3128\n", "portal.example", "direct"},
		"a script":             {"[Proxy Settings]\nProxyType=2\nProxy Config Script=http://wpad.example/x.pac\n", "", "portal.example", "http://found.example:1"},
		"immutable":            {"[Proxy Settings]\nProxyType=0\nhttpsProxy=http://other.example:1\n", "[Proxy Settings]\nProxyType[$i]=1\nhttpsProxy[$ei]=http://proxy.example:3128\n", "portal.example", "http://proxy.example:3128"},
		"one is immutable":     {"[Proxy Settings]\nProxyType=1\nhttpsProxy=http://other.example:1\n", "[Proxy Settings]\nProxyType[$i]=1\nhttpsProxy[$e]=http://proxy.example:3128\n", "portal.example", "http://other.example:1"},
		"an immutable group":   {"[Proxy Settings]\nProxyType=1\nNoProxyFor=portal.example\n", "[Proxy Settings][$i]\nProxyType=1\nhttpsProxy=http://proxy.example:3128\n", "portal.example", "http://proxy.example:3128"},
		"an immutable file":    {"[Proxy Settings]\nProxyType=0\n", "# ours\n[$i]\n[Proxy Settings]\nProxyType=1\nhttpsProxy=http://proxy.example:3128\n", "portal.example", "http://proxy.example:3128"},
		"another is immutable": {"[Proxy Settings]\nProxyType=0\n", "[Other][$i]\nx[$i]=1\n[Proxy Settings]\nProxyType=1\nhttpsProxy=http://proxy.example:3128\n", "portal.example", "direct"},
		"not understood":       {"[Proxy Settings]\nProxyType=1\nhttpsProxy=http://anne:secret@:1\n", "", "portal.example", ErrSettings.Error()},
	} {
		user, system := t.TempDir(), t.TempDir()
		for folder, text := range map[string]string{user: c.user, system: c.administrator} {
			if err := os.WriteFile(filepath.Join(folder, "kioslaverc"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		commands(t, map[string]string{"gdbus": "echo \"(['http://found.example:1'],)\""})
		environment := map[string]string{"XDG_CURRENT_DESKTOP": "KDE", "XDG_CONFIG_HOME": user, "XDG_CONFIG_DIRS": "relative:" + system,
			"COMPANY_PROXY": "company.example:8080", "COMPANY_DIRECT": "intern.example"}
		if got := found(environment, "https://"+c.target+":443/"); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
	home := t.TempDir()
	if err := os.MkdirAll(filepath.Join(home, ".config"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, ".config/kioslaverc"), []byte("[Proxy Settings]\nProxyType=1\nhttpsProxy=proxy.example:1\n"+strings.Repeat("x", 2*maxSettings)), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := found(map[string]string{"XDG_CURRENT_DESKTOP": "KDE", "HOME": home}, "https://portal.example/"); got != "http://proxy.example:1" {
		t.Errorf("in the home folder: %s", got)
	}
}

// TestCommandsAreBounded: in time and in what they print, children included.
func TestCommandsAreBounded(t *testing.T) {
	path := os.Getenv("PATH")
	commands(t, map[string]string{"slow": "sleep 20 & sleep 20", "long": "while :; do echo 0123456789012345678901234567890123456789; done"})
	t.Setenv("PATH", os.Getenv("PATH")+":"+path)
	for _, program := range []string{"slow", "long"} {
		began := time.Now()
		printed, err := run(300*time.Millisecond, program)
		if err == nil || time.Since(began) > 10*time.Second || len(printed) > maxSettings {
			t.Errorf("%s: %v after %v, %d bytes", program, err, time.Since(began), len(printed))
		}
	}
}

// TestUnreadSettings: nobody goes past a proxy because gsettings was slow, or died; where it says that there are no such settings,
// there are none.
func TestUnreadSettings(t *testing.T) {
	for name, c := range map[string]struct {
		timeout time.Duration
		script  string
		want    error
	}{
		"slow":      {200 * time.Millisecond, "while :; do :; done", ErrUnread},
		"killed":    {settingsTimeout, "kill -9 $$", ErrUnread},
		"no schema": {settingsTimeout, "exit 1", nil},
	} {
		commands(t, map[string]string{"gsettings": c.script})
		d := desktop{getenv: func(string) string { return "GNOME" }, run: func(_ time.Duration, program string, arguments ...string) (string, error) {
			return run(c.timeout, program, arguments...)
		}}
		if got, err := d.choice(); !errors.Is(err, c.want) || got != (choice{}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// TestRealGNOME asks the program that reads GNOME's settings, where there is one, for some that are hard to read.
func TestRealGNOME(t *testing.T) {
	if _, err := run(settingsTimeout, "gsettings", "get", gnomeSchema, "mode"); err != nil {
		t.Skipf("there are no settings of GNOME here: %v", err)
	}
	folder := t.TempDir()
	keyfile := filepath.Join(folder, "glib-2.0/settings/keyfile")
	if err := os.MkdirAll(filepath.Dir(keyfile), 0o700); err != nil {
		t.Fatal(err)
	}
	text := `[system/proxy]
mode='manual'
ignore-hosts=['*.intern.example', "it's, 'so'", '::1/128']
[system/proxy/https]
host='proxy.example'
port=3128
[system/proxy/http]
host='proxy.example'
port=3128
use-authentication=true
authentication-user='anne'
authentication-password='"a\\b\'ü'
`
	if err := os.WriteFile(keyfile, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GSETTINGS_BACKEND", "keyfile")
	t.Setenv("XDG_CONFIG_HOME", folder)
	for target, want := range map[string]string{"portal.example": "http://anne:%22a%5Cb%27%C3%BC@proxy.example:3128", "portal.intern.example": "direct"} {
		if got := found(map[string]string{"XDG_CURRENT_DESKTOP": "GNOME"}, "https://"+target+"/"); got != want {
			t.Errorf("%s: %s", target, got)
		}
	}
}
