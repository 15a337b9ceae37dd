package cloud

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"reflect"
	"strings"
)

// Config is what a function is told by its environment. The template sets it; a test compares the two.
type Config struct {
	PublicURL    string `env:"COOPNET_PUBLIC_URL" usage:"where browsers reach the portal; issuer of join tokens"`
	LogLevel     string `env:"COOPNET_LOG_LEVEL" usage:"debug, info, warn or error; info when empty"`
	EdgeSecret   string `env:"COOPNET_EDGE_SECRET" usage:"ARN of the secret that only the CDN sends along; empty: everybody may call, and the address is the gateway's"`
	TurnSecret   string `env:"COOPNET_TURN_SECRET_ARN" usage:"ARN of the secret of TURN credentials; empty: nobody gets any"`
	ReleaseKeys  string `env:"COOPNET_RELEASE_KEYS" usage:"public keys of those who sign the software's releases, separated by commas; empty: nothing can be published"`
	Region       string `env:"AWS_REGION" usage:"set by Lambda"`
	AccessKey    string `env:"AWS_ACCESS_KEY_ID" usage:"set by Lambda"`
	SecretKey    string `env:"AWS_SECRET_ACCESS_KEY" usage:"set by Lambda"`
	SessionToken string `env:"AWS_SESSION_TOKEN" usage:"set by Lambda"`
	OIDC         OIDC
	Networks     Networks
	Tables       Tables
	Buckets      Buckets
	Endpoints    Endpoints
}

// OIDC is the company's identity provider; without an issuer there is none. The settings mean what those of `coopnet serve`
// mean that have the same names.
type OIDC struct {
	Issuer     string `env:"COOPNET_OIDC_ISSUER"`
	Audience   string `env:"COOPNET_OIDC_AUDIENCE"`
	ClientID   string `env:"COOPNET_OIDC_CLIENT_ID"`
	Secret     string `env:"COOPNET_OIDC_CLIENT_SECRET_ARN" usage:"ARN of the secret of COOPNET_OIDC_CLIENT_ID"`
	Scopes     string `env:"COOPNET_OIDC_SCOPES"`
	RolesClaim string `env:"COOPNET_OIDC_ROLES_CLAIM"`
	Roles      string `env:"COOPNET_OIDC_ROLES"`
	Join       string `env:"COOPNET_OIDC_JOIN" usage:"name or password; name when empty"`
}

// Networks are those that are not public and may be called all the same: for machines without AWS.
type Networks struct {
	Relays   string `env:"COOPNET_RELAY_NETWORKS" usage:"where relays are, separated by commas"`
	Webhooks string `env:"COOPNET_WEBHOOK_NETWORKS" usage:"where receivers of webhooks are, separated by commas"`
}

// Tables are the names of the tables that the function may use; one that it must not use is empty.
type Tables struct {
	Conference  string `env:"COOPNET_TABLE_CONFERENCE"`
	Identity    string `env:"COOPNET_TABLE_IDENTITY"`
	Staff       string `env:"COOPNET_TABLE_STAFF"`
	Installer   string `env:"COOPNET_TABLE_INSTALLER"`
	Diagnostics string `env:"COOPNET_TABLE_DIAGNOSTICS"`
	Documents   string `env:"COOPNET_TABLE_DOCUMENTS"`
	Relay       string `env:"COOPNET_TABLE_RELAY"`
	Webhook     string `env:"COOPNET_TABLE_WEBHOOK"`
}

// Buckets are those that the function may use.
type Buckets struct {
	Releases  string `env:"COOPNET_BUCKET_RELEASES"`
	Reports   string `env:"COOPNET_BUCKET_REPORTS"`
	Documents string `env:"COOPNET_BUCKET_DOCUMENTS"`
}

// Endpoints stand in for those of AWS; the names are those of AWS's own tools. They are for machines without AWS.
type Endpoints struct {
	DynamoDB string `env:"AWS_ENDPOINT_URL_DYNAMODB"`
	S3       string `env:"AWS_ENDPOINT_URL_S3"`
	Secrets  string `env:"AWS_ENDPOINT_URL_SECRETS_MANAGER"`
}

// LoadConfig reads the environment and checks it.
func LoadConfig(getenv func(string) string) (Config, error) {
	var c Config
	fill(reflect.ValueOf(&c).Elem(), getenv)
	return c, c.Validate()
}

func fill(v reflect.Value, getenv func(string) string) {
	for i := range v.NumField() {
		if field := v.Field(i); field.Kind() == reflect.Struct {
			fill(field, getenv)
		} else {
			field.SetString(getenv(v.Type().Field(i).Tag.Get("env")))
		}
	}
}

// Variables are the names that a function listens to.
func Variables() []string { return variables(reflect.TypeFor[Config]()) }

func variables(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		if f := t.Field(i); f.Type.Kind() == reflect.Struct {
			names = append(names, variables(f.Type)...)
		} else {
			names = append(names, f.Tag.Get("env"))
		}
	}
	return names
}

// Validate says everything that is wrong, and never what a secret is.
func (c Config) Validate() error {
	var wrong []error
	if u, err := url.Parse(c.PublicURL); err != nil || u.Host == "" || u.Path != "" || u.Scheme != "https" && u.Scheme != "http" {
		wrong = append(wrong, fmt.Errorf("COOPNET_PUBLIC_URL must be an origin such as https://conference.example.com, not %q", c.PublicURL))
	}
	if _, err := c.level(); err != nil {
		wrong = append(wrong, fmt.Errorf("COOPNET_LOG_LEVEL must be debug, info, warn or error, not %q", c.LogLevel))
	}
	if c.OIDC.Join != "" && c.OIDC.Join != joinByName && c.OIDC.Join != joinByPassword {
		wrong = append(wrong, fmt.Errorf("COOPNET_OIDC_JOIN must be name or password, not %q", c.OIDC.Join))
	}
	if c.Region == "" {
		wrong = append(wrong, errors.New("AWS_REGION is missing"))
	}
	if c.AccessKey == "" || c.SecretKey == "" {
		wrong = append(wrong, errors.New("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are missing: the function has no role"))
	}
	for name, endpoint := range map[string]string{
		"AWS_ENDPOINT_URL_DYNAMODB": c.Endpoints.DynamoDB, "AWS_ENDPOINT_URL_S3": c.Endpoints.S3, "AWS_ENDPOINT_URL_SECRETS_MANAGER": c.Endpoints.Secrets,
	} {
		if u, err := url.Parse(endpoint); endpoint != "" && (err != nil || u.Host == "") {
			wrong = append(wrong, fmt.Errorf("%s must be a URL, not %q", name, endpoint))
		}
	}
	return errors.Join(wrong...)
}

func (c Config) level() (level slog.Level, err error) {
	if c.LogLevel == "" {
		return slog.LevelInfo, nil
	}
	err = level.UnmarshalText([]byte(strings.ToUpper(c.LogLevel)))
	return level, err
}
