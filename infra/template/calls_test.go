package template_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// source is the store's package, as far as calls go.
type source struct {
	functions map[string][]*ast.FuncDecl // by name: methods of several types may share one
	methods   map[string][]*ast.FuncDecl // by type
	tables    map[string]string          // a store's type to its table's domain
}

func parseStore(t *testing.T, folder string) source {
	t.Helper()
	s := source{make(map[string][]*ast.FuncDecl), make(map[string][]*ast.FuncDecl), make(map[string]string)}
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: %v %v", folder, paths, err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				s.add(f)
			}
		}
	}
	return s
}

func (s source) add(f *ast.FuncDecl) {
	s.functions[f.Name.Name] = append(s.functions[f.Name.Name], f)
	receiver := ""
	if f.Recv != nil {
		receiver = typeName(f.Recv.List[0].Type)
		s.methods[receiver] = append(s.methods[receiver], f)
	}
	if receiver != "DB" || f.Type.Results == nil {
		return
	}
	// func (db *DB) Identity() *Identity { ... db.table(db.cfg.Tables.Identity) ... } says which table a store has.
	ast.Inspect(f, func(n ast.Node) bool {
		if x, ok := n.(*ast.SelectorExpr); ok {
			if from, ok := x.X.(*ast.SelectorExpr); ok && from.Sel.Name == "Tables" {
				s.tables[typeName(f.Type.Results.List[0].Type)] = strings.ToLower(x.Sel.Name)
			}
		}
		return true
	})
}

func typeName(e ast.Expr) string {
	if star, ok := e.(*ast.StarExpr); ok {
		e = star.X
	}
	if id, ok := e.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

// actions are what the methods of the stores of a domain lead to, followed by name: every function that something below
// them mentions counts.
func (s source) actions(domain string) []string {
	found, seen := make(map[string]bool), make(map[*ast.FuncDecl]bool)
	var follow func(*ast.FuncDecl)
	follow = func(f *ast.FuncDecl) {
		if seen[f] {
			return
		}
		seen[f] = true
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if client, ok := n.X.(*ast.SelectorExpr); ok && client.Sel.Name == "Client" {
					found["dynamodb:"+n.Sel.Name] = true
					return false
				}
				for _, next := range s.functions[n.Sel.Name] {
					if next.Recv == nil {
						continue
					}
					if receiver := typeName(next.Recv.List[0].Type); receiver != "DB" && (s.tables[receiver] == "" || s.tables[receiver] == domain) {
						follow(next)
					}
				}
			case *ast.Ident:
				for _, next := range s.functions[n.Name] {
					if next.Recv == nil {
						follow(next)
					}
				}
			case *ast.CompositeLit:
				if name := typeName(n.Type); s.tables[name] == "" {
					for _, next := range s.methods[name] {
						follow(next)
					}
				}
			}
			return true
		})
	}
	for store, table := range s.tables {
		if table == domain {
			for _, m := range s.methods[store] {
				follow(m)
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// TestTheTablesArePermittedWhatTheStoreCalls: over all functions together, each table is permitted exactly the actions that
// the source of its store has. Which function has which is expected in template_test.go, and tried in infra/local.
func TestTheTablesArePermittedWhatTheStoreCalls(t *testing.T) {
	s := parseStore(t, "../../functions/store/dynamo")
	stack := load(t)
	for _, table := range stack.Tables() {
		permitted := map[string]bool{"dynamodb:GetItem": true} // of the readiness check
		for _, f := range stack.Functions() {
			for _, g := range f.Grants() {
				action, resource, _ := strings.Cut(g, " ")
				resource, _, _ = strings.Cut(resource, "/")
				if strings.ToLower(resource) == table.Domain+"table" {
					permitted[action] = true
				}
			}
		}
		called := s.actions(table.Domain)
		if len(called) == 0 {
			t.Errorf("%s: no call was found in the store's source: the check proves nothing", table.Domain)
		}
		if have := slices.Sorted(maps.Keys(permitted)); !slices.Equal(have, called) {
			t.Errorf("table %s is permitted %v; its store calls %v", table.Domain, have, called)
		}
	}
}
