package brand

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

const drawing = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 160 40">
	<defs><linearGradient id="g"><stop stop-color="#fff"/></linearGradient></defs>
	<style>.a { fill: url(#g) }</style><rect class="a" width="160" height="40"/><use xlink:href="#g"/></svg>`

func folder(settings string, more map[string]string) fstest.MapFS {
	files := fstest.MapFS{File: {Data: []byte(settings)}}
	for name, content := range more {
		files[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return files
}

func picture(t *testing.T, width, height int) string {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// The portal's own page and style sheet are what a brand must fit.
func index(t *testing.T) []byte {
	t.Helper()
	page, err := os.ReadFile("../../web/index.html")
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func TestFiles(t *testing.T) {
	b, err := Load(folder(`{"name": "Dupont & \"Fils\"", "shortName": "<Dupont>", "logo": "logo.svg",
		"colours": {"accent": "#5b2a86", "band": "#ece6f2", "bandDark": "#241c2e", "warm": "#e0a030"},
		"supportContact": "+33 1 99", "termsUrl": "https://dupont.example/terms"}`, map[string]string{"logo.svg": drawing}))
	if err != nil {
		t.Fatal(err)
	}
	files, err := b.Files(index(t))
	if err != nil {
		t.Fatal(err)
	}
	page := string(files["index.html"])
	for _, want := range []string{
		"<title>&lt;Dupont&gt;</title>", `name="application-name" content="&lt;Dupont&gt;"`, `href="/brand/logo.svg" type="image/svg+xml"`,
		`content="#ece6f2"`, `content="#241c2e"`, `Dupont \u0026 \&#34;Fils\&#34;`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("index.html has no %s:\n%s", want, page)
		}
	}
	var about map[string]any
	if err := json.Unmarshal(files["brand.json"], &about); err != nil {
		t.Fatal(err)
	}
	if about["name"] != `Dupont & "Fils"` || about["logo"].(map[string]any)["width"] != 160.0 || about["logo"].(map[string]any)["height"] != 40.0 {
		t.Errorf("brand.json is %s", files["brand.json"])
	}
	css := string(files["brand.css"])
	for _, name := range []string{"accent", "accent-over", "on-accent", "tint", "accent-dark", "on-accent-dark", "tint-dark", "warm", "band", "band-dark"} {
		if !strings.Contains(css, "--brand-"+name+": #") {
			t.Errorf("brand.css has no %s:\n%s", name, css)
		}
	}
	if string(files["brand/logo.svg"]) != drawing || len(files) != 4 {
		t.Errorf("%d files", len(files))
	}
}

// A name is enough; the portal's own colours and mark stay.
func TestFilesOfANameAlone(t *testing.T) {
	b, err := Load(folder(`{"name": "Example"}`, nil))
	if err != nil {
		t.Fatal(err)
	}
	files, err := b.Files(index(t))
	if err != nil || len(files) != 3 || string(files["brand.json"]) != `{"name":"Example","shortName":"Example"}` || strings.Contains(string(files["brand.css"]), "--brand") {
		t.Errorf("%q, %v", files, err)
	}
	if _, err := b.Files([]byte("<!doctype html>")); err == nil {
		t.Error("a page that is not the portal's was taken")
	}
}

func TestLoadRefuses(t *testing.T) {
	for _, c := range []struct {
		settings, logo, content, want string
	}{
		{`{`, "", "", "brand.json: unexpected EOF"},
		{`{"name": "A", "color": "red"}`, "", "", `unknown field "color"`},
		{`{"name": "A"} {}`, "", "", "more than one"},
		{`{}`, "", "", "name: must not be empty"},
		{`{"name": "` + strings.Repeat("n", 61) + `"}`, "", "", "more than 60"},
		{`{"name": "` + strings.Repeat("n", 25) + `"}`, "", "", "shortName: has more than 24"},
		{`{"name": "A\u202eB"}`, "", "", "cannot be seen"},
		{`{"name": " A"}`, "", "", "space"},
		{`{"name": "A", "termsUrl": "javascript:alert(1)"}`, "", "", "termsUrl"},
		{`{"name": "A", "privacyUrl": "http://a.example"}`, "", "", "privacyUrl"},
		{`{"name": "A", "colours": {"accent": "red"}}`, "", "", `accent: "red" is not a colour`},
		{`{"name": "A", "colours": {"accent": "#ff8800"}}`, "", "", "accent: #ff8800 on the light ground"},
		{`{"name": "A", "colours": {"accentDark": "#0f5c6b"}}`, "", "", "accentDark: #0f5c6b on the dark ground"},
		{`{"name": "A", "colours": {"band": "#333333"}}`, "", "", "band: the text #13212a on #333333"},
		{`{"name": "A", "colours": {"bandDark": "#eeeeee"}}`, "", "", "bandDark"},
		{`{"name": "A", "logo": "../logo.svg"}`, "", "", "logo.svg or logo.png"},
		{`{"name": "A", "logo": "logo.svg"}`, "", "", "logo.svg cannot be read"},
		{`{"name": "A", "logo": "logo.png"}`, "logo.png", "GIF89a", "no PNG"},
		{`{"name": "A", "logo": "logo.png"}`, "logo.png", picture(t, 900, 100), "at most 8 times"},
		{`{"name": "A", "logo": "logo.png"}`, "logo.png", picture(t, 3000, 1000), "2048"},
		{`{"name": "A", "logo": "logo.png"}`, "logo.png", strings.Repeat("x", maxPNG+1), "more than 256 KiB"},
	} {
		files := folder(c.settings, nil)
		if c.logo != "" {
			files[c.logo] = &fstest.MapFile{Data: []byte(c.content)}
		}
		if _, err := Load(files); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.60s: %v, not %q", c.settings, err, c.want)
		}
	}
	if _, err := Load(fstest.MapFS{}); err == nil || !strings.Contains(err.Error(), "brand.json cannot be read: file does not exist") {
		t.Errorf("an empty folder: %v", err)
	}
}

func TestLoadRefusesDrawings(t *testing.T) {
	const open = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4">`
	for content, want := range map[string]string{
		"":                              "no SVG",
		"<html>":                        "no SVG",
		`<svg viewBox="0 0 4 4"></svg>`: "no SVG",
		`<svg xmlns="http://www.w3.org/2000/svg"></svg>`:                             "viewBox",
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 NaN 1"/>`:              "viewBox",
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 -4 4"/>`:               "viewBox",
		open + `<script>alert(1)</script></svg>`:                                     "<script>",
		open + `<SCRIPT>alert(1)</SCRIPT></svg>`:                                     "<SCRIPT>",
		open + `<foreignObject/></svg>`:                                              "foreignObject",
		open + `<a href="#x"/></svg>`:                                                "<a>",
		open + `<image href="#x"/></svg>`:                                            "<image>",
		open + `<rect onload="alert(1)"/></svg>`:                                     "onload",
		open + `<use href="https://evil.example/x.svg#a"/></svg>`:                    "leads out",
		open + `<use href="data:image/svg+xml,x"/></svg>`:                            "leads out",
		open + `<rect fill="url( 'https://evil.example/')"/></svg>`:                  "leads out",
		open + `<style>@import "x"</style></svg>`:                                    "@import",
		open + `<style>.a{background:u\72l(https://e.example)}</style></svg>`:        `\`,
		`<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>` + open + `</svg>`: "document type",
		`<?xml-stylesheet href="x"?>` + open + `</svg>`:                              "xml-stylesheet",
		open + strings.Repeat("<g>", 70) + strings.Repeat("</g>", 70) + `</svg>`:     "deeply",
		open: "no SVG",
	} {
		_, err := Load(folder(`{"name": "A", "logo": "logo.svg"}`, map[string]string{"logo.svg": content}))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.70s: %v, not %q", content, err, want)
		}
	}
	if _, err := Load(folder(`{"name": "A", "logo": "logo.svg"}`, map[string]string{"logo.svg": `<?xml version="1.0"?>` + drawing})); err != nil {
		t.Error(err)
	}
	if _, err := Load(folder(`{"name": "A", "logo": "logo.png"}`, map[string]string{"logo.png": picture(t, 320, 80)})); err != nil {
		t.Error(err)
	}
}

// What is derived can be read, whatever was chosen.
func TestDerivedColours(t *testing.T) {
	for _, text := range []string{"#5b2a86", "#0f5c6b", "#000000", "#a01010", "#006400", "#0000ff"} {
		p, err := colours{Accent: text}.palette()
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		of := make(map[string]rgb)
		for _, each := range p {
			if of[each.name], err = parse(each.value); err != nil {
				t.Fatal(err)
			}
		}
		for _, th := range []theme{light(), dark()} {
			for _, pair := range [][2]rgb{
				{of["on-accent"+th.suffix], of["accent"+th.suffix]}, {of["on-accent"+th.suffix], of["accent-over"+th.suffix]},
				{of["accent"+th.suffix], of["tint"+th.suffix]}, {th.ink, of["tint"+th.suffix]}, {th.soft, of["tint"+th.suffix]},
			} {
				if ratio := contrast(pair[0], pair[1]); ratio < least {
					t.Errorf("%s, %s: %s on %s has %.2f", text, th.name, pair[0], pair[1], ratio)
				}
			}
		}
	}
	if got := contrast(rgb{}, rgb{255, 255, 255}); got < 20.99 || got > 21.01 {
		t.Errorf("black on white has %f", got)
	}
}

// The grounds and texts that colours are compared with are those of the style sheet.
func TestThemesAreThoseOfThePortal(t *testing.T) {
	css, err := os.ReadFile("../../web/src/ui/style/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	token := func(name string) [2]string {
		found := regexp.MustCompile(`(?m)^  --` + name + `: light-dark\((#\w+), (#\w+)\);`).FindSubmatch(css)
		if found == nil {
			t.Fatalf("tokens.css has no --%s in both themes", name)
		}
		return [2]string{string(found[1]), string(found[2])}
	}
	for i, th := range []theme{light(), dark()} {
		grounds := []string{token("ground")[i], token("surface")[i], token("raised")[i]}
		for _, g := range th.grounds {
			if !strings.Contains(strings.Join(grounds, " "), g.String()) {
				t.Errorf("%s: %s is no ground of %v", th.name, g, grounds)
			}
		}
		if len(th.grounds) < 2 || th.surface.String() != token("surface")[i] || th.ink.String() != token("ink")[i] || th.soft.String() != token("soft")[i] {
			t.Errorf("%s: %+v is not what tokens.css has", th.name, th)
		}
	}
}
