package dynamo

import (
	"context"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// count is how many items a span has, all of them.
func (t table) count(ctx context.Context, s span) (n int, err error) {
	values := maps.Clone(s.keys.values)
	maps.Copy(values, s.filter.values)
	in := &dynamodb.QueryInput{
		TableName: &t.name, KeyConditionExpression: &s.keys.text, ExpressionAttributeNames: names(s.keys.text, s.filter.text),
		ExpressionAttributeValues: values, Select: types.SelectCount, ConsistentRead: aws.Bool(s.index == ""),
	}
	if s.filter.text != "" {
		in.FilterExpression = &s.filter.text
	}
	if s.index != "" {
		in.IndexName = &s.index
	}
	for {
		out, _, err := call(ctx, t.db.patience, "count", func(ctx context.Context) (*dynamodb.QueryOutput, error) {
			return t.db.cfg.Client.Query(ctx, in, once)
		})
		if err != nil {
			return 0, err
		}
		n += int(out.Count)
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return n, nil
		}
	}
}
