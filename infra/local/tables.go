package local

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/coopnet/coopnet/infra/template"
)

// createTables makes the tables as the template has them.
func createTables(ctx context.Context, endpoint string, n *names) error {
	client := dynamodb.New(dynamodb.Options{
		Region: region, BaseEndpoint: &endpoint,
		Credentials: user("root"),
	})
	for _, name := range n.stack.Main.At("Resources").Keys() {
		if n.stack.Main.At("Resources", name, "Type").String() != "AWS::DynamoDB::Table" {
			continue
		}
		table, err := n.name(name)
		if err != nil {
			return err
		}
		if _, err := client.CreateTable(ctx, definition(table, n.stack.Main.At("Resources", name, "Properties"))); err != nil {
			return fmt.Errorf("create table %s: %w", table, err)
		}
		waiter := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) { o.MinDelay = 1e7 })
		if err := waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: &table}, 1e10); err != nil {
			return fmt.Errorf("wait for table %s: %w", table, err)
		}
	}
	return nil
}

func definition(name string, p *template.Value) *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{TableName: &name, BillingMode: types.BillingModePayPerRequest, KeySchema: schema(p)}
	for _, a := range p.At("AttributeDefinitions").Items() {
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{
			AttributeName: aws.String(a.At("AttributeName").String()), AttributeType: types.ScalarAttributeType(a.At("AttributeType").String()),
		})
	}
	for _, i := range p.At("GlobalSecondaryIndexes").Items() {
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: aws.String(i.At("IndexName").String()), KeySchema: schema(i),
			Projection: &types.Projection{
				ProjectionType:   types.ProjectionType(i.At("Projection", "ProjectionType").String()),
				NonKeyAttributes: i.At("Projection", "NonKeyAttributes").Texts(),
			},
		})
	}
	return in
}

func schema(p *template.Value) []types.KeySchemaElement {
	var list []types.KeySchemaElement
	for _, k := range p.At("KeySchema").Items() {
		list = append(list, types.KeySchemaElement{
			AttributeName: aws.String(k.At("AttributeName").String()), KeyType: types.KeyType(k.At("KeyType").String()),
		})
	}
	return list
}
