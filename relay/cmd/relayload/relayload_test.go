package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/relay"
	"github.com/coopnet/coopnet/shared/jointoken"
)

// newRelay starts a relay in this process; its tokens are minted with the key that jwks serves.
func newRelay(t *testing.T, jwks string) string {
	t.Helper()
	keys := jointoken.NewRemote("http://"+jwks+"/jwks.json", http.DefaultClient, time.Now)
	r, err := relay.New(relay.Config{ID: "load", Issuer: "load", Keys: keys, Media: "127.0.0.1:0", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(r.Handler())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), startLimit)
		defer cancel()
		if err := r.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	return server.URL
}

// issuerKeyFile writes a key as openssl does.
func issuerKeyFile(t *testing.T) string {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "issuer.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRunAgainstTheRelay(t *testing.T) {
	for name, cfg := range map[string]Config{
		"frames, GCM, with loss":     {Shape: Frames, Profile: GCM, Loss: 0.05},
		"browser, AES-CM, with loss": {Shape: Browser, Profile: CM, Loss: 0.05},
		"frames, AES-CM":             {Shape: Frames, Profile: CM},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runAgainstTheRelay(t, cfg)
		})
	}
}

func runAgainstTheRelay(t *testing.T, cfg Config) {
	jwks := freeAddress(t)
	url := newRelay(t, jwks)
	cfg.WHIP, cfg.WHEP, cfg.PID = url+"/whip", url+"/whep", os.Getpid()
	cfg.Viewers, cfg.Rooms, cfg.Joins, cfg.Rate, cfg.Duration = 3, 2, 4, 15, 2*time.Second
	cfg.Tokens = TokenConfig{Issuer: "load", RelayID: "load", JWKS: jwks, KeyFile: issuerKeyFile(t)}
	r, err := Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if r.Viewers != 6 || r.Broken > 0 || r.Delay.P50 <= 0 || r.Join.P99 <= 0 || r.Cost.MicrosecondsPerPacket <= 0 {
		t.Errorf("%+v", r)
	}
	if enough := uint64(5 * packetsPerFrame * r.Viewers); r.Packets < enough { // of 30 frames: a busy machine drops behind
		t.Errorf("only %d packets came", r.Packets)
	}
	if recovers := r.Recovered > 0; recovers != (cfg.Loss > 0) {
		t.Errorf("%d packets recovered at a loss of %.2f", r.Recovered, cfg.Loss)
	}
	if r.LossPercent() > cfg.Loss*100/2 { // what is lost again is asked for again
		t.Errorf("%.2f %% lost for good", r.LossPercent())
	}
}

// The measure must not depend on whose relay it is.
func TestRunAgainstTheNaiveRelay(t *testing.T) {
	t.Parallel()
	n, err := newNaive()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(n.handler())
	defer server.Close()
	cfg := Config{
		WHIP: server.URL + "/whip", WHEP: server.URL + "/whep", Viewers: 3, Rooms: 1, Duration: time.Second, Joins: 4,
		Shape: Frames, Profile: GCM, Rate: 15,
	}
	r, err := Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if r.Packets < packetsPerFrame || r.Broken > 0 || r.Delay.P50 <= 0 {
		t.Errorf("%+v", r)
	}
}

func TestARefusalIsReported(t *testing.T) {
	url := newRelay(t, freeAddress(t))
	_, err := Run(t.Context(), Config{WHIP: url + "/whip", WHEP: url + "/whep", Rooms: 1, Duration: time.Second, Rate: 1, Joins: 1, Shape: Frames, Profile: CM})
	if err == nil || !strings.Contains(err.Error(), "token-invalid") && !strings.Contains(err.Error(), "unauthenticated") {
		t.Errorf("%v", err)
	}
}

func TestParse(t *testing.T) {
	for _, bad := range []string{
		"", "--whip x", "--whip x --whep y --stream slow", "--whip x --whep y --srtp none", "--whip x --whep y --viewers -1",
		"--whip x --whep y --rooms 0", "--whip x --whep y --seconds 0", "--whip x --whep y --loss 1", "--whip x --whep y z",
		"--whip x --whep y --rooms 1000 --viewers 1000",
	} {
		if err := parse(&Config{}, strings.Fields(bad)); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
	var cfg Config
	if err := parse(&cfg, strings.Fields("--whip x --whep y --viewers 7 --seconds 1.5 --stream browser --srtp cm --pid 4 --loss 0.1")); err != nil {
		t.Fatal(err)
	}
	if cfg.Viewers != 7 || cfg.Duration != 1500*time.Millisecond || cfg.Shape != Browser || cfg.Profile != CM || cfg.PID != 4 || cfg.Loss != 0.1 {
		t.Errorf("%+v", cfg)
	}
}

func TestTokensFromFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens")
	if err := os.WriteFile(path, []byte("a\n\n b \nc\nd\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tokens, err := newTokens(TokenConfig{ShareFile: path, ViewFile: path}, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := tokens.presenter(1); got != "b" {
		t.Errorf("presenter's token is %q", got)
	}
	if got, _ := tokens.viewer(1, 1); got != "d" {
		t.Errorf("viewer's token is %q", got)
	}
	if _, err := newTokens(TokenConfig{ViewFile: path}, 1, 5); err == nil {
		t.Error("too few tokens were accepted")
	}
}

func TestUsage(t *testing.T) {
	const stat = "7 (a (b) c) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 100 1000 300"
	u, err := parseUsage(stat, "1000 20 5 1 0 9 0\n")
	if err != nil || u.CPU != 3*time.Second || u.RSS != 20*int64(os.Getpagesize()) {
		t.Errorf("%+v, %v", u, err)
	}
	for _, bad := range [][2]string{{"", ""}, {"7 (a) S", "1 2"}, {stat, "1"}, {strings.Replace(stat, "250", "x", 1), "1 2"}} {
		if _, err := parseUsage(bad[0], bad[1]); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestSpread(t *testing.T) {
	var d delays
	if d.spread() != (Spread{}) {
		t.Error("no samples have a spread")
	}
	for n := 1000; n > 0; n-- {
		d.add(time.Duration(n) * time.Millisecond)
	}
	if s := d.spread(); s != (Spread{P50: 501, P99: 990, Max: 1000}) {
		t.Errorf("%+v", s)
	}
}
