package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/coopnet/coopnet/functions/store/dynamo"
	"github.com/coopnet/coopnet/functions/store/dynamo/dynamotest"
)

// meter adds up what calls consume, as the endpoint reports it, and by DynamoDB's rules what this endpoint leaves out: a
// condition that fails costs the write, a query that finds nothing half a unit, an index its own writes.
type meter struct {
	plain *dynamodb.Client // not metered

	mu            *sync.Mutex
	calls         int
	reads, writes float64
}

func (m *meter) String() string {
	return fmt.Sprintf("%d | %s | %s", m.calls, units(m.reads), units(m.writes))
}

func (m *meter) reset() { m.calls, m.reads, m.writes = 0, 0, 0 }

func units(n float64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// metered opens stores on empty tables whose calls are counted.
func metered(t *testing.T, e *dynamotest.Endpoint, now func() time.Time) (*meter, func() *dynamo.DB, *dynamo.DB) {
	t.Helper()
	m := &meter{plain: e.Client(e.URL), mu: &sync.Mutex{}}
	tables := e.Tables(t)
	add := func(o *dynamodb.Options) {
		o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error {
			return s.Initialize.Add(middleware.InitializeMiddlewareFunc("meter", m.measure), middleware.Before)
		})
	}
	made := func(client *dynamodb.Client) *dynamo.DB {
		db, err := dynamo.New(dynamo.Config{Client: client, Tables: tables, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		return dynamo.Patient(db)
	}
	return m, func() *dynamo.DB { return made(e.Client(e.URL, add)) }, made(m.plain)
}

func (m *meter) measure(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
	params := reflect.ValueOf(in.Parameters).Elem()
	params.FieldByName("ReturnConsumedCapacity").Set(reflect.ValueOf(types.ReturnConsumedCapacityTotal))
	before := m.entries(ctx, params)
	out, metadata, err := next.HandleInitialize(ctx, in)
	read, write := 0.0, 0.0
	var refused *types.ConditionalCheckFailedException
	switch {
	case errors.As(err, &refused):
		write = 1
	case err != nil:
		return out, metadata, err
	default:
		read, write = consumed(out.Result)
	}
	write += indexed(before, m.entries(ctx, params))
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls, m.reads, m.writes = m.calls+1, m.reads+read, m.writes+write
	return out, metadata, err
}

func consumed(result any) (read, write float64) {
	total := func(c *types.ConsumedCapacity) float64 { return aws.ToFloat64(c.CapacityUnits) }
	switch out := result.(type) {
	case *dynamodb.GetItemOutput:
		return total(out.ConsumedCapacity), 0
	case *dynamodb.QueryOutput:
		return max(total(out.ConsumedCapacity), 0.5), 0
	case *dynamodb.BatchGetItemOutput:
		for _, c := range out.ConsumedCapacity {
			read += total(&c)
		}
		return read, 0
	case *dynamodb.PutItemOutput:
		return 0, total(out.ConsumedCapacity)
	case *dynamodb.UpdateItemOutput:
		return 0, total(out.ConsumedCapacity)
	case *dynamodb.DeleteItemOutput:
		return 0, total(out.ConsumedCapacity)
	}
	panic(fmt.Sprintf("nobody knows what %T consumes", result))
}

// entry is what an index has of an item.
type entry struct{ key, rest string }

// indexed is what the indexes' own writes consume: an entry whose key changes is deleted and written.
func indexed(before, after map[string]entry) (write float64) {
	for name := range before {
		if _, stays := after[name]; !stays {
			write++
		}
	}
	for name, now := range after {
		was, there := before[name]
		switch {
		case there && was.key != now.key:
			write += 2
		case was != now:
			write++
		}
	}
	return write
}

// entries are what the indexes have of the item that a write is about.
func (m *meter) entries(ctx context.Context, params reflect.Value) map[string]entry {
	table := params.FieldByName("TableName")
	key := params.FieldByName("Key")
	if item := params.FieldByName("Item"); item.IsValid() {
		key = item
	}
	if !key.IsValid() || !table.IsValid() || params.FieldByName("ConsistentRead").IsValid() {
		return nil
	}
	name := table.Interface().(*string)
	all := key.Interface().(map[string]types.AttributeValue)
	out, err := m.plain.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: name, ConsistentRead: aws.Bool(true),
		Key: map[string]types.AttributeValue{dynamo.HashKey: all[dynamo.HashKey], dynamo.RangeKey: all[dynamo.RangeKey]},
	})
	if err != nil {
		return nil
	}
	entries := map[string]entry{}
	for _, table := range dynamo.Schema() {
		if !strings.HasSuffix(*name, table.Domain) {
			continue
		}
		for _, index := range table.Indexes {
			if out.Item[index.Hash] != nil && out.Item[index.Range] != nil {
				entries[index.Name] = entry{values(out.Item, index.Hash, index.Range), values(out.Item, index.Includes...)}
			}
		}
	}
	return entries
}

func values(item map[string]types.AttributeValue, names ...string) string {
	var all []string
	for _, name := range names {
		switch v := item[name].(type) {
		case *types.AttributeValueMemberS:
			all = append(all, name+"="+v.Value)
		case *types.AttributeValueMemberN:
			all = append(all, name+"="+v.Value)
		}
	}
	return strings.Join(all, "\n")
}
