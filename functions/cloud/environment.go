package cloud

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/coopnet/coopnet/functions/portal"
	s3store "github.com/coopnet/coopnet/functions/store/s3"
	"github.com/coopnet/coopnet/shared/turncred"
)

// Environment is what a Build wires its domain with.
type Environment struct {
	Config  Config
	Logger  *slog.Logger
	Clients portal.Clients // the CDN's word on addresses is taken before the portal sees a request

	aws        aws.Config
	edgeSecret string
}

// newEnvironment makes no call but for the secrets that the function is told to read.
func newEnvironment(ctx context.Context, cfg Config, logger *slog.Logger) (*Environment, error) {
	env := &Environment{Config: cfg, Logger: logger, aws: awsConfig(cfg)}
	if cfg.EdgeSecret == "" {
		return env, nil
	}
	var err error
	env.edgeSecret, err = env.secret(ctx, cfg.EdgeSecret)
	return env, err
}

// awsConfig takes what Lambda puts into the environment. The SDK's own chain of sources would cost megabytes and start-up
// time to find the same.
func awsConfig(cfg Config) aws.Config {
	return aws.Config{
		Region: cfg.Region,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: cfg.AccessKey, SecretAccessKey: cfg.SecretKey, SessionToken: cfg.SessionToken, Source: "Lambda"}, nil
		}),
		// A connection that hangs must not eat the time in which another attempt could succeed.
		HTTPClient: awshttp.NewBuildableClient().WithTimeout(3 * time.Second).WithTransportOptions(func(t *http.Transport) {
			t.ResponseHeaderTimeout = time.Second
			t.MaxIdleConnsPerHost = 16
		}),
	}
}

// DynamoDB is a client of the tables' service.
func (e *Environment) DynamoDB() *dynamodb.Client {
	return dynamodb.NewFromConfig(e.aws, func(o *dynamodb.Options) {
		o.BaseEndpoint = endpoint(e.Config.Endpoints.DynamoDB)
	})
}

// Files opens a bucket, one of Config.Buckets. Another service than AWS's is asked by path: it has no names for each bucket.
func (e *Environment) Files(bucket string) (*s3store.Store, error) {
	if bucket == "" {
		return nil, errors.New("the name of a bucket is missing: COOPNET_BUCKET_RELEASES, COOPNET_BUCKET_REPORTS or COOPNET_BUCKET_DOCUMENTS")
	}
	client := s3.NewFromConfig(e.aws, func(o *s3.Options) {
		o.HTTPClient = awshttp.NewBuildableClient() // a file takes as long as it takes
		o.BaseEndpoint = endpoint(e.Config.Endpoints.S3)
		o.UsePathStyle = o.BaseEndpoint != nil
	})
	return s3store.New(s3store.Config{Client: client, Bucket: bucket})
}

// TurnSecret is what TURN credentials are made from; the zero value where there is none.
func (e *Environment) TurnSecret(ctx context.Context) (turncred.Secret, error) {
	if e.Config.TurnSecret == "" {
		return turncred.Secret{}, nil
	}
	text, err := e.secret(ctx, e.Config.TurnSecret)
	if err != nil {
		return turncred.Secret{}, err
	}
	return turncred.NewSecret(text)
}

func (e *Environment) secret(ctx context.Context, arn string) (string, error) {
	client := secretsmanager.NewFromConfig(e.aws, func(o *secretsmanager.Options) { o.BaseEndpoint = endpoint(e.Config.Endpoints.Secrets) })
	value, err := client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &arn})
	if err != nil {
		return "", fmt.Errorf("read the secret %s: %w", arn, err)
	}
	text := strings.TrimSpace(aws.ToString(value.SecretString))
	if text == "" {
		return "", fmt.Errorf("the secret %s is empty", arn)
	}
	return text, nil
}

func endpoint(url string) *string {
	if url == "" {
		return nil
	}
	return &url
}
