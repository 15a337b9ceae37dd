package local

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/coopnet/coopnet/infra/template"
)

// Guard stands where AWS would, and permits what the template's policies permit: the functions sign with access keys that
// are their names. It remembers what was asked, so that a test can say what is permitted for nothing.
type Guard struct {
	permitted map[string][]string // grants by function
	tables    map[string]string   // resource by the table's name
	secrets   *secrets
	dynamodb  http.Handler
	s3        *url.URL          // nil: there is none
	buckets   map[string]string // resource by the bucket's name

	mu      sync.Mutex
	asked   map[string]map[string]bool // function, grant
	refused []string
	fault   func(http.ResponseWriter, *http.Request) bool
}

func newGuard(stack *template.Stack, n *names, cfg Config, s *secrets) (*Guard, error) {
	target, err := url.Parse(cfg.DynamoDB)
	if err != nil {
		return nil, fmt.Errorf("the DynamoDB endpoint's URL: %w", err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite:  func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ErrorLog: log.New(io.Discard, "", 0), // a function that was killed
	}
	g := &Guard{
		permitted: make(map[string][]string), tables: make(map[string]string), buckets: make(map[string]string), secrets: s, dynamodb: proxy,
		asked: make(map[string]map[string]bool),
	}
	if cfg.S3 != "" {
		if g.s3, err = url.Parse(cfg.S3); err != nil {
			return nil, fmt.Errorf("the S3 endpoint's URL: %w", err)
		}
	}
	for _, f := range stack.Functions() {
		g.permitted[f.Name] = f.Grants()
	}
	for _, name := range stack.Main.At("Resources").Keys() {
		called := map[string]map[string]string{"AWS::DynamoDB::Table": g.tables, "AWS::S3::Bucket": g.buckets}[stack.Main.At("Resources", name, "Type").String()]
		if called == nil {
			continue
		}
		here, err := n.name(name)
		if err != nil {
			return nil, err
		}
		called[here] = name
	}
	return g, nil
}

// Fault lets a test answer instead of AWS: fn returns true when it has. Nil ends it.
func (g *Guard) Fault(fn func(http.ResponseWriter, *http.Request) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.fault = fn
}

// Asked is what a function has called so far, sorted.
func (g *Guard) Asked(function string) []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Sorted(maps.Keys(g.asked[function]))
}

// Refused is what functions called that the template does not permit.
func (g *Guard) Refused() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.refused)
}

// ServeHTTP implements http.Handler for the JSON protocols of DynamoDB and of Secrets Manager, and for what is left, which is
// S3's.
func (g *Guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Amz-Target") == "" {
		g.serveS3(w, r)
		return
	}
	function := credential(r.Header.Get("Authorization"))
	service, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	body, err := io.ReadAll(io.LimitReader(r.Body, 16<<20))
	if err != nil {
		return // the function is gone
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var call struct {
		TableName    string
		IndexName    string
		RequestItems map[string]json.RawMessage
		SecretId     string
	}
	if err := json.Unmarshal(body, &call); err != nil {
		refuse(w, "SerializationException", "no JSON")
		return
	}
	var wanted []string
	switch service {
	case "DynamoDB_20120810":
		for _, table := range append(slices.Sorted(maps.Keys(call.RequestItems)), call.TableName) {
			if table != "" {
				wanted = append(wanted, "dynamodb:"+action+" "+g.table(table, call.IndexName))
			}
		}
	case "secretsmanager":
		resource, _ := g.secrets.resource(call.SecretId)
		wanted = []string{"secretsmanager:" + action + " " + resource}
	}
	if !g.admit(function, wanted) {
		refuse(w, "AccessDeniedException", fmt.Sprintf("User: %s is not authorized to perform: %v", function, wanted))
		return
	}
	g.mu.Lock()
	fault := g.fault
	g.mu.Unlock()
	switch {
	case fault != nil && fault(w, r):
	case service == "secretsmanager":
		resource, _ := g.secrets.resource(call.SecretId)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		_ = json.NewEncoder(w).Encode(map[string]string{"ARN": call.SecretId, "SecretString": g.secrets.value(resource)})
	default:
		g.dynamodb.ServeHTTP(w, r)
	}
}

// permits remembers what an answer depends on.
func (g *Guard) permits(function, wanted string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	grant, ok := g.grant(function, wanted)
	if ok && g.asked[function] != nil {
		g.asked[function][grant] = true
	}
	return ok
}

func (g *Guard) table(name, index string) string {
	resource := g.tables[name]
	if resource == "" {
		resource = name
	}
	if index != "" {
		return resource + "/index/" + index
	}
	return resource
}

// admit remembers the calls and reports whether all are permitted.
func (g *Guard) admit(function string, wanted []string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.asked[function] == nil {
		g.asked[function] = make(map[string]bool)
	}
	for _, w := range wanted {
		grant, ok := g.grant(function, w)
		if !ok {
			g.refused = append(g.refused, function+": "+w)
			return false
		}
		g.asked[function][grant] = true
	}
	return len(wanted) > 0
}

// grant is what permits a call: the same words, or the same beginning of an object's name.
func (g *Guard) grant(function, wanted string) (string, bool) {
	for _, granted := range g.permitted[function] {
		start, isPrefix := strings.CutSuffix(granted, "/*")
		if granted == wanted || isPrefix && strings.HasPrefix(wanted, start+"/") {
			return granted, true
		}
	}
	return "", false
}

// credential is the access key in a signature of version 4.
func credential(authorization string) string {
	_, rest, _ := strings.Cut(authorization, "Credential=")
	key, _, _ := strings.Cut(rest, "/")
	return key
}

func refuse(w http.ResponseWriter, kind, message string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": "com.amazon.coral.service#" + kind, "message": message})
}
