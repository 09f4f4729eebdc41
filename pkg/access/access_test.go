package access_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/pkg/access"
)

// Subscribers of a channel see the same records: Scopes that see different ones have different keys.
func TestKeyDistinguishesScopes(t *testing.T) {
	seen := map[string]bool{}
	for _, scope := range []access.Scope{
		access.All(), {}, access.OwnRecords("adele@contoso.com"), access.OwnRecords("alex@contoso.com"), access.OwnRecords("true "),
	} {
		require.False(t, seen[scope.Key()], scope.Key())
		seen[scope.Key()] = true
	}
	require.Equal(t, access.OwnRecords("adele@contoso.com").Key(), access.OwnRecords("adele@contoso.com").Key())
}
