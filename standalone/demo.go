package standalone

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/staff"
	"github.com/coopnet/coopnet/shared/privatefile"
	"github.com/coopnet/coopnet/shared/problem"
)

// firstStart is who made what the first start makes.
const firstStart = "first start"

// keys are the staff keys that the first start makes. They lie in the data folder, so that the terminal commands and
// later starts have them.
type keys struct{ organizer, support string }

func ensureKeys(ctx context.Context, data *folder, domain *staff.Domain) (keys, error) {
	organizer, err := ensureKey(ctx, data.file(OrganizerKeyFile), staff.Organizer, domain)
	if err != nil {
		return keys{}, err
	}
	support, err := ensureKey(ctx, data.file(SupportKeyFile), staff.Support, domain)
	return keys{organizer: organizer, support: support}, err
}

// ensureKey reads the key from its file, or makes both. A key that was revoked stays so: removing its file and
// starting again makes another.
func ensureKey(ctx context.Context, path string, role staff.Role, domain *staff.Domain) (string, error) {
	plain, err := readSecret(path)
	if err != nil {
		return "", err
	}
	draft := staff.Draft{Role: role, Label: firstStart}
	if plain != "" {
		if _, err := domain.Import(ctx, firstStart, draft, plain); err != nil {
			return "", fmt.Errorf("%s does not hold a key (%w): remove the file and start again", path, err)
		}
		return plain, nil
	}
	if _, plain, err = domain.Create(ctx, firstStart, draft); err != nil {
		return "", fmt.Errorf("make the %s key: %w", role, err)
	}
	return plain, privatefile.Write(path, []byte(plain+"\n"))
}

// demo is the conference that a newcomer tries. Its file remembers what the database cannot tell: the password and the
// personal links are stored there as hashes only.
type demo struct {
	Conference     string    `toml:"conference"`
	Name           string    `toml:"name"`
	Password       string    `toml:"password"`
	Presenter      string    `toml:"presenter"` // code of a personal link
	PresenterUntil time.Time `toml:"presenter-until"`
	Organizer      string    `toml:"organizer"` // of another one
	OrganizerUntil time.Time `toml:"organizer-until"`
}

const demoNote = "# How to join the demo conference. The server reads this file at each start and removes it once the demo has ended.\n"

// createDemo makes the demo. Its bridges are examples: the numbers are from ranges reserved for fiction.
func createDemo(ctx context.Context, conferences *conference.Domain) (*demo, error) {
	draft := conference.NewDraft()
	draft.Name = "Demo"
	draft.Title = "Demonstration"
	draft.Welcome = "This conference was made at the first start, to try Coopnet. The telephone numbers are examples."
	draft.Bridges = []conference.Bridge{
		{Kind: conference.BridgeAudio, Label: "Example bridge, Paris", Country: "FR", Number: "+33 1 99 00 12 34", Code: "123 456#"},
		{Kind: conference.BridgeVideo, Label: "Example video bridge", Country: "", Number: "demo@video.example.com", Code: "123 456"},
	}
	c, password, err := conferences.Create(ctx, firstStart, draft)
	if err != nil {
		return nil, fmt.Errorf("make the demo conference: %w", err)
	}
	return &demo{Conference: c.ID, Name: c.Name, Password: password}, nil
}

// ensureDemo returns the demo conference, or nil when it has ended. Only the first start makes one.
func ensureDemo(ctx context.Context, data *folder, conferences *conference.Domain, first bool, now time.Time) (*demo, error) {
	path := data.file(demoFile)
	d, err := readDemo(path)
	if err != nil {
		return nil, err
	}
	if d == nil {
		if !first {
			return nil, nil
		}
		d, err = createDemo(ctx, conferences)
		if hasCode(err, problem.Conflict) { // an earlier first start was cut off: its password is lost
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
	} else if gone, err := conferenceOver(ctx, conferences, d.Conference, now); err != nil {
		return nil, err
	} else if gone {
		return nil, os.Remove(path)
	}
	presenter, err := renewLink(ctx, conferences, d.Conference, conference.Invite{Kind: "internal", Name: "Demo presenter"}, now, &d.Presenter, &d.PresenterUntil)
	if err != nil {
		return nil, err
	}
	organizer, err := renewLink(ctx, conferences, d.Conference, conference.Invite{Kind: "organizer", Name: "Demo organizer"}, now, &d.Organizer, &d.OrganizerUntil)
	if err != nil {
		return nil, err
	}
	if presenter || organizer {
		text, err := toml.Marshal(d)
		if err != nil {
			return nil, fmt.Errorf("render the demo file: %w", err)
		}
		if err := privatefile.Write(path, append([]byte(demoNote), text...)); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// renewLink makes a personal link where there is none that lives for another day: links live for a month.
func renewLink(ctx context.Context, conferences *conference.Domain, id string, in conference.Invite, now time.Time, code *string, until *time.Time) (renewed bool, err error) {
	if !now.Add(24 * time.Hour).After(*until) {
		return false, nil
	}
	invitation, fresh, err := conferences.Invite(ctx, id, in)
	if err != nil {
		return false, fmt.Errorf("make the link of the %s: %w", in.Name, err)
	}
	*code, *until = fresh, invitation.ExpiresAt
	return true, nil
}

func readDemo(path string) (*demo, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read (%w)", path, privatefile.Reason(err))
	}
	var d demo
	if err := toml.Unmarshal(text, &d); err != nil {
		return nil, fmt.Errorf("%s is damaged (%w): remove it", path, err)
	}
	return &d, nil
}

// conferenceOver reports whether the conference has ended, by itself or by somebody, or is forgotten already.
func conferenceOver(ctx context.Context, conferences *conference.Domain, id string, now time.Time) (bool, error) {
	c, err := conferences.Conference(ctx, id)
	if hasCode(err, problem.NotFound) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("read conference %s: %w", id, err)
	}
	return c.Status(now) == conference.StatusEnded, nil
}

func hasCode(err error, code problem.Code) bool {
	var refused *problem.Error
	return errors.As(err, &refused) && refused.Code == code
}
