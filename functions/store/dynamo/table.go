package dynamo

import (
	"context"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// table is the calls. Reads are strongly consistent where it is not said otherwise.
type table struct {
	db   *DB
	name string
}

func (db *DB) table(name string) table { return table{db, name} }

// get returns nil when there is no item.
func (t table) get(ctx context.Context, k key) (item, error) { return t.read(ctx, k, true) }

// glance is get for half the price, and may miss what was written a moment ago.
func (t table) glance(ctx context.Context, k key) (item, error) { return t.read(ctx, k, false) }

func (t table) read(ctx context.Context, k key, consistent bool) (item, error) {
	out, _, err := call(ctx, t.db.patience, "get item", func(ctx context.Context) (*dynamodb.GetItemOutput, error) {
		return t.db.cfg.Client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &t.name, Key: k.item(), ConsistentRead: &consistent}, once)
	})
	if err != nil {
		return nil, err
	}
	return out.Item, nil
}

// put writes the whole item where the condition holds, and reports whether it did. A write that was done by a repeated
// call counts; it is known again by its nonce.
func (t table) put(ctx context.Context, i item, where expression) (done bool, err error) {
	in := &dynamodb.PutItemInput{TableName: &t.name, Item: i}
	if where.text != "" {
		in.ConditionExpression, in.ExpressionAttributeNames = &where.text, names(where.text)
	}
	if len(where.values) > 0 {
		in.ExpressionAttributeValues = where.values
	}
	_, unsure, err := call(ctx, t.db.patience, "put item", func(ctx context.Context) (*dynamodb.PutItemOutput, error) {
		return t.db.cfg.Client.PutItem(ctx, in, once)
	})
	if !refused(err) {
		return err == nil, err
	}
	if !unsure {
		return false, nil
	}
	now, err := t.get(ctx, key{i.text(HashKey), i.text(RangeKey)})
	return err == nil && wroteIt(now, i), err
}

// update edits an item where the condition holds. It returns the whole item afterwards, or nil when the condition did
// not hold. The edit sets a nonce, as put does.
func (t table) update(ctx context.Context, k key, e edit, where expression) (item, error) {
	how := e.expression()
	values := how.values
	maps.Copy(values, where.values)
	in := &dynamodb.UpdateItemInput{
		TableName: &t.name, Key: k.item(), UpdateExpression: &how.text, ConditionExpression: &where.text,
		ExpressionAttributeNames: names(how.text, where.text), ExpressionAttributeValues: values, ReturnValues: types.ReturnValueAllNew,
	}
	out, unsure, err := call(ctx, t.db.patience, "update item", func(ctx context.Context) (*dynamodb.UpdateItemOutput, error) {
		return t.db.cfg.Client.UpdateItem(ctx, in, once)
	})
	if err == nil {
		return out.Attributes, nil
	}
	if !refused(err) {
		return nil, err
	}
	if !unsure {
		return nil, nil
	}
	now, err := t.get(ctx, k)
	if err != nil || !wroteIt(now, e.set) {
		return nil, err
	}
	return now, nil
}

func wroteIt(now, wrote item) bool {
	return wrote.has("nonce") && now.text("nonce") == wrote.text("nonce")
}

// remove deletes an item where the condition holds. A missing one is fine.
func (t table) remove(ctx context.Context, k key, where expression) error {
	in := &dynamodb.DeleteItemInput{TableName: &t.name, Key: k.item()}
	if where.text != "" {
		in.ConditionExpression, in.ExpressionAttributeNames = &where.text, names(where.text)
	}
	if len(where.values) > 0 {
		in.ExpressionAttributeValues = where.values
	}
	_, _, err := call(ctx, t.db.patience, "delete item", func(ctx context.Context) (*dynamodb.DeleteItemOutput, error) {
		return t.db.cfg.Client.DeleteItem(ctx, in, once)
	})
	if refused(err) {
		return nil
	}
	return err
}

// span is the items of a query: those with one hash key, in the order of the range key.
type span struct {
	index    string // "" is the table itself
	keys     expression
	filter   expression
	backward bool
	limit    int32 // items looked at; 0 is as many as 1 MB holds
	after    item  // where the last call stopped
}

// query returns one call's items, and where it stopped; nil at the end.
func (t table) query(ctx context.Context, s span) (items []item, last item, err error) {
	in := &dynamodb.QueryInput{
		TableName: &t.name, KeyConditionExpression: &s.keys.text, ExpressionAttributeNames: names(s.keys.text, s.filter.text),
		ScanIndexForward: aws.Bool(!s.backward), ConsistentRead: aws.Bool(s.index == ""), ExclusiveStartKey: s.after,
	}
	values := maps.Clone(s.keys.values)
	if s.filter.text != "" {
		in.FilterExpression = &s.filter.text
		maps.Copy(values, s.filter.values)
	}
	in.ExpressionAttributeValues = values
	if s.index != "" {
		in.IndexName = &s.index
	}
	if s.limit > 0 {
		in.Limit = &s.limit
	}
	out, _, err := call(ctx, t.db.patience, "query", func(ctx context.Context) (*dynamodb.QueryOutput, error) {
		return t.db.cfg.Client.Query(ctx, in, once)
	})
	if err != nil {
		return nil, nil, err
	}
	for _, i := range out.Items {
		items = append(items, i)
	}
	return items, out.LastEvaluatedKey, nil
}

// many reads up to 100 items, in any order; those that are missing are left out.
func (t table) many(ctx context.Context, keys []key) ([]item, error) {
	asked := make([]map[string]types.AttributeValue, len(keys))
	for i, k := range keys {
		asked[i] = k.item()
	}
	var items []item
	for len(asked) > 0 {
		in := &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{t.name: {Keys: asked, ConsistentRead: aws.Bool(true)}}}
		out, _, err := call(ctx, t.db.patience, "get items", func(ctx context.Context) (*dynamodb.BatchGetItemOutput, error) {
			out, err := t.db.cfg.Client.BatchGetItem(ctx, in, once)
			if err == nil && len(out.Responses[t.name]) == 0 && len(out.UnprocessedKeys) > 0 {
				return nil, &types.ProvisionedThroughputExceededException{} // said in another way
			}
			return out, err
		})
		if err != nil {
			return nil, err
		}
		for _, i := range out.Responses[t.name] {
			items = append(items, i)
		}
		asked = out.UnprocessedKeys[t.name].Keys
	}
	return items, nil
}
