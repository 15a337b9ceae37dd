// Package brand is whose portal it is: a name, colours and a logo from a folder that the operator keeps. What is wrong with
// them is said at the start, and both editions serve the same files of it.
package brand

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// File is what the folder must have.
	File = "brand.json"

	maxFile    = 16 << 10
	maxName    = 60
	maxShort   = 24
	maxContact = 200
)

// Brand is what has been read and found right.
type Brand struct {
	settings settings
	palette  palette
	logo     *logo // nil: the portal's own mark
}

// settings is the file, as the operator writes it.
type settings struct {
	Name           string  `json:"name"`
	ShortName      string  `json:"shortName"`
	Colours        colours `json:"colours"`
	Logo           string  `json:"logo"`
	SupportContact string  `json:"supportContact"`
	TermsURL       string  `json:"termsUrl"`
	PrivacyURL     string  `json:"privacyUrl"`
}

// Load reads the folder. Its errors name the file and the key, for a terminal.
func Load(folder fs.FS) (*Brand, error) {
	text, err := read(folder, File, maxFile)
	if err != nil {
		return nil, err
	}
	var s settings
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		return nil, fmt.Errorf("%s: %w", File, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: there is more than one object", File)
	}
	if s.ShortName == "" {
		s.ShortName = s.Name
	}
	for _, c := range []struct {
		key   string
		wrong error
	}{
		{"name", words(s.Name, maxName, true)},
		{"shortName", words(s.ShortName, maxShort, true)},
		{"supportContact", words(s.SupportContact, maxContact, false)},
		{"termsUrl", address(s.TermsURL)},
		{"privacyUrl", address(s.PrivacyURL)},
	} {
		if c.wrong != nil {
			return nil, fmt.Errorf("%s: %s: %w", File, c.key, c.wrong)
		}
	}
	b := &Brand{settings: s}
	if b.palette, err = s.Colours.palette(); err != nil {
		return nil, fmt.Errorf("%s: colours: %w", File, err)
	}
	if b.logo, err = loadLogo(folder, s.Logo); err != nil {
		return nil, err
	}
	return b, nil
}

// read refuses what is larger without reading it.
func read(folder fs.FS, name string, limit int64) ([]byte, error) {
	file, err := folder.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", name, cause(err))
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", name, cause(err))
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("%s has more than %d KiB", name, limit>>10)
	}
	return content, nil
}

// cause leaves out the path, which the sentence names already.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

func words(text string, limit int, required bool) error {
	switch {
	case text == "" && required:
		return errors.New("must not be empty")
	case !utf8.ValidString(text):
		return errors.New("is not UTF-8")
	case utf8.RuneCountInString(text) > limit:
		return fmt.Errorf("has more than %d characters", limit)
	case strings.TrimSpace(text) != text:
		return errors.New("begins or ends with a space")
	case strings.ContainsFunc(text, hidden):
		return errors.New("has a character that cannot be seen")
	}
	return nil
}

// hidden is what changes a text without being seen: control characters, and those that turn its direction.
func hidden(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }

func address(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return fmt.Errorf("%q is not an address such as https://www.example.com/terms", text)
	}
	return nil
}
