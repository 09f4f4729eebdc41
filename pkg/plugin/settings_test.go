package plugin

import (
	"context"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/config"
	"github.com/stretchr/testify/require"
)

// What the settings page saves is what provisioning files and the documentation call it.
func TestSettingsHaveTheSameNamesEverywhere(t *testing.T) {
	found := func(path, part, name string) (names []string) {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, m := range regexp.MustCompile(name).FindAllStringSubmatch(regexp.MustCompile(part).FindString(string(text)), -1) {
			names = append(names, strings.Split(m[1], "`, `")...)
		}
		return names
	}
	var settable []string
	for f := range reflect.TypeFor[settings]().Fields() {
		settable = append(settable, f.Tag.Get("json"))
	}
	secrets := []string{"password", "tlsCACert", "tlsClientCert", "tlsClientKey"}
	const types, docs, file = "../../src/types.ts", "../../docs/configuration.md", "../../provisioning/datasources/entra-activity.yaml"

	require.ElementsMatch(t, settable, found(types, `(?s)interface EntraSettings .*?\n}`, `(?m)^  (\w+)\?:`))
	require.ElementsMatch(t, secrets, found(types, `(?s)interface EntraSecrets .*?\n}`, `(?m)^  (\w+)\?:`))
	require.ElementsMatch(t, settable, found(docs, "(?s)## Data source.*?```yaml", "(?m)^\\| `([^|]+)` \\|"))
	require.ElementsMatch(t, secrets, found(docs, "(?s)## Data source.*?```yaml", "(?m)^\\| `([^|]+)` \\(secure\\) \\|"))
	require.Subset(t, settable, found(file, `(?s)jsonData:.*secureJsonData:`, `(?m)^      (?:# )?(\w+): `))
	require.Subset(t, secrets, found(file, `(?s)secureJsonData:.*`, `(?m)^      (?:# )?(\w+): `))
}

func TestDefaultsOfPoolsAreGrafanas(t *testing.T) {
	ctx := config.WithGrafanaConfig(context.Background(), config.NewGrafanaCfg(map[string]string{
		config.SQLRowLimit: "1000000", config.SQLMaxOpenConnsDefault: "12", config.SQLMaxIdleConnsDefault: "11",
		config.SQLMaxConnLifetimeSecondsDefault: "60",
	}))
	s := defaultSettings(ctx)
	require.Equal(t, []int{12, 11, 60, 30}, []int{s.MaxOpenConns, s.MaxIdleConns, s.ConnMaxLifetime, s.QueryTimeout})
	require.Equal(t, 10, defaultSettings(context.Background()).MaxOpenConns)
}
