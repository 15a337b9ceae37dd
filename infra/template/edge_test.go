package template_test

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

// runFunction runs a CloudFront function of the template in Node, which knows the same language.
func runFunction(t *testing.T, resource string, event map[string]any) map[string]any {
	t.Helper()
	code := load(t).Main.At("Resources", resource, "Properties", "FunctionCode").String()
	input, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "node", "-e", code+"\nconsole.log(JSON.stringify(handler("+string(input)+")))").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var request map[string]any
	if err := json.Unmarshal(out, &request); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return request
}

// TestTheEdgesFunctions: pages are one file, and what a client says of its address is replaced.
func TestTheEdgesFunctions(t *testing.T) {
	for path, want := range map[string]string{
		"/": "/index.html", "/conference": "/index.html", "/support/desk": "/index.html", "/support/": "/index.html",
		"/assets/a.js": "/assets/a.js", "/favicon.svg": "/favicon.svg",
	} {
		if got := runFunction(t, "PageFunction", map[string]any{"request": map[string]any{"uri": path}}); got["uri"] != want {
			t.Errorf("%s: %v", path, got["uri"])
		}
	}
	got := runFunction(t, "ViewerFunction", map[string]any{
		"viewer":  map[string]any{"ip": "2001:db8::7"},
		"request": map[string]any{"uri": "/api/v1/x", "headers": map[string]any{"x-coopnet-viewer": map[string]any{"value": "192.0.2.1"}}},
	})
	headers, _ := json.Marshal(got["headers"])
	if string(headers) != `{"x-coopnet-viewer":{"value":"2001:db8::7"}}` {
		t.Errorf("%s", headers)
	}
}

// TestTheRelaysUnits: systemd itself reads them, and says how much each may do.
func TestTheRelaysUnits(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	for unit, exposure := range map[string]string{
		"coopnet-relay.service": "25", "coopnet-relay-certificate.service": "75", "coopnet-relay-drain.service": "75",
	} {
		out, err := exec.CommandContext(t.Context(), "systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold="+exposure, "../relay/"+unit).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", unit, err, out)
		}
		out, _ = exec.CommandContext(t.Context(), "systemd-analyze", "verify", "../relay/"+unit).CombinedOutput() // it fails for programs that are not here
		for line := range strings.Lines(string(out)) {
			if strings.Contains(line, "coopnet") && !strings.Contains(line, "is not executable: No such file") {
				t.Errorf("%s", line)
			}
		}
	}
	for _, script := range []string{"install", "prepare", "drain"} {
		if out, err := exec.CommandContext(t.Context(), "bash", "-n", "../relay/"+script).CombinedOutput(); err != nil {
			t.Errorf("%s: %s", script, out)
		}
	}
}
