package metrics_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/VictoriaMetrics/metricsql"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/metrics"
)

// The functions that the parser knows.
var parsed = strings.Fields(`
absent_over_time aggr_over_time ascent_over_time avg_over_time changes changes_prometheus count_eq_over_time count_gt_over_time count_le_over_time
count_ne_over_time count_over_time count_values_over_time decreases_over_time default_rollup delta delta_prometheus deriv deriv_fast descent_over_time
distinct_over_time duration_over_time first_over_time geomean_over_time histogram_over_time hoeffding_bound_lower hoeffding_bound_upper holt_winters idelta
ideriv increase increase_prometheus increase_pure increases_over_time integrate irate lag last_over_time lifetime mad_over_time max_over_time
median_over_time min_over_time mode_over_time outlier_iqr_over_time predict_linear present_over_time quantile_over_time quantiles_over_time range_over_time
rate rate_prometheus rate_over_sum resets rollup rollup_candlestick rollup_delta rollup_deriv rollup_increase rollup_rate rollup_scrape_interval
scrape_interval share_gt_over_time share_le_over_time share_eq_over_time stale_samples_over_time stddev_over_time stdvar_over_time sum_eq_over_time
sum_gt_over_time sum_le_over_time sum_over_time sum2_over_time tfirst_over_time timestamp timestamp_with_name tlast_change_over_time tlast_over_time
tmax_over_time tmin_over_time zscore_over_time
any avg bottomk bottomk_avg bottomk_max bottomk_median bottomk_last bottomk_min count count_values distinct geomean group histogram limitk mad max median
min mode outliers_iqr outliers_mad outliersk quantile quantiles share stddev stdvar sum sum2 topk topk_avg topk_max topk_median topk_last topk_min zscore
abs absent acos acosh asin asinh atan atanh bitmap_and bitmap_or bitmap_xor buckets_limit ceil clamp clamp_max clamp_min cos cosh day_of_month
day_of_week day_of_year days_in_month deg drop_common_labels drop_empty_series end exp floor histogram_avg histogram_fraction histogram_quantile
histogram_quantiles histogram_share histogram_stddev histogram_stdvar hour interpolate keep_last_value keep_next_value label_copy label_del
label_graphite_group label_join label_keep label_lowercase label_map label_match label_mismatch label_move label_replace label_set label_transform
label_uppercase label_value labels_equal limit_offset ln log2 log10 minute month now pi prometheus_buckets rad rand rand_exponential rand_normal
range_avg range_first range_last range_linear_regression range_mad range_max range_min range_normalize range_quantile range_stddev range_stdvar range_sum
range_trim_outliers range_trim_spikes range_trim_zscore range_zscore remove_resets round running_avg running_max running_min running_sum scalar sgn sin
sinh smooth_exponential sort sort_by_label sort_by_label_desc sort_by_label_numeric sort_by_label_numeric_desc sort_desc sqrt start step tan tanh time
timezone_offset union vector year`)

// Every function of MetricsQL is either there or refused by its own name, with what to write instead, and none is both.
func TestEveryFunctionIsThereOrRefused(t *testing.T) {
	for _, name := range parsed {
		require.True(t, metricsql.IsRollupFunc(name) || metricsql.IsAggrFunc(name) || metricsql.IsTransformFunc(name), "the parser does not know %s", name)
		there := slices.ContainsFunc(metrics.Functions(), func(f *metrics.Function) bool { return f.Name == name })
		refused := slices.ContainsFunc(metrics.Rejected, func(r metrics.Rejection) bool { return slices.Contains(r.Names, name) })
		require.True(t, there != refused, "%s: there %v, refused %v", name, there, refused)
		if refused {
			for _, expr := range []string{name + "(increase(entra_signins_total[1h]))", name + "(entra_signins_total[1h])", name + "(0.5, entra_signins_total[1h])", name + "()"} {
				_, err := metrics.Parse(expr)
				require.ErrorContains(t, err, name, expr)
			}
		}
	}
	for _, f := range metrics.Functions() {
		require.Contains(t, parsed, f.Name)
		require.True(t, strings.HasPrefix(f.Signature, f.Name+"("), f.Signature)
		require.True(t, strings.HasSuffix(f.Help, "."), "%s: %s", f.Name, f.Help)
	}
	for _, r := range metrics.Rejected {
		require.NotEmpty(t, r.Why)
		require.NotEmpty(t, r.Instead)
		for _, name := range r.Names {
			require.Contains(t, parsed, name)
		}
	}
}

// The counters are the exporter's, by its own names and labels.
func TestCountersAreTheExporters(t *testing.T) {
	text, err := os.ReadFile("../../docs/metrics.md")
	require.NoError(t, err)
	activities, _, _ := strings.Cut(string(text), "## Ingest and store")
	rows := regexp.MustCompile("(?m)^\\| `(entra_\\w+)` \\| counter \\| ([^|]*) \\|").FindAllStringSubmatch(activities, -1)
	var documented []string
	for _, row := range rows {
		documented = append(documented, row[1])
		if row[1] == "entra_conditional_access_policy_results_total" { // not a record each
			continue
		}
		m := metrics.ByName(row[1])
		require.NotNil(t, m, row[1])
		var labels []string
		for _, label := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(row[2], -1) {
			labels = append(labels, label[1])
			require.NotNil(t, m.Label(label[1]), "%s has no label %s", m.Name, label[1])
		}
		require.ElementsMatch(t, labels, m.Exported, m.Name)
	}
	for _, m := range metrics.All {
		require.Equal(t, !m.Stream, slices.Contains(documented, m.Name), m.Name)
	}
}

// Every field that can be grouped by is a label; the client's class is made of its name.
func TestEveryGroupableFieldIsALabel(t *testing.T) {
	for _, m := range metrics.All {
		names := map[string]bool{}
		for _, l := range m.Labels {
			require.False(t, names[l.Name], "%s has two labels %s", m.Name, l.Name)
			names[l.Name] = true
			require.Regexp(t, "^[a-z][a-z0-9_]*$", l.Name)
		}
		for _, f := range m.Kind.Fields {
			if f.Groupable && f.Name != "clientAppClass" && f.Type != activity.List && f.Of != activity.Membership {
				require.True(t, slices.ContainsFunc(m.Labels, func(l *metrics.Label) bool { return l.Field == f }), "%s has no label for %s", m.Name, f.Name)
			}
		}
	}
}
