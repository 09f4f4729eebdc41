package demo

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestGroupsHaveMembers(t *testing.T) {
	end := time.Date(2026, 3, 30, 0, 0, 0, 0, time.UTC)
	tenant := New(Options{Seed: 1, Start: end.AddDate(0, 0, -7), End: end, Users: 500})
	names, ids := map[string]bool{}, map[string]bool{}
	for _, g := range tenant.Groups() {
		require.NotEmpty(t, g.Members, g.Name)
		names[g.Name], ids[g.ID] = true, true
	}
	require.Len(t, names, len(groupNames)+3)
	require.Len(t, ids, len(names))
}
