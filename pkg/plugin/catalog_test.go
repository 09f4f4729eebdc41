package plugin_test

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

// The editors' tests use the catalog that the backend serves, and no older one.
func TestTheEditorsAreTestedWithThisCatalog(t *testing.T) {
	const path = "../../src/testing/catalog.json"
	_, u := database(t)
	status, body, err := instance(t, settings(t, u, nil)).get(t.Context(), "catalog")
	require.NoError(t, err)
	require.Equal(t, 200, status)
	var catalog bytes.Buffer
	require.NoError(t, json.Indent(&catalog, []byte(body), "", "  "))
	if *update {
		require.NoError(t, os.WriteFile(path, catalog.Bytes(), 0o600))
	}
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	var want, got any
	require.NoError(t, json.Unmarshal(kept, &want))
	require.NoError(t, json.Unmarshal([]byte(body), &got))
	// A difference of thousands of lines helps nobody.
	require.True(t, reflect.DeepEqual(want, got), "%s differs from the catalog: run the test with -update", path)
}
