package standalone

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func readDocument(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestDocsConfigurationTable(t *testing.T) {
	_, rest, found := strings.Cut(readDocument(t, "../README.md"), "<!-- configuration -->\n")
	have, _, closed := strings.Cut(rest, "<!-- end of configuration -->")
	if !found || !closed {
		t.Fatal("README.md has no configuration table")
	}
	if want := configurationTable(); have != want {
		t.Errorf("README.md does not say what Config says; it should be:\n%s", want)
	}
}

func configurationTable() string {
	var table strings.Builder
	table.WriteString("| flag | variable | default | |\n|---|---|---|---|\n")
	for _, s := range Settings() {
		standard := ""
		if s.Default != "" {
			standard = "`" + s.Default + "`"
		}
		fmt.Fprintf(&table, "| `--%s %s` | `%s` | %s | %s |\n", s.Flag, s.Value, s.Variable, standard, s.Usage)
	}
	return table.String()
}

// The examples of control messages are the files that the tests of the relay and of the portal read.
func TestDocsControlMessages(t *testing.T) {
	blocks := regexp.MustCompile("(?ms)^```json ?(.*?)\n(.*?)^```$").FindAllStringSubmatch(readDocument(t, "../docs/protocol.md"), -1)
	shown := map[string]bool{}
	for _, b := range blocks {
		golden, err := os.ReadFile(filepath.Join("../shared/wire/testdata", b[1]))
		if err != nil {
			t.Errorf("a JSON block does not name its file: %q: %v", b[1], err)
			continue
		}
		shown[b[1]] = true
		if compact(t, []byte(b[2])) != compact(t, golden) {
			t.Errorf("docs/protocol.md shows another %s:\n%s", b[1], golden)
		}
	}
	messages, err := filepath.Glob("../shared/wire/testdata/*.json")
	if err != nil || len(messages) == 0 {
		t.Fatalf("no golden messages: %v", err)
	}
	batches, err := filepath.Glob("../shared/wire/testdata/http/*.json")
	if err != nil || len(batches) == 0 {
		t.Fatalf("no golden batches: %v", err)
	}
	down, err := filepath.Glob("../shared/wire/testdata/down/*.json")
	if err != nil || len(down) == 0 {
		t.Fatalf("no golden messages that are others on their way down: %v", err)
	}
	for _, f := range slices.Concat(messages, batches, down) {
		name, err := filepath.Rel("../shared/wire/testdata", f)
		if err != nil || !shown[filepath.ToSlash(name)] {
			t.Errorf("docs/protocol.md does not show %s (%v)", name, err)
		}
	}
}

func compact(t *testing.T, document []byte) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Compact(&out, document); err != nil {
		t.Fatalf("%s: %v", document, err)
	}
	return out.String()
}

func TestDocsDependencies(t *testing.T) {
	_, tables, _ := strings.Cut(readDocument(t, "../docs/decisions.md"), "\n## Dependencies\n")
	explained := regexp.MustCompile("(?m)^\\| `([^`]+)` \\| \\S").FindAllStringSubmatch(tables, -1)
	var have []string
	for _, row := range explained {
		have = append(have, row[1])
	}
	want := append(goRequirements(t), npmRequirements(t)...)
	for _, d := range want {
		if !slices.Contains(have, d) {
			t.Errorf("docs/decisions.md does not say why we need %s", d)
		}
	}
	for _, d := range have {
		if !slices.Contains(want, d) {
			t.Errorf("docs/decisions.md explains %s, which nothing asks for", d)
		}
	}
}

func goRequirements(t *testing.T) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "mod", "edit", "-json")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go mod edit: %v", err)
	}
	var file struct {
		Require []struct {
			Path     string
			Indirect bool
		}
		Tool []struct{ Path string }
	}
	if err := json.Unmarshal(out, &file); err != nil {
		t.Fatal(err)
	}
	var direct []string
	for _, r := range file.Require {
		isTool := slices.ContainsFunc(file.Tool, func(tool struct{ Path string }) bool { return isBelow(r.Path, tool.Path) })
		if !r.Indirect || isTool {
			direct = append(direct, r.Path)
		}
	}
	return direct
}

func npmRequirements(t *testing.T) []string {
	t.Helper()
	var direct []string
	for _, path := range []string{"../web/package.json", "../.ci/tools/package.json", "../functions/store/dynamo/dynamotest/package.json"} {
		var file struct{ Dependencies, DevDependencies map[string]string }
		if err := json.Unmarshal([]byte(readDocument(t, path)), &file); err != nil {
			t.Fatal(err)
		}
		direct = slices.AppendSeq(direct, maps.Keys(file.Dependencies))
		direct = slices.AppendSeq(direct, maps.Keys(file.DevDependencies))
	}
	return direct
}

// Links between our own documents lead somewhere.
func TestDocsLinks(t *testing.T) {
	documents, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range append(documents, "../README.md", "../CHANGELOG.md") {
		for _, link := range regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`).FindAllStringSubmatch(readDocument(t, d), -1) {
			if strings.Contains(link[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(d), link[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", d, link[1])
			}
		}
	}
}
