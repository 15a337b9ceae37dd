package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"flag"
	"log/slog"
	"math"
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
		"frames, GCM, with loss":     {Stream: Stream{Shape: Frames}, Profile: GCM, Loss: 0.05},
		"browser, AES-CM, with loss": {Stream: Stream{Shape: Browser}, Profile: CM, Loss: 0.05},
		"frames, AES-CM":             {Stream: Stream{Shape: Frames}, Profile: CM},
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
	cfg.Viewers, cfg.Rooms, cfg.Joins, cfg.Rate, cfg.Packets, cfg.Duration = 3, 2, 4, 15, 12, 2*time.Second
	cfg.Tokens = TokenConfig{Issuer: "load", RelayID: "load", JWKS: jwks, KeyFile: issuerKeyFile(t)}
	r, err := Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if r.Viewers != 6 || r.Broken > 0 || r.Delay.P50 <= 0 || r.Join.P99 <= 0 || r.Cost.MicrosecondsPerPacket <= 0 {
		t.Errorf("%+v", r)
	}
	if enough := uint64(5 * cfg.Packets * r.Viewers); r.Packets < enough { // of 30 frames: a busy machine drops behind
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
		Stream: Stream{Shape: Frames, Rate: 15, Packets: 12}, Profile: GCM,
	}
	r, err := Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if r.Packets < uint64(cfg.Packets) || r.Broken > 0 || r.Delay.P50 <= 0 {
		t.Errorf("%+v", r)
	}
}

func TestARefusalIsReported(t *testing.T) {
	url := newRelay(t, freeAddress(t))
	_, err := Run(t.Context(), Config{WHIP: url + "/whip", WHEP: url + "/whep", Rooms: 1, Duration: time.Second, Joins: 1, Stream: Stream{Shape: Frames, Rate: 1, Packets: 1}, Profile: CM})
	if err == nil || !strings.Contains(err.Error(), "token-invalid") && !strings.Contains(err.Error(), "unauthenticated") {
		t.Errorf("%v", err)
	}
}

func TestParse(t *testing.T) {
	const relay = "--whip x --whep y "
	for _, bad := range []string{
		"", "--whip x", relay + "--stream slow", relay + "--srtp none", relay + "--viewers -1", relay + "--rooms 0", relay + "--seconds 0",
		relay + "--loss 1", relay + "z", relay + "--rooms 1000 --viewers 1000", relay + "--rooms 1000 --viewers 9223372036854775807",
		relay + "--seconds NaN", relay + "--seconds 1e300", relay + "--rate NaN", relay + "--rate 0", relay + "--rate 1e12", relay + "--loss NaN",
		relay + "--packets 0", relay + "--packets 1000", relay + "--pid -1", relay + "--joins 0", relay + "--issuer i", relay + "--relay-id r",
		relay + "--key k", relay + "--jwks localhost:1", relay + "--issuer i --relay-id r", relay + "--nonsense",
	} {
		var out strings.Builder
		if err := parse(&Config{}, strings.Fields(bad), &out); err == nil || out.Len() > 0 {
			t.Errorf("%q: %v, and printed %q", bad, err, &out)
		}
	}
	var cfg Config
	var out strings.Builder
	if err := parse(&cfg, strings.Fields(relay+"--viewers 7 --seconds 1.5 --stream browser --srtp cm --pid 4 --loss 0.1 --packets 6"), &out); err != nil {
		t.Fatal(err)
	}
	if cfg.Viewers != 7 || cfg.Duration != 1500*time.Millisecond || cfg.Stream != (Stream{Browser, 15, 6}) || cfg.Profile != CM || cfg.PID != 4 || cfg.Loss != 0.1 {
		t.Errorf("%+v", cfg)
	}
	if err := parse(&cfg, []string{"--help"}, &out); !errors.Is(err, flag.ErrHelp) || !strings.Contains(out.String(), "-whip URL") {
		t.Errorf("%v, help is %q", err, &out)
	}
}

func TestFramesKeepTheBeat(t *testing.T) {
	for name, tt := range map[string]struct{ now, want time.Duration }{
		"in time":                {100, 110},
		"a little late":          {115, 110},
		"an interval late":       {119, 110},
		"many intervals late":    {157, 150},
		"exactly at a beat":      {150, 150},
		"before it was due":      {95, 110},
		"as late as the next is": {110, 110},
	} {
		if got := following(100, 10, tt.now); got != tt.want {
			t.Errorf("%s: the next frame is due at %d, want %d", name, got, tt.want)
		}
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
	near := func(got, want float64) bool { return math.Abs(got-want) < want/100 }
	if s := d.spread(); !near(s.P50, 501) || !near(s.P99, 990) || s.Max != 1000 {
		t.Errorf("%+v", s)
	}
	d.reset()
	d.add(-time.Second) // clocks do not run backwards, but nothing breaks
	if s := d.spread(); s.P50 != 0 || s.Max != 0 {
		t.Errorf("%+v", s)
	}
	d.add(1000 * time.Hour)
	if s := d.spread(); s.Max != 3.6e9 {
		t.Errorf("%+v", s)
	}
}

func TestBucketsFollowEachOther(t *testing.T) {
	last := -1
	for us := range 1 << 16 {
		n := bucketOf(time.Duration(us) * time.Microsecond)
		if n != last && n != last+1 {
			t.Fatalf("%d us is in bucket %d after %d", us, n, last)
		}
		if m := middle(n); math.Abs(m-float64(us)) > float64(us)/2/fine {
			t.Fatalf("%d us counts as %.1f", us, m)
		}
		last = n
	}
}
