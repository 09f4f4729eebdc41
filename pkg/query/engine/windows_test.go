package engine

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// A window holds its end, and not its start, however wide the others are.
func TestWindowsOfCells(t *testing.T) {
	for _, edges := range [][]int64{
		{0, 10},
		{0, 10, 20, 30, 40},
		{0, 1, 10, 11, 20, 21, 30},
		{0, 1, 2, 3, 100},
		{0, 97, 98, 99, 100},
		{-30, -20, 0, 50},
		{5, 6, 7},
	} {
		for want := range len(edges) - 1 {
			for at := edges[want] + 1; at <= edges[want+1]; at++ {
				sent := binary.BigEndian.AppendUint64(nil, uint64(at))
				sent = binary.BigEndian.AppendUint64(sent, 7)
				require.Equal(t, []query.Cell{{Window: want, N: 7}}, appendCells(nil, sent, edges), "%d between %v", at, edges)
			}
		}
	}
}
