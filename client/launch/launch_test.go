package launch

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const good = "Abcdefghij_klmnopqr-01"

func TestParse(t *testing.T) {
	for _, code := range []string{good, strings.Repeat("x", 64)} {
		if got, err := Parse("coopnet://join/" + code); err != nil || string(got) != code {
			t.Errorf("%s: %q, %v", code, got, err)
		}
	}
	for name, hostile := range map[string]string{
		"nothing":               "",
		"no code":               "coopnet://join/",
		"short":                 "coopnet://join/" + good[1:],
		"long":                  "coopnet://join/" + strings.Repeat("x", 65),
		"a slash behind":        "coopnet://join/" + good + "/",
		"a path":                "coopnet://join/" + good + "/x",
		"a path before":         "coopnet://join/../" + good,
		"a query":               "coopnet://join/" + good + "?portal=https://evil.example",
		"an empty query":        "coopnet://join/" + good + "?",
		"a fragment":            "coopnet://join/" + good + "#x",
		"user info":             "coopnet://me@join/" + good,
		"a port":                "coopnet://join:1/" + good,
		"another host":          "coopnet://evil.example/" + good,
		"no host":               "coopnet:///" + good,
		"no authority":          "coopnet:join/" + good,
		"an escape":             "coopnet://join/" + good[1:] + "%41",
		"capitals":              "COOPNET://join/" + good,
		"capitals in the host":  "coopnet://JOIN/" + good,
		"another scheme":        "https://join/" + good,
		"a space before":        " coopnet://join/" + good,
		"a line feed behind":    "coopnet://join/" + good + "\n",
		"a zero byte":           "coopnet://join/" + good + "\x00",
		"a quote":               "coopnet://join/" + good + `"`,
		"a flag":                "--version",
		"a letter of elsewhere": "coopnet://join/" + good[1:] + "é",
		"a backslash":           `coopnet:\\join\` + good,
	} {
		if code, err := Parse(hostile); !errors.Is(err, ErrURL) || code != "" {
			t.Errorf("%s: %q, %v", name, code, err)
		}
	}
}

func TestArguments(t *testing.T) {
	if code, err := Arguments([]string{"coopnet://join/" + good}); err != nil || string(code) != good {
		t.Errorf("%q, %v", code, err)
	}
	for _, arguments := range [][]string{nil, {}, {"coopnet://join/" + good, "--source=desktop"}, {"--", "coopnet://join/" + good}, {"coopnet://join/" + good, ""}} {
		if _, err := Arguments(arguments); !errors.Is(err, ErrURL) {
			t.Errorf("%q: %v", arguments, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("coopnet://join/" + good)
	f.Add("coopnet://join/" + good + "?x")
	f.Fuzz(func(t *testing.T, text string) {
		code, err := Parse(text)
		if err != nil {
			return
		}
		u, err := url.Parse(text)
		if err != nil || text != "coopnet://join/"+string(code) || u.Scheme != "coopnet" || u.Host != "join" || u.Path != "/"+string(code) || u.User != nil ||
			u.RawQuery != "" || u.Fragment != "" || len(code) < 22 || len(code) > 64 {
			t.Errorf("%q was taken as %q", text, code)
		}
	})
}

func TestOrigins(t *testing.T) {
	for _, text := range []string{"https://conference.example.com", "https://conference.example.com:8443", "http://localhost:8080", "http://127.0.0.1", "http://[::1]:8080"} {
		if _, err := ParseOrigin(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{"", "conference.example.com", "http://conference.example.com", "https://", "https://:443", "https://a.example/", "https://a.example/x", "https://a.example?x", "https://a.example#x",
		"https://me@a.example", "ftp://a.example", "http://localhost.evil.example", "http://127.0.0.1.evil.example", "HTTPS://a.example", "https://a.example ", "file:///etc/passwd", "http://10.0.0.1", "http://[fe80::1%25eth0]"} {
		if o, err := ParseOrigin(text); err == nil {
			t.Errorf("%q is %q", text, o)
		}
	}
	if _, err := BuiltIn(); err != nil {
		t.Errorf("what is built in: %v", err)
	}
}

func TestParsePolicy(t *testing.T) {
	p, err := ParsePolicy([]byte(`{"portals":["https://a.example","https://b.example"],"updates":"off"}`))
	if err != nil || len(p.Portals) != 2 || p.Updates {
		t.Fatalf("%+v, %v", p, err)
	}
	if origins, err := p.Origins(); err != nil || origins[1] != "https://b.example" {
		t.Errorf("%v, %v", origins, err)
	}
	if p, err := ParsePolicy([]byte(`{}`)); err != nil || p.Portals != nil || !p.Updates {
		t.Errorf("%+v, %v", p, err)
	}
	for _, text := range []string{``, `[]`, `null`, `{"portal":["https://a.example"]}`, `{"portals":["http://a.example"]}`, `{"portals":[]}`, `{"portals":"https://a.example"}`, `{"updates":"on"}`,
		`{"Updates":"off"}`, `{"updates":"off","updates":"portal"}`, `{"updates":"off"} {}`, `{"portals":["https://a.example"],"updates":"off"` + strings.Repeat(" ", maxPolicy) + `}`,
		`{"portals":[` + strings.Repeat(`"https://a.example",`, maxOrigins) + `"https://a.example"]}`} {
		if p, err := ParsePolicy([]byte(text)); err == nil {
			t.Errorf("%.80s is %+v", text, p)
		}
	}
}

func TestReadPolicy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policy.json")
	trust := func(*os.File) error { return nil }
	if p, err := ReadPolicy(path, trust); err != nil || !p.Updates {
		t.Errorf("no file: %+v, %v", p, err)
	}
	if err := os.WriteFile(path, []byte(`{"updates":"off"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if p, err := ReadPolicy(path, trust); err != nil || p.Updates {
		t.Errorf("%+v, %v", p, err)
	}
	distrust := errors.New("it belongs to somebody else")
	if _, err := ReadPolicy(path, func(*os.File) error { return distrust }); !errors.Is(err, distrust) {
		t.Errorf("a file that is not the administrator's: %v", err)
	}
}
