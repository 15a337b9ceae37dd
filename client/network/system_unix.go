//go:build !windows

package network

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	settingsTimeout = 3 * time.Second  // of a command that reads the desktop's settings
	scriptTimeout   = 10 * time.Second // of the desktop, which may have to fetch the script first
	maxSettings     = 256 << 10        // bytes
)

// System returns the proxy that the environment names (HTTPS_PROXY, NO_PROXY), as other programs take it, or that of the
// desktop's settings where the environment names none.
func System(getenv func(string) string) func(*url.URL) (*url.URL, error) {
	environment := fromEnvironment(getenv)
	d := desktop{getenv: getenv, run: run}
	return func(target *url.URL) (*url.URL, error) {
		if environment.server != "" {
			return environment.proxy(target)
		}
		c, err := d.choice()
		if err != nil {
			return nil, err
		}
		if !c.auto {
			return c.proxy(target)
		}
		if direct, err := c.direct(target); err != nil || direct {
			return nil, err
		}
		return d.ask(c.script, target)
	}
}

func fromEnvironment(getenv func(string) string) choice {
	first := func(names ...string) string {
		for _, name := range names {
			if value := getenv(name); value != "" {
				return value
			}
		}
		return ""
	}
	proxy := first("HTTPS_PROXY", "https_proxy")
	if all := first("ALL_PROXY", "all_proxy"); proxy == "" && strings.HasPrefix(all, "http") { // often it is one by SOCKS
		proxy = all
	}
	return choice{server: proxy, bypass: first("NO_PROXY", "no_proxy")}
}

// desktop is the session's. Its settings may change while the software runs, so they are read each time, see proxies.
type desktop struct {
	getenv func(string) string
	run    func(timeout time.Duration, program string, arguments ...string) (printed string, err error)
}

// choice reads the settings of the desktop that the session is of; GNOME's are those of all that are built on its libraries.
func (d desktop) choice() (choice, error) {
	for name := range strings.SplitSeq(d.getenv("XDG_CURRENT_DESKTOP"), ":") {
		if strings.EqualFold(name, "KDE") {
			return kde(d.getenv, d.kdeFiles()), nil
		}
	}
	if d.getenv("XDG_CURRENT_DESKTOP") == "" {
		return choice{}, nil
	}
	printed, err := d.run(settingsTimeout, "gsettings", "list-recursively", gnomeSchema)
	var ended *exec.ExitError
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.As(err, &ended) && ended.Exited():
		return choice{}, nil // a desktop without such settings
	case err != nil: // there may be a proxy
		return choice{}, fmt.Errorf("%w: run gsettings: %w", ErrUnread, err)
	}
	return gnome(printed), nil
}

func (d desktop) kdeFiles() (files []string) {
	folders := []string{d.getenv("XDG_CONFIG_HOME")}
	if folders[0] == "" {
		folders[0] = filepath.Join(d.getenv("HOME"), ".config")
	}
	system := d.getenv("XDG_CONFIG_DIRS")
	if system == "" {
		system = "/etc/xdg"
	}
	for _, folder := range append(folders, filepath.SplitList(system)...) {
		if !filepath.IsAbs(folder) {
			continue // XDG Base Directory Specification: to be ignored
		}
		if text, err := readBounded(filepath.Join(folder, "kioslaverc")); err == nil {
			files = append(files, text)
		}
	}
	return files
}

func readBounded(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxSettings))
	return string(text), err
}

// ask has the desktop run a script: the service of GLib does so for all programs of the session (org.gtk.GLib.PACRunner). A
// script is a program, which the software does not run itself.
func (d desktop) ask(script string, target *url.URL) (*url.URL, error) {
	if u, err := url.Parse(script); err != nil || u.User != nil { // other users read command lines
		return nil, ErrScript
	}
	const object = "/org/gtk/GLib/PACRunner"
	printed, err := d.run(scriptTimeout, "gdbus", "call", "--session", "--dest", "org.gtk.GLib.PACRunner", "--object-path", object,
		"--method", "org.gtk.GLib.PACRunner.Lookup", "--", script, target.String())
	if err != nil {
		return nil, ErrScript
	}
	for _, proxy := range variants(printed) {
		switch scheme, _, _ := strings.Cut(proxy, "://"); scheme {
		case "direct":
			return nil, nil
		case "http", "https":
			return parseProxy(proxy)
		}
	}
	return nil, ErrScript
}

// run runs a command and returns what it prints, up to a limit. It is killed when it takes too long.
func run(timeout time.Duration, program string, arguments ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	command := exec.CommandContext(ctx, program, arguments...)
	command.Env = append(os.Environ(), "LC_ALL=C.UTF-8") // what it prints
	command.WaitDelay = time.Second                      // a child of it may hold its output
	var printed printed
	command.Stdout = &printed
	err := command.Run()
	return printed.String(), err
}

// printed keeps the beginning of what a command prints.
type printed struct{ strings.Builder }

func (p *printed) Write(b []byte) (int, error) {
	p.Builder.Write(b[:min(len(b), maxSettings-p.Len())])
	return len(b), nil
}
