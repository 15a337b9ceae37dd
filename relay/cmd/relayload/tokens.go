package main

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coopnet/coopnet/shared/jointoken"
)

const (
	tokenLifetime = 2 * time.Minute
	maxTokenLine  = 8 << 10 // bytes
)

// tokens hands out one join token for each participant. The zero value is for a relay that wants none.
type tokens struct {
	share, view []string // from files; used up front to back
	viewers     int      // in each room: which view token is whose
	minter      *minter
}

// minter signs join tokens as the issuer does.
type minter struct {
	key    jointoken.Key
	config TokenConfig
	run    string // makes the tokens of two runs differ
	minted atomic.Uint64
}

func newTokens(cfg TokenConfig, rooms, viewers int) (*tokens, error) {
	t := &tokens{viewers: viewers}
	var err error
	if t.share, err = readTokens(cfg.ShareFile, rooms); err != nil {
		return nil, err
	}
	if t.view, err = readTokens(cfg.ViewFile, rooms*viewers); err != nil {
		return nil, err
	}
	if cfg.Issuer == "" {
		return t, nil
	}
	m := &minter{config: cfg, run: rand.Text()}
	if m.key, err = issuerKey(cfg.KeyFile); err != nil {
		return nil, err
	}
	t.minter = m
	return t, nil
}

// readTokens reads one token a line. An empty path is no error: no tokens.
func readTokens(path string, need int) ([]string, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read join tokens: %w", err)
	}
	defer f.Close()
	var list []string
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxTokenLine)
	for lines.Scan() {
		if line := strings.TrimSpace(lines.Text()); line != "" {
			list = append(list, line)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read join tokens: %w", err)
	}
	if len(list) < need {
		return nil, fmt.Errorf("%s has %d join tokens, %d are needed", path, len(list), need)
	}
	return list, nil
}

// issuerKey reads a key as `openssl genpkey -algorithm ed25519` writes it.
func issuerKey(path string) (jointoken.Key, error) {
	if path == "" {
		return jointoken.NewKey(rand.Reader)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return jointoken.Key{}, fmt.Errorf("read issuer key: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return jointoken.Key{}, fmt.Errorf("read issuer key: %s is not PEM", path)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return jointoken.Key{}, fmt.Errorf("read issuer key: %w", err)
	}
	private, ok := key.(ed25519.PrivateKey)
	if !ok {
		return jointoken.Key{}, errors.New("read issuer key: it is not an Ed25519 key")
	}
	return jointoken.KeyFromSeed(private.Seed())
}

// presenter returns the token with which room's screen is shared.
func (t *tokens) presenter(room int) (string, error) {
	if t.share != nil {
		return t.share[room], nil
	}
	return t.mint(room, fmt.Sprintf("presenter-%d", room), jointoken.Share)
}

// viewer returns the token of room's n-th viewer.
func (t *tokens) viewer(room, n int) (string, error) {
	if t.view != nil {
		return t.view[room*t.viewers+n], nil
	}
	return t.mint(room, fmt.Sprintf("viewer-%d-%d", room, n), jointoken.View)
}

// mint makes a token that was not there before.
func (t *tokens) mint(room int, participant string, may jointoken.Permission) (string, error) {
	if t.minter == nil {
		return "", nil
	}
	m, now := t.minter, time.Now()
	return jointoken.Sign(m.key, jointoken.Claims{
		Issuer: m.config.Issuer, Audience: m.config.RelayID, Subject: participant, ID: fmt.Sprintf("%s-%d", m.run, m.minted.Add(1)),
		Conference: fmt.Sprintf("load-%s-%d", m.run, room), Name: participant, Role: jointoken.RoleGuest,
		Permissions: []jointoken.Permission{may}, IssuedAt: now, NotBefore: now, Expires: now.Add(tokenLifetime),
	})
}

// serve publishes the key where the relay looks for it, until the returned function is called.
func (t *tokens) serve(address string) (stop func(), err error) {
	if t.minter == nil || address == "" {
		return func() {}, nil
	}
	document, err := json.Marshal(jointoken.NewJWKS(t.minter.key))
	if err != nil {
		return nil, fmt.Errorf("render key set: %w", err)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("serve key set: %w: choose another address with --jwks, and tell the relay", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /jwks.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(document)
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(listener) }()
	return func() {
		_ = server.Shutdown(context.Background())
		<-done
	}, nil
}
