// Command bare is the least that a function can be: what its cold start takes is what nobody can save.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.Start(func(context.Context, map[string]any) (map[string]int, error) {
		return map[string]int{"statusCode": 200}, nil
	})
}
