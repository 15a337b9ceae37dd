// Package dynamotest runs a DynamoDB endpoint for tests: dynalite, which is strict, on a free port of the loopback.
package dynamotest

import (
	"bufio"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/coopnet/coopnet/functions/store/dynamo"
)

// Endpoint is a running one. It keeps everything in memory.
type Endpoint struct {
	URL string

	sets atomic.Int64
}

// Start starts one for a test and what runs in it.
func Start(t testing.TB) *Endpoint {
	t.Helper()
	_, file, _, _ := runtime.Caller(0)
	cmd := exec.Command("node", "dynalite.mjs")
	cmd.Dir = filepath.Dir(file)
	var complaint strings.Builder
	cmd.Stderr = &complaint
	stdin, inErr := cmd.StdinPipe() // its end, however this process goes, is the endpoint's end
	stdout, outErr := cmd.StdoutPipe()
	if inErr != nil || outErr != nil {
		t.Fatal(inErr, outErr)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start node: %v", err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Wait() // it may have failed: that was said below
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("start dynalite (.ci/install installs it): %v\n%s", err, &complaint)
	}
	return &Endpoint{URL: "http://127.0.0.1:" + strings.TrimSpace(line)}
}

// Client returns a client of the endpoint, or of what stands in front of it at another URL.
func (e *Endpoint) Client(url string, options ...func(*dynamodb.Options)) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: "eu-west-3", BaseEndpoint: &url,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	}, options...)
}

// Tables makes a new set of empty tables.
func (e *Endpoint) Tables(t testing.TB) dynamo.Tables {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tables, err := Create(ctx, e.Client(e.URL), fmt.Sprintf("test%d-", e.sets.Add(1)))
	if err != nil {
		t.Fatal(err)
	}
	return tables
}

// Create makes the tables of the schema, with names that begin with the prefix. An endpoint that keeps nothing knows them
// at once.
func Create(ctx context.Context, client *dynamodb.Client, prefix string) (dynamo.Tables, error) {
	for _, table := range dynamo.Schema() {
		if _, err := client.CreateTable(ctx, definition(table, prefix)); err != nil {
			return dynamo.Tables{}, fmt.Errorf("create table %s: %w", table.Domain, err)
		}
		for {
			out, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(prefix + table.Domain)})
			if err != nil {
				return dynamo.Tables{}, fmt.Errorf("describe table %s: %w", table.Domain, err)
			}
			if out.Table.TableStatus == types.TableStatusActive {
				break
			}
			select {
			case <-time.After(5 * time.Millisecond):
			case <-ctx.Done():
				return dynamo.Tables{}, fmt.Errorf("wait for table %s: %w", table.Domain, ctx.Err())
			}
		}
	}
	return dynamo.Named(prefix), nil
}

func definition(table dynamo.Table, prefix string) *dynamodb.CreateTableInput {
	attributes := map[string]bool{}
	in := &dynamodb.CreateTableInput{
		TableName: aws.String(prefix + table.Domain), BillingMode: types.BillingModePayPerRequest,
		KeySchema: keys(dynamo.HashKey, dynamo.RangeKey, attributes),
	}
	for _, index := range table.Indexes {
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: &index.Name, KeySchema: keys(index.Hash, index.Range, attributes),
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: index.Includes},
		})
	}
	for name := range attributes {
		in.AttributeDefinitions = append(in.AttributeDefinitions,
			types.AttributeDefinition{AttributeName: &name, AttributeType: types.ScalarAttributeTypeS})
	}
	return in
}

func keys(hash, sort string, attributes map[string]bool) []types.KeySchemaElement {
	attributes[hash], attributes[sort] = true, true
	return []types.KeySchemaElement{
		{AttributeName: &hash, KeyType: types.KeyTypeHash},
		{AttributeName: &sort, KeyType: types.KeyTypeRange},
	}
}
