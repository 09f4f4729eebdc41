package exporter

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/debian"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

func TestBackfill(t *testing.T) {
	db := migrated(t)
	at := func(text string) time.Time {
		parsed, err := time.Parse("2006-01-02 15:04:05", text)
		require.NoError(t, err)
		return parsed
	}
	for i, when := range []string{"2026-01-01 00:00:00", "2026-01-01 10:30:00", "2026-01-01 11:00:00",
		"2026-01-02 23:59:59", "2026-01-03 00:00:00", "2026-01-03 12:00:00"} {
		write(t, db, record(activity.SignIn, fmt.Sprint(i), at(when), "errorCode", "0", "appId", "a1",
			"appDisplayName", "Two\nlines, \"quoted\" \\", "signInEventTypes", "interactiveUser"))
	}
	first, err := FirstDay(t.Context(), db)
	require.NoError(t, err)
	require.Equal(t, at("2026-01-01 00:00:00"), first)
	backfill := func(from, to string, format Format) string {
		var out bytes.Buffer
		samples, err := Backfill{at(from + " 00:00:00"), at(to + " 00:00:00"), format}.Write(t.Context(), db,
			[]string{"signins", "ingest", "applications"}, &out)
		require.NoError(t, err)
		require.Positive(t, samples)
		return out.String()
	}

	// What happens on the hour counts at that hour, the rest at the next; and every midnight has a sample.
	series := `entra_signins_by_event_time_total{tenant="contoso",app_id="a1",app="Two\nlines, \"quoted\" \\",` +
		`kind="interactive",status="success"}`
	expect := "# HELP entra_signins_by_event_time" +
		" Sign-ins, by application, kind of sign-in and status. By the time of events.\n" +
		"# TYPE entra_signins_by_event_time counter\n"
	for _, sample := range []struct {
		n  int
		at string
	}{
		{1, "2026-01-01 00:00:00"}, {1, "2026-01-01 10:00:00"}, {3, "2026-01-01 11:00:00"}, {3, "2026-01-02 00:00:00"},
		{3, "2026-01-02 23:00:00"}, {5, "2026-01-03 00:00:00"},
	} {
		expect += fmt.Sprintf("%s %d %d\n", series, sample.n, at(sample.at).Unix())
	}
	text := backfill("2026-01-01", "2026-01-03", OpenMetrics)
	require.Equal(t, expect+"# EOF\n", text)

	later := backfill("2026-01-02", "2026-01-03", OpenMetrics)
	require.Contains(t, later, fmt.Sprintf("%s 3 %d\n", series, at("2026-01-02 00:00:00").Unix()),
		"a later backfill goes on where an earlier one ended")

	var line struct {
		Metric     map[string]string
		Values     []int64
		Timestamps []int64
	}
	require.NoError(t, json.Unmarshal([]byte(backfill("2026-01-01", "2026-01-03", VictoriaMetrics)), &line))
	require.Equal(t, map[string]string{"__name__": "entra_signins_by_event_time_total", "tenant": "contoso",
		"app_id": "a1", "app": "Two\nlines, \"quoted\" \\",
		"kind": "interactive", "status": "success"}, line.Metric)
	require.Equal(t, []int64{1, 1, 3, 3, 3, 5}, line.Values)
	require.Len(t, line.Timestamps, 6)

	t.Run("promtool makes blocks of it", func(t *testing.T) {
		promtool := debian.Program(t, "promtool", "prometheus")
		dir := t.TempDir()
		file, blocks := filepath.Join(dir, "backfill.txt"), filepath.Join(dir, "blocks")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		out, err := exec.CommandContext(t.Context(), promtool, "tsdb", "create-blocks-from", "openmetrics", file, blocks).CombinedOutput()
		require.NoError(t, err, string(out))
		require.NoError(t, os.Mkdir(filepath.Join(blocks, "wal"), 0o700)) // dump asks for one
		out, err = exec.CommandContext(t.Context(), promtool, "tsdb", "dump", blocks).CombinedOutput()
		require.NoError(t, err, string(out))
		require.Equal(t, 6, strings.Count(string(out), "entra_signins_by_event_time_total"), string(out))
	})
}
