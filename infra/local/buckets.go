package local

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/coopnet/coopnet/infra/template"
)

const (
	region   = "eu-west-1"
	password = "local-secret" // of every user of the endpoints on this machine
)

// serveS3 permits what the template permits, and answers as S3 does: who may not list a bucket is not told that an object is
// missing.
func (g *Guard) serveS3(w http.ResponseWriter, r *http.Request) {
	function := credential(r.Header.Get("Authorization"))
	if function == "" {
		function, _, _ = strings.Cut(r.URL.Query().Get("X-Amz-Credential"), "/")
	}
	name, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	wanted := s3Action(r.Method, key) + " " + g.buckets[name]
	if key != "" {
		wanted += "/" + key
	}
	isPreflight := r.Method == http.MethodOptions // a browser asks, and signs nothing
	if g.s3 == nil || !isPreflight && !g.admit(function, []string{wanted}) {
		http.Error(w, "<Error><Code>AccessDenied</Code></Error>", http.StatusForbidden)
		return
	}
	proxy := httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(g.s3)
			p.Out.Host = p.In.Host // it is signed
		},
		ModifyResponse: func(answer *http.Response) error {
			isRead := r.Method == http.MethodGet || r.Method == http.MethodHead
			if answer.StatusCode == http.StatusNotFound && isRead && !g.permits(function, "s3:ListBucket "+g.buckets[name]) {
				answer.StatusCode, answer.Status = http.StatusForbidden, "403 Forbidden"
			}
			return nil
		},
	}
	proxy.ServeHTTP(w, r)
}

// s3Action is what IAM calls the request.
func s3Action(method, key string) string {
	switch {
	case key == "":
		return "s3:ListBucket"
	case method == http.MethodPut || method == http.MethodPost:
		return "s3:PutObject"
	case method == http.MethodDelete:
		return "s3:DeleteObject"
	}
	return "s3:GetObject"
}

// createBuckets makes the buckets as the template has them, as far as browsers notice: pages of this origin may call them.
func createBuckets(ctx context.Context, endpoint, origin string, n *names) error {
	if endpoint == "" {
		return nil
	}
	client := s3.New(s3.Options{Region: region, BaseEndpoint: &endpoint, UsePathStyle: true, Credentials: user("root")})
	for _, name := range n.stack.Main.At("Resources").Keys() {
		if n.stack.Main.At("Resources", name, "Type").String() != "AWS::S3::Bucket" {
			continue
		}
		bucket, err := n.name(name)
		if err != nil {
			return err
		}
		if _, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
			return fmt.Errorf("create bucket %s: %w", bucket, err)
		}
		if err := allowPages(ctx, client, bucket, origin, n.stack.Main.At("Resources", name, "Properties", "CorsConfiguration", "CorsRules")); err != nil {
			return err
		}
	}
	return nil
}

func allowPages(ctx context.Context, client *s3.Client, bucket, origin string, rules *template.Value) error {
	var list []types.CORSRule
	for _, r := range rules.Items() {
		list = append(list, types.CORSRule{
			AllowedOrigins: []string{origin}, AllowedMethods: r.At("AllowedMethods").Texts(), AllowedHeaders: r.At("AllowedHeaders").Texts(),
		})
	}
	if len(list) == 0 {
		return nil
	}
	in := &s3.PutBucketCorsInput{Bucket: &bucket, CORSConfiguration: &types.CORSConfiguration{CORSRules: list}}
	if _, err := client.PutBucketCors(ctx, in); err != nil {
		return fmt.Errorf("let pages call bucket %s: %w", bucket, err)
	}
	return nil
}

func user(name string) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: name, SecretAccessKey: password}, nil
	})
}

// StartS3 starts versitygw, which .ci/install installs, with its files in data, and returns its URL. It knows each function as a
// user that may do everything: what a function may do is the Guard's business.
func StartS3(ctx context.Context, folder, data string, output io.Writer) (*Process, string, error) {
	stack, err := template.LoadStack(folder)
	if err != nil {
		return nil, "", err
	}
	accounts := make(map[string]map[string]string)
	for _, f := range stack.Functions() {
		accounts[f.Name] = map[string]string{"access": f.Name, "secret": password, "role": "admin"}
	}
	text, err := json.Marshal(map[string]any{"accessAccounts": accounts})
	if err != nil {
		return nil, "", fmt.Errorf("render accounts: %w", err)
	}
	for _, sub := range []string{"files", "about", "users"} {
		if err := os.MkdirAll(filepath.Join(data, sub), 0o700); err != nil {
			return nil, "", fmt.Errorf("make folder: %w", err)
		}
	}
	if err := os.WriteFile(filepath.Join(data, "users", "users.json"), text, 0o600); err != nil {
		return nil, "", fmt.Errorf("write accounts: %w", err)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0") // it cannot say which free port it took
	if err != nil {
		return nil, "", fmt.Errorf("find a port: %w", err)
	}
	address := l.Addr().String()
	_ = l.Close()
	cmd := exec.Command(filepath.Join(folder, "functions/store/s3/s3test/bin/versitygw"), "--port", address, "--region", region, "--quiet",
		"--iam-dir", filepath.Join(data, "users"), "posix", "--sidecar", filepath.Join(data, "about"), filepath.Join(data, "files"))
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY=root", "ROOT_SECRET_KEY="+password)
	cmd.Stdout, cmd.Stderr = output, output
	p, err := start(cmd)
	if err != nil {
		return nil, "", fmt.Errorf(".ci/install installs it: %w", err)
	}
	for end := time.Now().Add(20 * time.Second); ; {
		c, err := net.Dial("tcp", address)
		if err == nil {
			return p, "http://" + address, c.Close()
		}
		select {
		case <-p.ended:
			return nil, "", fmt.Errorf("versitygw has ended: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(end) {
			return nil, "", fmt.Errorf("versitygw does not answer: %w", err)
		}
	}
}
