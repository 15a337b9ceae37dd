package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/coopnet/coopnet/functions/brand"
	"github.com/coopnet/coopnet/infra/local"
	"github.com/coopnet/coopnet/shared/privatefile"
	"github.com/coopnet/coopnet/web"
)

// ready is the content of the ready file, as of `coopnet serve`.
type ready struct {
	Portal       string `json:"portal"`
	API          string `json:"api"`
	OrganizerKey string `json:"organizerKey"`
	SupportKey   string `json:"supportKey"`
	Relay        string `json:"relay"`
	Media        string `json:"media"`
	Turn         string `json:"turn"`
	Turns        string `json:"turns"`
	PID          int    `json:"pid"`
}

// system is what run puts together.
type system struct {
	cfg      config
	logger   *slog.Logger
	listener net.Listener
	public   string
	secret   string // of TURN
	edition  *local.Edition
	ready    ready
	closers  []func() error
}

// run starts everything, and stops it when ctx ends.
func run(ctx context.Context, cfg config) (err error) {
	s := &system{cfg: cfg, logger: slog.New(slog.NewTextHandler(os.Stderr, nil)), secret: rand.Text() + rand.Text()}
	defer func() {
		for _, c := range slices.Backward(s.closers) {
			err = errors.Join(err, c())
		}
	}()
	starting, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for _, step := range []func(context.Context) error{
		s.openFolder,   // for files of this run
		s.listen,       // the port of portal and API
		s.startEdition, // the database, the files, the functions, the gateway
		s.startRelay,   // a process of its own, which announces itself
		s.announce,     // the ready file, once everything answers
	} {
		if err := step(starting); err != nil {
			return err
		}
	}
	fmt.Println("Coopnet, the cloud edition on this machine:", s.public)
	<-ctx.Done()
	return nil
}

func (s *system) openFolder(context.Context) (err error) {
	if s.cfg.data != "" {
		return os.MkdirAll(s.cfg.data, 0o700)
	}
	s.cfg.data, err = os.MkdirTemp("", "coopnet-cloud-")
	s.closers = append(s.closers, func() error { return os.RemoveAll(s.cfg.data) })
	return err
}

func (s *system) listen(ctx context.Context) (err error) {
	if s.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", s.cfg.listen); err != nil {
		return err
	}
	host, _, err := net.SplitHostPort(s.cfg.listen)
	if err != nil || host == "" {
		host = "localhost"
	}
	_, port, err := net.SplitHostPort(s.listener.Addr().String())
	s.public = "http://" + net.JoinHostPort(host, port)
	return err
}

func (s *system) startEdition(ctx context.Context) error {
	database, endpoint, err := local.StartDynamoDB(s.cfg.folder, os.Stderr)
	if err != nil {
		return err
	}
	s.closers = append(s.closers, func() error { return database.Stop(5 * time.Second) })
	files, buckets, err := local.StartS3(ctx, s.cfg.folder, filepath.Join(s.cfg.data, "s3"), os.Stderr)
	if err != nil {
		return err
	}
	s.closers = append(s.closers, func() error { return files.Stop(5 * time.Second) })
	static := web.Files()
	if _, err := fs.Stat(static, "index.html"); err != nil {
		s.logger.Warn("this program was built without the portal: run `make build`")
		static = nil
	}
	over, err := brandFiles(static, s.cfg.brand)
	if err != nil {
		return err
	}
	s.edition, err = local.Start(ctx, local.Config{
		Folder: s.cfg.folder, Programs: filepath.Join(s.cfg.folder, "bin/functions"), Listener: s.listener, PublicURL: s.public,
		DynamoDB: endpoint, S3: buckets, Static: static, Brand: over, Variables: s.cfg.oidc.variables(),
		Secrets: map[string]string{"TurnSecret": s.secret, "ProviderSecret": s.cfg.oidc.secret},
		Output:  os.Stderr, Logger: s.logger,
	})
	if err != nil {
		return err
	}
	s.closers = append(s.closers, s.edition.Close)
	if s.ready.OrganizerKey, err = s.edition.Key(ctx, "organizer", "local"); err != nil {
		return err
	}
	s.ready.SupportKey, err = s.edition.Key(ctx, "support", "local")
	return err
}

// brandFiles are what `coopnet brand` writes for the bucket.
func brandFiles(static fs.FS, folder string) (map[string][]byte, error) {
	if static == nil || folder == "" {
		return nil, nil
	}
	over, err := brand.Read(folder, static)
	if err != nil {
		return nil, fmt.Errorf("read the brand: %w", err)
	}
	return over, nil
}

// relayID names the relay in its key, which is good for no other.
const relayID = "local"

func (s *system) startRelay(ctx context.Context) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	key, err := s.edition.Key(ctx, "relay", relayID)
	if err != nil {
		return err
	}
	readyFile := filepath.Join(s.cfg.data, "relay.json")
	environment := []string{"COOPNET_TURN_SECRET=" + s.secret, "COOPNET_RELAY_KEY=" + key}
	args := []string{"--id", relayID, "--issuer", s.public, "--jwks", s.public + "/.well-known/jwks.json", "--announce", s.public,
		"--listen", s.cfg.relay, "--media", s.cfg.media, "--turn", s.cfg.turn}
	p, err := local.StartRelay(ctx, filepath.Join(filepath.Dir(program), "relay"), readyFile, environment, args, os.Stderr)
	if err != nil {
		return fmt.Errorf("start the relay (make build makes it): %w", err)
	}
	s.closers = append(s.closers, func() error { return p.Stop(30 * time.Second) })
	text, err := os.ReadFile(readyFile)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &s.ready); err != nil {
		return fmt.Errorf("read the relay's ready file: %w", err)
	}
	s.edition.Connect(s.ready.Relay)
	select {
	case <-s.edition.Heard():
		return nil
	case <-ctx.Done():
		return fmt.Errorf("the relay has not announced itself: %w", ctx.Err())
	}
}

func (s *system) announce(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.public+"/readyz", nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s", answer.Status)
	}
	s.ready.Portal, s.ready.API, s.ready.PID = s.public, s.public+"/api/v1", os.Getpid()
	if s.cfg.readyFile == "" {
		return nil
	}
	text, err := json.MarshalIndent(s.ready, "", "  ")
	if err != nil {
		return fmt.Errorf("render the ready file: %w", err)
	}
	s.closers = append(s.closers, func() error { return privatefile.Remove(s.cfg.readyFile) })
	return privatefile.Write(s.cfg.readyFile, append(text, '\n'))
}
