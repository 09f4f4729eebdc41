package plugin_test

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"
)

// The editors' tests have the catalog that the backend answers with, and no older one.
func TestTheEditorsAreTestedWithThisCatalog(t *testing.T) {
	const path = "../../src/testing/catalog.json"
	_, u := database(t)
	r := &received{}
	require.NoError(t, instance(t, settings(t, u, nil)).CallResource(t.Context(), &backend.CallResourceRequest{Method: "GET", Path: "catalog", URL: "catalog"}, r.Send))
	require.Equal(t, 200, r.status)
	var catalog bytes.Buffer
	require.NoError(t, json.Indent(&catalog, []byte(r.body.String()), "", "  "))
	if *update {
		require.NoError(t, os.WriteFile(path, catalog.Bytes(), 0o600))
	}
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	var want, got any
	require.NoError(t, json.Unmarshal(kept, &want))
	require.NoError(t, json.Unmarshal([]byte(r.body.String()), &got))
	require.True(t, reflect.DeepEqual(want, got), "%s differs from the catalog: run the test with -update", path) // a difference of thousands of lines helps nobody
}
