package standalone

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"sort"
	"strings"

	"github.com/BurntSushi/toml"
)

// Setting is one line of the configuration, as the help text and the README show it.
type Setting struct {
	Flag     string // without dashes; also the key in the configuration file
	Variable string // in the environment
	Value    string // a placeholder
	Default  string
	Usage    string
}

// Settings lists what Config can be told, in the order of its fields.
func Settings() []Setting {
	fields := configFields()
	settings := make([]Setting, 0, len(fields))
	for _, f := range fields {
		name := f.Tag.Get("flag")
		settings = append(settings, Setting{
			Flag:     name,
			Variable: variable(name),
			Value:    f.Tag.Get("value"),
			Default:  f.Tag.Get("default"),
			Usage:    f.Tag.Get("usage"),
		})
	}
	return settings
}

// configFields are the fields of Config and of what it embeds, in their order.
func configFields() []reflect.StructField {
	return slices.DeleteFunc(reflect.VisibleFields(reflect.TypeFor[Config]()), func(f reflect.StructField) bool { return f.Anonymous })
}

func variable(name string) string {
	return "COOPNET_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// ParseConfig reads a command line. A flag wins over the environment, the environment over the configuration file
// (--config or COOPNET_CONFIG), and that over the default. It returns flag.ErrHelp when help was asked for.
func ParseConfig(args []string, getenv func(string) string) (Config, error) {
	var cfg Config
	fields, settings := configFields(), Settings()
	field := func(i int) reflect.Value { return reflect.ValueOf(&cfg).Elem().FieldByIndex(fields[i].Index) }

	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	file := flags.String("config", getenv("COOPNET_CONFIG"), "configuration file")
	for i, s := range settings {
		flags.StringVar(field(i).Addr().Interface().(*string), s.Flag, s.Default, s.Usage)
	}
	if err := flags.Parse(args); err != nil {
		return Config{}, err
	}
	if flags.NArg() > 0 {
		return Config{}, fmt.Errorf("serve takes flags only, not %q", flags.Arg(0))
	}
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })

	keys, err := readFile(*file, settings)
	if err != nil {
		return Config{}, err
	}
	for i, s := range settings {
		if given[s.Flag] {
			continue
		}
		if v := getenv(s.Variable); v != "" {
			field(i).SetString(v)
		} else if v, ok := keys[s.Flag]; ok {
			field(i).SetString(v)
		}
	}
	return cfg, cfg.Validate()
}

// readFile reads a configuration file: TOML, one string for each setting, nothing else.
func readFile(path string, settings []Setting) (map[string]string, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("configuration file %s does not exist", path)
	} else if err != nil {
		return nil, fmt.Errorf("configuration file %s cannot be read: %w", path, errors.Unwrap(err))
	}
	var document map[string]any
	if err := toml.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("configuration file %s is not valid TOML: %w", path, err)
	}
	known := map[string]bool{}
	for _, s := range settings {
		known[s.Flag] = true
	}
	keys := map[string]string{}
	for _, key := range sortedKeys(document) {
		if !known[key] {
			return nil, fmt.Errorf("configuration file %s: unknown key %q%s", path, key, suggestion(key, settings))
		}
		v, ok := document[key].(string)
		if !ok {
			return nil, fmt.Errorf("configuration file %s: %s must be text in quotes, such as %s = %q", path, key, key, fmt.Sprint(document[key]))
		}
		keys[key] = v
	}
	return keys, nil
}

func sortedKeys(document map[string]any) []string {
	keys := make([]string, 0, len(document))
	for key := range document {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

// suggestion names the setting that was probably meant: the same letters with other separators.
func suggestion(key string, settings []Setting) string {
	letters := strings.NewReplacer("-", "", "_", "", ".", "")
	for _, s := range settings {
		if strings.EqualFold(letters.Replace(key), letters.Replace(s.Flag)) {
			return fmt.Sprintf("; did you mean %q?", s.Flag)
		}
	}
	return "; `coopnet help serve` lists the keys"
}
