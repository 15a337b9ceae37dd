package standalone

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/coopnet/coopnet"

// importRule says what the packages below a path may import of ours ("" is nothing) and of the guarded libraries.
// The first rule whose path fits decides; a package that no rule fits fails the test, so that nobody forgets one.
type importRule struct {
	path string   // relative to the module; "*" stands for one element, a trailing "/..." for everything below as well
	ours []string // patterns of the same kind; SELF is the path's first "*"
	pion bool     // pion's types may appear
	aws  bool     // AWS's libraries may appear
}

// importRules is docs/architecture.md, "Who may import whom".
func importRules() []importRule {
	domains := []string{"functions/conference", "functions/identity", "functions/installer", "functions/diagnostics", "functions/documents", "functions/staff",
		"functions/provider", "functions/signin", "functions/relays", "functions/webhook"}
	shared := "shared/..."
	return []importRule{
		{path: "shared/whip", pion: true},
		{path: "shared/*"},
		{path: "shared/certfile/certtest"},

		{path: "functions/portal", ours: append([]string{shared}, domains...), aws: true},
		{path: "functions/portal/portaltest", ours: append([]string{shared, "functions/portal"}, domains...), aws: true},
		{path: "functions/store/storetest", ours: append([]string{shared}, domains...)},
		{path: "functions/store/sqlite", ours: append([]string{shared}, domains...)},
		{path: "functions/store/sqlite/sqlitetest", ours: []string{"functions/store/sqlite"}},
		{path: "functions/store/disk", ours: append([]string{shared}, domains...)},
		{path: "functions/store/dynamo/dynamotest", ours: []string{"functions/store/dynamo"}, aws: true},
		{path: "functions/store/s3/s3test", aws: true},
		{path: "functions/store/*", ours: append([]string{shared}, domains...), aws: true},
		{path: "functions/provider/providertest"},
		{path: "functions/cloud", ours: []string{shared, "functions/portal", "functions/identity", "functions/staff", "functions/provider", "functions/webhook", "functions/store/dynamo", "functions/store/s3"}, aws: true},
		// Its API is that of several domains, with the catalogue of the software to ask, and the sessions of those who test.
		{path: "functions/conference/lambda", ours: []string{shared, "functions/cloud", "functions/portal", "functions/conference", "functions/staff", "functions/signin",
			"functions/relays", "functions/webhook", "functions/installer", "functions/documents", "functions/diagnostics", "functions/store/dynamo"}},
		{path: "functions/*/lambda", ours: []string{shared, "functions/cloud", "functions/portal", "functions/SELF", "functions/store/dynamo", "functions/store/s3"}},
		{path: "functions/*", ours: []string{shared}},

		{path: "relay/internal/packet", pion: true},
		{path: "relay/internal/egress", pion: true},
		{path: "relay/internal/quota"},
		{path: "relay/internal/outbox"},
		{path: "relay/internal/icetcp", ours: []string{"relay/internal/egress", "relay/internal/outbox", "relay/internal/quota"}},
		{path: "relay/internal/forward", ours: []string{"relay/internal/packet", "relay/internal/egress", shared}, pion: true},
		{path: "relay/internal/peer", ours: []string{shared, "relay/internal/packet", "relay/internal/egress"}, pion: true},
		{path: "relay/internal/peer/peertest", pion: true},
		{path: "relay/internal/once"},
		{path: "relay/internal/chat", ours: []string{shared, "relay/internal/once"}},
		{path: "relay/internal/ballot", ours: []string{shared, "relay/internal/once"}},
		{path: "relay/internal/board", ours: []string{shared, "relay/internal/once"}},
		{path: "relay/internal/stage", ours: []string{shared, "relay/internal/once"}},
		{path: "relay/internal/grant", ours: []string{"relay/internal/once"}},
		{path: "relay/internal/room", ours: []string{shared, "relay/internal/chat", "relay/internal/ballot", "relay/internal/board", "relay/internal/stage",
			"relay/internal/grant"}},
		{path: "relay/internal/gate", ours: []string{shared}},
		{path: "relay/internal/measure", ours: []string{shared, "relay/internal/quota"}},
		{path: "relay/internal/trial", ours: []string{shared}},
		{path: "relay/internal/heartbeat", ours: []string{shared, "relay/internal/room", "relay/internal/trial"}},
		{path: "relay/internal/metrics"},
		{path: "relay/internal/leaktest"},
		{path: "relay/internal/control", ours: []string{shared, "relay/internal/room", "relay/internal/gate", "relay/internal/once", "relay/internal/chat",
			"relay/internal/ballot", "relay/internal/board", "relay/internal/stage", "relay/internal/grant"}},
		{path: "relay/internal/whip", pion: true, ours: []string{shared, "relay/internal/forward", "relay/internal/peer",
			"relay/internal/room", "relay/internal/gate", "relay/internal/trial", "relay/internal/packet", "relay/internal/egress"}},
		{path: "relay/internal/turn", pion: true, ours: []string{shared, "relay/internal/egress", "relay/internal/quota"}},
		{path: "relay", ours: []string{shared, "relay/internal/..."}},
		{path: "relay/cmd/relayload", ours: []string{shared}, pion: true},
		{path: "relay/cmd/*", ours: []string{shared, "relay"}},

		{path: "client/xserver"},
		{path: "client/pipewire", ours: []string{"client/pipewire/pipewiretest"}},
		{path: "client/pipewire/pipewiretest"},
		{path: "client/capture"},
		{path: "client/capture/x11", ours: []string{shared, "client/capture", "client/xserver"}},
		{path: "client/capture/x11/xvfbtest"},
		{path: "client/capture/wayland", ours: []string{shared, "client/capture", "client/pipewire/..."}},
		{path: "client/capture/wayland/portaltest", ours: []string{"client/pipewire/pipewiretest"}},
		{path: "client/capture/*", ours: []string{shared, "client/capture"}},
		{path: "client/encode/pixel"},
		{path: "client/encode/scenetest"},
		{path: "client/encode", ours: []string{"client/encode/pixel"}},
		{path: "client/encode/...", ours: []string{"client/encode/..."}},
		{path: "client/...", ours: []string{shared, "client/..."}, pion: true},
		{path: "web"},
		{path: "infra/runtimeapi"},
		{path: "infra/gateway", aws: true},
		{path: "infra/template", ours: []string{"infra/gateway"}},
		{path: "infra/local", ours: []string{"functions/portal", "infra/..."}, aws: true},
		{path: "infra/archive"},
		{path: "infra/cmd/archive", ours: []string{"infra/archive"}},
		{path: "infra/cmd/coopnet-cloud", ours: []string{shared, "infra/local", "functions/brand", "web"}},
		{path: "packaging"}, // nothing but tests
		{path: "standalone/...", ours: []string{"..."}},
	}
}

// testOnly are packages that exist for tests: no program links them.
func testOnly() []string {
	return []string{"relay/internal/leaktest", "relay/internal/peer/peertest", "shared/certfile/certtest", "functions/store/storetest",
		"functions/store/dynamo/dynamotest", "functions/store/s3/s3test", "functions/store/sqlite/sqlitetest", "functions/portal/portaltest", "functions/provider/providertest",
		"client/capture/capturetest", "client/capture/x11/xvfbtest", "client/capture/wayland/portaltest", "client/pipewire/pipewiretest", "client/encode/scenetest",
		"client/encode/vpx/vpxtest", "client/grant/granttest", "client/share/viewtest", "client/cmd/scenes"}
}

// listedPackage is what `go list -json` says of a package.
type listedPackage struct {
	ImportPath   string
	Name         string
	Doc          string
	GoFiles      []string
	Imports      []string
	TestImports  []string
	XTestImports []string
	Deps         []string
}

func (p listedPackage) path() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
}

func listPackages(t *testing.T) []listedPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Name,Doc,GoFiles,Imports,TestImports,XTestImports,Deps", "./...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []listedPackage
	for decoder := json.NewDecoder(strings.NewReader(string(out))); decoder.More(); {
		var p listedPackage
		if err := decoder.Decode(&p); err != nil {
			t.Fatalf("read the answer of go list: %v", err)
		}
		packages = append(packages, p)
	}
	if len(packages) < 5 {
		t.Fatalf("go list found %d packages: the check would prove nothing", len(packages))
	}
	return packages
}

func TestImports(t *testing.T) {
	for _, p := range listPackages(t) {
		for _, wrong := range importViolations(p) {
			t.Error(wrong)
		}
	}
}

func TestImportsNoticesViolations(t *testing.T) {
	cases := map[string]listedPackage{
		"nobody imports standalone":           {ImportPath: "functions/portal", Imports: []string{"standalone"}},
		"not even a test":                     {ImportPath: "relay", TestImports: []string{"standalone"}},
		"shared imports none of ours":         {ImportPath: "shared/wire", Imports: []string{"shared/jointoken"}},
		"only shared/whip has pion":           {ImportPath: "shared/wire", Imports: []string{"github.com/pion/rtp"}},
		"a domain knows no sibling":           {ImportPath: "functions/identity", Imports: []string{"functions/conference"}},
		"a domain knows no store":             {ImportPath: "functions/identity", Imports: []string{"functions/store/sqlite"}},
		"a domain knows no AWS":               {ImportPath: "functions/identity", Imports: []string{"github.com/aws/aws-lambda-go/events"}},
		"a function takes its own domain":     {ImportPath: "functions/identity/lambda", Imports: []string{"functions/conference"}},
		"the relay knows no functions":        {ImportPath: "relay", Imports: []string{"functions/conference"}},
		"the relay knows no AWS":              {ImportPath: "relay/internal/control", Imports: []string{"github.com/aws/aws-sdk-go-v2/aws"}},
		"the relay links no database":         {ImportPath: "relay/cmd/relay", Deps: []string{"modernc.org/sqlite"}},
		"room and forward are strangers":      {ImportPath: "relay/internal/forward", Imports: []string{"relay/internal/room"}},
		"packet is a leaf":                    {ImportPath: "relay/internal/packet", Imports: []string{"relay/internal/egress"}},
		"TURN knows no viewers":               {ImportPath: "relay/internal/turn", Imports: []string{"relay/internal/peer"}},
		"nor does media over TCP":             {ImportPath: "relay/internal/icetcp", Imports: []string{"relay/internal/peer"}},
		"what is said knows no room":          {ImportPath: "relay/internal/chat", Imports: []string{"relay/internal/room"}},
		"pion stays out of the room":          {ImportPath: "relay/internal/room", Imports: []string{"github.com/pion/webrtc/v3"}},
		"capture knows no encoder":            {ImportPath: "client/capture/x11", Imports: []string{"client/encode/vpx"}},
		"no program links the tests' helpers": {ImportPath: "relay", Imports: []string{"relay/internal/leaktest"}},
		"a new package needs a rule":          {ImportPath: "surprise"},
	}
	for name, p := range cases {
		p.ImportPath = module + "/" + p.ImportPath
		p.Imports, p.TestImports = absolute(p.Imports), absolute(p.TestImports)
		if len(importViolations(p)) == 0 {
			t.Errorf("%s: not noticed", name)
		}
	}
}

func absolute(paths []string) []string {
	var full []string
	for _, path := range paths {
		if !strings.Contains(strings.Split(path, "/")[0], ".") {
			path = module + "/" + path
		}
		full = append(full, path)
	}
	return full
}

func importViolations(p listedPackage) []string {
	var wrong []string
	report := func(format string, args ...any) { wrong = append(wrong, p.path()+" "+fmt.Sprintf(format, args...)) }

	rule, self, ok := ruleFor(p.path())
	if !ok {
		report("has no import rule: add one to importRules and to docs/architecture.md")
		return wrong
	}
	for _, imported := range p.Imports {
		ours, isOurs := strings.CutPrefix(imported, module+"/")
		switch {
		case isOurs && slices.Contains(testOnly(), ours) && !slices.Contains(testOnly(), p.path()):
			report("imports %s outside of a test", ours)
		case isOurs && !fitsAny(rule.ours, ours, self):
			report("must not import %s", ours)
		case strings.HasPrefix(imported, "github.com/pion/") && !rule.pion:
			report("must not import %s: pion stays behind few packages", imported)
		case isAWS(imported) && !rule.aws:
			report("must not import %s: AWS stays in the cloud's own packages", imported)
		}
	}
	for _, imported := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
		if ours, _ := strings.CutPrefix(imported, module+"/"); isBelow("standalone", ours) && !isBelow("standalone", p.path()) {
			report("must not import %s: nobody does", ours)
		}
	}
	if isBelow("relay", p.path()) {
		for _, d := range p.Deps {
			if isAWS(d) || strings.HasPrefix(d, "modernc.org/sqlite") || strings.HasPrefix(d, module+"/functions") {
				report("must not depend on %s, even through others", d)
			}
		}
	}
	return wrong
}

func isAWS(path string) bool {
	return strings.HasPrefix(path, "github.com/aws/") || strings.HasPrefix(path, "github.com/awslabs/")
}

func isBelow(folder, path string) bool { return path == folder || strings.HasPrefix(path, folder+"/") }

func ruleFor(path string) (rule importRule, self string, ok bool) {
	for _, r := range importRules() {
		if self, ok := fits(r.path, path); ok {
			return r, self, true
		}
	}
	return importRule{}, "", false
}

func fitsAny(patterns []string, path, self string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		_, ok := fits(strings.ReplaceAll(pattern, "SELF", self), path)
		return ok
	})
}

// fits matches a path and returns what the first "*" stood for.
func fits(pattern, path string) (star string, ok bool) {
	if pattern == "..." {
		return "", true
	}
	if folder, everything := strings.CutSuffix(pattern, "/..."); everything {
		return "", isBelow(folder, path)
	}
	want, have := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return "", false
	}
	for i := range want {
		if want[i] == "*" {
			if star == "" {
				star = have[i]
			}
		} else if want[i] != have[i] {
			return "", false
		}
	}
	return star, true
}
