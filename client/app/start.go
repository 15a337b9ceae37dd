package app

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"github.com/coopnet/coopnet/client/encode"
	"github.com/coopnet/coopnet/client/encode/vpx"
	"github.com/coopnet/coopnet/client/launch"
	"github.com/coopnet/coopnet/client/network"
	"github.com/coopnet/coopnet/client/share"
	"github.com/coopnet/coopnet/client/text"
	"github.com/coopnet/coopnet/client/update"
	"github.com/coopnet/coopnet/client/window"
)

// Terminal is what the process was started with.
type Terminal struct {
	Arguments []string
	Getenv    func(string) string
	Err       io.Writer
	Version   string
}

// Start puts the software together for this machine, and runs it.
func Start(ctx context.Context, t Terminal) error {
	logger := slog.New(slog.NewTextHandler(t.Err, &slog.HandlerOptions{Level: level(t.Getenv)}))
	language := text.Language()
	platform, err := OpenPlatform(text.For(language))
	if err != nil {
		a := newApp(Config{Language: language})
		return errors.Join(err, alert(ctx, a.unseen(err)))
	}
	defer platform.Close()
	origins, updates, err := decided()
	if err != nil {
		_, sayErr := platform.Windows.Message(ctx, window.Message{Text: text.EndingsFor(language).Policy})
		return errors.Join(err, sayErr)
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	proxied := logins{ctx: ctx, windows: platform.Windows}
	return Run(ctx, Config{
		Arguments: t.Arguments, Version: t.Version, Platform: runtime.GOOS + "-" + runtime.GOARCH, Origins: origins, Updates: updates,
		Network: network.New(network.Config{Proxy: network.System(t.Getenv), Stored: network.Stored, Ask: proxied.ask}), Windows: platform.Windows, Desktop: platform.Desktop,
		Code: Code, Codecs: []string{string(encode.VP9), string(encode.VP8)}, Language: language,
		Now: time.Now, Random: rand.Uint32, Logger: logger,
	})
}

// Code codes text with libvpx.
func Code(codec string, bitrate int) (share.Coder, error) {
	return share.Text(func(size image.Point, bits int) (encode.Encoder, error) {
		return vpx.New(encode.Codec(codec), vpx.Config{Size: size, Bitrate: bits, Threads: threads(size, runtime.NumCPU())})
	}, bitrate), nil
}

// threads is how many an encoder needs to be in time, of those that there are: one costs least, and encodes full HD.
func threads(size image.Point, processors int) int {
	wanted := 1
	switch pixels := size.X * size.Y; {
	case pixels >= 8_000_000:
		wanted = 4
	case pixels >= 3_000_000:
		wanted = 2
	}
	return max(1, min(wanted, processors))
}

// level: what is said on a terminal is little, unless somebody looks for a fault.
func level(getenv func(string) string) slog.Level {
	if getenv("COOPNET_CLIENT_LOG") == "info" {
		return slog.LevelInfo
	}
	return slog.LevelWarn
}

// decided is what the administrator has decided, or was built in.
func decided() ([]launch.Origin, Updates, error) {
	policy, err := launch.ReadPolicy(launch.PolicyPath(), launch.Administered)
	if err != nil {
		return nil, Updates{}, err
	}
	origins, err := policy.Origins()
	if err != nil {
		return nil, Updates{}, err
	}
	updates, err := updates(policy)
	return origins, updates, err
}

func updates(p launch.Policy) (Updates, error) {
	publishers, err := update.Publishers()
	if err != nil {
		return Updates{}, fmt.Errorf("read the publishers' keys: %w", err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return Updates{}, nil // nowhere to keep one
	}
	program, err := os.Executable()
	if err != nil {
		return Updates{}, nil // nobody knows whose it is
	}
	return Updates{Allowed: p.Updates && own(runtime.GOOS, program, cache), Publishers: publishers, Folder: filepath.Join(cache, "coopnet-client", "updates"),
		Platform: installed(runtime.GOOS, runtime.GOARCH, program), Start: install}, nil
}

// install starts the installer. On Windows it replaces this program, which ends meanwhile.
func install(ctx context.Context, path string) error {
	command, ok := update.Command(runtime.GOOS, path)
	if !ok {
		return &ErrByHand{path}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := exec.Command(command[0], command[1:]...).Start(); err != nil { // it outlives this process
		return fmt.Errorf("start the installer: %w", err)
	}
	return nil
}
