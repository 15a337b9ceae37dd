package launch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/coopnet/coopnet/shared/problem"
)

const maxPolicy = 16 << 10

// Policy is what the administrator of a workstation has decided.
type Policy struct {
	Portals []Origin // in place of those that are built in; empty: those
	Updates bool     // whether the portal's updates are offered
}

// ReadPolicy reads the policy from a file that only an administrator can have written; trusted says whether that is so.
// Without a file everything is as built. A file that cannot be trusted or understood is an error: to go on without it
// would do what the administrator may have forbidden.
func ReadPolicy(path string, trusted func(*os.File) error) (Policy, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Policy{Updates: true}, nil
	}
	if err != nil {
		return Policy{}, fmt.Errorf("read the policy: %w", err)
	}
	defer f.Close()
	if err := trusted(f); err != nil {
		return Policy{}, fmt.Errorf("the policy %s cannot be trusted: %w", path, err)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxPolicy+1))
	if err != nil {
		return Policy{}, fmt.Errorf("read the policy: %w", err)
	}
	p, err := ParsePolicy(text)
	if err != nil {
		return Policy{}, fmt.Errorf("the policy %s: %w", path, err)
	}
	return p, nil
}

// ParsePolicy reads {"portals":["https://..."],"updates":"portal"} strictly; both members may be absent.
func ParsePolicy(text []byte) (Policy, error) {
	if len(text) > maxPolicy {
		return Policy{}, errors.New("it is too long")
	}
	var file struct {
		Portals []string `json:"portals"`
		Updates string   `json:"updates"`
	}
	if err := problem.Decode(bytes.NewReader(text), &file); err != nil {
		return Policy{}, err
	}
	p := Policy{Updates: true}
	switch file.Updates {
	case "", "portal":
	case "off":
		p.Updates = false
	default:
		return Policy{}, errors.New(`updates is "portal" or "off"`)
	}
	if file.Portals == nil {
		return p, nil
	}
	var err error
	p.Portals, err = parseOrigins(file.Portals)
	return p, err
}

// Origins are the portals that a code may be from.
func (p Policy) Origins() ([]Origin, error) {
	if len(p.Portals) > 0 {
		return p.Portals, nil
	}
	return BuiltIn()
}
