package pluginhost

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSettingsOfAnAddress(t *testing.T) {
	s, err := SettingsOf("postgres://reader:p%40ss@db.example/entra?sslmode=require")
	require.NoError(t, err)
	require.Equal(t, Settings{
		JSON: map[string]any{"host": "db.example", "port": 5432, "database": "entra", "user": "reader",
			"tlsMode": "require"},
		Password: "p@ss",
	}, s)
	for _, wrong := range []string{"db.example", "mysql://reader@db/entra", "postgres://db/entra"} {
		_, err := SettingsOf(wrong)
		require.Error(t, err, wrong)
	}
}
