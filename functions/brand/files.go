package brand

import (
	"encoding/json"
	"fmt"
	"html"
	"io/fs"
	"os"
	"strings"
)

// described is what the portal's script, and others, are told: /brand.json.
type described struct {
	Name           string  `json:"name"`
	ShortName      string  `json:"shortName"`
	Logo           *placed `json:"logo,omitempty"`
	SupportContact string  `json:"supportContact,omitempty"`
	TermsURL       string  `json:"termsUrl,omitempty"`
	PrivacyURL     string  `json:"privacyUrl,omitempty"`
}

// placed is an image and its proportions.
type placed struct {
	URL    string `json:"url"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

// Read reads the brand in a folder, and gives the files of the portal that it replaces, as Files does.
func Read(folder string, portal fs.FS) (map[string][]byte, error) {
	b, err := Load(os.DirFS(folder))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", folder, err)
	}
	index, err := fs.ReadFile(portal, "index.html")
	if err != nil {
		return nil, fmt.Errorf("this program was built without the portal: run `make build`")
	}
	return b.Files(index)
}

// Files are those of the portal that the brand replaces, by their path without the leading slash. index is the portal's
// own index.html.
func (b *Brand) Files(index []byte) (map[string][]byte, error) {
	about, err := b.describe()
	if err != nil {
		return nil, err
	}
	page, err := b.page(string(index), string(about))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{"index.html": []byte(page), "brand.json": about, "brand.css": []byte(b.style())}
	if b.logo != nil {
		files[b.logo.name] = b.logo.content
	}
	return files, nil
}

func (b *Brand) describe() ([]byte, error) {
	s := b.settings
	d := described{Name: s.Name, ShortName: s.ShortName, SupportContact: s.SupportContact, TermsURL: s.TermsURL, PrivacyURL: s.PrivacyURL}
	if b.logo != nil {
		d.Logo = &placed{URL: "/" + b.logo.name, Width: b.logo.width, Height: b.logo.height}
	}
	return json.Marshal(d)
}

func (b *Brand) style() string {
	var css strings.Builder
	css.WriteString(":root {\n")
	for _, p := range b.palette {
		fmt.Fprintf(&css, "  --brand-%s: %s;\n", p.name, p.value)
	}
	css.WriteString("}\n")
	return css.String()
}

// page says in index.html what must not change before the reader's eyes: the tab's title and picture, the colour of the
// browser's own bar, and what /brand.json says.
func (b *Brand) page(index, about string) (string, error) {
	name := html.EscapeString(b.settings.ShortName)
	type edit struct{ from, to string }
	edits := []edit{
		{"<title>Coopnet</title>", "<title>" + name + "</title>"},
		{`name="application-name" content="Coopnet"`, `name="application-name" content="` + name + `"`},
		{`name="brand" content="{}"`, `name="brand" content="` + html.EscapeString(about) + `"`},
	}
	if b.logo != nil {
		edits = append(edits, edit{`href="/favicon.svg" type="image/svg+xml"`, fmt.Sprintf(`href="/%s" type="%s"`, b.logo.name, b.logo.kind)})
	}
	for _, p := range b.palette {
		switch p.name {
		case "band":
			edits = append(edits, edit{`media="(prefers-color-scheme: light)" content="#e3e8eb"`, `media="(prefers-color-scheme: light)" content="` + p.value + `"`})
		case "band-dark":
			edits = append(edits, edit{`media="(prefers-color-scheme: dark)" content="#1d2830"`, `media="(prefers-color-scheme: dark)" content="` + p.value + `"`})
		}
	}
	for _, e := range edits {
		if strings.Count(index, e.from) != 1 {
			return "", fmt.Errorf("the portal's index.html has no %s: it is not of this version", e.from)
		}
		index = strings.Replace(index, e.from, e.to, 1)
	}
	return index, nil
}
