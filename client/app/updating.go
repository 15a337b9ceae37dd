package app

import (
	"context"
	"crypto/ed25519"
	"errors"
	"path/filepath"
	"strings"
	"time"

	"github.com/coopnet/coopnet/client/launch"
	"github.com/coopnet/coopnet/client/text"
	"github.com/coopnet/coopnet/client/update"
	"github.com/coopnet/coopnet/client/window"
	"github.com/coopnet/coopnet/shared/release"
)

const (
	updatePatience = 3 * time.Second // nobody waits longer for the news of an update
	longestVersion = 20
	yes            = "yes"
	no             = "no"
)

// Updates is how the software replaces itself.
type Updates struct {
	Allowed    bool // by the administrator, and the installation is the user's own to replace
	Publishers []ed25519.PublicKey
	Folder     string
	Platform   string // as the catalogue names the kind that is installed; "" is the software's own platform
	// Start starts the installer and returns once it has taken over. ErrByHand where the user has to.
	Start func(ctx context.Context, path string) error
}

// possible: otherwise nothing is offered.
func (u Updates) possible() bool { return u.Allowed && len(u.Publishers) > 0 && u.Folder != "" }

// ErrByHand is an update that the user has to install; the file lies at Path.
type ErrByHand struct{ Path string }

func (e *ErrByHand) Error() string { return "the update has to be installed by the user" }

// updateError is an update that did not work.
type updateError struct{ cause error }

func (u *updateError) Error() string { return "update: " + u.cause.Error() }
func (u *updateError) Unwrap() error { return u.cause }

// tooOld is a version that the administrator has to replace.
type tooOld struct{ needed string }

func (t *tooOld) Error() string {
	return "version " + t.needed + " is needed, and may not be installed from here"
}

// offerUpdate looks for a newer version before the code is redeemed, so that it stays good. Whatever fails here keeps
// nobody from joining.
func (a *app) offerUpdate(ctx context.Context) error {
	if !a.Updates.possible() {
		return nil
	}
	if found := a.newest(ctx, a.Origins...); found != nil {
		return a.mayUpdate(ctx, *found)
	}
	return nil
}

// kind is what the catalogue calls what is installed here.
func (a *app) kind() string {
	if a.Updates.Platform != "" {
		return a.Updates.Platform
	}
	return a.Platform
}

// newest is the newer version of what is installed here that the first of the portals has; nil where none has one.
func (a *app) newest(ctx context.Context, portals ...launch.Origin) *update.Release {
	asking, cancel := context.WithTimeout(ctx, updatePatience)
	defer cancel()
	client := a.Network.Client()
	defer client.CloseIdleConnections()
	for _, o := range portals {
		found, err := update.Ask(asking, client, string(o), a.kind(), a.Version)
		if err != nil || found == nil {
			continue
		}
		m, err := update.Check(*found, a.Updates.Publishers, a.kind(), a.Version, a.Now())
		if err != nil {
			a.Logger.Warn("an update is not offered", "version", found.Version, "error", err)
			continue
		}
		found.Version = m.Version
		return found
	}
	return nil
}

// mayUpdate offers a version without which one can join as well.
func (a *app) mayUpdate(ctx context.Context, r update.Release) error {
	err := a.ask(ctx, r, a.words.Message.Update, a.words.Message.UpdateNot)
	switch {
	case errors.Is(err, errUpdated), ctx.Err() != nil:
		return err
	case err == nil, errors.Is(err, errDeclined):
		return nil
	}
	a.Logger.Warn("an update did not work", "error", err)
	_, err = a.Windows.Message(ctx, window.Message{Text: a.explain(err)})
	return err
}

// mustUpdate is for a version that is too old to join with what the portal says.
func (a *app) mustUpdate(ctx context.Context, portal launch.Origin, r update.Release) error {
	if !a.Updates.possible() {
		return &tooOld{r.Version}
	}
	if a.kind() != a.Platform { // the portal knows the platform, and offers what is made for an administrator
		found := a.newest(ctx, portal)
		if found == nil || release.Compare(found.Version, needed(r)) < 0 {
			return &tooOld{r.Version}
		}
		r = *found
	}
	if err := a.ask(ctx, r, a.words.Message.UpdateMust, a.words.Message.Cancel); err != nil {
		return err
	}
	return errDeclined
}

// needed is the first version that may join.
func needed(r update.Release) string {
	if !release.ValidVersion(r.MinimumVersion) {
		return r.Version
	}
	return r.MinimumVersion
}

// ask offers a release and installs it; nil is the user's no.
func (a *app) ask(ctx context.Context, r update.Release, question, not string) error {
	answer, err := a.Windows.Message(ctx, window.Message{Text: text.Fill(question, "version", text.Foreign(r.Version, longestVersion)),
		Buttons: []window.Answer{{ID: no, Label: not}, {ID: yes, Label: a.words.Message.UpdateNow}}})
	if err != nil || answer != yes {
		return err
	}
	m, err := update.Check(r, a.Updates.Publishers, a.kind(), a.Version, a.Now())
	if err != nil {
		return &updateError{err}
	}
	path, err := a.fetch(ctx, r.URL, m)
	if err != nil {
		return err
	}
	if err := a.Updates.Start(ctx, path); err != nil {
		return &updateError{err}
	}
	if _, err := a.Windows.Message(ctx, window.Message{Text: a.said.Updated}); err != nil {
		return err
	}
	return errUpdated
}

// fetch downloads a release, and shows how far it is; errDeclined when the user does not want to wait.
func (a *app) fetch(ctx context.Context, address string, m release.Manifest) (string, error) {
	what := text.Fill(a.words.Message.Fetching, "version", m.Version)
	shown, err := a.Windows.Progress(what)
	if err != nil {
		return "", err
	}
	fetching, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-shown.Pressed():
			cancel(errDeclined)
		case <-fetching.Done():
		}
	}()
	client := a.Network.Downloads()
	defer client.CloseIdleConnections()
	told := a.Now()
	path, err := update.Fetch(fetching, client, address, m, a.Updates.Folder, func(have int64) {
		if now := a.Now(); now.Sub(told) > 100*time.Millisecond {
			told = now
			shown.Update(what, float64(have)/float64(m.Size))
		}
	})
	declined := errors.Is(context.Cause(fetching), errDeclined) // before the window is closed: that counts as pressed
	switch err := errors.Join(err, shown.Close()); {
	case declined:
		return "", errDeclined
	case err != nil:
		return "", &updateError{err}
	}
	return path, nil
}

// own reports whether a program is the user's own to replace. On Windows it may be an administrator's, for all users: an
// installer for one user would put a second one beside it.
func own(goos, program, folder string) bool {
	if goos != "windows" {
		return true
	}
	at := strings.ToLower(filepath.Clean(program))
	return strings.HasPrefix(at, strings.ToLower(filepath.Clean(folder))+string(filepath.Separator))
}

// packaged is where Debian's package puts the program.
const packaged = "/usr/bin/coopnet-client"

// installed is the kind of package that has brought a program: on Linux one that lies elsewhere is of a tarball.
func installed(goos, goarch, program string) string {
	if goos == "linux" && program != packaged {
		return "linuxtar-" + goarch
	}
	return goos + "-" + goarch
}
