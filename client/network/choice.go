package network

import (
	"errors"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpproxy"
)

// Errors of the system's settings. They say nothing of what stands there: that may be a password.
var (
	ErrSettings = errors.New("the proxy of the system's settings is not understood")
	ErrUnread   = errors.New("the system's settings of its proxy cannot be read")
	ErrScript   = errors.New("the system finds its proxy by a script, which cannot be run")
)

// choice is what the environment or a desktop has been told about proxies.
type choice struct {
	server   string // the proxy for HTTPS, as a URL; empty: none
	bypass   string // what goes without it: hosts, with their domains, addresses and networks, with commas between them
	local    bool   // and so do names without a dot
	reversed bool   // only what stands in bypass goes through the proxy
	auto     bool   // a script decides, but for what stands in bypass
	script   string // where it is; empty: the network tells
}

// proxy finds the proxy for HTTPS, or nil.
func (c choice) proxy(target *url.URL) (*url.URL, error) {
	if c.server == "" {
		return nil, nil
	}
	server, err := parseProxy(c.server)
	if err != nil {
		return nil, err
	}
	if direct, err := c.direct(target); err != nil || direct {
		return nil, err
	}
	return server, nil
}

// direct reports whether a target goes without the proxy.
func (c choice) direct(target *url.URL) (bool, error) {
	if c.local && !c.reversed && !strings.ContainsAny(target.Hostname(), ".:") {
		return true, nil
	}
	listed := httpproxy.Config{HTTPSProxy: "http://proxy.invalid", NoProxy: c.bypass}
	through, err := listed.ProxyFunc()(target) // nil: it stands in the list
	return (through == nil) != c.reversed, err
}

// parseProxy reads a proxy's URL, whose scheme may be missing. What is no proxy is an error, not a direct connection.
func parseProxy(text string) (*url.URL, error) {
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || strings.HasSuffix(u.Host, ":") {
		return nil, ErrSettings // the cause would name the login
	}
	return &url.URL{Scheme: strings.ToLower(u.Scheme), User: u.User, Host: u.Host}, nil
}

// domains makes a list as httpproxy reads it: there, and on no desktop, "*.example.com" leaves example.com itself out.
func domains(entries []string) string {
	var list []string
	for _, entry := range entries {
		entry = strings.TrimSpace(entry)
		if entry != "*" {
			entry = strings.TrimPrefix(entry, "*")
		}
		entry = strings.TrimPrefix(entry, ".")
		if entry != "" && !strings.ContainsRune(entry, ',') {
			list = append(list, entry)
		}
	}
	return strings.Join(list, ",")
}
