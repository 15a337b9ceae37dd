package standalone

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The sizes that a reader can hold.
const (
	maxFunction     = 60
	maxTestFunction = 120 // a table of cases is long and easy to read
	maxFile         = 500
	maxFields       = 15
	maxPortalFile   = 400
)

// habitExceptions are the places that may be different, each with its reason. An exception that is no longer needed
// fails the test too. Keys are "PATH" for a file's length, "PATH NAME" for a function, a struct or a variable.
func habitExceptions() map[string]string {
	return map[string]string{
		"functions/store/sqlite/sqlitetest/sqlitetest.go migrated": "written once, by the first test that asks, and never changed",
		"client/xserver/xserver.go registering":                    "xgb keeps its tables of events for the whole process, and does not guard them",
	}
}

func TestHabits(t *testing.T) {
	found := append(goHabits(t, ".."), portalHabits(t, "../web")...)
	exceptions := habitExceptions()
	for _, h := range found {
		if _, excused := exceptions[h.where]; excused {
			delete(exceptions, h.where)
			continue
		}
		t.Errorf("%s: %s", h.where, h.what)
	}
	for where := range exceptions {
		t.Errorf("%s: the exception is not needed any more, remove it", where)
	}
}

func TestHabitsDocComments(t *testing.T) {
	for _, p := range listPackages(t) {
		if p.Doc == "" && len(p.GoFiles) > 0 {
			t.Errorf("%s has no package comment: say what it is for", p.path())
		}
		switch p.Name {
		case "util", "utils", "common", "types", "models", "helpers", "helper", "manager", "misc", "base":
			t.Errorf("%s: %q is not a noun of the domain", p.path(), p.Name)
		}
	}
}

type habit struct{ where, what string }

func goHabits(t *testing.T, root string) []habit {
	t.Helper()
	var found []habit
	for _, path := range sources(t, root, ".go") {
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if !ast.IsGenerated(file) {
			found = append(found, fileHabits(files, file, path)...)
		}
	}
	return found
}

// fileHabits checks one file; path only names it.
func fileHabits(files *token.FileSet, file *ast.File, path string) []habit {
	var found []habit
	report := func(name, format string, args ...any) {
		found = append(found, habit{strings.TrimSpace(path + " " + name), fmt.Sprintf(format, args...)})
	}
	lines := func(n ast.Node) int { return files.Position(n.End()).Line - files.Position(n.Pos()).Line + 1 }
	isTest := strings.HasSuffix(path, "_test.go")

	if n := files.Position(file.FileEnd).Line; n > maxFile {
		report("", "%d lines, at most %d", n, maxFile)
	}
	limit := maxFunction
	if isTest {
		limit = maxTestFunction
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if n := lines(d); n > limit {
				report(d.Name.Name, "function of %d lines, at most %d", n, limit)
			}
			if racedOnly(path) && asksForShort(d) && !strings.HasSuffix(strings.ToLower(d.Name.Name), "intime") {
				report(d.Name.Name, "-short leaves it out: name it ...InTime, or `make test` does not run it at all")
			}
			if d.Name.Name == "init" && d.Recv == nil {
				report("init", "init() hides work from main")
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				if v, ok := s.(*ast.ValueSpec); ok && d.Tok == token.VAR && !isTest {
					for _, name := range mutable(d, v) {
						report(name, "package variable: pass it in, or make it a function or a constant")
					}
				}
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.TypeSpec); ok {
			if st, ok := s.Type.(*ast.StructType); ok && st.Fields.NumFields() > maxFields {
				report(s.Name.Name, "struct of %d fields, at most %d", st.Fields.NumFields(), maxFields)
			}
		}
		return true
	})
	return found
}

// mutable names the variables of a declaration that hold state. What is written once and never changes may stay:
// error sentinels, embedded files, compiled patterns, assertions that a type implements an interface.
func mutable(d *ast.GenDecl, v *ast.ValueSpec) []string {
	if isEmbedded(d.Doc) || isEmbedded(v.Doc) {
		return nil
	}
	var names []string
	for i, name := range v.Names {
		if name.Name == "_" {
			continue
		}
		// version is set by the linker: `go build -ldflags "-X main.version=..."`.
		if name.Name == "version" {
			continue
		}
		if i < len(v.Values) && isConstantCall(v.Values[i]) {
			continue
		}
		names = append(names, name.Name)
	}
	return names
}

func isEmbedded(doc *ast.CommentGroup) bool {
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed") })
}

func isConstantCall(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	from, ok := selector.X.(*ast.Ident)
	if !ok {
		return false
	}
	switch from.Name + "." + selector.Sel.Name {
	case "errors.New", "fmt.Errorf", "regexp.MustCompile":
		return true
	}
	return false
}

func portalHabits(t *testing.T, root string) []habit {
	t.Helper()
	var found []habit
	for _, path := range append(sources(t, root, ".ts"), sources(t, root, ".tsx")...) {
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), "\n"); n > maxPortalFile {
			found = append(found, habit{"web/" + path, fmt.Sprintf("%d lines, at most %d", n, maxPortalFile)})
		}
	}
	return found
}

// sources lists the files that people write: nothing that is built, installed or stored.
func sources(t *testing.T, root, suffix string) []string {
	t.Helper()
	var paths []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != root && (name == "node_modules" || name == "testdata" || name == "dist" || name == "bin" || name == "data" || strings.HasPrefix(name, ".")) {
			return fs.SkipDir
		}
		if !d.IsDir() && strings.HasSuffix(name, suffix) {
			relative, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			paths = append(paths, filepath.ToSlash(relative))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// racedOnly: `make test` runs these tests with -race and -short; without, only those whose names say InTime.
func racedOnly(path string) bool {
	return strings.HasSuffix(path, "_test.go") && (strings.HasPrefix(path, "functions/") || strings.HasPrefix(path, "shared/"))
}

// asksForShort reports whether it calls testing.Short, or a function that does by its name.
func asksForShort(f *ast.FuncDecl) bool {
	found := false
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		switch name := call.Fun.(type) {
		case *ast.Ident:
			found = found || strings.HasSuffix(strings.ToLower(name.Name), "intime")
		case *ast.SelectorExpr:
			from, ok := name.X.(*ast.Ident)
			found = found || ok && from.Name == "testing" && name.Sel.Name == "Short"
		}
		return true
	})
	return found
}

func TestHabitsNoticesViolations(t *testing.T) {
	cases := map[string]string{
		"a long function":    "func f() {\n" + strings.Repeat("\n", maxFunction) + "}",
		"a long file":        strings.Repeat("\n", maxFile),
		"a wide struct":      "type wide struct {\n" + strings.Repeat("\t_ int\n", maxFields+1) + "}",
		"a wide inner one":   "func f() { type wide struct {\n" + strings.Repeat("\t_ int\n", maxFields+1) + "} }",
		"init":               "func init() {}",
		"a package variable": "var counter int",
		"a package map":      "var names = map[string]int{}",
		"a package instance": "var client = http.NewClient()",
	}
	for name, text := range cases {
		if len(habitsOf(t, text)) == 0 {
			t.Errorf("%s: not noticed", name)
		}
	}
	fine := []string{
		`var ErrGone = errors.New("gone")`, "var _ fmt.Stringer = (*x)(nil)", "//go:embed all:dist\nvar dist embed.FS",
		"var digits = regexp.MustCompile(`[0-9]+`)", `var version = "devel"`, "const limit = 3", "func (s *x) init() {}",
	}
	if found := habitsIn(t, "functions/x_test.go", "func TestSlow(t *testing.T) { if testing.Short() { t.Skip() } }"); len(found) == 0 {
		t.Error("a test that nothing runs: not noticed")
	}
	for _, text := range fine {
		if found := habitsOf(t, text); len(found) > 0 {
			t.Errorf("%s: %v", text, found)
		}
	}
}

func habitsOf(t *testing.T, text string) []habit {
	t.Helper()
	return habitsIn(t, "x.go", text)
}

func habitsIn(t *testing.T, path, text string) []habit {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, "package x\n"+text+"\n", parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return fileHabits(files, file, path)
}
