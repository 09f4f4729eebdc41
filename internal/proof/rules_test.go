package proof

import (
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// rulesWork checks that both servers evaluate every rule.
func rulesWork(t *testing.T, servers []server) {
	var evaluated struct {
		Groups []struct {
			Rules []struct{ Name, Health, LastError string }
		}
	}
	require.NoError(t, servers[0].get(t, "rules", url.Values{}, &evaluated))
	n := 0
	for _, g := range evaluated.Groups {
		for _, r := range g.Rules {
			assert.Equal(t, "ok", r.Health, "%s: %s", r.Name, r.LastError)
			n++
		}
	}
	expressions := expressions(t)
	assert.Len(t, expressions, n)
	for _, expr := range expressions {
		_, err := servers[1].query(t, expr, time.Now())
		assert.NoError(t, err, expr)
	}
}

func expressions(t *testing.T) (list []string) {
	t.Helper()
	for _, name := range []string{"rules.yaml", "alerts.yaml"} {
		text, err := os.ReadFile("../../provisioning/prometheus/" + name)
		require.NoError(t, err)
		var file struct {
			Groups []struct{ Rules []struct{ Expr string } }
		}
		require.NoError(t, yaml.Unmarshal(text, &file))
		for _, g := range file.Groups {
			for _, r := range g.Rules {
				list = append(list, r.Expr)
			}
		}
	}
	return list
}
