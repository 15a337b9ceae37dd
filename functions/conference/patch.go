package conference

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/coopnet/coopnet/shared/problem"
)

// Patch is a merge patch (RFC 7396) of a conference's settings. What it sets to null gets its default.
type Patch struct {
	members  map[string]json.RawMessage
	password string // "": stays
}

// ReadPatch reads one. Names of members and kinds of values are checked here, what they say when it is applied.
func ReadPatch(body io.Reader) (*Patch, error) {
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, problem.Wrap(problem.Malformed, "The body could not be read.", err)
	}
	var shape Draft
	if err := problem.Decode(bytes.NewReader(text), &shape); err != nil {
		return nil, err
	}
	p := &Patch{password: shape.Password}
	if err := json.Unmarshal(text, &p.members); err != nil {
		return nil, problem.Wrap(problem.Malformed, "The body is not the JSON object that this call takes.", err)
	}
	if _, ok := p.members["password"]; ok && p.password == "" {
		return nil, invalid("/password", "cannot be taken away; POST to the conference's /password generates one")
	}
	delete(p.members, "password")
	return p, nil
}

// apply returns the settings with the patch.
func (p *Patch) apply(settings Settings) (Draft, error) {
	present, err := document(settings)
	if err != nil {
		return Draft{}, err
	}
	defaults, err := document(NewDraft().Settings)
	if err != nil {
		return Draft{}, err
	}
	if err := merge(present, defaults, p.members); err != nil {
		return Draft{}, err
	}
	text, err := json.Marshal(present)
	if err != nil {
		return Draft{}, fmt.Errorf("encode settings: %w", err)
	}
	var draft Draft
	if err := problem.Decode(bytes.NewReader(text), &draft); err != nil {
		return Draft{}, err
	}
	draft.Password = p.password
	return draft, nil
}

func document(v any) (map[string]json.RawMessage, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode settings: %w", err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return nil, fmt.Errorf("decode settings: %w", err)
	}
	return members, nil
}

// merge is RFC 7396 section 2, with defaults for what is removed: a setting is never absent.
func merge(target, defaults, patch map[string]json.RawMessage) error {
	for name, value := range patch {
		switch {
		case string(value) == "null":
			target[name] = defaults[name]
		case value[0] == '{':
			inner, err := mergeInner(target[name], defaults[name], value)
			if err != nil {
				return err
			}
			target[name] = inner
		default: // a list as a whole too
			target[name] = value
		}
	}
	return nil
}

func mergeInner(target, defaults, patch json.RawMessage) (json.RawMessage, error) {
	var parts [3]map[string]json.RawMessage
	for i, text := range []json.RawMessage{target, defaults, patch} {
		if err := json.Unmarshal(text, &parts[i]); err != nil {
			return nil, fmt.Errorf("decode settings: %w", err)
		}
	}
	if err := merge(parts[0], parts[1], parts[2]); err != nil {
		return nil, err
	}
	return json.Marshal(parts[0])
}
