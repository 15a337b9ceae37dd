package blob

import (
	"mime"
	"strings"
	"testing"
)

func TestValidKey(t *testing.T) {
	for _, key := range []string{"a", "reports/2026-03/ab_c.zip", strings.Repeat("a", mostKey)} {
		if !ValidKey(key) {
			t.Errorf("%q is refused", key)
		}
	}
	for _, key := range []string{"", "/", "a/", "/a", "a//b", "..", "a/../b", ".a", "a/.b", "A", "a b", "a\\b", "a\x00", "é", "a%2fb", "a?b", strings.Repeat("a", mostKey+1)} {
		if ValidKey(key) {
			t.Errorf("%q is taken", key)
		}
	}
}

func TestDisposition(t *testing.T) {
	for name, want := range map[string]string{
		"report.zip": "report.zip", "": "download", "...": "download", "../../etc/passwd": "_.._etc_passwd", `a"b`: "a_b", "a\r\nX-Evil: 1": "a__X-Evil_ 1",
		"x; filename=evil.exe": "x_ filename=evil.exe", "rapport été.zip": "rapport été.zip", "a\u202egpj.exe": "a_gpj.exe", "a\xffb": "a_b", `C:\x`: "C__x", "%2e%2e": "_2e_2e",
		strings.Repeat("x", 500) + ".zip": strings.Repeat("x", mostName-4) + ".zip",
	} {
		header := Disposition(name)
		kind, params, err := mime.ParseMediaType(header)
		if err != nil || kind != "attachment" || len(params) != 1 || params["filename"] != want {
			t.Errorf("%q: %s: %q, %v; want %q", name, header, params, err, want)
		}
	}
}

func FuzzDisposition(f *testing.F) {
	f.Add("a\r\nb")
	f.Fuzz(func(t *testing.T, name string) {
		header := Disposition(name)
		kind, params, err := mime.ParseMediaType(header)
		if err != nil || kind != "attachment" || len(params) != 1 || strings.ContainsAny(header, "\r\n\x00") || strings.ContainsAny(params["filename"], `/\`) {
			t.Errorf("%q: %q: %v, %v", name, header, params, err)
		}
	})
}
